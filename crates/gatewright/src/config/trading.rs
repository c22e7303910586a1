//! The trader's sections, `[risk]` and `[trade]`: as they stand in the file, what holds, and as they are shown.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gatewright_trade::strategy::BarLength;
use gatewright_trade::{AccountId, HoursRule, RiskLimits, UnknownHealth};
use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;

use super::problem::Problem;
use super::resolve::Resolver;
use super::settings::{Origin, Setting};
use super::value::Span;

/// Limits that refuse orders.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RiskSection {
    /// The largest order, in units.
    pub(crate) max_order_size: Option<Spanned<Number>>,
    /// The largest order, in money.
    pub(crate) max_order_value: Option<Spanned<Number>>,
    /// The largest position in one symbol.
    pub(crate) max_position: Option<Spanned<Number>>,
    /// The largest value of all positions.
    pub(crate) max_gross_exposure: Option<Spanned<Number>>,
    /// The largest loss of a day.
    pub(crate) max_daily_loss: Option<Spanned<Number>>,
    /// The most orders in any minute.
    pub(crate) max_orders_per_minute: Option<Spanned<u32>>,
    /// How far a price may lie from the market's, in percent.
    pub(crate) price_collar_percent: Option<Spanned<Number>>,
    /// The oldest price that may be traded on.
    pub(crate) max_data_age: Option<Spanned<String>>,
    /// What to do while nobody knows how a layer is.
    pub(crate) unknown_health: Option<Spanned<String>>,
    /// When may be traded.
    pub(crate) hours: Option<Spanned<String>>,
    /// Which symbols may be traded.
    pub(crate) symbols: Option<Spanned<Vec<String>>>,
    /// Which accounts may be traded.
    pub(crate) accounts: Option<Spanned<Vec<String>>>,
}

/// How the trader trades.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TradeSection {
    /// The length of the strategies' bars.
    pub(crate) bar: Option<Spanned<String>>,
    /// What a built-in strategy holds while it is long.
    pub(crate) quantity: Option<Spanned<Number>>,
    /// How long a strategy program may take to answer.
    pub(crate) strategy_deadline: Option<Spanned<String>>,
}

/// A number above zero, kept to its last digit where it is written as text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a number, or a number as text such as \"0.25\"")]
pub(crate) enum Number {
    /// `1000`
    Whole(i64),
    /// `"0.25"`, and what a float is written as.
    Text(String),
}

/// A number above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Decimal);

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let amount = text.parse::<Decimal>().ok().filter(|amount| *amount > Decimal::ZERO);
        amount.map(Self).ok_or_else(|| format!("`{text}` is no number above zero"))
    }
}

/// What holds for the trader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TradingSettings {
    max_order_size: Setting<Amount>,
    max_order_value: Setting<Amount>,
    max_position: Setting<Amount>,
    max_gross_exposure: Setting<Amount>,
    max_daily_loss: Setting<Amount>,
    max_orders_per_minute: Setting<u32>,
    price_collar_percent: Setting<Amount>,
    max_data_age: Setting<Span>,
    unknown_health: Setting<UnknownHealth>,
    hours: Setting<HoursRule>,
    symbols: Setting<Vec<String>>,
    accounts: Setting<Vec<String>>,
    /// The length of the strategies' bars.
    pub(crate) bar: Setting<BarLength>,
    /// What a built-in strategy holds while it is long.
    pub(crate) quantity: Setting<Amount>,
    /// How long a strategy program may take to answer.
    pub(crate) strategy_deadline: Setting<Span>,
}

/// What a built-in strategy holds where nobody says so.
const QUANTITY: Decimal = Decimal::TEN;

/// How long a strategy program may take where nobody says so: a fifth of the shortest bar.
const STRATEGY_DEADLINE: Duration = Duration::from_secs(1);

impl TradingSettings {
    /// Settles what holds.
    ///
    /// # Errors
    ///
    /// The first value that cannot be.
    pub(super) fn resolve(resolver: &Resolver<'_>, risk: RiskSection, trade: TradeSection) -> Result<Self, Problem> {
        let default = RiskLimits::default();
        let amount = |section: Option<Spanned<Number>>, default: Decimal| {
            let text = section.map(|number| {
                let at = number.span();
                let text = match number.into_inner() {
                    Number::Whole(whole) => whole.to_string(),
                    Number::Text(text) => text,
                };
                Spanned::new(at, text)
            });
            resolver.parsed(text, Amount(default), None)
        };
        let orders = risk.max_orders_per_minute.as_ref().map(|orders| (orders.span(), *orders.get_ref()));
        if let Some((at, 0)) = orders {
            let help = "To have nothing sent at all there is `gatewright halt`.";
            return Err(Problem::at(Some(at), "no order a minute is no order ever", help));
        }
        let upper = |list: Spanned<Vec<String>>| {
            let at = list.span();
            Spanned::new(at, list.into_inner().into_iter().map(|symbol| symbol.to_uppercase()).collect())
        };
        Ok(Self {
            max_order_size: amount(risk.max_order_size, default.max_order_size)?,
            max_order_value: amount(risk.max_order_value, default.max_order_value)?,
            max_position: amount(risk.max_position, default.max_position)?,
            max_gross_exposure: amount(risk.max_gross_exposure, default.max_gross_exposure)?,
            max_daily_loss: amount(risk.max_daily_loss, default.max_daily_loss)?,
            max_orders_per_minute: resolver.plain(risk.max_orders_per_minute, default.max_orders_per_minute, None),
            price_collar_percent: amount(risk.price_collar_percent, default.price_collar_percent)?,
            max_data_age: resolver.parsed(risk.max_data_age, Span(default.max_data_age), None)?,
            unknown_health: resolver.parsed(risk.unknown_health, default.unknown_health, None)?,
            hours: resolver.parsed(risk.hours, default.hours, None)?,
            symbols: resolver.plain(risk.symbols.map(upper), Vec::new(), None),
            accounts: resolver.plain(risk.accounts, Vec::new(), None),
            bar: resolver.parsed(trade.bar, BarLength::LIVE, None)?,
            quantity: amount(trade.quantity, QUANTITY)?,
            strategy_deadline: resolver.parsed(trade.strategy_deadline, Span(STRATEGY_DEADLINE), None)?,
        })
    }

    /// The limits, as the gate takes them.
    pub(crate) fn limits(&self) -> RiskLimits {
        RiskLimits {
            max_order_size: self.max_order_size.value.0,
            max_order_value: self.max_order_value.value.0,
            max_position: self.max_position.value.0,
            max_gross_exposure: self.max_gross_exposure.value.0,
            max_daily_loss: self.max_daily_loss.value.0,
            max_orders_per_minute: self.max_orders_per_minute.value,
            price_collar_percent: self.price_collar_percent.value.0,
            max_data_age: self.max_data_age.value.0,
            unknown_health: self.unknown_health.value,
            hours: self.hours.value,
            symbols: self.symbols.value.iter().cloned().collect(),
            accounts: self.accounts.value.iter().map(AccountId::new).collect(),
        }
    }

    /// Whether nobody has said how many orders a minute there may be.
    pub(crate) fn leaves_rate_open(&self) -> bool {
        self.max_orders_per_minute.origin == Origin::Default
    }

    /// Every setting by its name in the file, as text, with where it comes from.
    pub(super) fn rows(&self, rows: &mut Vec<(String, String, Origin)>) {
        let mut row = |key: &str, value: String, origin: &Origin| rows.push((key.into(), value, origin.clone()));
        let amounts = [
            ("risk.max_order_size", &self.max_order_size),
            ("risk.max_order_value", &self.max_order_value),
            ("risk.max_position", &self.max_position),
            ("risk.max_gross_exposure", &self.max_gross_exposure),
            ("risk.max_daily_loss", &self.max_daily_loss),
            ("risk.price_collar_percent", &self.price_collar_percent),
            ("trade.quantity", &self.quantity),
        ];
        for (key, amount) in amounts {
            row(key, amount.value.to_string(), &amount.origin);
        }
        let orders = &self.max_orders_per_minute;
        row("risk.max_orders_per_minute", orders.value.to_string(), &orders.origin);
        row("risk.max_data_age", self.max_data_age.value.to_string(), &self.max_data_age.origin);
        row("risk.unknown_health", self.unknown_health.value.name().into(), &self.unknown_health.origin);
        row("risk.hours", self.hours.value.name().into(), &self.hours.origin);
        row("risk.symbols", all_or(&self.symbols.value), &self.symbols.origin);
        row(
            "risk.accounts",
            all_or(&self.accounts.value.iter().map(|account| AccountId::new(account).to_string()).collect::<Vec<_>>()),
            &self.accounts.origin,
        );
        row("trade.bar", self.bar.value.to_string(), &self.bar.origin);
        row("trade.strategy_deadline", self.strategy_deadline.value.to_string(), &self.strategy_deadline.origin);
    }
}

fn all_or(list: &[String]) -> String {
    if list.is_empty() { "all".into() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, resolve};
    use super::*;

    fn settled(text: &str) -> Result<TradingSettings, String> {
        let overrides = Overrides::with_default_state("/tmp".into());
        let settings = resolve(Some(("/etc/gatewright.toml".into(), text)), &overrides);
        settings.map(|settings| settings.trading).map_err(|problem| problem.message)
    }

    #[test]
    fn without_a_section_the_gates_own_defaults_hold() {
        let settings = settled("").unwrap();
        assert_eq!(settings.limits(), RiskLimits::default());
        assert!(settings.leaves_rate_open());
    }

    #[test]
    fn what_the_file_says_holds() {
        let text = "[risk]\nmax_order_size = 50\nmax_daily_loss = \"250.50\"\nmax_orders_per_minute = 3\n\
                    max_data_age = \"20s\"\nhours = \"extended\"\nunknown_health = \"refuse\"\nsymbols = [\"aapl\"]\n\
                    accounts = [\"DU1\"]\n[trade]\nbar = \"1m\"\nquantity = 5\n";
        let settings = settled(text).unwrap();
        let limits = settings.limits();
        assert_eq!((limits.max_order_size, limits.max_daily_loss), (50.into(), Decimal::new(25_050, 2)));
        assert_eq!((limits.max_orders_per_minute, limits.max_data_age), (3, Duration::from_secs(20)));
        assert_eq!((limits.hours, limits.unknown_health), (HoursRule::Extended, UnknownHealth::Refuse));
        assert!(limits.symbols.contains("AAPL") && limits.accounts.contains(&AccountId::new("DU1")));
        assert_eq!((settings.bar.value.to_string(), settings.quantity.value.0), ("1m".into(), 5.into()));
        let mut rows = Vec::new();
        settings.rows(&mut rows);
        let row = rows.iter().find(|(key, ..)| key == "risk.max_daily_loss").unwrap();
        assert_eq!((row.1.as_str(), row.2.to_string().as_str()), ("250.5", "line 3"));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |text: &str| settled(text).unwrap_err();
        assert_eq!(refused("[risk]\nmax_orders = 3\n"), "there is no setting `max_orders` here");
        assert_eq!(refused("[risk]\nmax_position = 0\n"), "`0` is no number above zero");
        assert_eq!(refused("[risk]\nmax_position = \"ten\"\n"), "`ten` is no number above zero");
        assert_eq!(refused("[risk]\nmax_orders_per_minute = 0\n"), "no order a minute is no order ever");
        assert_eq!(refused("[risk]\nhours = \"always\"\n"), "`always` is neither `regular`, `extended` nor `any`");
        assert!(refused("[trade]\nbar = \"7s\"\n").starts_with("`7s` is no length of bars"));
        assert!(
            refused("[risk]\nmax_daily_loss = 0.5\n").contains("a number"),
            "floats are off by a cent sooner or later"
        );
    }
}
