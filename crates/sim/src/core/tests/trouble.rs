//! Faults that have a beginning and an end, limits, and rules.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, CancelOrder, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Ended, Table, errors, greeting, ids, start_api};
use crate::config::SimConfig;
use crate::core::{Action, ConnId, Entrance, How};
use crate::fault::Fault;
use crate::scenario::{Passing, Scenario, Traffic, Verdict};

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn plain() -> Table {
    Table::new(SimConfig::default())
}

pub(super) fn with(text: &str) -> Table {
    let scenario: Scenario = text.parse().unwrap();
    Table::new(SimConfig { scenario, ..SimConfig::default() })
}

pub(super) fn buy(order: i32) -> ClientMessage {
    let place = PlaceOrder::new(OrderId::new(order), smart("AAPL"), Order::market(Way::Buy, Decimal::ONE));
    ClientMessage::PlaceOrder(Box::new(place))
}

fn smart(symbol: &str) -> Contract {
    Contract { exchange: "SMART".into(), currency: "USD".into(), ..Contract::stock(symbol) }
}

pub(super) fn ticks(request: i32) -> ClientMessage {
    super::determinism::ticks(request, "AAPL", false)
}

pub(super) fn set(table: &mut Table, fault: Fault) {
    table.world.set_fault(fault);
    table.pass(Duration::ZERO);
    table.bytes(ConnId(u64::MAX), &[]);
}

pub(super) fn clear(table: &mut Table, fault: Fault) {
    table.world.clear_fault(fault);
    table.bytes(ConnId(u64::MAX), &[]);
}

pub(super) fn codes(table: &mut Table, id: ConnId) -> Vec<i32> {
    errors(&table.heard(id)).into_iter().map(|(_, code)| code).collect()
}

#[test]
fn a_dialog_that_is_accepted_lets_its_connection_go_on() {
    for fault in [Fault::AcceptDialog, Fault::PaperWarning] {
        let mut table = plain();
        set(&mut table, fault);
        let id = table.start(7);
        table.pass(seconds(29));
        assert_eq!(table.ended.get(&id), None);
        clear(&mut table, fault);
        table.say(id, &start_api(7));
        table.pass(seconds(60));
        assert!(table.greeting_heard(id).is_some(), "{fault}");
        assert_eq!(ids(&table.heard(id))[..2], [15, 9], "{fault}");
        assert_eq!(table.ended.get(&id), None, "{fault}");
    }
}

#[test]
fn a_client_id_stays_taken_for_a_while() {
    let mut table = plain();
    let first = table.ready(7);
    set(&mut table, Fault::SlowRelease);
    table.end(first, How::Eof);
    let second = table.start(7);
    table.greeting_heard(second).unwrap();
    assert_eq!(codes(&mut table, second), [326]);
    table.pass(seconds(20));
    table.ready(7);
}

#[test]
fn a_vanished_client_is_never_noticed_until_a_restart() {
    let mut table = plain();
    let first = table.ready(7);
    set(&mut table, Fault::HalfOpen);
    table.end(first, How::Reset);
    table.pass(seconds(3600));
    let second = table.start(7);
    table.greeting_heard(second).unwrap();
    assert_eq!(codes(&mut table, second), [326]);
    set(&mut table, Fault::NightlyRestart);
    table.pass(seconds(33));
    table.ready(7);
}

#[test]
fn leaked_handshakes_stall_new_connections() {
    let mut table = plain();
    set(&mut table, Fault::LeakStall);
    for _ in 0..3 {
        let probe = table.connect();
        table.end(probe, How::Eof);
    }
    let id = table.start(7);
    table.pass(seconds(60));
    assert!(table.greeting_heard(id).is_none());
    assert_eq!(table.world.snapshot().close_wait, 3);
}

#[test]
fn the_client_after_the_last_is_turned_away() {
    let mut table = with("faults = [\"client-limit\"]\n[parameters]\nmax-clients = 2");
    table.ready(1);
    table.ready(2);
    let id = table.connect();
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
}

#[test]
fn an_outage_silences_streams_and_ends_as_its_kind_does() {
    for (fault, code, resumes) in
        [(Fault::OutageLost, 1101, false), (Fault::OutageKept, 1102, true), (Fault::OutageStale, 1102, false)]
    {
        let mut table = plain();
        let id = table.ready(7);
        table.say(id, &ticks(1));
        table.pass(seconds(5));
        assert!(ids(&table.heard(id)).contains(&1));
        set(&mut table, fault);
        assert_eq!(codes(&mut table, id), [1100], "{fault}");
        table.pass(seconds(30));
        assert_eq!(table.heard(id), [], "{fault}");
        clear(&mut table, fault);
        assert_eq!(codes(&mut table, id), [code], "{fault}");
        table.pass(seconds(30));
        assert_eq!(ids(&table.heard(id)).contains(&1), resumes, "{fault}");
    }
}

#[test]
fn a_missing_farm_is_not_in_the_text_of_1102() {
    let mut table = with("[parameters]\nmissing-farm = \"ushmds\"");
    let id = table.ready(7);
    set(&mut table, Fault::OutageKept);
    clear(&mut table, Fault::OutageKept);
    let heard = table.heard(id);
    let Some(ServerMessage::Error(last)) = heard.last() else { panic!("a notice") };
    assert!(last.text.contains("usfarm; secdefnj") && !last.text.contains("ushmds"), "{}", last.text);
}

#[test]
fn farms_flap_and_come_back_at_the_end() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::FarmFlap);
    table.pass(seconds(5));
    assert_eq!(codes(&mut table, id), [2103, 2105, 2157]);
    table.pass(seconds(5));
    assert_eq!(codes(&mut table, id), [2119, 2104, 2119, 2106, 2119, 2158]);
    table.pass(seconds(5));
    clear(&mut table, Fault::FarmFlap);
    assert_eq!(codes(&mut table, id).len(), 9);
    table.pass(seconds(60));
    assert_eq!(codes(&mut table, id), [0; 0]);
}

#[test]
fn a_restart_resets_refuses_and_forgets() {
    let mut table = plain();
    let id = table.ready(7);
    for order in 1..=9 {
        table.say(id, &buy(order));
    }
    set(&mut table, Fault::NightlyRestart);
    assert_eq!(table.ended.get(&id), Some(&Ended::Reset));
    assert_eq!(table.world.entrance(), Entrance::Shut);
    table.pass(seconds(32));
    assert_eq!(table.world.entrance(), Entrance::Shut);
    table.pass(seconds(1));
    assert_eq!(table.world.entrance(), Entrance::Open);
    let id = table.start(7);
    table.greeting_heard(id).unwrap();
    let ServerMessage::NextValidId(next) = &table.heard(id)[1] else { panic!("the next id") };
    // It was 10.
    assert_eq!(next.order_id, OrderId::new(6));
    assert!(table.world.snapshot().open_orders.is_empty() && table.world.snapshot().executions.is_empty());
}

#[test]
fn a_login_wall_and_a_logoff_stay_until_somebody_ends_them() {
    let mut table = plain();
    set(&mut table, Fault::LoginWall);
    assert_eq!(table.world.entrance(), Entrance::Shut);
    clear(&mut table, Fault::LoginWall);
    assert_eq!(table.world.entrance(), Entrance::Open);
    set(&mut table, Fault::AutoLogoff);
    table.pass(seconds(86_400));
    assert_eq!(table.world.entrance(), Entrance::Shut);
    clear(&mut table, Fault::AutoLogoff);
    assert_eq!(table.world.entrance(), Entrance::Open);
}

#[test]
fn too_many_messages_warn_then_fail_then_end() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::MessageRate);
    for _ in 0..53 {
        table.say(
            id,
            &ClientMessage::ReqMarketDataType(gatewright_proto::message::market_data::MarketDataTypeRequest {
                market_data_type: 1,
            }),
        );
    }
    assert_eq!(codes(&mut table, id), [0, 100, 100, 100]);
    assert_eq!(table.ended.get(&id), None);
    table.say(id, &ClientMessage::ReqPositions);
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
}

#[test]
fn the_stream_after_the_last_line_is_refused() {
    let mut table = with("faults = [\"market-data-lines\"]\n[parameters]\nmax-lines = 2");
    let id = table.ready(7);
    for request in 1..=3 {
        table.say(id, &ticks(request));
    }
    assert_eq!(errors(&table.heard(id)), [(3, 101)]);
}

#[test]
fn historical_requests_are_paced_by_every_rule() {
    let request = |number: i32, bar_size: &str, more: i32| {
        let duration = format!("{} S", 60 + 30 * more);
        ClientMessage::ReqHistoricalData(Box::new(super::determinism::history(
            number, "AAPL", &duration, bar_size, false,
        )))
    };
    let violations = |table: &mut Table, id| codes(table, id).into_iter().filter(|code| *code == 162).count();
    // The same again within 15 seconds.
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::HistoricalPacing);
    table.say(id, &request(1, "5 secs", 0));
    table.say(id, &request(2, "5 secs", 0));
    assert_eq!(violations(&mut table, id), 1);
    table.pass(seconds(15));
    table.say(id, &request(3, "5 secs", 0));
    assert_eq!(violations(&mut table, id), 0);
    // Fewer than six of a kind in two seconds.
    table.pass(seconds(15));
    for number in 1..=6 {
        table.say(id, &request(number, "5 secs", number));
    }
    assert_eq!(violations(&mut table, id), 1);
    // Sixty in ten minutes; seven were answered so far, and larger bars do not count.
    for number in 7..=59 {
        table.pass(seconds(3));
        table.say(id, &request(number, "5 secs", number));
        table.say(id, &request(1000 + number, "1 min", 1));
    }
    assert_eq!(violations(&mut table, id), 0);
    table.pass(seconds(3));
    table.say(id, &request(61, "5 secs", 90));
    assert_eq!(violations(&mut table, id), 1);
}

#[test]
fn order_messages_are_doubled_lost_or_late() {
    let statuses = |fault| {
        let mut table = plain();
        let id = table.ready(7);
        set(&mut table, fault);
        table.say(id, &buy(1));
        table.pass(seconds(5));
        ids(&table.heard(id))
    };
    let count = |messages: &[i32], wanted| messages.iter().filter(|id| **id == wanted).count();
    let normal = statuses(Fault::IdsBeforeAccounts);
    assert!(count(&normal, 3) > 0 && count(&normal, 11) == 1);
    assert_eq!(count(&statuses(Fault::DuplicateStatus), 3), 2 * count(&normal, 3));
    assert_eq!(count(&statuses(Fault::MissingStatus), 3), 0);
    assert_eq!(statuses(Fault::SwallowedOrder), [0; 0]);
    assert_eq!(statuses(Fault::RejectedOrder), [4]);
    assert_eq!(count(&statuses(Fault::OrderWarnings), 4), count(&normal, 4) + 5);
    let first = statuses(Fault::ExecutionFirst);
    let execution = first.iter().position(|id| *id == 11).unwrap();
    assert!(first[execution..].contains(&3) && first[execution..].contains(&5));
}

#[test]
fn a_cancel_loses_the_race_against_a_fill() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::CancelRace);
    let order = Order::limit(Way::Buy, Decimal::ONE, Decimal::ONE);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(PlaceOrder::new(OrderId::new(5), smart("AAPL"), order))));
    table.pass(seconds(2));
    table.heard(id);
    table.say(id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(5))));
    let heard = table.heard(id);
    assert!(ids(&heard).contains(&11));
    assert_eq!(errors(&heard), [(5, 10148)]);
}

#[test]
fn a_slow_reader_answers_when_it_reads_again() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::SlowReader);
    table.say(id, &ClientMessage::ReqPositions);
    table.pass(seconds(60));
    assert_eq!(table.heard(id), []);
    clear(&mut table, Fault::SlowReader);
    assert_eq!(ids(&table.heard(id)), [62]);
}

#[test]
fn bursts_are_aligned_and_writes_are_cut() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::AlignedBurst);
    table.world.handle_bytes(table.now, id, &super::table::encoded(&ClientMessage::ReqPositions));
    let Some(Action::Send(_, bytes)) = table.world.poll_action() else { panic!("a write") };
    assert_eq!(bytes.len() % 4096, 0);
    clear(&mut table, Fault::AlignedBurst);
    set(&mut table, Fault::SplitBytes);
    let before = table.writes.len();
    table.say(id, &ClientMessage::ReqOpenOrders);
    table.say(id, &ClientMessage::ReqManagedAccounts);
    assert!(table.writes[before..].iter().all(|(_, bytes)| bytes.len() <= 32));

    let mut table = plain();
    set(&mut table, Fault::SplitGreeting);
    let id = table.connect();
    table.bytes(id, &greeting(100, 178));
    assert!(table.greeting_heard(id).is_none());
    table.pass(seconds(1));
    assert!(table.greeting_heard(id).is_some());
}

#[test]
fn a_competing_session_takes_the_streams() {
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &ticks(1));
    table.pass(seconds(2));
    table.heard(id);
    set(&mut table, Fault::CompetingSession);
    table.pass(seconds(30));
    assert_eq!(errors(&table.heard(id)), [(1, 10197)]);
    clear(&mut table, Fault::CompetingSession);
    table.pass(seconds(5));
    assert!(ids(&table.heard(id)).contains(&1));
}

#[test]
fn closures_are_rules_and_see_both_directions() {
    let mut table = plain();
    let id = table.ready(7);
    table.world.add_rule(|passing: &Passing<'_>| match passing.traffic {
        Traffic::Request(ClientMessage::ReqPositions) => Verdict::Duplicate,
        Traffic::Answer(ServerMessage::OpenOrderEnd) => Verdict::Delay(Duration::from_secs(3)),
        Traffic::Request(_) | Traffic::Answer(_) => Verdict::Pass,
    });
    table.say(id, &ClientMessage::ReqPositions);
    table.say(id, &ClientMessage::ReqOpenOrders);
    assert_eq!(ids(&table.heard(id)), [62, 62]);
    table.pass(seconds(3));
    assert_eq!(ids(&table.heard(id)), [53]);
}

#[test]
fn a_scenario_acts_at_its_times_on_its_counts_and_for_its_clients() {
    let mut table = with(
        "[[rule]]\nname = \"a\"\nwhen = { request = \"positions\", client = 7, nth = 2 }\ndo = [\"drop\"]\n\
         [[rule]]\nname = \"b\"\nwhen = { request = \"open-orders\", times = 1 }\n\
         do = [\"drop\", { error = { code = 321, text = \"no\" } }]\n\
         [[rule]]\nname = \"c\"\nwhen = { after = \"10s\", every = \"10s\", times = 2 }\n\
         do = [{ notice = { code = 2110, text = \"broken\" } }]\n\
         [[rule]]\nname = \"d\"\nwhen = { after = \"60s\" }\ndo = [{ fault = { name = \"login-wall\", lasting = \"30s\" } }]\n",
    );
    let (seven, eight) = (table.ready(7), table.ready(8));
    for id in [seven, eight] {
        for _ in 0..3 {
            table.say(id, &ClientMessage::ReqPositions);
        }
    }
    assert_eq!((ids(&table.heard(seven)), ids(&table.heard(eight))), (vec![62, 62], vec![62, 62, 62]));
    table.say(seven, &ClientMessage::ReqOpenOrders);
    table.say(seven, &ClientMessage::ReqOpenOrders);
    assert_eq!(ids(&table.heard(seven)), [4, 53]);
    table.pass(seconds(59));
    assert_eq!(codes(&mut table, eight), [2110, 2110]);
    table.pass(seconds(2));
    assert_eq!((table.world.entrance(), table.ended.len()), (Entrance::Shut, 2));
    table.pass(seconds(30));
    assert_eq!(table.world.entrance(), Entrance::Open);
}

#[test]
fn the_same_seed_and_scenario_give_the_same_bytes_and_another_seed_others() {
    let run = |seed| {
        let scenario: Scenario = "faults = [\"split-bytes\"]\n[[rule]]\nname = \"x\"\n\
             when = { request = \"positions\", probability = 0.5 }\ndo = [\"drop\"]\n"
            .parse()
            .unwrap();
        let mut table = Table::new(SimConfig { seed, scenario, ..SimConfig::default() });
        let id = table.start(7);
        for _ in 0..40 {
            table.say(id, &ClientMessage::ReqPositions);
        }
        table.pass(seconds(5));
        table.writes
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
