//! The gate that every order passes: what may be sent, given what is known right now.
//!
//! Pure: [`RiskLimits::check`] is told everything. A refusal names the limit, the figure and the bound.

use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::Serialize;

/// What an order may not exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskLimits {
    /// The largest order, in units of the instrument. Default 1000.
    pub max_order_size: Decimal,
    /// The largest position to either side, in units, with everything that is still working counted as filled.
    /// Default 1000.
    pub max_position: Decimal,
    /// The oldest price that may be traded on. Default 15 s: two of three five-second bars may be missing.
    pub max_data_age: Duration,
}

impl Default for RiskLimits {
    fn default() -> Self {
        let size = Decimal::ONE_THOUSAND;
        Self { max_order_size: size, max_position: size, max_data_age: Duration::from_secs(15) }
    }
}

/// What is known when an order is about to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiskView {
    /// Whether the session is ready and its start-up questions are answered.
    pub session_ready: bool,
    /// Whether the trader has been told to stop.
    pub stopping: bool,
    /// Orders in this instrument of which nobody knows whether they exist.
    pub in_doubt: usize,
    /// Why nothing may be sent for this instrument until a person has looked, if so.
    pub halted: Option<&'static str>,
    /// How long ago the last price came, by our own clock; `None` when none has come since the session began.
    pub data_age: Option<Duration>,
    /// The signed position now.
    pub position: Decimal,
    /// The signed sum of what is working already.
    pub working: Decimal,
}

/// Why an order was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "limit", rename_all = "snake_case")]
pub enum Refusal {
    /// The trader is stopping.
    Stopping,
    /// There is no ready session.
    SessionNotReady,
    /// Whether earlier orders exist is not known yet.
    OrdersInDoubt {
        /// How many.
        figure: usize,
    },
    /// What is held is not known for sure, so that no limit could be kept.
    Halted {
        /// Why not, by its name.
        why: &'static str,
    },
    /// No price has come since the session began.
    NoData {
        /// The oldest that would do, in milliseconds.
        bound_ms: u64,
    },
    /// The last price is too old.
    DataAge {
        /// Its age in milliseconds.
        figure_ms: u64,
        /// The oldest that would do, in milliseconds.
        bound_ms: u64,
    },
    /// The order is too large.
    OrderSize {
        /// Its size.
        figure: Decimal,
        /// The largest that would do.
        bound: Decimal,
    },
    /// The position would get too large.
    Position {
        /// What it could become.
        figure: Decimal,
        /// The largest that would do, to either side.
        bound: Decimal,
    },
}

impl RiskLimits {
    /// Whether an order of `quantity` (signed: below zero sells) may be sent.
    ///
    /// An order that only makes the position smaller is never refused for the position's size.
    ///
    /// # Errors
    ///
    /// The first limit that stands in the way.
    pub fn check(&self, quantity: Decimal, view: &RiskView) -> Result<(), Refusal> {
        if view.stopping {
            return Err(Refusal::Stopping);
        }
        if !view.session_ready {
            return Err(Refusal::SessionNotReady);
        }
        if view.in_doubt > 0 {
            return Err(Refusal::OrdersInDoubt { figure: view.in_doubt });
        }
        if let Some(why) = view.halted {
            return Err(Refusal::Halted { why });
        }
        let bound_ms = millis(self.max_data_age);
        match view.data_age {
            None => return Err(Refusal::NoData { bound_ms }),
            Some(age) if age > self.max_data_age => {
                return Err(Refusal::DataAge { figure_ms: millis(age), bound_ms });
            }
            Some(_) => {}
        }
        if quantity.abs() > self.max_order_size {
            return Err(Refusal::OrderSize { figure: quantity.abs(), bound: self.max_order_size });
        }
        let before = view.position + view.working;
        let after = before + quantity;
        let grows = after.abs() > before.abs() || after * before < Decimal::ZERO;
        if grows && after.abs() > self.max_position {
            return Err(Refusal::Position { figure: after, bound: self.max_position });
        }
        Ok(())
    }
}

impl Refusal {
    /// The limit's name, as it stands in JSON and in the summary.
    pub fn limit(&self) -> &'static str {
        match self {
            Self::Stopping => "stopping",
            Self::SessionNotReady => "session_not_ready",
            Self::OrdersInDoubt { .. } => "orders_in_doubt",
            Self::Halted { .. } => "halted",
            Self::NoData { .. } => "no_data",
            Self::DataAge { .. } => "data_age",
            Self::OrderSize { .. } => "order_size",
            Self::Position { .. } => "position",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.limit();
        match self {
            Self::Stopping => write!(f, "{name}: the trader is stopping"),
            Self::SessionNotReady => write!(f, "{name}: there is no ready session"),
            Self::OrdersInDoubt { figure } => write!(f, "{name}: {figure} in doubt, none allowed"),
            Self::Halted { why } => write!(f, "{name}: {why}; nothing is sent until a person has looked"),
            Self::NoData { bound_ms } => {
                write!(f, "{name}: no price since the session began, none older than {bound_ms} ms allowed")
            }
            Self::DataAge { figure_ms, bound_ms } => {
                write!(f, "{name}: the last price is {figure_ms} ms old, at most {bound_ms} ms allowed")
            }
            Self::OrderSize { figure, bound } => write!(f, "{name}: the order is {figure}, at most {bound} allowed"),
            Self::Position { figure, bound } => {
                write!(f, "{name}: the position would be {figure}, at most {bound} allowed")
            }
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> RiskLimits {
        RiskLimits {
            max_order_size: Decimal::from(50),
            max_position: Decimal::from(100),
            max_data_age: Duration::from_secs(15),
        }
    }

    fn calm() -> RiskView {
        RiskView {
            session_ready: true,
            stopping: false,
            in_doubt: 0,
            halted: None,
            data_age: Some(Duration::from_secs(1)),
            position: Decimal::ZERO,
            working: Decimal::ZERO,
        }
    }

    fn check(quantity: i64, view: RiskView) -> Option<&'static str> {
        limits().check(Decimal::from(quantity), &view).err().map(|refusal| refusal.limit())
    }

    #[test]
    fn an_order_within_all_limits_passes() {
        assert_eq!(check(50, calm()), None);
        assert_eq!(check(-50, calm()), None);
    }

    #[test]
    fn each_limit_refuses_by_its_name() {
        assert_eq!(check(1, RiskView { stopping: true, ..calm() }), Some("stopping"));
        assert_eq!(check(1, RiskView { session_ready: false, ..calm() }), Some("session_not_ready"));
        assert_eq!(check(1, RiskView { in_doubt: 1, ..calm() }), Some("orders_in_doubt"));
        assert_eq!(check(-1, RiskView { halted: Some("implausible_execution"), ..calm() }), Some("halted"));
        assert_eq!(check(1, RiskView { data_age: None, ..calm() }), Some("no_data"));
        assert_eq!(check(1, RiskView { data_age: Some(Duration::from_millis(15_001)), ..calm() }), Some("data_age"));
        assert_eq!(check(51, calm()), Some("order_size"));
        assert_eq!(check(11, RiskView { position: Decimal::from(90), ..calm() }), Some("position"));
    }

    #[test]
    fn what_is_working_counts_as_filled() {
        let view = RiskView { position: Decimal::from(50), working: Decimal::from(45), ..calm() };
        assert_eq!(check(5, view), None);
        assert_eq!(check(6, view), Some("position"));
    }

    #[test]
    fn a_position_above_the_limit_may_shrink_but_not_turn_into_another_that_is_too_large() {
        let view = RiskView { position: Decimal::from(140), ..calm() };
        assert_eq!(check(-20, view), None);
        assert_eq!(check(1, view), Some("position"));
        let turning = RiskLimits { max_order_size: Decimal::from(1000), ..limits() };
        assert!(turning.check(Decimal::from(-241), &view).is_err());
        assert!(turning.check(Decimal::from(-240), &view).is_ok());
    }

    #[test]
    fn a_refusal_tells_limit_figure_and_bound() {
        let refusal = limits().check(Decimal::from(51), &calm()).unwrap_err();
        assert_eq!(refusal.to_string(), "order_size: the order is 51, at most 50 allowed");
        let refusal = Refusal::DataAge { figure_ms: 16_000, bound_ms: 15_000 };
        assert_eq!(refusal.to_string(), "data_age: the last price is 16000 ms old, at most 15000 ms allowed");
    }

    proptest! {
        #[test]
        fn nothing_that_passes_leaves_a_position_above_both_the_bound_and_what_it_was(
            position in -300_i64..300, working in -300_i64..300, quantity in -300_i64..300,
        ) {
            let view = RiskView { position: position.into(), working: working.into(), ..calm() };
            if limits().check(Decimal::from(quantity), &view).is_ok() {
                let (before, after) = ((position + working).abs(), (position + working + quantity).abs());
                prop_assert!(after <= before.max(100));
                prop_assert!(quantity.abs() <= 50);
            }
        }
    }
}
