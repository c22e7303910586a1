//! Orders that wait at their limit.

use super::*;

fn cancels(actions: &[Action]) -> Vec<OrderId> {
    let cancels = actions.iter().filter_map(|action| match action {
        Action::Cancel { params, .. } => Some(params.order_id),
        Action::Place { .. } | Action::Ask | Action::Tell(_) | Action::Consult(_) => None,
    });
    cancels.collect()
}

impl Fixture {
    /// The next bar, at which the strategy wishes for `target` at this limit.
    fn limit_bar(&mut self, target: i64, limit: i64) -> Vec<Action> {
        *self.limit.lock().unwrap() = Some(limit.into());
        let actions = self.bar(target);
        *self.limit.lock().unwrap() = None;
        actions
    }

    fn acknowledge(&mut self, intent: IntentId, order: &OrderParams, word: &str) -> Vec<Action> {
        let result = OrderResult { order_id: order.order_id.unwrap(), perm_id: None, status: word.into() };
        self.handle(Event::Placed { intent, answer: Ok(result) })
    }
}

#[test]
fn a_limit_order_waits_until_the_wish_changes_and_is_cancelled_before_the_next_one() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, order) = placed(&fixture.limit_bar(10, 99)).expect("an order");
    assert_eq!((order.order.order_type.as_str(), order.order.lmt_price), ("LMT", Some(99.into())));
    fixture.acknowledge(intent, &order, "Submitted");
    assert!(cancels(&fixture.limit_bar(10, 99)).is_empty(), "the same wish");
    let actions = fixture.limit_bar(10, 98);
    assert_eq!(cancels(&actions), [order.order_id.unwrap()]);
    assert!(placed(&actions).is_none(), "not before the first is gone");
    assert!(cancels(&fixture.limit_bar(10, 98)).is_empty(), "asked once");
    let result = OrderResult { order_id: order.order_id.unwrap(), perm_id: None, status: "Cancelled".into() };
    let actions = fixture.handle(Event::Cancelled { intent, answer: Ok(result) });
    let (_, next) = placed(&actions).expect("the changed wish goes out at once");
    assert_eq!(next.order.lmt_price, Some(98.into()));
}

#[test]
fn a_cancel_that_lost_its_race_leads_to_what_is_missing_and_no_more() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, order) = placed(&fixture.limit_bar(10, 99)).expect("an order");
    fixture.acknowledge(intent, &order, "Submitted");
    assert_eq!(cancels(&fixture.bar(0)).len(), 1);
    let too_late = Err(CallError::gateway(10148, "cannot be cancelled, state: Filled").into());
    assert!(placed(&fixture.handle(Event::Cancelled { intent, answer: too_late })).is_none());
    fixture.fill(&order, 10, 99);
    let (_, out) = placed(&fixture.bar(0)).expect("an order");
    assert!(out.order.action.is_sell());
    assert_eq!(out.order.total_quantity, Decimal::TEN);
}

#[test]
fn a_stop_cancels_what_waits() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    let (intent, order) = placed(&fixture.limit_bar(10, 99)).expect("an order");
    fixture.acknowledge(intent, &order, "Submitted");
    assert_eq!(cancels(&fixture.handle(Event::Stop)), [order.order_id.unwrap()]);
}

#[test]
fn a_stop_that_was_ordered_is_journaled_as_such_and_not_as_a_loss() {
    let mut fixture = Fixture::new();
    fixture.ready(0);
    fixture.lose();
    fixture.ready(0);
    fixture.handle(Event::Stop);
    fixture.handle(Event::Closed);
    let events = fixture.trader.outbox.journal_mut().events(Timestamp::MIN, Timestamp::MAX).unwrap();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    use EventKind::{SessionClosed, SessionLost, SessionReady};
    assert_eq!(kinds, [SessionReady, SessionLost, SessionReady, SessionClosed]);
    assert!(refusals(&fixture.bar(10)).contains(&"stopping"));
}
