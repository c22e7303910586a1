//! What our executions add up to: position and cash, as a running sum, so that a restart does not read years of fills.
//!
//! The sum changes in the transaction that records the execution, and [`Journal::verify`] adds everything up again.

use gatewright_proto::ClientId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::intent::Side;
use crate::order_id::OrderIdKey;

/// What is being done where a sum fails.
const SUMMING: &str = "summing executions up";

/// Whose holding of what.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HoldingKey {
    /// At which Gateway, as which client.
    pub key: OrderIdKey,
    /// The account.
    pub account: String,
    /// The instrument's symbol.
    pub symbol: String,
}

/// What executions and explanations add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// The signed position.
    pub position: Decimal,
    /// Received minus paid, without commissions.
    pub cash: Decimal,
}

/// Why a position is not what our executions explain, in a person's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Whose position.
    pub holding: HoldingKey,
    /// How much is to be added to what our executions explain; signed.
    pub quantity: Decimal,
    /// Why; not empty.
    pub reason: String,
}

impl Journal {
    /// What is held by our executions and explanations.
    ///
    /// # Errors
    /// The database failed.
    pub fn holding(&self, key: &HoldingKey) -> Result<Holding, JournalError> {
        read(self.connection(), key)
    }

    /// Everything that is or was held, by whom.
    ///
    /// # Errors
    /// The database failed.
    pub fn holdings(&self) -> Result<BTreeMap<HoldingKey, Holding>, JournalError> {
        all(self.connection())
    }

    /// Records why a position is not what our executions explain; from then on it is. Durable before this returns.
    ///
    /// # Errors
    /// The reason is empty, or the database failed.
    pub fn explain(&mut self, explanation: &Explanation) -> Result<Holding, JournalError> {
        let doing = "recording an explanation";
        self.write(doing, |transaction| {
            let sql = "INSERT INTO explanations (at, gateway, client_id, account, symbol, quantity, reason)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let HoldingKey { key, account, symbol } = &explanation.holding;
            let quantity = explanation.quantity.to_string();
            let at = column::from_time(explanation.at);
            let values = (at, &key.gateway, key.client_id.get(), account, symbol, quantity, &explanation.reason);
            transaction.execute(sql, values).map_err(JournalError::database(doing))?;
            let added = Holding { position: explanation.quantity, cash: Decimal::ZERO };
            add(transaction, &explanation.holding, added)?;
            read(transaction, &explanation.holding)
        })
    }

    /// Every explanation, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn explanations(&self) -> Result<Vec<Explanation>, JournalError> {
        let failed = || JournalError::database("reading explanations");
        let sql = "SELECT * FROM explanations ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let explanations = statement.query_map((), explanation).map_err(failed())?;
        explanations.collect::<Result<_, _>>().map_err(failed())
    }
}

impl Holding {
    /// What one execution of an order for `ordered` changes. Whatever an execution says, it cannot have been of more than
    /// its order; cash beyond what a decimal can hold was never paid.
    pub(crate) fn by(side: Side, quantity: Decimal, price: Decimal, ordered: Decimal) -> Self {
        let quantity = quantity.min(ordered);
        let position = match side {
            Side::Buy => quantity,
            Side::Sell => -quantity,
        };
        Self { position, cash: position.checked_mul(price).map_or(Decimal::ZERO, |paid| -paid) }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            position: self.position.checked_add(other.position).unwrap_or(self.position),
            cash: self.cash.checked_add(other.cash).unwrap_or(self.cash),
        }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(Self { position: -other.position, cash: -other.cash })
    }
}

/// Adds to a running sum.
pub(crate) fn add(transaction: &Transaction<'_>, key: &HoldingKey, change: Holding) -> Result<(), JournalError> {
    let Holding { position, cash } = read(transaction, key)?.plus(change);
    let sql = "INSERT INTO holdings (gateway, client_id, account, symbol, position, cash)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT DO UPDATE SET position = excluded.position, cash = excluded.cash";
    let HoldingKey { key, account, symbol } = key;
    let (position, cash) = (position.normalize().to_string(), cash.normalize().to_string());
    let values = (&key.gateway, key.client_id.get(), account, symbol, position, cash);
    let mut statement = transaction.prepare_cached(sql).map_err(JournalError::database(SUMMING))?;
    statement.execute(values).map_err(JournalError::database(SUMMING))?;
    Ok(())
}

/// Adds up what a file of an older version holds.
pub(crate) fn sum_up(transaction: &Transaction<'_>) -> Result<(), JournalError> {
    for (key, holding) in added_up(transaction)? {
        add(transaction, &key, holding)?;
    }
    Ok(())
}

/// Everything, added up from the executions and explanations themselves.
pub(crate) fn added_up(connection: &Connection) -> Result<BTreeMap<HoldingKey, Holding>, JournalError> {
    let failed = || JournalError::database(SUMMING);
    let mut sums: BTreeMap<HoldingKey, Holding> = BTreeMap::new();
    let sql = "SELECT gateway, client_id, mine.account, mine.symbol, mine.side, mine.quantity, mine.price,
            intents.quantity AS ordered
        FROM executions AS mine JOIN intents ON intents.id = mine.intent
        WHERE gateway IS NOT NULL AND NOT EXISTS
            (SELECT 1 FROM executions WHERE exec_family = mine.exec_family AND revision > mine.revision)";
    let mut statement = connection.prepare(sql).map_err(failed())?;
    let mut rows = statement.query(()).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let (key, change) = executed(row).map_err(failed())?;
        let sum = sums.entry(key).or_default();
        *sum = sum.plus(change);
    }
    let mut statement = connection.prepare("SELECT * FROM explanations").map_err(failed())?;
    let mut rows = statement.query(()).map_err(failed())?;
    while let Some(row) = rows.next().map_err(failed())? {
        let Explanation { holding, quantity, .. } = explanation(row).map_err(failed())?;
        let sum = sums.entry(holding).or_default();
        *sum = sum.plus(Holding { position: quantity, cash: Decimal::ZERO });
    }
    Ok(sums)
}

/// Every running sum.
pub(crate) fn all(connection: &Connection) -> Result<BTreeMap<HoldingKey, Holding>, JournalError> {
    let failed = || JournalError::database("reading holdings");
    let mut statement = connection.prepare_cached("SELECT * FROM holdings").map_err(failed())?;
    let holdings = statement.query_map((), |row| Ok((key(row)?, holding(row)?))).map_err(failed())?;
    holdings.collect::<Result<_, _>>().map_err(failed())
}

fn read(connection: &Connection, key: &HoldingKey) -> Result<Holding, JournalError> {
    let failed = || JournalError::database("reading a holding");
    let sql = "SELECT * FROM holdings WHERE gateway = ?1 AND client_id = ?2 AND account = ?3 AND symbol = ?4";
    let HoldingKey { key, account, symbol } = key;
    let mut statement = connection.prepare_cached(sql).map_err(failed())?;
    let values = (&key.gateway, key.client_id.get(), account, symbol);
    Ok(statement.query_row(values, holding).optional().map_err(failed())?.unwrap_or_default())
}

fn key(row: &Row<'_>) -> rusqlite::Result<HoldingKey> {
    let key = OrderIdKey { gateway: row.get("gateway")?, client_id: ClientId::new(row.get("client_id")?) };
    Ok(HoldingKey { key, account: row.get("account")?, symbol: row.get("symbol")? })
}

fn holding(row: &Row<'_>) -> rusqlite::Result<Holding> {
    Ok(Holding { position: column::decimal(row, "position")?, cash: column::decimal(row, "cash")? })
}

fn executed(row: &Row<'_>) -> rusqlite::Result<(HoldingKey, Holding)> {
    let side = column::named(row, "side", Side::from_name)?;
    let (quantity, price) = (column::decimal(row, "quantity")?, column::decimal(row, "price")?);
    Ok((key(row)?, Holding::by(side, quantity, price, column::decimal(row, "ordered")?)))
}

fn explanation(row: &Row<'_>) -> rusqlite::Result<Explanation> {
    Ok(Explanation {
        at: column::time(row, "at")?,
        holding: key(row)?,
        quantity: column::decimal(row, "quantity")?,
        reason: row.get("reason")?,
    })
}

#[cfg(test)]
mod tests;
