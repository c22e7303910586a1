//! Historical bars, and the streams that keep them up to date.

use gatewright_proto::message::historical::{
    Bar, HistoricalData, HistoricalDataEnd, HistoricalDataRequest, HistoricalDataUpdate,
};
use gatewright_proto::{ConId, RequestId, ServerMessage, version};
use rust_decimal::Decimal;

use super::action::ConnId;
use super::bar_request::Wanted;
use super::ticks::average;
use super::world::World;
use crate::catalogue::Instrument;
use crate::market::{Aggregate, Show};

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
        let wanted = match Wanted::read(request, &self.new_york, self.now.second()) {
            Ok(wanted) => wanted,
            Err((code, text)) => return self.refuse(id, req_id, code, &text),
        };
        if wanted.show == Show::Trades && !instrument.has_trades() {
            let text = format!(
                "Historical Market Data Service error message:No historical market data for {}/CASH@FXSUBPIP Last",
                instrument.symbol
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

    /// Ends a request that is kept up to date.
    pub(super) fn stop_history(&mut self, id: ConnId, request: RequestId) {
        let stopped = self.session_mut(id).and_then(|session| session.live_bars.remove(&request));
        match stopped {
            Some(_) => {
                let text = format!(
                    "Historical Market Data Service error message:API historical data query cancelled: {request}"
                );
                self.refuse(id, request, 162, &text);
            }
            None => self.refuse(id, request, 366, &format!("No historical data query found for ticker id:{request}")),
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
        let mut at = wanted.start;
        while at < wanted.end {
            let (from, to) = wanted.size.bar_at(at, &self.new_york);
            if let Some(bar) = path.aggregate(at.max(from)..to.min(wanted.end), wanted.show) {
                bars.push(self.bar(instrument, wanted, (from, to), &bar));
            }
            at = to;
        }
        bars
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
        let trades = wanted.show == Show::Trades;
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
