//! `gatewright connect`: one connection in named stages, through a worker process, and what it brought.
//!
//! - `run` – the command
//! - `attempt` – one connection from guard to orderly leave; `doctor` and `validate` use it too
//! - `outcome` – what came of it: its JSON and its exit code
//! - `progress` – stages as they pass
//! - `text` – the outcome for a person

mod attempt;
mod outcome;
mod progress;
mod run;
mod text;

pub(crate) use attempt::{attempt, worker_command};
pub(crate) use outcome::Outcome;
pub(crate) use progress::Progress;
pub(crate) use run::{ConnectArgs, run};
