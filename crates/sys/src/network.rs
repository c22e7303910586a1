//! Looking from inside another process's network, as a container has its own.
//!
//! The kernel has one socket table for each network namespace, and shows each thread the table of its own. So a look from
//! inside is done by a thread of its own, which enters the other namespace and ends with the look: nothing else of this
//! process ever leaves its own network.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::thread;

use rustix::io::Errno;

use crate::SysError;

/// What is done, for errors.
const WHAT: &str = "looking from inside another process's network namespace";

/// What that needs: opening the namespace (ptrace access to the process) and entering it.
const NEEDS: &str = "CAP_SYS_ADMIN, and CAP_SYS_PTRACE where the process is another user's";

/// Does `look` as if from inside a process's network: in a thread of its own in that network namespace, or right here
/// where it is this thread's own. Returns when it has been done.
///
/// # Errors
///
/// [`SysError::NoProcess`], [`SysError::NotPermitted`], [`SysError::NotSupported`]; then `look` has not been called, and
/// nothing is known about that network.
///
/// # Panics
///
/// When `look` does.
pub fn in_network_of<T: Send>(pid: u32, look: impl FnOnce() -> T + Send) -> Result<T, SysError> {
    let namespace = File::open(format!("/proc/{pid}/ns/net")).map_err(|error| refused(pid, error))?;
    if is_ours(&namespace) {
        return Ok(look());
    }
    let seen = thread::scope(|scope| {
        let inside = scope.spawn(|| {
            enter(&namespace).map_err(|errno| refused(pid, errno.into()))?;
            Ok(look())
        });
        inside.join()
    });
    seen.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(target_os = "linux")]
fn enter(namespace: &File) -> Result<(), Errno> {
    use std::os::fd::AsFd;

    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
}

#[cfg(not(target_os = "linux"))]
fn enter(_: &File) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

/// Whether this thread is in that namespace already.
fn is_ours(namespace: &File) -> bool {
    let same = || {
        let (theirs, ours) = (namespace.metadata()?, std::fs::metadata("/proc/thread-self/ns/net")?);
        io::Result::Ok((theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()))
    };
    same().unwrap_or(false)
}

fn refused(pid: u32, source: io::Error) -> SysError {
    match source.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT | Errno::SRCH) => SysError::NoProcess { pid },
        Some(Errno::PERM | Errno::ACCESS) => SysError::NotPermitted { what: WHAT, needs: NEEDS },
        Some(Errno::NOSYS | Errno::INVAL) => SysError::NotSupported { what: WHAT },
        Some(_) | None => SysError::Io { doing: "entering a network namespace", source },
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::{Presence, verdict};

    /// A process in a network of its own; `None` where this user may not make one.
    fn elsewhere() -> Option<Child> {
        let mut child = Command::new("unshare")
            .args(["-n", "sh", "-c", "echo there; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut there = [0; 6];
        let read = io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut there);
        if read.is_err() {
            child.wait().unwrap();
            return None;
        }
        Some(child)
    }

    fn listens(port: u16) -> Presence {
        let deadline = crate::clock::now() + std::time::Duration::from_secs(10);
        verdict(&crate::inspect(port, deadline).unwrap(), &crate::Thresholds::default()).listening
    }

    #[test]
    fn our_own_network_is_looked_at_right_here() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let here = thread::current().id();
        let (seen, at) = in_network_of(std::process::id(), || (listens(port), thread::current().id())).unwrap();
        assert_eq!((seen, at), (Presence::Yes, here));
    }

    #[test]
    fn another_network_has_other_sockets_and_we_stay_in_ours() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let Some(mut child) = elsewhere() else {
            assert_ne!(rustix::process::geteuid().as_raw(), 0, "only root may be expected to make a network");
            return;
        };
        match in_network_of(child.id(), || listens(port)) {
            Ok(seen) => assert_eq!(seen, Presence::No, "the listener is in our network, not in that one"),
            Err(error) => assert!(matches!(error, SysError::NotPermitted { .. }), "{error}"),
        }
        assert_eq!(listens(port), Presence::Yes);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_does_not_exist_is_no_network() {
        let looked = in_network_of(u32::MAX, || ());
        assert!(matches!(looked, Err(SysError::NoProcess { pid: u32::MAX })), "{looked:?}");
    }
}
