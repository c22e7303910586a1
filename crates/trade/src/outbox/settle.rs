//! What complete answers prove about orders that nobody has heard of, or that outlived their session.
//!
//! A trace settles at once: the order is open, completed or executed. That there is none settles slowly, because a Gateway
//! may take an order late; how slowly, and why, is written down in `docs/design/016-orders-in-doubt.md`.

use std::time::Duration;

use gatewright_journal::{Evidence, IntentId, IntentState, StateKind, Transition};
use gatewright_link::protocol::{ExecutionReport, OpenOrderReport};
use gatewright_proto::PermId;
use gatewright_proto::message::account::Position;
use gatewright_proto::message::order::CompletedOrder;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::evidence::Said;
use super::ledger::{Change, Outbox};
use super::order::{Absence, WorkingOrder};
use crate::error::TradeError;
use crate::step::Step;

/// How many complete answers without a trace are needed at least, however long they lie apart: one may have been given
/// just before the order arrived, and a clock may have been set in between.
pub const ABSENT_ANSWERS: u32 = 3;

/// How far the first and the last of them must lie apart. A Gateway that answers complete lists and has not read what we
/// sent by then is not known; four minutes is the longest that a restart takes, after which nothing of the old one is left.
pub const ABSENT_FOR: Duration = Duration::from_secs(60);

/// The same where the Gateway has ended the session in which the order was sent, and expects an id next that is not above
/// the order's own: it has given our client id to a new session, so it reads nothing more of the old one, and it has not
/// counted this id (protocol notes of client authors: "almost surely never saw it").
pub const ABSENT_FOR_IF_NEVER_COUNTED: Duration = Duration::from_secs(10);

/// What the Gateway answered, each list up to its end marker. The open orders were asked for first and the executions last:
/// what was not open then had ended before, and so it is among the completed orders, and its fills among the executions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CompleteAnswers {
    /// This client's open orders.
    pub open_orders: Vec<OpenOrderReport>,
    /// Orders that are done, of every client.
    pub completed_orders: Vec<CompletedOrder>,
    /// Executions.
    pub executions: Vec<ExecutionReport>,
    /// How far back the executions reach: the Gateway's last midnight. Their absence proves nothing about older orders.
    pub executions_since: Timestamp,
    /// All positions of the login, as they were with these executions.
    pub positions: Vec<Position>,
}

/// Whether what the Gateway holds of an instrument is what the executions that we know of explain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explained {
    /// It is.
    Yes,
    /// It is not: some execution is being kept from us, or somebody else trades.
    No,
    /// That is not known here.
    Unknown,
}

impl Outbox {
    /// Takes the executions that were told, what they cost, and the order ids that were seen.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn learn(&mut self, answers: &CompleteAnswers, now: Timestamp) -> Result<Vec<Change>, TradeError> {
        let mut changes = Vec::new();
        for report in &answers.executions {
            self.saw_order_id(report.execution.client_id, report.execution.order_id)?;
            changes.extend(self.execution(&report.contract.symbol, &report.execution, now)?);
            if let Some(commission) = &report.commission {
                self.commission(commission, now)?;
            }
        }
        for report in &answers.open_orders {
            self.saw_order_id(report.order.client_id, report.order_id)?;
        }
        Ok(changes)
    }

    /// Settles what can be settled, after everything else in the answers was [learned](Self::learn). Nothing is ever sent
    /// again because of it.
    ///
    /// Absence proves nothing about an order whose position is not [`Explained`]: the Gateway may have kept that order's
    /// executions from us.
    ///
    /// # Errors
    ///
    /// The journal failed.
    pub fn settle(
        &mut self,
        answers: &CompleteAnswers,
        explained: impl Fn(&WorkingOrder) -> Explained,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let mut changes = Vec::new();
        let unsettled: Vec<IntentId> = self.working.keys().copied().collect();
        for intent in unsettled {
            let settled = self.settle_one(intent, answers, &explained, now)?;
            if !settled.is_empty() {
                // What is left of these answers is lost with us, and asked for again.
                self.watch.reached(Step::Settling);
            }
            changes.extend(settled);
        }
        Ok(changes)
    }

    fn settle_one(
        &mut self,
        intent: IntentId,
        answers: &CompleteAnswers,
        explained: &impl Fn(&WorkingOrder) -> Explained,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let Some(order) = self.working.get_mut(&intent) else { return Ok(Vec::new()) };
        if let Some(report) = open_report(order, answers) {
            order.orphaned = false;
            order.doubted = false;
            order.absence = None;
            let some_filled = report.status.as_ref().is_some_and(|status| !status.filled.is_zero());
            let status = report.status.as_ref().map_or(&report.order_state.status, |status| &status.status);
            let said = Said::by_status("found among open orders:", status, some_filled, report.order.perm_id);
            return self.hear(intent, &said, now);
        }
        if let Some(completed) = completed(order, answers)
            && order.state.kind() != StateKind::Filled
        {
            let said = said_by_completed(completed);
            return self.hear(intent, &said, now);
        }
        let is_asked_about =
            order.orphaned || order.doubted || order.is_in_doubt() || order.state.kind() == StateKind::Filled;
        if !is_asked_about {
            // It may only be that it was sent after we asked. Or that the status that ended it was lost: not every change
            // has one. Asking again tells.
            order.doubted = matches!(order.state.kind(), StateKind::Acknowledged | StateKind::PartiallyFilled);
            return Ok(Vec::new());
        }
        if self.session.is_some_and(|session| session.cut_off) {
            order.absence = None;
            return Ok(Vec::new());
        }
        let absence = order.absence.get_or_insert(Absence { since: now, answers: 0 });
        absence.answers = absence.answers.saturating_add(1);
        let absence = *absence;
        // A clock that was set back begins the wait anew.
        let lasted = Duration::try_from(now.duration_since(absence.since)).unwrap_or_default();
        if absence.answers < ABSENT_ANSWERS || lasted < self.absent_for(intent) {
            return Ok(Vec::new());
        }
        self.settle_absent(intent, answers, explained, now)
    }

    /// Settles an order of which long enough there has been no trace, unless the position contradicts that.
    fn settle_absent(
        &mut self,
        intent: IntentId,
        answers: &CompleteAnswers,
        explained: &impl Fn(&WorkingOrder) -> Explained,
        now: Timestamp,
    ) -> Result<Vec<Change>, TradeError> {
        let Some(order) = self.working.get(&intent) else { return Ok(Vec::new()) };
        let unsettleable = |why| Ok(vec![Change::Unsettleable { order: Box::new(order.clone()), why }]);
        let is_older = order.created_at < answers.executions_since;
        match (explained(order), is_older) {
            (Explained::Yes, _) | (Explained::Unknown, false) => {}
            (Explained::No, _) => {
                return unsettleable(
                    "it is neither open nor executed by the Gateway's lists, and the position is not what they explain",
                );
            }
            (Explained::Unknown, true) if self.holdings_match(order, answers)? => {}
            (Explained::Unknown, true) => {
                return unsettleable(
                    "it is older than the executions that the Gateway still tells of, and the position is not what the \
                     journal explains",
                );
            }
        }
        match gone(order, is_older, now) {
            Some(step) => self.apply(intent, vec![step]),
            None => unsettleable("it is filled by its status, and the Gateway does not tell of its executions"),
        }
    }

    /// How long it takes until the next order that is looked for has been absent for long enough: an answer of that moment
    /// settles it. `None` where no order waits for that.
    pub fn settles_in(&self, now: Timestamp) -> Option<Duration> {
        let left = |(intent, order): (&IntentId, &WorkingOrder)| {
            let lasted = Duration::try_from(now.duration_since(order.absence?.since)).unwrap_or_default();
            self.absent_for(*intent).checked_sub(lasted).filter(|left| !left.is_zero())
        };
        self.working.iter().filter_map(left).min()
    }

    /// How long there must be no trace of an order until it is settled.
    fn absent_for(&self, intent: IntentId) -> Duration {
        let order = self.working.get(&intent).filter(|order| order.orphaned);
        let order_id = order.and_then(|order| order.order_id);
        match (self.session, order_id) {
            (Some(session), Some(order_id)) if session.next_valid_id <= order_id => ABSENT_FOR_IF_NEVER_COUNTED,
            (Some(_) | None, Some(_) | None) => ABSENT_FOR,
        }
    }

    /// Whether the login holds exactly what the journal says, over all accounts, of an order's instrument.
    fn holdings_match(&self, order: &WorkingOrder, answers: &CompleteAnswers) -> Result<bool, TradeError> {
        let of_symbol = answers.positions.iter().filter(|position| position.contract.symbol == order.symbol);
        let gateway: Decimal = of_symbol.map(|position| position.position).sum();
        let holdings = self.journal.holdings()?;
        let ours = holdings.iter().filter(|(key, _)| key.key == self.key && key.symbol == order.symbol);
        Ok(gateway == ours.map(|(_, holding)| holding.position).sum())
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

/// The completed order that is this one, found in the same way; completed orders have no order id at all.
fn completed<'a>(order: &WorkingOrder, answers: &'a CompleteAnswers) -> Option<&'a CompletedOrder> {
    let by_ref = answers.completed_orders.iter().find(|done| done.order.order_ref == order.order_ref);
    let by_perm_id = || {
        let perm_id = order.perm_id?;
        answers.completed_orders.iter().find(|done| done.order.perm_id == perm_id)
    };
    by_ref.or_else(by_perm_id)
}

/// What is said of an order that is done. One that was neither filled nor cancelled was refused; no code is told then.
fn said_by_completed(done: &CompletedOrder) -> Said {
    let state = &done.order_state;
    let perm_id = done.order.perm_id;
    if state.status == "Filled" {
        return Said::by_status("found among completed orders:", "Filled", false, perm_id);
    }
    let message = format!("found among completed orders: {} {}", state.status, state.completed_status);
    let perm_id = (perm_id != PermId::new(0)).then_some(perm_id);
    Said::Cancelled(Evidence { message, perm_id, exec_id: None })
}

/// What an order is that is not open any more, whose executions are all known, and that was asked about often enough.
fn gone(order: &WorkingOrder, is_older: bool, now: Timestamp) -> Option<Transition> {
    let from = order.state.kind();
    let by = if is_older {
        "the position is what the known executions explain, and it is not open"
    } else {
        "it is among no open, completed or executed orders"
    };
    let asked = order.absence.map_or(0, |absence| absence.answers);
    let (to, message) = match from {
        StateKind::InDoubt if order.executed == Decimal::ZERO => {
            (IntentState::NotPlaced, format!("{by}, in {asked} complete answers"))
        }
        StateKind::InDoubt | StateKind::Acknowledged | StateKind::PartiallyFilled => {
            let (executed, quantity) = (order.executed, order.quantity);
            (IntentState::Cancelled, format!("not open any more, {executed} of {quantity} executed: {by}"))
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

#[cfg(test)]
mod tests;
