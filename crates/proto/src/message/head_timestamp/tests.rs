//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn the_start_of_a_history_is_asked_for_as_real_clients_do() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let request = HeadTimestampRequest {
        req_id: req(49),
        contract,
        include_expired: false,
        use_rth: true,
        what_to_show: "TRADES".into(),
        format_date: 2,
    };
    let golden = "87|49|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|1|TRADES|2|";
    client(ALL, golden, &ClientMessage::ReqHeadTimestamp(Box::new(request)));
    client(ALL, "90|49|", &ClientMessage::CancelHeadTimestamp(req(49)));
}

#[test]
fn the_start_of_a_history_is_as_real_clients_read_it() {
    let start = HeadTimestamp { req_id: req(49), head_timestamp: "19801212-14:30:00".into() };
    server(ALL, "88|49|19801212-14:30:00|", &ServerMessage::HeadTimestamp(start));
}
