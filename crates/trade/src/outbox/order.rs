//! One order on its way, and what a piece of evidence makes of it. Pure.

use gatewright_journal::{Evidence, IntentId, IntentState, OrderType, Side, StateKind, Transition};
use gatewright_proto::{OrderId, PermId};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::evidence::Said;

/// Complete answers in a row that had no trace of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// When the first of them came.
    pub since: Timestamp,
    /// How many.
    pub answers: u32,
}

/// An order that is not done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingOrder {
    /// Its intent.
    pub intent: IntentId,
    /// Our reference, by which it is known over sessions.
    pub order_ref: String,
    /// Its number with this client id; `None` until it has one.
    pub order_id: Option<OrderId>,
    /// Its number over the account, once known.
    pub perm_id: Option<PermId>,
    /// The instrument.
    pub symbol: String,
    /// Which way.
    pub side: Side,
    /// How much.
    pub quantity: Decimal,
    /// On which terms.
    pub order_type: OrderType,
    /// How much of it executions prove.
    pub executed: Decimal,
    /// Where it stands.
    pub state: IntentState,
    /// When it was decided.
    pub created_at: Timestamp,
    /// Complete answers in a row, in one session, that had no trace of it.
    pub absence: Option<Absence>,
    /// Whether the session that it was sent in is over, so that only asking tells what became of it.
    pub orphaned: bool,
    /// Whether it has to be asked about although its session goes on.
    pub doubted: bool,
}

impl WorkingOrder {
    /// The signed part that may still be filled.
    pub fn remaining(&self) -> Decimal {
        let rest = (self.quantity - self.executed).max(Decimal::ZERO);
        signed(self.side, rest)
    }

    /// Its limit, where it has one.
    pub fn limit_price(&self) -> Option<Decimal> {
        match self.order_type {
            OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => Some(limit_price),
            OrderType::Market | OrderType::Stop { .. } => None,
        }
    }

    /// Whether it may wait at the Gateway for its price. A market order is filled before a cancel arrives.
    pub fn may_wait(&self) -> bool {
        match self.order_type {
            OrderType::Market => false,
            OrderType::Limit { .. } | OrderType::Stop { .. } | OrderType::StopLimit { .. } => true,
        }
    }

    /// Whether nobody knows whether it exists.
    pub fn is_in_doubt(&self) -> bool {
        self.state.kind() == StateKind::InDoubt
    }

    /// Whether it is dead or filled, and every execution that a fill needs has been seen.
    pub fn is_done(&self) -> bool {
        match self.state.kind() {
            StateKind::Filled => self.executed >= self.quantity,
            StateKind::Cancelled | StateKind::Rejected | StateKind::NotPlaced => true,
            StateKind::Intended
            | StateKind::Sent
            | StateKind::Acknowledged
            | StateKind::PartiallyFilled
            | StateKind::InDoubt => false,
        }
    }

    /// What `said` makes of it: the steps to journal, in order. Usually none or one; two where the journal wants doubt
    /// to stand before its settlement.
    pub fn hear(&self, said: &Said, now: Timestamp) -> Vec<Transition> {
        match said {
            Said::Nothing => Vec::new(),
            Said::Alive(evidence) => self.step(self.alive(), evidence, now),
            Said::SomeFilled(evidence) => self.step(IntentState::PartiallyFilled, evidence, now),
            Said::AllFilled(evidence) => self.step(IntentState::Filled, evidence, now),
            Said::Cancelled(evidence) => self.step(IntentState::Cancelled, evidence, now),
            Said::Rejected { code, text } => {
                let evidence = Evidence { message: format!("error {code}: {text}"), ..Evidence::default() };
                self.step(IntentState::Rejected { code: *code, text: text.clone() }, &evidence, now)
            }
            Said::InDoubt(evidence) => self.step(IntentState::InDoubt { since: now }, evidence, now),
            Said::NeverSent(evidence) => {
                let doubt = self.step(IntentState::InDoubt { since: now }, evidence, now);
                if doubt.is_empty() {
                    return doubt;
                }
                let settled = Transition {
                    from: StateKind::InDoubt,
                    to: IntentState::NotPlaced,
                    at: now,
                    evidence: Evidence { message: "our worker refused it unsent".into(), ..Evidence::default() },
                };
                doubt.into_iter().chain([settled]).collect()
            }
        }
    }

    /// What another execution makes of it, where executions now add up to `executed`.
    pub fn fill(&self, executed: Decimal, exec_id: &str, perm_id: PermId, now: Timestamp) -> Vec<Transition> {
        let all = executed >= self.quantity;
        let evidence = Evidence {
            message: format!("execDetails, {executed} of {} filled", self.quantity),
            perm_id: (perm_id.get() != 0).then_some(perm_id),
            exec_id: Some(exec_id.to_owned()),
        };
        if all {
            return self.step(IntentState::Filled, &evidence, now);
        }
        match self.state.kind() {
            // An execution that arrives after the cancel was made before it.
            StateKind::Cancelled | StateKind::Filled | StateKind::Rejected | StateKind::NotPlaced => Vec::new(),
            StateKind::Intended
            | StateKind::Sent
            | StateKind::Acknowledged
            | StateKind::PartiallyFilled
            | StateKind::InDoubt => self.step(IntentState::PartiallyFilled, &evidence, now),
        }
    }

    /// The state of an order that lives: what is filled stays filled.
    fn alive(&self) -> IntentState {
        if self.executed.is_zero() { IntentState::Acknowledged } else { IntentState::PartiallyFilled }
    }

    /// A step to `next`, unless the order is there already, is past it, or cannot go there.
    fn step(&self, next: IntentState, evidence: &Evidence, now: Timestamp) -> Vec<Transition> {
        let (from, to) = (self.state.kind(), next.kind());
        // The Gateway repeats itself; only executions and a permId that was not known yet are worth a row.
        let learns = evidence.exec_id.is_some() || (evidence.perm_id.is_some() && evidence.perm_id != self.perm_id);
        let repeats = from == to && !learns;
        if repeats || !from.may_become(to) {
            return Vec::new();
        }
        vec![Transition { from, to: next, at: now, evidence: evidence.clone() }]
    }
}

/// A size with the side as its sign.
pub(crate) fn signed(side: Side, quantity: Decimal) -> Decimal {
    match side {
        Side::Buy => quantity,
        Side::Sell => -quantity,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn order(state: IntentState) -> WorkingOrder {
        WorkingOrder {
            intent: IntentId::new(1),
            order_ref: "gw-1-0-1".into(),
            order_id: Some(OrderId::new(7)),
            perm_id: None,
            symbol: "AAPL".into(),
            side: Side::Buy,
            quantity: Decimal::TEN,
            order_type: OrderType::Market,
            executed: Decimal::ZERO,
            state,
            created_at: Timestamp::UNIX_EPOCH,
            absence: None,
            orphaned: false,
            doubted: false,
        }
    }

    fn kinds(steps: &[Transition]) -> Vec<StateKind> {
        steps.iter().map(|step| step.to.kind()).collect()
    }

    fn status(status: &str) -> Said {
        Said::by_status("orderStatus", status, false, PermId::new(0))
    }

    #[test]
    fn a_status_moves_an_order_on_and_its_repetition_does_not() {
        let now = Timestamp::UNIX_EPOCH;
        let sent = order(IntentState::Sent);
        assert_eq!(kinds(&sent.hear(&status("PreSubmitted"), now)), [StateKind::Acknowledged]);
        let acknowledged = order(IntentState::Acknowledged);
        assert!(acknowledged.hear(&status("Submitted"), now).is_empty());
        let learned = Said::by_status("orderStatus", "Submitted", false, PermId::new(9));
        assert_eq!(kinds(&acknowledged.hear(&learned, now)), [StateKind::Acknowledged]);
        assert_eq!(kinds(&acknowledged.hear(&status("Filled"), now)), [StateKind::Filled]);
    }

    #[test]
    fn a_late_status_does_not_undo_a_fill() {
        let now = Timestamp::UNIX_EPOCH;
        assert!(order(IntentState::Filled).hear(&status("Submitted"), now).is_empty());
        let partly = WorkingOrder { executed: Decimal::ONE, ..order(IntentState::PartiallyFilled) };
        assert!(partly.hear(&status("Submitted"), now).is_empty());
    }

    #[test]
    fn an_execution_may_come_before_any_status() {
        let now = Timestamp::UNIX_EPOCH;
        let sent = order(IntentState::Sent);
        let (some, id) = (Decimal::from(4), PermId::new(9));
        assert_eq!(kinds(&sent.fill(some, "a.01", id, now)), [StateKind::PartiallyFilled]);
        assert_eq!(kinds(&sent.fill(Decimal::TEN, "a.01", id, now)), [StateKind::Filled]);
    }

    #[test]
    fn a_fill_that_raced_a_cancel_is_told_after_it() {
        let now = Timestamp::UNIX_EPOCH;
        let cancelled = order(IntentState::Cancelled);
        assert!(cancelled.fill(Decimal::ONE, "a.01", PermId::new(9), now).is_empty());
        assert_eq!(kinds(&cancelled.fill(Decimal::TEN, "b.01", PermId::new(9), now)), [StateKind::Filled]);
    }

    #[test]
    fn an_order_that_our_worker_refused_goes_through_doubt_to_not_placed() {
        let said = Said::NeverSent(Evidence::default());
        let steps = order(IntentState::Sent).hear(&said, Timestamp::UNIX_EPOCH);
        assert_eq!(kinds(&steps), [StateKind::InDoubt, StateKind::NotPlaced]);
        assert!(order(IntentState::Acknowledged).hear(&said, Timestamp::UNIX_EPOCH).is_empty());
    }

    #[test]
    fn a_filled_order_is_done_only_when_its_executions_are_there() {
        assert!(!order(IntentState::Filled).is_done());
        assert!(WorkingOrder { executed: Decimal::TEN, ..order(IntentState::Filled) }.is_done());
        assert_eq!(order(IntentState::Sent).remaining(), Decimal::TEN);
        let sell = WorkingOrder { side: Side::Sell, executed: Decimal::from(3), ..order(IntentState::Sent) };
        assert_eq!(sell.remaining(), Decimal::from(-7));
    }

    fn any_said() -> impl Strategy<Value = Said> {
        let evidence = || Evidence { message: "x".into(), ..Evidence::default() };
        prop_oneof![
            prop::sample::select(vec!["PreSubmitted", "Submitted", "Inactive", "Cancelled", "Filled", "PendingCancel"])
                .prop_flat_map(|word| (any::<bool>(), 0_i64..3).prop_map(move |(filled, perm)| Said::by_status(
                    "orderStatus",
                    word,
                    filled,
                    PermId::new(perm)
                ))),
            prop::sample::select(vec![201, 202, 399, 404, 10147, 103, 104, 10349, 200]).prop_map(|code| Said::by_code(
                code,
                "",
                &IntentState::Sent
            )),
            Just(Said::InDoubt(evidence())),
            Just(Said::NeverSent(evidence())),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_said_every_step_is_one_that_the_journal_takes(said in prop::collection::vec(any_said(), 0..20)) {
            let mut order = order(IntentState::Sent);
            for said in said {
                for step in order.hear(&said, Timestamp::UNIX_EPOCH) {
                    prop_assert_eq!(step.from, order.state.kind());
                    prop_assert!(step.from.may_become(step.to.kind()), "{} to {}", step.from, step.to.kind());
                    prop_assert!(step.to.kind() != StateKind::NotPlaced || step.from == StateKind::InDoubt);
                    order.state = step.to;
                }
            }
        }
    }
}
