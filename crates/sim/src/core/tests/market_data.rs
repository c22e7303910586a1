//! Every kind of market data is served, and says what the others say.

use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::depth::{CancelMktDepth, MktDepthRequest};
use gatewright_proto::message::head_timestamp::HeadTimestampRequest;
use gatewright_proto::message::histogram::HistogramDataRequest;
use gatewright_proto::message::historical::HistoricalDataRequest;
use gatewright_proto::message::historical_ticks::HistoricalTicksRequest;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::message::market_rule::MarketRuleRequest;
use gatewright_proto::message::news::HistoricalNewsRequest;
use gatewright_proto::message::option_chain::SecDefOptParamsRequest;
use gatewright_proto::message::smart_components::SmartComponentsRequest;
use gatewright_proto::message::symbols::MatchingSymbolsRequest;
use gatewright_proto::message::tick_by_tick::{TickByTickData, TickByTickRequest};
use gatewright_proto::{ClientMessage, ConId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::determinism::history;
use super::table::{Table, errors, ids};
use crate::config::SimConfig;
use crate::core::ConnId;

fn seated() -> (Table, ConnId) {
    let mut table = Table::new(SimConfig::default());
    let id = table.ready(7);
    (table, id)
}

pub(super) fn by_tick(req_id: i32, tick_type: &str) -> ClientMessage {
    ClientMessage::ReqTickByTickData(Box::new(TickByTickRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock("AAPL"),
        tick_type: tick_type.into(),
        number_of_ticks: 0,
        ignore_size: false,
    }))
}

fn past(req_id: i32, start: &str, end: &str, what: &str, count: i32) -> ClientMessage {
    ClientMessage::ReqHistoricalTicks(Box::new(HistoricalTicksRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock("AAPL"),
        include_expired: false,
        start_date_time: start.into(),
        end_date_time: end.into(),
        number_of_ticks: count,
        what_to_show: what.into(),
        use_rth: true,
        ignore_size: false,
        options: String::new(),
    }))
}

fn option(table: &mut Table) -> Contract {
    let today = table.world.new_york.day(table.now.second());
    let found =
        table.world.catalogue.iter().find(|it| it.sec_type() == "OPT" && it.symbol == "AAPL" && !it.is_expired(today));
    found.unwrap().contract("SMART")
}

#[test]
fn trades_one_by_one_add_up_to_the_bars_and_are_told_again_as_the_past() {
    let (mut table, id) = seated();
    table.say(id, &by_tick(1, "AllLast"));
    table.pass(Duration::from_secs(60));
    let trades: Vec<(i64, Decimal, Decimal)> = table
        .heard(id)
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::TickByTick(tick) => match tick.data {
                TickByTickData::AllLast(last) => Some((tick.time, last.price, last.size)),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert!((170..=190).contains(&trades.len()), "three a second: {}", trades.len());
    let request = HistoricalDataRequest { format_date: 2, ..history(2, "AAPL", "120 S", "5 secs", false) };
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
    let heard = table.heard(id);
    let [ServerMessage::HistoricalData(data)] = heard.as_slice() else { panic!("{heard:?}") };
    for bar in data.bars.iter().filter(|bar| bar.date.as_str() >= "1772461805" && bar.date.as_str() < "1772461855") {
        let from: i64 = bar.date.parse().unwrap();
        let inside = || trades.iter().filter(|(time, ..)| (from..from + 5).contains(time));
        assert_eq!(bar.volume, Some(inside().map(|(.., size)| *size).sum()));
        assert_eq!(Some(bar.high), inside().map(|(_, price, _)| *price).max());
        assert_eq!(usize::try_from(bar.bar_count).unwrap(), inside().count());
    }
    table.say(id, &past(3, "20260302 09:30:01", "", "TRADES", 100));
    let heard = table.heard(id);
    let [ServerMessage::HistoricalTicksLast(told)] = heard.as_slice() else { panic!("{heard:?}") };
    assert!(told.done && told.ticks.len() >= 100);
    for (tick, (time, price, size)) in told.ticks.iter().zip(&trades) {
        assert_eq!((tick.time, tick.price, tick.size), (*time, *price, *size));
    }
    table.say(id, &ClientMessage::CancelTickByTickData(RequestId::new(1)));
    table.say(id, &ClientMessage::CancelTickByTickData(RequestId::new(1)));
    assert_eq!(errors(&table.heard(id)), [(1, 300)]);
}

#[test]
fn quotes_and_midpoints_are_told_when_they_change() {
    let (mut table, id) = seated();
    table.say(id, &by_tick(1, "BidAsk"));
    table.say(id, &by_tick(2, "MidPoint"));
    table.say(id, &by_tick(3, "Rumours"));
    assert_eq!(errors(&table.heard(id)), [(3, 10189)]);
    table.pass(Duration::from_secs(10));
    let heard = table.heard(id);
    assert!(ids(&heard).iter().all(|id| *id == 99) && heard.len() > 20);
    table.say(id, &past(4, "", "20260302 09:30:05", "BID_ASK", 10));
    table.say(id, &past(5, "", "20260302 09:30:05", "MIDPOINT", 10));
    table.say(id, &past(6, "", "", "MIDPOINT", 10));
    let heard = table.heard(id);
    let past: Vec<i32> = ids(&heard).into_iter().filter(|id| *id != 99).collect();
    assert_eq!(past, [97, 96, 4]);
    assert_eq!(errors(&heard), [(6, 10187)]);
}

#[test]
fn a_book_is_whole_at_first_then_changes_and_never_crosses() {
    let (mut table, id) = seated();
    let request = MktDepthRequest {
        req_id: RequestId::new(1),
        contract: Contract::stock("AAPL"),
        num_rows: 5,
        is_smart_depth: true,
        options: String::new(),
    };
    table.say(id, &ClientMessage::ReqMktDepth(Box::new(request.clone())));
    let mut book = [vec![Decimal::ZERO; 5], vec![Decimal::ZERO; 5]];
    let mut first = true;
    for _ in 0..30 {
        let heard = table.heard(id);
        for message in &heard {
            let ServerMessage::MarketDepthL2(row) = message else { panic!("{message:?}") };
            assert_eq!(row.operation, i32::from(!first));
            book[usize::try_from(row.side).unwrap()][usize::try_from(row.position).unwrap()] = row.price;
        }
        assert!(!first || heard.len() == 10);
        first = false;
        assert!(book[0].windows(2).all(|pair| pair[0] < pair[1]) && book[1].windows(2).all(|pair| pair[0] > pair[1]));
        assert!(book[1][0] < book[0][0], "{book:?}");
        table.pass(Duration::from_secs(1));
    }
    table.heard(id);
    let cancel = CancelMktDepth { req_id: RequestId::new(1), is_smart_depth: true };
    table.say(id, &ClientMessage::CancelMktDepth(cancel.clone()));
    table.say(id, &ClientMessage::CancelMktDepth(cancel));
    assert_eq!(errors(&table.heard(id)), [(1, 310)]);
    table.say(id, &ClientMessage::ReqMktDepth(Box::new(MktDepthRequest { is_smart_depth: false, ..request })));
    assert_eq!(errors(&table.heard(id)), [(1, 10092)]);
}

#[test]
fn an_option_chain_can_be_found_and_streamed_with_what_the_model_says() {
    let (mut table, id) = seated();
    let chain = SecDefOptParamsRequest {
        req_id: RequestId::new(1),
        underlying_symbol: "AAPL".into(),
        fut_fop_exchange: String::new(),
        underlying_sec_type: "STK".into(),
        underlying_con_id: ConId::new(265_598),
    };
    table.say(id, &ClientMessage::ReqSecDefOptParams(Box::new(chain)));
    let heard = table.heard(id);
    assert_eq!(ids(&heard).last(), Some(&76));
    let ServerMessage::SecDefOptParams(params) = &heard[0] else { panic!("{heard:?}") };
    assert!(params.expirations.len() >= 5 && params.strikes.len() == 21);
    let contract = option(&mut table);
    let request = MktDataRequest {
        req_id: RequestId::new(2),
        contract,
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: String::new(),
        snapshot: true,
        regulatory_snapshot: false,
        options: String::new(),
    };
    table.say(id, &ClientMessage::ReqMktData(Box::new(request)));
    let heard = table.heard(id);
    let kinds: Vec<i32> = heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::TickOptionComputation(tick) => Some(tick.tick_type),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [10, 11, 12, 13]);
    assert_eq!(ids(&heard).last(), Some(&57));
}

#[test]
fn small_lists_are_answered() {
    let (mut table, id) = seated();
    let req_id = RequestId::new(1);
    let requests = [
        (ClientMessage::ReqMatchingSymbols(MatchingSymbolsRequest { req_id, pattern: "app".into() }), 79),
        (ClientMessage::ReqMarketRule(MarketRuleRequest { market_rule_id: 26 }), 93),
        (ClientMessage::ReqSmartComponents(SmartComponentsRequest { req_id, bbo_exchange: "9c0001".into() }), 82),
        (ClientMessage::ReqMktDepthExchanges, 80),
        (ClientMessage::ReqFamilyCodes, 78),
        (ClientMessage::ReqSoftDollarTiers(req_id), 77),
        (ClientMessage::ReqUserInfo(req_id), 107),
        (ClientMessage::ReqNewsProviders, 85),
        (ClientMessage::ReqScannerParameters, 19),
    ];
    for (request, answer) in requests {
        table.say(id, &request);
        assert_eq!(ids(&table.heard(id)), [answer], "{request:?}");
    }
    let news = HistoricalNewsRequest {
        req_id,
        con_id: ConId::new(265_598),
        provider_codes: "BRFG+DJNL".into(),
        start_date_time: String::new(),
        end_date_time: String::new(),
        total_results: 3,
        options: String::new(),
    };
    table.say(id, &ClientMessage::ReqHistoricalNews(Box::new(news)));
    assert_eq!(ids(&table.heard(id)), [86, 86, 86, 87]);
    let (include_expired, use_rth) = (false, true);
    let contract = Contract::stock("AAPL");
    let head = HeadTimestampRequest {
        req_id,
        contract: contract.clone(),
        include_expired,
        use_rth,
        what_to_show: "TRADES".into(),
        format_date: 1,
    };
    table.say(id, &ClientMessage::ReqHeadTimestamp(Box::new(head)));
    let heard = table.heard(id);
    let [ServerMessage::HeadTimestamp(head)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(head.head_timestamp, "19801212-14:30:00");
    let histogram = HistogramDataRequest { req_id, contract, include_expired, use_rth, time_period: "3 days".into() };
    table.say(id, &ClientMessage::ReqHistogramData(Box::new(histogram)));
    let heard = table.heard(id);
    let [ServerMessage::HistogramData(histogram)] = heard.as_slice() else { panic!("{heard:?}") };
    assert!((10..=101).contains(&histogram.entries.len()));
}

#[test]
fn everything_that_can_be_shown_is_shown_or_named_as_missing() {
    let (mut table, id) = seated();
    let cases =
        [("MIDPOINT", 17), ("BID_ASK", 17), ("ADJUSTED_LAST", 17), ("HISTORICAL_VOLATILITY", 4), ("SCHEDULE", 106)];
    for (what, answer) in cases {
        let request = HistoricalDataRequest { what_to_show: what.into(), ..history(1, "AAPL", "5 D", "1 day", false) };
        table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
        assert_eq!(ids(&table.heard(id)), [answer], "{what}");
    }
    let future = Contract { sec_type: "FUT".into(), exchange: "CME".into(), ..Contract::stock("ES") };
    let request = HistoricalDataRequest { contract: future, ..history(2, "ES", "1 D", "1 hour", false) };
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request.clone())));
    assert_eq!(errors(&table.heard(id)), [(2, 200)], "five months are ambiguous");
    let mut month = request;
    month.contract.last_trade_date_or_contract_month = "202603".into();
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(month)));
    assert_eq!(ids(&table.heard(id)), [17]);
}
