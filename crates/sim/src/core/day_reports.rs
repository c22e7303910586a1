//! What the day has brought, for clients that ask: orders that are done, and executions.

use gatewright_proto::message::execution::{ExecDetails, ExecutionsRequest};
use gatewright_proto::message::order::{CompletedOrder, Order, OrderState};
use gatewright_proto::{ClientId, ServerMessage};

use super::action::ConnId;
use super::book::{Executed, LiveOrder, Phase};
use super::world::World;
use crate::fault::Fault;
use crate::new_york::NewYork;

/// How many days of executions can be asked for: what TWS shows at most.
const MAX_DAYS: i32 = 7;

impl World {
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
        let found: Vec<Executed> = self
            .book
            .executions()
            .filter(|it| self.is_wanted(it.second, filter) && passes(&it.details, filter))
            .cloned()
            .collect();
        for executed in found {
            let details = ExecDetails { req_id: filter.req_id, ..executed.details };
            self.send(id, &ServerMessage::ExecDetails(Box::new(details)));
            self.send(id, &ServerMessage::CommissionReport(Box::new(executed.report)));
        }
        if !self.faults.has(Fault::NoExecutionsEnd) {
            self.send(id, &ServerMessage::ExecDetailsEnd(filter.req_id));
        }
    }

    /// Whether a second is in the filter's days: today, unless it names others, and after its time.
    fn is_wanted(&self, second: i64, filter: &ExecutionsRequest) -> bool {
        let after = self.new_york.parse(&filter.time).is_none_or(|from| second >= from);
        if !filter.specific_dates.is_empty() {
            return after && filter.specific_dates.contains(&self.new_york.date_text(second));
        }
        let days = i64::from(filter.last_n_days.unwrap_or(1).clamp(1, MAX_DAYS)) - 1;
        let first = NewYork::days_later(self.new_york.day(self.now.second()), -days);
        after && second >= self.new_york.day_start(first)
    }
}

fn completed_status(order: &LiveOrder) -> String {
    match order.phase {
        Phase::Filled => format!("Filled Size: {}", order.filled.normalize()),
        Phase::Rejected => "Rejected".into(),
        Phase::Cancelled | Phase::Held | Phase::Waiting | Phase::Asleep | Phase::Conditional | Phase::Working => {
            "Cancelled by Trader".into()
        }
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
