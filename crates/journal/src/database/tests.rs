mod full_disk;
mod power_loss;

use std::thread;

use rusqlite::Connection;

use crate::intent::tests::sample;
use crate::{Journal, JournalError, schema};

#[test]
fn a_journal_from_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    drop(Journal::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::VERSION + 1).unwrap();

    let refused = Journal::open(&path).unwrap_err();
    assert!(matches!(refused, JournalError::NewerSchema { found, supported } if found == supported + 1), "{refused:?}");
    let version: i32 = Connection::open(&path).unwrap().query_row("PRAGMA user_version", (), |row| row.get(0)).unwrap();
    assert_eq!(version, schema::VERSION + 1);
}

#[test]
fn somebody_elses_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();

    let refused = Journal::open(&path).unwrap_err();
    assert!(matches!(refused, JournalError::NotAJournal { application_id: 0 }), "{refused:?}");
    let tables: i64 =
        Connection::open(&path).unwrap().query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_file_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    std::fs::write(&path, "not a database, but long enough to be looked at as if it were one".repeat(20)).unwrap();
    assert!(matches!(Journal::open(&path).unwrap_err(), JournalError::Damaged { .. }));
}

#[test]
fn a_folder_that_does_not_exist_is_an_error_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("journal.sqlite");
    let refused = Journal::open(&path).unwrap_err();
    assert!(refused.to_string().contains("missing"), "{refused}");
}

#[test]
fn commits_are_synced_and_foreign_keys_hold() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path().join("journal.sqlite")).unwrap();
    let pragma = |name: &str| -> String {
        let sql = format!("SELECT CAST(value AS TEXT) FROM (SELECT {name} AS value FROM pragma_{name})");
        journal.connection().query_row(&sql, (), |row| row.get(0)).unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    // 2 is FULL.
    assert_eq!(pragma("synchronous"), "2");
    assert_eq!(pragma("foreign_keys"), "1");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file_its_log_and_a_file_that_was_open_to_others() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let mut journal = Journal::open(&path).unwrap();
    journal.record_intent(&sample("a")).unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "the log is its own file: {files:?}");
    for file in files {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }

    drop(journal);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Journal::open(&path).unwrap());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn many_that_open_a_new_file_at_once_all_succeed() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.sqlite");
        thread::scope(|scope| {
            for n in 0..6 {
                let path = &path;
                scope.spawn(move || Journal::open(path).unwrap().record_intent(&sample(&format!("ref {n}"))).unwrap());
            }
        });
        assert_eq!(Journal::open(&path).unwrap().open_intents().unwrap().len(), 6);
    }
}

#[test]
fn a_failed_write_leaves_nothing_behind() {
    let mut journal = Journal::in_memory().unwrap();
    let outcome: Result<(), JournalError> = journal.write("failing", |transaction| {
        transaction
            .execute("INSERT INTO order_ids VALUES ('g', 1, 7)", ())
            .map_err(JournalError::database("inserting"))?;
        Err(JournalError::InvalidIntent { problem: "was made to fail" })
    });
    assert!(outcome.is_err());
    let rows: i64 = journal.connection().query_row("SELECT count(*) FROM order_ids", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}
