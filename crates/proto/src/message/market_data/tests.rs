//! Golden frames of market data messages.
//!
//! Frames marked "live layout" are spelt as published captures of a real Gateway at server version 200 are (ibkr-go,
//! MIT), field by field, with values of our own: the captures stay where they were published. The frames
//! from servers were read, with the values stated here, by the decoders of ib_async 2.1.0, ibapi 9.81.1 and
//! nautilus_ibapi 10.46.1. Requests were written by those clients; see `message/tests/client.rs`.

use super::*;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, con, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

fn stock_request() -> MktDataRequest {
    MktDataRequest {
        req_id: req(11),
        contract: Contract { strike: some("0.0"), primary_exchange: "NASDAQ".into(), ..Contract::stock("AAPL") },
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: "233,456".into(),
        snapshot: false,
        regulatory_snapshot: false,
        options: String::new(),
    }
}

fn combination_request() -> MktDataRequest {
    let leg = |con_id, ratio, action: &str| ComboLeg {
        con_id: con(con_id),
        ratio,
        action: action.into(),
        exchange: "SMART".into(),
    };
    MktDataRequest {
        req_id: req(14),
        contract: Contract { strike: some("0.0"), sec_type: "BAG".into(), ..Contract::stock("IBKR") },
        combo_legs: vec![leg(43_645_865, 1, "BUY"), leg(9408, 2, "SELL")],
        generic_ticks: String::new(),
        ..stock_request()
    }
}

#[test]
fn a_request_for_a_stock_is_as_real_clients_send_it() {
    let mut request = stock_request();
    // ib_async and ibapi 9.81.1.
    let golden = "1|11|11|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|233,456|0|0||";
    client(ALL, golden, &ClientMessage::ReqMktData(Box::new(request.clone())));
    // nautilus_ibapi: no strike is an empty field.
    request.contract.strike = None;
    let golden = "1|11|11|0|AAPL|STK|||||SMART|NASDAQ|USD|||0|233,456|0|0||";
    client(ALL, golden, &ClientMessage::ReqMktData(Box::new(request)));
}

#[test]
fn a_snapshot_of_an_option_is_as_real_clients_send_it() {
    let contract = Contract {
        con_id: con(853_200_900),
        symbol: "OBDC".into(),
        sec_type: "OPT".into(),
        last_trade_date_or_contract_month: "20261120".into(),
        strike: some("12.5"),
        right: "P".into(),
        multiplier: "100".into(),
        exchange: "SMART".into(),
        primary_exchange: String::new(),
        currency: "USD".into(),
        local_symbol: "OBDC  261120P00012500".into(),
        trading_class: "OBDC".into(),
    };
    let request = MktDataRequest {
        req_id: req(12),
        contract,
        generic_ticks: String::new(),
        snapshot: true,
        regulatory_snapshot: true,
        options: "a=b;c=d;".into(),
        ..stock_request()
    };
    let golden =
        "1|11|12|853200900|OBDC|OPT|20261120|12.5|P|100|SMART||USD|OBDC  261120P00012500|OBDC|0||1|1|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqMktData(Box::new(request)));
}

#[test]
fn a_combination_lists_its_legs_and_its_hedge() {
    let mut request = combination_request();
    let hedge = DeltaNeutralContract { con_id: con(551_601_533), delta: 0.5, price: 12.25 };
    request.delta_neutral = Some(hedge);
    let golden =
        "1|11|14|0|IBKR|BAG||0.0|||SMART||USD|||2|43645865|1|BUY|SMART|9408|2|SELL|SMART|1|551601533|0.5|12.25||0|0||";
    client(ALL, golden, &ClientMessage::ReqMktData(Box::new(request.clone())));
    request.delta_neutral = None;
    request.req_id = req(13);
    let golden = "1|11|13|0|IBKR|BAG||0.0|||SMART||USD|||2|43645865|1|BUY|SMART|9408|2|SELL|SMART|0||0|0||";
    client(ALL, golden, &ClientMessage::ReqMktData(Box::new(request)));
}

#[test]
fn legs_of_anything_but_a_combination_are_not_written() {
    let mut request = combination_request();
    request.contract.sec_type = "STK".into();
    let mut frame = bytes::BytesMut::new();
    let speaks = crate::ids::ServerVersion::new(176);
    ClientMessage::ReqMktData(Box::new(request)).encode(&mut frame, speaks).unwrap();
    assert_eq!(frame.iter().filter(|byte| **byte == b'|').count(), 0);
    let golden = "1|11|14|0|IBKR|STK||0.0|||SMART||USD|||0||0|0||";
    assert_eq!(frame[4..], crate::message::tests::check::payload(golden));
}

#[test]
fn the_kind_of_data_is_chosen_and_told() {
    let delayed = MarketDataTypeRequest { market_data_type: 3 };
    client(ALL, "59|1|3|", &ClientMessage::ReqMarketDataType(delayed));
    // Live layout.
    let told = MarketDataType { req_id: req(1001), market_data_type: 3 };
    server(ALL, "58|1|1001|3|", &ServerMessage::MarketDataType(told));
}

#[test]
fn prices_and_sizes_are_as_a_gateway_sends_them() {
    // Live layout.
    let price = TickPrice {
        req_id: req(1001),
        tick_type: tick_type::DELAYED_LAST,
        price: some("155.45"),
        size: some("200"),
        attributes: 0,
    };
    server(ALL, "1|6|1001|68|155.45|200|0|", &ServerMessage::TickPrice(price));
    // Live layout.
    let size = TickSize { req_id: req(1001), tick_type: tick_type::DELAYED_VOLUME, size: some("212800") };
    server(ALL, "2|6|1001|74|212800|", &ServerMessage::TickSize(size));
}

#[test]
fn a_price_of_minus_one_without_a_size_is_no_quote() {
    let none = |tick_type| {
        ServerMessage::TickPrice(TickPrice { req_id: req(9), tick_type, price: None, size: None, attributes: 5 })
    };
    server(ALL, "1|6|9|1|-1|0|5|", &none(tick_type::BID));
    for other in ["1|6|9|1|-1.0|0.0|5|", "1|6|9|1|-1|-1|5|", "1|6|9|1|-1||5|", "1|6|9|1|||5|"] {
        server_reads(ALL, other, &none(tick_type::BID));
    }
    for tick_type in [2, 4, 66, 67, 68] {
        server(ALL, &format!("1|6|9|{tick_type}|-1|0|5|"), &none(tick_type));
    }
}

#[test]
fn a_price_of_minus_one_can_be_a_price() {
    let price = |tick_type, price, size| {
        ServerMessage::TickPrice(TickPrice {
            req_id: req(9),
            tick_type,
            price: some(price),
            size: some(size),
            attributes: 0,
        })
    };
    // A combination's bid with a size, and just below.
    server(ALL, "1|6|9|1|-1|10|0|", &price(1, "-1", "10"));
    server(ALL, "1|6|9|1|-1.01|0|0|", &price(1, "-1.01", "0"));
    // A low, a close, an index without sizes other than its last price.
    server(ALL, "1|6|9|7|-1|0|0|", &price(7, "-1", "0"));
    server(ALL, "1|6|9|9|-1|0|0|", &price(9, "-1", "0"));
    // A combination for nothing.
    server(ALL, "1|6|9|2|0|25|1|", &{
        let mut tick = TickPrice { req_id: req(9), tick_type: 2, price: some("0"), size: some("25"), attributes: 0 };
        tick.attributes = 1;
        ServerMessage::TickPrice(tick)
    });
}

#[test]
fn a_size_can_be_missing() {
    let size = |tick_type, size| ServerMessage::TickSize(TickSize { req_id: req(9), tick_type, size });
    server(ALL, "2|6|9|0|-1|", &size(tick_type::BID_SIZE, None));
    // The integers that the official Python client knows as "not set".
    for unset in ["", "2147483647", "9223372036854775807", "-9223372036854775808", "1.7976931348623157E308"] {
        server_reads(ALL, &format!("2|6|9|0|{unset}|"), &size(tick_type::BID_SIZE, None));
    }
    // An imbalance of one share to sell.
    server(ALL, "2|6|9|36|-1|", &size(tick_type::AUCTION_IMBALANCE, some("-1")));
    // Clients of versions before fractional sizes (ibapi 9.81.1) read whole numbers only.
    server(163..=200, "2|6|9|0|0.00000001|", &size(tick_type::BID_SIZE, some("0.00000001")));
}

#[test]
fn numbers_texts_and_parameters_are_as_clients_read_them() {
    let halted = TickGeneric { req_id: req(1001), tick_type: tick_type::HALTED, value: some("0.0") };
    server(ALL, "45|6|1001|49|0.0|", &ServerMessage::TickGeneric(halted));
    let stamp = TickString { req_id: req(1001), tick_type: tick_type::LAST_TIMESTAMP, value: "1712300400".into() };
    server(ALL, "46|6|1001|45|1712300400|", &ServerMessage::TickString(stamp));
    let parameters = TickReqParams {
        req_id: req(1001),
        min_tick: some("0.01"),
        bbo_exchange: "9c0001".into(),
        snapshot_permissions: 3,
    };
    server(ALL, "81|1001|0.01|9c0001|3|", &ServerMessage::TickReqParams(Box::new(parameters)));
}

#[test]
fn tick_types_have_the_official_names() {
    // The numbers of the official clients' TickType enumeration (nautilus_ibapi 10.46.1, ibapi/ticktype.py).
    let names = [
        (0, "BID_SIZE"),
        (1, "BID"),
        (2, "ASK"),
        (3, "ASK_SIZE"),
        (4, "LAST"),
        (5, "LAST_SIZE"),
        (9, "CLOSE"),
        (14, "OPEN"),
        (45, "LAST_TIMESTAMP"),
        (49, "HALTED"),
        (66, "DELAYED_BID"),
        (76, "DELAYED_OPEN"),
        (89, "SHORTABLE_SHARES"),
        (105, "ODD_LOT_BID"),
        (110, "ODD_LOT_ASK_EXCH"),
    ];
    for (number, name) in names {
        assert_eq!(tick_name(number), Some(name));
    }
    assert_eq!((tick_name(-1), tick_name(111)), (None, None));
}
