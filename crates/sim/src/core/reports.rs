//! Order messages: what an order's client is told, and what those are told who ask.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::{ExecDetails, ExecutionsRequest};
use gatewright_proto::message::order::{CompletedOrder, OpenOrder, Order, OrderState, OrderStatus};
use gatewright_proto::{ClientId, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::book::{Executed, LiveOrder, OrderKey, Phase};
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

    /// Tells an order's client what the order is.
    pub(super) fn report_open(&mut self, order: &LiveOrder) {
        if let Some(id) = self.connection_of(order.key.0) {
            self.send_order(id, order);
        }
    }

    /// Tells an order's client where the order stands.
    pub(super) fn report_status(&mut self, order: &LiveOrder) {
        if let Some(id) = self.connection_of(order.key.0) {
            self.send_status(id, order);
        }
    }

    /// Answers with the client's own orders that are not done.
    pub(super) fn send_own_open_orders(&mut self, id: ConnId) {
        let client = self.session_mut(id).map(|session| session.client);
        self.send_open_orders(id, client);
    }

    /// Answers with the orders of all clients that are not done.
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

    /// Answers with the orders that are done.
    pub(super) fn send_completed_orders(&mut self, id: ConnId) {
        let completed: Vec<CompletedOrder> = self
            .book
            .done()
            .map(|(when, order)| CompletedOrder {
                contract: order.contract.clone(),
                // As captured from a real Gateway: the total is what was left, the size is in the filled quantity.
                order: Order {
                    total_quantity: order.remaining(),
                    filled_quantity: Some(order.filled),
                    ..order.order.clone()
                },
                order_state: OrderState {
                    status: order.status().into(),
                    completed_time: self.new_york.text(when.second()),
                    completed_status: completed_status(order),
                    ..OrderState::default()
                },
                ..CompletedOrder::default()
            })
            .collect();
        for order in completed {
            self.send(id, &ServerMessage::CompletedOrder(Box::new(order)));
        }
        self.send(id, &ServerMessage::CompletedOrdersEnd);
    }

    /// Answers with today's executions that pass the filter, each followed by what it cost.
    pub(super) fn send_executions(&mut self, id: ConnId, filter: &ExecutionsRequest) {
        let midnight = self.new_york.start_of_day(self.now.second());
        let from = self.new_york.parse(&filter.time).unwrap_or(midnight).max(midnight);
        let found: Vec<Executed> =
            self.book.executions().filter(|it| it.second >= from && passes(&it.details, filter)).cloned().collect();
        for executed in found {
            let details = ExecDetails { req_id: filter.req_id, ..executed.details };
            self.send(id, &ServerMessage::ExecDetails(Box::new(details)));
            self.send(id, &ServerMessage::CommissionReport(Box::new(executed.report)));
        }
        if !self.faults.has(Fault::NoExecutionsEnd) {
            self.send(id, &ServerMessage::ExecDetailsEnd(filter.req_id));
        }
    }

    fn send_order(&mut self, id: ConnId, order: &LiveOrder) {
        let order_state = OrderState {
            status: order.status().into(),
            commission: order.commission,
            commission_currency: order.commission.map(|_| "USD".to_owned()).unwrap_or_default(),
            ..OrderState::default()
        };
        self.send_open_order(id, order.key.1, order.contract.clone(), order.order.clone(), order_state);
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

    fn send_status(&mut self, id: ConnId, order: &LiveOrder) {
        let zero = Some(Decimal::new(0, 1));
        let status = OrderStatus {
            order_id: order.key.1,
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

fn completed_status(order: &LiveOrder) -> String {
    match order.phase {
        Phase::Filled => format!("Filled Size: {}", order.filled.normalize()),
        Phase::Rejected => "Rejected".into(),
        Phase::Cancelled | Phase::Held | Phase::Waiting | Phase::Working => "Cancelled by Trader".into(),
    }
}

fn passes(details: &ExecDetails, filter: &ExecutionsRequest) -> bool {
    let (contract, execution) = (&details.contract, &details.execution);
    let open = |wanted: &str, have: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(have);
    let side = match filter.side.to_ascii_uppercase().as_str() {
        "BUY" => "BOT",
        "SELL" | "SSHORT" => "SLD",
        _ => filter.side.as_str(),
    };
    (filter.client_id == ClientId::new(0) || filter.client_id == execution.client_id)
        && open(&filter.account, &execution.acct_number)
        && open(&filter.symbol, &contract.symbol)
        && open(&filter.sec_type, &contract.sec_type)
        && (open(&filter.exchange, &execution.exchange) || open(&filter.exchange, &contract.exchange))
        && open(side, &execution.side)
}
