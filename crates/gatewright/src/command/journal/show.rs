//! One order with its whole history: every step, what proved it, every execution and what it cost; or what a program did to
//! one.

use gatewright_journal::{
    CommissionRecord, ExecutionRecord, IntentFilter, IntentId, IntentRecord, Journal, JournalError, ProxiedOrderId,
    Transition,
};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use serde_json::{Value, json};

use super::order::{OrderReport, price_words};
use super::program_order::ProgramLife;
use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;
use crate::output;

/// What was asked for.
pub(super) enum Shown {
    /// An order of a trader.
    Trader(Box<Life>),
    /// An order of a program behind the proxy.
    Program(Box<ProgramLife>),
}

impl Shown {
    /// Finds an order by its number in the journal (`12`, or `p12` for a program's) or by its reference.
    ///
    /// # Errors
    ///
    /// There is none, or the journal failed.
    pub(super) fn find(journal: &Journal, name: &str) -> Result<Self, Diagnosis> {
        let record = match (name.parse(), name.strip_prefix('p').map(str::parse)) {
            (Ok(number), _) => {
                return Ok(Self::Trader(Box::new(Life::read(journal, journal.intent(IntentId::new(number))?)?)));
            }
            (Err(_), Some(Ok(number))) => journal.proxied_by_id(ProxiedOrderId::new(number))?,
            (Err(_), Some(Err(_)) | None) => match by_reference(journal, name)? {
                Some(record) => return Ok(Self::Trader(Box::new(Life::read(journal, record)?))),
                None => journal.proxied_by_reference(name)?,
            },
        };
        let record = record.ok_or_else(|| {
            Diagnosis::new(Exit::Usage, format!("no order is called {name}, and none has that reference")).with_help(
                "Give an order's number in the journal, with a `p` before it for a program's, or its reference: \
                 `gatewright orders` lists them.",
            )
        })?;
        Ok(Self::Program(Box::new(ProgramLife::read(journal, record)?)))
    }

    /// For a program.
    pub(super) fn json(&self) -> Value {
        match self {
            Self::Trader(life) => life.json(),
            Self::Program(life) => life.json(),
        }
    }

    /// For a person.
    pub(super) fn text(&self, now: &ZonedDateTime) -> String {
        match self {
            Self::Trader(life) => life.text(now),
            Self::Program(life) => life.text(now.time_zone()),
        }
    }
}

/// An order with its history.
pub(super) struct Life {
    order: OrderReport,
    history: Vec<Transition>,
    executions: Vec<(ExecutionRecord, Option<CommissionRecord>)>,
}

impl Life {
    fn read(journal: &Journal, record: IntentRecord) -> Result<Self, JournalError> {
        let id = record.id;
        let executions = journal.executions(id)?;
        let order = OrderReport::of(record, &executions);
        let costs = executions.into_iter().map(|execution| {
            let commission = journal.commission_of(&execution.exec_id)?;
            Ok((execution, commission))
        });
        Ok(Self { order, history: journal.history(id)?, executions: costs.collect::<Result<_, JournalError>>()? })
    }

    fn json(&self) -> Value {
        let history: Vec<Value> = self
            .history
            .iter()
            .map(|step| {
                json!({
                    "at": step.at.to_string(),
                    "from": step.from.name(),
                    "to": step.to.kind().name(),
                    "evidence": step.evidence.message,
                    "perm_id": step.evidence.perm_id.map(gatewright_proto::PermId::get),
                    "exec_id": step.evidence.exec_id,
                })
            })
            .collect();
        let executions: Vec<Value> = self
            .executions
            .iter()
            .map(|(execution, commission)| {
                json!({
                    "exec_id": execution.exec_id,
                    "at": execution.at.to_string(),
                    "account": execution.account,
                    "side": execution.side.name(),
                    "quantity": execution.quantity,
                    "price": execution.price,
                    "commission": commission.as_ref().map(|commission| commission.amount),
                    "currency": commission.as_ref().map(|commission| &commission.currency),
                })
            })
            .collect();
        json!({ "order": self.order, "history": history, "executions": executions })
    }

    fn text(&self, now: &ZonedDateTime) -> String {
        let zone = now.time_zone();
        let order = &self.order;
        let mut text = format!("order {}: {}, {}\n\n", order.id, order.words(), order.state_words());
        let mut row = |name: &str, value: &str| output::wrapped(&mut text, &format!("  {name:<11}"), value);
        row("reference", &order.order_ref);
        row("strategy", &order.strategy);
        row("reason", &order.reason);
        row("decided", &precise(order.decided_at, zone));
        if let (Some(gateway), Some(client_id), Some(order_id)) = (&order.gateway, order.client_id, order.order_id) {
            row("sent to", &format!("{gateway} by client {client_id}, as order id {order_id}"));
        }
        if let Some(said) = &order.text {
            row("IBKR said", said);
        }
        if let Some(since) = order.in_doubt_since {
            row("in doubt", &format!("since {}", precise(since, zone)));
        }
        if order.average_price.is_some() {
            row("filled", &order.filled_words());
        }
        text.push_str("\nHistory\n");
        if self.history.is_empty() {
            text.push_str("  It has only been decided.\n");
        }
        for step in &self.history {
            let head = format!("  {}  {:<17}", precise_time(step.at, zone), step.to.kind().name().replace('_', " "));
            let known = step.evidence.perm_id.map(|perm_id| format!(" (permId {perm_id})")).unwrap_or_default();
            output::wrapped(&mut text, &head, &format!("{}{known}", step.evidence.message));
        }
        if !self.executions.is_empty() {
            text.push_str("\nExecutions\n");
        }
        for (execution, commission) in &self.executions {
            let cost = commission.as_ref().map_or_else(
                || "its cost has not been told".to_owned(),
                |commission| format!("cost {} {}", commission.amount.normalize(), commission.currency),
            );
            let (quantity, price) = (execution.quantity.normalize(), price_words(execution.price));
            let head = format!("  {}  ", precise_time(execution.at, zone));
            let words = format!("{} {quantity} at {price}, {cost}, {}", execution.side.name(), execution.exec_id);
            output::wrapped(&mut text, &head, &words);
        }
        text.trim_end().to_owned()
    }
}

fn by_reference(journal: &Journal, name: &str) -> Result<Option<IntentRecord>, JournalError> {
    let filter = IntentFilter { order_ref: Some(name.to_owned()), ..IntentFilter::default() };
    Ok(journal.intents(&filter)?.into_iter().next())
}

/// A moment, to the microsecond.
pub(super) fn precise(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.6f %Z").to_string()
}

/// Orders live for seconds, so the date is said once and times are said to the microsecond.
pub(super) fn precise_time(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned_datetime(zone.clone()).strftime("%m-%d %H:%M:%S%.6f").to_string()
}
