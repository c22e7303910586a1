//! The Gateway goes away and comes back while clients stay.

use std::time::Duration;

use gatewright_proto::message::contract::{Contract, ContractDetails, ContractDetailsRequest};
use gatewright_proto::message::depth::MktDepthRequest;
use gatewright_proto::message::historical::{HistoricalData, HistoricalDataEnd, HistoricalDataRequest};
use gatewright_proto::message::market_data::{MarketDataTypeRequest, MktDataRequest};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};

use super::arriving::ticks;
use super::stage::{Mood, PROTOBUF, Stage, TEXT, notice};
use crate::{Closing, OutagePolicy, ProxySettings};

const SECOND: Duration = Duration::from_secs(1);

fn depth(id: i32) -> ClientMessage {
    ClientMessage::ReqMktDepth(Box::new(MktDepthRequest { req_id: RequestId::new(id), ..MktDepthRequest::default() }))
}

fn details(id: i32) -> ClientMessage {
    let contract = Contract { symbol: "AAPL".into(), ..Contract::default() };
    ClientMessage::ReqContractDetails(Box::new(ContractDetailsRequest {
        req_id: RequestId::new(id),
        contract,
        ..ContractDetailsRequest::default()
    }))
}

#[test]
fn a_client_that_is_held_is_told_and_gets_everything_back_under_its_own_ids() {
    for versions in [TEXT, PROTOBUF] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        let delayed = ClientMessage::ReqMarketDataType(MarketDataTypeRequest { market_data_type: 3 });
        for message in [ticks(1), ticks(2), depth(3), delayed.clone(), ClientMessage::ReqPositions, details(4)] {
            stage.say(client, &message);
        }
        stage.say(client, &ClientMessage::CancelMktData(RequestId::new(2)));
        stage.heard(client);
        stage.lose_all(Mood::Away);
        assert_eq!(stage.errors(client), [(-1, 1100)]);
        stage.pass(120 * SECOND);
        assert_eq!(stage.errors(client), [(4, 504)], "a question does not wait for ever");
        assert!(stage.closed(client).is_none());
        stage.mood = Mood::Well;
        stage.pass(3 * SECOND);
        let mut replayed = stage.gateway_heard(7);
        assert_eq!(replayed.remove(0), delayed, "the market data type is first");
        assert_eq!(replayed, [ticks(1), depth(3), ClientMessage::ReqPositions]);
        assert_eq!(stage.errors(client), [(3, 317), (-1, 1102), (-1, 2104)]);
    }
}

#[test]
fn a_sign_that_the_way_is_open_ends_the_wait_for_another_attempt() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &ticks(1));
    stage.gateway_heard(7);
    stage.lose_all(Mood::Away);
    stage.pass(60 * SECOND);
    stage.mood = Mood::Well;
    stage.way_open();
    assert_eq!(stage.gateway_heard(7), [ticks(1)], "without another moment's wait");
    let opened = stage.opened;
    stage.way_open();
    assert_eq!(stage.opened, opened, "who is connected stays so");
}

#[test]
fn questions_wait_for_a_short_outage_and_are_asked_again() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &details(4));
    stage.heard(client);
    stage.gateway_heard(7);
    stage.lose_all(Mood::Away);
    stage.say(client, &details(5));
    stage.say(client, &ClientMessage::ReqOpenOrders);
    assert_eq!(stage.errors(client), [(-1, 1100)]);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    assert_eq!(stage.gateway_heard(7), [details(4), details(5), ClientMessage::ReqOpenOrders]);
    stage.heard(client);
    stage.gateway_says(7, &[ServerMessage::ContractDetailsEnd(RequestId::new(4)), ServerMessage::OpenOrderEnd]);
    assert_eq!(stage.heard(client).len(), 2);
    // Answered questions are not asked a third time.
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    assert_eq!(stage.gateway_heard(7), [details(5)]);
}

#[test]
fn what_cannot_be_asked_again_is_answered_by_an_error() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    let snapshot = ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: RequestId::new(9),
        regulatory_snapshot: true,
        ..MktDataRequest::default()
    }));
    stage.say(client, &snapshot);
    stage.say(client, &details(4));
    let begun = ContractDetails { req_id: RequestId::new(4), ..ContractDetails::default() };
    stage.gateway_says(7, &[ServerMessage::ContractDetails(Box::new(begun))]);
    stage.heard(client);
    stage.lose_all(Mood::Away);
    let mut errors = stage.errors(client);
    errors.sort_unstable();
    assert_eq!(errors, [(-1, 1100), (4, 504), (9, 504)]);
    stage.say(client, &snapshot);
    assert_eq!(stage.errors(client), [(9, 504)]);
    stage.mood = Mood::Well;
    stage.pass(3 * SECOND);
    assert!(stage.gateway_heard(7).is_empty());
}

#[test]
fn by_choice_clients_are_closed_instead() {
    let mut stage = Stage::with(ProxySettings { outage: OutagePolicy::Close, ..ProxySettings::default() });
    let client = stage.connect(TEXT, 7);
    stage.lose_all(Mood::Well);
    assert_eq!(stage.closed(client), Some(Closing::GatewayLost));
    assert!(!stage.has_session(7));
}

#[test]
fn a_gateway_that_comes_back_older_loses_the_clients_that_cannot_speak_to_it() {
    let mut stage = Stage::new();
    let (old, new) = (stage.connect(TEXT, 7), stage.connect(PROTOBUF, 8));
    stage.highest = 213;
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    assert_eq!((stage.closed(old), stage.closed(new)), (None, Some(Closing::OtherVersion)));
    let again = stage.connect(PROTOBUF, 8);
    assert_eq!(stage.speaks(again).get(), 213);
}

#[test]
fn lost_data_is_asked_for_again_when_the_gateway_says_so() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    for message in [ticks(1), ClientMessage::ReqPositions, details(2)] {
        stage.say(client, &message);
    }
    stage.heard(client);
    stage.gateway_heard(7);
    stage.gateway_says(7, &[notice(1100, "Connectivity has been lost.")]);
    stage.gateway_says(7, &[notice(1101, "Connectivity has been restored - data lost.")]);
    assert_eq!(stage.errors(client), [(-1, 1100), (-1, 1102)]);
    assert_eq!(stage.gateway_heard(7), [ticks(1)], "positions are not market data");
    stage.gateway_says(7, &[notice(1100, ""), notice(1102, "data maintained")]);
    assert_eq!(stage.errors(client), [(-1, 1100), (-1, 1102)]);
    assert!(stage.gateway_heard(7).is_empty());
    let restored = notice(1101, "data lost");
    stage.gateway_says(7, &[notice(1100, ""), restored, notice(2104, "Market data farm connection is OK:usfarm")]);
    assert_eq!(stage.errors(client), [(-1, 1100), (-1, 1102), (-1, 2104)], "what came in one piece stays in order");
}

fn live_bars(id: i32) -> ClientMessage {
    ClientMessage::ReqHistoricalData(Box::new(HistoricalDataRequest {
        req_id: RequestId::new(id),
        keep_up_to_date: true,
        ..HistoricalDataRequest::default()
    }))
}

#[test]
fn live_bars_that_the_gateway_drops_with_ibkr_are_made_again_before_all_is_said_to_be_well() {
    let about = |id, code| ServerMessage::Error(Box::new(ErrorMessage::about(RequestId::new(id), code, "dropped")));
    for (versions, back) in [(TEXT, 1101), (PROTOBUF, 1101), (TEXT, 1102)] {
        let mut stage = Stage::new();
        let client = stage.connect(versions, 7);
        for message in [ticks(1), live_bars(2)] {
            stage.say(client, &message);
        }
        let end = HistoricalDataEnd { req_id: RequestId::new(2), ..HistoricalDataEnd::default() };
        let old = HistoricalData { req_id: RequestId::new(2), ..HistoricalData::default() };
        stage.gateway_says(7, &[ServerMessage::HistoricalData(old.clone())]);
        if versions == PROTOBUF {
            stage.gateway_says(7, &[ServerMessage::HistoricalDataEnd(end)]);
        }
        stage.heard(client);
        stage.gateway_heard(7);
        stage.gateway_says(7, &[notice(1100, ""), about(2, 10182), notice(back, "")]);
        assert_eq!(stage.errors(client), [(-1, 1100), (-1, 1102)]);
        let again = if back == 1101 { vec![ticks(1), live_bars(2)] } else { vec![live_bars(2)] };
        assert_eq!(stage.gateway_heard(7), again);
        // What it has of the past is not told twice, and the next outage makes nothing again that was not dropped.
        stage.gateway_says(7, &[ServerMessage::HistoricalData(old)]);
        assert!(stage.heard(client).is_empty());
        stage.gateway_says(7, &[notice(1100, ""), notice(1102, "")]);
        assert!(stage.gateway_heard(7).is_empty());
        stage.heard(client);
        // While IBKR is not lost the program is told, and asks again itself if it wants to.
        stage.gateway_says(7, &[about(2, 10182)]);
        assert_eq!(stage.errors(client), [(2, 10182)]);
    }
}

#[test]
fn a_subscription_that_an_error_has_ended_is_not_made_again() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &ticks(1));
    stage.say(client, &ticks(2));
    let about = |id, code| ServerMessage::Error(Box::new(ErrorMessage::about(RequestId::new(id), code, "")));
    stage.gateway_says(7, &[about(1, 200), about(2, 10167)]);
    stage.lose_all(Mood::Well);
    stage.pass(3 * SECOND);
    assert_eq!(stage.gateway_heard(7), [ticks(2)], "delayed data is data");
    let _ = client;
}

#[test]
fn a_gateway_that_flaps_leaves_one_session_and_one_subscription() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.say(client, &ticks(1));
    for _ in 0..20 {
        stage.lose_all(Mood::Well);
        stage.pass(SECOND);
        assert_eq!(stage.gateway_heard(7), [ticks(1)]);
    }
    assert!(stage.doubled.is_empty());
    let [report] = &stage.proxy.report(stage.now)[..] else { panic!("one client") };
    assert_eq!((report.subscriptions, report.outages, report.client.as_str()), (1, 20, "connected"));
}
