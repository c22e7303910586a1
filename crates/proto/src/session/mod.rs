//! The life of a session, from the first look at the port to its end, as a state machine.
//!
//! ```text
//! inspect → dial → negotiate → identify → sync → ready
//! ```
//!
//! - `stage` – the stages and how long each took
//! - `failure` – every way in which a stage can fail, with who has to act and what to do
//! - `settings` – what a session is asked to do, and the table of deadlines
//! - `evidence` – what may be believed
//! - `sync` – the requests that prove that a Gateway answers
//! - `heartbeat` – the clock requests that prove that it still does
//! - `machine` – the state machine itself

mod evidence;
mod failure;
mod heartbeat;
mod machine;
mod settings;
mod stage;
mod sync;
#[cfg(test)]
mod tests;

pub use failure::{Acts, Cause, ClosedHow, DialFailure, Failure, IdInUseEvidence, Remedy};
pub use machine::{CloseMode, ReadyReport, SendError, Session, SessionEvent};
pub use settings::{Deadlines, HEARTBEAT_SPACING, SessionSettings};
pub use stage::{Stage, StageTime};
pub use sync::{SUMMARY_TAGS, SYNC_EXECUTIONS_ID, SYNC_SUMMARY_ID, SyncRequest};
