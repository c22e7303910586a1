//! Orders that depend on each other, orders that are modified, and orders that are refused or warned of.

use gatewright_proto::message::account::PositionsMultiRequest;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use gatewright_proto::message::pnl::{PnlRequest, PnlSingleRequest};
use gatewright_proto::{ClientMessage, OrderId, RequestId};
use rust_decimal::Decimal;

use super::table::{MONDAY, Table, errors, ids};
use super::trading::{cancel, far, of_type, order, place, price, seconds, table};
use crate::config::SimConfig;
use crate::core::{ConnId, SimInstant};

fn open(table: &Table) -> Vec<(i32, Decimal)> {
    table.world.snapshot().open_orders.iter().map(|it| (it.order_id.get(), it.remaining)).collect()
}

fn child(quantity: i64, dollars: i64, transmit: bool) -> Order {
    let exit = Order::limit(Way::Sell, quantity.into(), Decimal::from(dollars));
    Order { parent_id: OrderId::new(1), transmit, ..exit }
}

fn grouped(oca_type: i32, order: Order) -> Order {
    Order { oca_group: "group".into(), oca_type, ..order }
}

#[test]
fn the_exits_of_a_bracket_cancel_each_other_without_being_told_to() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, Order { transmit: false, ..of_type("MKT", Way::Buy, 10) });
    place(&mut table, id, 2, child(10, 900, false));
    place(
        &mut table,
        id,
        3,
        Order { aux_price: Some(Decimal::ONE), ..Order { order_type: "STP".into(), ..child(10, 0, true) } },
    );
    seconds(&mut table, 2);
    assert_eq!(order(&table, 1).status, "Filled");
    assert_eq!((order(&table, 2).status, order(&table, 3).status), ("Submitted", "PreSubmitted"));
    let group = order(&table, 2).order.oca_group;
    assert_eq!(group, order(&table, 1).perm_id.to_string());
    place(&mut table, id, 2, child(10, 1, true));
    seconds(&mut table, 2);
    assert_eq!((order(&table, 2).status, order(&table, 3).status), ("Filled", "Cancelled"));
    assert_eq!(table.world.snapshot().positions[0].quantity, Decimal::ZERO);
}

#[test]
fn children_end_with_their_parent_and_cover_what_it_has_filled() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, Order { transmit: false, ..far(10) });
    place(&mut table, id, 2, child(10, 900, true));
    seconds(&mut table, 1);
    assert_eq!(order(&table, 2).status, "PreSubmitted");
    cancel(&mut table, id, 1);
    assert_eq!((order(&table, 1).status, order(&table, 2).status), ("Cancelled", "Cancelled"));

    place(&mut table, id, 3, Order { transmit: false, ..of_type("MKT", Way::Buy, 8_000) });
    place(&mut table, id, 4, Order { parent_id: OrderId::new(3), ..child(8_000, 900, true) });
    seconds(&mut table, 1);
    cancel(&mut table, id, 3);
    seconds(&mut table, 1);
    let (parent, exit) = (order(&table, 3), order(&table, 4));
    assert!(parent.filled > Decimal::ZERO && parent.remaining > Decimal::ZERO);
    assert_eq!((exit.status, exit.remaining), ("Submitted", parent.filled));

    table.heard(id);
    place(&mut table, id, 5, child(1, 900, true));
    place(&mut table, id, 6, Order { parent_id: OrderId::new(99), ..child(1, 900, true) });
    assert_eq!(errors(&table.heard(id)), [(5, 201), (6, 10006)]);
}

#[test]
fn a_fill_cancels_a_group_of_the_first_type_and_shrinks_the_others() {
    for (oca_type, left) in [(1, false), (2, true), (3, true)] {
        let mut table = table();
        let id = table.ready(7);
        place(&mut table, id, 1, grouped(oca_type, far(4_000)));
        place(&mut table, id, 2, grouped(oca_type, of_type("MKT", Way::Buy, 8_000)));
        seconds(&mut table, 1);
        let filling = order(&table, 2);
        assert!(filling.remaining > Decimal::ZERO, "the large order fills in parts");
        let half = (filling.remaining / Decimal::TWO).floor();
        let expected = if left { vec![(1, half), (2, filling.remaining)] } else { vec![(2, filling.remaining)] };
        assert_eq!(open(&table), expected, "type {oca_type}");
        seconds(&mut table, 60);
        assert_eq!(open(&table), [], "type {oca_type}");
    }
}

#[test]
fn price_size_and_type_can_be_changed_and_nothing_else() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, far(5));
    seconds(&mut table, 1);
    let perm_id = order(&table, 1).perm_id;
    place(&mut table, id, 1, far(3));
    assert_eq!((order(&table, 1).remaining, order(&table, 1).status), (Decimal::from(3), "Submitted"));
    place(&mut table, id, 1, Order { action: Way::Sell, ..far(3) });
    let other = PlaceOrder::new(OrderId::new(1), Contract::stock("AAPL"), far(3));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(other)));
    table.pass(std::time::Duration::ZERO);
    assert_eq!(errors(&table.heard(id)), [(1, 105), (1, 105)]);
    place(&mut table, id, 1, of_type("MKT", Way::Buy, 2));
    seconds(&mut table, 1);
    let done = order(&table, 1);
    assert_eq!((done.status, done.filled, done.perm_id), ("Filled", Decimal::TWO, perm_id));
    place(&mut table, id, 1, far(9));
    assert_eq!(errors(&table.heard(id)), [(1, 104)]);
}

#[test]
fn a_change_that_the_account_cannot_carry_leaves_the_order_as_it_was() {
    let mut table = table();
    let id = table.ready(7);
    let low = |quantity: i64| Order::limit(Way::Buy, quantity.into(), Decimal::from(50));
    place(&mut table, id, 1, low(100));
    place(&mut table, id, 1, low(90_000));
    assert_eq!(errors(&table.heard(id)), [(1, 201)]);
    assert_eq!(order(&table, 1).remaining, Decimal::from(100));
}

#[test]
fn twenty_orders_may_be_active_on_a_side_of_a_contract() {
    let mut table = table();
    let id = table.ready(7);
    for number in 1..=21 {
        place(&mut table, id, number, far(1));
    }
    assert_eq!(errors(&table.heard(id)), [(21, 201)]);
    place(&mut table, id, 22, Order::limit(Way::Sell, Decimal::ONE, Decimal::from(900)));
    cancel(&mut table, id, 1);
    place(&mut table, id, 23, far(1));
    assert_eq!(errors(&table.heard(id)), [(1, 202)]);
}

#[test]
fn what_is_sold_short_needs_margin_too() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, of_type("MKT", Way::Sell, 100));
    place(&mut table, id, 2, of_type("MKT", Way::SellShort, 50_000));
    seconds(&mut table, 5);
    assert_eq!(errors(&table.heard(id)), [(2, 201)]);
    let snapshot = table.world.snapshot();
    assert_eq!(snapshot.positions[0].quantity, Decimal::from(-100));
    assert!(snapshot.accounts[0].cash > snapshot.accounts[0].initial_cash);
    cancel(&mut table, id, 2);
    assert_eq!(errors(&table.heard(id)), [(2, 161)]);
    // Whatever the margin says, a position may be closed.
    place(&mut table, id, 3, of_type("MKT", Way::Buy, 100));
    seconds(&mut table, 5);
    assert_eq!(table.world.snapshot().positions[0].quantity, Decimal::ZERO);
}

fn told(table: &mut Table, id: ConnId, number: i32, order: Order) -> Vec<(i32, i32)> {
    place(table, id, number, order);
    seconds(table, 2);
    errors(&table.heard(id))
}

#[test]
fn warnings_leave_the_order_alive() {
    let mut table = Table::new(SimConfig { tif_preset: true, ..SimConfig::default() });
    let id = table.ready(7);
    let day = |order| Order { tif: "DAY".into(), ..order };
    assert_eq!(told(&mut table, id, 1, of_type("MKT", Way::Buy, 10)), [(1, 10349)]);
    let outside = Order { outside_rth: true, ..of_type("MKT", Way::Buy, 10) };
    assert_eq!(told(&mut table, id, 2, day(outside)), [(2, 2109)]);
    assert_eq!(told(&mut table, id, 3, day(of_type("MKT", Way::Sell, 30))), [(3, 2137)]);
    assert_eq!(told(&mut table, id, 4, day(of_type("MKT", Way::Buy, 10))), []);
    assert!((1..=4).all(|number| order(&table, number).status == "Filled"));
}

#[test]
fn profit_and_loss_of_the_day_add_up() {
    let mut table = table();
    let id = table.ready(7);
    price(&mut table, id, 1, Way::Buy);
    seconds(&mut table, 3_600);
    let account = SimConfig::default().accounts[0].clone();
    let check = |table: &mut Table, since: Decimal| {
        table.world.handle_timeout(table.now);
        let snapshot = table.world.snapshot();
        let profit = table.world.profit(&account).unwrap();
        assert_eq!(profit.daily, snapshot.accounts[0].net_liquidation - since);
        let one = table.world.position_profit(&account, snapshot.positions[0].con_id).unwrap();
        assert_eq!((one.profit, one.position), (profit, snapshot.positions[0].quantity));
        profit
    };
    let start = SimConfig::default().cash;
    let first = check(&mut table, start);
    assert_eq!((first.daily, first.realized), (first.unrealized, Decimal::ZERO));
    // Over midnight: the day is measured from the last second before it, which is 52,199 seconds after the start.
    table.pass(SimInstant::from_second(MONDAY.second() + 52_199).since(table.now));
    table.world.handle_timeout(table.now);
    let midnight = table.world.snapshot().accounts[0].net_liquidation;
    seconds(&mut table, 36_000);
    check(&mut table, midnight);
    place(&mut table, id, 2, of_type("MKT", Way::Sell, 1));
    seconds(&mut table, 60);
    let last = check(&mut table, midnight);
    assert_eq!(last.unrealized, Decimal::ZERO);
    assert_ne!(last.realized, Decimal::ZERO);
    assert!(table.world.profit("U999").is_none());
}

#[test]
fn profit_and_loss_is_streamed_when_it_changes() {
    let mut table = table();
    let id = table.ready(7);
    let (account, model_code) = (SimConfig::default().accounts[0].clone(), String::new());
    let all = PnlRequest { req_id: RequestId::new(50), account: account.clone(), model_code: model_code.clone() };
    table.say(id, &ClientMessage::ReqPnl(Box::new(all)));
    assert_eq!(ids(&table.heard(id)), [94]);
    seconds(&mut table, 10);
    assert!(ids(&table.heard(id)).is_empty(), "nothing has changed");
    price(&mut table, id, 1, Way::Buy);
    let con_id = table.world.snapshot().positions[0].con_id;
    let one = PnlSingleRequest { req_id: RequestId::new(51), account, model_code, con_id };
    table.say(id, &ClientMessage::ReqPnlSingle(Box::new(one)));
    seconds(&mut table, 60);
    let heard = table.heard(id);
    let streamed = |message: i32| ids(&heard).iter().filter(|it| **it == message).count();
    assert!(streamed(94) > 3 && streamed(95) > 3);
    table.say(id, &ClientMessage::CancelPnl(RequestId::new(50)));
    table.say(id, &ClientMessage::CancelPnlSingle(RequestId::new(51)));
    seconds(&mut table, 60);
    assert!(ids(&table.heard(id)).is_empty());
    table.say(id, &ClientMessage::CancelPnl(RequestId::new(50)));
    table.say(id, &ClientMessage::CancelPnlSingle(RequestId::new(51)));
    assert_eq!(errors(&table.heard(id)), [(50, 10185), (51, 10186)]);
}

#[test]
fn positions_are_also_told_under_an_id() {
    let mut table = table();
    let id = table.ready(7);
    price(&mut table, id, 1, Way::Buy);
    table.heard(id);
    for (account, expected) in [("", vec![71, 72]), ("DU1234567", vec![71, 72]), ("U999", vec![4])] {
        let (req_id, model_code) = (RequestId::new(60), String::new());
        let request = PositionsMultiRequest { req_id, account: account.into(), model_code };
        table.say(id, &ClientMessage::ReqPositionsMulti(Box::new(request)));
        assert_eq!(ids(&table.heard(id)), expected);
    }
}
