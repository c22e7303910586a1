//! What complete answers prove about orders that nobody has heard of, or that outlived their session.

use gatewright_journal::{Evidence, IntentId, IntentState, StateKind, Transition};
use gatewright_link::protocol::{ExecutionReport, OpenOrderReport};
use gatewright_proto::message::account::Position;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::evidence::Said;
use super::ledger::{Change, Outbox};
use super::order::{ABSENCES, WorkingOrder};
use crate::error::TradeError;

/// What the Gateway answered, each list up to its end marker. The open orders were asked for before the executions: what
/// was not open then had been filled before, and so is among the executions.
#[derive(Debug, Clone, PartialEq)]
pub struct CompleteAnswers {
    /// This client's open orders.
    pub open_orders: Vec<OpenOrderReport>,
    /// Executions.
    pub executions: Vec<ExecutionReport>,
    /// How far back the executions reach: the Gateway's last midnight. Absence proves nothing about older orders.
    pub executions_since: Timestamp,
    /// All positions of the login, as they were with these executions.
    pub positions: Vec<Position>,
}

impl Outbox {
    /// Takes the executions that were told, and the order ids that were seen.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn learn(&mut self, answers: &CompleteAnswers, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        let mut changes = Vec::new();
        for report in &answers.executions {
            self.saw_order_id(report.execution.client_id, report.execution.order_id)?;
            changes.extend(self.execution(&report.contract.symbol, &report.execution, now)?);
        }
        for report in &answers.open_orders {
            self.saw_order_id(report.order.client_id, report.order_id)?;
        }
        Ok(changes)
    }

    /// Settles what can be settled, after everything else in the answers was [learned](Self::learn). Nothing is ever sent
    /// again because of it.
    ///
    /// Absence proves nothing about an order for which `explained` says no: the Gateway holds something else than the
    /// executions that we know of explain, so it may have kept that order's from us.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn settle(
        &mut self,
        answers: &CompleteAnswers,
        explained: impl Fn(&WorkingOrder) -> bool,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let mut changes = Vec::new();
        let unsettled: Vec<IntentId> = self.working.keys().copied().collect();
        for intent in unsettled {
            changes.extend(self.settle_one(intent, answers, &explained, now)?);
        }
        Ok(changes)
    }

    fn settle_one(
        &mut self,
        intent: IntentId,
        answers: &CompleteAnswers,
        explained: &impl Fn(&WorkingOrder) -> bool,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let Some(order) = self.working.get_mut(&intent) else { return Ok(Vec::new()) };
        if let Some(report) = open_report(order, answers) {
            order.orphaned = false;
            order.absences = 0;
            let some_filled = report.status.as_ref().is_some_and(|status| !status.filled.is_zero());
            let status = report.status.as_ref().map_or(&report.order_state.status, |status| &status.status);
            let said = Said::by_status("found among open orders:", status, some_filled, report.order.perm_id);
            return self.hear(intent, &said, now);
        }
        // An order of the running session that answers its own events needs no settling; its silence here may only mean
        // that it was sent after we asked.
        let is_asked_about = order.orphaned || order.is_in_doubt() || order.state.kind() == StateKind::Filled;
        if !is_asked_about {
            return Ok(Vec::new());
        }
        if order.created_at < answers.executions_since {
            let why = "it is older than the executions that the Gateway still tells of";
            return Ok(vec![Change::Unsettleable { order: Box::new(order.clone()), why }]);
        }
        order.absences = order.absences.saturating_add(1);
        if order.absences < ABSENCES {
            return Ok(Vec::new());
        }
        if !explained(order) {
            let why =
                "it is neither open nor executed by the Gateway's lists, and the position is not what they explain";
            return Ok(vec![Change::Unsettleable { order: Box::new(order.clone()), why }]);
        }
        match gone(order, now) {
            Some(step) => self.apply(intent, vec![step]),
            None => {
                let why = "it is filled by its status, and the Gateway does not tell of its executions";
                Ok(vec![Change::Unsettleable { order: Box::new(order.clone()), why }])
            }
        }
    }
}

/// The open order that is this one: by reference, else by account-wide number, never by a number that may be reused.
fn open_report<'a>(order: &WorkingOrder, answers: &'a CompleteAnswers) -> Option<&'a OpenOrderReport> {
    let by_ref = answers.open_orders.iter().find(|report| report.order.order_ref == order.order_ref);
    let by_perm_id = || {
        let perm_id = order.perm_id?;
        answers.open_orders.iter().find(|report| report.order.perm_id == perm_id)
    };
    by_ref.or_else(by_perm_id)
}

/// What an order is that is not open any more, whose executions are all known, and that was asked about often enough.
fn gone(order: &WorkingOrder, now: Timestamp) -> Option<Transition> {
    let from = order.state.kind();
    let (to, message) = match from {
        StateKind::InDoubt if order.executed == Decimal::ZERO => (
            IntentState::NotPlaced,
            format!("no trace in {} complete lists of open orders and executions", order.absences),
        ),
        StateKind::InDoubt | StateKind::Acknowledged | StateKind::PartiallyFilled => {
            (IntentState::Cancelled, format!("not open any more, {} of {} executed", order.executed, order.quantity))
        }
        StateKind::Intended
        | StateKind::Sent
        | StateKind::Filled
        | StateKind::Cancelled
        | StateKind::Rejected
        | StateKind::NotPlaced => return None,
    };
    let evidence = Evidence { message, perm_id: order.perm_id, exec_id: None };
    Some(Transition { from, to, at: now, evidence })
}
