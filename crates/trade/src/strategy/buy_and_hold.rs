//! Buys once and holds.

use rust_decimal::Decimal;

use super::bar::BarIn;
use super::decide::{Start, Strategy};
use super::signal::Signal;
use crate::error::TradeError;

/// Holds a quantity from the first live bar on: the measure that every other strategy has to beat.
#[derive(Debug)]
pub struct BuyAndHold {
    quantity: Decimal,
}

impl BuyAndHold {
    /// Holds this much, above zero.
    ///
    /// # Errors
    ///
    /// [`TradeError::Setting`] when the quantity is not above zero.
    pub fn new(quantity: Decimal) -> Result<Self, TradeError> {
        if quantity <= Decimal::ZERO {
            return Err(TradeError::Setting { setting: "quantity", problem: "is not above zero" });
        }
        Ok(Self { quantity })
    }

    fn wish(&self) -> Option<Signal> {
        Some(Signal::market(self.quantity, "buy and hold"))
    }
}

impl Strategy for BuyAndHold {
    fn name(&self) -> &str {
        "buy-and-hold"
    }

    fn warm_up_bars(&self) -> usize {
        0
    }

    fn on_start(&mut self, _: &Start<'_>) -> Option<Signal> {
        self.wish()
    }

    fn on_bar(&mut self, _: &BarIn) -> Option<Signal> {
        self.wish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_wants_the_same_from_the_start_on() {
        let mut strategy = BuyAndHold::new(Decimal::TEN).unwrap();
        let start = Start { symbol: "AAPL", history: &[], position: Decimal::ZERO };
        assert_eq!(strategy.on_start(&start).unwrap().target, Decimal::TEN);
        assert!(BuyAndHold::new(Decimal::ZERO).is_err());
    }
}
