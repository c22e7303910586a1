//! Every single tick: trades, quotes or midpoints.

use gatewright_proto::message::historical_ticks::HistoricalTicksRequest;
use gatewright_proto::message::tick_by_tick::{
    TickByTick, TickByTickBidAsk, TickByTickData, TickByTickLast, TickByTickRequest,
};
use gatewright_proto::{ConId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::world::World;
use crate::calendar::Which;
use crate::catalogue::Instrument;
use crate::market::{Path, Print, Quote};

/// The most streams that one login has: one for each twenty market-data lines (IBKR documents this for 100 lines).
const MOST_STREAMS: usize = 5;

/// The most seconds of trades that are told at once when simulated time is fast.
const MOST_SECONDS: i64 = 60;

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Last,
    AllLast,
    BidAsk,
    MidPoint,
}

/// One stream of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct TickByTickStream {
    con_id: ConId,
    kind: Kind,
    ignore_size: bool,
    /// The last second whose trades were told.
    told: i64,
    quote: Option<Quote>,
}

impl World {
    /// Starts a stream, after as many past ticks as were asked for.
    pub(super) fn start_tick_by_tick(&mut self, id: ConnId, request: &TickByTickRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        if self.refuses_fractions(id, req_id, &instrument) {
            return;
        }
        let kind = match request.tick_type.as_str() {
            "Last" if instrument.has_volume() => Kind::Last,
            "AllLast" if instrument.has_volume() => Kind::AllLast,
            "BidAsk" if instrument.has_quotes() => Kind::BidAsk,
            "MidPoint" if instrument.has_quotes() => Kind::MidPoint,
            "Last" | "AllLast" | "BidAsk" | "MidPoint" => {
                let text =
                    format!("Failed to request tick-by-tick data:No market data for {}", instrument.local_symbol);
                return self.refuse(id, req_id, 10189, &text);
            }
            _ => return self.refuse(id, req_id, 10189, "Failed to request tick-by-tick data:Invalid tick type"),
        };
        let open = self.sessions().map(|(_, session)| session.tick_by_tick.len()).sum::<usize>();
        if open >= MOST_STREAMS {
            return self.refuse(id, req_id, 10190, "Max number of tick-by-tick requests has been reached.");
        }
        let told = self.now.second();
        let Some(session) = self.session_mut(id) else { return };
        if session.tick_by_tick.contains_key(&req_id) {
            return self.refuse(id, req_id, 322, "Error processing request.-'cK' : cause - Duplicate ticker id");
        }
        let (con_id, ignore_size) = (instrument.con_id, request.ignore_size);
        session.tick_by_tick.insert(req_id, TickByTickStream { con_id, kind, ignore_size, told, quote: None });
        if request.number_of_ticks > 0 {
            let what = match kind {
                Kind::Last | Kind::AllLast => "TRADES",
                Kind::BidAsk => "BID_ASK",
                Kind::MidPoint => "MIDPOINT",
            };
            let past = HistoricalTicksRequest {
                req_id,
                contract: request.contract.clone(),
                include_expired: false,
                start_date_time: String::new(),
                end_date_time: self.new_york.text(told),
                number_of_ticks: request.number_of_ticks,
                what_to_show: what.into(),
                use_rth: false,
                ignore_size,
                options: String::new(),
            };
            self.send_past_ticks(id, &past);
        }
        self.watch_ticks();
    }

    /// Ends a stream.
    pub(super) fn stop_tick_by_tick(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.tick_by_tick.remove(&request));
        if stopped.is_none() {
            self.refuse_unopened(id, request);
        }
    }

    /// Sends what has happened to every stream.
    pub(super) fn run_tick_by_tick(&mut self) {
        let streams: Vec<(ConnId, RequestId, TickByTickStream)> = self
            .sessions()
            .flat_map(|(id, session)| session.tick_by_tick.iter().map(move |(request, stream)| (id, *request, *stream)))
            .collect();
        for (id, req_id, mut stream) in streams {
            let Some(instrument) = self.catalogue.get(stream.con_id).cloned() else { continue };
            let Some(path) = self.paths.get(&stream.con_id) else { continue };
            let (second, quarter) = (self.now.second(), self.now.quarter());
            if !self.trades(&instrument, second, Which::Extended) {
                continue;
            }
            let ticks = stream.next(path, &instrument, second, quarter);
            for (time, data) in ticks {
                let tick = TickByTick { req_id, time, data };
                self.send(id, &ServerMessage::TickByTick(Box::new(tick)));
            }
            if let Some(kept) = self.session_mut(id).and_then(|session| session.tick_by_tick.get_mut(&req_id)) {
                *kept = stream;
            }
        }
    }
}

impl TickByTickStream {
    /// What has happened up to a quarter of a second.
    fn next(&mut self, path: &Path, instrument: &Instrument, second: i64, quarter: i64) -> Vec<(i64, TickByTickData)> {
        match self.kind {
            Kind::Last | Kind::AllLast => {
                let first = (self.told + 1).max(second - MOST_SECONDS);
                self.told = self.told.max(second);
                let of_second = |at| path.prints(at).into_iter().map(move |print| (at, print));
                let trades = (first..=second).flat_map(of_second);
                trades.map(|(at, print)| (at, self.last(instrument, print))).collect()
            }
            Kind::BidAsk | Kind::MidPoint => {
                let quote = path.quote(second, quarter);
                let prices = |quote: Quote| (quote.bid, quote.ask);
                let sizes_count = self.kind == Kind::BidAsk && !self.ignore_size;
                let same = self.quote.is_some_and(|before| {
                    let sizes = (before.bid_size, before.ask_size) == (quote.bid_size, quote.ask_size);
                    prices(before) == prices(quote) && (sizes || !sizes_count)
                });
                if same {
                    return Vec::new();
                }
                self.quote = Some(quote);
                vec![(second, self.quoted(instrument, &quote))]
            }
        }
    }

    fn last(&self, instrument: &Instrument, print: Print) -> TickByTickData {
        let last = TickByTickLast {
            price: instrument.price(print.price),
            size: Decimal::from(print.size),
            attributes: 0,
            exchange: venue(instrument).into(),
            special_conditions: String::new(),
        };
        if self.kind == Kind::AllLast { TickByTickData::AllLast(last) } else { TickByTickData::Last(last) }
    }

    fn quoted(&self, instrument: &Instrument, quote: &Quote) -> TickByTickData {
        if self.kind == Kind::MidPoint {
            return TickByTickData::MidPoint(instrument.half_price(quote.bid + quote.ask));
        }
        TickByTickData::BidAsk(TickByTickBidAsk {
            bid_price: instrument.price(quote.bid),
            ask_price: instrument.price(quote.ask),
            bid_size: Decimal::from(quote.bid_size),
            ask_size: Decimal::from(quote.ask_size),
            attributes: 0,
        })
    }
}

/// Where trades happen: at the listing exchange, or at the first one that is no router.
pub(super) fn venue(instrument: &Instrument) -> &str {
    if instrument.primary.is_empty() {
        let real = |exchange: &&String| exchange.as_str() != "SMART";
        instrument.exchanges.iter().find(real).map_or("", String::as_str)
    } else {
        &instrument.primary
    }
}
