//! Tick streams and snapshots.

use std::sync::Arc;
use std::time::Duration;

use gatewright_proto::message::market_data::{
    MarketDataType, MktDataRequest, TickGeneric, TickPrice, TickReqParams, TickSize, TickString,
};
use gatewright_proto::{RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::directory::EXCHANGE_MAP;
use super::generic_ticks::GenericTicks;
use super::instant::SimInstant;
use super::world::World;
use crate::calendar::Which;
use crate::catalogue::{Instrument, Kind};
use crate::market::{Aggregate, PathPlace, Quote};

/// How often streams are looked at: a liquid US stock comes in about four aggregated updates a second.
const TICK_STEP: Duration = Duration::from_millis(250);

/// How often at most in the client's time, so that fast simulated time does not drown it: updates are then further
/// apart, as those of a Gateway are that aggregates.
const CLIENT_STEP: Duration = Duration::from_millis(10);

/// One stream of a session.
#[derive(Debug, Clone)]
pub(super) struct TickStream {
    instrument: Arc<Instrument>,
    path: PathPlace,
    kinds: &'static TickKinds,
    generic: GenericTicks,
    sent: Option<Sent>,
}

/// What a stream has said last.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Which moment's quote it was.
    moment: i64,
    quote: Quote,
    second: i64,
    high: i64,
    low: i64,
}

/// The numbers of ticks: live ones or their delayed twins.
#[derive(Debug)]
struct TickKinds {
    data_type: i32,
    bid: i32,
    ask: i32,
    last: i32,
    bid_size: i32,
    ask_size: i32,
    last_size: i32,
    high: i32,
    low: i32,
    close: i32,
    open: i32,
    volume: i32,
    timestamp: i32,
}

static LIVE: TickKinds = TickKinds {
    data_type: 1,
    bid: 1,
    ask: 2,
    last: 4,
    bid_size: 0,
    ask_size: 3,
    last_size: 5,
    high: 6,
    low: 7,
    close: 9,
    open: 14,
    volume: 8,
    timestamp: 45,
};

static DELAYED: TickKinds = TickKinds {
    data_type: 3,
    bid: 66,
    ask: 67,
    last: 68,
    bid_size: 69,
    ask_size: 70,
    last_size: 71,
    high: 72,
    low: 73,
    close: 75,
    open: 76,
    volume: 74,
    timestamp: 88,
};

impl World {
    /// What streams carry from now on: 1 and 2 are live here, 3 and 4 delayed.
    pub(super) fn choose_data_type(&mut self, id: ConnId, data_type: i32) {
        if let Some(session) = self.session_mut(id) {
            session.market_data_type = data_type;
        }
    }

    /// Starts a stream, or takes a snapshot.
    pub(super) fn start_ticks(&mut self, id: ConnId, request: &MktDataRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        if self.refuses_fractions(id, req_id, &instrument) {
            return;
        }
        let Some(session) = self.session_mut(id) else { return };
        if session.ticks.contains_key(&req_id) {
            return self.refuse(id, req_id, 322, "Error processing request.-'bW' : cause - Duplicate ticker id");
        }
        let delayed = matches!(session.market_data_type, 3 | 4);
        let kinds = if delayed { &DELAYED } else { &LIVE };
        let Some(path) = self.paths.place(instrument.con_id) else { return };
        let generic = match GenericTicks::read(&request.generic_ticks, &instrument) {
            Ok(generic) => generic,
            Err((code, text)) => return self.refuse(id, req_id, code, &text),
        };
        let mut stream = TickStream { instrument: Arc::clone(&instrument), path, kinds, generic, sent: None };
        let params = TickReqParams {
            req_id,
            min_tick: Some(instrument.min_tick),
            bbo_exchange: if instrument.has_trades() { EXCHANGE_MAP.into() } else { String::new() },
            snapshot_permissions: 3,
        };
        self.send(id, &ServerMessage::TickReqParams(Box::new(params)));
        let market_data_type = kinds.data_type;
        self.send(id, &ServerMessage::MarketDataType(MarketDataType { req_id, market_data_type }));
        self.tell_ticks(id, req_id, &mut stream);
        if request.snapshot {
            return self.send(id, &ServerMessage::TickSnapshotEnd(req_id));
        }
        if let Some(session) = self.session_mut(id) {
            session.ticks.insert(req_id, stream);
        }
        self.watch_ticks();
    }

    /// Ends a stream.
    pub(super) fn stop_ticks(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.ticks.remove(&request));
        if stopped.is_none() {
            self.refuse_unopened(id, request);
        }
    }

    /// Sends to every stream what has changed.
    pub(super) fn run_ticks(&mut self) {
        let mut ids = std::mem::take(&mut self.spare_ids);
        ids.extend(self.sessions().filter(|(_, session)| !session.ticks.is_empty()).map(|(id, _)| id));
        for id in ids.drain(..) {
            if self.is_undisturbed() {
                self.run_undisturbed(id);
            } else {
                self.run_disturbed(id);
            }
        }
        self.spare_ids = ids;
        self.run_tick_by_tick();
        self.run_depth();
        self.watch_ticks();
    }

    /// Sends to all streams of a session together: no rule and no fault looks at what they are told, so that nothing can
    /// happen in between.
    fn run_undisturbed(&mut self, id: ConnId) {
        let Some(mut streams) = self.session_mut(id).map(|session| std::mem::take(&mut session.ticks)) else { return };
        let mut out = std::mem::take(&mut self.spare);
        for (request, stream) in &mut streams {
            self.ticks_now(*request, stream, &mut out);
        }
        if !out.is_empty() {
            self.send_all(id, &out);
            out.clear();
        }
        self.spare = out;
        if let Some(session) = self.session_mut(id) {
            session.ticks = streams;
        }
    }

    /// The same one by one: a rule about ticks may end a stream, or the session.
    fn run_disturbed(&mut self, id: ConnId) {
        let requests: Vec<RequestId> =
            self.session_mut(id).map(|session| session.ticks.keys().copied().collect()).unwrap_or_default();
        for request in requests {
            let Some(mut stream) = self.session_mut(id).and_then(|session| session.ticks.get(&request).cloned()) else {
                continue;
            };
            self.tell_ticks(id, request, &mut stream);
            if let Some(there) = self.session_mut(id).and_then(|session| session.ticks.get_mut(&request)) {
                *there = stream;
            }
        }
    }

    /// From the next moment on at which something can have changed, every stream is looked at.
    pub(super) fn watch_ticks(&mut self) {
        let step = TICK_STEP.max(self.wire(CLIENT_STEP));
        if let Some(at) = self.first_change(self.now.next_multiple(step), step) {
            self.agenda.add_no_later(at, Due::Ticks);
        }
    }

    /// When the first stream has something to say, from `next` on.
    fn first_change(&self, next: SimInstant, step: Duration) -> Option<SimInstant> {
        let mut earliest: Option<SimInstant> = None;
        for (_, session) in self.sessions() {
            if !session.tick_by_tick.is_empty() || !session.depth.is_empty() {
                return Some(next);
            }
            for stream in session.ticks.values() {
                let at = self.next_change(stream, next, step);
                if at == next {
                    return Some(next);
                }
                earliest = Some(earliest.map_or(at, |earliest| earliest.min(at)));
            }
        }
        earliest
    }

    /// When a stream has something to say, from `next` on: quotes change four times a second while its market is lively,
    /// once a second while it is not, and never while it is closed.
    fn next_change(&self, stream: &TickStream, next: SimInstant, step: Duration) -> SimInstant {
        let second = next.second();
        let on_grid = |second: i64| {
            let at = SimInstant::from_second(second);
            if at <= next { next } else { SimInstant::from_micros(at.as_micros() - 1).next_multiple(step) }
        };
        if let Some(opens) = self.rests_until(&stream.instrument, second, Which::Extended) {
            return on_grid(opens);
        }
        let lively = self.paths.at(stream.path).is_lively(second);
        if lively || next == SimInstant::from_second(second) { next } else { on_grid(second + 1) }
    }

    /// Tells one stream what has changed.
    fn tell_ticks(&mut self, id: ConnId, req_id: RequestId, stream: &mut TickStream) {
        let mut out = std::mem::take(&mut self.spare);
        self.ticks_now(req_id, stream, &mut out);
        self.send_all(id, &out);
        out.clear();
        self.spare = out;
    }

    /// Adds what has changed since a stream was told last.
    fn ticks_now(&mut self, req_id: RequestId, stream: &mut TickStream, out: &mut Vec<ServerMessage>) {
        let path = self.paths.at(stream.path);
        let (mut second, mut quarter) = (self.now.second(), self.now.quarter());
        if stream.sent.is_some_and(|sent| sent.moment == path.moment(second, quarter)) {
            return;
        }
        let instrument = Arc::clone(&stream.instrument);
        if !self.trades(&instrument, second, Which::Extended) {
            if stream.sent.is_some() {
                return;
            }
            // Who asks while the market is closed is told how it has closed.
            (second, quarter) = (self.last_open(&instrument, second), 3);
        }
        let quote = match stream.sent.filter(|sent| sent.second == second) {
            Some(sent) => path.quote_after(&sent.quote, second, quarter),
            None => path.quote(second, quarter),
        };
        let moment = path.moment(second, quarter);
        let mut ticks = Ticks { req_id, kinds: stream.kinds, instrument: &instrument, out };
        if instrument.has_quotes() {
            ticks.quote(&quote, stream.sent.as_ref());
        }
        // Trades are told once a second, as the path has them; quotes change in between.
        let (mut high, mut low) = stream.sent.map_or((0, 0), |sent| (sent.high, sent.low));
        if stream.sent.is_none_or(|sent| sent.second != second) {
            let Some(day) = self.day_so_far(instrument.con_id, second) else { return };
            if instrument.has_trades() {
                ticks.trades(&quote, second, day.bar.volume, stream.sent.as_ref());
            }
            if !stream.generic.is_empty() {
                let now = (&quote, second, &day.bar);
                ticks.out.extend(self.generic_each_second(req_id, &instrument, stream.generic, now));
            }
            ticks.day(&day.bar, stream.sent.as_ref());
            if stream.sent.is_none() {
                let yesterday = self.paths.at(stream.path).last(day.start - 1);
                ticks.first(yesterday, &day.bar);
                ticks.out.extend(self.generic_first(req_id, &instrument, stream.generic, second));
            }
            (high, low) = (day.bar.high, day.bar.low);
            if instrument.kind == Kind::Option {
                let first = stream.sent.is_none();
                ticks.out.extend(self.option_ticks(
                    req_id,
                    &instrument,
                    &quote,
                    second,
                    (stream.kinds.data_type, first),
                ));
            }
        }
        stream.sent = Some(Sent { moment, quote, second, high, low });
    }
}

/// The messages of one update.
struct Ticks<'a> {
    req_id: RequestId,
    kinds: &'static TickKinds,
    instrument: &'a Instrument,
    out: &'a mut Vec<ServerMessage>,
}

impl Ticks<'_> {
    fn quote(&mut self, quote: &Quote, sent: Option<&Sent>) {
        let sent = sent.map(|sent| sent.quote);
        let kinds = self.kinds;
        let before = sent.map(|quote| (quote.bid, quote.bid_size));
        self.side(kinds.bid, kinds.bid_size, (quote.bid, quote.bid_size), before);
        let before = sent.map(|quote| (quote.ask, quote.ask_size));
        self.side(kinds.ask, kinds.ask_size, (quote.ask, quote.ask_size), before);
    }

    fn trades(&mut self, quote: &Quote, second: i64, volume: i64, sent: Option<&Sent>) {
        let kinds = self.kinds;
        if !self.instrument.has_volume() {
            if sent.is_none_or(|sent| sent.quote.last != quote.last) {
                self.price(kinds.last, self.instrument.price(quote.last), 0);
            }
            return;
        }
        let before = sent.map(|sent| (sent.quote.last, sent.quote.last_size));
        self.side(kinds.last, kinds.last_size, (quote.last, quote.last_size), before);
        self.size(kinds.volume, volume);
        let value = second.to_string();
        self.out.push(ServerMessage::TickString(TickString { req_id: self.req_id, tick_type: kinds.timestamp, value }));
    }

    fn day(&mut self, day: &Aggregate, sent: Option<&Sent>) {
        if !self.instrument.has_trades() {
            return;
        }
        if sent.is_none_or(|sent| sent.high != day.high) {
            self.price(self.kinds.high, self.instrument.half_price(day.high), 0);
        }
        if sent.is_none_or(|sent| sent.low != day.low) {
            self.price(self.kinds.low, self.instrument.half_price(day.low), 0);
        }
    }

    fn first(&mut self, yesterday: i64, day: &Aggregate) {
        self.price(self.kinds.close, self.instrument.price(yesterday), 0);
        if self.instrument.has_trades() {
            self.price(self.kinds.open, self.instrument.half_price(day.open), 0);
            let halted = TickGeneric { req_id: self.req_id, tick_type: 49, value: Some(Decimal::ZERO) };
            self.out.push(ServerMessage::TickGeneric(halted));
        }
    }

    /// A price with its size; only the size where the price has not changed; nothing where neither has.
    fn side(&mut self, price_kind: i32, size_kind: i32, now: (i64, i64), before: Option<(i64, i64)>) {
        match before {
            Some(before) if before == now => {}
            Some((price, _)) if price == now.0 => self.size(size_kind, now.1),
            Some(_) | None => self.price(price_kind, self.instrument.price(now.0), now.1),
        }
    }

    fn price(&mut self, tick_type: i32, price: Decimal, size: i64) {
        let (price, size) = (Some(price), Some(Decimal::from(size)));
        self.out.push(ServerMessage::TickPrice(TickPrice {
            req_id: self.req_id,
            tick_type,
            price,
            size,
            attributes: 1,
        }));
    }

    fn size(&mut self, tick_type: i32, size: i64) {
        let size = Some(Decimal::from(size));
        self.out.push(ServerMessage::TickSize(TickSize { req_id: self.req_id, tick_type, size }));
    }
}

/// The volume-weighted average price of a bar, to a hundredth of a tick.
pub(super) fn average(instrument: &Instrument, bar: &Aggregate) -> Option<Decimal> {
    let turnover = Decimal::try_from_i128_with_scale(bar.turnover, 0).ok()?;
    let half_ticks = turnover.checked_div(Decimal::from(bar.volume))?;
    Some((half_ticks * instrument.min_tick / Decimal::TWO).round_dp(instrument.min_tick.scale() + 2).normalize())
}
