//! The trading day of an instrument, as far as it has gone.

use gatewright_proto::ConId;

use super::world::World;
use crate::calendar::{Span, Which};
use crate::catalogue::Instrument;
use crate::config::MarketHours;
use crate::market::{Aggregate, Detail, Show};
use crate::new_york::NewYork;

/// The day of an instrument up to a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct DaySoFar {
    pub(super) start: i64,
    /// The second after its last one.
    end: i64,
    until: i64,
    pub(super) bar: Aggregate,
}

impl World {
    /// The last second in which an instrument was traded, where it is not traded in `second`.
    pub(super) fn last_open(&self, instrument: &Instrument, second: i64) -> i64 {
        let (hours, clock) = (instrument.hours, &self.new_york);
        let day = hours.last_trading_day(clock, second, Which::Extended);
        let session = day.and_then(|day| hours.session(clock, day, Which::Extended));
        session.map_or(second, |(_, end)| (end - 1).min(second))
    }

    /// The day of trading that a second is in: New York's, or the session where markets close.
    fn day_of(&self, instrument: &Instrument, second: i64) -> Span {
        let session = match self.config.market_hours {
            MarketHours::Always => None,
            MarketHours::Real => instrument.hours.session_at(&self.new_york, second, Which::Extended),
        };
        session.map_or_else(
            || {
                let day = self.new_york.day(second);
                (self.new_york.day_start(day), self.new_york.day_start(NewYork::days_later(day, 1)))
            },
            |(_, span)| span,
        )
    }

    /// The instrument's day up to and with `second`, extended from where it was looked at last.
    pub(super) fn day_so_far(&mut self, con_id: ConId, second: i64) -> Option<DaySoFar> {
        let path = self.paths.get(&con_id)?;
        let until = second + 1;
        let known = self.days.get(&con_id).filter(|day| day.start <= second && second < day.end && day.until <= until);
        let day = match known {
            Some(day) => match path.aggregate(day.until..until, Show::Trades, Detail::Exact) {
                Some(piece) => DaySoFar { until, bar: day.bar.then(piece), ..*day },
                None => DaySoFar { until, ..*day },
            },
            None => {
                let (start, end) = self.day_of(self.catalogue.get(con_id)?, second);
                let bar = path.aggregate(start..until, Show::Trades, Detail::Coarse);
                // A recording may not have begun yet: its price stands, and nothing is traded.
                let price = 2 * path.last(second);
                let still =
                    Aggregate { open: price, high: price, low: price, close: price, volume: 0, trades: 0, turnover: 0 };
                DaySoFar { start, end, until, bar: bar.unwrap_or(still) }
            }
        };
        self.days.insert(con_id, day);
        Some(day)
    }
}
