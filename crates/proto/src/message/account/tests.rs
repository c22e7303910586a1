//! Golden frames of account messages.
//!
//! Frames marked "live layout" are spelt as published captures of a real Gateway at server version 200 are (ibkr-go,
//! MIT), field by field, with values of our own: the captures stay where they were published. The frames
//! from servers were read, with the values stated here, by the decoders of ib_async 2.1.0, ibapi 9.81.1 and
//! nautilus_ibapi 10.46.1. Requests were written by those clients; see `message/tests/client.rs`.

use super::*;
use crate::message::contract::Contract;
use crate::message::tests::check::{ALL, client, con, dec, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

fn amzn() -> Contract {
    Contract {
        con_id: con(3_691_937),
        symbol: "AMZN".into(),
        sec_type: "STK".into(),
        strike: some("0.0"),
        exchange: "NASDAQ".into(),
        currency: "USD".into(),
        local_symbol: "AMZN".into(),
        trading_class: "NMS".into(),
        ..Contract::default()
    }
}

fn option() -> Contract {
    Contract {
        con_id: con(853_200_900),
        symbol: "OBDC".into(),
        sec_type: "OPT".into(),
        last_trade_date_or_contract_month: "20261120".into(),
        strike: some("12.5"),
        right: "P".into(),
        multiplier: "100".into(),
        primary_exchange: "AMEX".into(),
        currency: "USD".into(),
        local_symbol: "OBDC  261120P00012500".into(),
        trading_class: "OBDC".into(),
        ..Contract::default()
    }
}

#[test]
fn requests_are_as_real_clients_send_them() {
    let start = AccountUpdatesRequest { subscribe: true, account: "DU1234567".into() };
    client(ALL, "6|2|1|DU1234567|", &ClientMessage::ReqAccountUpdates(start));
    let stop = AccountUpdatesRequest { subscribe: false, account: String::new() };
    client(ALL, "6|2|0||", &ClientMessage::ReqAccountUpdates(stop));
    let summary =
        AccountSummaryRequest { req_id: req(20), group: "All".into(), tags: "NetLiquidation,TotalCashValue".into() };
    let golden = "62|1|20|All|NetLiquidation,TotalCashValue|";
    client(ALL, golden, &ClientMessage::ReqAccountSummary(summary));
    let multi = AccountUpdatesMultiRequest {
        req_id: req(21),
        account: "DU1234567".into(),
        model_code: "Model".into(),
        ledger_and_nlv: true,
    };
    client(ALL, "76|1|21|DU1234567|Model|1|", &ClientMessage::ReqAccountUpdatesMulti(multi));
}

#[test]
fn a_summary_is_as_a_gateway_sends_it() {
    let summary = AccountSummary {
        req_id: req(1001),
        account: "DU1234567".into(),
        tag: "BuyingPower".into(),
        value: "410000.00".into(),
        currency: "EUR".into(),
    };
    // Live layout.
    let golden = "63|1|1001|DU1234567|BuyingPower|410000.00|EUR|";
    server(ALL, golden, &ServerMessage::AccountSummary(Box::new(summary)));
}

#[test]
fn a_position_has_sixteen_fields_and_no_strike_is_a_zero_with_a_fraction() {
    let mut position =
        Position { account: "DU1234567".into(), contract: amzn(), position: dec("12"), avg_cost: some("190.75") };
    // Live layout.
    let golden = "61|3|DU1234567|3691937|AMZN|STK||0.0|||NASDAQ|USD|AMZN|NMS|12|190.75|";
    assert_eq!(golden.matches('|').count(), 16);
    server(ALL, golden, &ServerMessage::Position(Box::new(position.clone())));
    position.contract.strike = None;
    let mut frame = bytes::BytesMut::new();
    let speaks = crate::ids::ServerVersion::new(200);
    ServerMessage::Position(Box::new(position)).encode(&mut frame, speaks).unwrap();
    assert_eq!(frame[4..], crate::message::tests::check::payload(golden));
}

#[test]
fn a_fraction_of_a_share_short_is_exact() {
    let contract = Contract { exchange: String::new(), ..option() };
    let contract = Contract { primary_exchange: String::new(), ..contract };
    let position = Position {
        account: "DU1234567".into(),
        contract,
        position: dec("-0.00000001"),
        avg_cost: some("115.04790000000000127"),
    };
    let golden = "61|3|DU1234567|853200900|OBDC|OPT|20261120|12.5|P|100||USD|OBDC  261120P00012500|OBDC|-0.00000001|\
        115.04790000000000127|";
    server(ALL, golden, &ServerMessage::Position(Box::new(position)));
}

#[test]
fn a_portfolio_value_has_twenty_fields_and_names_the_listing_exchange() {
    let value = PortfolioValue {
        contract: option(),
        position: dec("-3"),
        market_price: some("1.20000005"),
        market_value: some("-360.0"),
        average_cost: some("115.0479"),
        unrealized_pnl: some("-14.86"),
        realized_pnl: some("0.0"),
        account: "DU1234567".into(),
    };
    let golden = "7|8|853200900|OBDC|OPT|20261120|12.5|P|100|AMEX|USD|OBDC  261120P00012500|OBDC|-3|1.20000005|\
        -360.0|115.0479|-14.86|0.0|DU1234567|";
    assert_eq!(golden.matches('|').count(), 20);
    server(ALL, golden, &ServerMessage::PortfolioValue(Box::new(value)));
}

#[test]
fn an_unset_profit_is_the_largest_double_in_any_spelling() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), exchange: String::new(), ..amzn() };
    let value = PortfolioValue {
        contract,
        position: dec("0"),
        market_price: some("201.5"),
        market_value: some("0.0"),
        average_cost: some("0.0"),
        unrealized_pnl: None,
        realized_pnl: None,
        account: "DU1234567".into(),
    };
    let golden = "7|8|3691937|AMZN|STK||0.0|||NASDAQ|USD|AMZN|NMS|0|201.5|0.0|0.0|1.7976931348623157E308|\
        1.7976931348623157E308|DU1234567|";
    let value = ServerMessage::PortfolioValue(Box::new(value));
    server(ALL, golden, &value);
    server_reads(ALL, &golden.replace("E308", "e+308"), &value);
    server_reads(ALL, &golden.replace("1.7976931348623157E308", ""), &value);
}

#[test]
fn account_values_are_as_clients_read_them() {
    let value = AccountValue {
        key: "NetLiquidation".into(),
        value: "100000.00".into(),
        currency: "USD".into(),
        account: "DU1234567".into(),
    };
    let golden = "6|2|NetLiquidation|100000.00|USD|DU1234567|";
    server(ALL, golden, &ServerMessage::AccountValue(Box::new(value)));
    let multi = AccountUpdateMulti {
        req_id: req(1001),
        account: "DU1234567".into(),
        model_code: String::new(),
        key: "NetLiquidation".into(),
        value: "100000.00".into(),
        currency: "USD".into(),
    };
    let golden = "73|1|1001|DU1234567||NetLiquidation|100000.00|USD|";
    server(ALL, golden, &ServerMessage::AccountUpdateMulti(Box::new(multi)));
}

#[test]
fn a_download_ends_with_its_time_and_a_marker() {
    server(ALL, "8|1|12:07|", &ServerMessage::AccountUpdateTime(AccountUpdateTime { time: "12:07".into() }));
    let end = AccountDownloadEnd { account: "DU1234567".into() };
    server(ALL, "54|1|DU1234567|", &ServerMessage::AccountDownloadEnd(end));
}
