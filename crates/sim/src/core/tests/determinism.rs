//! The same seed and the same inputs give the same bytes.

use std::time::Duration;

use bytes::Bytes;
use gatewright_proto::message::account::AccountSummaryRequest;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::message::order::{Action as Way, Order, PlaceOrder};
use gatewright_proto::{ClientMessage, OrderId, RequestId};
use rust_decimal::Decimal;

use super::table::Table;
use crate::config::SimConfig;
use crate::core::ConnId;

pub(super) fn ticks(req_id: i32, symbol: &str, snapshot: bool) -> ClientMessage {
    ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock(symbol),
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: "233".into(),
        snapshot,
        regulatory_snapshot: false,
        options: String::new(),
    }))
}

pub(super) fn history(req_id: i32, symbol: &str, duration: &str, bar_size: &str, live: bool) -> HistoricalDataRequest {
    HistoricalDataRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock(symbol),
        include_expired: false,
        end_date_time: String::new(),
        bar_size: bar_size.into(),
        duration: duration.into(),
        use_rth: true,
        what_to_show: "TRADES".into(),
        format_date: 1,
        combo_legs: Vec::new(),
        keep_up_to_date: live,
        options: String::new(),
    }
}

pub(super) fn five_second_bars(req_id: i32, symbol: &str) -> ClientMessage {
    ClientMessage::ReqRealTimeBars(Box::new(RealTimeBarsRequest {
        req_id: RequestId::new(req_id),
        contract: Contract::stock(symbol),
        bar_size: 5,
        what_to_show: "TRADES".into(),
        use_rth: true,
        options: String::new(),
    }))
}

/// A few minutes of everything at once; what was written, and how the books stand at the end.
fn day(seed: u64) -> (Vec<(ConnId, Bytes)>, String) {
    let mut table = Table::new(SimConfig { seed, ..SimConfig::default() });
    let (one, two) = (table.ready(1), table.ready(2));
    table.say(one, &ticks(10, "AAPL", false));
    table.say(two, &ticks(10, "SPY", false));
    table.say(two, &five_second_bars(11, "AAPL"));
    table.say(one, &ClientMessage::ReqHistoricalData(Box::new(history(12, "AAPL", "600 S", "1 min", true))));
    let (group, tags) = ("All".into(), "NetLiquidation,TotalCashValue".into());
    let summary = AccountSummaryRequest { req_id: RequestId::new(13), group, tags };
    table.say(one, &ClientMessage::ReqAccountSummary(summary));
    for (number, way) in [(1, Way::Buy), (2, Way::Sell), (3, Way::Buy)] {
        let order = Order::market(way, Decimal::from(10 * number));
        let place = PlaceOrder::new(OrderId::new(number), Contract::stock("AAPL"), order);
        table.say(one, &ClientMessage::PlaceOrder(Box::new(place)));
        table.pass(Duration::from_secs(100));
    }
    let snapshot = table.world.snapshot();
    (table.writes, format!("{snapshot:?}"))
}

#[test]
fn the_same_seed_and_inputs_give_the_same_bytes() {
    let (first, second) = (day(5), day(5));
    assert!(first.0.len() > 1_000);
    assert_eq!(first, second);
    assert_ne!(first.0, day(6).0);
}

#[test]
fn no_write_ends_on_a_multiple_of_4096() {
    for seed in 0..8 {
        for (_, bytes) in day(seed).0 {
            assert_ne!(bytes.len() % 4096, 0);
        }
    }
}
