//! The tables, and the steps by which an older file becomes a current one.

use rusqlite::{Connection, Transaction};

use crate::error::JournalError;

/// Marks a database as a journal: "GwJr".
const APPLICATION_ID: i32 = 0x4777_4a72;

/// Step n takes a file from version n to version n + 1. A step that was released is never edited.
const MIGRATIONS: [&str; 1] = [FIRST];

/// The newest version that this program knows.
pub(crate) const VERSION: i32 = MIGRATIONS.len() as i32;

/// The states that [`crate::StateKind::is_open`] names. Spelled as in the partial index, or SQLite would not use it.
pub(crate) const OPEN_STATES: &str = "('intended', 'sent', 'acknowledged', 'partially_filled', 'in_doubt')";

const FIRST: &str = "
CREATE TABLE order_ids (
    gateway    TEXT    NOT NULL,
    client_id  INTEGER NOT NULL,
    high_water INTEGER NOT NULL CHECK (high_water >= 0),
    PRIMARY KEY (gateway, client_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER order_ids_never_fall BEFORE UPDATE ON order_ids WHEN NEW.high_water < OLD.high_water
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark never falls'); END;

CREATE TRIGGER order_ids_are_kept BEFORE DELETE ON order_ids
BEGIN SELECT RAISE(ABORT, 'an order-id high-water mark is never forgotten'); END;

CREATE TABLE intents (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_ref   TEXT    NOT NULL UNIQUE,
    symbol      TEXT    NOT NULL,
    side        TEXT    NOT NULL,
    quantity    TEXT    NOT NULL,
    order_type  TEXT    NOT NULL,
    limit_price TEXT,
    stop_price  TEXT,
    strategy    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    gateway     TEXT,
    client_id   INTEGER,
    order_id    INTEGER,
    state       TEXT    NOT NULL,
    code        INTEGER,
    text        TEXT,
    since       INTEGER,
    CHECK ((gateway IS NULL) = (order_id IS NULL) AND (client_id IS NULL) = (order_id IS NULL)),
    UNIQUE (gateway, client_id, order_id)
) STRICT;

CREATE INDEX intents_by_time ON intents (created_at);
CREATE INDEX intents_open ON intents (id)
    WHERE state IN ('intended', 'sent', 'acknowledged', 'partially_filled', 'in_doubt');

CREATE TABLE transitions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    intent     INTEGER NOT NULL REFERENCES intents (id),
    at         INTEGER NOT NULL,
    from_state TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    code       INTEGER,
    text       TEXT,
    since      INTEGER,
    message    TEXT    NOT NULL,
    perm_id    INTEGER,
    exec_id    TEXT
) STRICT;

CREATE INDEX transitions_of_intent ON transitions (intent, id);

CREATE TABLE executions (
    exec_id     TEXT    PRIMARY KEY,
    exec_family TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    intent      INTEGER REFERENCES intents (id),
    perm_id     INTEGER NOT NULL,
    account     TEXT    NOT NULL,
    symbol      TEXT    NOT NULL,
    side        TEXT    NOT NULL,
    quantity    TEXT    NOT NULL,
    price       TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX executions_of_family ON executions (exec_family, revision);
CREATE INDEX executions_of_intent ON executions (intent);
";

/// Refuses files that are not ours to write: a newer journal, or somebody else's database.
pub(crate) fn check(connection: &Connection) -> Result<(), JournalError> {
    let failed = || JournalError::database("reading the schema version");
    let version = version(connection)?;
    let application_id = connection.query_row("PRAGMA application_id", (), |row| row.get(0)).map_err(failed())?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(failed())?;
    let is_new = version == 0 && tables == 0;
    if application_id != APPLICATION_ID && !(is_new && application_id == 0) {
        return Err(JournalError::NotAJournal { application_id });
    }
    if version > VERSION {
        return Err(JournalError::NewerSchema { found: version, supported: VERSION });
    }
    Ok(())
}

/// Brings a file that [`check`] has let through to [`VERSION`].
pub(crate) fn migrate(transaction: &Transaction<'_>) -> Result<(), JournalError> {
    let failed = || JournalError::database("migrating the schema");
    let from = usize::try_from(version(transaction)?).unwrap_or(0);
    for step in &MIGRATIONS[from..] {
        transaction.execute_batch(step).map_err(failed())?;
    }
    if from < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed())?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(failed())?;
    }
    Ok(())
}

fn version(connection: &Connection) -> Result<i32, JournalError> {
    connection
        .query_row("PRAGMA user_version", (), |row| row.get(0))
        .map_err(JournalError::database("reading the schema version"))
}
