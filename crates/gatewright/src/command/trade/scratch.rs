//! A state folder that lives as long as a simulated Gateway: what was traded on one means nothing to the next.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// How many names are tried. One is free unless thousands of earlier runs were killed under the same process id.
const TRIES: u32 = 10_000;

/// A folder of our own below the system's temporary one. It is removed when this is dropped.
#[derive(Debug)]
pub(super) struct ScratchDir(PathBuf);

impl ScratchDir {
    /// Makes one that only this user can read.
    ///
    /// # Errors
    ///
    /// When the temporary folder cannot be written to.
    pub(super) fn create() -> io::Result<Self> {
        let base = std::env::temp_dir();
        let id = std::process::id();
        for number in 0..TRIES {
            let path = base.join(format!("gatewright-trade-{id}-{number}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // What is left of it is in the temporary folder, which the system clears.
        let _ = fs::remove_dir_all(&self.0);
    }
}
