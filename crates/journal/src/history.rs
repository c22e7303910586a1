//! How an intent came to stand where it stands: every transition, with its evidence.

use gatewright_proto::PermId;
use jiff::Timestamp;
use rusqlite::Row;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::intent::{self, IntentId};
use crate::state::{IntentState, StateKind};

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
    /// The intent is unknown, does not stand at `transition.from` any more, or cannot go this way
    /// ([`StateKind::may_become`]); or the database failed. The intent is then where it was.
    pub fn record_transition(&mut self, intent: IntentId, transition: &Transition) -> Result<(), JournalError> {
        let doing = "recording a transition";
        let (from, to) = (transition.from, transition.to.kind());
        self.write(doing, |transaction| {
            let found = intent::read(transaction, intent)?.state.kind();
            if found != from {
                return Err(JournalError::StateMoved { intent, expected: from, found });
            }
            if !from.may_become(to) {
                return Err(JournalError::IllegalTransition { intent, from, to });
            }
            let (code, text, since) = transition.to.columns();
            let Evidence { message, perm_id, exec_id } = &transition.evidence;
            let sql = "UPDATE intents SET state = ?2, code = ?3, text = ?4, since = ?5 WHERE id = ?1";
            let values = (intent.get(), to.name(), code, text, since);
            transaction.execute(sql, values).map_err(JournalError::database(doing))?;
            let sql = "INSERT INTO transitions
                    (intent, at, from_state, state, code, text, since, message, perm_id, exec_id)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let at = column::from_time(transition.at);
            let perm_id = perm_id.map(PermId::get);
            let values = (intent.get(), at, from.name(), to.name(), code, text, since, message, perm_id, exec_id);
            transaction.execute(sql, values).map_err(JournalError::database(doing))?;
            Ok(())
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

fn transition(row: &Row<'_>) -> rusqlite::Result<Transition> {
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
