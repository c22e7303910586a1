//! Every fault, as far as it lies in the world: what a client is told, and how its connection ends.

use std::time::Duration;

use gatewright_proto::message::account::{AccountSummaryRequest, AccountUpdatesMultiRequest, AccountUpdatesRequest};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, CancelOrder, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Ended, Table, errors, greeting, ids, start_api};
use crate::config::SimConfig;
use crate::core::{Action, ConnId, How};
use crate::fault::Fault;

const LONG: Duration = Duration::from_secs(60);

fn with(fault: Fault) -> Table {
    Table::new(SimConfig { faults: vec![fault], ..SimConfig::default() })
}

/// What a client has seen a minute after START_API: the ids of messages, and the end.
fn story(fault: Fault) -> (Option<i32>, Vec<i32>, Option<Ended>) {
    let mut table = with(fault);
    let id = connect_if_possible(&mut table);
    table.pass(LONG);
    let version = table.greeting_heard(id).map(|greeting| greeting.version.get());
    let heard = if version.is_some() { ids(&table.heard(id)) } else { Vec::new() };
    (version, heard, table.ended.get(&id).copied())
}

fn connect_if_possible(table: &mut Table) -> ConnId {
    let id = table.connect();
    if !table.ended.contains_key(&id) {
        table.bytes(id, &greeting(100, 178));
    }
    if !table.ended.contains_key(&id) {
        table.say(id, &start_api(7));
    }
    id
}

#[test]
fn every_fault_does_to_a_connection_what_it_says() {
    let whole = vec![15, 9, 4, 4, 4];
    for fault in Fault::all() {
        let expected = match fault {
            Fault::CloseOnAccept | Fault::CloseBeforeVersion => (None, vec![], Some(Ended::Closed)),
            // The port is shut, which is the shell's affair; who gets in nevertheless is closed.
            Fault::Refuse | Fault::LoginWall | Fault::AutoLogoff | Fault::NightlyRestart | Fault::AcceptDialog => {
                (None, vec![], Some(Ended::Closed))
            }
            Fault::PaperWarning => (Some(178), vec![], Some(Ended::Closed)),
            Fault::EarlyFrames => (Some(178), vec![4, 15, 9, 4, 4, 4], None),
            Fault::AlignedBurst => (Some(178), vec![15, 9, 4, 4, 4, 4, 4], None),
            Fault::OutageLost | Fault::OutageKept | Fault::OutageStale => (Some(178), vec![15, 9, 4], None),
            Fault::ServerBroken => (Some(178), vec![15, 9, 4, 4, 4, 4], None),
            Fault::PortReset => (Some(178), vec![15, 9, 4, 4, 4, 4], Some(Ended::Closed)),
            Fault::ResetOnAccept => (None, vec![], Some(Ended::Reset)),
            Fault::AcceptSilent | Fault::GarbageVersion => (None, vec![], None),
            Fault::OldVersion => (Some(76), vec![], None),
            Fault::VersionThenSilent => (Some(178), vec![], None),
            Fault::CloseAfterStartApi | Fault::CloseLateAfterStartApi => (Some(178), vec![], Some(Ended::Closed)),
            Fault::ResetAfterStartApi => (Some(178), vec![], Some(Ended::Reset)),
            Fault::ClientIdInUse => (Some(178), vec![4], Some(Ended::Closed)),
            Fault::NoAccounts => (Some(178), vec![9, 4, 4, 4], None),
            Fault::NoNextValidId => (Some(178), vec![15, 4, 4, 4], None),
            Fault::IdsBeforeAccounts => (Some(178), vec![9, 15, 4, 4, 4], None),
            Fault::FrozenAfterReady => (Some(178), whole.clone(), None),
            // Their bytes are no frames; they have their own tests.
            Fault::Http
            | Fault::OversizedFrame
            | Fault::FarmFlap
            | Fault::UnknownMessage
            | Fault::EmptyFrame
            | Fault::FramesBeforeGreeting
            | Fault::NoVersionFields => continue,
            // These let a client in (or never come to the world at all).
            Fault::BacklogFull
            | Fault::StallNew
            | Fault::RelayKilled
            | Fault::RelayAddressInUse
            | Fault::EarlyRequestsLost
            | Fault::UnknownTimeZone
            | Fault::ForeignTimeZone
            | Fault::HighOrderIds
            | Fault::OutageHidesOrders
            | Fault::LateCommission
            | Fault::BrokerCancels
            | Fault::OrderDialog
            | Fault::EmptyAccounts
            | Fault::NoPositionsEnd
            | Fault::NoOpenOrdersEnd
            | Fault::NoExecutionsEnd
            | Fault::NoAccountValues
            | Fault::ReadOnly
            | Fault::Trickle
            | Fault::IgnoreEof
            | Fault::ClientLimit
            | Fault::SlowRelease
            | Fault::SplitGreeting
            | Fault::SplitBytes
            | Fault::SlowReader
            | Fault::HalfOpen
            | Fault::LeakStall
            | Fault::Relay
            | Fault::NoEndMarkers
            | Fault::Unanswered
            | Fault::WriteAccessDialog
            | Fault::CompetingSession
            | Fault::MessageRate
            | Fault::MarketDataLines
            | Fault::HistoricalPacing
            | Fault::DuplicateStatus
            | Fault::MissingStatus
            | Fault::ExecutionFirst
            | Fault::CancelRace
            | Fault::SwallowedOrder
            | Fault::RejectedOrder
            | Fault::OrderWarnings => (Some(178), whole.clone(), None),
        };
        assert_eq!(story(*fault), expected, "{fault}");
    }
}

#[test]
fn closes_after_start_api_come_when_they_were_measured() {
    for (fault, before, after) in [(Fault::CloseAfterStartApi, 3, 5), (Fault::CloseLateAfterStartApi, 499, 501)] {
        let mut table = with(fault);
        let id = table.start(7);
        table.pass(Duration::from_millis(before));
        assert_eq!(table.ended.get(&id), None);
        table.pass(Duration::from_millis(after - before));
        assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
    }
}

#[test]
fn http_and_oversized_frames_come_as_bytes() {
    let mut table = with(Fault::Http);
    let id = connect_if_possible(&mut table);
    assert!(table.unread(id).starts_with(b"HTTP/1.1 400 "));
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));

    let mut table = with(Fault::OversizedFrame);
    table.start(7);
    table.pass(LONG);
    let last = &table.writes.last().unwrap().1;
    assert!(last.windows(4).any(|bytes| bytes == 0x7fff_ffffu32.to_be_bytes()));
}

#[test]
fn an_empty_account_list_is_a_message_without_accounts() {
    let mut table = with(Fault::EmptyAccounts);
    let id = table.start(7);
    table.greeting_heard(id).unwrap();
    let ServerMessage::ManagedAccounts(accounts) = &table.heard(id)[0] else { panic!("accounts come first") };
    assert!(accounts.accounts.is_empty());
}

#[test]
fn new_connections_stall_while_old_sessions_work() {
    let mut table = with(Fault::StallNew);
    let old = table.ready(1);
    let new = table.start(2);
    table.pass(LONG);
    assert_eq!(table.greeting_heard(new), None);
    table.say(old, &ClientMessage::ReqPositions);
    assert_eq!(ids(&table.heard(old)), [62]);
    // What has stalled stays so; what comes later is served.
    table.world.clear_fault(Fault::StallNew);
    table.bytes(new, &greeting(100, 178));
    assert_eq!(table.greeting_heard(new), None);
    table.ready(3);
}

#[test]
fn a_request_kind_loses_its_end_marker() {
    let executions = ClientMessage::ReqExecutions(Box::default());
    let cases = [
        (Fault::NoPositionsEnd, ClientMessage::ReqPositions),
        (Fault::NoOpenOrdersEnd, ClientMessage::ReqOpenOrders),
        (Fault::NoOpenOrdersEnd, ClientMessage::ReqAllOpenOrders),
        (Fault::NoExecutionsEnd, executions),
    ];
    for (fault, request) in cases {
        let mut table = with(fault);
        let id = table.ready(7);
        table.say(id, &request);
        assert!(table.heard(id).is_empty(), "{fault}");
        table.world.clear_fault(fault);
        table.say(id, &request);
        assert_eq!(table.heard(id).len(), 1, "{fault}");
    }
}

#[test]
fn account_values_are_never_answered() {
    let mut table = with(Fault::NoAccountValues);
    let id = table.ready(7);
    let req_id = RequestId::new(1);
    let (group, tags) = ("All".into(), "NetLiquidation".into());
    table.say(id, &ClientMessage::ReqAccountSummary(AccountSummaryRequest { req_id, group, tags }));
    let account = String::new();
    table.say(id, &ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe: true, account }));
    let (account, model_code) = (String::new(), String::new());
    let multi = AccountUpdatesMultiRequest { req_id, account, model_code, ledger_and_nlv: false };
    table.say(id, &ClientMessage::ReqAccountUpdatesMulti(multi));
    table.say(id, &ClientMessage::ReqPositions);
    assert_eq!(ids(&table.heard(id)), [62]);
}

#[test]
fn read_only_refuses_orders_and_open_orders() {
    let mut table = with(Fault::ReadOnly);
    let id = table.ready(7);
    let order = Order::market(Way::Buy, Decimal::ONE);
    let place = PlaceOrder::new(OrderId::new(5), Contract::stock("AAPL"), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
    table.say(id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(5))));
    table.say(id, &ClientMessage::ReqOpenOrders);
    assert_eq!(errors(&table.heard(id)), [(5, 321), (5, 321), (-1, 321)]);
    table.say(id, &ClientMessage::ReqPositions);
    assert_eq!(ids(&table.heard(id)), [62]);
}

#[test]
fn trickled_bytes_are_asked_for_as_such_and_are_the_same() {
    let mut table = with(Fault::Trickle);
    let id = table.ready(7);
    table.world.handle_bytes(table.now, id, &super::table::encoded(&ClientMessage::ReqPositions));
    assert!(matches!(table.world.poll_action(), Some(Action::Trickle(..))));
}

#[test]
fn an_ignored_end_keeps_the_socket_and_the_client_id() {
    let mut table = with(Fault::IgnoreEof);
    let id = table.ready(7);
    let half = table.connect();
    table.end(half, How::Eof);
    table.end(id, How::Eof);
    table.pass(LONG);
    assert!(table.ended.is_empty());
    assert_eq!(table.world.snapshot().close_wait, 2);
    let again = table.start(7);
    table.greeting_heard(again).unwrap();
    assert_eq!(errors(&table.heard(again)), [(-1, 326)]);
    // A reset frees the id even here.
    table.end(id, How::Reset);
    table.ready(7);
    assert_eq!(table.world.snapshot().close_wait, 1);
}

#[test]
fn a_session_freezes_while_it_runs() {
    let mut table = Table::new(SimConfig::default());
    let id = table.ready(7);
    table.world.set_fault(Fault::FrozenAfterReady);
    table.pass(LONG);
    table.heard(id);
    table.say(id, &ClientMessage::ReqPositions);
    table.pass(LONG);
    assert_eq!(table.heard(id), []);
    assert!(table.ended.is_empty());
}
