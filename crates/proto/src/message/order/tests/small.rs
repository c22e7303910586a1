//! The order messages of few fields.

use super::frame::{by_client, by_server, from_client, from_server};
use super::sample::dec;
use crate::ids::{ClientId, OrderId, PermId, ServerVersion};
use crate::message::order::{CancelOrder, GlobalCancel, OrderStatus, ReqAutoOpenOrders, ReqCompletedOrders};
use crate::message::{ClientMessage, ServerMessage};

/// Both directions of one client message.
fn both_ways(message: &ClientMessage, speaks: i32, fields: &str) {
    let speaks = ServerVersion::new(speaks);
    assert_eq!(by_client(message, speaks), fields, "{speaks}");
    assert_eq!(from_client(fields, speaks), *message, "{speaks}");
}

// From ib_async 2.1.0 (157, 178) and nautilus_ibapi 10.46.1 (187 and up), by calling cancelOrder.
#[test]
fn a_cancellation_changes_its_layout_four_times() {
    let bare = CancelOrder::new(OrderId::new(5));
    let timed = CancelOrder { manual_order_cancel_time: "20260102-10:00:00".into(), ..bare.clone() };
    let tagged = CancelOrder { ext_operator: "op".into(), manual_order_indicator: Some(1), ..timed.clone() };
    for (message, speaks, fields) in [
        (&bare, 157, "4|1|5|"),
        (&bare, 168, "4|1|5|"),
        (&bare, 169, "4|1|5||"),
        (&timed, 178, "4|1|5|20260102-10:00:00|"),
        (&bare, 187, "4|1|5||||2147483647|"),
        (&timed, 189, "4|1|5|20260102-10:00:00|||2147483647|"),
        (&bare, 190, "4|1|5||"),
        (&bare, 192, "4|5|||2147483647|"),
        (&tagged, 200, "4|5|20260102-10:00:00|op|1|"),
    ] {
        both_ways(&ClientMessage::CancelOrder(message.clone()), speaks, fields);
    }
}

#[test]
fn a_cancellation_without_its_tail_still_cancels() {
    for (fields, speaks) in [("4|1|5|", 178), ("4|1|5|", 187), ("4|1|5||", 187), ("4|5|", 200), ("4|5||", 200)] {
        let expected = ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(5)));
        assert_eq!(from_client(fields, ServerVersion::new(speaks)), expected, "{fields} {speaks}");
    }
    let expected = ClientMessage::ReqGlobalCancel(GlobalCancel::default());
    assert_eq!(from_client("58|", ServerVersion::new(200)), expected);
}

// From ib_async 2.1.0 (157) and nautilus_ibapi 10.46.1 (191 and up), by calling reqGlobalCancel.
#[test]
fn a_global_cancellation_carries_tags_from_192_on() {
    let bare = ClientMessage::ReqGlobalCancel(GlobalCancel::default());
    let tagged = GlobalCancel { ext_operator: "op".into(), manual_order_indicator: Some(1) };
    both_ways(&bare, 157, "58|1|");
    both_ways(&bare, 191, "58|1|");
    both_ways(&bare, 192, "58||2147483647|");
    both_ways(&ClientMessage::ReqGlobalCancel(tagged), 200, "58|op|1|");
}

// From ib_async 2.1.0 and ibapi 9.81.1, by calling the requests.
#[test]
fn requests_for_orders_are_the_same_in_all_versions() {
    for speaks in [157, 178, 200] {
        both_ways(&ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: false }), speaks, "99|0|");
        both_ways(&ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: true }), speaks, "99|1|");
        both_ways(&ClientMessage::ReqAutoOpenOrders(ReqAutoOpenOrders { auto_bind: true }), speaks, "15|1|1|");
        both_ways(&ClientMessage::ReqAutoOpenOrders(ReqAutoOpenOrders { auto_bind: false }), speaks, "15|1|0|");
    }
}

fn status() -> OrderStatus {
    OrderStatus {
        order_id: OrderId::new(5),
        status: "Submitted".into(),
        filled: dec("2.5"),
        remaining: dec("97.5"),
        avg_fill_price: Some(dec("187.2")),
        perm_id: PermId::new(9_876_543_210),
        parent_id: OrderId::new(4),
        last_fill_price: Some(dec("187.25")),
        client_id: ClientId::new(7),
        why_held: "locate".into(),
        mkt_cap_price: Some(dec("190")),
    }
}

// Decoded with nothing left over by ib_async 2.1.0, ibapi 9.81.1 and nautilus_ibapi 10.46.1.
#[test]
fn a_status_is_the_same_in_all_versions() {
    let message = ServerMessage::OrderStatus(Box::new(status()));
    for speaks in [157, 178, 200].map(ServerVersion::new) {
        let fields = "3|5|Submitted|2.5|97.5|187.2|9876543210|4|187.25|7|locate|190|";
        assert_eq!(by_server(&message, speaks), fields);
        assert_eq!(from_server(fields, speaks), message);
    }
}

// As a live Gateway says it, as the captures published by ibkr-go (server version 200) and rust-ibapi (164, 173) show.
#[test]
fn prices_of_no_fill_are_zeros() {
    let unfilled = OrderStatus { avg_fill_price: None, last_fill_price: None, mkt_cap_price: None, ..status() };
    let speaks = ServerVersion::new(200);
    let fields = by_server(&ServerMessage::OrderStatus(Box::new(unfilled)), speaks);
    assert_eq!(fields, "3|5|Submitted|2.5|97.5|0|9876543210|4|0|7|locate|0|");
    let ServerMessage::OrderStatus(read) = from_server(&fields, speaks) else { panic!() };
    assert_eq!(read.avg_fill_price, Some(dec("0")));
}
