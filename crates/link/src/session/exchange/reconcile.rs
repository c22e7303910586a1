//! What a kept session knows of its orders, and what has become of them while it was away. Nothing is ever sent again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use gatewright_proto::message::order::{CompletedOrder, OpenOrder, OrderStatus};
use gatewright_proto::{ClientId, OrderId, PermId};

use super::call::CallId;
use crate::protocol::{ExecutionReport, FinishedOrder, OpenOrderReport, Reconciled};

/// The exchange asks for itself by these names, which no caller is ever given.
pub(super) const OPEN_ORDERS: CallId = CallId(u64::MAX);
pub(super) const EXECUTIONS: CallId = CallId(u64::MAX - 1);
pub(super) const COMPLETED_ORDERS: CallId = CallId(u64::MAX - 2);

/// How long the three answers may take together: they wait for their turn behind nothing but orders and other sessions.
pub(super) const ROUND: Duration = Duration::from_secs(30);

/// Executions that are remembered; an account that trades more in a day is told some of them twice.
const MAX_EXECUTIONS: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownOrder {
    perm_id: Option<PermId>,
}

/// What is known, and the questions under way.
#[derive(Debug, Default)]
pub(super) struct Reconcile {
    open: BTreeMap<OrderId, KnownOrder>,
    executions: BTreeSet<String>,
    order_of_executions: VecDeque<String>,
    round: Option<Round>,
}

#[derive(Debug)]
struct Round {
    until: Instant,
    before: BTreeMap<OrderId, KnownOrder>,
    /// What is still to be answered.
    open: Part,
    executed: Part,
    completed: Part,
    completed_orders: Vec<CompletedOrder>,
    new_executions: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Asked,
    Answered,
    Failed,
}

impl Reconcile {
    /// An order of this client is open.
    pub(super) fn opened(&mut self, open: &OpenOrder) {
        self.open.insert(open.order_id, KnownOrder { perm_id: known(open.order.perm_id) });
    }

    /// An order of this client stands so.
    pub(super) fn status(&mut self, status: &OrderStatus) {
        match status.status.as_str() {
            "Filled" | "Cancelled" | "ApiCancelled" => drop(self.open.remove(&status.order_id)),
            _ => {
                if let Some(order) = self.open.get_mut(&status.order_id) {
                    order.perm_id = known(status.perm_id).or(order.perm_id);
                }
            }
        }
    }

    /// An execution was told. Returns whether that is news.
    pub(super) fn executed(&mut self, exec_id: &str) -> bool {
        if !self.executions.insert(exec_id.to_owned()) {
            return false;
        }
        self.order_of_executions.push_back(exec_id.to_owned());
        if self.order_of_executions.len() > MAX_EXECUTIONS
            && let Some(oldest) = self.order_of_executions.pop_front()
        {
            self.executions.remove(&oldest);
        }
        true
    }

    /// The session is back: the questions are about to be asked.
    pub(super) fn begin(&mut self, now: Instant) {
        self.round = Some(Round {
            until: now + ROUND,
            before: std::mem::take(&mut self.open),
            open: Part::Asked,
            executed: Part::Asked,
            completed: Part::Asked,
            completed_orders: Vec::new(),
            new_executions: 0,
        });
    }

    /// The session is gone again: what was not answered is not known.
    pub(super) fn handle_lost(&mut self) {
        if let Some(round) = self.round.take() {
            for (id, order) in round.before {
                self.open.entry(id).or_insert(order);
            }
        }
    }

    /// The list of open orders has come, or will not.
    pub(super) fn handle_open(&mut self, orders: Option<&[OpenOrderReport]>, client_id: ClientId) {
        let Some(round) = &mut self.round else { return };
        round.open = if orders.is_some() { Part::Answered } else { Part::Failed };
        for report in orders.unwrap_or_default().iter().filter(|report| report.order.client_id == client_id) {
            self.open.insert(report.order_id, KnownOrder { perm_id: known(report.order.perm_id) });
        }
    }

    /// The executions have come, or will not. Returns those that are news.
    pub(super) fn handle_executions(&mut self, executions: Option<Vec<ExecutionReport>>) -> Vec<ExecutionReport> {
        let Some(round) = &mut self.round else { return Vec::new() };
        round.executed = if executions.is_some() { Part::Answered } else { Part::Failed };
        let mut news = executions.unwrap_or_default();
        news.retain(|report| self.executed(&report.execution.exec_id));
        if let Some(round) = &mut self.round {
            round.new_executions = news.len();
        }
        news
    }

    /// The orders that are done have come, or will not.
    pub(super) fn handle_completed(&mut self, orders: Option<Vec<CompletedOrder>>) {
        let Some(round) = &mut self.round else { return };
        round.completed = if orders.is_some() { Part::Answered } else { Part::Failed };
        round.completed_orders = orders.unwrap_or_default();
    }

    /// When the answers are given up.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.round.as_ref().map(|round| round.until)
    }

    /// What has become of everything, once all is answered or given up.
    pub(super) fn poll(&mut self, now: Instant, client_id: ClientId) -> Option<Reconciled> {
        let round = self.round.as_ref()?;
        let asked = [round.open, round.executed, round.completed].contains(&Part::Asked);
        if asked && now < round.until {
            return None;
        }
        let round = self.round.take()?;
        let complete = [round.open, round.executed, round.completed].iter().all(|part| *part == Part::Answered);
        let mut finished = Vec::new();
        let mut missing = Vec::new();
        for (order_id, order) in round.before {
            if self.open.contains_key(&order_id) {
                continue;
            }
            let done = order
                .perm_id
                .and_then(|perm_id| round.completed_orders.iter().find(|completed| completed.order.perm_id == perm_id));
            match done {
                Some(completed) => finished.push(FinishedOrder {
                    order_id,
                    perm_id: completed.order.perm_id,
                    status: completed.order_state.status.clone(),
                }),
                // Unknown is not gone: what an incomplete answer does not list may well be open.
                None if !complete => drop(self.open.insert(order_id, order)),
                None => missing.push(order_id),
            }
        }
        let open_orders = self.open.keys().copied().collect();
        Some(Reconciled { client_id, complete, open_orders, finished, missing, new_executions: round.new_executions })
    }
}

fn known(perm_id: PermId) -> Option<PermId> {
    Some(perm_id).filter(|perm_id| perm_id.get() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const CLIENT: ClientId = ClientId::new(7);

    fn report(order_id: i32, perm_id: i64) -> OpenOrderReport {
        let mut report = OpenOrderReport {
            order_id: OrderId::new(order_id),
            contract: Default::default(),
            order: Default::default(),
            order_state: Default::default(),
            status: None,
        };
        report.order.client_id = CLIENT;
        report.order.perm_id = PermId::new(perm_id);
        report
    }

    fn with_open(orders: &[(i32, i64)]) -> (Reconcile, Instant) {
        let now = clock::now();
        let mut reconcile = Reconcile::default();
        for (order_id, perm_id) in orders {
            let perm_id = Some(PermId::new(*perm_id));
            reconcile.open.insert(OrderId::new(*order_id), KnownOrder { perm_id });
        }
        reconcile.begin(now);
        (reconcile, now)
    }

    fn completed(perm_id: i64, status: &str) -> CompletedOrder {
        let mut completed = CompletedOrder {
            order_id: Default::default(),
            contract: Default::default(),
            combo_legs_descrip: String::new(),
            combo_legs: Vec::new(),
            delta_neutral_contract: None,
            order: Default::default(),
            order_state: Default::default(),
        };
        completed.order.perm_id = PermId::new(perm_id);
        completed.order_state.status = status.into();
        completed
    }

    #[test]
    fn what_was_open_is_open_finished_or_missing_once_everything_is_answered() {
        let (mut reconcile, now) = with_open(&[(1, 101), (2, 102), (3, 103)]);
        reconcile.handle_open(Some(&[report(1, 101)]), CLIENT);
        assert!(reconcile.handle_executions(Some(Vec::new())).is_empty());
        assert_eq!(reconcile.poll(now, CLIENT), None, "one answer is still to come");
        reconcile.handle_completed(Some(vec![completed(102, "Filled")]));
        let told = reconcile.poll(now, CLIENT).expect("all is answered");
        assert!(told.complete);
        assert_eq!(told.open_orders, [OrderId::new(1)]);
        assert_eq!((told.finished[0].order_id, told.finished[0].status.as_str()), (OrderId::new(2), "Filled"));
        assert_eq!(told.missing, [OrderId::new(3)]);
    }

    #[test]
    fn an_answer_that_never_comes_makes_nothing_missing() {
        let (mut reconcile, now) = with_open(&[(1, 101)]);
        reconcile.handle_open(None, CLIENT);
        reconcile.handle_completed(Some(Vec::new()));
        assert_eq!(reconcile.poll(now, CLIENT), None);
        let told = reconcile.poll(now + ROUND, CLIENT).expect("out of patience");
        assert!(!told.complete && told.missing.is_empty());
        assert_eq!(told.open_orders, [OrderId::new(1)]);
        // A session that is lost in the middle leaves what was known before.
        reconcile.begin(now);
        reconcile.handle_lost();
        assert_eq!(reconcile.poll(now + ROUND, CLIENT), None);
        assert!(reconcile.open.contains_key(&OrderId::new(1)));
    }

    #[test]
    fn an_execution_is_news_once() {
        let mut reconcile = Reconcile::default();
        assert!(reconcile.executed("a.01") && !reconcile.executed("a.01"));
        for n in 0..MAX_EXECUTIONS {
            reconcile.executed(&n.to_string());
        }
        assert_eq!(reconcile.executions.len(), MAX_EXECUTIONS);
    }
}
