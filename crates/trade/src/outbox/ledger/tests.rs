use gatewright_journal::Transition;
use gatewright_link::protocol::{CallError, ErrorCode, ExecutionReport, OpenOrderReport};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::{ExecDetails, Execution};
use gatewright_proto::message::order::{Order, OrderState, OrderStatus};

use super::*;
use crate::outbox::{CompleteAnswers, Explained};

pub(in crate::outbox) const CLIENT: ClientId = ClientId::new(7);

pub(in crate::outbox) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

pub(in crate::outbox) fn key() -> OrderIdKey {
    OrderIdKey { gateway: "127.0.0.1:4002".into(), client_id: CLIENT }
}

pub(in crate::outbox) fn outbox() -> Outbox {
    Outbox::open(Journal::in_memory().unwrap(), key(), at(0)).unwrap().0
}

pub(in crate::outbox) fn request(side: Side) -> OrderRequest {
    OrderRequest {
        symbol: "AAPL".into(),
        side,
        quantity: Decimal::TEN,
        order_type: OrderType::Market,
        strategy: "test".into(),
        reason: "because".into(),
    }
}

pub(in crate::outbox) fn buy(outbox: &mut Outbox) -> Dispatch {
    outbox.submit(request(Side::Buy), OrderId::new(1), at(1), Passed::for_test()).unwrap()
}

pub(in crate::outbox) fn execution(dispatch: &Dispatch, exec_id: &str, shares: i64) -> Execution {
    Execution {
        order_id: dispatch.order_id,
        exec_id: exec_id.into(),
        acct_number: "DU1".into(),
        side: if dispatch.request.side == Side::Buy { "BOT".into() } else { "SLD".into() },
        shares: shares.into(),
        price: Decimal::ONE_HUNDRED,
        perm_id: PermId::new(900),
        client_id: CLIENT,
        order_ref: dispatch.order_ref.clone(),
        ..Execution::default()
    }
}

pub(in crate::outbox) fn executed(outbox: &mut Outbox, execution: Execution) -> Vec<Change> {
    let details = ExecDetails { req_id: Default::default(), contract: Contract::stock("AAPL"), execution };
    outbox.order_event(&OrderEvent::Execution(Box::new(details)), at(3)).unwrap()
}

pub(in crate::outbox) fn status(
    outbox: &mut Outbox,
    client_id: ClientId,
    order_id: OrderId,
    word: &str,
) -> Vec<Change> {
    let status = OrderStatus { order_id, client_id, status: word.into(), ..OrderStatus::default() };
    outbox.order_event(&OrderEvent::Status(status), at(2)).unwrap()
}

pub(in crate::outbox) fn open_report(dispatch: &Dispatch, word: &str) -> OpenOrderReport {
    let order = Order {
        order_ref: dispatch.order_ref.clone(),
        perm_id: PermId::new(900),
        client_id: CLIENT,
        ..Order::default()
    };
    let order_state = OrderState { status: word.into(), ..OrderState::default() };
    let contract = Contract::stock("AAPL");
    OpenOrderReport { order_id: dispatch.order_id, contract, order, order_state, status: None }
}

pub(in crate::outbox) fn answers(open_orders: Vec<OpenOrderReport>, executions: Vec<Execution>) -> CompleteAnswers {
    let contract = Contract::stock("AAPL");
    let executions = executions
        .into_iter()
        .map(|execution| ExecutionReport { contract: contract.clone(), execution, commission: None })
        .collect();
    CompleteAnswers { open_orders, executions, executions_since: at(-1000), ..CompleteAnswers::default() }
}

/// Learns and settles, where the position is what the executions explain.
pub(in crate::outbox) fn settled(
    outbox: &mut Outbox,
    answers: &CompleteAnswers,
    now: Timestamp,
) -> Result<Vec<Change>, TradeError> {
    let mut changes = outbox.learn(answers, now)?;
    changes.extend(outbox.settle(answers, |_| Explained::Yes, now)?);
    Ok(changes)
}

pub(in crate::outbox) fn kinds(changes: &[Change]) -> Vec<StateKind> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Moved { order, .. } => Some(order.state.kind()),
            Change::Executed { .. } | Change::Unsettleable { .. } | Change::Resurfaced { .. } => None,
        })
        .collect()
}

pub(in crate::outbox) fn fills(changes: &[Change]) -> usize {
    changes.iter().filter(|change| matches!(change, Change::Executed { .. })).count()
}

pub(in crate::outbox) fn journaled(outbox: &Outbox, dispatch: &Dispatch) -> StateKind {
    outbox.journal.intent(dispatch.intent).unwrap().state.kind()
}

pub(in crate::outbox) fn lost() -> Result<OrderResult, LinkError> {
    Err(CallError::new(ErrorCode::InDoubt, "no word").into())
}

#[test]
fn an_order_is_on_the_disk_as_sent_before_it_may_be_sent() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    let record = outbox.journal.intent(dispatch.intent).unwrap();
    assert_eq!((record.state.kind(), record.intent.order_ref), (StateKind::Sent, dispatch.order_ref));
    assert_eq!(record.order.unwrap().order_id, dispatch.order_id);
}

#[test]
fn ids_rise_above_nextvalidid_and_above_everything_seen() {
    let mut outbox = outbox();
    let floor = |outbox: &mut Outbox, floor| {
        outbox.submit(request(Side::Buy), OrderId::new(floor), at(1), Passed::for_test()).unwrap().order_id.get()
    };
    assert_eq!(floor(&mut outbox, 100), 100);
    assert_eq!(floor(&mut outbox, 50), 101, "a Gateway that rolled its ids back");
    outbox.saw_order_id(CLIENT, OrderId::new(500)).unwrap();
    outbox.saw_order_id(ClientId::new(8), OrderId::new(900)).unwrap();
    assert_eq!(floor(&mut outbox, 1), 501);
}

#[test]
fn an_order_lives_from_acknowledgement_to_its_last_fill() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    let result = OrderResult { order_id: dispatch.order_id, perm_id: None, status: "PreSubmitted".into() };
    assert_eq!(kinds(&outbox.answered(dispatch.intent, &Ok(result), at(2)).unwrap()), [StateKind::Acknowledged]);
    let changes = executed(&mut outbox, execution(&dispatch, "a.01", 4));
    assert_eq!((fills(&changes), kinds(&changes)), (1, vec![StateKind::PartiallyFilled]));
    let changes = executed(&mut outbox, execution(&dispatch, "b.01", 6));
    assert_eq!((fills(&changes), kinds(&changes)), (1, vec![StateKind::Filled]));
    assert_eq!(outbox.working().count(), 0);
    assert_eq!(outbox.tally(), BTreeMap::from([(StateKind::Filled, 1)]));
    assert!(status(&mut outbox, CLIENT, dispatch.order_id, "Filled").is_empty());
}

#[test]
fn a_repeated_execution_counts_once_also_after_the_order_is_done() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    assert_eq!(fills(&executed(&mut outbox, execution(&dispatch, "a.01", 10))), 1);
    assert!(executed(&mut outbox, execution(&dispatch, "a.01", 10)).is_empty());
    assert!(settled(&mut outbox, &answers(vec![], vec![execution(&dispatch, "a.01", 10)]), at(9)).unwrap().is_empty());
    assert_eq!(outbox.recorded_position("DU1", "AAPL").unwrap(), Decimal::TEN);
    assert_eq!(outbox.recorded_position("DU2", "AAPL").unwrap(), Decimal::ZERO);
}

#[test]
fn an_execution_id_that_another_order_had_is_told_and_not_counted() {
    let mut outbox = outbox();
    let (first, second) = (buy(&mut outbox), buy(&mut outbox));
    executed(&mut outbox, execution(&first, "a.01", 10));
    let changes = executed(&mut outbox, execution(&second, "a.01", 10));
    assert!(matches!(changes[..], [Change::Unsettleable { .. }]), "a simulator that was started anew");
    assert_eq!(outbox.recorded_position("DU1", "AAPL").unwrap(), Decimal::TEN);
}

#[test]
fn a_correction_takes_the_place_of_what_it_corrects() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    executed(&mut outbox, execution(&dispatch, "a.01", 10));
    assert_eq!(fills(&executed(&mut outbox, execution(&dispatch, "a.02", 9))), 1);
    assert_eq!(outbox.recorded_position("DU1", "AAPL").unwrap(), Decimal::from(9));
}

#[test]
fn a_status_of_fill_waits_for_its_execution() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    assert_eq!(kinds(&status(&mut outbox, CLIENT, dispatch.order_id, "Filled")), [StateKind::Filled]);
    assert!(outbox.has_unsettled(), "the execution is missing");
    let changes = settled(&mut outbox, &answers(vec![], vec![execution(&dispatch, "a.01", 10)]), at(5)).unwrap();
    assert_eq!((fills(&changes), outbox.working().count(), outbox.has_unsettled()), (1, 0, false));
}

#[test]
fn orders_of_other_clients_are_not_ours_whatever_their_number() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    assert!(status(&mut outbox, ClientId::new(8), dispatch.order_id, "Cancelled").is_empty());
    let other = Execution { order_ref: "theirs".into(), perm_id: PermId::new(1), ..execution(&dispatch, "x.01", 3) };
    assert!(executed(&mut outbox, other).is_empty());
    assert_eq!(journaled(&outbox, &dispatch), StateKind::Sent);
}

#[test]
fn warnings_keep_it_alive_and_201_ends_it() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    let message = |outbox: &mut Outbox, code: i32| {
        let event = OrderEvent::Message { order_id: dispatch.order_id, code, text: "Order Message".into() };
        kinds(&outbox.order_event(&event, at(2)).unwrap())
    };
    assert_eq!(message(&mut outbox, 399), [StateKind::Acknowledged]);
    assert!(message(&mut outbox, 10349).is_empty());
    assert!(message(&mut outbox, 10148).is_empty());
    assert_eq!(message(&mut outbox, 201), [StateKind::Rejected]);
    assert_eq!(outbox.working().count(), 0);
}

#[test]
fn a_break_before_the_first_word_leaves_doubt_and_a_break_after_it_a_question() {
    let mut outbox = outbox();
    let (silent, heard) = (buy(&mut outbox), buy(&mut outbox));
    status(&mut outbox, CLIENT, heard.order_id, "Submitted");
    let changes = outbox.session_lost("the session was lost", at(4)).unwrap();
    assert_eq!(kinds(&changes), [StateKind::InDoubt]);
    assert!(outbox.answered(silent.intent, &lost(), at(4)).unwrap().is_empty(), "it is in doubt already");
    assert_eq!(journaled(&outbox, &silent), StateKind::InDoubt);
    assert_eq!(journaled(&outbox, &heard), StateKind::Acknowledged);
    assert!(outbox.has_unsettled());
}

#[test]
fn doubt_is_settled_by_what_is_open_or_executed() {
    let mut outbox = outbox();
    let (open, done) = (buy(&mut outbox), buy(&mut outbox));
    outbox.session_lost("x", at(4)).unwrap();
    let found = answers(vec![open_report(&open, "Submitted")], vec![execution(&done, "a.01", 10)]);
    let changes = settled(&mut outbox, &found, at(5)).unwrap();
    assert_eq!(fills(&changes), 1);
    assert_eq!((journaled(&outbox, &open), journaled(&outbox, &done)), (StateKind::Acknowledged, StateKind::Filled));
    assert_eq!((outbox.doubts_settled(), outbox.has_unsettled()), (2, false));
}

#[test]
fn a_running_order_is_not_settled_by_an_answer_that_was_asked_before_it() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    for _ in 0..5 {
        assert!(settled(&mut outbox, &answers(vec![], vec![]), at(3)).unwrap().is_empty());
    }
    assert_eq!(journaled(&outbox, &dispatch), StateKind::Sent);
}

#[test]
fn a_restart_finds_what_was_sent_in_doubt_and_what_was_not_not_placed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("journal.db");
    let (sent, heard, unsent, others) = {
        let (mut outbox, _) = Outbox::open(Journal::open(&path).unwrap(), key(), at(0)).unwrap();
        let (sent, heard) = (buy(&mut outbox), buy(&mut outbox));
        status(&mut outbox, CLIENT, heard.order_id, "Submitted");
        let mut other =
            Outbox::open(Journal::open(&path).unwrap(), OrderIdKey { client_id: ClientId::new(8), ..key() }, at(0));
        let others = buy(&mut other.as_mut().unwrap().0);
        let unsent = Intent {
            order_ref: "gw-7-dead-1".into(),
            symbol: "AAPL".into(),
            side: Side::Buy,
            quantity: Decimal::ONE,
            order_type: OrderType::Market,
            strategy: "test".into(),
            reason: String::new(),
            created_at: at(1),
        };
        (sent, heard, outbox.journal.record_intent(&unsent).unwrap(), others)
    };
    let (outbox, changes) = Outbox::open(Journal::open(&path).unwrap(), key(), at(60)).unwrap();
    assert_eq!(kinds(&changes), [StateKind::InDoubt, StateKind::NotPlaced]);
    assert_eq!((journaled(&outbox, &sent), journaled(&outbox, &heard)), (StateKind::InDoubt, StateKind::Acknowledged));
    assert_eq!(outbox.journal.intent(unsent).unwrap().state.kind(), StateKind::NotPlaced);
    assert_eq!(journaled(&outbox, &others), StateKind::Sent, "another client id's orders are not ours to judge");
    assert_eq!(outbox.working().count(), 2);
    let history: Vec<Transition> = outbox.journal.history(sent.intent).unwrap();
    assert_eq!(history.len(), 2);
}

#[test]
fn an_execution_is_never_of_more_than_its_order() {
    let mut outbox = outbox();
    let dispatch = buy(&mut outbox);
    executed(&mut outbox, execution(&dispatch, "a.01", 100_000_000_000_000));
    assert_eq!(outbox.recorded_position("DU1", "AAPL").unwrap(), Decimal::TEN);
}
