//! Orders: placed, filled, modified, cancelled, refused.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::order::{
    Action as Way, CancelOrder, GlobalCancel, Order, PlaceOrder, ReqCompletedOrders,
};
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::table::{Table, errors, ids};
use crate::config::SimConfig;
use crate::core::ConnId;

fn table() -> Table {
    Table::new(SimConfig::default())
}

fn place(table: &mut Table, id: ConnId, order_id: i32, order: Order) {
    let place = PlaceOrder::new(OrderId::new(order_id), Contract::stock("AAPL"), order);
    table.say(id, &ClientMessage::PlaceOrder(Box::new(place)));
}

fn cancel(table: &mut Table, id: ConnId, order_id: i32) {
    table.say(id, &ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(order_id))));
}

fn market(quantity: i64) -> Order {
    Order { order_ref: "mine".into(), ..Order::market(Way::Buy, Decimal::from(quantity)) }
}

/// So far below the market that it never fills.
fn far(quantity: i64) -> Order {
    Order { tif: "GTC".into(), ..Order::limit(Way::Buy, Decimal::from(quantity), Decimal::ONE) }
}

fn statuses(messages: &[ServerMessage]) -> Vec<(i32, String)> {
    messages
        .iter()
        .filter_map(|message| match message {
            ServerMessage::OrderStatus(status) => Some((status.order_id.get(), status.status.clone())),
            _ => None,
        })
        .collect()
}

fn settle(table: &mut Table, id: ConnId) -> Vec<ServerMessage> {
    table.pass(Duration::from_secs(1));
    table.heard(id)
}

#[test]
fn a_market_order_is_acknowledged_executed_and_charged_in_this_order() {
    let mut table = table();
    let id = table.ready(7);
    table.say(id, &ClientMessage::ReqPositions);
    place(&mut table, id, 1, market(200));
    let heard = settle(&mut table, id);
    assert_eq!(ids(&heard), [62, 5, 3, 11, 5, 3, 59, 61]);
    let ServerMessage::ExecDetails(executed) = &heard[3] else { panic!() };
    assert_eq!((executed.req_id, executed.execution.shares), (RequestId::NONE, Decimal::from(200)));
    assert_eq!((executed.execution.order_ref.as_str(), executed.execution.client_id), ("mine", ClientId::new(7)));
    let ServerMessage::OpenOrder(open) = &heard[4] else { panic!() };
    assert_eq!((open.order_state.status.as_str(), open.order_state.commission), ("Filled", Some(Decimal::ONE)));
    let ServerMessage::CommissionReport(report) = &heard[6] else { panic!() };
    assert_eq!((&report.exec_id, report.realized_pnl), (&executed.execution.exec_id, None));
    let ServerMessage::Position(position) = &heard[7] else { panic!() };
    assert_eq!(position.position, Decimal::from(200));
    let cost = executed.execution.price + Decimal::new(5, 3);
    assert_eq!(position.avg_cost, Some(cost));
}

#[test]
fn a_far_limit_order_rests_is_changed_and_is_cancelled() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, far(5));
    assert_eq!(statuses(&settle(&mut table, id)), [(1, "PreSubmitted".into()), (1, "Submitted".into())]);
    place(&mut table, id, 1, Order { lmt_price: Some(Decimal::TWO), ..far(5) });
    assert_eq!(statuses(&settle(&mut table, id)), [(1, "PreSubmitted".into()), (1, "Submitted".into())]);
    assert_eq!(table.world.snapshot().open_orders[0].order.lmt_price, Some(Decimal::TWO));
    cancel(&mut table, id, 1);
    let heard = table.heard(id);
    assert_eq!((statuses(&heard), errors(&heard)), (vec![(1, "Cancelled".into())], vec![(1, 202)]));
    cancel(&mut table, id, 1);
    cancel(&mut table, id, 99);
    assert_eq!(errors(&table.heard(id)), [(1, 10148), (99, 10147)]);
}

#[test]
fn a_resting_order_fills_at_its_own_price_when_the_market_crosses_it() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, market(1));
    settle(&mut table, id);
    let bought = table.world.snapshot().executions[0].execution.price;
    let limit = bought - Decimal::new(3, 2);
    place(&mut table, id, 2, Order::limit(Way::Buy, Decimal::TEN, limit));
    table.pass(Duration::from_secs(7_200));
    let snapshot = table.world.snapshot();
    let fill = &snapshot.executions.get(1).expect("the market moves by three cents in two hours").execution;
    assert_eq!((fill.price, fill.last_liquidity), (limit, 1));
}

#[test]
fn a_stop_order_waits_for_its_stop() {
    let mut table = table();
    let id = table.ready(7);
    let stop = Order { order_type: "STP".into(), aux_price: Some(Decimal::from(900)), ..market(1) };
    place(&mut table, id, 1, stop.clone());
    assert_eq!(statuses(&settle(&mut table, id)), [(1, "PreSubmitted".into()), (1, "PreSubmitted".into())]);
    place(&mut table, id, 2, Order { aux_price: Some(Decimal::ONE), ..stop });
    assert_eq!(table.world.snapshot().open_orders.len(), 2);
    settle(&mut table, id);
    assert_eq!(table.world.snapshot().open_orders.len(), 1);
}

#[test]
fn numbers_rise_per_client_and_are_never_reused() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 41, market(1));
    settle(&mut table, id);
    place(&mut table, id, 41, market(1));
    place(&mut table, id, 40, market(1));
    assert_eq!(errors(&table.heard(id)), [(41, 104), (40, 103)]);
    table.end(id, crate::core::How::Eof);
    let id = table.start(7);
    table.greeting_heard(id).unwrap();
    let ServerMessage::NextValidId(next) = &table.heard(id)[1] else { panic!() };
    assert_eq!(next.order_id, OrderId::new(42));
    let other = table.start(8);
    table.greeting_heard(other).unwrap();
    let ServerMessage::NextValidId(next) = &table.heard(other)[1] else { panic!() };
    assert_eq!(next.order_id, OrderId::new(1));
}

#[test]
fn what_makes_no_sense_is_refused_with_the_right_code() {
    let mut table = table();
    let id = table.ready(7);
    let limit = |cents| Order::limit(Way::Buy, Decimal::ONE, Decimal::new(cents, 3));
    let cases = [
        (market(0), 434),
        (Order { total_quantity: Decimal::new(5, 1), ..market(1) }, 10243),
        (limit(10_005), 110),
        (limit(0), 321),
        (Order { order_type: "PEG MID".into(), ..market(1) }, 387),
        (Order { order_type: "MOC".into(), ..market(1) }, 387),
        (Order { order_type: "TRAIL".into(), ..market(1) }, 321),
        (Order { order_type: "STP".into(), ..market(1) }, 321),
        (Order { tif: "GTD".into(), ..market(1) }, 391),
        (Order { tif: "GTD".into(), good_till_date: "20200101 00:00:00".into(), ..market(1) }, 391),
        (Order { parent_id: OrderId::new(900), ..market(1) }, 10006),
        (Order { tif: "SOON".into(), ..market(1) }, 321),
        (Order { account: "U999".into(), ..market(1) }, 321),
        (market(1_000_000), 201),
    ];
    for (number, (order, code)) in (1..).zip(cases) {
        place(&mut table, id, number, order);
        assert_eq!(errors(&table.heard(id)), [(number, code)]);
    }
    let unknown = PlaceOrder::new(OrderId::new(20), Contract::stock("NOSUCH"), market(1));
    table.say(id, &ClientMessage::PlaceOrder(Box::new(unknown)));
    assert_eq!(errors(&table.heard(id)), [(20, 200)]);
    assert!(table.world.snapshot().executions.is_empty());
}

#[test]
fn a_held_bracket_is_sent_by_its_last_child_and_ends_together() {
    let mut table = table();
    let id = table.ready(7);
    let child = |price, transmit| Order {
        parent_id: OrderId::new(1),
        transmit,
        oca_group: "exits".into(),
        ..Order::limit(Way::Sell, Decimal::TEN, Decimal::from(price))
    };
    place(&mut table, id, 1, Order { transmit: false, ..market(10) });
    place(&mut table, id, 2, child(900, false));
    settle(&mut table, id);
    assert!(table.world.snapshot().executions.is_empty());
    place(&mut table, id, 3, child(950, true));
    settle(&mut table, id);
    let snapshot = table.world.snapshot();
    assert_eq!(snapshot.executions.len(), 1);
    assert_eq!(snapshot.open_orders.iter().map(|order| order.status).collect::<Vec<_>>(), ["Submitted"; 2]);
    // One exit at the market's price takes the other with it.
    place(&mut table, id, 3, child(1, true));
    let heard = settle(&mut table, id);
    assert_eq!(errors(&heard), [(2, 202)]);
    assert!(table.world.snapshot().open_orders.is_empty());
}

#[test]
fn a_preview_costs_nothing_and_places_nothing() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, Order { what_if: true, ..market(100) });
    let heard = settle(&mut table, id);
    let [ServerMessage::OpenOrder(preview)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(preview.order_state.commission, Some(Decimal::ONE));
    assert!(preview.order_state.init_margin_change > Some(Decimal::from(5_000)));
    let snapshot = table.world.snapshot();
    assert!(snapshot.open_orders.is_empty() && snapshot.completed_orders.is_empty());
}

#[test]
fn orders_belong_to_their_client_and_a_global_cancel_to_all() {
    let mut table = table();
    let (one, two) = (table.ready(1), table.ready(2));
    place(&mut table, one, 5, far(1));
    place(&mut table, two, 5, far(2));
    settle(&mut table, one);
    settle(&mut table, two);
    table.say(one, &ClientMessage::ReqOpenOrders);
    assert_eq!(ids(&table.heard(one)), [5, 3, 53]);
    table.say(one, &ClientMessage::ReqAllOpenOrders);
    assert_eq!(ids(&table.heard(one)), [5, 3, 5, 3, 53]);
    let all = GlobalCancel { ext_operator: String::new(), manual_order_indicator: None };
    table.say(two, &ClientMessage::ReqGlobalCancel(all));
    assert_eq!(errors(&table.heard(one)), [(5, 202)]);
    assert_eq!(errors(&table.heard(two)), [(5, 202)]);
}

#[test]
fn orders_outlive_their_connection_and_are_told_on_request() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, market(3));
    place(&mut table, id, 2, far(4));
    table.end(id, crate::core::How::Reset);
    table.pass(Duration::from_secs(5));
    let id = table.ready(7);
    table.say(id, &ClientMessage::ReqOpenOrders);
    assert_eq!(ids(&table.heard(id)), [5, 3, 53]);
    table.say(id, &ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: false }));
    let heard = table.heard(id);
    assert_eq!(ids(&heard), [101, 102]);
    let ServerMessage::CompletedOrder(done) = &heard[0] else { panic!() };
    assert_eq!((done.order.total_quantity, done.order.filled_quantity), (Decimal::ZERO, Some(Decimal::from(3))));
    assert_eq!(done.order_state.completed_status, "Filled Size: 3");
}

#[test]
fn executions_pass_the_filter_that_was_asked_for() {
    let mut table = table();
    let id = table.ready(7);
    place(&mut table, id, 1, market(3));
    place(&mut table, id, 2, Order::market(Way::Sell, Decimal::ONE));
    settle(&mut table, id);
    let req_id = RequestId::new(9);
    let all = ExecutionsRequest { req_id, ..ExecutionsRequest::default() };
    let cases = [
        (all.clone(), 2),
        (ExecutionsRequest { side: "SELL".into(), ..all.clone() }, 1),
        (ExecutionsRequest { symbol: "MSFT".into(), ..all.clone() }, 0),
        (ExecutionsRequest { client_id: ClientId::new(8), ..all.clone() }, 0),
        (ExecutionsRequest { time: "20260302 09:31:00".into(), ..all.clone() }, 0),
        (ExecutionsRequest { account: "DU1234567".into(), sec_type: "STK".into(), ..all }, 2),
    ];
    for (filter, executions) in cases {
        table.say(id, &ClientMessage::ReqExecutions(Box::new(filter.clone())));
        let heard = ids(&table.heard(id));
        assert_eq!(heard, [[11, 59].repeat(executions), vec![55]].concat(), "{filter:?}");
    }
    table.pass(Duration::from_secs(86_400));
    table.say(id, &ClientMessage::ReqExecutions(Box::default()));
    assert_eq!(ids(&table.heard(id)), [55], "yesterday's are gone");
}
