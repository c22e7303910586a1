//! What the operating system knows about a Gateway's port and its connections.
//!
//! The socket table is read in process (netlink `sock_diag`), never by a tool and never by connecting: a TCP probe of
//! an API port is itself what leaves a zombie behind. "Cannot tell" is an answer of its own everywhere here
//! ([`Presence::Unknown`], [`Owner::Unknown`], [`SysError::NotSupported`]) and must not be read as "no".
//!
//! What this crate deliberately does not do:
//! - connect to, listen on or otherwise touch an API port; [`gateway_socket`] prepares sockets and leaves the
//!   connecting to its caller
//! - decide what to do about what it found: [`verdict`](verdict()) states evidence, the caller has the policy
//! - signal or end anyone's process; the only thing it can remove is one exact connection in CLOSE_WAIT
//!   ([`destroy`](destroy()))
//! - look outside its own network namespace by itself: a Gateway in a container has its sockets in the container's table,
//!   which [`in_network_of`] enters for one look, where the OS permits it
//! - wait: every function returns at once or by the deadline it was given, and blocks its thread for that long at most
//!
//! It has no `unsafe` of its own: every system call goes through `rustix`, `socket2` or `std`.
//!
//! Modules:
//! - [`mod@inspect`]: one look at a port: listeners, connections, owners
//! - `report`: what such a look returns
//! - `tcp_state`: the kernel's TCP states
//! - `owner`: which process holds a socket, and what kind of program that is
//! - [`mod@verdict`]: pure: zombies and other evidence in a report
//! - [`mod@destroy`]: removing zombies, exactly
//! - [`gateway_socket`]: options of a socket that leads to a Gateway
//! - [`network`]: looking from inside another process's network namespace
//! - [`process`]: facts about one process
//! - `presence`: yes, no, unknown
//! - `socket_table`: the kernel's socket table over netlink (the shell)
//! - `netlink`: its messages as bytes (pure)
//! - `clock`: the one place where this crate reads a clock
//! - `error`: [`SysError`]

mod clock;
pub mod destroy;
mod error;
pub mod gateway_socket;
pub mod inspect;
#[cfg(test)]
mod leaky_gateway;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems have no netlink to send these to"))]
mod netlink;
pub mod network;
mod owner;
mod presence;
pub mod process;
mod report;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "other systems have no table to ask"))]
mod socket_table;
mod tcp_state;
pub mod verdict;

pub use destroy::{CleanFailure, CleanReport, Destroyed, FailureCause, clean, destroy, removal_permitted};
pub use error::SysError;
pub use gateway_socket::{OnClose, SocketOptions, new_gateway_socket, prepare, set_orderly_close, set_reset_on_close};
pub use inspect::{Inspection, OwnerLookup, States, inspect, inspect_with, is_local_address};
pub use network::in_network_of;
pub use owner::{Owner, OwnerKind, UnknownOwner};
pub use presence::Presence;
pub use report::{Connection, Family, Listener, PortReport};
pub use tcp_state::TcpState;
pub use verdict::{AcceptQueue, Suspicion, Thresholds, Verdict, Zombie, verdict};
