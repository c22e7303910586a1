//! Why the operating system could not be asked, or would not do what was asked.

use std::io;

use crate::TcpState;

/// Everything that can fail in this crate.
///
/// A failure to look is not a finding: callers report it as *unknown*, never as "not listening" or "no zombies".
#[derive(Debug, thiserror::Error)]
pub enum SysError {
    /// This system or its kernel has no such facility.
    #[error("{what} is not supported by this system")]
    NotSupported {
        /// The facility.
        what: &'static str,
    },
    /// The kernel has the facility and refuses it to this process.
    #[error("{what} is not permitted: it needs {needs}")]
    NotPermitted {
        /// What was refused.
        what: &'static str,
        /// The capability that would allow it.
        needs: &'static str,
    },
    /// There is no such process, or there was.
    #[error("there is no process {pid}")]
    NoProcess {
        /// Its id.
        pid: u32,
    },
    /// The deadline passed first.
    #[error("out of time while {doing}")]
    OutOfTime {
        /// What was under way.
        doing: &'static str,
    },
    /// The connection, told apart by its cookie, no longer exists.
    #[error("the connection no longer exists")]
    Gone,
    /// The connection exists and is not in CLOSE_WAIT, so it was left alone.
    #[error("the connection is in {state}, not in CLOSE_WAIT")]
    NotAZombie {
        /// Its state when looked at.
        state: TcpState,
    },
    /// Nothing listens at the connection's local address, so that side need not be a Gateway's and was left alone.
    #[error("nothing listens on local port {port}: the connection cannot be told to be a Gateway's side")]
    NotTheGatewaysSide {
        /// The connection's local port.
        port: u16,
    },
    /// The kernel reported the connection removed, and it is still in the table.
    #[error("the kernel reported the connection removed, but it is still in its table")]
    StillThere,
    /// The kernel's answer could not be read.
    #[error("the kernel's answer is malformed: {what}")]
    Malformed {
        /// What was wrong with it.
        what: &'static str,
    },
    /// More sockets have this port than this crate is prepared to hold.
    #[error("more than {limit} sockets have this port")]
    TooManySockets {
        /// The limit that was passed.
        limit: usize,
    },
    /// A system call failed in a way that has no meaning of its own here.
    #[error("{doing} failed")]
    Io {
        /// What was under way.
        doing: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}
