//! A Gateway in a few lines, and the books of what it really did.

use std::collections::BTreeMap;

use gatewright_link::protocol::{ExecutionReport, OpenOrderReport};
use gatewright_proto::message::execution::CommissionReport;
use gatewright_proto::message::order::{CompletedOrder, Order, OrderState, OrderStatus};

use super::super::*;

/// A way in which a Gateway deceives, to see who notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deceit {
    /// Prices are told a cent above those that are booked.
    ACentMore,
    /// An order is taken twice.
    Twice,
    /// Some fills are told to nobody and stand in no list.
    HidesFills,
}

/// An order that is open.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) params: OrderParams,
    pub(super) left: i64,
    pub(super) since: Timestamp,
}

impl Open {
    pub(super) fn perm_id(&self) -> PermId {
        PermId::new(i64::from(self.params.order_id.unwrap().get()) + 900)
    }

    /// Its place in what the Gateway tells.
    pub(super) fn event(&self) -> OrderEvent {
        let report = self.report();
        OrderEvent::Open {
            order_id: report.order_id,
            contract: Box::new(report.contract),
            order: Box::new(report.order),
            order_state: Box::new(report.order_state),
        }
    }

    pub(super) fn status(&self, status: &str) -> OrderEvent {
        let filled = self.params.order.total_quantity - Decimal::from(self.left);
        OrderEvent::Status(OrderStatus {
            order_id: self.params.order_id.unwrap(),
            client_id: CLIENT,
            status: status.into(),
            filled,
            perm_id: self.perm_id(),
            ..OrderStatus::default()
        })
    }

    fn report(&self) -> OpenOrderReport {
        OpenOrderReport {
            order_id: self.params.order_id.unwrap(),
            contract: contract(),
            order: Order { client_id: CLIENT, perm_id: self.perm_id(), ..self.params.order.clone() },
            order_state: OrderState { status: "Submitted".into(), ..OrderState::default() },
            status: None,
        }
    }
}

/// The Gateway and its books.
#[derive(Debug, Default)]
pub(super) struct Gateway {
    /// By orderRef.
    pub(super) open: BTreeMap<String, Open>,
    /// Whether it tells of completed orders at all.
    pub(super) tells_completed: bool,
    pub(super) completed: Vec<CompletedOrder>,
    /// Every orderRef that ever arrived, as often as it did.
    pub(super) arrived: Vec<String>,
    pub(super) executions: Vec<ExecutionReport>,
    /// What was filled of each orderRef.
    pub(super) filled: BTreeMap<String, i64>,
    pub(super) position: i64,
    /// What came in for sales and went out for purchases.
    pub(super) cash: Decimal,
    pub(super) commissions: Decimal,
    /// The id that it expects next.
    pub(super) next_id: i32,
    pub(super) deceit: Option<Deceit>,
}

impl Gateway {
    pub(super) fn answers(&self) -> CompleteAnswers {
        CompleteAnswers {
            open_orders: self.open.values().map(Open::report).collect(),
            completed_orders: if self.tells_completed { self.completed.clone() } else { Vec::new() },
            executions: self.executions.clone(),
            positions: held(self.position),
            ..CompleteAnswers::default()
        }
    }

    /// An order arrives.
    pub(super) fn take(&mut self, params: OrderParams, now: Timestamp) -> Open {
        let order_ref = params.order.order_ref.clone();
        self.next_id = self.next_id.max(params.order_id.unwrap().get() + 1);
        self.arrived.push(order_ref.clone());
        let left = i64::try_from(params.order.total_quantity).unwrap();
        let open = Open { params, left, since: now };
        if self.deceit == Some(Deceit::Twice) {
            self.open.insert(format!("{order_ref} again"), open.clone());
        }
        self.open.insert(order_ref, open.clone());
        open
    }

    /// Some of the oldest open order is filled: what is told of it, and the order. The price is 100.00 and some cents.
    pub(super) fn fill(&mut self, most: i64, cents: i64) -> Option<(ExecutionReport, Open)> {
        let (key, open) = self.open.iter_mut().next()?;
        let (key, shares) = (key.clone(), most.min(open.left));
        open.left -= shares;
        let open = open.clone();
        let signed = if open.params.order.action.is_sell() { -shares } else { shares };
        let price = Decimal::new(10_000 + cents, 2);
        let commission = Decimal::new(100 + shares, 2);
        self.position += signed;
        self.cash -= price * Decimal::from(signed);
        self.commissions += commission;
        *self.filled.entry(open.params.order.order_ref.clone()).or_default() += shares;
        if open.left == 0 {
            self.open.remove(&key);
            self.complete(&open, "Filled");
        }
        let told = if self.deceit == Some(Deceit::ACentMore) { price + Decimal::new(1, 2) } else { price };
        let exec_id = format!("m{}.01", self.filled.len() * 1_000 + self.executions.len());
        let report = ExecutionReport {
            contract: contract(),
            execution: Execution { price: told, ..execution(&open.params, &exec_id, shares, 0) },
            commission: Some(CommissionReport { exec_id, commission: Some(commission), ..CommissionReport::default() }),
        };
        if self.deceit == Some(Deceit::HidesFills) && cents % 5 == 0 {
            return None;
        }
        self.executions.push(report.clone());
        Some((report, open))
    }

    /// The price of the newest execution turns out to be another one.
    pub(super) fn correct(&mut self, cents: i64) -> Option<Execution> {
        let report = self.executions.last_mut()?;
        let (family, revision) = report.execution.exec_id.rsplit_once('.')?;
        let revision: u32 = revision.parse().unwrap();
        let price = Decimal::new(10_000 + cents, 2);
        let sold = report.execution.side == "SLD";
        let shares = if sold { -report.execution.shares } else { report.execution.shares };
        self.cash += (report.execution.price - price) * shares;
        report.execution.exec_id = format!("{family}.{:02}", revision + 1);
        report.execution.price = price;
        Some(report.execution.clone())
    }

    /// An open order ends without being filled up.
    pub(super) fn cancel(&mut self, order_ref: &str) -> Option<Open> {
        let open = self.open.remove(order_ref)?;
        self.complete(&open, "Cancelled");
        Some(open)
    }

    /// A restart: orders of this moment may be gone without a word, and ids are lower.
    pub(super) fn restart(&mut self, now: Timestamp, forgets: bool, lower_by: i32) {
        if forgets {
            self.open.retain(|_, open| {
                open.since != now || open.left < i64::try_from(open.params.order.total_quantity).unwrap()
            });
        }
        self.next_id = (self.next_id - lower_by).max(1);
    }

    fn complete(&mut self, open: &Open, status: &str) {
        let order =
            Order { order_ref: open.params.order.order_ref.clone(), perm_id: open.perm_id(), ..Order::default() };
        let order_state = OrderState { status: status.into(), ..OrderState::default() };
        self.completed.push(CompletedOrder { order, order_state, ..CompletedOrder::default() });
    }
}
