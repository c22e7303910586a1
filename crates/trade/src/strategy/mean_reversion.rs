//! Buys what has fallen far below its average, and sells once it is back.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use yata::core::Method;
use yata::methods::{SMA, StDev};

use super::bar::BarIn;
use super::decide::{Start, Strategy};
use super::moving_average_cross::MAX_PERIOD;
use super::signal::Signal;
use crate::error::TradeError;

/// A deviation below this part of the price is none: sums of floats drift by parts of 10⁻¹⁵.
const FLAT: f64 = 1e-9;

/// How a [`MeanReversion`] decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanReversionParams {
    /// Bars in the average and its deviation; from 2 to [`MAX_PERIOD`].
    pub period: u8,
    /// How many standard deviations below the average is far; above zero.
    pub entry: Decimal,
    /// The position while it is back to come; above zero.
    pub quantity: Decimal,
}

impl Default for MeanReversionParams {
    fn default() -> Self {
        Self { period: 20, entry: Decimal::TWO, quantity: Decimal::TEN }
    }
}

/// Long `quantity` from `entry` standard deviations below the average on until the average is reached, flat otherwise.
///
/// It buys by limit orders at the price that it has seen, so that it does not chase a price that is back already, and sells
/// at the market. It never sells short.
#[derive(Debug)]
pub struct MeanReversion {
    params: MeanReversionParams,
    entry: f64,
    indicators: Option<Indicators>,
    bought_at: Option<Decimal>,
}

#[derive(Debug)]
struct Indicators {
    average: SMA,
    deviation: StDev,
    bars: usize,
}

impl MeanReversion {
    /// A strategy that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// [`TradeError::Setting`] names the parameter that makes no sense.
    pub fn new(params: MeanReversionParams) -> Result<Self, TradeError> {
        let bad = |setting, problem| Err(TradeError::Setting { setting, problem });
        if !(2..=MAX_PERIOD).contains(&params.period) {
            return bad("period", "is not between 2 and 254 bars");
        }
        if params.quantity <= Decimal::ZERO {
            return bad("quantity", "is not above zero");
        }
        match params.entry.to_f64() {
            Some(entry) if entry > 0.0 => Ok(Self { params, entry, indicators: None, bought_at: None }),
            Some(_) | None => bad("entry", "is not above zero"),
        }
    }

    /// Takes a bar in; the average and how many deviations the close is from it, once there are enough bars.
    fn push(&mut self, bar: &BarIn) -> Option<(f64, f64)> {
        let close = bar.close.to_f64()?;
        let period = self.params.period;
        let indicators = match &mut self.indicators {
            Some(indicators) => indicators,
            empty => empty.insert(Indicators {
                average: SMA::new(period, &close).ok()?,
                deviation: StDev::new(period, &close).ok()?,
                bars: 0,
            }),
        };
        indicators.bars = indicators.bars.saturating_add(1);
        let (average, deviation) = (indicators.average.next(&close), indicators.deviation.next(&close));
        // Also where it is no number.
        let has_spread = deviation > average.abs() * FLAT;
        (indicators.bars >= usize::from(period) && has_spread).then(|| (average, (close - average) / deviation))
    }
}

impl Strategy for MeanReversion {
    fn name(&self) -> &str {
        "mean-reversion"
    }

    fn warm_up_bars(&self) -> usize {
        usize::from(self.params.period)
    }

    fn on_start(&mut self, start: &Start<'_>) -> Option<Signal> {
        self.indicators = None;
        // What it holds it has bought, and waits for the average with.
        let held = start.position > Decimal::ZERO;
        self.bought_at = start.history.last().filter(|_| held).map(|bar| bar.close);
        for bar in start.history {
            self.push(bar);
        }
        None
    }

    fn on_bar(&mut self, bar: &BarIn) -> Option<Signal> {
        let (average, apart) = self.push(bar)?;
        let words = format!("{apart:+.2} deviations from SMA{} {average:.2}", self.params.period);
        if apart <= -self.entry && self.bought_at.is_none() {
            self.bought_at = Some(bar.close);
        } else if apart >= 0.0 {
            self.bought_at = None;
        }
        Some(match self.bought_at {
            Some(price) => Signal::limit(self.params.quantity, price, words),
            None => Signal::market(Decimal::ZERO, words),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn bar(second: i64, price: i64) -> BarIn {
        let (time, price) = (Timestamp::from_second(second * 5).unwrap(), Decimal::from(price));
        BarIn { time, open: price, high: price, low: price, close: price, volume: None }
    }

    fn wishes(prices: &[i64]) -> Vec<Option<(i64, Option<i64>)>> {
        let params = MeanReversionParams { period: 4, entry: Decimal::ONE, quantity: Decimal::TEN };
        let mut strategy = MeanReversion::new(params).unwrap();
        let bars = (0..).zip(prices).map(|(second, price)| bar(second, *price));
        let number = |figure: Decimal| figure.to_i64().unwrap();
        let wish = |signal: Signal| (number(signal.target), signal.limit.map(number));
        bars.map(|bar| strategy.on_bar(&bar).map(wish)).collect()
    }

    #[test]
    fn it_buys_below_at_the_price_that_it_saw_and_sells_at_the_average() {
        let wishes = wishes(&[100, 101, 100, 101, 90, 95, 100]);
        let (flat, long) = (Some((0, None)), Some((10, Some(90))));
        assert_eq!(wishes, [None, None, None, flat, long, long, flat]);
    }

    #[test]
    fn a_flat_market_has_no_deviation_and_no_opinion() {
        assert!(wishes(&[33_333; 50]).iter().all(Option::is_none));
    }

    #[test]
    fn what_it_holds_at_a_restart_it_keeps_until_the_average() {
        let params = MeanReversionParams { period: 2, entry: Decimal::TEN, quantity: Decimal::TEN };
        let mut strategy = MeanReversion::new(params).unwrap();
        let history = [bar(0, 100), bar(1, 90)];
        strategy.on_start(&Start { symbol: "AAPL", history: &history, position: Decimal::TEN });
        assert_eq!(strategy.on_bar(&bar(2, 89)).map(|signal| signal.target), Some(Decimal::TEN));
        assert_eq!(strategy.on_bar(&bar(3, 95)).map(|signal| signal.target), Some(Decimal::ZERO));
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        let refused = |period, entry: i64, quantity: i64| {
            MeanReversion::new(MeanReversionParams { period, entry: entry.into(), quantity: quantity.into() }).is_err()
        };
        assert!(refused(1, 2, 1) && refused(255, 2, 1) && refused(20, 0, 1) && refused(20, 2, 0));
        assert!(!refused(2, 1, 1));
    }
}
