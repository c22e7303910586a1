//! No order goes out before the journal has it, and what a daemon leaves in doubt the next one settles.

use std::time::Duration;

use gatewright_proto::{ClientMessage, OrderId, ServerMessage};

use super::orders::{SECOND, answer_lists, cancel, open, place, status};
use super::stage::{Mood, PROTOBUF, Stage, TEXT};
use crate::{OrderAct, OrderNews, ProxySettings};

#[test]
fn no_order_goes_out_before_it_is_durable_and_what_is_sent_behind_it_stays_behind_it() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let (client, other) = (stage.connect(versions, 7), stage.connect(versions, 8));
        stage.disk = false;
        stage.say(client, &place(1));
        stage.say(client, &ClientMessage::ReqOpenOrders);
        stage.say(client, &cancel(1));
        assert!(stage.gateway_heard(7).is_empty(), "the journal has nothing yet");
        stage.say(other, &ClientMessage::ReqPositions);
        assert_eq!(stage.gateway_heard(8).len(), 1, "nobody else waits");
        stage.disk_answers();
        let heard: Vec<i32> = stage.gateway_heard(7).iter().map(ClientMessage::id).collect();
        assert_eq!(heard, [3, 4, 5], "orders overtake what waits, and nothing overtakes an order");
        let (intent, outcome) = &stage.journal[0];
        assert_eq!((intent.act, intent.order_id, outcome), (OrderAct::Place, Some(OrderId::new(1)), &None));
        assert_eq!((intent.side.as_str(), intent.quantity), ("BUY", Some(100.into())));
        // What the Gateway says of it closes what was written.
        stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
        assert_eq!(stage.journal[0].1, Some(OrderNews::Acknowledged));
        stage.gateway_says(7, &[status(1, "Cancelled")]);
        assert_eq!(stage.journal[1].1, Some(OrderNews::Acknowledged));
    }
}

#[test]
fn an_order_that_the_journal_cannot_keep_is_refused_and_a_cancel_goes_all_the_same() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
    stage.heard(client);
    stage.keeps = false;
    for message in [place(2), place(1), cancel(1)] {
        stage.say(client, &message);
    }
    assert_eq!(stage.errors(client), [(2, 201), (1, 399)], "a new order, and a change of one that stands");
    assert_eq!(stage.orders.len(), 2, "the first order and its cancel");
}

#[test]
fn while_a_halt_stands_new_orders_and_changes_are_refused_and_cancels_go() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        stage.say(client, &place(1));
        stage.gateway_says(7, &[open(1), status(1, "Submitted")]);
        stage.heard(client);
        stage.halt = Some("HALTED by ann: smoke.".into());
        for message in [place(2), place(1), cancel(1), ClientMessage::ReqGlobalCancel(Default::default())] {
            stage.say(client, &message);
        }
        let told = stage.heard(client);
        let mut texts = Vec::new();
        for message in told {
            if let ServerMessage::Error(error) = message {
                texts.push((error.id.get(), error.code, error.text.contains("HALTED by ann: smoke.")));
            }
        }
        assert_eq!(texts, [(2, 201, true), (1, 399, true)], "a new order, and a change of one that stands");
        assert_eq!(stage.orders.len(), 2, "the first order and its cancel");
        assert!(matches!(stage.gateway_heard(7)[..], [.., ClientMessage::ReqGlobalCancel(_)]));
        stage.halt = None;
        stage.say(client, &place(3));
        assert_eq!(stage.orders.len(), 3);
    }
}

#[test]
fn a_disk_that_does_not_answer_is_not_waited_for_and_its_late_answer_sends_nothing() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.heard(client);
    stage.disk = false;
    stage.say(client, &place(1));
    stage.pass(3 * SECOND);
    assert_eq!(stage.errors(client), [(1, 201)]);
    stage.disk_answers();
    assert!(stage.orders.is_empty());
    assert_eq!(stage.journal[0].1, Some(OrderNews::NotSent));
}

#[test]
fn an_order_that_waits_for_the_disk_when_the_gateway_goes_was_not_sent() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.heard(client);
    stage.disk = false;
    stage.say(client, &place(1));
    stage.lose_all(Mood::Well);
    stage.disk_answers();
    stage.pass(3 * SECOND);
    assert_eq!(stage.errors(client)[..2], [(1, 504), (-1, 1100)]);
    assert!(stage.orders.is_empty() && stage.open_entries().is_empty());
}

#[test]
fn what_a_client_ordered_before_it_went_is_still_sent() {
    let mut stage = Stage::with(ProxySettings { park: Duration::ZERO, ..ProxySettings::default() });
    let client = stage.connect(TEXT, 7);
    stage.disk = false;
    stage.say(client, &place(1));
    stage.vanish(client);
    stage.disk_answers();
    assert_eq!(stage.orders.len(), 1);
    stage.pass(3 * SECOND);
    assert!(!stage.has_session(7), "and its session is closed then");
}

#[test]
fn a_daemon_settles_what_the_one_before_it_has_left_in_doubt() {
    for comes_back in [false, true] {
        let mut stage = Stage::new();
        let client = stage.connect(TEXT, 7);
        stage.say(client, &place(1));
        stage.restart_daemon();
        stage.pass(SECOND);
        assert!(stage.has_session(7), "it asks without waiting for the program");
        let client = comes_back.then(|| stage.connect(TEXT, 7));
        if let Some(client) = client {
            assert!(stage.errors(client).contains(&(1, 399)), "the program is told");
        }
        let began = stage.now;
        while !stage.open_entries().is_empty() {
            answer_lists(&mut stage, &[], &[]);
            stage.pass(SECOND / 2);
            assert!(stage.now - began < 120 * SECOND);
        }
        assert_eq!(stage.journal[0].1, Some(OrderNews::NeverReceived));
        if let Some(client) = client {
            assert!(stage.errors(client).contains(&(1, 201)));
        }
        assert_eq!(stage.orders.len(), 1, "it was sent once, by the first daemon");
    }
}

#[test]
fn a_doubt_outlives_the_session_in_which_it_came_about() {
    let mut stage = Stage::with(ProxySettings { park: Duration::ZERO, ..ProxySettings::default() });
    let client = stage.connect(TEXT, 7);
    stage.say(client, &place(1));
    stage.vanish(client);
    assert!(!stage.has_session(7));
    assert_eq!(stage.records, [(OrderId::new(1), OrderNews::InDoubt)]);
    let client = stage.connect(TEXT, 7);
    assert!(stage.errors(client).contains(&(1, 399)));
    assert!(answer_lists(&mut stage, &[1], &[]));
    assert_eq!(stage.journal[0].1, Some(OrderNews::Open));
    assert_eq!(stage.records.last(), Some(&(OrderId::new(1), OrderNews::Open)));
}
