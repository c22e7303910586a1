//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::tests::check::{ALL, client, dec, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn past_ticks_are_asked_for_as_real_clients_do() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let request = HistoricalTicksRequest {
        req_id: req(53),
        contract,
        include_expired: false,
        start_date_time: "20260302-09:30:00".into(),
        end_date_time: String::new(),
        number_of_ticks: 1000,
        what_to_show: "BID_ASK".into(),
        use_rth: true,
        ignore_size: true,
        options: "a=b;c=d;".into(),
    };
    let golden = "96|53|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|20260302-09:30:00||1000|BID_ASK|1|1|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqHistoricalTicks(Box::new(request)));
}

#[test]
fn middles_are_as_real_clients_read_them() {
    let tick = |time, price| HistoricalTick { time, price: dec(price), size: dec("0") };
    let ticks = vec![tick(1_772_461_800, "231.05"), tick(1_772_461_801, "231.055")];
    let ticks = ServerMessage::HistoricalTicks(HistoricalTicks { req_id: req(53), ticks, done: true });
    server(ALL, "96|53|2|1772461800|0|231.05|0|1772461801|0|231.055|0|1|", &ticks);
    server_reads(ALL, "96|53|2|1772461800||231.05|0|1772461801|x|231.055|0|1|", &ticks);
}

#[test]
fn bids_and_asks_are_as_real_clients_read_them() {
    let tick = HistoricalTickBidAsk {
        time: 1_772_461_800,
        attributes: 1,
        price_bid: dec("231.04"),
        price_ask: dec("231.06"),
        size_bid: dec("200"),
        size_ask: dec("300"),
    };
    let ticks = HistoricalTicksBidAsk { req_id: req(53), ticks: vec![tick], done: false };
    let golden = "97|53|1|1772461800|1|231.04|231.06|200|300|0|";
    server(ALL, golden, &ServerMessage::HistoricalTicksBidAsk(ticks));
}

#[test]
fn trades_are_as_real_clients_read_them() {
    let tick = HistoricalTickLast {
        time: 1_772_461_800,
        attributes: 2,
        price: dec("231.05"),
        size: dec("12"),
        exchange: "FINRA".into(),
        special_conditions: "I".into(),
    };
    let ticks = HistoricalTicksLast { req_id: req(53), ticks: vec![tick], done: true };
    server(ALL, "98|53|1|1772461800|2|231.05|12|FINRA|I|1|", &ServerMessage::HistoricalTicksLast(ticks));
    let none = HistoricalTicksLast { req_id: req(53), ticks: Vec::new(), done: true };
    server(ALL, "98|53|0|1|", &ServerMessage::HistoricalTicksLast(none));
}
