//! One instrument: what contract details say of it, and what its synthetic market is like.

use gatewright_proto::ConId;
use gatewright_proto::message::contract::Contract;
use rust_decimal::Decimal;

/// What kind of instrument it is, as far as the simulator treats kinds differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A share.
    Stock,
    /// A fund traded like a share.
    Fund,
    /// A currency pair.
    Cash,
}

/// One instrument of the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Instrument {
    pub(crate) con_id: ConId,
    pub(crate) kind: Kind,
    pub(crate) symbol: String,
    pub(crate) currency: String,
    pub(crate) primary: String,
    /// Where it can be routed, `SMART` or `IDEALPRO` first.
    pub(crate) exchanges: Vec<String>,
    pub(crate) long_name: String,
    pub(crate) industry: String,
    pub(crate) category: String,
    pub(crate) subcategory: String,
    pub(crate) isin: String,
    pub(crate) min_tick: Decimal,
    /// The middle of its path, in ticks.
    pub(crate) base: i64,
    /// Between bid and ask, in ticks.
    pub(crate) spread: i64,
    /// How much is traded: shares per unit of a second's weight.
    pub(crate) volume_unit: i64,
}

impl Instrument {
    /// `STK` or `CASH`.
    pub(crate) fn sec_type(&self) -> &'static str {
        match self.kind {
            Kind::Stock | Kind::Fund => "STK",
            Kind::Cash => "CASH",
        }
    }

    /// `COMMON`, `ETF`, or nothing.
    pub(crate) fn stock_type(&self) -> &'static str {
        match self.kind {
            Kind::Stock => "COMMON",
            Kind::Fund => "ETF",
            Kind::Cash => "",
        }
    }

    /// The exchange's own symbol.
    pub(crate) fn local_symbol(&self) -> String {
        match self.kind {
            Kind::Stock | Kind::Fund => self.symbol.clone(),
            Kind::Cash => format!("{}.{}", self.symbol, self.currency),
        }
    }

    /// The class, which names the market and the trading class.
    pub(crate) fn trading_class(&self) -> String {
        match self.kind {
            Kind::Stock if self.primary == "NASDAQ" => "NMS".into(),
            Kind::Fund if self.primary == "NASDAQ" => "NMS".into(),
            Kind::Stock | Kind::Fund => self.symbol.clone(),
            Kind::Cash => self.local_symbol(),
        }
    }

    /// Whether there are trades (and volume), or only quotes.
    pub(crate) fn has_trades(&self) -> bool {
        match self.kind {
            Kind::Stock | Kind::Fund => true,
            Kind::Cash => false,
        }
    }

    /// Whether the paper account may trade it: it keeps cash in dollars only.
    pub(crate) fn tradable(&self) -> bool {
        self.currency == "USD"
    }

    /// A price from ticks.
    pub(crate) fn price(&self, ticks: i64) -> Decimal {
        (Decimal::from(ticks) * self.min_tick).normalize()
    }

    /// A price from half ticks.
    pub(crate) fn half_price(&self, half_ticks: i64) -> Decimal {
        (Decimal::from(half_ticks) * self.min_tick / Decimal::TWO).normalize()
    }

    /// Whether a price lies on the grid of the smallest step.
    pub(crate) fn on_grid(&self, price: Decimal) -> bool {
        (price % self.min_tick).is_zero()
    }

    /// The contract as a Gateway names it, listening or routed at `exchange`.
    pub(crate) fn contract(&self, exchange: &str) -> Contract {
        Contract {
            con_id: self.con_id,
            symbol: self.symbol.clone(),
            sec_type: self.sec_type().into(),
            exchange: exchange.into(),
            primary_exchange: self.primary.clone(),
            currency: self.currency.clone(),
            local_symbol: self.local_symbol(),
            trading_class: self.trading_class(),
            ..Contract::default()
        }
    }
}
