use super::*;

const ORDER: OrderId = OrderId::new(7);
const NOT_COUNTED: OrderId = OrderId::new(7);
const COUNTED: OrderId = OrderId::new(8);

#[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
fn begin() -> Instant {
    Instant::now()
}

fn placed() -> Sent {
    Sent::Placed { order_ref: "mine".into(), total: Some(Decimal::from(100)) }
}

fn in_doubt(sent: Sent) -> Settlement {
    let mut settlement = Settlement::new(ClientId::new(1));
    settlement.add(ORDER, Unspoken { sent, entries: vec![EntryId(1)], listed: true }, None);
    settlement
}

/// Rounds until something is settled; how long that took, and how often it was asked.
fn rounds(
    settlement: &mut Settlement,
    counted: OrderId,
    trusted: bool,
    mut told: impl FnMut(&mut Settlement),
) -> (Duration, u32, Vec<(OrderId, Verdict)>) {
    let limits = Limits::default();
    let began = begin();
    let mut now = began;
    settlement.handle_ready(now, false, &limits);
    for round in 1..=60 {
        assert!(settlement.begin_round(now, &limits));
        told(settlement);
        let mut settled = Vec::new();
        for list in [List::Completed, List::Open, List::Executions] {
            settled = settlement.handle_end(now, list, counted, trusted, &limits);
        }
        match settlement.timeout() {
            Some(next) if settled.is_empty() => now = next,
            Some(_) | None => {
                let told = settled.into_iter().map(|settled| (settled.order_id, settled.verdict)).collect();
                return (now - began, round, told);
            }
        }
    }
    (now - began, 60, Vec::new())
}

#[test]
fn an_order_that_is_nowhere_counts_as_never_received_only_after_its_time() {
    for (counted, at_least, at_most) in [(NOT_COUNTED, 10, 16), (COUNTED, 60, 66)] {
        let mut settlement = in_doubt(placed());
        let (took, asked, settled) = rounds(&mut settlement, counted, true, |_| {});
        assert_eq!(settled, [(ORDER, Verdict::NeverReceived)]);
        assert!((at_least..=at_most).contains(&took.as_secs()) && asked >= ABSENCES, "{took:?} {asked}");
        assert_eq!(settlement.doubts(), 0);
    }
}

#[test]
fn while_ibkr_is_lost_absence_proves_nothing() {
    let mut settlement = in_doubt(placed());
    let (_, asked, settled) = rounds(&mut settlement, NOT_COUNTED, false, |_| {});
    assert!(settled.is_empty() && asked == 60);
}

#[test]
fn a_session_that_is_lost_begins_the_wait_anew() {
    let limits = Limits::default();
    let mut settlement = in_doubt(placed());
    let began = begin();
    settlement.handle_ready(began, false, &limits);
    assert!(settlement.begin_round(began, &limits));
    for list in [List::Open, List::Completed, List::Executions] {
        settlement.handle_end(began, list, NOT_COUNTED, true, &limits);
    }
    settlement.handle_lost();
    assert_eq!(settlement.timeout(), None);
    let (took, ..) = rounds(&mut settlement, NOT_COUNTED, true, |_| {});
    assert!(took >= limits.absent_uncounted);
}

#[test]
fn a_list_without_its_end_is_asked_for_again_and_is_no_answer() {
    let limits = Limits::default();
    let mut settlement = in_doubt(placed());
    let mut now = begin();
    settlement.handle_ready(now, false, &limits);
    for _ in 0..20 {
        assert!(settlement.begin_round(now, &limits) && !settlement.begin_round(now, &limits));
        for list in [List::Open, List::Completed] {
            assert!(settlement.handle_end(now, list, NOT_COUNTED, true, &limits).is_empty());
        }
        now = settlement.timeout().expect("it is asked again");
    }
    assert_eq!(settlement.doubts(), 1);
}

#[test]
fn what_the_lists_say_settles_it_at_once() {
    let mut settlement = in_doubt(placed());
    assert!(settlement.handle_spoken_of(ORDER).is_some() && settlement.doubts() == 0, "an open order");

    let mut execution =
        Execution { order_id: ORDER, client_id: ClientId::new(1), cum_qty: Decimal::from(100), ..Execution::default() };
    let mut settlement = in_doubt(placed());
    let (_, asked, settled) = rounds(&mut settlement, COUNTED, true, |settlement| {
        settlement.handle_execution(&execution);
    });
    assert!(asked == 1 && matches!(&settled[0].1, Verdict::Over { status, .. } if status == "Filled"), "{settled:?}");

    let completed = CompletedOrder {
        order: gatewright_proto::message::order::Order { order_ref: "mine".into(), ..Default::default() },
        order_state: gatewright_proto::message::order::OrderState { status: "Cancelled".into(), ..Default::default() },
        ..CompletedOrder::default()
    };
    let mut settlement = in_doubt(placed());
    let (_, _, settled) = rounds(&mut settlement, COUNTED, true, |settlement| settlement.handle_completed(&completed));
    let Verdict::Over { status, remaining, .. } = &settled[0].1 else { panic!("{settled:?}") };
    assert_eq!((status.as_str(), *remaining), ("Cancelled", Decimal::from(100)));

    execution.client_id = ClientId::new(2);
    let mut settlement = in_doubt(placed());
    let (.., settled) = rounds(&mut settlement, COUNTED, true, |settlement| settlement.handle_execution(&execution));
    assert_eq!(settled, [(ORDER, Verdict::NeverReceived)], "another client's order has the same number");
}

#[test]
fn a_partial_fill_that_is_not_open_waits_for_the_list_that_tells_how_it_ended() {
    let mut settlement = in_doubt(placed());
    let execution =
        Execution { order_id: ORDER, client_id: ClientId::new(1), cum_qty: Decimal::from(40), ..Execution::default() };
    let (_, asked, settled) = rounds(&mut settlement, COUNTED, true, |settlement| {
        settlement.handle_execution(&execution);
    });
    assert!(settled.is_empty() && asked == 60, "it is never called lost");
}

#[test]
fn a_cancel_in_doubt_is_settled_by_the_order_itself() {
    let mut settlement = in_doubt(Sent::Cancelled);
    let (_, _, settled) = rounds(&mut settlement, COUNTED, true, |settlement| {
        assert!(settlement.handle_spoken_of(ORDER).is_none());
    });
    assert_eq!(settled, [(ORDER, Verdict::NotCancelled)]);
    let mut settlement = in_doubt(Sent::Cancelled);
    assert_eq!(rounds(&mut settlement, COUNTED, true, |_| {}).2, [(ORDER, Verdict::NotOpen)]);
}

#[test]
fn an_open_order_that_the_gateway_has_forgotten_is_told_and_is_no_doubt_before() {
    let mut settlement = in_doubt(Sent::Working { total: None });
    assert_eq!(settlement.doubts(), 0);
    let (took, _, settled) = rounds(&mut settlement, COUNTED, true, |_| {});
    assert_eq!(settled, [(ORDER, Verdict::Forgotten)]);
    assert!(took >= Limits::default().absent);
    let mut settlement = in_doubt(Sent::Working { total: None });
    assert!(settlement.handle_spoken_of(ORDER).is_none(), "that is no news");
}

#[test]
fn an_order_that_the_lists_do_not_reach_back_to_is_never_said_not_to_have_arrived() {
    let mut settlement = Settlement::new(ClientId::new(1));
    settlement.add(ORDER, Unspoken { sent: placed(), entries: Vec::new(), listed: false }, None);
    let (_, asked, settled) = rounds(&mut settlement, NOT_COUNTED, true, |_| {});
    assert_eq!((settled, asked >= ABSENCES), (vec![(ORDER, Verdict::Untraceable)], true));
    // If it is open, that is told of it whenever it was sent.
    let mut settlement = Settlement::new(ClientId::new(1));
    settlement.add(ORDER, Unspoken { sent: placed(), entries: vec![EntryId(3)], listed: false }, None);
    assert_eq!(settlement.handle_spoken_of(ORDER), Some(vec![EntryId(3)]));
}

#[test]
fn behind_a_midnight_absence_from_the_lists_proves_nothing_of_what_was_before() {
    for (sent, verdict) in [(placed(), Verdict::Untraceable), (Sent::Working { total: None }, Verdict::Unexplained)] {
        let mut settlement = in_doubt(sent);
        settlement.handle_midnight();
        let (_, _, settled) = rounds(&mut settlement, NOT_COUNTED, true, |_| {});
        assert_eq!(settled, [(ORDER, verdict)]);
    }
    let mut settlement = in_doubt(placed());
    settlement.handle_midnight();
    let [(_, unspoken)] = &settlement.take()[..] else { panic!("one is left") };
    assert!(!unspoken.listed, "whoever takes it up knows");
}
