//! The kill switch: while a halt stands, no order becomes durable, and so none is sent.
//!
//! Halting and sending meet in the same database: whichever transaction comes first counts, and there is no moment in
//! which an order can slip through after a halt was recorded. A halt outlives every process and is ended by nothing but
//! a resume with a reason.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;

/// How far a halt was meant to go. It stops all new orders in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HaltScope {
    /// No new orders.
    NewOrders,
    /// And open orders are cancelled.
    CancelOpen,
    /// And positions are closed.
    Flatten,
}

impl HaltScope {
    /// Every scope, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::NewOrders, Self::CancelOpen, Self::Flatten];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewOrders => "new_orders",
            Self::CancelOpen => "cancel_open",
            Self::Flatten => "flatten",
        }
    }

    /// The scope that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// That nothing more may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaltRecord {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Why; not empty.
    pub reason: String,
    /// Who says so: a person, a limit, a program; not empty.
    pub by: String,
    /// How far it was meant to go.
    pub scope: HaltScope,
}

/// That orders may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeRecord {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Why; not empty.
    pub reason: String,
    /// Who says so; not empty.
    pub by: String,
}

/// One turn of the kill switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HaltTurn {
    /// Trading was halted, or halted once more.
    Halted(HaltRecord),
    /// Trading was allowed again.
    Resumed(ResumeRecord),
}

impl HaltTurn {
    /// When it was.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Halted(halt) => halt.at,
            Self::Resumed(resume) => resume.at,
        }
    }
}

impl Journal {
    /// Records that nothing more may be sent; from when this returns, [`Self::record_outgoing`] refuses every order, also
    /// those of other processes and after any restart. A second halt is recorded as well and changes nothing.
    ///
    /// # Errors
    /// The reason or who says so is empty, or the database failed; nothing is halted then.
    pub fn halt(&mut self, halt: &HaltRecord) -> Result<(), JournalError> {
        let HaltRecord { at, reason, by, scope } = halt;
        // Nobody who sends order after order may keep it waiting.
        self.write_first("recording a halt", |transaction| {
            insert(transaction, *at, "halt", reason, by, Some(*scope), "recording a halt")
        })
    }

    /// Records that orders may be sent again. The halt that stood until then.
    ///
    /// # Errors
    /// Nothing is halted, the reason or who says so is empty, or the database failed; a halt stands then as it did.
    pub fn resume(&mut self, resume: &ResumeRecord) -> Result<HaltRecord, JournalError> {
        let ResumeRecord { at, reason, by } = resume;
        self.write("recording a resume", |transaction| {
            let halt = standing(transaction)?.ok_or(JournalError::NotHalted)?;
            insert(transaction, *at, "resume", reason, by, None, "recording a resume")?;
            Ok(halt)
        })
    }

    /// The halt that stands, if one does: the first since the last resume, which says since when and why.
    ///
    /// # Errors
    /// The database failed.
    pub fn halted(&self) -> Result<Option<HaltRecord>, JournalError> {
        standing(self.connection())
    }

    /// How often trading has been halted, ever. It tells that a halt was thrown and lifted since somebody looked.
    ///
    /// # Errors
    /// The database failed.
    pub fn halts_so_far(&self) -> Result<u64, JournalError> {
        let failed = || JournalError::database("counting halts");
        let sql = "SELECT count(*) FROM halts WHERE kind = 'halt'";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        statement.query_row((), |row| Ok(row.get::<_, i64>(0)?.unsigned_abs())).map_err(failed())
    }

    /// Every turn of the kill switch in `[from, before)`, in the order in which they were recorded.
    ///
    /// # Errors
    /// The database failed.
    pub fn halt_turns(&self, from: Timestamp, before: Timestamp) -> Result<Vec<HaltTurn>, JournalError> {
        let failed = || JournalError::database("reading halts");
        let sql = "SELECT * FROM halts WHERE at >= ?1 AND at < ?2 ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let span = (column::from_time(from), column::from_time(before));
        let turns = statement.query_map(span, turn).map_err(failed())?;
        turns.collect::<Result<_, _>>().map_err(failed())
    }
}

/// Refuses while a halt stands. Within the transaction that makes an order durable, so that the two cannot cross.
pub(crate) fn refuse_if_halted(transaction: &Transaction<'_>) -> Result<(), JournalError> {
    match standing(transaction)? {
        None => Ok(()),
        Some(halt) => Err(JournalError::Halted { halt: Box::new(halt) }),
    }
}

/// The halt that stands, if one does.
pub(crate) fn standing(connection: &Connection) -> Result<Option<HaltRecord>, JournalError> {
    let failed = || JournalError::database("reading the halt");
    // Numbers decide what came after what, and not the clocks of those who turned the switch.
    let sql = "SELECT * FROM halts WHERE id > (SELECT coalesce(max(id), 0) FROM halts WHERE kind = 'resume')
        ORDER BY id LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(failed())?;
    statement.query_row((), halt).optional().map_err(failed())
}

fn insert(
    transaction: &Transaction<'_>,
    at: Timestamp,
    kind: &'static str,
    reason: &str,
    by: &str,
    scope: Option<HaltScope>,
    doing: &'static str,
) -> Result<(), JournalError> {
    if reason.trim().is_empty() || by.trim().is_empty() {
        return Err(JournalError::NoReason);
    }
    let sql = "INSERT INTO halts (at, kind, reason, by, scope) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = (column::from_time(at), kind, reason, by, scope.map(HaltScope::name));
    transaction.execute(sql, values).map_err(JournalError::database(doing))?;
    Ok(())
}

fn turn(row: &Row<'_>) -> rusqlite::Result<HaltTurn> {
    let kind: String = row.get("kind")?;
    match kind.as_str() {
        "halt" => halt(row).map(HaltTurn::Halted),
        "resume" => Ok(HaltTurn::Resumed(ResumeRecord {
            at: column::time(row, "at")?,
            reason: row.get("reason")?,
            by: row.get("by")?,
        })),
        _ => Err(column::meaningless("kind", &kind)),
    }
}

fn halt(row: &Row<'_>) -> rusqlite::Result<HaltRecord> {
    Ok(HaltRecord {
        at: column::time(row, "at")?,
        reason: row.get("reason")?,
        by: row.get("by")?,
        scope: column::named(row, "scope", HaltScope::from_name)?,
    })
}

#[cfg(test)]
mod tests;
