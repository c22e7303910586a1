//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::ServerMessage;
use crate::message::tests::check::{ALL, con, req, server};

#[test]
fn requests_are_sent_elsewhere() {
    let ticks = RerouteMktDataReq { req_id: req(11), con_id: con(265_598), exchange: "SMART".into() };
    server(ALL, "91|11|265598|SMART|", &ServerMessage::RerouteMktDataReq(ticks));
    let book = RerouteMktDepthReq { req_id: req(31), con_id: con(265_598), exchange: "ISLAND".into() };
    server(ALL, "92|31|265598|ISLAND|", &ServerMessage::RerouteMktDepthReq(book));
}
