//! The world on real sockets and a real clock.
//!
//! - `simulator` – starting, stopping, and what callers hold
//! - `control` – asking and steering a simulator while it runs
//! - `events` – the loop: wait, handle, act
//! - `line` – one client's socket
//! - `door` – the listening socket, open, shut or full
//! - `clock` – from wall time to simulated time

mod clock;
mod control;
mod door;
mod events;
mod line;
mod simulator;

pub use control::Control;
pub use simulator::Simulator;
