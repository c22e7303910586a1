//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, con, dec, req, server};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn chains_are_asked_for_as_real_clients_do() {
    let request = SecDefOptParamsRequest {
        req_id: req(43),
        underlying_symbol: "AAPL".into(),
        fut_fop_exchange: String::new(),
        underlying_sec_type: "STK".into(),
        underlying_con_id: con(265_598),
    };
    client(ALL, "78|43|AAPL||STK|265598|", &ClientMessage::ReqSecDefOptParams(Box::new(request)));
}

#[test]
fn a_chain_is_as_real_clients_read_it() {
    let chain = SecDefOptParams {
        req_id: req(43),
        exchange: "CBOE".into(),
        underlying_con_id: con(265_598),
        trading_class: "AAPL".into(),
        multiplier: "100".into(),
        expirations: vec!["20260320".into(), "20260417".into()],
        strikes: vec![dec("230"), dec("232.5"), dec("235")],
    };
    let golden = "75|43|CBOE|265598|AAPL|100|2|20260320|20260417|3|230|232.5|235|";
    server(ALL, golden, &ServerMessage::SecDefOptParams(Box::new(chain)));
    server(ALL, "76|43|", &ServerMessage::SecDefOptParamsEnd(req(43)));
}
