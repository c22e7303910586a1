//! What real market hours change, and recorded prices.

use std::sync::Arc;
use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::{Bar, HistoricalDataRequest};
use gatewright_proto::{ClientMessage, ServerMessage};
use rust_decimal::Decimal;

use super::determinism::{five_second_bars, history, ticks};
use super::table::{Table, ids};
use crate::config::{MarketHours, SimConfig};
use crate::core::ConnId;
use crate::market::PriceRecording;

fn real() -> (Table, ConnId) {
    let mut table = Table::new(SimConfig { market_hours: MarketHours::Real, ..SimConfig::default() });
    let id = table.ready(7);
    (table, id)
}

fn ask(table: &mut Table, id: ConnId, request: HistoricalDataRequest) -> Vec<Bar> {
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
    let heard = table.heard(id);
    let [ServerMessage::HistoricalData(data)] = heard.as_slice() else { panic!("{heard:?}") };
    data.bars.clone()
}

#[test]
fn nothing_ticks_at_night_and_the_morning_begins_again() {
    let (mut table, id) = real();
    table.say(id, &ticks(1, "AAPL", false));
    table.say(id, &five_second_bars(2, "AAPL"));
    // To 20:00 in New York, then to 04:00, then on.
    table.pass(Duration::from_secs(10 * 3_600 + 1_800));
    assert!(table.heard(id).len() > 10_000);
    table.pass(Duration::from_secs(8 * 3_600 - 1));
    assert_eq!(table.heard(id), []);
    table.pass(Duration::from_secs(60));
    let morning = ids(&table.heard(id));
    assert!(!morning.is_empty() && !morning.contains(&50), "five-second bars keep to regular hours");
}

#[test]
fn history_keeps_to_sessions() {
    let (mut table, id) = real();
    table.pass(Duration::from_secs(3 * 86_400));
    // Thursday, 09:30.
    let minutes = ask(&mut table, id, history(1, "AAPL", "2 D", "1 min", false));
    assert_eq!(minutes[0].date, "20260304 09:30:00 US/Eastern");
    assert_eq!(minutes.len(), 391);
    let extended = HistoricalDataRequest { use_rth: false, ..history(2, "AAPL", "1 D", "1 hour", false) };
    assert_eq!(ask(&mut table, id, extended)[0].date, "20260305 04:00:00 US/Eastern");
    let days: Vec<String> =
        ask(&mut table, id, history(3, "AAPL", "5 D", "1 day", false)).into_iter().map(|bar| bar.date).collect();
    assert_eq!(days, ["20260227", "20260302", "20260303", "20260304", "20260305"]);
    let hours = ask(
        &mut table,
        id,
        HistoricalDataRequest {
            end_date_time: "20260304 20:00:00".into(),
            ..history(4, "AAPL", "1 D", "1 hour", false)
        },
    );
    assert_eq!((hours.len(), hours[0].date.as_str()), (7, "20260304 09:30:00 US/Eastern"));
    let schedule =
        HistoricalDataRequest { what_to_show: "SCHEDULE".into(), ..history(5, "AAPL", "3 D", "1 day", false) };
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(schedule)));
    let heard = table.heard(id);
    let [ServerMessage::HistoricalSchedule(schedule)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(schedule.sessions[0].start_date_time, "20260303-09:30:00");
    let future = Contract {
        sec_type: "FUT".into(),
        exchange: "CME".into(),
        last_trade_date_or_contract_month: "202603".into(),
        ..Contract::stock("ES")
    };
    let night = HistoricalDataRequest { contract: future, use_rth: false, ..history(6, "ES", "1 D", "1 hour", false) };
    assert_eq!(ask(&mut table, id, night)[0].date, "20260304 18:00:00 US/Eastern");
}

#[test]
fn recorded_bars_are_streamed_and_are_history_later() {
    let mut text = String::from("time,open,high,low,close,volume\n");
    for minute in 0..10i64 {
        let start = 1_772_461_800 + 60 * minute;
        text += &format!(
            "{start},{}.10,{}.55,{}.05,{}.30,{}\n",
            200 + minute,
            200 + minute,
            200 + minute,
            200 + minute,
            7 + 1_000 * minute
        );
    }
    let recording = Arc::new(PriceRecording::from_csv(&text).unwrap());
    let mut table = Table::new(SimConfig { replays: vec![("AAPL".into(), recording)], ..SimConfig::default() });
    let id = table.ready(7);
    table.say(id, &five_second_bars(1, "AAPL"));
    table.pass(Duration::from_secs(605));
    let volume: Decimal = table
        .heard(id)
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::RealTimeBar(bar) => bar.volume,
            _ => None,
        })
        .sum();
    assert_eq!(volume, Decimal::from(45_070));
    let request = HistoricalDataRequest {
        format_date: 2,
        end_date_time: "20260302 09:40:00".into(),
        ..history(2, "AAPL", "600 S", "1 min", false)
    };
    let bars = ask(&mut table, id, request);
    assert_eq!(bars.len(), 10);
    for (minute, bar) in (0..).zip(&bars) {
        let at = |cents: i64| Decimal::new((200 + minute) * 100 + cents, 2).normalize();
        assert_eq!((bar.open, bar.high, bar.low, bar.close), (at(10), at(55), at(5), at(30)));
        assert_eq!(bar.volume, Some(Decimal::from(7 + 1_000 * minute)));
    }
}
