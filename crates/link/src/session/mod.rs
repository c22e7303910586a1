//! One session with a Gateway: the pure exchange of calls and answers, and the task that owns the socket.
//!
//! - `exchange` – calls in, messages out; messages in, answers and events out (pure)
//! - `inspect` – the passive look at the port before dialling
//! - `dial` – the TCP connection
//! - `opening` – inspecting and dialling, with their deadlines
//! - `driver` – the task: socket, deadlines, commands
//! - `sending` – what leaves it for the Gateway, within its pace
//! - `keeping` – connecting again, and what a program is told of it
//! - `once` – one connection in this process, to ready and back
//! - `raw` – a session whose frames go through as they are
//! - `ending` – who is told at the end
//! - `closing` – ending a connection so that nothing of ours stays behind

mod closing;
mod dial;
mod driver;
mod ending;
pub(crate) mod exchange;
mod inspect;
mod keeping;
mod once;
mod opening;
pub(crate) mod raw;
mod sending;

pub use once::connect_once;

pub(crate) use driver::{Command, Driver, DriverSettings, Outlet};
pub(crate) use keeping::Keep;
