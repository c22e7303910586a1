//! [`RiskLimits::check`], the only way to a [`Passed`].

use std::time::Duration;

use gatewright_journal::OrderType;
use gatewright_link::protocol::LayerState;
use rust_decimal::Decimal;

use super::limits::{HoursRule, RiskLimits, UnknownHealth};
use super::refusal::Refusal;
use super::view::{Market, Proposal, RiskView, SickLayer};

/// The layers that an order goes through. The trader makes each of them known while it opens its session; farms and data
/// streams carry prices, whose age is a limit of its own.
const CARRYING: [&str; 6] = ["listener", "tcp", "handshake", "session", "gateway_link", "trading"];

/// Proof that an order has passed the gate. Only [`RiskLimits::check`] makes one, and the outbox takes no order without.
#[derive(Debug)]
#[must_use = "an order that has passed is to be sent"]
pub struct Passed(());

#[cfg(test)]
impl Passed {
    /// For tests of what lies behind the gate.
    pub(crate) fn for_test() -> Self {
        Self(())
    }
}

impl RiskLimits {
    /// Whether an order may be sent.
    ///
    /// An order that only makes the position smaller is never refused for what is held or was lost already: it is the way
    /// out. Everything else holds for it too.
    ///
    /// # Errors
    ///
    /// The first limit that stands in the way.
    pub fn check(&self, order: &Proposal<'_>, view: &RiskView<'_>) -> Result<Passed, Refusal> {
        self.check_trader(view)?;
        self.check_lists(order)?;
        self.check_instrument(view)?;
        self.check_order(order, view)?;
        if grows(order, view) {
            self.check_growth(order, view)?;
        }
        Ok(Passed(()))
    }

    /// What stands in the way of every order.
    fn check_trader(&self, view: &RiskView<'_>) -> Result<(), Refusal> {
        if view.stopping {
            return Err(Refusal::Stopping);
        }
        if let Some(why) = view.halt {
            return Err(Refusal::Halted { why: why.to_owned() });
        }
        if !view.session_ready {
            return Err(Refusal::SessionNotReady);
        }
        match view.sick.iter().find(|sick| self.is_stopped_by(sick)) {
            Some(SickLayer { layer, state, evidence }) => {
                let (layer, evidence) = (layer.clone(), evidence.clone());
                Err(Refusal::SessionNotWell { layer, figure: *state, evidence })
            }
            None => Ok(()),
        }
    }

    fn is_stopped_by(&self, sick: &SickLayer) -> bool {
        match (sick.state, self.unknown_health) {
            (LayerState::Yes, _) | (LayerState::Unknown, UnknownHealth::Allow) => false,
            (LayerState::Unknown, UnknownHealth::Carrying) => CARRYING.contains(&sick.layer.as_str()),
            (LayerState::Unknown, UnknownHealth::Refuse) | (LayerState::No, _) => true,
        }
    }

    fn check_lists(&self, order: &Proposal<'_>) -> Result<(), Refusal> {
        if !self.accounts.is_empty() && !self.accounts.contains(order.account) {
            return Err(Refusal::Account { figure: order.account.clone() });
        }
        if !self.symbols.is_empty() && !self.symbols.contains(order.symbol) {
            return Err(Refusal::Symbol { figure: order.symbol.to_owned() });
        }
        Ok(())
    }

    /// What stands in the way of every order of an instrument.
    fn check_instrument(&self, view: &RiskView<'_>) -> Result<(), Refusal> {
        if view.in_doubt > 0 {
            return Err(Refusal::OrdersInDoubt { figure: view.in_doubt });
        }
        if let Some(why) = view.unknown_position {
            return Err(Refusal::PositionUnknown { why });
        }
        let bound = self.hours;
        match (bound, view.market) {
            (HoursRule::Any, _) | (_, Market::Open { .. }) => {}
            (_, Market::Closed { until }) => return Err(Refusal::TradingHours { bound, opens: until }),
            (_, Market::Unknown) => return Err(Refusal::TradingHours { bound, opens: None }),
        }
        let bound_ms = millis(self.max_data_age);
        match view.data_age {
            None => Err(Refusal::NoData { bound_ms }),
            Some(age) if age > self.max_data_age => Err(Refusal::DataAge { figure_ms: millis(age), bound_ms }),
            Some(_) => Ok(()),
        }
    }

    /// What the order is by itself.
    fn check_order(&self, order: &Proposal<'_>, view: &RiskView<'_>) -> Result<(), Refusal> {
        let (figure, bound) = (view.orders_last_minute.saturating_add(1), self.max_orders_per_minute);
        if figure > bound {
            return Err(Refusal::OrdersPerMinute { figure, bound });
        }
        let (figure, bound) = (order.quantity.abs(), self.max_order_size);
        if figure > bound {
            return Err(Refusal::OrderSize { figure, bound });
        }
        let (Some(price), Some(market)) = (likely_price(order, view), view.quote.middle()) else {
            return Err(Refusal::NoData { bound_ms: millis(self.max_data_age) });
        };
        let (figure, bound) = (apart_in_percent(price, market), self.price_collar_percent);
        if figure > bound {
            return Err(Refusal::PriceCollar { price, market, figure, bound });
        }
        let (figure, bound) = (worth(order.quantity, price), self.max_order_value);
        if figure > bound {
            return Err(Refusal::OrderValue { figure, bound });
        }
        Ok(())
    }

    /// What the order would lead to.
    fn check_growth(&self, order: &Proposal<'_>, view: &RiskView<'_>) -> Result<(), Refusal> {
        let after = sum(sum(view.position, view.working), order.quantity);
        if after.abs() > self.max_position {
            return Err(Refusal::Position { figure: after, bound: self.max_position });
        }
        let price = likely_price(order, view);
        let exposure = view.other_exposure.zip(price).map(|(others, price)| sum(others, worth(after, price)));
        if exposure.is_none_or(|exposure| exposure > self.max_gross_exposure) {
            return Err(Refusal::GrossExposure { figure: exposure, bound: self.max_gross_exposure });
        }
        let loss = view.day_result.map(|result| -result);
        if loss.is_none_or(|loss| loss > self.max_daily_loss) {
            return Err(Refusal::DailyLoss { figure: loss, bound: self.max_daily_loss });
        }
        Ok(())
    }
}

/// Whether the position would be larger, or on the other side.
fn grows(order: &Proposal<'_>, view: &RiskView<'_>) -> bool {
    let before = sum(view.position, view.working);
    let after = sum(before, order.quantity);
    let turns = !before.is_zero() && !after.is_zero() && before.is_sign_negative() != after.is_sign_negative();
    turns || after.abs() > before.abs()
}

/// The price that an order would trade at, at worst.
fn likely_price(order: &Proposal<'_>, view: &RiskView<'_>) -> Option<Decimal> {
    let market = || {
        let other_side = if order.quantity.is_sign_negative() { view.quote.bid } else { view.quote.ask };
        other_side.or(view.quote.last).or_else(|| view.quote.middle())
    };
    match order.order_type {
        OrderType::Market => market(),
        OrderType::Stop { stop_price } => Some(stop_price),
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => Some(limit_price),
    }
}

/// What is beyond a decimal is beyond every bound.
fn worth(quantity: Decimal, price: Decimal) -> Decimal {
    quantity.checked_mul(price).map_or(Decimal::MAX, |value| value.abs())
}

fn apart_in_percent(price: Decimal, market: Decimal) -> Decimal {
    let apart = price.checked_sub(market).and_then(|apart| apart.abs().checked_mul(Decimal::ONE_HUNDRED));
    apart.and_then(|apart| apart.checked_div(market.abs())).unwrap_or(Decimal::MAX)
}

fn sum(one: Decimal, other: Decimal) -> Decimal {
    one.saturating_add(other)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
