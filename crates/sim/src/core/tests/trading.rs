//! How orders of each type and time in force meet the market.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, CancelOrder, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors};
use crate::config::SimConfig;
use crate::core::ConnId;
use crate::snapshot::OrderSnapshot;

/// Cheap enough for orders that are larger than anything on show.
const SYMBOL: &str = "NFLX";

/// More than is ever on show of that symbol.
const LARGE: i64 = 8_000;

pub(super) fn table() -> Table {
    Table::new(SimConfig::default())
}

pub(super) fn place(table: &mut Table, id: ConnId, order_id: i32, order: Order) {
    let place = PlaceOrder::new(OrderId::new(order_id), Contract::stock(SYMBOL), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
}

pub(super) fn cancel(table: &mut Table, id: ConnId, order_id: i32) {
    table.say(id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(order_id))));
}

pub(super) fn of_type(order_type: &str, way: Way, quantity: i64) -> Order {
    Order { order_type: order_type.into(), ..Order::market(way, quantity.into()) }
}

/// So far from the market that it never fills.
pub(super) fn far(quantity: i64) -> Order {
    Order { tif: "GTC".into(), ..Order::limit(Way::Buy, quantity.into(), Decimal::ONE) }
}

pub(super) fn seconds(table: &mut Table, seconds: u64) {
    table.pass(Duration::from_secs(seconds));
}

/// One order, wherever it stands.
pub(super) fn order(table: &Table, order_id: i32) -> OrderSnapshot {
    let snapshot = table.world.snapshot();
    let mut all = snapshot.open_orders.iter().chain(&snapshot.completed_orders);
    all.find(|order| order.order_id.get() == order_id).expect("an order of that number").clone()
}

/// The market's price as an order of one share finds it.
pub(super) fn price(table: &mut Table, id: ConnId, order_id: i32, way: Way) -> Decimal {
    place(table, id, order_id, of_type("MKT", way, 1));
    seconds(table, 1);
    order(table, order_id).average_price.unwrap()
}

#[test]
fn a_large_order_takes_what_is_on_show_second_by_second() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, of_type("MKT", Way::Buy, LARGE));
    seconds(&mut table, 60);
    let snapshot = table.world.snapshot();
    assert!(snapshot.executions.len() > 2, "{}", snapshot.executions.len());
    let done = order(&table, 1);
    assert_eq!((done.status, done.remaining), ("Filled", Decimal::ZERO));
    assert_eq!(done.commission, Some(Decimal::from(40)), "the least is charged once, not per fill");
    let heard = table.heard(id);
    let (mut filled, mut fees) = (Decimal::ZERO, Decimal::ZERO);
    for message in &heard {
        match message {
            ServerMessage::OrderStatus(status) => {
                assert_eq!(status.filled + status.remaining, Decimal::from(LARGE));
                assert!(status.filled >= filled);
                filled = status.filled;
                let whole = status.remaining.is_zero();
                assert_eq!(status.status == "Filled", whole);
            }
            ServerMessage::CommissionReport(report) => fees += report.commission.unwrap(),
            _ => {}
        }
    }
    assert_eq!(fees, Decimal::from(40));
    assert!(snapshot.executions.windows(2).all(|pair| pair[0].execution.cum_qty < pair[1].execution.cum_qty));
}

#[test]
fn who_comes_first_at_a_price_is_filled_first_and_a_better_price_before_both() {
    let mut table = table();
    let (one, two) = (table.ready(1), table.ready(2));
    let buy = |cents| Order::limit(Way::Buy, Decimal::from(4_000), Decimal::new(cents, 2));
    // Beyond any market, so that only the queue decides.
    place(&mut table, one, 1, buy(15_000));
    seconds(&mut table, 1);
    place(&mut table, two, 2, buy(15_000));
    seconds(&mut table, 1);
    place(&mut table, one, 3, buy(15_100));
    seconds(&mut table, 200);
    let done: Vec<i32> = table.world.snapshot().completed_orders.iter().map(|it| it.order_id.get()).collect();
    assert_eq!(done.len(), 3);
    let place_of = |id| done.iter().position(|it| *it == id).unwrap();
    assert!(place_of(1) < place_of(2), "{done:?}");
    assert!(place_of(3) < place_of(2), "{done:?}");
}

#[test]
fn an_order_of_the_moment_fills_in_part_or_not_at_all() {
    let mut table = table();
    let id = table.ready(7);
    let at_once = |tif: &str, quantity| Order { tif: tif.into(), ..of_type("MKT", Way::Buy, quantity) };
    place(&mut table, id, 1, at_once("IOC", LARGE));
    place(&mut table, id, 2, at_once("FOK", LARGE));
    seconds(&mut table, 1);
    let mut told = errors(&table.heard(id));
    told.sort_unstable();
    assert_eq!(told, [(1, 202), (2, 202)]);
    let (part, none) = (order(&table, 1), order(&table, 2));
    assert!(part.filled > Decimal::ZERO && part.remaining > Decimal::ZERO);
    assert_eq!((part.status, none.status, none.filled), ("Cancelled", "Cancelled", Decimal::ZERO));
    seconds(&mut table, 5);
    place(&mut table, id, 3, at_once("FOK", 10));
    seconds(&mut table, 1);
    assert_eq!(order(&table, 3).status, "Filled");
}

#[test]
fn a_trailing_stop_follows_the_market_and_never_turns_back() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, of_type("MKT", Way::Buy, 20));
    let amount = Order { aux_price: Some(Decimal::new(20, 2)), ..of_type("TRAIL", Way::Sell, 10) };
    let percent = Order { trailing_percent: Some(Decimal::new(25, 2)), ..of_type("TRAIL", Way::Sell, 10) };
    place(&mut table, id, 2, amount);
    place(&mut table, id, 3, percent);
    let mut highest = [Decimal::ZERO; 2];
    for _ in 0..400 {
        seconds(&mut table, 30);
        for (number, best) in [2, 3].into_iter().zip(&mut highest) {
            let now = order(&table, number);
            let stop = now.order.trail_stop_price.expect("a stop");
            assert!(stop >= *best, "order {number} went back from {best} to {stop}");
            *best = stop;
        }
    }
    for (number, stop) in [2, 3].into_iter().zip(highest) {
        let done = order(&table, number);
        assert_eq!(done.status, "Filled", "the market comes back by 20 cents within hours");
        assert!((done.average_price.unwrap() - stop).abs() < Decimal::from(2));
    }
}

#[test]
fn a_trailing_limit_keeps_its_distance_from_its_stop() {
    let mut table = table();
    let id = table.ready(7);
    let market = price(&mut table, id, 1, Way::Buy);
    let trail = Order {
        aux_price: Some(Decimal::new(50, 2)),
        trail_stop_price: Some(market - Decimal::new(50, 2)),
        lmt_price: Some(market - Decimal::new(60, 2)),
        ..of_type("TRAIL LIMIT", Way::Sell, 1)
    };
    place(&mut table, id, 2, trail);
    seconds(&mut table, 600);
    let now = order(&table, 2).order;
    assert_eq!(now.lmt_price_offset, Some(Decimal::new(10, 2)));
    assert_eq!(now.trail_stop_price.unwrap() - now.lmt_price.unwrap(), Decimal::new(10, 2));
}

#[test]
fn touched_orders_wait_for_a_better_price_and_stops_for_a_worse_one() {
    let mut table = table();
    let id = table.ready(7);
    let at = |order_type: &str, dollars: i64| Order {
        aux_price: Some(Decimal::from(dollars)),
        lmt_price: Some(Decimal::from(900)),
        ..of_type(order_type, Way::Buy, 1)
    };
    let cases = [("MIT", 900, true), ("MIT", 1, false), ("LIT", 900, true), ("LIT", 1, false)];
    let stops = [("STP", 1, true), ("STP", 900, false), ("STP LMT", 1, true), ("STP LMT", 900, false)];
    for (number, (order_type, trigger, fills)) in (1..).zip(cases.into_iter().chain(stops)) {
        place(&mut table, id, number, at(order_type, trigger));
        seconds(&mut table, 2);
        let expected = if fills { "Filled" } else { "PreSubmitted" };
        assert_eq!(order(&table, number).status, expected, "{order_type} at {trigger}");
    }
}

#[test]
fn an_order_with_an_end_ends_by_itself() {
    let mut table = table();
    let id = table.ready(7);
    let until = |minute: i32| Order {
        tif: "GTD".into(),
        good_till_date: format!("20260302 09:{minute}:00 US/Eastern"),
        ..far(1)
    };
    place(&mut table, id, 1, until(40));
    place(&mut table, id, 2, until(40));
    seconds(&mut table, 5);
    place(&mut table, id, 2, until(50));
    seconds(&mut table, 600);
    assert_eq!((order(&table, 1).status, order(&table, 2).status), ("Cancelled", "Submitted"));
    assert_eq!(errors(&table.heard(id)), [(1, 202)]);
    seconds(&mut table, 600);
    assert_eq!(order(&table, 2).status, "Cancelled");
}

#[test]
fn an_order_waits_for_its_own_time() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, Order { good_after_time: "20260302 09:40:00".into(), ..of_type("MKT", Way::Buy, 1) });
    seconds(&mut table, 599);
    assert_eq!(order(&table, 1).status, "PreSubmitted");
    seconds(&mut table, 2);
    assert_eq!(order(&table, 1).status, "Filled");
    assert!(errors(&table.heard(id)).is_empty());
}

#[test]
fn all_or_none_and_the_smallest_fill_are_kept() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, Order { all_or_none: true, ..of_type("MKT", Way::Buy, LARGE) });
    place(&mut table, id, 2, Order { min_qty: Some(2_000), ..of_type("MKT", Way::Buy, 3_000) });
    seconds(&mut table, 120);
    assert_eq!(order(&table, 1).filled, Decimal::ZERO);
    let fills: Vec<Decimal> = table.world.snapshot().executions.iter().map(|it| it.execution.shares).collect();
    assert!(fills.first().is_some_and(|first| *first >= Decimal::from(2_000)), "{fills:?}");
    cancel(&mut table, id, 1);
    assert_eq!(order(&table, 1).status, "Cancelled");
}
