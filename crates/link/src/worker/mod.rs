//! The worker: one process that owns every socket to one Gateway and speaks the protocol on stdio, a Unix socket, or
//! both.
//!
//! - `run` – the worker's loop
//! - `hub` – what all clients share: the sessions
//! - `dispatch` – one client: from lines to calls and back
//! - `attach` – a program that comes back under its name
//! - `policy` – what a worker keeps to
//! - `socket` – the Unix socket: who may use it; `socket_client` – one client on it
//! - `raw_client` – a client that wants a session's frames as they are
//! - `seed_form` – the older line form, answered in order
//! - `out` – the one writer of stdout, with its bounds
//! - `stdio` – reading lines and writing bytes without blocking
//! - `lag` – how late the worker's own loop is

mod attach;
mod dispatch;
mod hub;
mod lag;
mod out;
mod policy;
mod raw_client;
mod run;
mod seed_form;
mod socket;
mod socket_client;
mod stdio;
#[cfg(test)]
mod tests;

pub use policy::WorkerPolicy;
pub use run::{WorkerSettings, run, run_on_socket, run_with_socket};
pub use socket::WorkerSocket;
pub use stdio::{StdioInput, StdioOutput, stdout_reader_gone};
