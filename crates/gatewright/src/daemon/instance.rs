//! One daemon for each state folder, and where it is spoken to.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use gatewright_link::{InstanceLock, LockError};
use gatewright_proto::ClientId;

use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;

/// The longest path that a Unix socket can have: 108 bytes with the zero behind it, by `unix(7)`.
const MAX_SOCKET_PATH: usize = 107;

/// The longest path below a Gateway's folder that a worker listens on.
const WORKER_SOCKET: &str = "worker.sock";

/// Where the daemon of a state folder is spoken to.
pub(crate) fn control_socket(state: &Path) -> PathBuf {
    state.join("control.sock")
}

/// A Gateway's own folder.
pub(super) fn gateway_folder(state: &Path, name: &str) -> PathBuf {
    state.join("gateways").join(name)
}

/// Where a Gateway's worker is spoken to.
pub(super) fn worker_socket(state: &Path, name: &str) -> PathBuf {
    gateway_folder(state, name).join(WORKER_SOCKET)
}

/// The right to be the daemon of a state folder, until it is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Instance {
    _lock: InstanceLock,
}

impl Instance {
    /// Takes it, with folders for these Gateways, readable by this user only.
    ///
    /// # Errors
    ///
    /// [`Exit::Locked`] where another daemon has it, [`Exit::Internal`] where the folder cannot be used.
    pub(super) fn take(state: &Path, gateways: &[&str]) -> Result<Self, Diagnosis> {
        let unusable = |error: io::Error| {
            Diagnosis::new(Exit::Internal, format!("the state folder {} cannot be used: {error}", state.display()))
                .with_help("Make it writable for this user, or give another by --state.")
        };
        make_private(state).map_err(unusable)?;
        let lock = match InstanceLock::acquire(state, "daemon", ClientId::new(0)) {
            Ok(lock) => lock,
            Err(LockError::Held { holder, .. }) => {
                let who = holder.map_or_else(|| "another process".into(), |holder| holder.to_string());
                let message = format!("a daemon with the state folder {} runs already: {who}", state.display());
                return Err(Diagnosis::new(Exit::Locked, message).with_code("locked").with_help(
                    "`gatewright status` shows it, `gatewright down` stops it; --state gives another folder.",
                ));
            }
            Err(LockError::File { source, .. }) => return Err(unusable(source)),
        };
        for name in gateways {
            make_private(&gateway_folder(state, name)).map_err(unusable)?;
            let socket = worker_socket(state, name);
            if socket.as_os_str().len() > MAX_SOCKET_PATH {
                let message = format!("the path of a socket would be too long: {}", socket.display());
                return Err(Diagnosis::new(Exit::Usage, message).with_help(format!(
                    "Unix sockets take {MAX_SOCKET_PATH} bytes; give a shorter folder by --state."
                )));
            }
        }
        Ok(Self { _lock: lock })
    }
}

fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_daemon_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = Instance::take(dir.path(), &["paper"]).unwrap();
        let refused = Instance::take(dir.path(), &["paper"]).unwrap_err();
        assert_eq!(refused.exit(), Exit::Locked);
        assert!(refused.to_string().contains(&format!("pid {}", std::process::id())), "{refused}");
        drop(first);
        Instance::take(dir.path(), &["paper"]).unwrap();
        assert!(gateway_folder(dir.path(), "paper").is_dir());
    }

    #[test]
    fn a_folder_too_deep_for_a_socket_is_refused_before_anything_starts() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("x".repeat(100));
        assert_eq!(Instance::take(&deep, &["paper"]).unwrap_err().exit(), Exit::Usage);
    }
}
