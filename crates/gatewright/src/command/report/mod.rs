//! `gatewright report`: one day by the journal: orders, fills, profit, sessions, halts.
//!
//! - `run` – the command
//! - `day` – what a day came to (pure)
//! - `markdown` – the report for a person (pure)
//! - `curve` – the day's profit as a picture (pure)

mod curve;
mod day;
mod markdown;
mod run;

pub(crate) use run::{ReportArgs, run};
