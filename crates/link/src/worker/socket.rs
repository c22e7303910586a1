//! The worker's Unix socket: made so that only this user can use it, and served to any number of clients.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::hub::Hub;
use super::socket_client;
use crate::error::SocketError;

/// Clients of one worker at a time: a raw session for each of a Gateway's 32 client ids, and as many programs that speak
/// lines, twice over.
const MAX_CLIENTS: usize = 128;

/// A socket that is bound and listens, and the right to its name. Dropped, the name goes.
#[derive(Debug)]
pub struct WorkerSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Held as long as the socket is ours: who holds it may remove what a dead worker left.
    _lock: File,
}

impl WorkerSocket {
    /// Binds the socket, mode 0600 in a folder of mode 0700 that is made where there is none. What a dead worker left
    /// under this name is removed. Call inside a runtime.
    ///
    /// # Errors
    ///
    /// [`SocketError::Held`] where a living worker has it, [`SocketError::Folder`] where others may look into the
    /// folder, [`SocketError::File`] where something of it cannot be used.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |source| SocketError::File { path: path.to_owned(), source };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let kept = fs::metadata(folder).map_err(failed)?;
        if kept.mode() & 0o077 != 0 || kept.uid() != geteuid().as_raw() {
            return Err(SocketError::Folder { folder: folder.to_owned(), mode: kept.mode() & 0o777 });
        }
        let lock = lock(path)?;
        match fs::symlink_metadata(path) {
            Ok(left) if left.file_type().is_socket() => fs::remove_file(path).map_err(failed)?,
            Ok(_) => return Err(failed(io::Error::other("something else than a socket has this name"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        // Nobody else can reach it in this folder; this is for whoever moves it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self { listener, path: path.to_owned(), _lock: lock })
    }

    /// Serves clients until the worker closes, and then until they have read what there is.
    pub(super) async fn serve(self, hub: Rc<Hub>, mut closing: watch::Receiver<bool>) {
        let mut clients = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = closing.wait_for(|closing| *closing) => break,
                Some(_) = clients.join_next() => continue,
                accepted = self.listener.accept(), if clients.len() < MAX_CLIENTS => accepted,
            };
            match accepted {
                Ok((stream, _)) if is_ours(&stream) => {
                    clients.spawn_local(socket_client::serve(stream, Rc::clone(&hub), closing.clone()));
                }
                Ok(_) => warn!("a client of another user was turned away"),
                Err(error) => {
                    warn!(%error, "a client could not be accepted");
                    // Out of descriptors, mostly: they come back when a client goes.
                    if clients.join_next().await.is_none() {
                        break;
                    }
                }
            }
        }
        drop(self);
        while clients.join_next().await.is_some() {}
        debug!("the socket is closed");
    }
}

impl Drop for WorkerSocket {
    fn drop(&mut self) {
        // The lock is still ours, so that the name is, too.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the peer is a program of this user, or of root.
fn is_ours(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == geteuid().as_raw() || peer.uid() == 0)
}

fn lock(path: &Path) -> Result<File, SocketError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let failed = |source| SocketError::File { path: lock_path.clone(), source };
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock_path).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(SocketError::Held { path: path.to_owned() }),
        Err(errno) => Err(failed(errno.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_is_for_its_user_only_and_what_a_dead_worker_left_is_no_obstacle() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("run/worker.sock");
        fs::create_dir(dir.path().join("run")).expect("a folder");
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o755)).expect("ours");
        assert!(matches!(WorkerSocket::bind(&path), Err(SocketError::Folder { mode: 0o755, .. })));
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700)).expect("ours");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a dead worker's"));
        assert!(path.exists());
        let socket = WorkerSocket::bind(&path).expect("nobody lives there");
        assert_eq!(fs::metadata(&path).expect("bound").mode() & 0o777, 0o600);
        assert!(matches!(WorkerSocket::bind(&path), Err(SocketError::Held { .. })));
        drop(socket);
        assert!(!path.exists());
        WorkerSocket::bind(&path).expect("free again");
    }
}
