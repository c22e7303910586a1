//! Client messages that the enum handles itself, and start-up messages.
//!
//! The bytes were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and by nautilus_ibapi 10.46.1
//! at 157, 176, 178, 187 and 200, run offline with a transport that keeps what is sent. All agree.

use bytes::BytesMut;

use super::check::{ALL, client, payload, req};
use crate::ids::{ClientId, ServerVersion};
use crate::message::ClientMessage;
use crate::message::start::{ReqIds, SetServerLogLevel, StartApi};

#[test]
fn requests_without_parameters_carry_only_a_version() {
    client(ALL, "5|1|", &ClientMessage::ReqOpenOrders);
    client(ALL, "16|1|", &ClientMessage::ReqAllOpenOrders);
    client(ALL, "17|1|", &ClientMessage::ReqManagedAccounts);
    client(ALL, "49|1|", &ClientMessage::ReqCurrentTime);
    client(ALL, "61|1|", &ClientMessage::ReqPositions);
    client(ALL, "64|1|", &ClientMessage::CancelPositions);
}

#[test]
fn cancels_carry_a_version_and_the_request() {
    client(ALL, "25|1|17|", &ClientMessage::CancelHistoricalData(req(17)));
    client(ALL, "51|1|19|", &ClientMessage::CancelRealTimeBars(req(19)));
    client(ALL, "63|1|20|", &ClientMessage::CancelAccountSummary(req(20)));
    client(ALL, "77|1|21|", &ClientMessage::CancelAccountUpdatesMulti(req(21)));
    client(ALL, "2|2|11|", &ClientMessage::CancelMktData(req(11)));
}

#[test]
fn start_up_requests_are_as_real_clients_send_them() {
    let start = StartApi { client_id: ClientId::new(7), optional_capabilities: String::new() };
    client(ALL, "71|2|7||", &ClientMessage::StartApi(start));
    client(ALL, "8|1|1|", &ClientMessage::ReqIds(ReqIds { count: 1 }));
    client(ALL, "14|1|5|", &ClientMessage::SetServerLogLevel(SetServerLogLevel { level: 5 }));
}

#[test]
fn start_api_is_one_frame_of_known_bytes() {
    // 00 00 00 08 "71\0" "2\0" "7\0" "\0": ibapi 10.46 and ib_async 2.1.0 at 178.
    let start = StartApi { client_id: ClientId::new(7), optional_capabilities: String::new() };
    let mut frame = BytesMut::new();
    ClientMessage::StartApi(start).encode(&mut frame, ServerVersion::new(178)).unwrap();
    assert_eq!(&frame[..], b"\0\0\0\x0871\x002\x007\0\0");
}

#[test]
fn an_unknown_request_is_a_value_and_is_written_as_it_came() {
    // An id that no request has.
    let golden = "112|1001|";
    let speaks = ServerVersion::new(176);
    let message = ClientMessage::decode(&payload(golden), speaks).unwrap();
    assert_eq!(message, ClientMessage::Unknown { id: 112, payload: payload(golden) });
    assert_eq!(message.id(), 112);
    let mut frame = BytesMut::new();
    message.encode(&mut frame, speaks).unwrap();
    assert_eq!(frame[4..], payload(golden));
}
