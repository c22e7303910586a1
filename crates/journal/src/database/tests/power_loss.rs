//! The power goes in the middle of a write: whatever reached the disk of it, what was acknowledged is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use gatewright_proto::{ClientId, OrderId};
use rusqlite::Connection;

use crate::intent::tests::sample;
use crate::{Evidence, IntentFilter, Journal, OrderIdKey, StateKind, schema};

/// A memory disk where there is one: thousands of files are written and none needs to last.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

fn place(journal: &mut Journal, order_ref: &str) {
    let key = OrderIdKey { gateway: "127.0.0.1:4002".to_owned(), client_id: ClientId::new(7) };
    journal.record_outgoing(&sample(order_ref), &key, OrderId::new(1), Evidence::default()).unwrap();
}

/// What the disk holds of a journal at one moment.
struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Disk {
    fn of(path: &Path) -> Self {
        Self { database: fs::read(path).unwrap(), log: fs::read(wal(path)).unwrap_or_default() }
    }

    /// Opens what is left of it, and returns what it holds.
    fn opened(&self, path: &Path) -> Vec<String> {
        let _ = fs::remove_file(beside(path, "-shm"));
        fs::write(path, &self.database).unwrap();
        fs::write(wal(path), &self.log).unwrap();
        let journal = Journal::open(path).unwrap();
        let intents = journal.intents(&IntentFilter::default()).unwrap();
        assert!(intents.iter().all(|record| record.state.kind() == StateKind::Sent && record.order.is_some()));
        intents.into_iter().map(|record| record.intent.order_ref).collect()
    }
}

fn wal(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    super::super::beside(path, suffix)
}

/// The smallest pages that SQLite has: the same transaction in fewer bytes.
const SMALL_PAGES: i32 = 512;

/// What SQLite gives a file unless told otherwise, and so what journals have.
const PAGES_OF_JOURNALS: i32 = 4096;

/// What a journal of such pages holds when one order more is recorded than was acknowledged before the power went.
fn a_last_transaction(folder: &Path, page_size: i32) -> (Disk, Disk) {
    let path = folder.join("journal.db");
    let pages = format!("PRAGMA page_size = {page_size}; PRAGMA application_id = {}", schema::APPLICATION_ID);
    Connection::open(&path).unwrap().execute_batch(&pages).unwrap();
    let mut journal = Journal::open(&path).unwrap();
    journal.connection().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    place(&mut journal, "first");
    place(&mut journal, "second");
    let before = Disk::of(&path);
    place(&mut journal, "last");
    let after = Disk::of(&path);
    assert_eq!(before.database, after.database, "a commit writes the log only");
    assert_eq!(before.log, after.log[..before.log.len()], "a commit only adds to the log");
    assert_eq!(u32::from_be_bytes(after.log[8..12].try_into().unwrap()), page_size.cast_unsigned());
    (before, after)
}

/// Cuts the log at each of these places, the processors sharing the work.
fn cut_at(folder: &Path, after: &Disk, places: impl Iterator<Item = usize> + Clone + Send) {
    let threads = thread::available_parallelism().map_or(1, Into::into);
    thread::scope(|scope| {
        for number in 0..threads {
            let (torn, places) = (folder.join(format!("torn-{number}.db")), places.clone());
            scope.spawn(move || {
                for end in places.skip(number).step_by(threads) {
                    let cut = Disk { database: after.database.clone(), log: after.log[..end].to_vec() };
                    let held = cut.opened(&torn);
                    let whole = end == after.log.len();
                    assert_eq!(held[..2], ["first", "second"], "cut at byte {end}");
                    assert_eq!(held.len(), if whole { 3 } else { 2 }, "cut at byte {end}: all of it or nothing");
                }
            });
        }
    });
}

#[test]
fn a_log_cut_at_every_byte_of_its_last_transaction_holds_all_that_was_acknowledged() {
    let folder = folder();
    let (before, after) = a_last_transaction(folder.path(), SMALL_PAGES);
    cut_at(folder.path(), &after, before.log.len()..=after.log.len());
    // File systems may make the file long before they fill it.
    let torn = folder.path().join("torn.db");
    for end in (before.log.len()..after.log.len()).step_by(23) {
        let mut log = after.log.clone();
        log[end..].fill(0);
        let held = Disk { database: after.database.clone(), log }.opened(&torn);
        assert_eq!(held, ["first", "second"], "zeros from byte {end}");
    }
}

#[test]
fn a_log_of_the_pages_that_journals_have_is_cut_at_every_byte_without_loss_too() {
    let folder = folder();
    let (before, after) = a_last_transaction(folder.path(), PAGES_OF_JOURNALS);
    cut_at(folder.path(), &after, before.log.len()..=after.log.len());
}

#[test]
fn a_database_cut_at_any_place_while_the_log_is_moved_into_it_holds_everything() {
    let folder = folder();
    let path = folder.path().join("journal.db");
    let mut journal = Journal::open(&path).unwrap();
    journal.connection().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    for order_ref in ["first", "second", "third"] {
        place(&mut journal, order_ref);
    }
    let before = Disk::of(&path);
    journal.connection().execute_batch("PRAGMA wal_checkpoint(PASSIVE)").unwrap();
    let after = Disk::of(&path);
    drop(journal);
    assert_ne!(before.database, after.database);

    let torn = folder.path().join("torn.db");
    // The log is whole until the database is synced, so it repairs whatever the move left half done.
    for end in (0..=after.database.len()).step_by(509) {
        let mut database = after.database[..end].to_vec();
        database.extend_from_slice(before.database.get(end..).unwrap_or_default());
        let half = Disk { database, log: before.log.clone() };
        assert_eq!(half.opened(&torn), ["first", "second", "third"], "moved up to byte {end}");
    }
}

#[test]
fn a_new_journal_cut_at_any_byte_of_its_making_is_made_again() {
    let folder = folder();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let made = Disk::of(&path);
    drop(journal);
    let torn = folder.path().join("torn.db");
    for end in (0..=made.log.len()).step_by(127) {
        let cut = Disk { database: made.database.clone(), log: made.log[..end].to_vec() };
        assert!(cut.opened(&torn).is_empty());
        place(&mut Journal::open(&torn).unwrap(), "after");
    }
    let empty = Disk { database: Vec::new(), log: Vec::new() };
    assert!(empty.opened(&torn).is_empty());
}
