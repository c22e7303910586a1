//! What a fill does: to the order, the account, and those who depend on the order.

use gatewright_proto::message::execution::{CommissionReport, ExecDetails, Execution};
use gatewright_proto::message::order::Action;
use gatewright_proto::{RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::book::{Executed, LiveOrder, OrderKey, Phase};
use super::charges::{commission, multiplier};
use super::ledger::Trade;
use super::world::World;

/// What an execution says of an order that others came to.
pub(super) const ADDED: i32 = 1;

/// What an execution says of an order that took what was on offer.
pub(super) const REMOVED: i32 = 2;

/// What the market gives an order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) price: Decimal,
    pub(super) quantity: Decimal,
    pub(super) second: i64,
    /// [`ADDED`] or [`REMOVED`].
    pub(super) last_liquidity: i32,
}

/// What a fill has cost and brought.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    fee: Decimal,
    realized: Option<Decimal>,
}

/// A quantity with the sign that it has in a position.
pub(super) fn signed(action: Action, quantity: Decimal) -> Decimal {
    if action.is_sell() { -quantity } else { quantity }
}

impl World {
    /// Fills an order, in part or whole.
    pub(super) fn fill(&mut self, key: OrderKey, matched: Match) {
        let Some(order) = self.book.get(key) else { return };
        let Some(instrument) = self.catalogue.get(order.con_id).cloned() else { return };
        let Match { price, quantity, second, .. } = matched;
        let account = order.order.account.clone();
        // The least that an order costs is charged once, not per fill.
        let total = commission(&instrument, order.filled + quantity, order.turnover + quantity * price);
        let fee = total - order.commission.unwrap_or_default();
        let trade = Trade {
            quantity: signed(order.order.action, quantity),
            price,
            multiplier: multiplier(&instrument),
            commission: fee,
            day: self.new_york.start_of_day(second),
        };
        let Some(ledger) = self.ledgers.get_mut(&account) else { return };
        let realized = ledger.book(instrument.con_id, trade);
        self.watch_end(&instrument);

        let Some(order) = self.book.get_mut(key) else { return };
        let before = order.remaining();
        order.filled += quantity;
        order.turnover += quantity * price;
        order.last_fill_price = Some(price);
        order.commission = Some(total);
        let mut order = order.clone();
        let whole = order.remaining().is_zero();
        if let Some(ended) = whole.then(|| self.book.end(key, Phase::Filled, self.now)).flatten() {
            order = ended;
        }

        let executed = self.executed(&order, matched, Outcome { fee, realized });
        self.book.record(executed.clone());
        self.report_execution(&order, executed);
        self.push_account(&account, instrument.con_id);
        self.shrink_group(&order, quantity, before);
        if whole {
            self.activate_children(key);
        }
    }

    /// Fills all that is left of an order, whatever is on offer.
    pub(super) fn fill_rest(&mut self, key: OrderKey, price: Decimal, second: i64) {
        let Some(quantity) = self.book.get(key).map(LiveOrder::remaining) else { return };
        self.fill(key, Match { price, quantity, second, last_liquidity: REMOVED });
    }

    /// Tells of an execution first, then of the order, then of what it has cost (seen live).
    fn report_execution(&mut self, order: &LiveOrder, executed: Executed) {
        let details = ServerMessage::ExecDetails(Box::new(executed.details));
        let report = ServerMessage::CommissionReport(Box::new(executed.report));
        let listeners = self.listeners(order);
        for id in &listeners {
            self.send(*id, &details);
        }
        self.report_open(order);
        self.report_status(order);
        for id in listeners {
            self.send(id, &report);
        }
    }

    fn executed(&mut self, order: &LiveOrder, matched: Match, outcome: Outcome) -> Executed {
        let (number, exec_id) = self.book.take_execution_id();
        let execution = Execution {
            order_id: order.shown_id(),
            exec_id: exec_id.clone(),
            time: self.new_york.text(matched.second),
            acct_number: order.order.account.clone(),
            exchange: venue(order),
            side: if order.order.action.is_sell() { "SLD".into() } else { "BOT".into() },
            shares: matched.quantity,
            price: matched.price,
            perm_id: order.order.perm_id,
            client_id: order.key.0,
            cum_qty: order.filled,
            avg_price: order.average_price(),
            order_ref: order.order.order_ref.clone(),
            model_code: order.order.model_code.clone(),
            last_liquidity: matched.last_liquidity,
            ..Execution::default()
        };
        let details = ExecDetails { req_id: RequestId::NONE, contract: order.contract.clone(), execution };
        let report = CommissionReport {
            exec_id,
            commission: Some(outcome.fee),
            currency: "USD".into(),
            realized_pnl: outcome.realized,
            bond_yield: None,
            yield_redemption_date: 0,
        };
        Executed { number, second: matched.second, details, report }
    }
}

/// Where it happened: what was routed by SMART is executed at the primary exchange.
fn venue(order: &LiveOrder) -> String {
    let contract = &order.contract;
    let smart = contract.exchange == "SMART" && !contract.primary_exchange.is_empty();
    if smart { contract.primary_exchange.clone() } else { contract.exchange.clone() }
}
