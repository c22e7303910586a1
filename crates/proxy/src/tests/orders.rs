//! Orders are sent once or not at all, and their clients are told which.

use std::collections::BTreeSet;
use std::time::Duration;

use gatewright_proto::message::execution::{CommissionReport, ExecDetails, Execution};
use gatewright_proto::message::order::{Action, CancelOrder, OpenOrder, Order, OrderStatus, PlaceOrder};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientId, ClientMessage, OrderId, PermId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::stage::{Mood, PROTOBUF, Stage, TEXT};
use crate::{ConnectionId, OrderNews, ProxySettings, ReadOnlyClients};

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn place(id: i32) -> ClientMessage {
    let order = Order { action: Action::Buy, total_quantity: Decimal::from(100), ..Order::default() };
    ClientMessage::PlaceOrder(Box::new(PlaceOrder { order_id: OrderId::new(id), order, ..PlaceOrder::default() }))
}

pub(super) fn cancel(id: i32) -> ClientMessage {
    ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(id)))
}

pub(super) fn status(id: i32, status: &str) -> ServerMessage {
    ServerMessage::OrderStatus(Box::new(OrderStatus {
        order_id: OrderId::new(id),
        status: status.into(),
        client_id: ClientId::new(7),
        perm_id: PermId::new(1_000 + i64::from(id)),
        ..OrderStatus::default()
    }))
}

pub(super) fn open(id: i32) -> ServerMessage {
    let order = Order { client_id: ClientId::new(7), ..Order::default() };
    ServerMessage::OpenOrder(Box::new(OpenOrder { order_id: OrderId::new(id), order, ..OpenOrder::default() }))
}

/// The Gateway answers our three lists: with these orders, and with the executions of those.
pub(super) fn answer_lists(stage: &mut Stage, open_orders: &[i32], executed: &[i32]) -> bool {
    let mut own = None;
    for message in stage.gateway_heard(7) {
        if let ClientMessage::ReqExecutions(request) = message {
            own = Some(request.req_id);
        }
    }
    let Some(own) = own else { return false };
    let mut answers = Vec::new();
    for id in open_orders {
        answers.extend([open(*id), status(*id, "Submitted")]);
    }
    answers.push(ServerMessage::OpenOrderEnd);
    answers.push(ServerMessage::CompletedOrdersEnd);
    for id in executed {
        let execution = Execution {
            order_id: OrderId::new(*id),
            exec_id: format!("exec.{id}"),
            client_id: ClientId::new(7),
            shares: Decimal::from(100),
            cum_qty: Decimal::from(100),
            ..Execution::default()
        };
        let details = ExecDetails { req_id: own, execution, ..ExecDetails::default() };
        answers.push(ServerMessage::ExecDetails(Box::new(details)));
    }
    answers.push(ServerMessage::ExecDetailsEnd(own));
    stage.gateway_says(7, &answers);
    true
}

fn in_doubt(versions: gatewright_proto::VersionRange) -> (Stage, ConnectionId) {
    let mut stage = Stage::new();
    let client = stage.connect(versions, 7);
    stage.say(client, &place(1));
    stage.heard(client);
    stage.lose_all(Mood::Away);
    assert_eq!(stage.errors(client), [(1, 399), (-1, 1100)]);
    assert_eq!(stage.records, [(OrderId::new(1), OrderNews::InDoubt)]);
    (stage, client)
}

#[test]
fn orders_are_refused_at_once_while_the_gateway_is_away_and_never_sent_later() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        stage.heard(client);
        stage.lose_all(Mood::Away);
        stage.say(client, &place(5));
        stage.say(client, &cancel(5));
        stage.say(client, &ClientMessage::ReqGlobalCancel(Default::default()));
        assert_eq!(stage.errors(client), [(-1, 1100), (5, 504), (5, 504), (-1, 504)]);
        stage.mood = Mood::Well;
        stage.pass(300 * SECOND);
        assert!(stage.orders.is_empty() && stage.records.is_empty());
    }
}

/// What clients take for the death of an order must not be said of one that may live.
#[test]
fn a_cancel_or_change_of_an_open_order_is_refused_without_a_word_of_its_end() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        stage.say(client, &place(1));
        stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
        stage.say(client, &place(2));
        stage.heard(client);
        stage.lose_all(Mood::Away);
        stage.heard(client);
        for message in [cancel(1), place(1), cancel(2), place(3)] {
            stage.say(client, &message);
        }
        assert_eq!(stage.errors(client), [(1, 399), (1, 399), (2, 399), (3, 504)]);
    }
}

#[test]
fn an_order_before_the_session_is_there_is_refused_too() {
    let mut stage = Stage::new();
    let other = stage.connect(TEXT, 1);
    stage.heard(other);
    stage.mood = Mood::Away;
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    assert_eq!(stage.errors(client), [(1, 504)]);
    stage.mood = Mood::Well;
    stage.pass(10 * SECOND);
    assert!(stage.orders.is_empty());
}

#[test]
fn an_order_in_doubt_that_arrived_is_told_by_the_gateways_own_messages() {
    let (mut stage, client) = in_doubt(TEXT);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert!(answer_lists(&mut stage, &[1], &[]));
    let heard: Vec<i32> = stage.heard(client).iter().map(ServerMessage::id).collect();
    assert_eq!(heard, [5, 3], "and no end of a list that it has not asked for");
    assert_eq!(stage.records.last(), Some(&(OrderId::new(1), OrderNews::Open)));
    assert_eq!(stage.orders.len(), 1, "it was sent once");
}

#[test]
fn an_order_in_doubt_that_was_filled_is_told_with_its_execution() {
    for versions in [TEXT, PROTOBUF] {
        let (mut stage, client) = in_doubt(versions);
        stage.mood = Mood::Well;
        stage.pass(3 * SECOND);
        stage.heard(client);
        assert!(answer_lists(&mut stage, &[], &[1, 2]));
        let heard = stage.heard(client);
        let [ServerMessage::ExecDetails(details), ServerMessage::OrderStatus(status)] = &heard[..] else {
            panic!("{heard:?}")
        };
        assert_eq!((details.req_id, details.execution.order_id.get()), (RequestId::NONE, 1));
        assert_eq!((status.order_id.get(), status.status.as_str()), (1, "Filled"));
    }
}

#[test]
fn an_order_in_doubt_that_never_arrived_is_told_so_once_that_is_certain() {
    let (mut stage, client) = in_doubt(TEXT);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    stage.heard(client);
    let began = stage.now;
    let mut rounds = 0;
    loop {
        rounds += u32::from(answer_lists(&mut stage, &[], &[]));
        let errors = stage.errors(client);
        if !errors.is_empty() {
            assert_eq!(errors, [(1, 201)]);
            break;
        }
        stage.pass(SECOND / 2);
        assert!(stage.now - began < 60 * SECOND);
    }
    assert!(rounds >= 3 && stage.now - began >= 9 * SECOND, "{rounds} in {:?}", stage.now - began);
    assert_eq!(stage.records.last(), Some(&(OrderId::new(1), OrderNews::NeverReceived)));
    assert_eq!(stage.orders.len(), 1);
}

#[test]
fn a_cancel_in_doubt_is_told_by_what_the_order_does() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
    stage.say(client, &cancel(1));
    stage.heard(client);
    stage.lose_all(Mood::Well);
    assert_eq!(stage.errors(client), [(1, 399), (-1, 1100)]);
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert!(answer_lists(&mut stage, &[1], &[]));
    assert_eq!(stage.errors(client), [(1, 399)], "it is still open");
    assert_eq!(stage.orders.len(), 2, "neither was sent again");
}

#[test]
fn an_acknowledged_order_is_not_in_doubt() {
    let mut stage = Stage::new();
    let client = stage.connect(PROTOBUF, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[status(1, "PreSubmitted")]);
    stage.heard(client);
    stage.lose_all(Mood::Well);
    assert_eq!(stage.errors(client), [(-1, 1100)]);
    stage.pass(3 * SECOND);
    assert!(answer_lists(&mut stage, &[1], &[]), "it is looked for all the same");
    assert!(stage.records.is_empty());
}

#[test]
fn our_questions_do_not_spoil_the_clients_own() {
    let (mut stage, client) = in_doubt(TEXT);
    stage.say(client, &ClientMessage::ReqOpenOrders);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    stage.heard(client);
    // The client's question was there first, so its answer is.
    stage.gateway_says(7, &[ServerMessage::OpenOrderEnd]);
    assert_eq!(stage.heard(client), [ServerMessage::OpenOrderEnd]);
    assert!(answer_lists(&mut stage, &[1], &[]));
    assert_eq!(stage.heard(client).len(), 2);
}

#[test]
fn answers_to_questions_of_ours_that_we_gave_up_do_not_surface_either() {
    for versions in [TEXT, PROTOBUF] {
        let (mut stage, client) = in_doubt(versions);
        stage.mood = Mood::Well;
        stage.pass(3 * SECOND);
        stage.heard(client);
        let asked = asked_for_executions(&stage.gateway_heard(7));
        let given_up = asked.expect("they were asked for");
        stage.pass(15 * SECOND);
        let execution = Execution {
            order_id: OrderId::new(9),
            exec_id: "x".into(),
            client_id: ClientId::new(5),
            ..Execution::default()
        };
        let details = ExecDetails { req_id: given_up, execution, ..ExecDetails::default() };
        let refused = ErrorMessage::about(given_up, 321, "Error validating request".to_owned());
        let late = [
            ServerMessage::ExecDetails(Box::new(details)),
            ServerMessage::ExecDetailsEnd(given_up),
            ServerMessage::CompletedOrdersEnd,
            ServerMessage::CompletedOrdersEnd,
            ServerMessage::Error(Box::new(refused)),
        ];
        stage.gateway_says(7, &late);
        assert_eq!(stage.heard(client), []);
    }
}

#[test]
fn a_read_only_client_asks_and_does_not_trade() {
    let read_only = ReadOnlyClients::Only(BTreeSet::from([ClientId::new(7)]));
    let mut stage = Stage::with(ProxySettings { read_only, ..ProxySettings::default() });
    let (client, other) = (stage.connect(TEXT, 7), stage.connect(TEXT, 8));
    stage.heard(client);
    for message in [place(1), cancel(1), ClientMessage::ReqOpenOrders, ClientMessage::ReqPositions] {
        stage.say(client, &message);
    }
    assert_eq!(stage.errors(client), [(1, 321), (1, 321), (-1, 321)]);
    assert_eq!(stage.gateway_heard(7), [ClientMessage::ReqPositions]);
    stage.say(other, &place(1));
    assert_eq!(stage.orders.len(), 1);
}

#[test]
fn an_open_order_that_was_filled_while_the_gateway_was_away_is_told_with_what_is_new_of_it() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    let partly = OrderStatus {
        order_id: OrderId::new(1),
        status: "Submitted".into(),
        client_id: ClientId::new(7),
        remaining: Decimal::from(100),
        ..OrderStatus::default()
    };
    stage.gateway_says(7, &[open(1), ServerMessage::OrderStatus(Box::new(partly))]);
    stage.heard(client);
    stage.lose_all(Mood::Well);
    assert_eq!(stage.errors(client), [(-1, 1100)], "it is not in doubt");
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert!(answer_lists(&mut stage, &[], &[1]));
    let heard: Vec<i32> = stage.heard(client).iter().map(ServerMessage::id).collect();
    assert_eq!(heard, [11, 3]);
    let report = CommissionReport { exec_id: "exec.1".into(), ..CommissionReport::default() };
    stage.gateway_says(7, &[ServerMessage::CommissionReport(Box::new(report))]);
    // The next outage does not tell it again.
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert!(!answer_lists(&mut stage, &[], &[1]), "nothing is open and nothing in doubt");
}

#[test]
fn an_open_order_that_is_still_open_is_told_as_it_stands_and_an_execution_only_once() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
    for round in 0..2 {
        stage.lose_all(Mood::Well);
        stage.pass(3 * SECOND);
        stage.heard(client);
        assert!(answer_lists(&mut stage, &[1], &[1]));
        let heard: Vec<i32> = stage.heard(client).iter().map(ServerMessage::id).collect();
        assert_eq!(heard, if round == 0 { vec![5, 3, 11] } else { vec![5, 3] });
        assert!(stage.records.is_empty(), "it was never in doubt");
    }
}

#[test]
fn a_commission_that_was_lost_behind_its_execution_is_told_after_the_outage_and_once() {
    let details = |req_id| {
        let execution = Execution {
            order_id: OrderId::new(1),
            exec_id: "exec.1".into(),
            client_id: ClientId::new(7),
            ..Execution::default()
        };
        ServerMessage::ExecDetails(Box::new(ExecDetails { req_id, execution, ..ExecDetails::default() }))
    };
    let cost = || {
        let report = CommissionReport { exec_id: "exec.1".into(), ..CommissionReport::default() };
        ServerMessage::CommissionReport(Box::new(report))
    };
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), details(RequestId::NONE), status(1, "Filled")]);
    stage.heard(client);
    for told in [vec![59], vec![]] {
        stage.lose_all(Mood::Well);
        stage.pass(3 * SECOND);
        stage.heard(client);
        let asked = asked_for_executions(&stage.gateway_heard(7));
        assert_eq!(asked.is_some(), !told.is_empty(), "the order is over, and nothing else is to be asked");
        if let Some(own) = asked {
            stage.gateway_says(7, &[details(own), cost(), ServerMessage::ExecDetailsEnd(own)]);
        }
        assert_eq!(stage.heard(client).iter().map(ServerMessage::id).collect::<Vec<_>>(), told);
    }
}

#[test]
fn an_open_order_that_the_gateway_has_forgotten_is_told_as_cancelled() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    stage.heard(client);
    let began = stage.now;
    let errors = loop {
        answer_lists(&mut stage, &[], &[]);
        let errors = stage.errors(client);
        if !errors.is_empty() {
            break errors;
        }
        stage.pass(SECOND / 2);
        assert!(stage.now - began < 100 * SECOND);
    };
    assert_eq!(errors, [(1, 202)]);
}

/// What the Gateway is asked again and again, until something is told.
fn until_told(stage: &mut Stage, client: ConnectionId) -> Vec<(i32, i32)> {
    let began = stage.now;
    loop {
        answer_lists(stage, &[], &[]);
        let errors = stage.errors(client);
        if !errors.is_empty() {
            return errors;
        }
        stage.pass(SECOND / 2);
        assert!(stage.now - began < 100 * SECOND);
    }
}

#[test]
fn an_order_in_doubt_over_midnight_is_said_to_be_untraceable_and_not_to_have_been_rejected() {
    let (mut stage, client) = in_doubt(TEXT);
    stage.mood = Mood::Well;
    stage.proxy.handle_midnight();
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert_eq!(until_told(&mut stage, client), [(1, 399)]);
    assert_eq!(stage.records.last(), Some(&(OrderId::new(1), OrderNews::Untraceable)));
    assert_eq!(stage.orders.len(), 1);
}

#[test]
fn an_order_that_was_on_its_way_at_midnight_and_comes_to_be_in_doubt_later_is_untraceable_as_well() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.proxy.handle_midnight();
    stage.say(client, &place(2));
    stage.heard(client);
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert_eq!(until_told(&mut stage, client), [(1, 399), (2, 201)]);
}

#[test]
fn an_open_order_that_is_gone_behind_midnight_is_not_said_to_be_cancelled() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
    stage.lose_all(Mood::Well);
    stage.proxy.handle_midnight();
    stage.pass(3 * SECOND);
    stage.heard(client);
    assert_eq!(until_told(&mut stage, client), [(1, 399)], "it may have been filled before midnight");
}

/// Under which id somebody has asked for executions.
fn asked_for_executions(heard: &[ClientMessage]) -> Option<RequestId> {
    heard.iter().find_map(|message| {
        let ClientMessage::ReqExecutions(request) = message else { return None };
        Some(request.req_id)
    })
}
