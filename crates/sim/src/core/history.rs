//! Historical bars, and the streams that keep them up to date.

use gatewright_proto::message::historical::{
    Bar, HistoricalData, HistoricalDataEnd, HistoricalDataRequest, HistoricalDataUpdate,
};
use gatewright_proto::message::historical_schedule::{HistoricalSchedule, HistoricalSession};
use gatewright_proto::{ConId, RequestId, ServerMessage, version};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::bar_request::{Wanted, What, count_and_unit};
use super::ticks::average;
use super::world::World;
use crate::calendar::Span;
use crate::catalogue::Instrument;
use crate::config::MarketHours;
use crate::market::{Aggregate, Path, Show};
use crate::new_york::{NewYork, ZONE};

/// Updates of the newest bar come at whole multiples of this many seconds.
const UPDATE_STEP: i64 = 5;

/// A historical request that is kept up to date.
#[derive(Debug, Clone, Copy)]
pub(super) struct LiveBars {
    con_id: ConId,
    wanted: Wanted,
}

impl World {
    /// Answers a historical request, and keeps it up to date if asked to.
    pub(super) fn send_history(&mut self, id: ConnId, request: &HistoricalDataRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        let mut wanted = match Wanted::read(request, &self.new_york, self.now.second()) {
            Ok(wanted) => wanted,
            Err((code, text)) => return self.refuse(id, req_id, code, &text),
        };
        self.keep_to_sessions(&instrument, &request.duration, &mut wanted);
        if wanted.what == What::Schedule {
            return self.send_schedule(id, req_id, &instrument, &wanted);
        }
        if let Some(missing) = not_quoted(&instrument, wanted.what) {
            let text = format!(
                "Historical Market Data Service error message:No historical market data for {}/{}@{} {missing}",
                instrument.symbol,
                instrument.sec_type(),
                if instrument.has_trades() { instrument.exchanges[0].as_str() } else { "FXSUBPIP" },
            );
            return self.refuse(id, req_id, 162, &text);
        }
        let bars = self.bars(&instrument, &wanted);
        if bars.is_empty() {
            let text = "Historical Market Data Service error message:HMDS query returned no data";
            return self.refuse(id, req_id, 162, text);
        }
        let (start, end) = (self.new_york.text(wanted.start), self.new_york.text(wanted.end));
        let ends_apart = self.connections.get(&id).is_some_and(|it| it.speaks >= version::HISTORICAL_DATA_END);
        let data = HistoricalData { req_id, start: start.clone(), end: end.clone(), bars };
        self.send(id, &ServerMessage::HistoricalData(data));
        if ends_apart {
            self.send(id, &ServerMessage::HistoricalDataEnd(HistoricalDataEnd { req_id, start, end }));
        }
        if request.keep_up_to_date {
            if let Some(session) = self.session_mut(id) {
                session.live_bars.insert(req_id, LiveBars { con_id: instrument.con_id, wanted });
            }
            self.watch_seconds();
        }
    }

    /// Where markets close, a day is a session, and the seconds of a duration are counted back from the last one.
    fn keep_to_sessions(&self, instrument: &Instrument, duration: &str, wanted: &mut Wanted) {
        if self.config.market_hours == MarketHours::Always {
            return;
        }
        let (hours, clock) = (instrument.hours, &self.new_york);
        let Some(last) = hours.last_trading_day(clock, wanted.end - 1, wanted.which) else { return };
        let session = |day| hours.session(clock, day, wanted.which);
        match count_and_unit(duration) {
            Some((seconds, "S")) => {
                let end = session(last).map_or(wanted.end, |(_, end)| end).min(wanted.end);
                wanted.start = wanted.start.min(wanted.size.bar_at(end - seconds, clock).0);
            }
            Some((days, "D")) => {
                let mut first = last;
                for _ in 1..days {
                    let before = clock.day_start(first) - 1;
                    let Some(earlier) = hours.last_trading_day(clock, before, wanted.which) else { break };
                    // An evening session belongs to the next day, so the one before may be the same.
                    first = if earlier < first { earlier } else { NewYork::days_later(first, -1) };
                }
                let by_date = wanted.size.by_date();
                let start = if by_date { Some(clock.day_start(first)) } else { session(first).map(|(start, _)| start) };
                wanted.start = start.unwrap_or(wanted.start);
            }
            Some(_) | None => {}
        }
    }

    /// The sessions themselves, one for each trading day; days are whole where markets never close.
    fn send_schedule(&mut self, id: ConnId, req_id: RequestId, instrument: &Instrument, wanted: &Wanted) {
        let clock = &self.new_york;
        let text = |second: i64| clock.civil(second).strftime("%Y%m%d-%H:%M:%S").to_string();
        let (mut day, last) = (clock.day(wanted.start), clock.day(wanted.end));
        let mut sessions = Vec::new();
        while day <= last {
            let next = NewYork::days_later(day, 1);
            let span = match self.config.market_hours {
                MarketHours::Always => Some((clock.day_start(day), clock.day_start(next))),
                MarketHours::Real => instrument.hours.session(clock, day, wanted.which),
            };
            if let Some((from, to)) = span {
                let ref_date = day.strftime("%Y%m%d").to_string();
                let (start_date_time, end_date_time) = (text(from), text(to));
                sessions.push(HistoricalSession { start_date_time, end_date_time, ref_date });
            }
            if next == day {
                break;
            }
            day = next;
        }
        let schedule = HistoricalSchedule {
            req_id,
            start_date_time: sessions.first().map(|it| it.start_date_time.clone()).unwrap_or_default(),
            end_date_time: sessions.last().map(|it| it.end_date_time.clone()).unwrap_or_default(),
            time_zone: ZONE.into(),
            sessions,
        };
        self.send(id, &ServerMessage::HistoricalSchedule(Box::new(schedule)));
    }

    /// Ends a request that is kept up to date.
    pub(super) fn stop_history(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.live_bars.remove(&request));
        match stopped.is_some() || self.trouble.drop_history(id, request) {
            true => {
                let text = format!(
                    "Historical Market Data Service error message:API historical data query cancelled: {request}"
                );
                self.refuse(id, request, 162, &text);
            }
            false => self.refuse(id, request, 366, &format!("No historical data query found for ticker id:{request}")),
        }
    }

    /// Sends the newest bar of every request that is kept up to date, as it stands at the start of `second`.
    pub(super) fn update_history(&mut self, second: i64) {
        if second.rem_euclid(UPDATE_STEP) != 0 {
            return;
        }
        let streams: Vec<(ConnId, RequestId, LiveBars)> = self
            .sessions()
            .flat_map(|(id, session)| session.live_bars.iter().map(move |(request, live)| (id, *request, *live)))
            .collect();
        for (id, req_id, live) in streams {
            let Some(instrument) = self.catalogue.get(live.con_id).cloned() else { continue };
            // At the end of a bar this is the bar that has just ended.
            let (from, to) = live.wanted.size.bar_at(second - 1, &self.new_york);
            let newest = Wanted { start: from, end: second.min(to), ..live.wanted };
            for bar in self.bars(&instrument, &newest) {
                self.send(id, &ServerMessage::HistoricalDataUpdate(Box::new(HistoricalDataUpdate { req_id, bar })));
            }
        }
    }

    fn bars(&self, instrument: &Instrument, wanted: &Wanted) -> Vec<Bar> {
        let Some(path) = self.paths.get(&instrument.con_id) else { return Vec::new() };
        let mut bars = Vec::new();
        if wanted.size.by_date() {
            let mut at = wanted.start;
            while at < wanted.end {
                let (from, to) = wanted.size.bar_at(at, &self.new_york);
                let spans = self.day_spans(instrument, wanted, (at.max(from), to));
                let pieces = spans.into_iter().filter_map(|span| shown(path, span, wanted));
                if let Some(bar) = pieces.reduce(Aggregate::then) {
                    bars.push(self.bar(instrument, wanted, (from, to), &bar));
                }
                at = to;
            }
            return bars;
        }
        for (mut at, end) in self.trading_spans(instrument, (wanted.start, wanted.end), wanted.which) {
            while at < end {
                let (_, to) = wanted.size.bar_at(at, &self.new_york);
                let to = to.min(end);
                if let Some(bar) = shown(path, (at, to), wanted) {
                    bars.push(self.bar(instrument, wanted, (at, to), &bar));
                }
                at = to;
            }
        }
        bars
    }

    /// The sessions of the trading days in a span of whole days, up to the end of what is wanted.
    fn day_spans(&self, instrument: &Instrument, wanted: &Wanted, (from, to): Span) -> Vec<Span> {
        if self.config.market_hours == MarketHours::Always {
            return vec![(from, to.min(wanted.end))];
        }
        let (mut day, mut spans) = (self.new_york.day(from), Vec::new());
        while self.new_york.day_start(day) < to {
            let session = instrument.hours.session(&self.new_york, day, wanted.which);
            spans.extend(session.map(|(from, to)| (from, to.min(wanted.end))).filter(|(from, to)| from < to));
            let next = NewYork::days_later(day, 1);
            if next == day {
                break;
            }
            day = next;
        }
        spans
    }

    fn bar(&self, instrument: &Instrument, wanted: &Wanted, (from, to): (i64, i64), bar: &Aggregate) -> Bar {
        let date = if wanted.size.by_date() {
            // Weeks and months are named by their last day.
            self.new_york.date_text(to - 1)
        } else if wanted.epoch_dates {
            from.to_string()
        } else {
            self.new_york.text(from)
        };
        let trades = wanted.what == What::Prices(Show::Trades) && instrument.has_volume();
        Bar {
            date,
            open: instrument.half_price(bar.open),
            high: instrument.half_price(bar.high),
            low: instrument.half_price(bar.low),
            close: instrument.half_price(bar.close),
            volume: trades.then(|| Decimal::from(bar.volume)),
            average: if trades { average(instrument, bar) } else { None },
            bar_count: if trades { i32::try_from(bar.trades).unwrap_or(i32::MAX) } else { -1 },
        }
    }
}

/// The bar over a span, of what is wanted.
fn shown(path: &Path, (from, to): Span, wanted: &Wanted) -> Option<Aggregate> {
    let detail = wanted.size.detail();
    let of = |show| path.aggregate(from..to, show, detail);
    match wanted.what {
        What::Prices(show) => of(show),
        What::BidAsk => {
            let (bid, ask) = (of(Show::Bid)?, of(Show::Ask)?);
            Some(Aggregate { open: bid.open, high: ask.high, low: bid.low, close: ask.close, ..bid })
        }
        What::Nothing | What::Schedule => None,
    }
}

/// What an instrument lacks of what is wanted: currencies are not traded at a last price, indexes have no quotes.
fn not_quoted(instrument: &Instrument, what: What) -> Option<&'static str> {
    match what {
        What::Prices(Show::Trades) if !instrument.has_trades() => Some("Last"),
        What::Prices(Show::Bid | Show::Ask) | What::BidAsk if !instrument.has_quotes() => Some("BidAsk"),
        What::Prices(Show::Midpoint) if !instrument.has_quotes() => Some("MidPoint"),
        What::Prices(_) | What::BidAsk | What::Nothing | What::Schedule => None,
    }
}
