//! The remedy for a Gateway that is stuck: a restart, ordered through IBC's command server.
//!
//! It disturbs everybody who uses the Gateway, and may end at a login that waits for a human. So it needs two proofs that do
//! not rest on each other, is not for a Gateway that serves anybody, that starts or that logs in, nor for the time of a
//! reset, has a budget in the day that outlives us, and is written down before a byte is sent.
//!
//! - `evidence` – what was seen of the Gateway, and the proofs in it (pure)
//! - `decision` – whether it is to be restarted, and why not (pure)
//! - `ledger` – the restarts that were ordered (pure, durable)
//! - `ibc` – IBC's command server: its replies (pure) and speaking to it

mod decision;
mod evidence;
mod ibc;
mod ledger;

pub(crate) use decision::{Case, Decision, decide};
pub(crate) use evidence::{Evidence, TableSight};
pub(crate) use ibc::{Reply, order_restart};
pub(crate) use ledger::{Ledger, Restart};
