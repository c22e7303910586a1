//! The client against a worker that does what a test tells it – this executable, run again – and real workers on a
//! socket against a simulated Gateway.
//!
//! - `fake_worker` – that worker
//! - `calls` – answers, deadlines, what is not the protocol
//! - `death` – crashes, restarts, stopping
//! - `streams` – subscriptions, their order, their losses
//! - `socket_worker` – a worker on a socket
//! - `raw` – raw sessions through it
//! - `attach` – programs that come back
//! - `kept` – kept sessions over restarts and outages
//! - `sharing` – what sessions of one worker share

#![expect(clippy::unwrap_used, reason = "all of this is tests; clippy knows only functions marked as such")]

mod attach;
mod calls;
mod death;
mod fake_worker;
mod kept;
mod raw;
mod sharing;
mod socket_worker;
mod streams;
