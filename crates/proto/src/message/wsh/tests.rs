//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, req, server};
use crate::message::{ClientMessage, ServerMessage};

// ib_async asks at any version, nautilus_ibapi from 161 on.

#[test]
fn events_are_asked_for_as_real_clients_do() {
    client(ALL, "100|55|", &ClientMessage::ReqWshMetaData(req(55)));
    client(ALL, "101|55|", &ClientMessage::CancelWshMetaData(req(55)));
    client(ALL, "103|56|", &ClientMessage::CancelWshEventData(req(56)));
    let message = |request: WshEventDataRequest| ClientMessage::ReqWshEventData(Box::new(request));
    let one = WshEventDataRequest { req_id: req(56), con_id: Some(con(265_598)), ..WshEventDataRequest::default() };
    client(157..=170, "102|56|265598|", &message(one.clone()));
    let days = WshEventDataRequest {
        start_date: "20260301".into(),
        end_date: "20260401".into(),
        total_limit: Some(50),
        ..one
    };
    client(173..=200, "102|56|265598||0|0|0|20260301|20260401|50|", &message(days));
    let filtered = WshEventDataRequest {
        req_id: req(57),
        filter: r#"{"watchlist":["8314"]}"#.into(),
        fill_watchlist: true,
        fill_competitors: true,
        ..WshEventDataRequest::default()
    };
    let golden = r#"102|57|2147483647|{"watchlist":["8314"]}|1|0|1|"#;
    client([171, 172], golden, &message(filtered.clone()));
    client(173..=200, &format!("{golden}||2147483647|"), &message(filtered));
}

#[test]
fn events_are_as_real_clients_read_them() {
    let meta = WshMetaData { req_id: req(55), data_json: r#"{"meta_data":{}}"#.into() };
    server(161..=200, r#"104|55|{"meta_data":{}}|"#, &ServerMessage::WshMetaData(meta));
    let events = WshEventData { req_id: req(56), data_json: "[]".into() };
    server(161..=200, "105|56|[]|", &ServerMessage::WshEventData(events));
}
