use gatewright_journal::{Journal, OrderIdKey};
use gatewright_link::protocol::OrderEvent;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Order, OrderState};
use gatewright_proto::{ClientId, OrderId};

use super::*;
use crate::outbox::Dispatch;
use crate::outbox::ledger::tests::{
    answers, at, buy, execution, fills, journaled, key, kinds, lost, open_report, outbox, settled,
};

/// An order that was answered by nothing, in a session that goes on.
fn doubtful() -> (Outbox, Dispatch) {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    outbox.answered(dispatch.intent, &lost(), at(2)).unwrap();
    (outbox, dispatch)
}

/// An order whose session was lost, and the next one, in which the Gateway expects this id.
fn orphaned(next_valid_id: i32) -> (Outbox, Dispatch) {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    outbox.session_lost("x", at(2)).unwrap();
    outbox.session_began(OrderId::new(next_valid_id));
    (outbox, dispatch)
}

/// Asks at these seconds, each time without a trace; when the order was settled, and as what.
fn ask_in_vain(outbox: &mut Outbox, seconds: &[i64]) -> Option<(i64, StateKind)> {
    let nothing = answers(vec![], vec![]);
    seconds.iter().find_map(|second| {
        let moved = kinds(&settled(outbox, &nothing, at(*second)).unwrap());
        moved.first().map(|kind| (*second, *kind))
    })
}

fn completed(dispatch: &Dispatch, status: &str) -> CompletedOrder {
    let (order_ref, perm_id) = (dispatch.order_ref.clone(), PermId::new(900));
    let order = Order { order_ref, perm_id, ..Order::default() };
    let completed_status = "by Trader".into();
    let order_state = OrderState { status: status.into(), completed_status, ..OrderState::default() };
    CompletedOrder { contract: Contract::stock("AAPL"), order, order_state, ..CompletedOrder::default() }
}

fn done(completed: CompletedOrder) -> CompleteAnswers {
    CompleteAnswers { completed_orders: vec![completed], ..answers(vec![], vec![]) }
}

#[test]
fn silence_in_the_orders_own_session_settles_only_after_a_minute() {
    let (mut outbox, dispatch) = doubtful();
    assert_eq!(ask_in_vain(&mut outbox, &[3, 4, 6, 10, 18, 34, 62]), None);
    assert_eq!(journaled(&outbox, &dispatch), StateKind::InDoubt);
    assert_eq!(ask_in_vain(&mut outbox, &[63]), Some((63, StateKind::NotPlaced)));
    assert_eq!(outbox.doubts_settled(), 1);
}

#[test]
fn an_id_that_the_gateway_expects_again_settles_sooner_and_one_that_it_has_counted_does_not() {
    let (mut never_counted, dispatch) = orphaned(1);
    assert_eq!(dispatch.order_id, OrderId::new(1));
    assert_eq!(ask_in_vain(&mut never_counted, &[3, 4, 6, 12, 13]), Some((13, StateKind::NotPlaced)));
    let (mut counted, _) = orphaned(2);
    assert_eq!(ask_in_vain(&mut counted, &[3, 4, 6, 12, 13, 62, 63]), Some((63, StateKind::NotPlaced)));
}

#[test]
fn an_expected_id_proves_nothing_while_the_orders_own_session_goes_on() {
    let mut outbox = outbox();
    outbox.session_began(OrderId::new(1));
    let dispatch = buy(&mut outbox);
    outbox.answered(dispatch.intent, &lost(), at(2)).unwrap();
    assert_eq!(ask_in_vain(&mut outbox, &[3, 20, 40, 62, 63]), Some((63, StateKind::NotPlaced)));
}

#[test]
fn a_clock_that_jumps_does_not_replace_answers() {
    let (mut outbox, _) = doubtful();
    assert_eq!(ask_in_vain(&mut outbox, &[3, 9_000]), None, "two answers, whatever the clock says");
    let (mut outbox, _) = doubtful();
    assert_eq!(ask_in_vain(&mut outbox, &[500, 3, 4, 5, 559]), None, "a clock that was set back");
}

#[test]
fn silence_of_a_gateway_that_has_lost_ibkr_proves_nothing() {
    let (mut outbox, _) = orphaned(1);
    outbox.cut_off(true);
    assert_eq!(ask_in_vain(&mut outbox, &[3, 30, 90, 200]), None);
    outbox.cut_off(false);
    assert_eq!(ask_in_vain(&mut outbox, &[201, 202, 210, 211]), Some((211, StateKind::NotPlaced)));
}

#[test]
fn every_loss_of_the_session_starts_the_wait_anew() {
    let (mut outbox, _) = orphaned(1);
    assert_eq!(ask_in_vain(&mut outbox, &[3, 6, 12]), None);
    outbox.session_lost("y", at(12)).unwrap();
    outbox.session_began(OrderId::new(1));
    assert_eq!(ask_in_vain(&mut outbox, &[13, 14, 22, 23]), Some((23, StateKind::NotPlaced)));
}

#[test]
fn an_order_that_arrives_late_is_found_and_not_doubled() {
    let (mut outbox, dispatch) = doubtful();
    assert_eq!(ask_in_vain(&mut outbox, &[3, 10, 40]), None);
    let found = answers(vec![open_report(&dispatch, "Submitted")], vec![]);
    assert_eq!(kinds(&settled(&mut outbox, &found, at(50)).unwrap()), [StateKind::Acknowledged]);
}

#[test]
fn a_trace_in_between_starts_the_wait_anew() {
    let (mut outbox, dispatch) = doubtful();
    assert_eq!(ask_in_vain(&mut outbox, &[3, 10]), None);
    settled(&mut outbox, &answers(vec![open_report(&dispatch, "Submitted")], vec![]), at(11)).unwrap();
    outbox.session_lost("x", at(12)).unwrap();
    outbox.session_began(OrderId::new(2));
    // It had been placed, so it was cancelled.
    assert_eq!(ask_in_vain(&mut outbox, &[20, 40, 79, 80]), Some((80, StateKind::Cancelled)));
}

#[test]
fn completed_orders_settle_at_once() {
    let (mut outbox, dispatch) = orphaned(2);
    let changes = settled(&mut outbox, &done(completed(&dispatch, "Cancelled")), at(3)).unwrap();
    assert_eq!(kinds(&changes), [StateKind::Cancelled]);
    let history = outbox.journal.history(dispatch.intent).unwrap();
    let evidence = &history.last().unwrap().evidence;
    assert_eq!(evidence.message, "found among completed orders: Cancelled by Trader");
    assert_eq!(evidence.perm_id, Some(PermId::new(900)));

    let (mut outbox, dispatch) = orphaned(2);
    let refused = settled(&mut outbox, &done(completed(&dispatch, "Inactive")), at(3)).unwrap();
    assert_eq!(kinds(&refused), [StateKind::Cancelled], "dead, without a code");
}

#[test]
fn an_order_that_is_completed_as_filled_waits_for_its_executions() {
    let (mut outbox, dispatch) = orphaned(2);
    let filled = done(completed(&dispatch, "Filled"));
    assert_eq!(kinds(&settled(&mut outbox, &filled, at(3)).unwrap()), [StateKind::Filled]);
    assert!(outbox.has_unsettled());
    let told =
        CompleteAnswers { executions: answers(vec![], vec![execution(&dispatch, "a.01", 10)]).executions, ..filled };
    assert_eq!(fills(&settled(&mut outbox, &told, at(4)).unwrap()), 1);
    assert!(!outbox.has_unsettled());
}

#[test]
fn a_completed_order_is_known_by_its_perm_id_too() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    settled(&mut outbox, &answers(vec![open_report(&dispatch, "Submitted")], vec![]), at(2)).unwrap();
    outbox.session_lost("x", at(3)).unwrap();
    let mut anonymous = completed(&dispatch, "Cancelled");
    anonymous.order.order_ref.clear();
    assert_eq!(kinds(&settled(&mut outbox, &done(anonymous), at(4)).unwrap()), [StateKind::Cancelled]);
}

#[test]
fn absence_proves_nothing_while_the_position_is_unexplained() {
    let (mut outbox, dispatch) = doubtful();
    let nothing = answers(vec![], vec![]);
    for second in [3, 10, 70, 200] {
        let changes = outbox.settle(&nothing, |_| Explained::No, at(second)).unwrap();
        assert!(changes.iter().all(|change| matches!(change, Change::Unsettleable { .. })), "{changes:?}");
    }
    assert_eq!(journaled(&outbox, &dispatch), StateKind::InDoubt);
    let settled = outbox.settle(&nothing, |_| Explained::Yes, at(201)).unwrap();
    assert_eq!(kinds(&settled), [StateKind::NotPlaced]);
}

#[test]
fn an_order_from_before_the_gateways_midnight_is_settled_by_the_position_alone() {
    let yesterday = || CompleteAnswers { executions_since: at(2), ..answers(vec![], vec![]) };
    let held = |position: i64| {
        let (account, contract) = ("DU1".to_owned(), Contract::stock("AAPL"));
        vec![Position { account, contract, position: position.into(), avg_cost: None }]
    };
    let outcome = |answers: &CompleteAnswers, explained: Explained| {
        let (mut outbox, _) = orphaned(2);
        let mut last = Vec::new();
        for second in [3, 30, 63] {
            last = outbox.settle(answers, |_| explained, at(second)).unwrap();
        }
        last
    };
    assert_eq!(kinds(&outcome(&yesterday(), Explained::Yes)), [StateKind::NotPlaced]);
    assert!(matches!(outcome(&yesterday(), Explained::No)[..], [Change::Unsettleable { .. }]));
    // Its instrument is not traded any more: all accounts together hold what the journal says, or not.
    assert_eq!(kinds(&outcome(&yesterday(), Explained::Unknown)), [StateKind::NotPlaced]);
    let more = CompleteAnswers { positions: held(10), ..yesterday() };
    assert!(matches!(outcome(&more, Explained::Unknown)[..], [Change::Unsettleable { .. }]));
}

#[test]
fn an_order_that_comes_back_from_not_placed_is_told_loudly() {
    let (mut outbox, dispatch) = orphaned(1);
    ask_in_vain(&mut outbox, &[3, 4, 13]).expect("it is settled");
    let report = open_report(&dispatch, "Submitted");
    let event = OrderEvent::Open {
        order_id: report.order_id,
        contract: Box::new(report.contract),
        order: Box::new(report.order),
        order_state: Box::new(report.order_state),
    };
    assert!(matches!(outbox.order_event(&event, at(15)).unwrap()[..], [Change::Resurfaced { .. }]));
}

#[test]
fn a_restarted_trader_waits_as_long_as_one_that_went_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let other = OrderIdKey { client_id: ClientId::new(8), ..key() };
    {
        let (mut outbox, _) = Outbox::open(Journal::open(&path).unwrap(), key(), at(0)).unwrap();
        buy(&mut outbox);
        let (mut others, _) = Outbox::open(Journal::open(&path).unwrap(), other, at(0)).unwrap();
        buy(&mut others);
    }
    let (mut outbox, changes) = Outbox::open(Journal::open(&path).unwrap(), key(), at(100)).unwrap();
    assert_eq!(kinds(&changes), [StateKind::InDoubt]);
    outbox.session_began(OrderId::new(1));
    assert_eq!(ask_in_vain(&mut outbox, &[101, 105, 110, 111]), Some((111, StateKind::NotPlaced)));
}
