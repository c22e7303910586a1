//! Logs of a process that runs unattended: to standard error, and to a bounded file that only its user may read.
//!
//! - `rotating_file` – the file and its predecessors
//! - `mask` – account ids do not reach either
//! - `tail` – the last lines in memory, for whoever follows
//! - `subscriber` – putting both behind `tracing`

mod mask;
mod rotating_file;
mod subscriber;
mod tail;

pub(crate) use mask::masked;
pub(crate) use subscriber::{LogSettings, check, hush, start, start_with_tail};
pub(crate) use tail::LogTail;
