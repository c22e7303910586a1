//! Bars and ticks tell one story.

use std::time::Duration;

use gatewright_proto::message::historical::{Bar, HistoricalDataRequest};
use gatewright_proto::message::market_data::MarketDataTypeRequest;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::determinism::{five_second_bars, history, ticks};
use super::table::{Table, errors, ids};
use crate::config::SimConfig;
use crate::core::ConnId;

fn ask(table: &mut Table, id: ConnId, request: HistoricalDataRequest) -> Vec<Bar> {
    table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request)));
    let heard = table.heard(id);
    let [ServerMessage::HistoricalData(data)] = heard.as_slice() else { panic!("{heard:?}") };
    data.bars.clone()
}

fn seated() -> (Table, ConnId) {
    let mut table = Table::new(SimConfig::default());
    let id = table.ready(7);
    (table, id)
}

#[test]
fn what_was_streamed_is_what_history_says_later() {
    let (mut table, id) = seated();
    table.pass(Duration::from_secs(30));
    table.say(id, &five_second_bars(1, "AAPL"));
    table.say(id, &ticks(2, "AAPL", false));
    table.pass(Duration::from_secs(90));
    let heard = table.heard(id);
    let streamed: Vec<(i64, Decimal, Decimal, Option<Decimal>)> = heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::RealTimeBar(bar) => Some((bar.time, bar.high, bar.close, bar.volume)),
            _ => None,
        })
        .collect();
    assert_eq!(streamed.len(), 18);
    let request = HistoricalDataRequest { format_date: 2, ..history(3, "AAPL", "120 S", "5 secs", false) };
    let bars = ask(&mut table, id, request);
    for (time, high, close, volume) in streamed {
        let bar = bars.iter().find(|bar| bar.date == time.to_string()).unwrap();
        assert_eq!((bar.high, bar.close, bar.volume), (high, close, volume));
    }
    // Every last price lies in the bar of its time.
    let whole = ask(&mut table, id, history(4, "AAPL", "120 S", "2 mins", false));
    let (low, high) = (whole.iter().map(|bar| bar.low).min(), whole.iter().map(|bar| bar.high).max());
    let lasts = heard.iter().filter_map(|message| match message {
        ServerMessage::TickPrice(tick) if tick.tick_type == 4 => tick.price,
        _ => None,
    });
    for price in lasts {
        assert!(low <= Some(price) && Some(price) <= high);
    }
}

#[test]
fn every_size_gives_sane_bars_that_agree() {
    let (mut table, id) = seated();
    let sizes = [
        ("60 S", "1 secs", 60),
        ("1800 S", "30 secs", 60),
        ("1 D", "1 min", 1_440),
        ("1 D", "1 hour", 24),
        ("2 D", "8 hours", 6),
        ("1 W", "1 day", 7),
        ("1 M", "1W", 5),
        ("1 Y", "1 month", 13),
    ];
    for (number, (duration, size, count)) in (1..).zip(sizes) {
        let bars = ask(&mut table, id, history(number, "AAPL", duration, size, false));
        assert!(bars.len().abs_diff(count) <= 1, "{duration} {size}: {}", bars.len());
        for bar in &bars {
            assert!(bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high, "{size}");
            let average = bar.average.unwrap();
            assert!(bar.low <= average && average <= bar.high, "{size}");
            assert!(bar.volume > Some(Decimal::ZERO) && bar.bar_count > 0);
        }
        assert!(bars.windows(2).all(|pair| pair[0].date < pair[1].date));
    }
}

#[test]
fn dates_are_text_or_seconds_and_days_are_days() {
    let (mut table, id) = seated();
    let minutes = ask(&mut table, id, history(1, "AAPL", "120 S", "1 min", false));
    assert_eq!(minutes.last().unwrap().date, "20260302 09:30:00 US/Eastern");
    let request = HistoricalDataRequest { format_date: 2, ..history(2, "AAPL", "120 S", "1 min", false) };
    assert_eq!(ask(&mut table, id, request).last().unwrap().date, "1772461800");
    let request = HistoricalDataRequest {
        format_date: 2,
        end_date_time: "20260220 23:59:59 US/Eastern".into(),
        ..history(3, "AAPL", "2 D", "1 day", false)
    };
    let days: Vec<String> = ask(&mut table, id, request).into_iter().map(|bar| bar.date).collect();
    assert_eq!(days, ["20260219", "20260220"]);
}

#[test]
fn a_request_kept_up_to_date_gets_its_last_bar_again_and_again() {
    let (mut table, id) = seated();
    let before = ask(&mut table, id, history(1, "AAPL", "300 S", "1 min", true));
    table.pass(Duration::from_secs(121));
    let updates: Vec<Bar> = table
        .heard(id)
        .into_iter()
        .filter_map(|message| match message {
            ServerMessage::HistoricalDataUpdate(update) => Some(update.bar),
            _ => None,
        })
        .collect();
    assert_eq!(updates.len(), 24);
    assert_eq!(updates[0].date, before.last().unwrap().date);
    let request = history(2, "AAPL", "300 S", "1 min", false);
    let after = ask(&mut table, id, request);
    for date in ["20260302 09:30:00 US/Eastern", "20260302 09:31:00 US/Eastern"] {
        let last = updates.iter().rev().find(|bar| bar.date == date).unwrap();
        let whole = after.iter().find(|bar| bar.date == date).unwrap();
        assert_eq!(
            (last.open, last.high, last.low, last.close, last.volume),
            (whole.open, whole.high, whole.low, whole.close, whole.volume)
        );
    }
    table.say(id, &ClientMessage::CancelHistoricalData(RequestId::new(1)));
    table.say(id, &ClientMessage::CancelHistoricalData(RequestId::new(1)));
    assert_eq!(errors(&table.heard(id)), [(1, 162), (1, 366)]);
    table.pass(Duration::from_secs(20));
    assert_eq!(table.heard(id), []);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let (mut table, id) = seated();
    let good = history(1, "AAPL", "1 D", "1 min", false);
    let cases = [
        (HistoricalDataRequest { bar_size: "7 mins".into(), ..good.clone() }, 321),
        (HistoricalDataRequest { duration: "1 eon".into(), ..good.clone() }, 321),
        (HistoricalDataRequest { what_to_show: "GOSSIP".into(), ..good.clone() }, 321),
        (HistoricalDataRequest { end_date_time: "soon".into(), ..good.clone() }, 321),
        (HistoricalDataRequest { duration: "10 D".into(), bar_size: "1 secs".into(), ..good.clone() }, 162),
        (history(1, "NOSUCH", "1 D", "1 min", false), 200),
    ];
    for (request, code) in cases {
        table.say(id, &ClientMessage::ReqHistoricalData(Box::new(request.clone())));
        assert_eq!(errors(&table.heard(id)), [(1, code)], "{request:?}");
    }
}

#[test]
fn a_stream_begins_with_everything_and_goes_on_with_changes() {
    let (mut table, id) = seated();
    table.say(id, &ticks(1, "AAPL", false));
    let heard = table.heard(id);
    assert_eq!(ids(&heard)[..2], [81, 58]);
    let kinds: Vec<i32> = heard
        .iter()
        .filter_map(|message| match message {
            ServerMessage::TickPrice(tick) => Some(tick.tick_type),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [1, 2, 4, 6, 7, 9, 14]);
    table.pass(Duration::from_secs(10));
    assert!(table.heard(id).len() > 40);
    table.say(id, &ticks(1, "SPY", false));
    assert_eq!(errors(&table.heard(id)), [(1, 322)]);
    table.say(id, &ClientMessage::CancelMktData(RequestId::new(1)));
    table.say(id, &ClientMessage::CancelMktData(RequestId::new(1)));
    assert_eq!(errors(&table.heard(id)), [(1, 300)]);
    table.pass(Duration::from_secs(10));
    assert_eq!(table.heard(id), []);
    assert_eq!(table.world.poll_timeout(), None, "nothing is due when nobody listens");
}

#[test]
fn a_snapshot_ends_and_delayed_data_is_called_so() {
    let (mut table, id) = seated();
    table.say(id, &ticks(1, "AAPL", true));
    assert_eq!(ids(&table.heard(id)).last(), Some(&57));
    table.say(id, &ClientMessage::ReqMarketDataType(MarketDataTypeRequest { market_data_type: 3 }));
    table.say(id, &ticks(2, "AAPL", true));
    let heard = table.heard(id);
    let ServerMessage::MarketDataType(kind) = &heard[1] else { panic!() };
    assert_eq!(kind.market_data_type, 3);
    let ServerMessage::TickPrice(bid) = &heard[2] else { panic!() };
    assert_eq!(bid.tick_type, 66);
    table.say(id, &ticks(3, "NOSUCH", false));
    assert_eq!(errors(&table.heard(id)), [(3, 200)]);
}
