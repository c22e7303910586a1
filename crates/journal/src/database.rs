//! Opening a journal, its settings and its transactions.

mod precedence;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use self::precedence::Precedence;
use crate::error::JournalError;
use crate::schema;

/// How long a write waits for another process's write. One takes about a disk sync, some milliseconds; a wait this
/// long means that the other one hangs, and the caller should hear of it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// One open journal. Several may be open on the same file, in one process or in many.
#[derive(Debug)]
pub struct Journal {
    connection: Connection,
    /// A journal in memory has no other writers, and none.
    precedence: Option<Precedence>,
}

impl Journal {
    /// Opens the journal at `path`, creating the file (mode 0600) or bringing it to the current schema first.
    ///
    /// Waits while another process is opening the same file, which takes it some milliseconds.
    ///
    /// # Errors
    /// The file cannot be created, is not a journal, or was written by a newer program; what it holds is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, JournalError> {
        let path = path.as_ref();
        let failed = |source| JournalError::File { path: path.to_path_buf(), source };
        // SQLite does not wait its turn where it switches a new file to a write-ahead log, so opening is made one at a
        // time by a lock of our own. The operating system releases it with us, however we end.
        let lock = owner_only().create(true).open(beside(path, "-lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        protect(path).map_err(failed)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(path, flags).map_err(JournalError::database("opening the file"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(JournalError::database("setting the busy timeout"))?;
        schema::check(&connection)?;
        use_write_ahead_log(&connection)?;
        Self::set_up(connection, Some(Precedence::open(path).map_err(failed)?))
    }

    /// A journal that is gone when it is dropped, for tests and dry runs.
    ///
    /// # Errors
    /// Only when memory or SQLite itself fails.
    pub fn in_memory() -> Result<Self, JournalError> {
        let connection = Connection::open_in_memory().map_err(JournalError::database("opening memory"))?;
        // The smallest pages, since most of these hold a handful of rows.
        connection.execute_batch("PRAGMA page_size = 512").map_err(JournalError::database("opening memory"))?;
        Self::set_up(connection, None)
    }

    fn set_up(connection: Connection, precedence: Option<Precedence>) -> Result<Self, JournalError> {
        // FULL is what makes a commit in a write-ahead log survive a power cut; NORMAL would lose the last ones.
        // `fullfsync` says the same to macOS, where fsync alone stops at the drive's cache.
        connection
            .execute_batch("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON;")
            .map_err(JournalError::database("configuring the connection"))?;
        let mut journal = Self { connection, precedence };
        if !schema::is_current(&journal.connection)? {
            journal.write("migrating the schema", schema::migrate)?;
        }
        Ok(journal)
    }

    /// Lets the file grow by at most this many pages from now on; `None` lets it grow as far as the disk has room. A write
    /// that needs more fails as on a full disk, so that callers can test what they do then.
    ///
    /// # Errors
    /// The database failed.
    pub fn limit_growth(&self, pages: Option<u32>) -> Result<(), JournalError> {
        let failed = || JournalError::database("limiting the file");
        let now: i64 = self.connection.query_row("PRAGMA page_count", (), |row| row.get(0)).map_err(failed())?;
        // Zero is SQLite's word for leaving the limit alone, and this many pages its own limit.
        let most = pages.map_or(i64::from(u32::MAX - 1), |pages| now.saturating_add(pages.into()));
        let sql = format!("PRAGMA max_page_count = {most}");
        self.connection.query_row(&sql, (), |_| Ok(())).map_err(failed())
    }

    /// For queries.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `work` holding the write lock from the start; all of it is durable on success, none of it on failure.
    pub(crate) fn write<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        if let Some(precedence) = &self.precedence {
            precedence.give_way().map_err(|source| JournalError::Lock { doing, source })?;
        }
        self.transact(doing, work)
    }

    /// As [`Self::write`], before everybody else who is waiting to write.
    pub(crate) fn write_first<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        let first = self.precedence.as_ref().map(Precedence::go_first).transpose();
        let _first = first.map_err(|source| JournalError::Lock { doing, source })?;
        self.transact(doing, work)
    }

    fn transact<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        // A deferred transaction would read first and could then fail to get the lock with what it read out of date.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(JournalError::database(doing))?;
        let outcome = work(&transaction)?;
        transaction.commit().map_err(JournalError::database(doing))?;
        Ok(outcome)
    }
}

/// The file that SQLite would call `<path><suffix>`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Opens for writing; what is created that way is its owner's alone (mode 0600).
fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates the file for its owner only, or takes others' rights away from an existing one.
///
/// An existing file is never opened here: closing it again would drop the locks that another connection of this
/// process holds on it (POSIX locks belong to the process, not to the descriptor).
fn protect(path: &Path) -> std::io::Result<()> {
    match owner_only().create_new(true).open(path) {
        Ok(file) => {
            file.sync_all()?;
            sync_folder(path)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => restrict(path),
        Err(error) => Err(error),
    }
}

/// Makes the new file's name durable: what is in it is worth nothing if a power cut takes the name.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems have no such call: their file systems log names themselves.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, fs::Permissions::from_mode(0o600)) }
}

/// Elsewhere a file's rights come from its folder.
#[cfg(not(unix))]
fn restrict(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn use_write_ahead_log(connection: &Connection) -> Result<(), JournalError> {
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))
        .map_err(JournalError::database("turning on the write-ahead log"))?;
    if mode == "wal" { Ok(()) } else { Err(JournalError::NoWriteAheadLog { mode }) }
}

#[cfg(test)]
mod tests;
