//! Golden frames. Requests were written by ib_async 2.1.0 at 157, 176 and 178, by ibapi 9.81.1 at 157 and
//! by nautilus_ibapi 10.46.1 at 157, 176, 178, 187 and 200, run offline; frames from servers were
//! read, with the values stated here, by the decoders of all three where their versions reach.

use super::*;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, con, req, server, some};
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn a_scan_is_asked_for_as_real_clients_do() {
    let scan = ScannerSubscription { req_id: req(35), number_of_rows: -1, ..ScannerSubscription::default() };
    let golden = "22|35|-1|||||||||||||||||0||||||";
    client(ALL, golden, &ClientMessage::ReqScannerSubscription(Box::new(scan)));
    let scan = ScannerSubscription {
        req_id: req(36),
        number_of_rows: 25,
        instrument: "STK".into(),
        location_code: "STK.US.MAJOR".into(),
        scan_code: "TOP_PERC_GAIN".into(),
        above_price: some("5.5"),
        below_price: some("100.25"),
        above_volume: Some(1000),
        market_cap_above: some("1000000.0"),
        market_cap_below: some("2000000.0"),
        moody_rating_above: "A1".into(),
        moody_rating_below: "Aaa".into(),
        sp_rating_above: "A".into(),
        sp_rating_below: "AAA".into(),
        maturity_date_above: "20260101".into(),
        maturity_date_below: "20300101".into(),
        coupon_rate_above: some("1.5"),
        coupon_rate_below: some("4.5"),
        exclude_convertible: true,
        average_option_volume_above: Some(300),
        scanner_setting_pairs: "Annual,true".into(),
        stock_type_filter: "CORP".into(),
        filter_options: "a=b;c=d;".into(),
        options: "x=y;".into(),
    };
    let golden = "22|36|25|STK|STK.US.MAJOR|TOP_PERC_GAIN|5.5|100.25|1000|1000000.0|2000000.0|A1|Aaa|A|AAA|20260101|\
        20300101|1.5|4.5|1|300|Annual,true|CORP|a=b;c=d;|x=y;|";
    client(ALL, golden, &ClientMessage::ReqScannerSubscription(Box::new(scan)));
    client(ALL, "23|1|36|", &ClientMessage::CancelScannerSubscription(req(36)));
    client(ALL, "24|1|", &ClientMessage::ReqScannerParameters);
}

#[test]
fn the_result_of_a_scan_is_as_real_clients_read_it() {
    let stock = ScannerRow {
        rank: 0,
        contract: Contract {
            con_id: con(265_598),
            local_symbol: "AAPL".into(),
            trading_class: "NMS".into(),
            strike: some("0"),
            ..Contract::stock("AAPL")
        },
        market_name: "NMS".into(),
        ..ScannerRow::default()
    };
    let option = ScannerRow {
        rank: 1,
        contract: Contract {
            con_id: con(853_200_900),
            symbol: "OBDC".into(),
            sec_type: "OPT".into(),
            last_trade_date_or_contract_month: "20261120".into(),
            strike: some("12.5"),
            right: "P".into(),
            exchange: "SMART".into(),
            currency: "USD".into(),
            local_symbol: "OBDC  261120P00012500".into(),
            trading_class: "OBDC".into(),
            ..Contract::default()
        },
        market_name: "OBDC".into(),
        distance: "1.5".into(),
        benchmark: "b".into(),
        projection: "p".into(),
        legs: "l".into(),
    };
    let golden = "20|3|36|2|0|265598|AAPL|STK||0||SMART|USD|AAPL|NMS|NMS|||||1|853200900|OBDC|OPT|20261120|12.5|P|\
        SMART|USD|OBDC  261120P00012500|OBDC|OBDC|1.5|b|p|l|";
    server(ALL, golden, &ServerMessage::ScannerData(ScannerData { req_id: req(36), rows: vec![stock, option] }));
    let nothing = ScannerData { req_id: req(36), rows: Vec::new() };
    server(ALL, "20|3|36|0|", &ServerMessage::ScannerData(nothing));
    let parameters = ScannerParameters { xml: "<ScanParameterResponse/>".into() };
    server(ALL, "19|1|<ScanParameterResponse/>|", &ServerMessage::ScannerParameters(parameters));
}
