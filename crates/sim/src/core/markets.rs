//! Which instruments there are, what they cost, and when they trade.

use std::collections::BTreeMap;

use gatewright_proto::ConId;
use rust_decimal::prelude::ToPrimitive;

use super::hours::{Session, TradingHours};
use super::instant::SimInstant;
use super::world::World;
use crate::calendar::{Span, Which};
use crate::catalogue::{Catalogue, Instrument, Pricing, chain};
use crate::config::{MarketHours, SimConfig};
use crate::market::{Path, Paths, Terms};
use crate::new_york::NewYork;

/// The yearly volatility of options at the money, and how much it grows with the square of the distance from it.
const VOLATILITY: (f64, f64) = (0.24, 1.5);

/// How many underlyings can have options: their numbers would not fit otherwise.
const MOST_CHAINS: usize = 6;

/// The catalogue and the path of each instrument, as they stand when simulated time starts.
pub(super) fn open(config: &SimConfig, start: SimInstant) -> (Catalogue, Paths) {
    let clock = NewYork::default();
    let today = clock.day(start.second());
    let mut catalogue = Catalogue::new(&config.listings, today);
    let mut paths: BTreeMap<ConId, Path> = BTreeMap::new();
    for instrument in catalogue.iter() {
        let own =
            Path::new(config.seed, instrument.con_id.get(), instrument.base, instrument.spread, instrument.volume_unit);
        let path = recorded(config, instrument, &own).unwrap_or(own);
        paths.insert(instrument.con_id, path);
    }
    for instrument in catalogue.iter() {
        let Pricing::Follows { leader, up, down, carry } = instrument.pricing else { continue };
        let (Some(own), Some(leader)) = (paths.get(&instrument.con_id), paths.get(&leader)) else { continue };
        if recorded(config, instrument, own).is_none() {
            let following = own.following(leader, (up, down, carry));
            paths.insert(instrument.con_id, following);
        }
    }
    let with_options: Vec<Instrument> =
        catalogue.iter().filter(|it| it.has_chain).take(MOST_CHAINS).map(|it| it.as_ref().clone()).collect();
    for (number, under) in (0..).zip(with_options) {
        let Some(leader) = paths.get(&under.con_id).cloned() else { continue };
        let price = under.price(leader.last(start.second()));
        for option in chain::listed(&under, price, today, number) {
            if let Some(path) = modelled(config.seed, &option, &under, &leader, &clock) {
                paths.insert(option.con_id, path);
                catalogue.add([option]);
            }
        }
    }
    (catalogue, paths.into_iter().collect())
}

/// The path of a recording, if the user gave one for this instrument.
fn recorded(config: &SimConfig, instrument: &Instrument, own: &Path) -> Option<Path> {
    let named = |name: &str| {
        let plain = name == instrument.symbol && instrument.has_quotes() && instrument.currency == "USD";
        name == instrument.local_symbol && instrument.currency != "MXN" || plain && instrument.terms.is_none()
    };
    let (_, recording) = config.replays.iter().find(|(name, _)| named(name))?;
    Some(own.replaying(recording, instrument.min_tick))
}

fn modelled(seed: u64, option: &Instrument, under: &Instrument, leader: &Path, clock: &NewYork) -> Option<Path> {
    let terms = option.terms.as_ref()?;
    let (strike, right) = terms.option?;
    let (strike, middle) = (strike.to_f64()?, under.price(under.base).to_f64()?);
    let distance = strike / middle - 1.0;
    let volatility = VOLATILITY.0 + VOLATILITY.1 * distance * distance;
    let expiry = clock.second(terms.last_trade.at(16, 0, 0, 0))?;
    let own = Path::new(seed, option.con_id.get(), option.base, option.spread, option.volume_unit);
    let ticks = (under.min_tick.to_f64()?, option.min_tick.to_f64()?);
    Some(own.modelled(leader, Terms { strike, right, expiry, volatility }, ticks))
}

/// The calendar of real markets, for orders.
#[derive(Debug, Default)]
pub(super) struct RealHours(NewYork);

impl TradingHours for RealHours {
    fn is_open(&self, instrument: &Instrument, at: SimInstant, session: Session) -> bool {
        instrument.hours.is_open(&self.0, at.second(), which(session))
    }

    fn next_open(&self, instrument: &Instrument, after: SimInstant, session: Session) -> Option<SimInstant> {
        instrument.hours.next_open(&self.0, after.second(), which(session)).map(SimInstant::from_second)
    }

    fn session_end(&self, instrument: &Instrument, at: SimInstant, session: Session) -> Option<SimInstant> {
        let (hours, which) = (instrument.hours, which(session));
        let end = hours.session_end(&self.0, at.second(), which).or_else(|| {
            let next = hours.next_open(&self.0, at.second(), which)?;
            hours.session_end(&self.0, next, which)
        });
        end.map(SimInstant::from_second)
    }
}

fn which(session: Session) -> Which {
    match session {
        Session::Regular => Which::Regular,
        Session::Extended => Which::Extended,
    }
}

impl World {
    /// Whether anything of an instrument happens in a second.
    pub(super) fn trades(&self, instrument: &Instrument, second: i64, which: Which) -> bool {
        match self.config.market_hours {
            MarketHours::Always => true,
            MarketHours::Real => self.stretches.is_open(instrument.hours, &self.new_york, second, which),
        }
    }

    /// Where nothing of an instrument happens in a second: until when at least.
    pub(super) fn rests_until(&self, instrument: &Instrument, second: i64, which: Which) -> Option<i64> {
        match self.config.market_hours {
            MarketHours::Always => None,
            MarketHours::Real => self.stretches.closed_until(instrument.hours, &self.new_york, second, which),
        }
    }

    /// The parts of a span in which an instrument trades, oldest first.
    pub(super) fn trading_spans(&self, instrument: &Instrument, span: Span, which: Which) -> Vec<Span> {
        match self.config.market_hours {
            MarketHours::Always => vec![span],
            MarketHours::Real => instrument.hours.sessions_within(&self.new_york, span, which),
        }
    }
}
