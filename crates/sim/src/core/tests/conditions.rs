//! Orders that wait for something, and amounts of money.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Conjunction, Order, OrderCondition, PlaceOrder, Trigger};
use gatewright_proto::{ClientMessage, ConId, OrderId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors};
use super::trading::{far, order, place, price, seconds, table};
use crate::core::ConnId;

const APPLE: ConId = ConId::new(265_598);

fn when(trigger: Trigger) -> Vec<OrderCondition> {
    vec![OrderCondition { conjunction: Conjunction::And, trigger }]
}

fn buys(conditions: Vec<OrderCondition>) -> Order {
    Order { conditions, ..Order::market(Way::Buy, Decimal::ONE) }
}

fn time(text: &str) -> Trigger {
    Trigger::Time { is_more: true, time: text.into() }
}

fn apple_price(table: &Table) -> Decimal {
    table.world.last_price(APPLE).unwrap()
}

fn above(price: Decimal) -> Trigger {
    Trigger::Price { is_more: true, price, con_id: APPLE, exchange: "SMART".into(), trigger_method: 0 }
}

/// The status of order 1 at once and after some time, and whether it has filled.
fn story(table: &mut Table, id: ConnId, conditions: Vec<OrderCondition>, wait: u64) -> (String, String) {
    place(table, id, 1, buys(conditions));
    seconds(table, 2);
    let first = order(table, 1).status.to_owned();
    seconds(table, wait);
    (first, order(table, 1).status.to_owned())
}

fn waits_then_fills() -> (String, String) {
    ("PreSubmitted".into(), "Filled".into())
}

#[test]
fn an_order_waits_for_a_time() {
    let mut table = table();
    let id = table.ready(7);
    // It is 09:30:00 in New York.
    assert_eq!(story(&mut table, id, when(time("20260302 09:31:00 US/Eastern")), 60), waits_then_fills());
    let filled = table.world.snapshot().executions[0].execution.time.clone();
    assert!(filled.starts_with("20260302 09:31:00"), "{filled}");
}

#[test]
fn an_order_waits_for_a_price_of_another_instrument() {
    let mut table = table();
    let id = table.ready(7);
    let wanted = apple_price(&table) + Decimal::new(2, 2);
    place(&mut table, id, 1, buys(when(above(wanted))));
    seconds(&mut table, 1);
    assert_eq!(order(&table, 1).status, "PreSubmitted");
    for _ in 0..7_200 {
        let holds = apple_price(&table) >= wanted;
        seconds(&mut table, 1);
        if order(&table, 1).status == "Filled" {
            break;
        }
        assert!(!holds, "the condition holds, and the order waits");
    }
    assert_eq!(order(&table, 1).status, "Filled");
    assert_eq!(table.world.snapshot().executions[0].contract.symbol, "NFLX");
}

#[test]
fn a_condition_that_holds_already_keeps_nothing_back() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, buys(when(above(Decimal::ONE))));
    seconds(&mut table, 1);
    assert_eq!(order(&table, 1).status, "Filled");
}

#[test]
fn an_order_waits_for_an_execution_a_volume_a_margin_and_a_change() {
    let executed = Trigger::Execution { sec_type: "STK".into(), exchange: "SMART".into(), symbol: "NFLX".into() };
    let mut table = table();
    let id = table.ready(7);
    // What was executed before it does not count.
    price(&mut table, id, 1, Way::Buy);
    place(&mut table, id, 2, buys(when(executed)));
    seconds(&mut table, 60);
    assert_eq!(order(&table, 2).status, "PreSubmitted");
    price(&mut table, id, 3, Way::Buy);
    seconds(&mut table, 2);
    assert_eq!(order(&table, 2).status, "Filled");

    let volume = table.world.day_so_far(APPLE, table.now.second()).unwrap().bar.volume;
    let (exchange, con_id) = ("SMART".to_owned(), APPLE);
    let reaches = Trigger::Volume { is_more: true, volume: volume + 1_000, con_id, exchange: exchange.clone() };
    place(&mut table, id, 4, buys(when(reaches)));
    assert_eq!(order(&table, 4).status, "PreSubmitted");
    seconds(&mut table, 600);
    assert_eq!(order(&table, 4).status, "Filled");

    // Nearly everything is free, so a cushion of at most one percent never comes.
    let never = Trigger::Margin { is_more: false, percent: Decimal::ONE };
    let always = Trigger::Margin { is_more: true, percent: Decimal::ONE };
    let no_change = Trigger::PercentChange {
        is_more: true,
        change_percent: Decimal::ONE_HUNDRED,
        con_id,
        exchange: exchange.clone(),
    };
    let any_change = Trigger::PercentChange { is_more: false, change_percent: Decimal::ONE_HUNDRED, con_id, exchange };
    for (number, trigger, filled) in
        [(5, never, false), (6, always, true), (7, no_change, false), (8, any_change, true)]
    {
        place(&mut table, id, number, buys(when(trigger)));
        seconds(&mut table, 60);
        assert_eq!(order(&table, number).status == "Filled", filled, "order {number}");
    }
}

#[test]
fn conditions_may_cancel_instead() {
    let mut table = table();
    let id = table.ready(7);
    let order_of = |conditions| Order { conditions, conditions_cancel_order: true, ..far(5) };
    place(&mut table, id, 1, order_of(when(time("20260302 09:31:00 US/Eastern"))));
    seconds(&mut table, 30);
    assert_eq!(order(&table, 1).status, "Submitted");
    table.heard(id);
    seconds(&mut table, 60);
    assert_eq!(order(&table, 1).status, "Cancelled");
    assert_eq!(errors(&table.heard(id)), [(1, 202)]);
}

#[test]
fn conditions_can_be_changed_and_are_told_back() {
    let mut table = table();
    let id = table.ready(7);
    let late = when(time("20260302 12:00:00 US/Eastern"));
    place(&mut table, id, 1, buys(late.clone()));
    let heard = table.heard(id);
    let Some(ServerMessage::OpenOrder(open)) = heard.first() else { panic!("{heard:?}") };
    assert_eq!((open.order.conditions.clone(), open.order_state.status.as_str()), (late, "PreSubmitted"));
    place(&mut table, id, 1, buys(when(time("20260302 09:30:30 US/Eastern"))));
    seconds(&mut table, 40);
    assert_eq!(order(&table, 1).status, "Filled");
    // One that waits can be cancelled like any other.
    place(&mut table, id, 2, buys(when(time("20260302 12:00:00 US/Eastern"))));
    super::trading::cancel(&mut table, id, 2);
    assert_eq!(order(&table, 2).status, "Cancelled");
}

#[test]
fn conditions_about_nothing_are_refused() {
    let mut table = table();
    let id = table.ready(7);
    let unknown = Trigger::Volume { is_more: true, volume: 1, con_id: ConId::new(4_711), exchange: "SMART".into() };
    place(&mut table, id, 1, buys(when(unknown)));
    place(&mut table, id, 2, buys(when(time("soon"))));
    assert_eq!(errors(&table.heard(id)), [(1, 321), (2, 321)]);
}

#[test]
fn money_buys_currencies_and_nothing_else() {
    let mut table = table();
    let id = table.ready(7);
    let cash = |cash: i64| Order { cash_qty: Some(cash.into()), ..Order::market(Way::Buy, Decimal::ZERO) };
    place(&mut table, id, 1, cash(1_000));
    assert_eq!(errors(&table.heard(id)), [(1, 10244)]);
    let euro = Contract { sec_type: "CASH".into(), exchange: "IDEALPRO".into(), ..Contract::stock("EUR") };
    let euros = PlaceOrder::new(OrderId::new(2), euro, cash(50_000));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(euros)));
    seconds(&mut table, 5);
    let done = order(&table, 2);
    assert_eq!(done.status, "Filled");
    let paid = done.filled * done.average_price.unwrap();
    assert!(paid <= Decimal::from(50_100) && paid > Decimal::from(49_800), "{paid}");
    assert_eq!(done.order.cash_qty, Some(Decimal::from(50_000)));
}
