//! Golden frames of contract details.
//!
//! Frames marked "live layout" are spelt as published captures of a real Gateway at server version 200 are (ibkr-go,
//! MIT), field by field, with values of our own: the captures stay where they were published. The frames
//! from servers were read, with the values stated here, by the decoders of ib_async 2.1.0 (157 to 178), ibapi
//! 9.81.1 (157) and nautilus_ibapi 10.46.1 (all). Requests were written by those clients; see `message/tests/client.rs`.

use super::*;
use crate::message::tests::check::{client, con, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

const ORDER_TYPES: &str = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,COND,DAY,GTC,GTD,IOC,LMT,LOC,MIT,MKT,MOC,OCA,OPG,STP,\
    STPLMT,TRAIL,WHATIF";
const EXCHANGES: &str = "SMART,AMEX,NYSE,ARCA,NASDAQ,BATS,IEX,MEMX,OVERNIGHT";
const TRADING: &str = "20260301:CLOSED;20260302:0400-20260302:2000;20260303:0400-20260303:2000";
const LIQUID: &str = "20260301:CLOSED;20260302:0930-20260302:1600;20260303:0930-20260303:1600";
const RULES: &str = "26,26,26,26,26,26,26,26,26";

fn aapl() -> ContractDetails {
    ContractDetails {
        req_id: req(1001),
        contract: Contract {
            con_id: con(265_598),
            strike: some("0"),
            primary_exchange: "NASDAQ".into(),
            local_symbol: "AAPL".into(),
            trading_class: "NMS".into(),
            ..Contract::stock("AAPL")
        },
        market_name: "NMS".into(),
        min_tick: some("0.01"),
        price_magnifier: 1,
        order_types: ORDER_TYPES.into(),
        valid_exchanges: EXCHANGES.into(),
        long_name: "APPLE INC-TEST".into(),
        industry: "Technology".into(),
        category: "Computers".into(),
        subcategory: "Computers".into(),
        time_zone_id: "US/Eastern".into(),
        trading_hours: TRADING.into(),
        liquid_hours: LIQUID.into(),
        sec_id_list: vec![("ISIN".into(), "US0378331005".into())],
        agg_group: 1,
        market_rule_ids: RULES.into(),
        stock_type: "COMMON".into(),
        min_size: some("0.0001"),
        size_increment: some("0.0001"),
        suggested_size_increment: some("100"),
        ..ContractDetails::default()
    }
}

fn future() -> ContractDetails {
    ContractDetails {
        req_id: req(31),
        contract: Contract {
            con_id: con(770_561_194),
            symbol: "MES".into(),
            sec_type: "FUT".into(),
            last_trade_date_or_contract_month: "20260618".into(),
            strike: some("0"),
            multiplier: "5".into(),
            exchange: "CME".into(),
            currency: "USD".into(),
            local_symbol: "MESM6".into(),
            trading_class: "MES".into(),
            ..Contract::default()
        },
        market_name: "MES".into(),
        min_tick: some("0.25"),
        price_magnifier: 1,
        order_types: "LMT,MKT".into(),
        valid_exchanges: "CME".into(),
        under_con_id: con(362_673_777),
        long_name: "Micro E-Mini S&P 500 \u{2013} M\u{e4}rz".into(),
        contract_month: "202606".into(),
        time_zone_id: "US/Central".into(),
        trading_hours: "20260405:1700-20260406:1600".into(),
        liquid_hours: "20260406:0830-20260406:1600".into(),
        ev_rule: "aussieBondFutures".into(),
        ev_multiplier: some("100"),
        agg_group: 2_147_483_647,
        under_symbol: "MES".into(),
        under_sec_type: "IND".into(),
        market_rule_ids: "67".into(),
        real_expiration_date: "20260618".into(),
        last_trade_time: "08:30".into(),
        ..ContractDetails::default()
    }
}

fn golden_aapl(head: &str, after_tick: &str, tail: &str) -> String {
    format!(
        "10|{head}SMART|USD|AAPL|NMS|NMS|265598|0.01|{after_tick}|{ORDER_TYPES}|{EXCHANGES}|1|0|APPLE INC-TEST|NASDAQ||\
            Technology|Computers|Computers|US/Eastern|{TRADING}|{LIQUID}|||1|ISIN|US0378331005|1|||{RULES}||COMMON|\
            {tail}"
    )
}

fn sent(details: &ContractDetails) -> ServerMessage {
    ServerMessage::ContractDetails(Box::new(details.clone()))
}

#[test]
fn details_are_as_a_gateway_sends_them() {
    // Live layout.
    let golden = golden_aapl("1001|AAPL|STK|||0||", "", "0.0001|0.0001|100|0|");
    server(186..=200, &golden, &sent(&aapl()));
}

#[test]
fn details_grow_with_the_server_version() {
    let sizes = "0.0001|0.0001|100|";
    server(182..=185, &golden_aapl("1001|AAPL|STK|||0||", "", sizes), &sent(&aapl()));
    server(164..=181, &golden_aapl("1001|AAPL|STK||0||", "", sizes), &sent(&aapl()));
    // Before 164 there is a version, a size multiplier that is of no use any more, and at 163 one size.
    let one_size = ContractDetails { min_size: None, size_increment: None, ..aapl() };
    server([163], &golden_aapl("8|1001|AAPL|STK||0||", "1|", "100|"), &sent(&one_size));
    let no_size = ContractDetails { suggested_size_increment: None, ..one_size };
    server(157..=162, &golden_aapl("8|1001|AAPL|STK||0||", "1|", ""), &sent(&no_size));
    server_reads(157..=162, &golden_aapl("8|1001|AAPL|STK||0||", "100|", ""), &sent(&no_size));
}

#[test]
fn a_future_has_a_last_trade_time_and_its_name_travels_as_ascii() {
    let golden = "10|31|MES|FUT|20260618 08:30|0||CME|USD|MESM6|MES|MES|770561194|0.25|5|LMT,MKT|CME|1|362673777|\
        Micro E-Mini S&P 500 \\u2013 M\\u00e4rz||202606||||US/Central|20260405:1700-20260406:1600|\
        20260406:0830-20260406:1600|aussieBondFutures|100|0|2147483647|MES|IND|67|20260618|||||";
    server(164..=178, golden, &sent(&future()));
    for other in ["20260618 08:30 US/Central", "20260618  08:30", "20260618-08:30-US/Central"] {
        server_reads(164..=178, &golden.replace("20260618 08:30", other), &sent(&future()));
    }
    let later = ContractDetails {
        last_trade_date: "20260618".into(),
        min_size: some("1"),
        size_increment: some("1"),
        suggested_size_increment: some("1"),
        ineligibility_reason_list: vec![IneligibilityReason {
            id: "no_trading_permission".into(),
            description: "No trading permission".into(),
        }],
        ..future()
    };
    let golden = "10|31|MES|FUT|20260618 08:30|20260618|0||CME|USD|MESM6|MES|MES|770561194|0.25|5|LMT,MKT|CME|1|\
        362673777|Micro E-Mini S&P 500 \\u2013 M\\u00e4rz||202606||||US/Central|20260405:1700-20260406:1600|\
        20260406:0830-20260406:1600|aussieBondFutures|100|0|2147483647|MES|IND|67|20260618||1|1|1|1|\
        no_trading_permission|No trading permission|";
    server(186..=200, golden, &sent(&later));
}

#[test]
fn a_fund_has_seventeen_fields_more() {
    let fund = FundDetails {
        name: "Vanguard 500 Index".into(),
        family: "Vanguard".into(),
        fund_type: "Equity".into(),
        front_load: "0".into(),
        back_load: "1".into(),
        back_load_time_interval: "30 D".into(),
        management_fee: "0.04".into(),
        closed: false,
        closed_for_new_investors: true,
        closed_for_new_money: false,
        notify_amount: "1000".into(),
        minimum_initial_purchase: "3000".into(),
        subsequent_minimum_purchase: "1".into(),
        blue_sky_states: "NY".into(),
        blue_sky_territories: "PR".into(),
        distribution_policy_indicator: "Y".into(),
        asset_type: "004".into(),
    };
    let details = ContractDetails {
        req_id: req(32),
        contract: Contract {
            con_id: con(8_314),
            symbol: "VFIAX".into(),
            sec_type: "FUND".into(),
            strike: some("0"),
            exchange: "FUNDSERV".into(),
            currency: "USD".into(),
            ..Contract::default()
        },
        price_magnifier: 1,
        fund: Some(Box::new(fund)),
        ..ContractDetails::default()
    };
    let golden = "10|32|VFIAX|FUND||0||FUNDSERV|USD||||8314|||||1|0||||||||||||0|0|||||||||Vanguard 500 Index|\
        Vanguard|Equity|0|1|30 D|0.04|0|1|0|1000|3000|1|NY|PR|Y|004|";
    server(179..=181, golden, &sent(&details));
    let before = ContractDetails { fund: None, ..details };
    let golden = "10|32|VFIAX|FUND||0||FUNDSERV|USD||||8314|||||1|0||||||||||||0|0|||||||||";
    server(164..=178, golden, &sent(&before));
}

#[test]
fn a_request_for_details_is_as_real_clients_send_it() {
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
    let request = ContractDetailsRequest {
        req_id: req(15),
        contract,
        include_expired: false,
        sec_id_type: String::new(),
        sec_id: String::new(),
        issuer_id: String::new(),
    };
    let asked = ClientMessage::ReqContractDetails(Box::new(request));
    let golden = "9|8|15|853200900|OBDC|OPT|20261120|12.5|P|100|SMART||USD|OBDC  261120P00012500|OBDC|0|||";
    client(157..=175, golden, &asked);
    client(176..=200, &format!("{golden}|"), &asked);
}

#[test]
fn a_bond_is_asked_for_by_its_issuer() {
    let request = ContractDetailsRequest {
        req_id: req(16),
        contract: Contract {
            sec_type: "BOND".into(),
            exchange: "SMART".into(),
            strike: some("0.0"),
            ..Contract::default()
        },
        include_expired: true,
        sec_id_type: "CUSIP".into(),
        sec_id: "912810QP6".into(),
        issuer_id: "e1234567".into(),
    };
    let golden = "9|8|16|0||BOND||0.0|||SMART|||||1|CUSIP|912810QP6|e1234567|";
    client(176..=200, golden, &ClientMessage::ReqContractDetails(Box::new(request)));
}
