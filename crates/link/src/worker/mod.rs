//! The worker: one process that owns every socket to one Gateway and speaks the protocol on stdio.
//!
//! - `run` – the worker's loop
//! - `dispatch` – from lines to calls and back
//! - `seed_form` – the older line form, answered in order
//! - `out` – the one writer of stdout, with its bounds
//! - `stdio` – reading lines and writing bytes without blocking
//! - `lag` – how late the worker's own loop is

mod dispatch;
mod lag;
mod out;
mod run;
mod seed_form;
mod stdio;
#[cfg(test)]
mod tests;

pub use run::{WorkerSettings, run};
pub use stdio::{StdioInput, StdioOutput, stdout_reader_gone};
