//! Messages of the kernel's socket table as bytes: pure, and without trust in what arrives.
//!
//! - [`message`]: netlink framing: which messages a datagram holds
//! - [`inet_diag`]: requests to and entries from `sock_diag` for TCP

pub(crate) mod inet_diag;
pub(crate) mod message;

/// Why bytes from the kernel could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);
