//! The tables, and the steps by which an older file becomes a current one.

use rusqlite::{Connection, Transaction};

use crate::error::JournalError;
use crate::holding;

/// Marks a database as a journal: "GwJr".
pub(crate) const APPLICATION_ID: i32 = 0x4777_4a72;

/// Step n takes a file from version n to version n + 1. A step that was released is never edited.
///
/// - 1: order ids, intents, transitions, executions
/// - 2: commissions, explanations, events, and holdings, which are a running sum; what was recorded cannot be changed
/// - 3: halts
/// - 4: what programs order through the proxy
const MIGRATIONS: [&str; 4] = [
    include_str!("schema/first.sql"),
    include_str!("schema/second.sql"),
    include_str!("schema/third.sql"),
    include_str!("schema/fourth.sql"),
];

/// The first version that keeps a running sum of what is held.
const SUMS_SINCE: usize = 2;

/// The newest version that this program knows.
pub(crate) const VERSION: i32 = MIGRATIONS.len() as i32;

/// The states that [`crate::StateKind::is_open`] names. Spelled as in the partial index, or SQLite would not use it.
pub(crate) const OPEN_STATES: &str = "('intended', 'sent', 'acknowledged', 'partially_filled', 'in_doubt')";

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

/// Whether a file has nothing to be brought to. Asked before [`migrate`]: that has to wait for everybody who writes, and
/// whoever opens a journal to halt trading must not.
pub(crate) fn is_current(connection: &Connection) -> Result<bool, JournalError> {
    Ok(version(connection)? == VERSION)
}

/// Brings a file that [`check`] has let through to [`VERSION`].
pub(crate) fn migrate(transaction: &Transaction<'_>) -> Result<(), JournalError> {
    let failed = || JournalError::database("migrating the schema");
    let from = usize::try_from(version(transaction)?).unwrap_or(0);
    for step in &MIGRATIONS[from..] {
        transaction.execute_batch(step).map_err(failed())?;
    }
    if from < SUMS_SINCE {
        holding::sum_up(transaction)?;
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

/// What the current tables, indexes and triggers are made of, by name: as a file says it, or as it should be.
pub(crate) fn parts(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    // What SQLite makes by itself has no text, or begins so.
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name";
    connection.prepare(sql)?.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

#[cfg(test)]
mod tests;
