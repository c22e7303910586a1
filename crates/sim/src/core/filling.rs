//! What a fill does: to the order, the account, and those who depend on the order.

use gatewright_proto::message::execution::{CommissionReport, ExecDetails, Execution};
use gatewright_proto::message::order::Action;
use gatewright_proto::{RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::book::{Executed, LiveOrder, OrderKey, Phase};
use super::ledger::Trade;
use super::world::World;
use crate::catalogue::{Instrument, Kind};

/// Dollars per share.
const PER_SHARE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// The least that an order of shares costs, in dollars.
const LEAST: Decimal = Decimal::from_parts(1, 0, 0, false, 0);

/// Of the value of a currency trade: 0.2 basis points.
const OF_CURRENCY: Decimal = Decimal::from_parts(2, 0, 0, false, 5);

/// The least that a currency order costs, in dollars.
const LEAST_CURRENCY: Decimal = Decimal::from_parts(2, 0, 0, false, 0);

/// What an order costs.
pub(super) fn commission(instrument: &Instrument, quantity: Decimal, price: Decimal) -> Decimal {
    match instrument.kind {
        Kind::Stock | Kind::Fund => (quantity * PER_SHARE).max(LEAST).normalize(),
        Kind::Cash => (quantity * price * OF_CURRENCY).max(LEAST_CURRENCY).round_dp(2).normalize(),
    }
}

/// A quantity with the sign that it has in a position.
pub(super) fn signed(action: Action, quantity: Decimal) -> Decimal {
    if action.is_sell() { -quantity } else { quantity }
}

impl World {
    /// Fills all that is left of an order, at `price`, in `second`.
    pub(super) fn fill(&mut self, key: OrderKey, price: Decimal, second: i64) {
        let Some(order) = self.book.get(key) else { return };
        let Some(instrument) = self.catalogue.get(order.con_id).cloned() else { return };
        let account = order.order.account.clone();
        let quantity = order.remaining();
        let fee = commission(&instrument, quantity, price);
        let trade = Trade { quantity: signed(order.order.action, quantity), price, commission: fee };
        let Some(ledger) = self.ledgers.get_mut(&account) else { return };
        let realized = ledger.book(instrument.con_id, trade);

        let Some(order) = self.book.get_mut(key) else { return };
        order.filled += quantity;
        order.turnover += quantity * price;
        order.last_fill_price = Some(price);
        order.commission = Some(order.commission.unwrap_or_default() + fee);
        let Some(filled) = self.book.end(key, Phase::Filled, self.now) else { return };

        let executed = self.executed(&filled, (quantity, price), second, (fee, realized));
        self.book.record(executed.clone());
        if let Some(id) = self.connection_of(key.0) {
            self.send(id, &ServerMessage::ExecDetails(Box::new(executed.details)));
            self.report_open(&filled);
            self.report_status(&filled);
            self.send(id, &ServerMessage::CommissionReport(Box::new(executed.report)));
        }
        self.push_account(&account, instrument.con_id);
        self.cancel_group(&filled);
        for child in self.children(key) {
            if self.book.get(child).is_some_and(|child| child.phase == Phase::Waiting) {
                self.activate(child);
            }
        }
    }

    fn executed(
        &mut self,
        order: &LiveOrder,
        (shares, price): (Decimal, Decimal),
        second: i64,
        (fee, realized_pnl): (Decimal, Option<Decimal>),
    ) -> Executed {
        let exec_id = self.book.take_execution_id();
        let execution = Execution {
            order_id: order.key.1,
            exec_id: exec_id.clone(),
            time: self.new_york.text(second),
            acct_number: order.order.account.clone(),
            exchange: venue(order),
            side: if order.order.action.is_sell() { "SLD".into() } else { "BOT".into() },
            shares,
            price,
            perm_id: order.order.perm_id,
            client_id: order.key.0,
            cum_qty: order.filled,
            avg_price: order.average_price(),
            order_ref: order.order.order_ref.clone(),
            model_code: order.order.model_code.clone(),
            last_liquidity: if order.rested { 1 } else { 2 },
            ..Execution::default()
        };
        let details = ExecDetails { req_id: RequestId::NONE, contract: order.contract.clone(), execution };
        let report = CommissionReport {
            exec_id,
            commission: Some(fee),
            currency: "USD".into(),
            realized_pnl,
            bond_yield: None,
            yield_redemption_date: 0,
        };
        Executed { second, details, report }
    }
}

/// Where it happened: what was routed by SMART is executed at the primary exchange.
fn venue(order: &LiveOrder) -> String {
    let contract = &order.contract;
    let smart = contract.exchange == "SMART" && !contract.primary_exchange.is_empty();
    if smart { contract.primary_exchange.clone() } else { contract.exchange.clone() }
}
