//! When an instrument trades: the hook through which orders ask the calendar.

use std::fmt;

use super::instant::SimInstant;
use super::world::World;
use crate::catalogue::Instrument;

/// Which hours an order may trade in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    /// Regular trading hours only.
    Regular,
    /// Whenever the exchange is open.
    Extended,
}

/// A calendar, as far as orders need one.
pub(super) trait TradingHours: fmt::Debug + Send + Sync {
    /// Whether the instrument trades.
    fn is_open(&self, instrument: &Instrument, at: SimInstant, session: Session) -> bool;

    /// The first opening after a moment; `None` when there never is one.
    fn next_open(&self, instrument: &Instrument, after: SimInstant, session: Session) -> Option<SimInstant>;

    /// The end of the session that a moment is in, or of the next one; `None` when sessions never end.
    fn session_end(&self, instrument: &Instrument, at: SimInstant, session: Session) -> Option<SimInstant>;
}

/// A market that never closes.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlwaysOpen;

impl TradingHours for AlwaysOpen {
    fn is_open(&self, _: &Instrument, _: SimInstant, _: Session) -> bool {
        true
    }

    fn next_open(&self, _: &Instrument, _: SimInstant, _: Session) -> Option<SimInstant> {
        None
    }

    fn session_end(&self, _: &Instrument, _: SimInstant, _: Session) -> Option<SimInstant> {
        None
    }
}

impl World {
    /// Lets orders keep to other hours from now on.
    #[cfg(test)]
    pub(super) fn set_hours(&mut self, hours: impl TradingHours + 'static) {
        self.hours = std::sync::Arc::new(hours);
    }
}
