//! Fills, each once.
//!
//! The Gateway tells of an execution as it happens and again whenever it is asked. A correction repeats the execId with
//! a higher last part (`….01` → `….02`) and takes the place of what it corrects.

use gatewright_proto::PermId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::holding::{self, Holding, HoldingKey};
use crate::intent::{self, IntentId, Side};

/// What is being done where recording an execution fails.
const RECORDING: &str = "recording an execution";

/// One execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// The Gateway's id for it.
    pub exec_id: String,
    /// The intent that it fills, where one of ours is known to; a correction belongs where what it corrects belongs.
    pub intent: Option<IntentId>,
    /// The order's number over the account.
    pub perm_id: PermId,
    /// The account.
    pub account: String,
    /// The instrument's symbol.
    pub symbol: String,
    /// Bought or sold.
    pub side: Side,
    /// How much.
    pub quantity: Decimal,
    /// At which price.
    pub price: Decimal,
    /// When, by the Gateway's word; kept to the microsecond.
    pub at: Timestamp,
}

/// What a recorded execution changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionNews {
    /// Not known before: add it.
    New,
    /// Takes the place of an execution that was counted already.
    Correction,
    /// Known already, or older than a correction that is known: nothing changes.
    Known,
}

impl Journal {
    /// Records an execution, unless its execId is known; it is durable before this returns.
    ///
    /// # Errors
    /// The database failed, or `intent` is one that the journal does not have.
    pub fn record_execution(&mut self, execution: &ExecutionRecord) -> Result<ExecutionNews, JournalError> {
        // The Gateway tells of each again whenever it is asked; what is known costs no disk sync.
        if newest_of(self.connection(), &execution.exec_id)?.is_some_and(|known| known.exec_id == execution.exec_id) {
            return Ok(ExecutionNews::Known);
        }
        self.write(RECORDING, |transaction| insert(transaction, execution))
    }

    /// Whether an execution with this id, or with a later revision of it, is recorded.
    ///
    /// # Errors
    /// The database failed.
    pub fn has_execution(&self, exec_id: &str) -> Result<bool, JournalError> {
        let newest = newest_of(self.connection(), exec_id)?;
        Ok(newest.is_some_and(|newest| family_and_revision(&newest.exec_id).1 >= family_and_revision(exec_id).1))
    }

    /// The newest revision that is recorded of the execution with this id.
    ///
    /// # Errors
    /// The database failed.
    pub fn newest_revision(&self, exec_id: &str) -> Result<Option<ExecutionRecord>, JournalError> {
        newest_of(self.connection(), exec_id)
    }

    /// The executions of an intent as they count: of each the newest correction only; oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn executions(&self, intent: IntentId) -> Result<Vec<ExecutionRecord>, JournalError> {
        let failed = || JournalError::database("reading executions");
        let sql = "SELECT * FROM executions AS mine WHERE intent = ?1 AND NOT EXISTS
                (SELECT 1 FROM executions WHERE exec_family = mine.exec_family AND revision > mine.revision)
            ORDER BY at, exec_id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let executions = statement.query_map([intent.get()], execution).map_err(failed())?;
        executions.collect::<Result<_, _>>().map_err(failed())
    }

    /// The executions made in `[from, before)` as they count: of each the newest correction only; oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn executions_between(&self, from: Timestamp, before: Timestamp) -> Result<Vec<ExecutionRecord>, JournalError> {
        let failed = || JournalError::database("reading executions");
        let mut statement = self.connection().prepare_cached(IN_SPAN).map_err(failed())?;
        let span = (column::from_time(from), column::from_time(before));
        let executions = statement.query_map(span, execution).map_err(failed())?;
        executions.collect::<Result<_, _>>().map_err(failed())
    }
}

/// Records an execution that may be known, and adds what it changes to what is held.
fn insert(transaction: &Transaction<'_>, execution: &ExecutionRecord) -> Result<ExecutionNews, JournalError> {
    let failed = || JournalError::database(RECORDING);
    let (family, revision) = family_and_revision(&execution.exec_id);
    let newest = newest_of(transaction, &execution.exec_id)?;
    let newest_revision = newest.as_ref().map(|newest| family_and_revision(&newest.exec_id).1);
    if newest_revision == Some(revision) {
        return Ok(ExecutionNews::Known);
    }
    let intent = execution.intent.or_else(|| newest.as_ref()?.intent);
    let sql = "INSERT INTO executions
            (exec_id, exec_family, revision, intent, perm_id, account, symbol, side, quantity, price, at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (exec_id) DO NOTHING";
    let values = rusqlite::params![
        execution.exec_id,
        family,
        revision,
        intent.map(IntentId::get),
        execution.perm_id.get(),
        execution.account,
        execution.symbol,
        execution.side.name(),
        execution.quantity.to_string(),
        execution.price.to_string(),
        column::from_time(execution.at),
    ];
    let mut statement = transaction.prepare_cached(sql).map_err(failed())?;
    let is_inserted = statement.execute(values).map_err(failed())? > 0;
    let news = match newest_revision {
        None => ExecutionNews::New,
        Some(newest) if is_inserted && revision > newest => ExecutionNews::Correction,
        Some(_) => return Ok(ExecutionNews::Known),
    };
    if let Some(corrected) = newest {
        count(transaction, &corrected, corrected.intent, Holding::minus)?;
    }
    count(transaction, execution, intent, Holding::plus)?;
    Ok(news)
}

/// Adds an execution to what is held, or takes it away again.
fn count(
    transaction: &Transaction<'_>,
    execution: &ExecutionRecord,
    intent: Option<IntentId>,
    how: impl FnOnce(Holding, Holding) -> Holding,
) -> Result<(), JournalError> {
    let Some(intent) = intent else { return Ok(()) };
    let record = intent::read(transaction, intent)?;
    let Some(order) = record.order else { return Ok(()) };
    let ExecutionRecord { side, quantity, price, .. } = execution;
    let change = Holding::by(*side, *quantity, *price, record.intent.quantity);
    let key = HoldingKey { key: order.key, account: execution.account.clone(), symbol: execution.symbol.clone() };
    holding::add(transaction, &key, how(Holding::default(), change))
}

/// The newest revision that is known of an execution.
fn newest_of(connection: &Connection, exec_id: &str) -> Result<Option<ExecutionRecord>, JournalError> {
    let failed = || JournalError::database("reading an execution");
    let sql = "SELECT * FROM executions WHERE exec_family = ?1 ORDER BY revision DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(failed())?;
    statement.query_row([family_and_revision(exec_id).0], execution).optional().map_err(failed())
}

/// What an execId says: `a.b.c.02` is revision 2 of the execution `a.b.c`; an id of another form is the only one of its
/// execution.
pub fn family_and_revision(exec_id: &str) -> (&str, i64) {
    exec_id
        .rsplit_once('.')
        .and_then(|(family, revision)| Some((family, revision.parse::<u32>().ok()?.into())))
        .unwrap_or((exec_id, 0))
}

/// See [`Journal::executions_between`].
const IN_SPAN: &str = "SELECT * FROM executions AS mine WHERE at >= ?1 AND at < ?2 AND NOT EXISTS
        (SELECT 1 FROM executions WHERE exec_family = mine.exec_family AND revision > mine.revision)
    ORDER BY at, exec_id";

fn execution(row: &Row<'_>) -> rusqlite::Result<ExecutionRecord> {
    Ok(ExecutionRecord {
        exec_id: row.get("exec_id")?,
        intent: row.get::<_, Option<i64>>("intent")?.map(IntentId::new),
        perm_id: PermId::new(row.get("perm_id")?),
        account: row.get("account")?,
        symbol: row.get("symbol")?,
        side: column::named(row, "side", Side::from_name)?,
        quantity: column::decimal(row, "quantity")?,
        price: column::decimal(row, "price")?,
        at: column::time(row, "at")?,
    })
}

#[cfg(test)]
mod tests;
