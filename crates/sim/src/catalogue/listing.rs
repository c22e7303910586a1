//! Instruments that a user adds, from a TOML or CSV file.

use gatewright_proto::ConId;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use toml::{Table, Value};

use super::builtin::US_EXCHANGES;
use super::instrument::{Instrument, Kind, Pricing, Terms};
use crate::calendar::Hours;
use crate::error::SimError;

/// The most ticks that a price may have: far from where sums of turnovers could overflow.
const MOST_TICKS: i64 = 1_000_000_000;

/// The first number of instruments whose number is made up.
const FIRST_NUMBER: u32 = 500_000_000;

/// How many such numbers there are.
const NUMBERS: u32 = 100_000_000;

/// One instrument that a user adds to the catalogue.
///
/// In TOML each is an `[[instrument]]` with these keys, in CSV a row under a header line of these names; only
/// `symbol` and `price` are needed, and unknown names are refused.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The symbol, for example `ACME`.
    pub symbol: String,
    /// `STK`, `ETF`, `FUT`, `CASH` or `IND`. Default `STK`.
    #[serde(rename = "type", default = "stock")]
    pub kind: String,
    /// What it costs about, in its currency: the middle of its synthetic path.
    pub price: Decimal,
    /// IBKR's number. Default: made from the symbol, type, currency and expiry.
    pub con_id: Option<i32>,
    /// The currency; the paper account trades dollars only. Default `USD`.
    #[serde(default = "dollars")]
    pub currency: String,
    /// The listing exchange. Default `NASDAQ`, for futures `CME`, for currencies `IDEALPRO`, for indexes `CBOE`.
    pub exchange: Option<String>,
    /// The name. Default the symbol.
    pub name: Option<String>,
    /// The smallest price step. Default 0.01, for currencies 0.00005.
    pub tick: Option<Decimal>,
    /// Between bid and ask in regular hours. Default one tick.
    pub spread: Option<Decimal>,
    /// Dollars per point. Default 1.
    pub multiplier: Option<Decimal>,
    /// A future's last day, `YYYYMMDD`.
    pub expiry: Option<String>,
    /// How much is traded at once, about. Default 50.
    pub lot: Option<i64>,
    /// `stock`, `option`, `globex` or `forex`. Default by the type.
    pub hours: Option<String>,
    /// Whether options on it are listed, in dollars only. Default false.
    #[serde(default)]
    pub options: bool,
}

fn stock() -> String {
    "STK".into()
}

fn dollars() -> String {
    "USD".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    instrument: Vec<Listing>,
}

impl Listing {
    /// Reads a TOML file's text.
    ///
    /// # Errors
    ///
    /// [`SimError::BadFile`] with what is wrong and where.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, SimError> {
        let file: File = toml::from_str(text).map_err(|problem| bad(0, problem.message()))?;
        file.instrument.into_iter().map(|listing| listing.checked(0)).collect()
    }

    /// Reads a CSV file's text: a header line, then a line for each instrument; no quotes.
    ///
    /// # Errors
    ///
    /// [`SimError::BadFile`] with what is wrong and where.
    pub fn from_csv(text: &str) -> Result<Vec<Self>, SimError> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Ok(Vec::new()) };
        let names: Vec<&str> = header.split(',').map(str::trim).collect();
        let mut found = Vec::new();
        for (index, line) in lines {
            let cells: Vec<&str> = line.split(',').map(str::trim).collect();
            if cells.len() != names.len() {
                return Err(bad(index + 1, "does not have as many fields as the header"));
            }
            let mut table = Table::new();
            for (name, cell) in names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                table.insert((*name).to_owned(), value(name, cell));
            }
            let listing = Self::deserialize(table).map_err(|problem| bad(index + 1, problem.message()))?;
            found.push(listing.checked(index + 1)?);
        }
        Ok(found)
    }

    fn checked(self, line: usize) -> Result<Self, SimError> {
        self.instrument().map(|_| ()).map_err(|problem| bad(line, &format!("{}: {problem}", self.symbol)))?;
        Ok(self)
    }

    /// The instrument, or what is wrong with the listing.
    pub(crate) fn instrument(&self) -> Result<Instrument, String> {
        let kind = self.kind()?;
        let positive = |value: Option<Decimal>, name: &str, default: Decimal| match value {
            Some(value) if value <= Decimal::ZERO => Err(format!("`{name}` is not positive")),
            value => Ok(value.unwrap_or(default)),
        };
        let tick = if kind == Kind::Cash { Decimal::new(5, 5) } else { Decimal::new(1, 2) };
        let min_tick = positive(self.tick, "tick", tick)?.normalize();
        let ticks = |value: Decimal, name: &str| {
            let ticks = value.checked_div(min_tick).and_then(|ticks| i64::try_from(ticks.round()).ok());
            ticks.filter(|ticks| (1..MOST_TICKS).contains(ticks)).ok_or(format!("`{name}` is not 1 to 10^9 ticks"))
        };
        let terms = self.terms(kind)?;
        let exchange = self.exchange.clone().unwrap_or_else(|| home(kind).into());
        let shares = matches!(kind, Kind::Stock | Kind::Fund);
        let mut exchanges = vec![exchange.clone()];
        if shares && self.currency == "USD" {
            exchanges = US_EXCHANGES.map(Into::into).to_vec();
        } else if shares {
            exchanges.insert(0, "SMART".into());
        }
        if !exchanges.contains(&exchange) {
            exchanges.push(exchange.clone());
        }
        let local_symbol = match kind {
            Kind::Cash => format!("{}.{}", self.symbol, self.currency),
            Kind::Future => format!("{} {}", self.symbol, self.expiry.as_deref().unwrap_or_default()),
            Kind::Stock | Kind::Fund | Kind::Option | Kind::Index => self.symbol.clone(),
        };
        Ok(Instrument {
            con_id: ConId::new(self.con_id.unwrap_or_else(|| self.number())),
            kind,
            symbol: self.symbol.clone(),
            currency: self.currency.clone(),
            primary: if matches!(kind, Kind::Cash | Kind::Future) { String::new() } else { exchange },
            exchanges,
            long_name: self.name.clone().unwrap_or_else(|| self.symbol.clone()),
            industry: String::new(),
            category: String::new(),
            subcategory: String::new(),
            isin: String::new(),
            trading_class: if kind == Kind::Cash { local_symbol.clone() } else { self.symbol.clone() },
            local_symbol,
            multiplier: positive(self.multiplier, "multiplier", Decimal::ONE)?.normalize(),
            terms,
            hours: self.hours(kind)?,
            pricing: Pricing::Own,
            min_tick,
            base: ticks(self.price, "price")?,
            spread: self.spread.map_or(Ok(1), |spread| ticks(spread, "spread"))?,
            volume_unit: self.lot.unwrap_or(50).clamp(1, 1_000_000),
            has_chain: self.options && shares && self.currency == "USD",
        })
    }

    fn kind(&self) -> Result<Kind, String> {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !plain(&self.symbol) || !plain(&self.currency) {
            return Err("`symbol` and `currency` need plain letters".into());
        }
        match self.kind.as_str() {
            "STK" => Ok(Kind::Stock),
            "ETF" => Ok(Kind::Fund),
            "FUT" => Ok(Kind::Future),
            "CASH" => Ok(Kind::Cash),
            "IND" => Ok(Kind::Index),
            other => Err(format!("unknown type `{other}`; there are STK, ETF, FUT, CASH and IND")),
        }
    }

    fn hours(&self, kind: Kind) -> Result<Hours, String> {
        match (self.hours.as_deref(), kind) {
            (Some("stock"), _) | (None, Kind::Stock | Kind::Fund) => Ok(Hours::UsStock),
            (Some("option"), _) | (None, Kind::Index | Kind::Option) => Ok(Hours::UsOption),
            (Some("globex"), _) | (None, Kind::Future) => Ok(Hours::Globex),
            (Some("forex"), _) | (None, Kind::Cash) => Ok(Hours::Forex),
            (Some(other), _) => Err(format!("unknown hours `{other}`; there are stock, option, globex and forex")),
        }
    }

    fn terms(&self, kind: Kind) -> Result<Option<Terms>, String> {
        let expiry = self.expiry.as_ref().map(|text| {
            Date::strptime("%Y%m%d", text).map_err(|_| format!("`expiry` is no day as YYYYMMDD: `{text}`"))
        });
        match (kind, expiry) {
            (Kind::Future, None) => Err("a future needs an `expiry`".into()),
            (Kind::Future, Some(last_trade)) => {
                Ok(Some(Terms { last_trade: last_trade?, under: ConId::new(0), under_type: "IND", option: None }))
            }
            (_, None) => Ok(None),
            (_, Some(_)) => Err("only futures have an `expiry`".into()),
        }
    }

    /// A number of its own, the same each time (FNV-1a of what names it).
    fn number(&self) -> i32 {
        let name = format!("{} {} {} {}", self.symbol, self.kind, self.currency, self.expiry.as_deref().unwrap_or(""));
        let hash = name.bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        i32::try_from(FIRST_NUMBER + hash % NUMBERS).unwrap_or(i32::MAX)
    }
}

fn home(kind: Kind) -> &'static str {
    match kind {
        Kind::Stock | Kind::Fund => "NASDAQ",
        Kind::Future => "CME",
        Kind::Cash => "IDEALPRO",
        Kind::Option => "SMART",
        Kind::Index => "CBOE",
    }
}

/// A cell as the type that its column has.
fn value(name: &str, cell: &str) -> Value {
    match name {
        "con_id" | "lot" => cell.parse().map_or(Value::String(cell.into()), Value::Integer),
        "options" => cell.parse().map_or(Value::String(cell.into()), Value::Boolean),
        _ => Value::String(cell.into()),
    }
}

fn bad(line: usize, problem: &str) -> SimError {
    SimError::BadFile { line, problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_csv_say_the_same() {
        let toml = "[[instrument]]\nsymbol = 'ACME'\nprice = 12.5\noptions = true\n\n\
                    [[instrument]]\nsymbol = 'NQ'\ntype = 'FUT'\nprice = 24000\ntick = 0.25\nmultiplier = 20\n\
                    expiry = '20261218'\n";
        let csv =
            "symbol,type,price,tick,multiplier,expiry,options\nACME,,12.5,,,,true\nNQ,FUT,24000,0.25,20,20261218,\n";
        let (toml, csv) = (Listing::from_toml(toml).unwrap(), Listing::from_csv(csv).unwrap());
        assert_eq!(toml, csv);
        let acme = toml[0].instrument().unwrap();
        assert_eq!((acme.base, acme.primary.as_str(), acme.has_chain), (1_250, "NASDAQ", true));
        let future = toml[1].instrument().unwrap();
        assert_eq!((future.base, future.hours, future.multiplier), (96_000, Hours::Globex, Decimal::from(20)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let problem = |text: &str| Listing::from_csv(text).unwrap_err().to_string();
        assert!(problem("symbol,price,colour\nACME,1,red\n").contains("colour"));
        assert!(problem("symbol,price\nACME\n").contains("line 2"));
        assert!(problem("symbol,price,type\nACME,1,BOND\n").contains("BOND"));
        assert!(problem("symbol,price\nACME,-1\n").contains("`price`"));
        assert!(problem("symbol,price,type\nNQ,1,FUT\n").contains("expiry"));
        assert!(Listing::from_toml("[[instrument]]\nsymbol='A'\nprice=1\ncolor=2\n").is_err());
    }
}
