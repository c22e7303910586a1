//! One worker kept alive and used: the worker process, its JSON protocol, its supervisor and its client library.
//!
//! A worker owns every socket to one Gateway and outlives none of its clients; a client spawns it, supervises it and
//! gets typed answers and event streams. This crate knows nothing of traders, proxies or journals: it emits events.
//!
//! - [`protocol`] – the lines between a worker and its client, and their JSON Schema
//! - [`worker`] – the worker process
//! - [`client`] – spawning, supervising and calling a worker
//! - [`health`] – what is known of each layer between a program and IBKR; pure
//! - [`pacing`] – one budget of messages for a Gateway over all its sessions; pure
//! - [`recovery`] – when a Gateway may be connected to, and what a loss means; pure
//! - `gateway` – what all sessions with one Gateway share: its pace, and the right to connect to it
//! - `gateway_name` – one name for one Gateway
//! - `lock` – one program per Gateway and client id
//! - `session` – one session: the pure exchange of calls and answers, and the task that owns the socket
//! - `clock` – the one place that reads a clock
//! - `error` – why a client's call failed

pub mod client;
mod clock;
mod error;
mod gateway;
mod gateway_name;
pub mod health;
mod lock;
pub mod pacing;
pub mod protocol;
pub mod recovery;
mod session;
pub mod worker;

pub use error::{CallFate, LinkError, SocketError, StartFailure};
pub use gateway_name::canonical_gateway;
pub use lock::{InstanceLock, LockError, LockHolder};
pub use session::connect_once;
