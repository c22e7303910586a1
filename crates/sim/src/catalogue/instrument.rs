//! One instrument: what contract details say of it, and what its synthetic market is like.

use gatewright_proto::ConId;
use gatewright_proto::message::contract::Contract;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::calendar::Hours;
use crate::new_york::NewYork;

/// How far off a step a price may be, in steps: far below what anybody means, far above what a double loses.
const NOISE: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// What kind of instrument it is, as far as the simulator treats kinds differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A share.
    Stock,
    /// A fund traded like a share.
    Fund,
    /// A currency pair.
    Cash,
    /// A future.
    Future,
    /// An option on a share or fund.
    Option,
    /// An index, which has a price and cannot be traded.
    Index,
}

/// An option's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// The right to buy.
    Call,
    /// The right to sell.
    Put,
}

/// What only contracts that end have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The last day on which it trades.
    pub(crate) last_trade: Date,
    /// The underlying's number; 0 where the underlying cannot be asked for.
    pub(crate) under: ConId,
    /// The underlying's type.
    pub(crate) under_type: &'static str,
    /// An option's strike and side.
    pub(crate) option: Option<(Decimal, Right)>,
}

/// Where an instrument's prices come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pricing {
    /// From a path of its own.
    Own,
    /// From another one's: `ticks × up / down + carry`.
    Follows {
        /// The instrument whose path is followed.
        leader: ConId,
        /// See above.
        up: i64,
        /// See above.
        down: i64,
        /// See above, in ticks.
        carry: i64,
    },
    /// From the underlying's, by the model of Black and Scholes.
    Model,
}

/// One instrument of the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Instrument {
    pub(crate) con_id: ConId,
    pub(crate) kind: Kind,
    pub(crate) symbol: String,
    pub(crate) currency: String,
    pub(crate) primary: String,
    /// Where it can be routed, `SMART` or the only exchange first.
    pub(crate) exchanges: Vec<String>,
    pub(crate) long_name: String,
    pub(crate) industry: String,
    pub(crate) category: String,
    pub(crate) subcategory: String,
    pub(crate) isin: String,
    /// The exchange's own symbol.
    pub(crate) local_symbol: String,
    /// The class, which names the market and the trading class.
    pub(crate) trading_class: String,
    /// Units per contract: dollars per point for futures, shares for options, 1 for everything else.
    pub(crate) multiplier: Decimal,
    pub(crate) terms: Option<Terms>,
    pub(crate) hours: Hours,
    pub(crate) pricing: Pricing,
    pub(crate) min_tick: Decimal,
    /// The middle of its path, in ticks.
    pub(crate) base: i64,
    /// Between bid and ask, in ticks.
    pub(crate) spread: i64,
    /// How much is traded: shares per unit of a second's weight.
    pub(crate) volume_unit: i64,
    /// Whether options on it are listed.
    pub(crate) has_chain: bool,
}

impl Instrument {
    /// `STK`, `CASH`, `FUT`, `OPT` or `IND`.
    pub(crate) fn sec_type(&self) -> &'static str {
        match self.kind {
            Kind::Stock | Kind::Fund => "STK",
            Kind::Cash => "CASH",
            Kind::Future => "FUT",
            Kind::Option => "OPT",
            Kind::Index => "IND",
        }
    }

    /// `COMMON`, `ETF`, or nothing.
    pub(crate) fn stock_type(&self) -> &'static str {
        match self.kind {
            Kind::Stock => "COMMON",
            Kind::Fund => "ETF",
            Kind::Cash | Kind::Future | Kind::Option | Kind::Index => "",
        }
    }

    /// Whether there are last prices, or only quotes.
    pub(crate) fn has_trades(&self) -> bool {
        self.kind != Kind::Cash
    }

    /// Whether there is a volume with the last prices.
    pub(crate) fn has_volume(&self) -> bool {
        !matches!(self.kind, Kind::Cash | Kind::Index)
    }

    /// Whether there are bids and asks.
    pub(crate) fn has_quotes(&self) -> bool {
        self.kind != Kind::Index
    }

    /// Whether the paper account may trade it: it keeps cash in dollars only, and nobody can buy an index.
    pub(crate) fn tradable(&self) -> bool {
        self.currency == "USD" && self.has_quotes()
    }

    /// Whether its last day was before `today`.
    pub(crate) fn is_expired(&self, today: Date) -> bool {
        self.terms.as_ref().is_some_and(|terms| terms.last_trade < today)
    }

    /// The market rule of its price steps.
    pub(crate) fn market_rule(&self) -> i32 {
        match self.kind {
            Kind::Cash if self.min_tick == Decimal::new(5, 5) => 239,
            Kind::Cash => 59,
            Kind::Future if self.min_tick == Decimal::new(25, 2) => 67,
            Kind::Future | Kind::Stock | Kind::Fund | Kind::Option | Kind::Index => 26,
        }
    }

    /// A price from ticks.
    pub(crate) fn price(&self, ticks: i64) -> Decimal {
        steps(ticks, self.min_tick)
    }

    /// A price from half ticks.
    pub(crate) fn half_price(&self, half_ticks: i64) -> Decimal {
        // Half of a step is five of a tenth of it.
        steps(
            half_ticks.saturating_mul(5),
            Decimal::from_i128_with_scale(self.min_tick.mantissa(), self.min_tick.scale() + 1),
        )
    }

    /// The price where it lies on the grid of the smallest step, without the noise of a client's binary fractions
    /// (415.59000000000003); `None` where it lies between two steps.
    pub(crate) fn on_grid(&self, price: Decimal) -> Option<Decimal> {
        let nearest = price.checked_div(self.min_tick)?.round() * self.min_tick;
        let noise = (price - nearest).abs();
        (noise <= self.min_tick * NOISE).then_some(if noise.is_zero() { price } else { nearest })
    }

    /// The contract as a Gateway names it, listening or routed at `exchange`.
    pub(crate) fn contract(&self, exchange: &str) -> Contract {
        let option = self.terms.as_ref().and_then(|terms| terms.option);
        let one = self.multiplier == Decimal::ONE;
        Contract {
            con_id: self.con_id,
            symbol: self.symbol.clone(),
            sec_type: self.sec_type().into(),
            last_trade_date_or_contract_month: self.last_trade_text(),
            strike: option.map(|(strike, _)| strike),
            right: option.map_or("", |(_, right)| right.letter()).into(),
            multiplier: if one { String::new() } else { self.multiplier.to_string() },
            exchange: exchange.into(),
            primary_exchange: self.primary.clone(),
            currency: self.currency.clone(),
            local_symbol: self.local_symbol.clone(),
            trading_class: self.trading_class.clone(),
        }
    }

    /// `YYYYMM` of its month; empty for what does not end. Oil is named by the month after its last day.
    pub(crate) fn contract_month(&self) -> String {
        let Some(terms) = &self.terms else { return String::new() };
        let day = terms.last_trade;
        let named_later = self.kind == Kind::Future && terms.under == ConId::new(0) && self.symbol == "CL";
        let day = if named_later { NewYork::days_later(day.last_of_month(), 1) } else { day };
        day.strftime("%Y%m").to_string()
    }

    /// `YYYYMMDD` of its last day; empty for what does not end.
    pub(crate) fn last_trade_text(&self) -> String {
        self.terms.as_ref().map(|terms| terms.last_trade.strftime("%Y%m%d").to_string()).unwrap_or_default()
    }
}

impl Right {
    /// `C` or `P`.
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Call => "C",
            Self::Put => "P",
        }
    }
}

/// So many steps as a price without trailing zeros. Prices are most of what is written, and whole numbers are multiplied
/// many times faster than decimals.
fn steps(count: i64, step: Decimal) -> Decimal {
    let (mantissa, mut places) = (step.mantissa(), step.scale());
    let Some(mut value) = i64::try_from(mantissa).ok().and_then(|mantissa| count.checked_mul(mantissa)) else {
        return (Decimal::from(count) * step).normalize();
    };
    while places > 0 && value % 10 == 0 {
        value /= 10;
        places -= 1;
    }
    Decimal::new(value, places)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn steps_are_multiplied_as_decimals_are(count in -1_000_000_000i64..1_000_000_000, mantissa in 1i64..10_000, places in 0u32..8) {
            let step = Decimal::new(mantissa, places);
            let product = (Decimal::from(count) * step).normalize();
            prop_assert_eq!((steps(count, step), steps(count, step).scale()), (product, product.scale()));
        }
    }
}
