//! `gatewright doctor`: is a Gateway there, and is anything wrong with it, as far as can be seen without touching it.
//!
//! - `report` – what the answers mean
//! - `text` – the report for a person

mod report;
mod run;
mod text;

pub(crate) use run::{DoctorArgs, run};
