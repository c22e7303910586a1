//! The port for unmodified TWS API programs: the sockets, clocks and files around the proxy's core.
//!
//! - `server` – listening, the deadlines, and who is let in
//! - `shell` – the core, and what its events set in motion
//! - `client` – one program's connection
//! - `upstream` – one session with the Gateway, through the worker's socket
//! - `journal` – the journal, on a thread of its own

mod client;
mod journal;
mod server;
mod shell;
mod upstream;

pub(super) use server::{JOURNAL, ProxyServer, Served};
