//! Clients come, go, come back, and come twice.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::{MarketDataTypeRequest, MktDataRequest, TickString};
use gatewright_proto::message::start::ReqIds;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage, VersionRange};

use super::stage::{Mood, PROTOBUF, Stage, TEXT, frame, ids, next_valid_id, notice, start_api};
use crate::{Closing, ProxySettings};

const SECOND: Duration = Duration::from_secs(1);

pub(super) fn ticks(id: i32) -> ClientMessage {
    let contract = Contract { symbol: "AAPL".into(), ..Contract::default() };
    ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: RequestId::new(id),
        contract,
        ..MktDataRequest::default()
    }))
}

fn kinds(messages: &[ServerMessage]) -> Vec<i32> {
    messages.iter().map(ServerMessage::id).collect()
}

#[test]
fn a_client_is_told_what_a_gateway_tells_in_its_order_and_in_its_own_version() {
    for (versions, speaks) in [(TEXT, 178), (PROTOBUF, 226), (VersionRange::new(176, 176), 176)] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        assert_eq!(stage.speaks(client).get(), speaks);
        assert_eq!(kinds(&stage.heard(client)), [15, 9, 4]);
        assert_eq!(stage.opened, 2, "one session to learn the version, and the client's own");
        let other = stage.connect(versions, 8);
        assert_eq!(kinds(&stage.heard(other)), [15, 9, 4]);
        assert_eq!(stage.opened, 3, "the version is known now");
    }
}

#[test]
fn any_split_of_a_handshake_is_a_handshake() {
    let mut stage = Stage::new();
    let whole = stage.connect(TEXT, 7);
    stage.heard(whole);
    let id = stage.dial();
    for byte in b"API\0\0\0\0\x09v157..178" {
        stage.bytes(id, &[*byte]);
    }
    let start = frame(&start_api(9), stage.speaks(id));
    for byte in &start {
        stage.bytes(id, &[*byte]);
    }
    assert_eq!(kinds(&stage.heard(id)), [15, 9, 4]);
    // All in one piece, with requests behind it.
    let id = stage.dial();
    let mut all = b"API\0\0\0\0\x09v157..178".to_vec();
    all.extend_from_slice(&frame(&start_api(10), stage.speaks(whole)));
    all.extend_from_slice(&frame(&ticks(1), stage.speaks(whole)));
    stage.bytes(id, &all);
    assert_eq!(kinds(&stage.heard(id)), [15, 9, 4]);
    assert_eq!(stage.gateway_heard(10), [ticks(1)]);
}

#[test]
fn an_absent_gateway_lets_nobody_in_and_a_late_one_does() {
    let mut stage = Stage::new();
    stage.mood = Mood::Away;
    let id = stage.dial();
    stage.greet(id, TEXT);
    assert_eq!(stage.closed(id), Some(Closing::NoSession), "there is no version to tell");
    stage.mood = Mood::Well;
    let first = stage.connect(TEXT, 7);
    stage.heard(first);
    stage.mood = Mood::Away;
    let waits = stage.connect(TEXT, 8);
    stage.pass(5 * SECOND);
    assert!(stage.heard(waits).is_empty() && stage.closed(waits).is_none());
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    assert_eq!(kinds(&stage.heard(waits)), [15, 9, 4]);
    stage.mood = Mood::Away;
    let gives_up = stage.connect(TEXT, 9);
    stage.pass(30 * SECOND);
    assert_eq!((stage.errors(gives_up), stage.closed(gives_up)), (vec![(-1, 504)], Some(Closing::NoSession)));
}

#[test]
fn a_client_id_that_the_gateway_calls_taken_is_asked_for_again_and_then_told() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.heard(first);
    stage.mood = Mood::IdInUse;
    let lucky = stage.connect(TEXT, 8);
    stage.pass(SECOND);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    assert_eq!(kinds(&stage.heard(lucky)), [15, 9, 4]);
    stage.mood = Mood::IdInUse;
    let unlucky = stage.connect(TEXT, 9);
    stage.pass(6 * SECOND);
    assert_eq!(stage.errors(unlucky), [(-1, 326)]);
}

#[test]
fn a_second_client_of_a_live_id_is_told_326_and_the_first_does_not_notice() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.heard(first);
    let second = stage.connect(TEXT, 7);
    assert!(stage.closed(second).is_none());
    stage.pass(SECOND);
    assert_eq!((stage.errors(second), stage.closed(second)), (vec![(-1, 326)], Some(Closing::ClientIdInUse)));
    assert!(stage.heard(first).is_empty() && stage.closed(first).is_none());
    stage.gateway_says(7, &[notice(2104, "Market data farm connection is OK:usfarm")]);
    assert_eq!(kinds(&stage.heard(first)), [4]);
}

#[test]
fn a_client_that_is_faster_than_the_end_of_its_predecessor_gets_the_session() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    let second = stage.connect(TEXT, 7);
    stage.vanish(first);
    assert_eq!(kinds(&stage.heard(second)), [15, 9, 4]);
    assert_eq!(stage.opened, 2);
}

#[test]
fn a_client_that_vanishes_and_returns_needs_no_handshake_of_the_gateway() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let first = stage.connect(versions, 7);
        stage.heard(first);
        stage.say(first, &ClientMessage::ReqMarketDataType(MarketDataTypeRequest { market_data_type: 3 }));
        stage.say(first, &ticks(40));
        stage.say(first, &ClientMessage::ReqPositions);
        stage.gateway_heard(7);
        stage.vanish(first);
        // What it had is taken back at once, since its successor counts from the same number.
        let taken_back = stage.gateway_heard(7);
        assert_eq!(
            taken_back,
            [
                ClientMessage::ReqMarketDataType(MarketDataTypeRequest { market_data_type: 1 }),
                ClientMessage::CancelMktData(RequestId::new(40)),
                ClientMessage::CancelPositions,
            ]
        );
        stage.mood = Mood::StallsNew;
        stage.pass(59 * SECOND);
        stage.gateway_says(7, &[ServerMessage::PositionEnd]);
        let second = stage.connect(versions, 7);
        assert_eq!(kinds(&stage.heard(second)), [15, 9, 4], "and nothing that its predecessor has asked for");
        assert_eq!(stage.gateway_heard(7), [ClientMessage::ReqIds(ReqIds { count: 1 })]);
        stage.say(second, &ticks(40));
        assert_eq!(stage.gateway_heard(7), [ticks(40)]);
        assert_eq!(stage.opened, 2);
        // Nobody comes back: the session is closed, and its client id is free.
        stage.vanish(second);
        stage.pass(61 * SECOND);
        assert!(!stage.has_session(7));
        assert!(stage.proxy.report(stage.now).is_empty());
    }
}

#[test]
fn what_a_predecessor_has_asked_for_is_no_answer_to_a_client_that_did_not_wait_for_the_gateway() {
    let mut stage = Stage::new();
    let tick =
        |id| ServerMessage::TickString(TickString { req_id: RequestId::new(id), tick_type: 45, value: "1".into() });
    let first = stage.connect(TEXT, 7);
    stage.say(first, &ticks(40));
    stage.heard(first);
    stage.mood = Mood::Slow;
    stage.vanish(first);
    let second = stage.connect(TEXT, 7);
    stage.pass(2 * SECOND);
    assert_eq!(kinds(&stage.heard(second)), [15, 9, 4], "what the Gateway said last has to do");
    // The same number for something else, as each life of a program counts from the same one.
    stage.say(second, &ticks(40));
    stage.gateway_says(7, &[tick(40), tick(41)]);
    assert!(stage.heard(second).is_empty(), "the Gateway has not heard of this client yet");
    stage.gateway_says(7, &[next_valid_id(9), tick(40)]);
    assert_eq!(stage.heard(second), [tick(40)]);
}

#[test]
fn a_gateway_that_never_answers_a_return_is_connected_to_anew() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.mood = Mood::Slow;
    stage.vanish(first);
    let second = stage.connect(TEXT, 7);
    stage.pass(2 * SECOND);
    stage.say(second, &ticks(40));
    stage.heard(second);
    let (before, opened) = (stage.upstream(7), stage.opened);
    stage.mood = Mood::Well;
    stage.pass(9 * SECOND);
    assert_eq!(stage.opened, opened + 1);
    assert_ne!(stage.upstream(7), before);
    assert_eq!(stage.errors(second)[..2], [(-1, 1100), (-1, 1102)], "and what it has asked for is asked again");
    assert_eq!(stage.gateway_heard(7), [ticks(40)]);
}

#[test]
fn a_return_does_not_wait_for_a_gateway_that_does_not_answer() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.vanish(first);
    stage.lose_all(Mood::StallsNew);
    let second = stage.connect(TEXT, 7);
    stage.pass(SECOND);
    assert!(stage.heard(second).is_empty(), "there is no Gateway to speak of");
    stage.mood = Mood::Well;
    stage.pass(30 * SECOND);
    assert!(stage.closed(second).is_some(), "an attempt that never ends is the shell's to end");
}

#[test]
fn without_parking_a_session_ends_with_its_client() {
    let mut stage = Stage::with(ProxySettings { park: Duration::ZERO, ..ProxySettings::default() });
    let first = stage.connect(TEXT, 7);
    stage.vanish(first);
    assert!(!stage.has_session(7));
    let second = stage.connect(TEXT, 7);
    assert_eq!(kinds(&stage.heard(second)), [15, 9, 4]);
}

#[test]
fn a_return_with_another_version_begins_a_new_session() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.vanish(first);
    let second = stage.connect(PROTOBUF, 7);
    assert_eq!(kinds(&stage.heard(second)), [15, 9, 4]);
    assert_eq!(stage.speaks(second).get(), 226);
    assert!(stage.doubled.is_empty());
}

#[test]
fn a_late_answer_to_a_client_that_has_gone_is_not_its_successors() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    stage.say(first, &ClientMessage::ReqOpenOrders);
    stage.say(first, &ClientMessage::ReqMktDepthExchanges);
    stage.vanish(first);
    let second = stage.connect(TEXT, 7);
    stage.heard(second);
    stage.say(second, &ClientMessage::ReqOpenOrders);
    stage.gateway_says(7, &[ServerMessage::OpenOrderEnd]);
    assert!(stage.heard(second).is_empty(), "this was owed to the first");
    stage.gateway_says(7, &[ServerMessage::OpenOrderEnd]);
    assert_eq!(kinds(&stage.heard(second)), [53]);
}

#[test]
fn the_next_order_id_never_falls_and_is_durable_before_it_is_told() {
    let mut stage = Stage::new();
    stage.next_id = 50;
    stage.disk = false;
    let first = stage.connect(TEXT, 7);
    assert!(stage.heard(first).is_empty(), "nothing is durable yet");
    stage.disk_answers();
    let heard = stage.heard(first);
    assert_eq!((kinds(&heard), ids(&heard)), (vec![15, 9, 4], vec![50]));
    assert!(stage.marks.values().all(|mark| mark.get() >= 50));
    // The Gateway counts backwards, as after some of its restarts.
    stage.next_id = 46;
    stage.say(first, &ClientMessage::ReqIds(ReqIds { count: 1 }));
    assert_eq!(ids(&stage.heard(first)), [50]);
    stage.vanish(first);
    let second = stage.connect(TEXT, 7);
    assert_eq!(ids(&stage.heard(second)), [50]);
    // Another daemon, and another Gateway that knows nothing.
    let marks = stage.marks.clone();
    let mut later = Stage::new();
    later.marks = marks;
    let third = later.connect(TEXT, 7);
    assert!(ids(&later.heard(third))[0] > 50);
    later.gateway_says(7, &[next_valid_id(100_000)]);
    assert_eq!(ids(&later.heard(third)), [100_000]);
}
