//! The kernel's socket table over netlink: the shell round [`netlink`](crate::netlink).

use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

#[cfg(target_os = "linux")]
pub(crate) use linux::SocketTable;
#[cfg(not(target_os = "linux"))]
pub(crate) use unsupported::SocketTable;

use crate::{SysError, clock};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

/// What the table was asked for; decides what a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Every socket that matches.
    List,
    /// One socket.
    Find,
    /// The end of one socket.
    Destroy,
}

impl Operation {
    const fn doing(self) -> &'static str {
        match self {
            Self::List => "listing sockets",
            Self::Find => "looking at a connection",
            Self::Destroy => "removing a connection",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::List | Self::Find => "reading the socket table",
            Self::Destroy => "removing a connection",
        }
    }

    /// What the kernel means by refusing this operation with `errno`.
    pub(crate) fn refused(self, errno: i32) -> SysError {
        match (Errno::from_raw_os_error(errno), self) {
            (Errno::PERM | Errno::ACCESS, Self::Destroy) => {
                SysError::NotPermitted { what: self.what(), needs: "CAP_NET_ADMIN" }
            }
            (Errno::PERM | Errno::ACCESS, Self::List | Self::Find) => {
                SysError::NotPermitted { what: self.what(), needs: "access to netlink" }
            }
            // Without CONFIG_INET_DIAG_DESTROY the kernel has the request and no way to do it.
            (Errno::OPNOTSUPP | Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT, _) => {
                SysError::NotSupported { what: self.what() }
            }
            // For a dump it means that tcp_diag is neither built in nor loadable.
            (Errno::NOENT, Self::List) => SysError::NotSupported { what: self.what() },
            // ESTALE: the addresses are in use again, by a socket with another cookie.
            (Errno::NOENT | Errno::STALE, Self::Find | Self::Destroy) => SysError::Gone,
            (Errno::AGAIN | Errno::TIMEDOUT, _) => SysError::OutOfTime { doing: self.doing() },
            _ => SysError::Io { doing: self.doing(), source: io::Error::from_raw_os_error(errno) },
        }
    }

    /// The time that is left, or the error that says there is none.
    pub(crate) fn time_left(self, deadline: Instant) -> Result<Duration, SysError> {
        deadline
            .checked_duration_since(clock::now())
            .filter(|left| !left.is_zero())
            .ok_or(SysError::OutOfTime { doing: self.doing() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(operation: Operation, errno: Errno) -> SysError {
        operation.refused(errno.raw_os_error())
    }

    #[test]
    fn refusals_to_destroy_tell_permission_kernel_and_absence_apart() {
        let destroy = |errno| refused(Operation::Destroy, errno);
        assert!(matches!(destroy(Errno::PERM), SysError::NotPermitted { needs: "CAP_NET_ADMIN", .. }));
        assert!(matches!(destroy(Errno::OPNOTSUPP), SysError::NotSupported { .. }));
        assert!(matches!(destroy(Errno::NOENT), SysError::Gone));
        assert!(matches!(destroy(Errno::STALE), SysError::Gone));
        assert!(matches!(destroy(Errno::INVAL), SysError::Io { .. }));
    }

    #[test]
    fn a_missing_diag_module_is_not_an_empty_table() {
        assert!(matches!(refused(Operation::List, Errno::NOENT), SysError::NotSupported { .. }));
        assert!(matches!(refused(Operation::List, Errno::PROTONOSUPPORT), SysError::NotSupported { .. }));
        assert!(matches!(refused(Operation::List, Errno::AGAIN), SysError::OutOfTime { .. }));
        assert!(matches!(refused(Operation::Find, Errno::STALE), SysError::Gone));
    }

    #[test]
    fn a_deadline_that_has_come_leaves_no_time() {
        assert!(matches!(Operation::List.time_left(clock::now()), Err(SysError::OutOfTime { .. })));
        assert!(Operation::List.time_left(clock::now() + Duration::from_secs(60)).is_ok());
    }
}
