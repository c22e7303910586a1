//! Who writes first: a halt goes before everything else.
//!
//! SQLite lets those who wait for its write lock ask again and again, with pauses that grow to 100 ms, and gives it to
//! whoever asks at the right moment. A halt that met traders who write without a pause was seen to wait for longer than
//! the busy timeout, while they sent order after order. So whoever halts holds a lock of its own while it waits, and
//! every other writer sees that before it asks for SQLite's.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{BUSY_TIMEOUT, beside, owner_only};

/// Between two looks at a lock that somebody holds. A write takes some milliseconds, so nobody is kept for long.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How often one looks: for as long as a write waits for another.
const LOOKS: u128 = BUSY_TIMEOUT.as_millis() / LOOK_AGAIN.as_millis();

/// The lock of those who go first, a file beside the journal's.
#[derive(Debug)]
pub(super) struct Precedence {
    path: PathBuf,
    file: File,
}

/// Whoever has this goes first, until it is dropped or until its process ends, however it does: closing the file
/// releases the lock.
#[derive(Debug)]
pub(super) struct First(#[expect(dead_code, reason = "it is held for its lock")] File);

impl Precedence {
    /// That of the journal at `path`.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let path = beside(path, "-first");
        let file = open(&path)?;
        Ok(Self { path, file })
    }

    /// Waits while somebody goes first, but for no longer than a write waits for another: one that stopped in the middle
    /// must not keep what happened from being recorded.
    pub(super) fn give_way(&self) -> io::Result<()> {
        if wait_for(|| self.file.try_lock_shared())? { self.file.unlock() } else { Ok(()) }
    }

    /// Goes first. Nothing where another one has been going first for too long: a halt then waits as everybody else does
    /// and does not fail for want of a courtesy.
    pub(super) fn go_first(&self) -> io::Result<Option<First>> {
        let own = open(&self.path)?;
        Ok(wait_for(|| own.try_lock())?.then_some(First(own)))
    }
}

fn open(path: &Path) -> io::Result<File> {
    owner_only().create(true).open(path)
}

/// Tries until it has the lock; whether it got it in time.
fn wait_for(mut attempt: impl FnMut() -> Result<(), TryLockError>) -> io::Result<bool> {
    for _ in 0..LOOKS {
        match attempt() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => pause(),
        }
    }
    Ok(false)
}

#[expect(clippy::disallowed_methods, reason = "a file's lock cannot be waited for with a bound; SQLite asks again too")]
fn pause() {
    thread::sleep(LOOK_AGAIN);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn who_goes_first_is_waited_for_until_it_is_done() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        let (did, done) = mpsc::channel();
        let first = Precedence::open(&path).unwrap().go_first().unwrap().expect("nobody else goes first");
        thread::scope(|scope| {
            for other in ["one", "another"] {
                let (did, own) = (did.clone(), Precedence::open(&path).unwrap());
                scope.spawn(move || {
                    own.give_way().unwrap();
                    did.send(other).unwrap();
                });
            }
            assert!(done.recv_timeout(LOOK_AGAIN * 20).is_err(), "they wait while somebody goes first");
            drop(first);
            let mut went = [done.recv().unwrap(), done.recv().unwrap()];
            went.sort_unstable();
            assert_eq!(went, ["another", "one"], "and go on when it is done");
        });
        assert!(Precedence::open(&path).unwrap().go_first().unwrap().is_some(), "nothing of it is left");
    }
}
