//! Restarts, moves to another port, and what comes after them.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, CancelOrder, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Ended, FREE_PORT, errors, greeting, ids};
use super::trouble::{buy, clear, codes, plain, seconds, set, ticks, with};
use crate::core::{ConnId, Entrance};
use crate::fault::Fault;

fn last_text(messages: &[ServerMessage]) -> String {
    let Some(ServerMessage::Error(last)) = messages.last() else { panic!("a notice: {messages:?}") };
    last.text.clone()
}

#[test]
fn a_move_names_the_new_port_and_drops_everybody_once() {
    for (parameters, port) in [("", FREE_PORT), ("[parameters]\nnew-port = 4003", 4003)] {
        let mut table = with(parameters);
        let id = table.ready(7);
        set(&mut table, Fault::PortReset);
        let heard = table.heard(id);
        assert_eq!(errors(&heard), [(-1, 1300)]);
        assert!(last_text(&heard).ends_with(&format!(" - {port}")), "{}", last_text(&heard));
        assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
        // On the new port everything works, although the fault is still on.
        table.ready(7);
        table.pass(seconds(60));
        assert_eq!(table.ended.len(), 1);
        // Another move needs another switch.
        clear(&mut table, Fault::PortReset);
        set(&mut table, Fault::PortReset);
        assert_eq!(table.ended.len(), 2);
    }
}

#[test]
fn a_move_waits_for_somebody_to_tell() {
    let mut table = plain();
    set(&mut table, Fault::PortReset);
    table.pass(seconds(60));
    let id = table.start(7);
    table.pass(seconds(1));
    table.greeting_heard(id).unwrap();
    assert_eq!(codes(&mut table, id), [2104, 2106, 2158, 1300]);
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
}

#[test]
fn the_first_connections_after_a_restart_may_fail() {
    let mut table = with("[parameters]\nfailing-connects = 2");
    set(&mut table, Fault::NightlyRestart);
    table.pass(seconds(33));
    for _ in 0..2 {
        let id = table.connect();
        assert_eq!(table.ended.get(&id), Some(&Ended::Reset));
    }
    table.ready(7);
}

#[test]
fn a_gateway_may_come_back_with_another_version() {
    let mut table = with("[parameters]\nversion-after-restart = 176");
    let version = |table: &mut super::table::Table| {
        let id = table.connect();
        table.bytes(id, &greeting(100, 178));
        table.greeting_heard(id).unwrap().version.get()
    };
    assert_eq!(version(&mut table), 178);
    set(&mut table, Fault::NightlyRestart);
    table.pass(seconds(33));
    assert_eq!(version(&mut table), 176);
    assert!("[parameters]\nversion-after-restart = 99".parse::<crate::Scenario>().is_err());
}

#[test]
fn an_order_of_yesterday_cannot_be_cancelled_by_its_id() {
    let cancel = |order| ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(order)));
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &buy(1));
    table.pass(seconds(5));
    table.say(id, &cancel(1));
    assert_eq!(codes(&mut table, id), [10148]);
    set(&mut table, Fault::NightlyRestart);
    table.pass(seconds(33));
    let id = table.ready(7);
    table.say(id, &cancel(1));
    assert_eq!(codes(&mut table, id), [10147]);
}

#[test]
fn a_client_too_many_is_turned_away_as_asked() {
    for (how, ended) in [("close", Some(Ended::Closed)), ("reset", Some(Ended::Reset)), ("silence", None)] {
        let text = format!("faults = [\"client-limit\"]\n[parameters]\nmax-clients = 1\nturned-away = \"{how}\"");
        let mut table = with(&text);
        table.ready(1);
        let id = table.connect();
        assert_eq!(table.ended.get(&id).copied(), ended, "{how}");
        if ended.is_none() {
            table.bytes(id, &greeting(100, 178));
            table.pass(seconds(60));
            assert!(table.greeting_heard(id).is_none());
        }
    }
}

#[test]
fn an_outage_that_loses_data_ends_every_subscription_and_says_so_of_bars() {
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &ticks(1));
    table.say(id, &super::determinism::five_second_bars(2, "AAPL"));
    let live = super::determinism::history(3, "AAPL", "3600 S", "5 mins", true);
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(live)));
    table.pass(seconds(20));
    set(&mut table, Fault::OutageLost);
    table.heard(id);
    clear(&mut table, Fault::OutageLost);
    assert_eq!(errors(&table.heard(id)), [(3, 10182), (2, 10182), (-1, 1101)]);
    table.pass(seconds(60));
    assert_eq!(table.heard(id), []);
}

#[test]
fn data_comes_back_late_after_a_competing_session() {
    let mut table = with("[parameters]\ndata-back-after = \"15m\"");
    let id = table.ready(7);
    table.say(id, &ticks(1));
    set(&mut table, Fault::CompetingSession);
    clear(&mut table, Fault::CompetingSession);
    table.heard(id);
    table.pass(seconds(899));
    assert_eq!(table.heard(id), []);
    table.pass(seconds(5));
    assert!(ids(&table.heard(id)).contains(&1));
}

#[test]
fn what_becomes_of_orders_in_an_outage_is_found_only_by_asking() {
    let mut table = plain();
    let id = table.ready(7);
    set(&mut table, Fault::OutageHidesOrders);
    set(&mut table, Fault::OutageKept);
    table.heard(id);
    table.say(id, &buy(1));
    // The Gateway itself has taken it.
    assert_eq!(ids(&table.heard(id)), [5, 3]);
    table.pass(seconds(10));
    assert_eq!(table.heard(id), []);
    table.say(id, &ClientMessage::ReqExecutions(Box::default()));
    assert_eq!(ids(&table.heard(id)), [11, 59, 55]);
    clear(&mut table, Fault::OutageKept);
    table.heard(id);
    table.pass(seconds(10));
    assert_eq!(table.heard(id), []);
    assert_eq!(table.world.entrance(), Entrance::Open);
}

#[test]
fn requests_before_the_farms_are_there_are_never_answered() {
    let mut table = plain();
    set(&mut table, Fault::EarlyRequestsLost);
    let id: ConnId = table.start(7);
    table.greeting_heard(id).unwrap();
    table.say(id, &ticks(1));
    table.say(id, &ClientMessage::ReqPositions);
    assert_eq!(ids(&table.heard(id)), [15, 9, 62]);
    table.pass(seconds(2));
    assert_eq!(codes(&mut table, id), [2104, 2106, 2158]);
    table.say(id, &ticks(2));
    assert!(ids(&table.heard(id)).contains(&1));
    let order = Order::market(Way::Buy, Decimal::ONE);
    let place = PlaceOrder::new(OrderId::new(1), Contract::stock("AAPL"), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
    assert!(ids(&table.heard(id)).contains(&5));
}
