//! An order as it is reported: what was wanted, where it stands, what was filled of it.

use gatewright_journal::{ExecutionRecord, Intent, IntentRecord, IntentState, Journal, JournalError, OrderType};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

/// An order with all that the journal says of it but its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct OrderReport {
    pub(crate) id: i64,
    pub(crate) order_ref: String,
    pub(crate) symbol: String,
    pub(crate) side: &'static str,
    pub(crate) quantity: Decimal,
    pub(crate) order_type: &'static str,
    pub(crate) limit_price: Option<Decimal>,
    pub(crate) stop_price: Option<Decimal>,
    pub(crate) strategy: String,
    pub(crate) reason: String,
    pub(crate) decided_at: Timestamp,
    pub(crate) gateway: Option<String>,
    pub(crate) client_id: Option<i32>,
    pub(crate) order_id: Option<i32>,
    pub(crate) state: &'static str,
    /// IBKR's code, where it was rejected.
    pub(crate) code: Option<i32>,
    /// IBKR's text, where it was rejected.
    pub(crate) text: Option<String>,
    pub(crate) in_doubt_since: Option<Timestamp>,
    pub(crate) filled: Decimal,
    pub(crate) average_price: Option<Decimal>,
}

impl OrderReport {
    /// What the journal says of an order.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub(crate) fn read(journal: &Journal, record: IntentRecord) -> Result<Self, JournalError> {
        let executions = journal.executions(record.id)?;
        Ok(Self::of(record, &executions))
    }

    /// An order and its executions.
    pub(crate) fn of(record: IntentRecord, executions: &[ExecutionRecord]) -> Self {
        let IntentRecord { id, intent, order, state } = record;
        let (limit_price, stop_price) = prices(intent.order_type);
        let filled: Decimal = executions.iter().map(|execution| execution.quantity).sum();
        let paid = executions.iter().try_fold(Decimal::ZERO, |sum, execution| {
            sum.checked_add(execution.quantity.checked_mul(execution.price)?)
        });
        let (code, text, in_doubt_since) = match &state {
            IntentState::Rejected { code, text } => (Some(*code), Some(text.clone()), None),
            IntentState::InDoubt { since } => (None, None, Some(*since)),
            IntentState::Intended
            | IntentState::Sent
            | IntentState::Acknowledged
            | IntentState::PartiallyFilled
            | IntentState::Filled
            | IntentState::Cancelled
            | IntentState::NotPlaced => (None, None, None),
        };
        let Intent { order_ref, symbol, side, quantity, order_type, strategy, reason, created_at } = intent;
        Self {
            id: id.get(),
            order_ref,
            symbol,
            side: side.name(),
            quantity: quantity.normalize(),
            order_type: order_type.name(),
            limit_price,
            stop_price,
            strategy,
            reason,
            decided_at: created_at,
            gateway: order.as_ref().map(|order| order.key.gateway.clone()),
            client_id: order.as_ref().map(|order| order.key.client_id.get()),
            order_id: order.as_ref().map(|order| order.order_id.get()),
            state: state.kind().name(),
            code,
            text,
            in_doubt_since,
            filled: filled.normalize(),
            average_price: paid.and_then(|paid| paid.checked_div(filled)).map(|price| price.round_dp(8).normalize()),
        }
    }

    /// What was wanted, in a few words: `BUY 10 AAPL LMT 187.15`.
    pub(crate) fn words(&self) -> String {
        order_words(self.side, self.quantity, &self.symbol, self.order_type, self.limit_price, self.stop_price)
    }

    /// What was filled of it: `4 at 187.15`, or nothing.
    pub(crate) fn filled_words(&self) -> String {
        match self.average_price {
            Some(price) => format!("{} at {}", self.filled, price_words(price)),
            None => String::new(),
        }
    }

    /// Where it stands, with IBKR's code where it was rejected.
    pub(crate) fn state_words(&self) -> String {
        let state = self.state.replace('_', " ");
        self.code.map_or(state.clone(), |code| format!("{state} ({code})"))
    }
}

/// A price: at least cents, and what there is beyond, to a hundredth of one.
pub(crate) fn price_words(price: Decimal) -> String {
    let exact = price.round_dp(4).normalize();
    if exact.scale() > 2 { exact.to_string() } else { format!("{exact:.2}") }
}

/// The two prices that an order may have: limit and stop.
pub(super) fn prices(order_type: OrderType) -> (Option<Decimal>, Option<Decimal>) {
    match order_type {
        OrderType::Market => (None, None),
        OrderType::Limit { limit_price } => (Some(limit_price), None),
        OrderType::Stop { stop_price } => (None, Some(stop_price)),
        OrderType::StopLimit { stop_price, limit_price } => (Some(limit_price), Some(stop_price)),
    }
}

/// An order in a few words: `SELL 5 MSFT STP LMT 400.00 stop 401.00`.
fn order_words(
    side: &str,
    quantity: Decimal,
    symbol: &str,
    order_type: &str,
    limit: Option<Decimal>,
    stop: Option<Decimal>,
) -> String {
    let mut words = format!("{side} {} {symbol} {order_type}", quantity.normalize());
    if let Some(limit) = limit {
        words.push_str(&format!(" {}", price_words(limit)));
    }
    if let Some(stop) = stop {
        words.push_str(&format!(" stop {}", price_words(stop)));
    }
    words
}
