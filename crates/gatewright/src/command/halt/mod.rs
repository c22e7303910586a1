//! `gatewright halt`: the kill switch.
//!
//! - `run` – the command

mod run;

pub(crate) use run::{HaltArgs, run};
