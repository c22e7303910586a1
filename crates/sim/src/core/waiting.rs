//! Orders that do not work yet, and when orders end by themselves: hours, auctions, times in force.

use std::time::Duration;

use super::agenda::Due;
use super::book::{LiveOrder, OrderKey};
use super::hours::Session;
use super::instant::SimInstant;
use super::world::World;
use crate::catalogue::Instrument;

/// How long before the end of a session its closing auction is.
const AUCTION_BEFORE: Duration = Duration::from_secs(1);

/// When an order goes to the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// Now.
    Now,
    /// When its own time or its auction comes.
    Later(SimInstant),
    /// When the market opens, which the client is told.
    AtOpen(SimInstant),
    /// Never: the calendar knows no opening.
    Never,
}

impl World {
    /// When an order that is sent on now goes to the market.
    pub(super) fn goes(&self, order: &LiveOrder) -> Goes {
        let Some(instrument) = self.catalogue.get(order.con_id) else { return Goes::Never };
        let own = self.new_york.parse(&order.order.good_after_time).map(SimInstant::from_second);
        let from = own.map_or(self.now, |own| own.max(self.now));
        if order.kind.is_on_close() {
            return self.closing_auction(instrument, from).map_or(Goes::Now, Goes::Later);
        }
        if order.is_on_open() {
            return self.hours.next_open(instrument, from, Session::Regular).map_or(Goes::Now, Goes::AtOpen);
        }
        let session = session_of(order, instrument);
        if !self.hours.is_open(instrument, from, session) {
            return self.hours.next_open(instrument, from, session).map_or(Goes::Never, Goes::AtOpen);
        }
        if from > self.now { Goes::Later(from) } else { Goes::Now }
    }

    /// The next closing auction after a moment.
    pub(super) fn closing_auction(&self, instrument: &Instrument, from: SimInstant) -> Option<SimInstant> {
        let end = self.session_end(instrument, from)?;
        let next = if from + AUCTION_BEFORE < end { end } else { self.session_end(instrument, end + AUCTION_BEFORE)? };
        Some(SimInstant::from_micros(next.as_micros() - SimInstant::from_second(1).as_micros()))
    }

    /// The end of the regular session that a moment is in, or of the next one; `None` when sessions never end.
    pub(super) fn session_end(&self, instrument: &Instrument, at: SimInstant) -> Option<SimInstant> {
        self.hours.session_end(instrument, at, Session::Regular)
    }

    /// Whether the market of an order is open.
    pub(super) fn trades_now(&self, key: OrderKey) -> bool {
        let Some(order) = self.book.get(key) else { return false };
        let Some(instrument) = self.catalogue.get(order.con_id) else { return false };
        self.hours.is_open(instrument, self.now, session_of(order, instrument))
    }

    /// Sets when an order ends by itself, from its time in force.
    pub(super) fn set_expiry(&mut self, key: OrderKey) {
        let Some(order) = self.book.get(key) else { return };
        let Some(instrument) = self.catalogue.get(order.con_id) else { return };
        let from = order.wakes.unwrap_or(self.now);
        let expires = match order.order.tif.as_str() {
            "GTD" => self.new_york.parse(&order.order.good_till_date).map(SimInstant::from_second),
            "DAY" | "DTC" => self.hours.session_end(instrument, from, session_of(order, instrument)),
            _ => None,
        };
        if let Some(at) = expires {
            self.agenda.add(at.max(self.now), Due::Expire(key.0, key.1));
        }
        if let Some(order) = self.book.get_mut(key) {
            order.expires = expires;
        }
    }
}

/// The hours that an order may trade in.
fn session_of(order: &LiveOrder, instrument: &Instrument) -> Session {
    let asked_for = order.order.outside_rth && !order.kind.ignores_outside_hours();
    if asked_for || trades_round_the_clock(instrument) { Session::Extended } else { Session::Regular }
}

/// Whether orders trade in all of an exchange's hours without asking for it: futures and currencies do.
pub(super) fn trades_round_the_clock(instrument: &Instrument) -> bool {
    matches!(instrument.sec_type(), "FUT" | "FOP" | "CASH")
}
