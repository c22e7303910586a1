//! What clients are told of orders: unasked, and when they ask for those that are open.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{OpenOrder, Order, OrderState, OrderStatus};
use gatewright_proto::{ClientId, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::binding::BINDER;
use super::book::{By, LiveOrder, OrderKey, Phase};
use super::placing::READ_ONLY;
use super::world::World;
use crate::fault::Fault;

impl World {
    /// Tells an order's client of it: openOrder, then orderStatus.
    pub(super) fn report_key(&mut self, key: OrderKey) {
        if let Some(order) = self.book.get(key).cloned() {
            self.report_open(&order);
            self.report_status(&order);
        }
    }

    /// Tells an order's client, and the master, what the order is.
    pub(super) fn report_open(&mut self, order: &LiveOrder) {
        for id in self.listeners(order) {
            self.send_order(id, order);
        }
    }

    /// Tells an order's client, and the master, where the order stands.
    pub(super) fn report_status(&mut self, order: &LiveOrder) {
        for id in self.listeners(order) {
            self.send_status(id, order);
        }
    }

    /// Tells an order's client of an error or a warning about the order.
    pub(super) fn tell_owner(&mut self, order: &LiveOrder, code: i32, text: &str) {
        let owner = Some(order.key.0).filter(|_| order.by != By::Hand);
        if let Some(id) = owner.and_then(|client| self.connection_of(client)) {
            self.refuse(id, RequestId::new(order.key.1.get()), code, text);
        }
    }

    /// Answers with the client's own orders that are not done. Client 0 gets those of people, too: from now on they
    /// are its own.
    pub(super) fn send_own_open_orders(&mut self, id: ConnId) {
        let client = self.session_mut(id).map(|session| session.client);
        if client == Some(BINDER) && !self.faults.has(Fault::ReadOnly) {
            self.bind_all(id);
        }
        self.send_open_orders(id, client);
    }

    /// Answers with the orders of all clients, and of people, that are not done.
    pub(super) fn send_all_open_orders(&mut self, id: ConnId) {
        self.send_open_orders(id, None);
    }

    fn send_open_orders(&mut self, id: ConnId, of: Option<ClientId>) {
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, RequestId::NONE, READ_ONLY);
        }
        let orders: Vec<LiveOrder> =
            self.book.open().filter(|order| of.is_none_or(|client| order.key.0 == client)).cloned().collect();
        for order in &orders {
            self.send_order(id, order);
            self.send_status(id, order);
        }
        if !self.faults.has(Fault::NoOpenOrdersEnd) {
            self.send(id, &ServerMessage::OpenOrderEnd);
        }
    }

    /// Sends one order as it stands.
    pub(super) fn send_order(&mut self, id: ConnId, order: &LiveOrder) {
        let order_state = OrderState {
            status: order.status().into(),
            commission: order.commission,
            commission_currency: order.commission.map(|_| "USD".to_owned()).unwrap_or_default(),
            ..OrderState::default()
        };
        self.send_open_order(id, order.shown_id(), order.contract.clone(), order.order.clone(), order_state);
    }

    /// Sends one openOrder.
    pub(super) fn send_open_order(
        &mut self,
        id: ConnId,
        order_id: OrderId,
        contract: Contract,
        order: Order,
        order_state: OrderState,
    ) {
        let message = OpenOrder { order_id, contract, order, order_state, ..OpenOrder::default() };
        self.send(id, &ServerMessage::OpenOrder(Box::new(message)));
    }

    /// Sends one order's status.
    pub(super) fn send_status(&mut self, id: ConnId, order: &LiveOrder) {
        let zero = Some(Decimal::new(0, 1));
        let status = OrderStatus {
            order_id: order.shown_id(),
            status: order.status().into(),
            filled: order.filled,
            remaining: order.remaining(),
            avg_fill_price: order.average_price().or(zero),
            perm_id: order.order.perm_id,
            parent_id: order.order.parent_id,
            last_fill_price: order.last_fill_price.or(zero),
            client_id: order.key.0,
            why_held: if order.phase == Phase::Waiting { "child".into() } else { String::new() },
            mkt_cap_price: zero,
        };
        self.send(id, &ServerMessage::OrderStatus(Box::new(status)));
    }
}
