//! Whether a journal holds what it should: SQLite's own check, and the rules that this crate keeps.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{Connection, Row};
use rust_decimal::Decimal;

use crate::database::Journal;
use crate::error::JournalError;
use crate::execution::family_and_revision;
use crate::history::Transition;
use crate::intent::{IntentId, IntentRecord};
use crate::order_id::OrderIdKey;
use crate::state::StateKind;
use crate::{history, holding, intent, schema};

/// How many findings are told; what is as broken as that needs no complete list.
const MAX_FINDINGS: usize = 1_000;

/// What is being done where verifying fails.
const VERIFYING: &str = "verifying";

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// SQLite's integrity check says that the file is damaged.
    Integrity {
        /// Its words.
        says: String,
    },
    /// A row refers to one that is not there.
    Orphan {
        /// The table.
        table: String,
        /// The row's number.
        row: i64,
    },
    /// A table, index or trigger is missing, changed or strange.
    Schema {
        /// Its name.
        name: String,
    },
    /// An intent cannot be read, or stands where its history does not lead.
    Intent {
        /// Which.
        intent: IntentId,
        /// What is wrong.
        problem: String,
    },
    /// An execution contradicts its order.
    Execution {
        /// Which.
        exec_id: String,
        /// What is wrong.
        problem: String,
    },
    /// An order id lies above its high-water mark, so it could be given out again.
    OrderId {
        /// Whose.
        key: OrderIdKey,
        /// What is wrong.
        problem: String,
    },
    /// A running sum is not what executions and explanations add up to.
    Holding {
        /// Whose, of what.
        holding: String,
        /// What is wrong.
        problem: String,
    },
}

/// What a verification looked at, and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many intents there are.
    pub intents: u64,
    /// How many transitions.
    pub transitions: u64,
    /// How many executions.
    pub executions: u64,
    /// What is wrong; the first thousand.
    pub findings: Vec<Finding>,
}

impl Journal {
    /// Checks the whole file: SQLite's integrity and references, tables and triggers, each intent's history step by step,
    /// executions against their orders, ids against their marks, and running sums against what they sum.
    ///
    /// # Errors
    /// The database failed so badly that nothing can be told; damage that can be told is a [`Finding`].
    pub fn verify(&self) -> Result<Verified, JournalError> {
        let connection = self.connection();
        let mut verified = Verified::default();
        integrity(connection, &mut verified.findings)?;
        if verified.findings.is_empty() {
            schema_is_ours(connection, &mut verified.findings)?;
            verified.intents = lives(connection, &mut verified)?;
            executions(connection, &mut verified)?;
            marks(connection, &mut verified.findings)?;
            sums(connection, &mut verified.findings)?;
        }
        verified.findings.truncate(MAX_FINDINGS);
        Ok(verified)
    }
}

fn failed(error: rusqlite::Error) -> JournalError {
    JournalError::database(VERIFYING)(error)
}

fn integrity(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), JournalError> {
    let mut statement = connection.prepare("PRAGMA integrity_check(100)").map_err(failed)?;
    let mut rows = statement.query(()).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let says: String = row.get(0).map_err(failed)?;
        if says != "ok" {
            findings.push(Finding::Integrity { says });
        }
    }
    let mut statement = connection.prepare("PRAGMA foreign_key_check").map_err(failed)?;
    let mut rows = statement.query(()).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let row_number: Option<i64> = row.get(1).map_err(failed)?;
        findings.push(Finding::Orphan { table: row.get(0).map_err(failed)?, row: row_number.unwrap_or(0) });
    }
    Ok(())
}

fn schema_is_ours(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), JournalError> {
    let fresh = Journal::in_memory()?;
    let wanted: BTreeMap<_, _> = schema::parts(fresh.connection()).map_err(failed)?.into_iter().collect();
    let found: BTreeMap<_, _> = schema::parts(connection).map_err(failed)?.into_iter().collect();
    let names = wanted.keys().chain(found.keys().filter(|name| !wanted.contains_key(*name)));
    let broken = names.filter(|name| wanted.get(*name) != found.get(*name));
    findings.extend(broken.map(|name| Finding::Schema { name: name.clone() }));
    Ok(())
}

/// Follows each intent through its history. How many there are.
fn lives(connection: &Connection, verified: &mut Verified) -> Result<u64, JournalError> {
    let mut intents = connection.prepare("SELECT * FROM intents ORDER BY id").map_err(failed)?;
    let mut intents = intents.query(()).map_err(failed)?;
    let mut steps = connection.prepare("SELECT * FROM transitions WHERE intent = ?1 ORDER BY id").map_err(failed)?;
    let mut count = 0;
    while let Some(row) = intents.next().map_err(failed)? {
        count += 1;
        let id = IntentId::new(row.get("id").map_err(failed)?);
        let history = steps.query_map([id.get()], history::transition).map_err(failed)?;
        let history: Result<Vec<Transition>, _> = history.collect();
        let problem = match (intent::record(row), history) {
            (Ok(record), Ok(history)) => {
                verified.transitions += history.len() as u64;
                life(&record, &history)
            }
            (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        };
        verified.findings.extend(problem.map(|problem| Finding::Intent { intent: id, problem }));
    }
    Ok(count)
}

/// What is wrong with an intent, if something is.
fn life(record: &IntentRecord, history: &[Transition]) -> Option<String> {
    let mut stands = StateKind::Intended;
    for step in history {
        let next = step.to.kind();
        if step.from != stands {
            return Some(format!("a step leaves {}, where it did not stand: it was {stands}", step.from));
        }
        if !stands.may_become(next) {
            return Some(format!("a step leads from {stands} to {next}, which no order goes"));
        }
        stands = next;
    }
    if record.state.kind() != stands {
        return Some(format!("it is {}, and its history ends at {stands}", record.state.kind()));
    }
    if history.last().is_some_and(|last| last.to != record.state) {
        return Some("it does not stand as its last step says".to_owned());
    }
    let went_out = history.iter().any(|step| step.to.kind() == StateKind::Sent);
    if went_out && record.order.is_none() {
        return Some("it was sent without an order id".to_owned());
    }
    None
}

fn executions(connection: &Connection, verified: &mut Verified) -> Result<(), JournalError> {
    let sql = "SELECT exec_id, exec_family, revision, executions.side AS side, executions.quantity AS quantity,
            price, intents.side AS ordered_side
        FROM executions LEFT JOIN intents ON intents.id = intent";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query(()).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        verified.executions += 1;
        let exec_id: String = row.get("exec_id").map_err(failed)?;
        if let Some(problem) = execution(row, &exec_id).map_err(failed)? {
            verified.findings.push(Finding::Execution { exec_id, problem: problem.to_owned() });
        }
    }
    Ok(())
}

fn execution(row: &Row<'_>, exec_id: &str) -> rusqlite::Result<Option<&'static str>> {
    let (family, revision) = family_and_revision(exec_id);
    if family != row.get::<_, String>("exec_family")? || revision != row.get::<_, i64>("revision")? {
        return Ok(Some("it is filed under another id"));
    }
    let ordered: Option<String> = row.get("ordered_side")?;
    if ordered.is_some_and(|ordered| row.get::<_, String>("side").is_ok_and(|side| side != ordered)) {
        return Ok(Some("it trades against its order's side"));
    }
    for column in ["quantity", "price"] {
        if row.get::<_, String>(column)?.parse::<Decimal>().is_err() {
            return Ok(Some("its figures cannot be read"));
        }
    }
    Ok(None)
}

fn marks(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), JournalError> {
    let sql = "SELECT gateway, client_id, max(order_id) AS highest,
            (SELECT high_water FROM order_ids WHERE order_ids.gateway = intents.gateway
                AND order_ids.client_id = intents.client_id) AS high_water
        FROM intents WHERE order_id IS NOT NULL GROUP BY gateway, client_id";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query(()).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let highest: i64 = row.get("highest").map_err(failed)?;
        let mark: Option<i64> = row.get("high_water").map_err(failed)?;
        if mark.is_none_or(|mark| mark < highest) {
            let client_id = gatewright_proto::ClientId::new(row.get("client_id").map_err(failed)?);
            let key = OrderIdKey { gateway: row.get("gateway").map_err(failed)?, client_id };
            let mark = mark.map_or_else(|| "missing".to_owned(), |mark| mark.to_string());
            findings.push(Finding::OrderId { key, problem: format!("{highest} was used, and the mark is {mark}") });
        }
    }
    Ok(())
}

fn sums(connection: &Connection, findings: &mut Vec<Finding>) -> Result<(), JournalError> {
    let (running, added_up) = match (holding::all(connection), holding::added_up(connection)) {
        (Ok(running), Ok(added_up)) => (running, added_up),
        (Err(error), _) | (_, Err(error)) => {
            findings.push(Finding::Holding { holding: "all".to_owned(), problem: error.to_string() });
            return Ok(());
        }
    };
    let keys = running.keys().chain(added_up.keys().filter(|key| !running.contains_key(*key)));
    for key in keys {
        let (says, is) =
            (running.get(key).copied().unwrap_or_default(), added_up.get(key).copied().unwrap_or_default());
        if says != is {
            let holding = format!("{} at {} as client {}", key.symbol, key.key.gateway, key.key.client_id);
            let problem =
                format!("position {} and cash {} are {} and {}", says.position, says.cash, is.position, is.cash);
            findings.push(Finding::Holding { holding, problem });
        }
    }
    Ok(())
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integrity { says } => write!(f, "the file is damaged: {says}"),
            Self::Orphan { table, row } => write!(f, "row {row} of {table} refers to a row that is not there"),
            Self::Schema { name } => write!(f, "`{name}` is missing, changed or not ours"),
            Self::Intent { intent, problem } => write!(f, "intent {intent}: {problem}"),
            Self::Execution { exec_id, problem } => write!(f, "execution {exec_id}: {problem}"),
            Self::OrderId { key, problem } => {
                write!(f, "order ids of client {} at {}: {problem}", key.client_id, key.gateway)
            }
            Self::Holding { holding, problem } => write!(f, "holding of {holding}: {problem}"),
        }
    }
}

#[cfg(test)]
mod tests;
