//! The journal as tables of columns and rows, for programs that read tables.

use clap::ValueEnum;
use gatewright_journal::{HaltTurn, IntentFilter, IntentId, IntentState, Journal, JournalError, ProxiedFilter};
use gatewright_proto::PermId;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::order::OrderReport;
use super::program_order::ProgramOrder;

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Table {
    /// What was wanted, and where it stands
    Orders,
    /// Every step of every order, with its evidence
    Transitions,
    /// Fills, with what they cost
    Executions,
    /// Sessions and differences
    Events,
    /// Turns of the kill switch
    Halts,
    /// What programs behind the proxy ordered, and what became of it
    ProgramOrders,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    /// Money and sizes, exact.
    Decimal,
    /// UTC.
    Time,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    None,
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    Time(Timestamp),
}

/// A table with its rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    pub(super) columns: &'static [(&'static str, Kind)],
    pub(super) rows: Vec<Vec<Cell>>,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<Decimal> for Cell {
    fn from(number: Decimal) -> Self {
        Self::Decimal(number)
    }
}

impl From<Timestamp> for Cell {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

impl Sheet {
    /// The rows of a table in a span.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub(crate) fn read(journal: &Journal, table: Table, span: (Timestamp, Timestamp)) -> Result<Self, JournalError> {
        let (columns, rows): (&[_], _) = match table {
            Table::Orders => (&ORDERS, orders(journal, span)?),
            Table::Transitions => (&TRANSITIONS, transitions(journal, span)?),
            Table::Executions => (&EXECUTIONS, executions(journal, span)?),
            Table::Events => (&EVENTS, events(journal, span)?),
            Table::Halts => (&HALTS, halts(journal, span)?),
            Table::ProgramOrders => (&PROGRAM_ORDERS, program_orders(journal, span)?),
        };
        Ok(Self { columns, rows })
    }
}

const ORDERS: [(&str, Kind); 20] = [
    ("id", Kind::Integer),
    ("order_ref", Kind::Text),
    ("symbol", Kind::Text),
    ("side", Kind::Text),
    ("quantity", Kind::Decimal),
    ("order_type", Kind::Text),
    ("limit_price", Kind::Decimal),
    ("stop_price", Kind::Decimal),
    ("strategy", Kind::Text),
    ("reason", Kind::Text),
    ("decided_at", Kind::Time),
    ("gateway", Kind::Text),
    ("client_id", Kind::Integer),
    ("order_id", Kind::Integer),
    ("state", Kind::Text),
    ("code", Kind::Integer),
    ("text", Kind::Text),
    ("in_doubt_since", Kind::Time),
    ("filled", Kind::Decimal),
    ("average_price", Kind::Decimal),
];

fn orders(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let filter = IntentFilter { created_from: Some(from), created_before: Some(before), ..IntentFilter::default() };
    let row = |order: OrderReport| {
        vec![
            order.id.into(),
            order.order_ref.into(),
            order.symbol.into(),
            order.side.into(),
            order.quantity.into(),
            order.order_type.into(),
            order.limit_price.into(),
            order.stop_price.into(),
            order.strategy.into(),
            order.reason.into(),
            order.decided_at.into(),
            order.gateway.into(),
            order.client_id.into(),
            order.order_id.into(),
            order.state.into(),
            order.code.into(),
            order.text.into(),
            order.in_doubt_since.into(),
            order.filled.into(),
            order.average_price.into(),
        ]
    };
    journal.intents(&filter)?.into_iter().map(|record| OrderReport::read(journal, record).map(row)).collect()
}

const TRANSITIONS: [(&str, Kind); 8] = [
    ("order", Kind::Integer),
    ("at", Kind::Time),
    ("from", Kind::Text),
    ("to", Kind::Text),
    ("code", Kind::Integer),
    ("evidence", Kind::Text),
    ("perm_id", Kind::Integer),
    ("exec_id", Kind::Text),
];

fn transitions(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let steps = journal.transitions(from, before, None)?.into_iter();
    let rows = steps.map(|(intent, step)| {
        let code = match step.to {
            IntentState::Rejected { code, .. } => Some(code),
            IntentState::Intended
            | IntentState::Sent
            | IntentState::Acknowledged
            | IntentState::PartiallyFilled
            | IntentState::Filled
            | IntentState::Cancelled
            | IntentState::InDoubt { .. }
            | IntentState::NotPlaced => None,
        };
        vec![
            intent.get().into(),
            step.at.into(),
            step.from.name().into(),
            step.to.kind().name().into(),
            code.into(),
            step.evidence.message.into(),
            step.evidence.perm_id.map(PermId::get).into(),
            step.evidence.exec_id.into(),
        ]
    });
    Ok(rows.collect())
}

const EXECUTIONS: [(&str, Kind); 11] = [
    ("exec_id", Kind::Text),
    ("order", Kind::Integer),
    ("perm_id", Kind::Integer),
    ("account", Kind::Text),
    ("symbol", Kind::Text),
    ("side", Kind::Text),
    ("quantity", Kind::Decimal),
    ("price", Kind::Decimal),
    ("at", Kind::Time),
    ("commission", Kind::Decimal),
    ("currency", Kind::Text),
];

fn executions(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let executions = journal.executions_between(from, before)?.into_iter();
    let rows = executions.map(|execution| {
        let commission = journal.commission_of(&execution.exec_id)?;
        Ok(vec![
            execution.exec_id.into(),
            execution.intent.map(IntentId::get).into(),
            execution.perm_id.get().into(),
            execution.account.into(),
            execution.symbol.into(),
            execution.side.name().into(),
            execution.quantity.into(),
            execution.price.into(),
            execution.at.into(),
            commission.as_ref().map(|commission| commission.amount).into(),
            commission.map(|commission| commission.currency).into(),
        ])
    });
    rows.collect()
}

const EVENTS: [(&str, Kind); 5] = [
    ("at", Kind::Time),
    ("gateway", Kind::Text),
    ("client_id", Kind::Integer),
    ("kind", Kind::Text),
    ("detail", Kind::Text),
];

fn events(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let rows = journal.events(from, before)?.into_iter().map(|event| {
        let (gateway, client_id) = (event.key.gateway, event.key.client_id.get());
        vec![event.at.into(), gateway.into(), client_id.into(), event.kind.name().into(), event.detail.into()]
    });
    Ok(rows.collect())
}

const HALTS: [(&str, Kind); 5] =
    [("at", Kind::Time), ("turn", Kind::Text), ("reason", Kind::Text), ("by", Kind::Text), ("scope", Kind::Text)];

fn halts(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let rows = journal.halt_turns(from, before)?.into_iter().map(|turn| match turn {
        HaltTurn::Halted(halt) => {
            vec![halt.at.into(), "halted".into(), halt.reason.into(), halt.by.into(), halt.scope.name().into()]
        }
        HaltTurn::Resumed(resume) => {
            vec![resume.at.into(), "resumed".into(), resume.reason.into(), resume.by.into(), Cell::None]
        }
    });
    Ok(rows.collect())
}

const PROGRAM_ORDERS: [(&str, Kind); 17] = [
    ("id", Kind::Integer),
    ("at", Kind::Time),
    ("gateway", Kind::Text),
    ("client_id", Kind::Integer),
    ("server_version", Kind::Integer),
    ("act", Kind::Text),
    ("order_id", Kind::Integer),
    ("order_ref", Kind::Text),
    ("symbol", Kind::Text),
    ("side", Kind::Text),
    ("quantity", Kind::Decimal),
    ("order_type", Kind::Text),
    ("perm_id", Kind::Integer),
    ("state", Kind::Text),
    ("in_doubt_since", Kind::Time),
    ("ended_at", Kind::Time),
    ("outcome", Kind::Text),
];

fn program_orders(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Vec<Vec<Cell>>, JournalError> {
    let filter = ProxiedFilter { from: Some(from), before: Some(before), ..ProxiedFilter::default() };
    let rows = journal.proxied(&filter)?.into_iter().map(ProgramOrder::of).map(|order| {
        vec![
            order.id.into(),
            order.at.into(),
            order.gateway.into(),
            order.client_id.into(),
            order.server_version.into(),
            order.act.into(),
            order.order_id.into(),
            order.order_ref.into(),
            order.symbol.into(),
            order.side.into(),
            order.quantity.into(),
            order.order_type.into(),
            order.perm_id.into(),
            order.state.into(),
            order.in_doubt_since.into(),
            order.ended_at.into(),
            order.outcome.into(),
        ]
    });
    Ok(rows.collect())
}
