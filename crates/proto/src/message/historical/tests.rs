//! Golden frames of bars.
//!
//! Frames marked "live layout" are spelt as published captures of a real Gateway at server version 200 are (ibkr-go,
//! MIT), field by field, with values of our own: the captures stay where they were published. The frames
//! from servers were read, with the values stated here, by the decoders of ib_async 2.1.0, ibapi 9.81.1 (both
//! below 196) and nautilus_ibapi 10.46.1. Requests were written by those clients; see `message/tests/client.rs`.

use super::*;
use crate::message::contract::Contract;
use crate::message::market_data::ComboLeg;
use crate::message::tests::check::{ALL, client, con, dec, req, server, server_reads, some};
use crate::message::{ClientMessage, ServerMessage};

const GOLDEN: &str = concat!(
    "17|1001|7|",
    "20260304 09:30:00 US/Eastern|154.20|154.80|150.65|152.53|1829701|152.366|11633|",
    "20260304 10:00:00 US/Eastern|152.52|155.40|151.19|155.38|1797902|152.971|15541|",
    "20260304 11:00:00 US/Eastern|155.40|155.73|154.36|154.57|1400600|155.002|7740|",
    "20260304 12:00:00 US/Eastern|154.57|155.00|154.00|154.42|983700|154.453|5660|",
    "20260304 13:00:00 US/Eastern|154.42|155.49|154.17|154.61|1024300|154.878|5830|",
    "20260304 14:00:00 US/Eastern|154.58|155.46|154.58|155.28|1399100|155.101|7340|",
    "20260304 15:00:00 US/Eastern|155.29|156.13|154.80|155.89|2938300|155.576|17370|",
);

fn bar(date: &str, prices: [&str; 4], volume: &str, average: &str, bar_count: i32) -> Bar {
    let [open, high, low, close] = prices.map(dec);
    Bar { date: date.into(), open, high, low, close, volume: some(volume), average: some(average), bar_count }
}

fn bars_of_a_day() -> Vec<Bar> {
    vec![
        bar("20260304 09:30:00 US/Eastern", ["154.20", "154.80", "150.65", "152.53"], "1829701", "152.366", 11633),
        bar("20260304 10:00:00 US/Eastern", ["152.52", "155.40", "151.19", "155.38"], "1797902", "152.971", 15541),
        bar("20260304 11:00:00 US/Eastern", ["155.40", "155.73", "154.36", "154.57"], "1400600", "155.002", 7740),
        bar("20260304 12:00:00 US/Eastern", ["154.57", "155.00", "154.00", "154.42"], "983700", "154.453", 5660),
        bar("20260304 13:00:00 US/Eastern", ["154.42", "155.49", "154.17", "154.61"], "1024300", "154.878", 5830),
        bar("20260304 14:00:00 US/Eastern", ["154.58", "155.46", "154.58", "155.28"], "1399100", "155.101", 7340),
        bar("20260304 15:00:00 US/Eastern", ["155.29", "156.13", "154.80", "155.89"], "2938300", "155.576", 17370),
    ]
}

/// A bar of `MIDPOINT`: no volume, no average, no trades.
fn midpoint() -> Bar {
    let prices = ["1.08505", "1.0851", "1.0849", "1.085"];
    Bar { volume: None, average: None, ..bar("1775136600", prices, "0", "0", -1) }
}

#[test]
fn bars_are_as_a_gateway_sends_them() {
    // Live layout.
    let data = HistoricalData { req_id: req(1001), start: String::new(), end: String::new(), bars: bars_of_a_day() };
    server([196, 200], GOLDEN, &ServerMessage::HistoricalData(data));
}

#[test]
fn bars_say_what_they_cover_until_an_end_message_does() {
    let (start, end) = ("20260303 16:00:00 US/Eastern", "20260304 16:00:00 US/Eastern");
    let bars = bars_of_a_day().into_iter().take(1).collect();
    let data = HistoricalData { req_id: req(1001), start: start.into(), end: end.into(), bars };
    let golden = "17|1001|20260303 16:00:00 US/Eastern|20260304 16:00:00 US/Eastern|1|20260304 09:30:00 US/Eastern|\
        154.20|154.80|150.65|152.53|1829701|152.366|11633|";
    server(157..=195, golden, &ServerMessage::HistoricalData(data));
    // Read by nautilus_ibapi 10.46.1.
    let done = HistoricalDataEnd { req_id: req(1001), start: start.into(), end: end.into() };
    let golden = "108|1001|20260303 16:00:00 US/Eastern|20260304 16:00:00 US/Eastern|";
    server(196..=200, golden, &ServerMessage::HistoricalDataEnd(done));
}

#[test]
fn a_request_without_bars_is_answered() {
    let data = HistoricalData { req_id: req(7), start: "a".into(), end: "b".into(), bars: Vec::new() };
    server(157..=195, "17|7|a|b|0|", &ServerMessage::HistoricalData(data));
}

#[test]
fn minus_one_is_no_volume() {
    let data = HistoricalData { req_id: req(8), start: "a".into(), end: "b".into(), bars: vec![midpoint()] };
    let data = ServerMessage::HistoricalData(data);
    server(157..=195, "17|8|a|b|1|1775136600|1.08505|1.0851|1.0849|1.085|-1|-1|-1|", &data);
    server_reads(157..=195, "17|8|a|b|1|1775136600|1.08505|1.0851|1.0849|1.085|-1.0|-1.0|-1|", &data);
}

#[test]
fn minus_one_can_be_the_average_of_what_was_traded() {
    let bars = vec![bar("1775136600", ["-1.05", "-0.95", "-1.10", "-1"], "12", "-1", 3)];
    let data = HistoricalData { req_id: req(8), start: "a".into(), end: "b".into(), bars };
    let golden = "17|8|a|b|1|1775136600|-1.05|-0.95|-1.10|-1|12|-1|3|";
    server(157..=195, golden, &ServerMessage::HistoricalData(data));
}

#[test]
fn an_update_has_an_order_of_its_own() {
    let bar = bar("20260405 12:00:00 US/Eastern", ["189.05", "189.20", "189.00", "189.15"], "500", "189.10", 25);
    let update = HistoricalDataUpdate { req_id: req(1001), bar };
    // Count, date, open, close, high, low, average, volume.
    let golden = "90|1001|25|20260405 12:00:00 US/Eastern|189.05|189.15|189.20|189.00|189.10|500|";
    server(ALL, golden, &ServerMessage::HistoricalDataUpdate(Box::new(update)));
    let update = HistoricalDataUpdate { req_id: req(1001), bar: midpoint() };
    let golden = "90|1001|-1|1775136600|1.08505|1.085|1.0851|1.0849|-1|-1|";
    server(ALL, golden, &ServerMessage::HistoricalDataUpdate(Box::new(update)));
}

#[test]
fn a_request_for_bars_is_as_real_clients_send_it() {
    let contract = Contract { strike: some("0.0"), ..Contract::stock("AAPL") };
    let request = HistoricalDataRequest {
        req_id: req(17),
        contract: Contract { primary_exchange: "NASDAQ".into(), ..contract.clone() },
        include_expired: false,
        end_date_time: "20260304 16:00:00 US/Eastern".into(),
        bar_size: "1 hour".into(),
        duration: "1 D".into(),
        use_rth: true,
        what_to_show: "TRADES".into(),
        format_date: 1,
        combo_legs: Vec::new(),
        keep_up_to_date: false,
        options: String::new(),
    };
    let golden = "20|17|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||0|20260304 16:00:00 US/Eastern|1 hour|1 D|1|TRADES|1|0||";
    client(ALL, golden, &ClientMessage::ReqHistoricalData(Box::new(request.clone())));
    let leg = |con_id, ratio, action: &str| ComboLeg {
        con_id: con(con_id),
        ratio,
        action: action.into(),
        exchange: "SMART".into(),
    };
    let request = HistoricalDataRequest {
        req_id: req(18),
        contract: Contract { symbol: "IBKR".into(), sec_type: "BAG".into(), ..contract },
        end_date_time: String::new(),
        bar_size: "5 secs".into(),
        duration: "300 S".into(),
        use_rth: false,
        what_to_show: "MIDPOINT".into(),
        format_date: 2,
        combo_legs: vec![leg(43_645_865, 1, "BUY"), leg(9408, 2, "SELL")],
        keep_up_to_date: true,
        options: "a=b;c=d;".into(),
        ..request
    };
    let golden = "20|18|0|IBKR|BAG||0.0|||SMART||USD|||0||5 secs|300 S|0|MIDPOINT|2|2|43645865|1|BUY|SMART|9408|2|\
        SELL|SMART|1|a=b;c=d;|";
    client(ALL, golden, &ClientMessage::ReqHistoricalData(Box::new(request)));
}

#[test]
fn five_second_bars_are_asked_for_and_sent() {
    let contract = Contract { primary_exchange: "NASDAQ".into(), strike: some("0.0"), ..Contract::stock("AAPL") };
    let request = RealTimeBarsRequest {
        req_id: req(19),
        contract,
        bar_size: 5,
        what_to_show: "TRADES".into(),
        use_rth: false,
        options: String::new(),
    };
    let golden = "50|3|19|0|AAPL|STK||0.0|||SMART|NASDAQ|USD|||5|TRADES|0||";
    client(ALL, golden, &ClientMessage::ReqRealTimeBars(Box::new(request)));
    let bar = RealTimeBar {
        req_id: req(1001),
        time: 1_775_425_855,
        open: dec("154.20"),
        high: dec("154.80"),
        low: dec("150.65"),
        close: dec("152.53"),
        volume: some("2829"),
        average: some("152.366"),
        count: 136,
    };
    let golden = "50|3|1001|1775425855|154.20|154.80|150.65|152.53|2829|152.366|136|";
    server(ALL, golden, &ServerMessage::RealTimeBar(Box::new(bar.clone())));
    let bar = RealTimeBar { volume: None, average: None, count: -1, ..bar };
    let golden = "50|3|1001|1775425855|154.20|154.80|150.65|152.53|-1|-1|-1|";
    server(ALL, golden, &ServerMessage::RealTimeBar(Box::new(bar)));
}
