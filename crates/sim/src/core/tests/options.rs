//! Options exercised, left to lapse, ended.

use std::sync::Arc;
use std::time::Duration;

use gatewright_proto::message::option::ExerciseOptions;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, ConId, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors, ids};
use super::trading::{of_type, seconds, table};
use crate::catalogue::{Instrument, Right};
use crate::core::ConnId;

const ACCOUNT: &str = "DU1234567";

const EXERCISE: i32 = 1;

const LAPSE: i32 = 2;

/// The option on AAPL of the nearest expiry whose strike is nearest to the price.
pub(super) fn at_the_money(table: &Table, right: Right) -> Arc<Instrument> {
    strike_away(table, right, 0)
}

/// The same so many strikes up (or down).
fn strike_away(table: &Table, right: Right, away: i64) -> Arc<Instrument> {
    let apple = ConId::new(265_598);
    let world = &table.world;
    let price = world.last_price(apple).unwrap();
    let strike = |it: &Instrument| it.terms.as_ref().and_then(|terms| terms.option).unwrap().0;
    let mut found: Vec<_> = world
        .catalogue
        .iter()
        .filter(|it| it.terms.as_ref().is_some_and(|terms| terms.under == apple && terms.option.is_some()))
        .filter(|it| it.terms.as_ref().unwrap().option.unwrap().1 == right)
        .cloned()
        .collect();
    let first = found.iter().map(|it| it.terms.as_ref().unwrap().last_trade).min().unwrap();
    found.retain(|it| it.terms.as_ref().unwrap().last_trade == first);
    found.sort_by_key(|it| strike(it));
    let nearest = (0..found.len()).min_by_key(|at| (strike(&found[*at]) - price).abs()).unwrap();
    let at = i64::try_from(nearest).unwrap() + away;
    Arc::clone(&found[usize::try_from(at).unwrap()])
}

pub(super) fn place_option(table: &mut Table, id: ConnId, order_id: i32, option: &Instrument, order: Order) {
    let place = PlaceOrder::new(OrderId::new(order_id), option.contract("SMART"), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
}

fn trade(table: &mut Table, id: ConnId, order_id: i32, option: &Instrument, way: Way, quantity: i64) {
    place_option(table, id, order_id, option, of_type("MKT", way, quantity));
    seconds(table, 10);
    table.heard(id);
    let _ = position(table, option.con_id);
}

fn instruct(
    table: &mut Table,
    id: ConnId,
    number: i32,
    option: &Instrument,
    (action, count, overrides): (i32, i32, i32),
) {
    let request = ExerciseOptions {
        req_id: RequestId::new(number),
        contract: option.contract("SMART"),
        exercise_action: action,
        exercise_quantity: count,
        r#override: overrides,
        ..ExerciseOptions::default()
    };
    table.say(id, &ClientMessage::ExerciseOptions(Box::new(request)));
}

fn position(table: &Table, con_id: ConId) -> Decimal {
    table.world.ledgers[ACCOUNT].holding(con_id).quantity
}

/// Cash and the cost of everything are what there was at the start and what was realised.
fn balances(table: &Table) {
    let ledger = &table.world.ledgers[ACCOUNT];
    let cost: Decimal = ledger.holdings().map(|(_, holding)| holding.cost).sum();
    assert_eq!(ledger.cash() + cost, ledger.initial() + ledger.realized());
}

fn to_the_end(table: &mut Table, option: &Instrument) {
    let last_trade = option.terms.as_ref().unwrap().last_trade;
    let end = table.world.new_york.second(last_trade.at(16, 0, 1, 0)).unwrap();
    let left = u64::try_from(end - table.now.second()).unwrap();
    table.pass(Duration::from_secs(left));
}

#[test]
fn an_exercised_call_becomes_shares_at_the_strike_without_a_commission() {
    let mut table = table();
    let id = table.ready(7);
    let call = strike_away(&table, Right::Call, -4);
    trade(&mut table, id, 1, &call, Way::Buy, 3);
    let before = table.world.ledgers[ACCOUNT].cash();
    instruct(&mut table, id, 2, &call, (EXERCISE, 2, 0));
    let heard = table.heard(id);
    assert_eq!(ids(&heard), [11, 11, 3, 59, 59]);
    let ServerMessage::OrderStatus(status) = &heard[2] else { panic!() };
    assert_eq!((status.order_id.get(), status.status.as_str(), status.filled), (2, "Filled", Decimal::TWO));
    let ServerMessage::CommissionReport(report) = &heard[4] else { panic!() };
    assert_eq!(report.commission, Some(Decimal::ZERO));
    let (strike, _) = call.terms.as_ref().unwrap().option.unwrap();
    let shares = Decimal::from(200);
    let under = call.terms.as_ref().unwrap().under;
    assert_eq!((position(&table, call.con_id), position(&table, under)), (Decimal::ONE, shares));
    assert_eq!(before - table.world.ledgers[ACCOUNT].cash(), shares * strike);
    assert_eq!(table.world.snapshot().executions.len(), 3);
    balances(&table);
}

#[test]
fn instructions_that_make_no_sense_are_refused_under_their_own_number() {
    let mut table = table();
    let id = table.ready(7);
    let (rich, poor) = (strike_away(&table, Right::Call, -4), strike_away(&table, Right::Call, 4));
    trade(&mut table, id, 1, &rich, Way::Buy, 1);
    trade(&mut table, id, 2, &poor, Way::Buy, 1);
    instruct(&mut table, id, 10, &rich, (EXERCISE, 2, 0));
    instruct(&mut table, id, 11, &rich, (LAPSE, 1, 0));
    instruct(&mut table, id, 12, &poor, (EXERCISE, 1, 0));
    instruct(&mut table, id, 13, &poor, (3, 1, 0));
    instruct(&mut table, id, 14, &poor, (EXERCISE, 0, 0));
    let stock = table.world.catalogue.get(ConId::new(265_598)).unwrap().clone();
    instruct(&mut table, id, 15, &stock, (EXERCISE, 1, 0));
    let expected = [(10, 201), (11, 201), (12, 201), (13, 321), (14, 321), (15, 321)];
    assert_eq!(errors(&table.heard(id)), expected);
    // Whoever insists gets what the market would not give.
    instruct(&mut table, id, 16, &poor, (EXERCISE, 1, 1));
    assert_eq!(ids(&table.heard(id)), [11, 11, 3, 59, 59]);
    balances(&table);
}

#[test]
fn on_the_last_day_what_is_in_the_money_is_exercised_and_the_rest_is_gone() {
    let mut table = table();
    let id = table.ready(7);
    let (rich, lapsing) = (strike_away(&table, Right::Call, -9), strike_away(&table, Right::Call, -10));
    let (poor, sold) = (strike_away(&table, Right::Call, 9), strike_away(&table, Right::Put, 9));
    for (number, option, way) in
        [(1, &rich, Way::Buy), (2, &lapsing, Way::Buy), (3, &poor, Way::Buy), (4, &sold, Way::Sell)]
    {
        trade(&mut table, id, number, option, way, 1);
        assert_eq!(position(&table, option.con_id).abs(), Decimal::ONE);
    }
    instruct(&mut table, id, 10, &lapsing, (LAPSE, 1, 1));
    let heard = table.heard(id);
    let ServerMessage::OrderStatus(status) = &heard[0] else { panic!() };
    assert_eq!((status.order_id.get(), status.status.as_str()), (10, "PreSubmitted"));
    to_the_end(&mut table, &rich);
    for option in [&rich, &lapsing, &poor, &sold] {
        assert_eq!(position(&table, option.con_id), Decimal::ZERO, "{}", option.local_symbol);
    }
    // One call exercised, and one sold put assigned: both bring a hundred shares.
    assert_eq!(position(&table, ConId::new(265_598)), Decimal::from(200));
    balances(&table);
}
