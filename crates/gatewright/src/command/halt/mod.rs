//! `gatewright halt`: the kill switch.
//!
//! The halt itself is a record in the journal and needs no Gateway. What may follow it, cancelling and closing, goes through
//! a session of its own under a client id that no trader uses.
//!
//! - `args` – the arguments
//! - `run` – the command: the halt first, then the rest
//! - `told` – what was done and what was not, for a person and for a program
//! - `session` – a session under a reserved client id
//! - `plan` – whose orders and positions are touched (pure)
//! - `cancel` – cancelling open orders
//! - `settling` – what became of the orders of traders that have ended
//! - `flatten` – closing positions

mod args;
mod cancel;
mod flatten;
mod plan;
mod run;
mod session;
mod settling;
mod told;

pub(crate) use args::HaltArgs;
pub(crate) use run::run;
pub(crate) use session::RESERVED as RESERVED_CLIENT_IDS;
