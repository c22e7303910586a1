//! What somebody wanted to trade, written down before anything is sent.

use std::fmt;

use gatewright_proto::{ClientId, OrderId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, Transaction};
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::order_id::{AssignedOrder, OrderIdKey};
use crate::schema::OPEN_STATES;
use crate::state::{IntentState, StateKind};

/// What is being done where recording an intent fails.
const RECORDING: &str = "recording an intent";

/// The journal's number for an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IntentId(i64);

impl IntentId {
    /// Wraps a number that the journal has given.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which way an order trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Buys.
    Buy,
    /// Sells, short if need be.
    Sell,
}

impl Side {
    /// The TWS API's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Sell => "SELL",
        }
    }

    /// The side that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Buy, Self::Sell].into_iter().find(|side| side.name() == name)
    }
}

/// On which terms an order trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderType {
    /// At whatever the market gives.
    Market,
    /// At the limit or better.
    Limit {
        /// The limit.
        limit_price: Decimal,
    },
    /// As a market order once the stop is touched.
    Stop {
        /// The stop; the TWS API's auxPrice.
        stop_price: Decimal,
    },
    /// As a limit order once the stop is touched.
    StopLimit {
        /// The stop; the TWS API's auxPrice.
        stop_price: Decimal,
        /// The limit.
        limit_price: Decimal,
    },
}

impl OrderType {
    /// The TWS API's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Market => "MKT",
            Self::Limit { .. } => "LMT",
            Self::Stop { .. } => "STP",
            Self::StopLimit { .. } => "STP LMT",
        }
    }

    /// The columns `limit_price` and `stop_price`.
    fn prices(self) -> (Option<String>, Option<String>) {
        match self {
            Self::Market => (None, None),
            Self::Limit { limit_price } => (Some(limit_price.to_string()), None),
            Self::Stop { stop_price } => (None, Some(stop_price.to_string())),
            Self::StopLimit { stop_price, limit_price } => {
                (Some(limit_price.to_string()), Some(stop_price.to_string()))
            }
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let limit_price = || column::decimal(row, "limit_price");
        let stop_price = || column::decimal(row, "stop_price");
        let name: String = row.get("order_type")?;
        match name.as_str() {
            "MKT" => Ok(Self::Market),
            "LMT" => Ok(Self::Limit { limit_price: limit_price()? }),
            "STP" => Ok(Self::Stop { stop_price: stop_price()? }),
            "STP LMT" => Ok(Self::StopLimit { stop_price: stop_price()?, limit_price: limit_price()? }),
            _ => Err(column::meaningless("order_type", &name)),
        }
    }
}

/// What somebody wanted to trade, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Our own reference, sent as the order's orderRef; unique over the journal's life.
    pub order_ref: String,
    /// The instrument's symbol.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// How much, above zero.
    pub quantity: Decimal,
    /// On which terms.
    pub order_type: OrderType,
    /// Who wants it.
    pub strategy: String,
    /// Why, in the strategy's words.
    pub reason: String,
    /// When it was decided; kept to the microsecond.
    pub created_at: Timestamp,
}

/// An intent as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRecord {
    /// Its number.
    pub id: IntentId,
    /// What was wanted.
    pub intent: Intent,
    /// The order id that it was given, if it was.
    pub order: Option<AssignedOrder>,
    /// Where it stands.
    pub state: IntentState,
}

/// Which intents to list; what is not given does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IntentFilter {
    /// Only of this strategy.
    pub strategy: Option<String>,
    /// Only in this symbol.
    pub symbol: Option<String>,
    /// Only in this state.
    pub state: Option<StateKind>,
    /// Only with this reference.
    pub order_ref: Option<String>,
    /// Only decided at this time or later.
    pub created_from: Option<Timestamp>,
    /// Only decided before this time.
    pub created_before: Option<Timestamp>,
    /// Only so many of the rest: the newest.
    pub newest: Option<u32>,
}

impl Journal {
    /// Records an intent as [`IntentState::Intended`]; it is durable before this returns.
    ///
    /// # Errors
    /// The reference is empty or used already, the quantity is not above zero, or the database failed.
    pub fn record_intent(&mut self, intent: &Intent) -> Result<IntentId, JournalError> {
        self.write(RECORDING, |transaction| insert(transaction, intent))
    }

    /// One intent as it stands.
    ///
    /// # Errors
    /// [`JournalError::UnknownIntent`], or the database failed.
    pub fn intent(&self, intent: IntentId) -> Result<IntentRecord, JournalError> {
        read(self.connection(), intent)
    }

    /// Every intent that `filter` lets through, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub fn intents(&self, filter: &IntentFilter) -> Result<Vec<IntentRecord>, JournalError> {
        // Spelled so that one that is asked for is found by its index, among however many.
        let by_ref = if filter.order_ref.is_some() { "order_ref = ?4" } else { "?4 IS NULL" };
        let condition = format!(
            "(?1 IS NULL OR strategy = ?1) AND (?2 IS NULL OR symbol = ?2) AND (?3 IS NULL OR state = ?3)
            AND {by_ref} AND created_at >= ?5 AND created_at < ?6 ORDER BY id DESC LIMIT ?7"
        );
        // A negative limit is none.
        let newest = filter.newest.map_or(-1, i64::from);
        let values = (
            &filter.strategy,
            &filter.symbol,
            filter.state.map(StateKind::name),
            &filter.order_ref,
            filter.created_from.map_or(i64::MIN, column::from_time),
            filter.created_before.map_or(i64::MAX, column::from_time),
            newest,
        );
        let mut found =
            select(self.connection(), &condition, values).map_err(JournalError::database("listing intents"))?;
        found.reverse();
        Ok(found)
    }

    /// Every intent that is not settled yet, oldest first: what a restarted trader has to ask about.
    ///
    /// # Errors
    /// The database failed.
    pub fn open_intents(&self) -> Result<Vec<IntentRecord>, JournalError> {
        select(self.connection(), &format!("state IN {OPEN_STATES} ORDER BY id"), ())
            .map_err(JournalError::database("listing open intents"))
    }
}

/// Adds an intent as [`IntentState::Intended`].
pub(crate) fn insert(transaction: &Transaction<'_>, intent: &Intent) -> Result<IntentId, JournalError> {
    if intent.order_ref.is_empty() {
        return Err(JournalError::InvalidIntent { problem: "has no order reference" });
    }
    if intent.quantity <= Decimal::ZERO {
        return Err(JournalError::InvalidIntent { problem: "has a quantity that is not above zero" });
    }
    let (limit_price, stop_price) = intent.order_type.prices();
    let sql = "INSERT INTO intents (order_ref, symbol, side, quantity, order_type, limit_price, stop_price,
            strategy, reason, created_at, state)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (order_ref) DO NOTHING RETURNING id";
    let values = rusqlite::params![
        intent.order_ref,
        intent.symbol,
        intent.side.name(),
        intent.quantity.to_string(),
        intent.order_type.name(),
        limit_price,
        stop_price,
        intent.strategy,
        intent.reason,
        column::from_time(intent.created_at),
        StateKind::Intended.name(),
    ];
    let mut statement = transaction.prepare_cached(sql).map_err(JournalError::database(RECORDING))?;
    let inserted = statement.query_row(values, |row| row.get(0).map(IntentId)).optional();
    inserted
        .map_err(JournalError::database(RECORDING))?
        .ok_or_else(|| JournalError::DuplicateOrderRef { order_ref: intent.order_ref.clone() })
}

/// One intent, on a connection or within a transaction.
pub(crate) fn read(connection: &Connection, intent: IntentId) -> Result<IntentRecord, JournalError> {
    let found = select(connection, "id = ?1", [intent.get()]).map_err(JournalError::database("reading an intent"))?;
    found.into_iter().next().ok_or(JournalError::UnknownIntent { intent })
}

fn select(connection: &Connection, condition: &str, values: impl Params) -> rusqlite::Result<Vec<IntentRecord>> {
    let mut statement = connection.prepare_cached(&format!("SELECT * FROM intents WHERE {condition}"))?;
    let records = statement.query_map(values, record)?;
    records.collect()
}

pub(crate) fn record(row: &Row<'_>) -> rusqlite::Result<IntentRecord> {
    let order = match row.get::<_, Option<i32>>("order_id")? {
        None => None,
        Some(order_id) => {
            let key = OrderIdKey { gateway: row.get("gateway")?, client_id: ClientId::new(row.get("client_id")?) };
            Some(AssignedOrder { key, order_id: OrderId::new(order_id) })
        }
    };
    let intent = Intent {
        order_ref: row.get("order_ref")?,
        symbol: row.get("symbol")?,
        side: column::named(row, "side", Side::from_name)?,
        quantity: column::decimal(row, "quantity")?,
        order_type: OrderType::read(row)?,
        strategy: row.get("strategy")?,
        reason: row.get("reason")?,
        created_at: column::time(row, "created_at")?,
    };
    Ok(IntentRecord { id: IntentId(row.get("id")?), intent, order, state: IntentState::read(row)? })
}

#[cfg(test)]
pub(crate) mod tests;
