//! How an intent came to stand where it stands: every transition, with its evidence.

use gatewright_proto::PermId;
use jiff::Timestamp;
use rusqlite::{Row, Transaction};

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::halt;
use crate::intent::{self, IntentId};
use crate::state::{IntentState, StateKind};

/// What is being done where recording a transition fails.
const RECORDING: &str = "recording a transition";

/// What proved a transition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The message or the reasoning: `orderStatus Submitted`, `no trace in open, completed and executed orders`.
    pub message: String,
    /// The order's number over the account, where the evidence tells it.
    pub perm_id: Option<PermId>,
    /// The execution that proved it, if one did.
    pub exec_id: Option<String>,
}

/// One step of an intent's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Where it stood.
    pub from: StateKind,
    /// Where it stands since.
    pub to: IntentState,
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Why we believe it.
    pub evidence: Evidence,
}

impl Journal {
    /// Moves an intent on and records why; both are durable before this returns.
    ///
    /// # Errors
    /// It is being sent while a halt stands ([`JournalError::Halted`]); the intent is unknown, does not stand at `recorded.from` any more, or cannot go this way
    /// ([`StateKind::may_become`]); or the database failed. The intent is then where it was.
    pub fn record_transition(&mut self, intent: IntentId, recorded: &Transition) -> Result<(), JournalError> {
        self.write(RECORDING, |transaction| {
            if recorded.to == IntentState::Sent {
                halt::refuse_if_halted(transaction)?;
            }
            append(transaction, intent, recorded)
        })
    }

    /// Every transition of an intent, in the order in which they were recorded; empty while it is only intended.
    ///
    /// # Errors
    /// [`JournalError::UnknownIntent`], or the database failed.
    pub fn history(&self, intent: IntentId) -> Result<Vec<Transition>, JournalError> {
        let failed = || JournalError::database("reading a history");
        intent::read(self.connection(), intent)?;
        let sql = "SELECT * FROM transitions WHERE intent = ?1 ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let transitions = statement.query_map([intent.get()], transition).map_err(failed())?;
        transitions.collect::<Result<_, _>>().map_err(failed())
    }
}

impl Journal {
    /// The transitions of all intents in `[from, before)`, in the order in which they were recorded; of more than `newest`
    /// the last ones.
    ///
    /// # Errors
    /// The database failed.
    pub fn transitions(
        &self,
        from: Timestamp,
        before: Timestamp,
        newest: Option<u32>,
    ) -> Result<Vec<(IntentId, Transition)>, JournalError> {
        let failed = || JournalError::database("reading transitions");
        let sql = "SELECT * FROM transitions WHERE at >= ?1 AND at < ?2 ORDER BY id DESC LIMIT ?3";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        // A negative limit is none.
        let values = (column::from_time(from), column::from_time(before), newest.map_or(-1, i64::from));
        let found = statement
            .query_map(values, |row| Ok((IntentId::new(row.get("intent")?), transition(row)?)))
            .map_err(failed())?;
        let mut found: Vec<_> = found.collect::<Result<_, _>>().map_err(failed())?;
        found.reverse();
        Ok(found)
    }
}

/// Moves an intent on and records why.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    intent: IntentId,
    recorded: &Transition,
) -> Result<(), JournalError> {
    let failed = || JournalError::database(RECORDING);
    let (from, to) = (recorded.from, recorded.to.kind());
    let found = intent::read(transaction, intent)?.state.kind();
    if found != from {
        return Err(JournalError::StateMoved { intent, expected: from, found });
    }
    if !from.may_become(to) {
        return Err(JournalError::IllegalTransition { intent, from, to });
    }
    let (code, text, since) = recorded.to.columns();
    let Evidence { message, perm_id, exec_id } = &recorded.evidence;
    let sql = "UPDATE intents SET state = ?2, code = ?3, text = ?4, since = ?5 WHERE id = ?1";
    let mut statement = transaction.prepare_cached(sql).map_err(failed())?;
    statement.execute((intent.get(), to.name(), code, text, since)).map_err(failed())?;
    let sql = "INSERT INTO transitions
            (intent, at, from_state, state, code, text, since, message, perm_id, exec_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let at = column::from_time(recorded.at);
    let perm_id = perm_id.map(PermId::get);
    let values = (intent.get(), at, from.name(), to.name(), code, text, since, message, perm_id, exec_id);
    transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(values)).map_err(failed())?;
    Ok(())
}

pub(crate) fn transition(row: &Row<'_>) -> rusqlite::Result<Transition> {
    let evidence = Evidence {
        message: row.get("message")?,
        perm_id: row.get::<_, Option<i64>>("perm_id")?.map(PermId::new),
        exec_id: row.get("exec_id")?,
    };
    Ok(Transition {
        from: column::named(row, "from_state", StateKind::from_name)?,
        to: IntentState::read(row)?,
        at: column::time(row, "at")?,
        evidence,
    })
}

#[cfg(test)]
mod tests;
