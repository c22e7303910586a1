//! One program per (gateway, client id) on this machine: an advisory lock on a file.
//!
//! The lock is the kernel's (`flock`), so it ends with its holder however that dies. The file stays behind: removing it
//! would let two holders lock two files of the same name.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gatewright_proto::ClientId;
use gatewright_sys::process;
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;
use thiserror::Error;

/// How often the file may be replaced under us before we give up: once is a clean-up script, eight times is an attack.
const MAX_REPLACED: u32 = 8;

/// How much of a lock file is read. We write less than 100 bytes.
const MAX_CONTENT: u64 = 4096;

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockHolder {
    /// Its process id.
    pub pid: u32,
    /// Its program's file name, where it can be read.
    pub program: Option<String>,
    /// When it took the lock, where the file system tells.
    pub since: Option<SystemTime>,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        if let Some(program) = &self.program {
            write!(f, " ({program})")?;
        }
        if let Some(since) = self.since.and_then(|since| jiff::Timestamp::try_from(since).ok()) {
            write!(f, " since {since:.0}")?;
        }
        Ok(())
    }
}

/// Why a lock could not be taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another program has it.
    #[error("client id {client_id} at {gateway} is used by {}", holder.as_ref().map_or_else(|| "another program".into(), LockHolder::to_string))]
    Held {
        /// The gateway, as it was named.
        gateway: String,
        /// The client id.
        client_id: ClientId,
        /// Who has it; `None` where it has not said so yet.
        holder: Option<LockHolder>,
    },
    /// The file or its directory cannot be used.
    #[error("lock file {} cannot be used", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl LockError {
    /// What to do, as sentences for a person.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Held { .. } => "Stop that program, or choose another client id with --client-id.",
            Self::File { .. } => "Make the state directory writable for this user.",
        }
    }
}

/// The right to use one client id at one gateway, held until it is dropped or the process ends.
///
/// Children do not inherit it: the descriptor is closed when they execute their program, and dropping the lock releases
/// it even from a child that is between fork and exec.
#[derive(Debug)]
pub struct InstanceLock {
    file: File,
    path: PathBuf,
}

impl InstanceLock {
    /// Takes the lock, or says at once who has it. The directory is made (mode 0700) where there is none.
    ///
    /// Gateways are told apart by how they are named: give `HOST:PORT` in one spelling.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] when another program has it, [`LockError::File`] when the file cannot be used.
    pub fn acquire(dir: &Path, gateway: &str, client_id: ClientId) -> Result<Self, LockError> {
        let path = dir.join(file_name(gateway, client_id));
        let failed = |source| LockError::File { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        for _ in 0..MAX_REPLACED {
            let mut file = open(&path).map_err(failed)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(Errno::WOULDBLOCK) => {
                    let holder = read_holder(&mut file);
                    return Err(LockError::Held { gateway: gateway.to_owned(), client_id, holder });
                }
                Err(errno) => return Err(failed(errno.into())),
            }
            // Somebody may have removed the file between opening and locking it: then the lock protects nothing.
            if is_still_at(&file, &path) {
                write_holder(&mut file).map_err(failed)?;
                return Ok(Self { file, path });
            }
        }
        Err(failed(io::Error::other("it is removed again and again")))
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for InstanceLock {
    fn drop(&mut self) {
        // Closing would do, but for a child that was forked and has not executed yet: it holds the descriptor as well.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// A name that tells gateways apart whatever they are called.
fn file_name(gateway: &str, client_id: ClientId) -> String {
    let mut name = String::from("client-");
    name.push_str(&client_id.to_string());
    name.push('-');
    for byte in gateway.bytes().map(|byte| byte.to_ascii_lowercase()) {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name.push_str(".lock");
    name
}

fn open(path: &Path) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(path)
}

fn is_still_at(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(there)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (there.dev(), there.ino())
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "pid {}", std::process::id())
}

fn read_holder(file: &mut File) -> Option<LockHolder> {
    let mut text = String::new();
    Read::by_ref(file).take(MAX_CONTENT).read_to_string(&mut text).ok()?;
    let pid: u32 = text.lines().next()?.strip_prefix("pid ")?.parse().ok()?;
    // Between taking the lock and writing its name a holder leaves the last one's there.
    if !process::alive(pid) {
        return None;
    }
    let since = file.metadata().and_then(|metadata| metadata.modified()).ok();
    Some(LockHolder { pid, program: process::program_of(pid), since })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    use super::*;

    const ONE: ClientId = ClientId::new(1);

    #[test]
    fn a_second_holder_is_told_who_has_it_and_gets_it_after_release() {
        let dir = tempfile::tempdir().unwrap();
        let first = InstanceLock::acquire(dir.path(), "127.0.0.1:4002", ONE).unwrap();
        let error = InstanceLock::acquire(dir.path(), "127.0.0.1:4002", ONE).unwrap_err();
        let LockError::Held { holder: Some(holder), .. } = &error else { panic!("{error:?}") };
        assert_eq!(holder.pid, std::process::id());
        assert!(holder.since.is_some());
        let text = error.to_string();
        assert!(text.starts_with("client id 1 at 127.0.0.1:4002 is used by pid "), "{text}");
        assert!(text.contains(" since 20"), "{text}");
        drop(first);
        InstanceLock::acquire(dir.path(), "127.0.0.1:4002", ONE).unwrap();
    }

    #[test]
    fn other_client_ids_and_other_gateways_are_free() {
        let dir = tempfile::tempdir().unwrap();
        let _a = InstanceLock::acquire(dir.path(), "127.0.0.1:4002", ONE).unwrap();
        let _b = InstanceLock::acquire(dir.path(), "127.0.0.1:4002", ClientId::new(2)).unwrap();
        let _c = InstanceLock::acquire(dir.path(), "127.0.0.1:4001", ONE).unwrap();
        let _d = InstanceLock::acquire(dir.path(), "[::1]:4002", ONE).unwrap();
        let _e = InstanceLock::acquire(dir.path(), "../../x", ONE).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 5);
    }

    #[test]
    fn the_file_and_its_directory_are_the_users_alone() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("a/b");
        let lock = InstanceLock::acquire(&state, "h:1", ONE).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(lock.path())), (0o700, 0o600));
        assert_eq!(fs::read_to_string(lock.path()).unwrap(), format!("pid {}\n", std::process::id()));
    }

    #[test]
    fn a_child_that_outlives_the_lock_does_not_keep_it() {
        let dir = tempfile::tempdir().unwrap();
        let lock = InstanceLock::acquire(dir.path(), "h:1", ONE).unwrap();
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        drop(lock);
        let again = InstanceLock::acquire(dir.path(), "h:1", ONE);
        child.kill().unwrap();
        child.wait().unwrap();
        again.unwrap();
    }

    #[test]
    fn a_file_that_was_removed_under_its_holder_does_not_break_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let first = InstanceLock::acquire(dir.path(), "h:1", ONE).unwrap();
        fs::remove_file(first.path()).unwrap();
        let second = InstanceLock::acquire(dir.path(), "h:1", ONE).unwrap();
        drop(first);
        assert!(matches!(InstanceLock::acquire(dir.path(), "h:1", ONE), Err(LockError::Held { .. })));
        drop(second);
    }

    #[test]
    fn a_name_left_by_a_dead_process_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let lock = InstanceLock::acquire(dir.path(), "h:1", ONE).unwrap();
        fs::write(lock.path(), "pid 4294967295\n").unwrap();
        let error = InstanceLock::acquire(dir.path(), "h:1", ONE).unwrap_err();
        assert!(matches!(error, LockError::Held { holder: None, .. }), "{error:?}");
    }

    #[test]
    fn a_link_in_the_files_place_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", dir.path().join(file_name("h:1", ONE))).unwrap();
        assert!(matches!(InstanceLock::acquire(dir.path(), "h:1", ONE), Err(LockError::File { .. })));
    }
}
