//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, dec, payload, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn every_tick_is_asked_for_as_real_clients_do() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let tick_type = "BidAsk".into();
    let request = TickByTickRequest { req_id: req(54), contract, tick_type, number_of_ticks: 10, ignore_size: true };
    let golden = "97|54|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||BidAsk|10|1|";
    client(ALL, golden, &ClientMessage::ReqTickByTickData(Box::new(request)));
    client(ALL, "98|54|", &ClientMessage::CancelTickByTickData(req(54)));
}

fn tick(golden: &str, data: TickByTickData) {
    let tick = TickByTick { req_id: req(54), time: 1_772_461_800, data };
    server(ALL, golden, &ServerMessage::TickByTick(Box::new(tick)));
}

#[test]
fn ticks_are_as_real_clients_read_them() {
    let trade = TickByTickLast {
        price: dec("231.05"),
        size: dec("12"),
        attributes: 2,
        exchange: "FINRA".into(),
        special_conditions: "I".into(),
    };
    tick("99|54|1|1772461800|231.05|12|2|FINRA|I|", TickByTickData::Last(trade.clone()));
    tick("99|54|2|1772461800|231.05|12|2|FINRA|I|", TickByTickData::AllLast(trade));
    let quote = TickByTickBidAsk {
        bid_price: dec("231.04"),
        ask_price: dec("231.06"),
        bid_size: dec("200"),
        ask_size: dec("300"),
        attributes: 1,
    };
    tick("99|54|3|1772461800|231.04|231.06|200|300|1|", TickByTickData::BidAsk(quote));
    tick("99|54|4|1772461800|231.05|", TickByTickData::MidPoint(dec("231.05")));
}

#[test]
fn a_type_that_does_not_exist_is_an_error() {
    let read = ServerMessage::decode(&payload("99|54|5|1772461800|231.05|"), ServerVersion::new(176));
    assert_eq!(read, Err(ProtoError::BadField { message: 99, field: 2, expected: "a tick-by-tick type" }));
}
