//! Streams of five-second bars, and the heartbeat of everything that goes by seconds.

use std::time::Duration;

use gatewright_proto::message::historical::{RealTimeBar, RealTimeBarsRequest};
use gatewright_proto::{ConId, RequestId, ServerMessage};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::agenda::Due;
use super::ticks::average;
use super::world::World;
use crate::calendar::Which;
use crate::market::{Detail, Show};

/// The only length that exists, in seconds.
const LENGTH: i64 = 5;

/// The most seconds that are worked off one by one when time has jumped: an hour. What lies before is skipped.
const MAX_CATCH_UP: i64 = 3_600;

/// One stream of a session.
#[derive(Debug, Clone, Copy)]
pub(super) struct FiveSecondBars {
    con_id: ConId,
    show: Show,
    which: Which,
}

impl World {
    /// Starts a stream.
    pub(super) fn start_five_second_bars(&mut self, id: ConnId, request: &RealTimeBarsRequest) {
        let req_id = request.req_id;
        let Some(instrument) = self.instrument(id, req_id, &request.contract) else { return };
        let show = match request.what_to_show.as_str() {
            "TRADES" if instrument.has_trades() => Show::Trades,
            "MIDPOINT" if instrument.has_quotes() => Show::Midpoint,
            "BID" if instrument.has_quotes() => Show::Bid,
            "ASK" if instrument.has_quotes() => Show::Ask,
            _ => return self.refuse_invalid(id, req_id, "What to show field is missing or incorrect."),
        };
        let Some(session) = self.session_mut(id) else { return };
        if session.five_second_bars.contains_key(&req_id) {
            return self.refuse(id, req_id, 322, "Error processing request.-'bT' : cause - Duplicate ticker id");
        }
        session.five_second_bars.insert(
            req_id,
            FiveSecondBars { con_id: instrument.con_id, show, which: Which::from_use_rth(request.use_rth) },
        );
        self.watch_seconds();
    }

    /// Ends a stream.
    pub(super) fn stop_five_second_bars(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.five_second_bars.remove(&request));
        if stopped.is_none() {
            self.refuse_unopened(id, request);
        }
    }

    /// From the next second on, everything that goes by seconds is looked at.
    pub(super) fn watch_seconds(&mut self) {
        if !self.agenda.has(Due::Second) {
            self.last_second = self.now.second();
            self.agenda.add(self.now.next_multiple(Duration::from_secs(1)), Due::Second);
        }
    }

    /// Works off every second since the last call, then waits for the next one if anybody cares.
    pub(super) fn run_second(&mut self) {
        let now = self.now.second();
        let first = (self.last_second + 1).max(now - MAX_CATCH_UP + 1);
        for second in first..=now {
            self.look_at_conditions();
            self.match_second(second);
            self.send_five_second_bars(second);
            self.update_history(second);
            self.update_scanners(second);
            self.refresh_accounts(second);
        }
        self.send_profits();
        self.last_second = now;
        let wanted = self.book.has_working() || self.sessions().any(|(_, session)| session.goes_by_seconds());
        if wanted {
            self.watch_seconds();
        }
    }

    fn send_five_second_bars(&mut self, second: i64) {
        if second.rem_euclid(LENGTH) != 0 {
            return;
        }
        let streams: Vec<(ConnId, RequestId, FiveSecondBars)> = self
            .sessions()
            .flat_map(|(id, session)| session.five_second_bars.iter().map(move |(request, bars)| (id, *request, *bars)))
            .collect();
        for (id, req_id, stream) in streams {
            let Some(instrument) = self.catalogue.get(stream.con_id) else { continue };
            if !self.trades(instrument, second - LENGTH, stream.which) {
                continue;
            }
            let Some(path) = self.paths.get(&stream.con_id) else { continue };
            let Some(bar) = path.aggregate(second - LENGTH..second, stream.show, Detail::Exact) else { continue };
            let trades = stream.show == Show::Trades && instrument.has_volume();
            let message = RealTimeBar {
                req_id,
                time: second - LENGTH,
                open: instrument.half_price(bar.open),
                high: instrument.half_price(bar.high),
                low: instrument.half_price(bar.low),
                close: instrument.half_price(bar.close),
                volume: trades.then(|| Decimal::from(bar.volume)),
                average: if trades { average(instrument, &bar) } else { None },
                count: if trades { i32::try_from(bar.trades).unwrap_or(i32::MAX) } else { -1 },
            };
            self.send(id, &ServerMessage::RealTimeBar(Box::new(message)));
        }
    }
}

impl super::connection::Session {
    /// Whether anything that it has asked for goes by seconds.
    fn goes_by_seconds(&self) -> bool {
        !self.five_second_bars.is_empty()
            || !self.live_bars.is_empty()
            || !self.profits.is_empty()
            || !self.scanners.is_empty()
            || self.account_updates.is_some()
            || !self.summaries.is_empty()
    }
}
