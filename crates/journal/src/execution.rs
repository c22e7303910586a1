//! Fills, each once.
//!
//! The Gateway tells of an execution as it happens and again whenever it is asked. A correction repeats the execId with
//! a higher last part (`….01` → `….02`) and takes the place of what it corrects.

use gatewright_proto::PermId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::intent::{IntentId, Side};

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
        let doing = "recording an execution";
        let (family, revision) = family_and_revision(&execution.exec_id);
        self.write(doing, |transaction| {
            let sql = "SELECT max(revision) FROM executions WHERE exec_family = ?1";
            let newest: Option<i64> =
                transaction.query_row(sql, [family], |row| row.get(0)).map_err(JournalError::database(doing))?;
            let sql = "INSERT INTO executions
                    (exec_id, exec_family, revision, intent, perm_id, account, symbol, side, quantity, price, at)
                VALUES (?1, ?2, ?3, coalesce(?4, (SELECT max(intent) FROM executions WHERE exec_family = ?2)),
                    ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (exec_id) DO NOTHING RETURNING 1";
            let values = rusqlite::params![
                execution.exec_id,
                family,
                revision,
                execution.intent.map(IntentId::get),
                execution.perm_id.get(),
                execution.account,
                execution.symbol,
                execution.side.name(),
                execution.quantity.to_string(),
                execution.price.to_string(),
                column::from_time(execution.at),
            ];
            let inserted = transaction.query_row(sql, values, |_| Ok(())).optional();
            let is_inserted = inserted.map_err(JournalError::database(doing))?.is_some();
            Ok(match newest {
                None => ExecutionNews::New,
                Some(newest) if is_inserted && revision > newest => ExecutionNews::Correction,
                Some(_) => ExecutionNews::Known,
            })
        })
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
}

/// `a.b.c.02` is revision 2 of `a.b.c`; an id of another form is the only one of its family.
fn family_and_revision(exec_id: &str) -> (&str, i64) {
    exec_id
        .rsplit_once('.')
        .and_then(|(family, revision)| Some((family, revision.parse::<u32>().ok()?.into())))
        .unwrap_or((exec_id, 0))
}

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
