//! Server messages that the enum handles itself, and start-up messages.

use bytes::BytesMut;

use super::check::{ALL, payload, req, server, server_reads};
use crate::ids::{OrderId, RequestId, ServerVersion};
use crate::message::ServerMessage;
use crate::message::start::{CurrentTime, ErrorMessage, ManagedAccounts, NextValidId};

// Frames marked "live" are those of a real Gateway at server version 200, as published by ibkr-go (MIT). Their
// layouts are the same at all text versions unless a version is given.

#[test]
fn end_markers_are_as_a_gateway_sends_them() {
    // Live.
    server(ALL, "52|1|1001|", &ServerMessage::ContractDetailsEnd(req(1001)));
    server(ALL, "53|1|", &ServerMessage::OpenOrderEnd);
    server(ALL, "57|1|1001|", &ServerMessage::TickSnapshotEnd(req(1001)));
    server(ALL, "62|1|", &ServerMessage::PositionEnd);
    server(ALL, "64|1|1001|", &ServerMessage::AccountSummaryEnd(req(1001)));
    // Read by ib_async 2.1.0, ibapi 9.81.1 and nautilus_ibapi 10.46.1.
    server(ALL, "55|1|1001|", &ServerMessage::ExecDetailsEnd(req(1001)));
    server(ALL, "74|1|1001|", &ServerMessage::AccountUpdateMultiEnd(req(1001)));
    server(ALL, "102|", &ServerMessage::CompletedOrdersEnd);
}

#[test]
fn start_up_messages_are_as_a_gateway_sends_them() {
    // Live.
    let accounts = ManagedAccounts { accounts: vec!["DU9000001".into()] };
    server(ALL, "15|1|DU9000001|", &ServerMessage::ManagedAccounts(accounts));
    server(ALL, "9|1|1|", &ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(1) }));
    // Read by ib_async 2.1.0, ibapi 9.81.1 and nautilus_ibapi 10.46.1.
    let accounts = ManagedAccounts { accounts: vec!["F9000001".into(), "DF9000002".into()] };
    server(ALL, "15|1|F9000001,DF9000002|", &ServerMessage::ManagedAccounts(accounts));
    server(ALL, "49|1|1775425766|", &ServerMessage::CurrentTime(CurrentTime { epoch_seconds: 1_775_425_766 }));
}

#[test]
fn accounts_end_at_a_trailing_comma() {
    let accounts = ManagedAccounts { accounts: vec!["F9000001".into()] };
    server_reads(ALL, "15|1|F9000001,|", &ServerMessage::ManagedAccounts(accounts));
}

#[test]
fn errors_change_their_layout_twice() {
    let text = "Market data farm connection is OK:usfarm";
    let notice = ErrorMessage::notice(2104, text);
    // Read by ib_async 2.1.0, ibapi 9.81.1 and nautilus_ibapi 10.46.1.
    let old = "4|2|-1|2104|Market data farm connection is OK:usfarm|";
    server(157..=165, old, &ServerMessage::Error(Box::new(notice.clone())));
    // Read by ib_async 2.1.0 and nautilus_ibapi 10.46.1.
    let with_json = "4|2|-1|2104|Market data farm connection is OK:usfarm||";
    server(166..=193, with_json, &ServerMessage::Error(Box::new(notice.clone())));
    // Live.
    let timed = "4|-1|2104|Market data farm connection is OK:usfarm||1775425766350|";
    let notice = ErrorMessage { time_ms: Some(1_775_425_766_350), ..notice };
    server(194..=200, timed, &ServerMessage::Error(Box::new(notice)));
}

#[test]
fn the_text_of_an_error_travels_as_ascii() {
    let error = ErrorMessage {
        advanced_order_reject_json: r#"{"rejects":[]}"#.into(),
        ..ErrorMessage::about(RequestId::new(12), 201, "Order rejected - reason: größer als 10 €")
    };
    // Read by ib_async 2.1.0 and nautilus_ibapi 10.46.1.
    let golden = "4|2|12|201|Order rejected - reason: gr\\u00f6\\u00dfer als 10 \\u20ac|{\"rejects\":[]}|";
    server(166..=193, golden, &ServerMessage::Error(Box::new(error)));
}

#[test]
fn an_unknown_message_is_a_value_and_is_written_as_it_came() {
    // A protobuf-only id, one with a text that is not ASCII, an id that is not assigned, and one that is negative.
    for golden in ["110|", "111|1001|IBKR|BOND|\u{e9}|", "999|a||b|", "-7|x|"] {
        let speaks = ServerVersion::new(200);
        let message = ServerMessage::decode(&payload(golden), speaks).unwrap();
        let id: i32 = golden.split('|').next().unwrap().parse().unwrap();
        assert_eq!(message, ServerMessage::Unknown { id, payload: payload(golden) });
        assert_eq!(message.id(), id);
        let mut frame = BytesMut::new();
        message.encode(&mut frame, speaks).unwrap();
        assert_eq!(frame[4..], payload(golden));
    }
}
