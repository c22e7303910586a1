//! Long while a fast average of closes is above a slow one, flat otherwise.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use yata::core::Method;
use yata::methods::SMA;

use super::bar::BarIn;
use super::decide::{Start, Strategy};
use super::signal::Signal;
use crate::error::TradeError;

/// The longest average, in bars: the indicator library counts them in a byte and keeps the last value for itself.
pub const MAX_PERIOD: u8 = u8::MAX - 1;

/// Averages closer than this part of the price are equal. Sums of floats drift by parts of 10⁻¹⁵, so that a flat market
/// would otherwise be all crosses.
const EQUAL: f64 = 1e-9;

/// How a [`MovingAverageCross`] decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovingAverageCrossParams {
    /// Bars in the fast average; below `slow`.
    pub fast: u8,
    /// Bars in the slow average; at most [`MAX_PERIOD`].
    pub slow: u8,
    /// The position while the fast average is above the slow one; above zero.
    pub quantity: Decimal,
}

impl Default for MovingAverageCrossParams {
    fn default() -> Self {
        Self { fast: 5, slow: 20, quantity: Decimal::TEN }
    }
}

/// Simple moving averages of closes: long `quantity` while fast is above slow, flat while it is below.
///
/// It never sells short. It has no opinion before `slow` bars have been seen, and while the averages are equal it keeps
/// the one that it had.
#[derive(Debug)]
pub struct MovingAverageCross {
    params: MovingAverageCrossParams,
    averages: Option<Averages>,
    stance: Option<Stance>,
}

#[derive(Debug)]
struct Averages {
    fast: SMA,
    slow: SMA,
    bars: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stance {
    Above,
    Below,
}

impl MovingAverageCross {
    /// A strategy that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// [`TradeError::Setting`] when the periods are not `0 < fast < slow <= MAX_PERIOD` or the quantity is not above zero.
    pub fn new(params: MovingAverageCrossParams) -> Result<Self, TradeError> {
        let bad = |setting, problem| Err(TradeError::Setting { setting, problem });
        if params.fast == 0 {
            return bad("fast", "is zero bars");
        }
        if params.fast >= params.slow {
            return bad("fast", "is not below slow");
        }
        if params.slow > MAX_PERIOD {
            return bad("slow", "is above 254 bars");
        }
        if params.quantity <= Decimal::ZERO {
            return bad("quantity", "is not above zero");
        }
        Ok(Self { params, averages: None, stance: None })
    }

    /// Takes a bar into the averages; both as they stand now, once there are enough bars.
    fn push(&mut self, bar: &BarIn) -> Option<(f64, f64)> {
        let close = bar.close.to_f64()?;
        let MovingAverageCrossParams { fast, slow, .. } = self.params;
        let averages = match &mut self.averages {
            Some(averages) => averages,
            empty => empty.insert(Averages::new(fast, slow, close)?),
        };
        averages.bars = averages.bars.saturating_add(1);
        let (fast_now, slow_now) = (averages.fast.next(&close), averages.slow.next(&close));
        if averages.bars < usize::from(slow) {
            return None;
        }
        let apart = fast_now - slow_now;
        if apart.abs() > slow_now.abs() * EQUAL {
            self.stance = Some(if apart > 0.0 { Stance::Above } else { Stance::Below });
        }
        Some((fast_now, slow_now))
    }
}

impl Averages {
    fn new(fast: u8, slow: u8, close: f64) -> Option<Self> {
        Some(Self { fast: SMA::new(fast, &close).ok()?, slow: SMA::new(slow, &close).ok()?, bars: 0 })
    }
}

impl Strategy for MovingAverageCross {
    fn name(&self) -> &str {
        "moving-average-cross"
    }

    fn warm_up_bars(&self) -> usize {
        usize::from(self.params.slow)
    }

    fn on_start(&mut self, start: &Start<'_>) -> Option<Signal> {
        self.averages = None;
        self.stance = None;
        for bar in start.history {
            self.push(bar);
        }
        None
    }

    fn on_bar(&mut self, bar: &BarIn) -> Option<Signal> {
        let (fast, slow) = self.push(bar)?;
        let (target, word) = match self.stance? {
            Stance::Above => (self.params.quantity, "above"),
            Stance::Below => (Decimal::ZERO, "below"),
        };
        let reason = format!("SMA{} {fast:.2} {word} SMA{} {slow:.2}", self.params.fast, self.params.slow);
        Some(Signal::market(target, reason))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    // The prelude has another one of that name.
    use crate::strategy::decide::Strategy as _;

    fn bar(second: i64, cents: i64) -> BarIn {
        let price = Decimal::new(cents, 2);
        let time = Timestamp::from_second(second * 5).unwrap();
        BarIn { time, open: price, high: price, low: price, close: price, volume: None }
    }

    fn cross(fast: u8, slow: u8) -> MovingAverageCross {
        MovingAverageCross::new(MovingAverageCrossParams { fast, slow, quantity: Decimal::TEN }).unwrap()
    }

    fn start(history: &[BarIn]) -> Start<'_> {
        Start { symbol: "AAPL", history, position: Decimal::ZERO }
    }

    fn targets(strategy: &mut MovingAverageCross, cents: &[i64]) -> Vec<Option<i64>> {
        let bars = (0..).zip(cents).map(|(second, cents)| bar(second, *cents));
        bars.map(|bar| strategy.on_bar(&bar).and_then(|signal| signal.target.to_i64())).collect()
    }

    #[test]
    fn it_has_no_opinion_before_the_slow_average_is_full() {
        assert_eq!(targets(&mut cross(1, 3), &[100, 200, 300, 400]), [None, None, Some(10), Some(10)]);
    }

    #[test]
    fn it_is_long_above_and_flat_below_and_never_short() {
        let cents = [100, 100, 110, 120, 100, 80, 70, 90, 120];
        let expected = [None, None, Some(10), Some(10), Some(0), Some(0), Some(0), Some(10), Some(10)];
        assert_eq!(targets(&mut cross(1, 3), &cents), expected);
    }

    #[test]
    fn equal_averages_keep_the_opinion_and_a_flat_market_has_none() {
        assert_eq!(targets(&mut cross(1, 2), &[100, 110, 110, 110]), [None, Some(10), Some(10), Some(10)]);
        assert!(targets(&mut cross(2, 7), &[33_333; 300]).iter().all(Option::is_none));
    }

    #[test]
    fn starting_over_forgets_what_was_seen_before() {
        let mut strategy = cross(1, 3);
        targets(&mut strategy, &[300, 200, 100]);
        strategy.on_start(&start(&[bar(10, 100), bar(11, 110)]));
        assert_eq!(strategy.on_bar(&bar(12, 120)).map(|signal| signal.target), Some(Decimal::TEN));
        strategy.on_start(&start(&[]));
        assert_eq!(strategy.on_bar(&bar(13, 130)), None);
    }

    #[test]
    fn periods_that_cannot_cross_are_refused() {
        let refused = |fast, slow, quantity| {
            let quantity = Decimal::from(quantity);
            MovingAverageCross::new(MovingAverageCrossParams { fast, slow, quantity }).is_err()
        };
        assert!(refused(0, 3, 1) && refused(3, 3, 1) && refused(5, 255, 1) && refused(1, 3, 0));
        assert!(!refused(5, 254, 1));
    }

    proptest! {
        #[test]
        fn history_and_live_bars_lead_to_the_same_opinion(
            cents in prop::collection::vec(1_i64..100_000, 2..200), split in 0_usize..200,
        ) {
            let bars: Vec<BarIn> = (0..).zip(&cents).map(|(second, cents)| bar(second, *cents)).collect();
            let (last, before) = bars.split_last().unwrap();
            let mut live = cross(5, 20);
            for bar in before {
                live.on_bar(bar);
            }
            let (history, rest) = before.split_at(split.min(before.len()));
            let mut warmed = cross(5, 20);
            warmed.on_start(&start(history));
            for bar in rest {
                warmed.on_bar(bar);
            }
            prop_assert_eq!(live.on_bar(last), warmed.on_bar(last));
        }
    }
}
