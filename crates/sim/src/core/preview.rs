//! What an order would cost: orders with the what-if flag.

use gatewright_proto::PermId;
use gatewright_proto::message::order::{OrderState, PlaceOrder};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::book::OrderKey;
use super::charges::commission;
use super::checking::Checked;
use super::world::World;

impl World {
    /// Answers a what-if order: margins before and after, the commission, and nothing else.
    pub(super) fn preview(&mut self, id: ConnId, key: OrderKey, checked: &Checked, place: PlaceOrder) {
        let quantity = checked.quantity;
        let Some((before, after)) = self.after(checked, &place.order, quantity) else { return };
        let price = self.last_price(checked.instrument.con_id).unwrap_or_default();
        let fee = commission(&checked.instrument, quantity, quantity * price);
        let short = self.check_funds(checked, &place.order, quantity).err();
        let cents = |value: Decimal| Some(value.round_dp(2));
        let order_state = OrderState {
            status: "PreSubmitted".into(),
            init_margin_before: cents(before.initial_margin()),
            maint_margin_before: cents(before.maintenance_margin()),
            equity_with_loan_before: cents(before.net_liquidation()),
            init_margin_change: cents(after.initial_margin() - before.initial_margin()),
            maint_margin_change: cents(after.maintenance_margin() - before.maintenance_margin()),
            equity_with_loan_change: cents(after.net_liquidation() - before.net_liquidation()),
            init_margin_after: cents(after.initial_margin()),
            maint_margin_after: cents(after.maintenance_margin()),
            equity_with_loan_after: cents(after.net_liquidation()),
            commission: Some(fee),
            commission_currency: "USD".into(),
            margin_currency: "USD".into(),
            warning_text: short.map(|(_, text)| text).unwrap_or_default(),
            ..OrderState::default()
        };
        let contract = checked.instrument.contract(&place.contract.exchange);
        let order = self.completed_order(key, PermId::new(0), checked, place.order);
        self.send_open_order(id, key.1, contract, order, order_state);
    }
}
