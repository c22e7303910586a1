//! The ledger of what was spent, in a file. Nothing is synced: it has to outlive a process, not a machine.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use tracing::warn;

use crate::clock;
use crate::pacing::{LEDGER, LedgerWriter, SLOT, Spending, place_port, read_ledger, read_port};

/// An open ledger.
#[derive(Debug)]
pub(crate) struct PaceFile {
    file: File,
    writer: LedgerWriter,
    /// Whether a write has failed, which is said once.
    failed: bool,
}

impl PaceFile {
    /// Opens the ledger, and reads what earlier workers have spent.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Vec<Spending>)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut ledger = Vec::new();
        (&file).take(LEDGER as u64).read_to_end(&mut ledger)?;
        let now = clock::moment();
        let spent = read_ledger(&ledger, now.at, now.wall.as_microsecond());
        Ok((Self { file, writer: LedgerWriter::behind(&ledger), failed: false }, spent))
    }

    /// Notes something that is about to be spent.
    pub(crate) fn note(&mut self, spending: Spending) {
        let now = clock::moment();
        let ago = i64::try_from(now.at.saturating_duration_since(spending.at).as_micros()).unwrap_or(i64::MAX);
        let micros = now.wall.as_microsecond().saturating_sub(ago);
        let (offset, bytes) = self.writer.place(micros, spending.what);
        self.write(offset, &bytes);
    }

    /// Notes where a Gateway has moved to.
    pub(crate) fn note_port(&mut self, gateway: &str, port: u16) {
        let (offset, bytes) = place_port(clock::moment().wall.as_microsecond(), gateway, port);
        self.write(offset, &bytes);
    }

    /// Where a Gateway has moved to, as an earlier worker has noted.
    pub(crate) fn port(&self, gateway: &str) -> Option<u16> {
        let mut ledger = vec![0; LEDGER];
        // A file of an earlier version is shorter, and says nothing of this.
        self.file.read_exact_at(&mut ledger, 0).ok()?;
        read_port(&ledger, gateway)
    }

    fn write(&mut self, offset: u64, bytes: &[u8; SLOT]) {
        if let Err(error) = self.file.write_all_at(bytes, offset)
            && !std::mem::replace(&mut self.failed, true)
        {
            warn!(%error, "nothing can be noted for the next worker, which may ask too much of the Gateway");
        }
    }
}
