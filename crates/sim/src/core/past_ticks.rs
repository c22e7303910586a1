//! Ticks of the past, how far data goes back, and histograms.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewright_proto::message::head_timestamp::{HeadTimestamp, HeadTimestampRequest};
use gatewright_proto::message::histogram::{HistogramData, HistogramDataRequest, HistogramEntry};
use gatewright_proto::message::historical_ticks::{
    HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast, HistoricalTicks, HistoricalTicksBidAsk,
    HistoricalTicksLast, HistoricalTicksRequest,
};
use gatewright_proto::{RequestId, ServerMessage};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::action::ConnId;
use super::tick_by_tick::venue;
use super::world::World;
use crate::calendar::Which;
use crate::catalogue::Instrument;
use crate::market::{Detail, Path, Print, Quote, Show};

/// The most ticks of one answer.
const MOST_TICKS: i32 = 1_000;

/// How far one request looks for ticks, in seconds: over the longest closed stretch.
const REACH: i64 = 5 * 86_400;

/// The earliest data, in days before 2026: shares of the built-in catalogue have been listed for longer.
const FIRST_SECOND: i64 = 345_479_400;

/// How long before its end a contract is listed, in days.
const LISTED_DAYS: i64 = 300;

/// The longest period of a histogram, in days.
const MOST_HISTOGRAM_DAYS: i64 = 366;

/// One moment's tick.
enum Tick {
    Trade(Print),
    Quote(Quote),
}

impl World {
    /// Sends up to a thousand ticks before or after a moment, whole seconds at a time.
    pub(super) fn send_past_ticks(&mut self, id: ConnId, request: &HistoricalTicksRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        let wrong = |text: &str| format!("Failed to request historical ticks:{text}");
        let known = match request.what_to_show.as_str() {
            "TRADES" => instrument.has_volume(),
            "BID_ASK" | "MIDPOINT" => instrument.has_quotes(),
            _ => return self.refuse(id, req_id, 10187, &wrong("Invalid whatToShow")),
        };
        if !(1..=MOST_TICKS).contains(&request.number_of_ticks) {
            return self.refuse(id, req_id, 10187, &wrong("Number of ticks must be between 1 and 1000"));
        }
        let (start, end) = (request.start_date_time.trim(), request.end_date_time.trim());
        if start.is_empty() == end.is_empty() {
            return self.refuse(id, req_id, 10187, &wrong("Either start or end time must be specified"));
        }
        let backwards = start.is_empty();
        let Some(moment) = self.new_york.parse(if backwards { end } else { start }) else {
            return self.refuse(id, req_id, 10187, &wrong("Invalid time format"));
        };
        if !known {
            return self.refuse(id, req_id, 10187, &wrong("No data"));
        }
        let trades = request.what_to_show == "TRADES";
        let spans = self.ticked_spans(&instrument, moment, backwards, Which::from_use_rth(request.use_rth));
        let Some(path) = self.paths.get(&instrument.con_id) else { return };
        let ticks = collect(path, &spans, trades, (backwards, usize::try_from(request.number_of_ticks).unwrap_or(1)));
        let message = match request.what_to_show.as_str() {
            "TRADES" => lasts(req_id, &instrument, &ticks),
            "BID_ASK" => bids_and_asks(req_id, &instrument, &ticks),
            _ => midpoints(req_id, &instrument, &ticks),
        };
        self.send(id, &message);
    }

    /// The spans in which to look, the nearest one first.
    fn ticked_spans(&self, instrument: &Instrument, moment: i64, backwards: bool, which: Which) -> Vec<(i64, i64)> {
        let now = self.now.second() + 1;
        let span = if backwards { (moment - REACH, moment.min(now)) } else { (moment, (moment + REACH).min(now)) };
        let mut spans = self.trading_spans(instrument, span, which);
        spans.retain(|(from, to)| from < to);
        if backwards {
            spans.reverse();
        }
        spans
    }

    /// Sends the first moment of which there is data.
    pub(super) fn send_head_timestamp(&mut self, id: ConnId, request: &HeadTimestampRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        let known = match request.what_to_show.as_str() {
            "TRADES" | "ADJUSTED_LAST" => instrument.has_trades(),
            "BID" | "ASK" | "MIDPOINT" | "BID_ASK" => instrument.has_quotes(),
            _ => false,
        };
        if !known {
            let text = "Historical Market Data Service error message:No head time stamp";
            return self.refuse(id, req_id, 162, text);
        }
        let second = self.head(&instrument);
        let head_timestamp = if request.format_date == 2 {
            second.to_string()
        } else {
            Timestamp::from_second(second).unwrap_or_default().strftime("%Y%m%d-%H:%M:%S").to_string()
        };
        self.send(id, &ServerMessage::HeadTimestamp(HeadTimestamp { req_id, head_timestamp }));
    }

    fn head(&self, instrument: &Arc<Instrument>) -> i64 {
        let recorded = self.config.replays.iter().find(|(name, _)| *name == instrument.local_symbol);
        match (recorded, &instrument.terms) {
            (Some((_, recording)), _) => recording.span().0,
            (None, Some(terms)) => {
                let end = self.new_york.day_start(terms.last_trade);
                self.new_york.start_of_day(end - LISTED_DAYS * 86_400) + 34_200
            }
            (None, None) => FIRST_SECOND,
        }
    }

    /// Sends how much was traded at which price, in steps that give at most about a hundred rows.
    pub(super) fn send_histogram(&mut self, id: ConnId, request: &HistogramDataRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        let Some(days) = days(&request.time_period).filter(|days| *days <= MOST_HISTOGRAM_DAYS) else {
            return self.refuse_invalid(id, req_id, "Time period is invalid");
        };
        let end = self.now.second();
        let which = Which::from_use_rth(request.use_rth);
        let spans = self.trading_spans(&instrument, (end - days * 86_400, end), which);
        let Some(path) = self.paths.get(&instrument.con_id) else { return };
        let mut sizes: BTreeMap<i64, i64> = BTreeMap::new();
        for (from, to) in spans {
            for minute in (from..to).step_by(60) {
                let bar = path.aggregate(minute..(minute + 60).min(to), Show::Trades, Detail::Coarse);
                if let Some(bar) = bar {
                    *sizes.entry(bar.close / 2).or_default() += bar.volume;
                }
            }
        }
        let (first, last) = (sizes.keys().next().copied(), sizes.keys().next_back().copied());
        let step = (last.unwrap_or(0) - first.unwrap_or(0)) / 100 + 1;
        let mut rows: BTreeMap<i64, i64> = BTreeMap::new();
        for (price, size) in sizes {
            *rows.entry(price.div_euclid(step) * step).or_default() += size;
        }
        let entry = |(price, size)| HistogramEntry { price: instrument.price(price), size: Decimal::from(size) };
        let entries = rows.into_iter().filter(|_| instrument.has_volume()).map(entry).collect();
        self.send(id, &ServerMessage::HistogramData(HistogramData { req_id, entries }));
    }
}

/// Reads `3 days`, `1 week`, `2 months`, `1 year`.
fn days(period: &str) -> Option<i64> {
    let (count, unit) = period.trim().split_once(' ')?;
    let count: i64 = count.parse().ok().filter(|count| (1..=1_000).contains(count))?;
    match unit.trim() {
        "S" | "secs" | "seconds" => Some((count / 86_400).max(1)),
        "D" | "day" | "days" => Some(count),
        "W" | "week" | "weeks" => Some(count * 7),
        "M" | "month" | "months" => Some(count * 31),
        "Y" | "year" | "years" => Some(count * 366),
        _ => None,
    }
}

/// At least `count` ticks if there are, oldest first; a second is never cut in two.
fn collect(path: &Path, spans: &[(i64, i64)], trades: bool, (backwards, count): (bool, usize)) -> Vec<(i64, Tick)> {
    let mut seconds: Vec<Vec<(i64, Tick)>> = Vec::new();
    let mut found = 0;
    'spans: for (from, to) in spans {
        for step in 0..to - from {
            let second = if backwards { to - 1 - step } else { from + step };
            let ticks: Vec<(i64, Tick)> = if trades {
                path.prints(second).into_iter().map(|print| (second, Tick::Trade(print))).collect()
            } else {
                vec![(second, Tick::Quote(path.quote(second, 0)))]
            };
            found += ticks.len();
            seconds.push(ticks);
            if found >= count {
                break 'spans;
            }
        }
    }
    if backwards {
        seconds.reverse();
    }
    seconds.into_iter().flatten().collect()
}

fn lasts(req_id: RequestId, instrument: &Instrument, ticks: &[(i64, Tick)]) -> ServerMessage {
    let trade = |(time, tick): &(i64, Tick)| match tick {
        Tick::Trade(print) => Some(HistoricalTickLast {
            time: *time,
            attributes: 0,
            price: instrument.price(print.price),
            size: Decimal::from(print.size),
            exchange: venue(instrument).into(),
            special_conditions: String::new(),
        }),
        Tick::Quote(_) => None,
    };
    let ticks = ticks.iter().filter_map(trade).collect();
    ServerMessage::HistoricalTicksLast(HistoricalTicksLast { req_id, ticks, done: true })
}

fn bids_and_asks(req_id: RequestId, instrument: &Instrument, ticks: &[(i64, Tick)]) -> ServerMessage {
    let quote = |(time, tick): &(i64, Tick)| match tick {
        Tick::Quote(quote) => Some(HistoricalTickBidAsk {
            time: *time,
            attributes: 0,
            price_bid: instrument.price(quote.bid),
            price_ask: instrument.price(quote.ask),
            size_bid: Decimal::from(quote.bid_size),
            size_ask: Decimal::from(quote.ask_size),
        }),
        Tick::Trade(_) => None,
    };
    let ticks = ticks.iter().filter_map(quote).collect();
    ServerMessage::HistoricalTicksBidAsk(HistoricalTicksBidAsk { req_id, ticks, done: true })
}

fn midpoints(req_id: RequestId, instrument: &Instrument, ticks: &[(i64, Tick)]) -> ServerMessage {
    let quote = |(time, tick): &(i64, Tick)| match tick {
        Tick::Quote(quote) => {
            let price = instrument.half_price(quote.bid + quote.ask);
            Some(HistoricalTick { time: *time, price, size: Decimal::ZERO })
        }
        Tick::Trade(_) => None,
    };
    let ticks = ticks.iter().filter_map(quote).collect();
    ServerMessage::HistoricalTicks(HistoricalTicks { req_id, ticks, done: true })
}
