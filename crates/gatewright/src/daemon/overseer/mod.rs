//! Who looks after the Gateways while nobody looks: feeds what is seen to the alerts and to the remedy, and does what they
//! decide.
//!
//! - `pulse` – what a report says to either (pure)
//! - `ward` – one Gateway under care: its evidence, its ledger
//! - `rounds` – the loop

mod pulse;
mod rounds;
mod ward;

pub(crate) use rounds::Overseer;
