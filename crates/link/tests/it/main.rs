//! The client against a worker that does what a test tells it: this executable, run again.
//!
//! - `fake_worker` – that worker
//! - `calls` – answers, deadlines, what is not the protocol
//! - `death` – crashes, restarts, stopping
//! - `streams` – subscriptions, their order, their losses

#![expect(clippy::unwrap_used, reason = "all of this is tests; clippy knows only functions marked as such")]

mod calls;
mod death;
mod fake_worker;
mod streams;
