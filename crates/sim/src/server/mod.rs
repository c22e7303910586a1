//! The world on real sockets and a real clock.
//!
//! - `simulator` – starting, stopping, and what callers hold
//! - `control` – asking and steering a simulator while it runs
//! - `control_socket` – the same over a Unix socket
//! - `request` – what the socket can be asked
//! - `replay` – a recording played back
//! - `events` – the loop: wait, handle, act
//! - `line` – one client's socket
//! - `waiting` – bytes that wait to be written, for one client and for all
//! - `door` – the listening socket, open, shut or full
//! - `clock` – from wall time to simulated time

mod clock;
mod control;
mod control_socket;
mod door;
mod events;
mod line;
mod replay;
mod request;
mod simulator;
mod waiting;

pub use control::Control;
pub use control_socket::ControlSocket;
pub use replay::{Replay, Replayed};
pub use request::{Answer, Request};
pub use simulator::Simulator;
