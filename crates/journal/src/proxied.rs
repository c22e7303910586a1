//! What programs order through the session proxy: written before its bytes go out, and open until the Gateway has spoken.
//!
//! These are other people's orders, known by what could be read of a copy of their frames. They are no intents of ours:
//! nothing here takes an id for them or says when they may be sent again.

mod record;

use std::fmt;

use gatewright_proto::{ClientId, OrderId, PermId, ServerVersion};
use jiff::Timestamp;
use rusqlite::{Row, Transaction};
use rust_decimal::Decimal;

use crate::column;
use crate::database::Journal;
use crate::error::JournalError;
use crate::halt::{self, HaltRecord};
use crate::order_id::OrderIdKey;

pub use record::{ProxiedEnd, ProxiedFilter, ProxiedRecord, ProxiedState};

/// What is being done where writing fails.
const RECORDING: &str = "recording what a program orders";

/// The journal's number for something that a program ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProxiedOrderId(i64);

impl ProxiedOrderId {
    /// Wraps a number that the journal has given.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ProxiedOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a program's message does to orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxiedAct {
    /// placeOrder: a new order, or a change of one.
    Place,
    /// cancelOrder.
    Cancel,
    /// exerciseOptions.
    Exercise,
    /// reqGlobalCancel.
    CancelAll,
}

impl ProxiedAct {
    /// Every act.
    pub const ALL: [Self; 4] = [Self::Place, Self::Cancel, Self::Exercise, Self::CancelAll];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Cancel => "cancel",
            Self::Exercise => "exercise",
            Self::CancelAll => "cancel_all",
        }
    }

    /// Whether it may make a position larger: a cancel only makes less.
    pub fn trades(self) -> bool {
        match self {
            Self::Place | Self::Exercise => true,
            Self::Cancel | Self::CancelAll => false,
        }
    }

    /// The act that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// What a program orders, as far as its message could be read; texts are empty where it could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedOrder {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// At which Gateway, as which client.
    pub key: OrderIdKey,
    /// The version that the client speaks.
    pub server_version: ServerVersion,
    /// What is done.
    pub act: ProxiedAct,
    /// To which order; `None` for all, or where it could not be read.
    pub order_id: Option<OrderId>,
    /// The program's own reference.
    pub order_ref: String,
    /// The underlying's symbol.
    pub symbol: String,
    /// `BUY`, `SELL` or `SSHORT`.
    pub side: String,
    /// How much.
    pub quantity: Option<Decimal>,
    /// `LMT`, `MKT`, …
    pub order_type: String,
    /// What the Gateway calls the order, where that is known already.
    pub perm_id: Option<PermId>,
}

/// How something that a program ordered stopped being open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxiedOutcome {
    /// The Gateway has spoken of it.
    Acknowledged,
    /// Its bytes never went out.
    NotSent,
    /// It was in doubt, and is not any more, as far as anybody can tell.
    Settled,
}

impl ProxiedOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Acknowledged, Self::NotSent, Self::Settled];

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::NotSent => "not_sent",
            Self::Settled => "settled",
        }
    }

    /// The outcome that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One thing to be written down about programs' orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxiedEntry {
    /// It is about to be sent.
    Order(ProxiedOrder),
    /// It is not open any more. A second outcome of the same order changes nothing.
    Outcome {
        /// Which.
        order: ProxiedOrderId,
        /// When.
        at: Timestamp,
        /// How.
        outcome: ProxiedOutcome,
        /// In words.
        detail: String,
    },
}

/// What was written down while a halt may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedWritten {
    /// The numbers of the orders, in their order; `None` for one that was refused and not written.
    pub numbers: Vec<Option<ProxiedOrderId>>,
    /// The halt for which they were.
    pub halt: Option<HaltRecord>,
}

impl Journal {
    /// As [`Self::record_proxied`], but for what would place or exercise while a halt stands: that is not written.
    ///
    /// The halt is looked for in the transaction that makes the orders durable, so that the two cannot cross.
    ///
    /// # Errors
    /// As [`Self::record_proxied`].
    pub fn record_proxied_unless_halted(&mut self, entries: &[ProxiedEntry]) -> Result<ProxiedWritten, JournalError> {
        self.write(RECORDING, |transaction| {
            let halt = halt::standing(transaction)?;
            let numbers = write_down(transaction, entries, |order| halt.is_none() || !order.act.trades())?;
            let halt = halt.filter(|_| numbers.contains(&None));
            Ok(ProxiedWritten { numbers, halt })
        })
    }

    /// Writes all of these down, in one transaction: they are durable together before this returns. The numbers of the
    /// orders among them come back in their order.
    ///
    /// # Errors
    /// An outcome is of an order that is not there, or the database failed; nothing is written then.
    pub fn record_proxied(&mut self, entries: &[ProxiedEntry]) -> Result<Vec<ProxiedOrderId>, JournalError> {
        let numbers = self.write(RECORDING, |transaction| write_down(transaction, entries, |_| true))?;
        Ok(numbers.into_iter().flatten().collect())
    }

    /// What programs have ordered at a Gateway and the Gateway has not spoken of, in the order in which it was written.
    ///
    /// # Errors
    /// The database failed.
    pub fn open_proxied(&self, gateway: &str) -> Result<Vec<(ProxiedOrderId, ProxiedOrder)>, JournalError> {
        let failed = || JournalError::database("reading what programs have ordered");
        let sql = "SELECT * FROM proxied_orders WHERE gateway = ?1
            AND NOT EXISTS (SELECT 1 FROM proxied_outcomes WHERE proxied_order = proxied_orders.id) ORDER BY id";
        let mut statement = self.connection().prepare_cached(sql).map_err(failed())?;
        let rows = statement.query_map([gateway], |row| Ok((ProxiedOrderId(row.get("id")?), order(row)?)));
        rows.map_err(failed())?.collect::<Result<_, _>>().map_err(failed())
    }
}

fn write_down(
    transaction: &Transaction<'_>,
    entries: &[ProxiedEntry],
    may: impl Fn(&ProxiedOrder) -> bool,
) -> Result<Vec<Option<ProxiedOrderId>>, JournalError> {
    let mut numbers = Vec::new();
    for entry in entries {
        match entry {
            ProxiedEntry::Order(order) if may(order) => numbers.push(Some(insert(transaction, order)?)),
            ProxiedEntry::Order(_) => numbers.push(None),
            ProxiedEntry::Outcome { order, at, outcome, detail } => {
                let sql = "INSERT INTO proxied_outcomes (proxied_order, at, outcome, detail)
                    VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
                let values = (order.get(), column::from_time(*at), outcome.name(), detail);
                let mut statement = transaction.prepare_cached(sql).map_err(JournalError::database(RECORDING))?;
                statement.execute(values).map_err(JournalError::database(RECORDING))?;
            }
        }
    }
    Ok(numbers)
}

fn insert(transaction: &Transaction<'_>, order: &ProxiedOrder) -> Result<ProxiedOrderId, JournalError> {
    let sql = "INSERT INTO proxied_orders (at, gateway, client_id, server_version, act, order_id, order_ref, symbol,
            side, quantity, order_type, perm_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    let mut statement = transaction.prepare_cached(sql).map_err(JournalError::database(RECORDING))?;
    let ProxiedOrder { at, key, server_version, act, order_id, order_ref, symbol, side, quantity, order_type, perm_id } =
        order;
    let values = (
        column::from_time(*at),
        &key.gateway,
        key.client_id.get(),
        server_version.get(),
        act.name(),
        order_id.map(OrderId::get),
        order_ref,
        symbol,
        side,
        quantity.map(|quantity| quantity.to_string()),
        order_type,
        perm_id.map(PermId::get),
    );
    statement.insert(values).map(ProxiedOrderId).map_err(JournalError::database(RECORDING))
}

fn order(row: &Row<'_>) -> rusqlite::Result<ProxiedOrder> {
    Ok(ProxiedOrder {
        at: column::time(row, "at")?,
        key: OrderIdKey { gateway: row.get("gateway")?, client_id: ClientId::new(row.get("client_id")?) },
        server_version: ServerVersion::new(row.get("server_version")?),
        act: column::named(row, "act", ProxiedAct::from_name)?,
        order_id: row.get::<_, Option<i32>>("order_id")?.map(OrderId::new),
        order_ref: row.get("order_ref")?,
        symbol: row.get("symbol")?,
        side: row.get("side")?,
        quantity: row.get::<_, Option<String>>("quantity")?.map(|_| column::decimal(row, "quantity")).transpose()?,
        order_type: row.get("order_type")?,
        perm_id: row.get::<_, Option<i64>>("perm_id")?.map(PermId::new),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sample(client_id: i32, order_id: Option<i32>, act: ProxiedAct) -> ProxiedOrder {
        ProxiedOrder {
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            key: OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: ClientId::new(client_id) },
            server_version: ServerVersion::new(178),
            act,
            order_id: order_id.map(OrderId::new),
            order_ref: "mine".into(),
            symbol: "AAPL".into(),
            side: "BUY".into(),
            quantity: order_id.map(|_| "0.5".parse().unwrap()),
            order_type: "LMT".into(),
            perm_id: None,
        }
    }

    #[test]
    fn what_was_ordered_is_open_until_its_outcome_is_known_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let orders: Vec<ProxiedOrder> = ProxiedAct::ALL
            .into_iter()
            .zip([Some(1), Some(0), Some(3), None])
            .map(|(act, id)| sample(7, id, act))
            .collect();
        let mut journal = Journal::open(&path).unwrap();
        let entries: Vec<ProxiedEntry> = orders.iter().cloned().map(ProxiedEntry::Order).collect();
        let numbers = journal.record_proxied(&entries).unwrap();
        let outcome = |order, outcome| ProxiedEntry::Outcome {
            order,
            at: Timestamp::from_second(1_800_000_001).unwrap(),
            outcome,
            detail: String::new(),
        };
        journal
            .record_proxied(&[
                outcome(numbers[0], ProxiedOutcome::Acknowledged),
                outcome(numbers[2], ProxiedOutcome::NotSent),
                outcome(numbers[2], ProxiedOutcome::Settled),
            ])
            .unwrap();
        drop(journal);

        let mut journal = Journal::open(&path).unwrap();
        let open = [(numbers[1], orders[1].clone()), (numbers[3], orders[3].clone())];
        assert_eq!(journal.open_proxied("127.0.0.1:4002").unwrap(), open);
        assert!(journal.open_proxied("127.0.0.1:4001").unwrap().is_empty());
        assert_eq!(journal.verify().unwrap().findings, []);
        // Nothing is written of a batch with an outcome of something that was never ordered.
        let batch = [ProxiedEntry::Order(orders[0].clone()), outcome(ProxiedOrderId::new(99), ProxiedOutcome::Settled)];
        assert!(journal.record_proxied(&batch).is_err());
        assert_eq!(journal.open_proxied("127.0.0.1:4002").unwrap().len(), 2);
    }

    #[test]
    fn while_a_halt_stands_what_trades_is_not_written_and_cancels_are() {
        let mut journal = Journal::in_memory().unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let entries = [ProxiedAct::Place, ProxiedAct::Cancel, ProxiedAct::Exercise, ProxiedAct::CancelAll]
            .map(|act| ProxiedEntry::Order(sample(7, Some(1), act)));
        let (reason, by) = ("smoke".to_owned(), "ann".to_owned());
        let halt = HaltRecord { at, reason: reason.clone(), by: by.clone(), scope: crate::HaltScope::NewOrders };
        journal.halt(&halt).unwrap();
        let written = journal.record_proxied_unless_halted(&entries).unwrap();
        assert_eq!(written.numbers.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false, true]);
        assert_eq!(written.halt, Some(halt));
        // Cancels alone are refused by no halt.
        assert_eq!(journal.record_proxied_unless_halted(&entries[1..2]).unwrap().halt, None);
        journal.resume(&crate::ResumeRecord { at, reason, by }).unwrap();
        let written = journal.record_proxied_unless_halted(&entries).unwrap();
        assert!(written.halt.is_none() && written.numbers.iter().all(Option::is_some));
    }
}
