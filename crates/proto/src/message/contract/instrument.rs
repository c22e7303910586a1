//! An instrument, as far as it is named.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::ConId;
use crate::text::{FieldWriter, Fields};

/// An instrument, as far as it is named. Field names in JSON are the TWS API's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Contract {
    /// IBKR's number; 0 when not given.
    pub con_id: ConId,
    /// The underlying's symbol.
    pub symbol: String,
    /// `STK`, `OPT`, `FUT`, `CASH`, `IND`, …
    pub sec_type: String,
    /// `YYYYMMDD` or `YYYYMM`, for what expires.
    pub last_trade_date_or_contract_month: String,
    /// An option's strike; 0 or absent otherwise.
    #[schemars(with = "Option<f64>")]
    pub strike: Option<Decimal>,
    /// `C`, `P`, or empty (`0` and `?` are seen too).
    pub right: String,
    /// Units per contract; empty for 1.
    pub multiplier: String,
    /// Where to route or listen: `SMART`, `NASDAQ`, …
    pub exchange: String,
    /// The listing exchange, which makes `SMART` unambiguous.
    pub primary_exchange: String,
    /// The currency.
    pub currency: String,
    /// The exchange's own symbol.
    pub local_symbol: String,
    /// The trading class.
    pub trading_class: String,
}

impl Contract {
    /// A US stock by its symbol, routed `SMART` in dollars.
    pub fn stock(symbol: impl Into<String>) -> Self {
        Self {
            symbol: symbol.into(),
            sec_type: "STK".into(),
            exchange: "SMART".into(),
            currency: "USD".into(),
            ..Self::default()
        }
    }

    /// Writes the twelve fields by which clients name an instrument in most requests; no strike is an empty field.
    pub(crate) fn encode_full(&self, fields: &mut FieldWriter<'_>) {
        fields
            .int(self.con_id.get())
            .text(&self.symbol)
            .text(&self.sec_type)
            .text(&self.last_trade_date_or_contract_month)
            .opt_decimal(self.strike)
            .text(&self.right)
            .text(&self.multiplier)
            .text(&self.exchange)
            .text(&self.primary_exchange)
            .text(&self.currency)
            .text(&self.local_symbol)
            .text(&self.trading_class);
    }

    /// Reads what [`Contract::encode_full`] writes.
    pub(crate) fn decode_full(fields: &mut Fields<'_>) -> Result<Self, ProtoError> {
        Ok(Self {
            con_id: ConId::new(fields.i32()?),
            symbol: fields.string()?,
            sec_type: fields.string()?,
            last_trade_date_or_contract_month: fields.string()?,
            strike: fields.opt_decimal()?,
            right: fields.string()?,
            multiplier: fields.string()?,
            exchange: fields.string()?,
            primary_exchange: fields.string()?,
            currency: fields.string()?,
            local_symbol: fields.string()?,
            trading_class: fields.string()?,
        })
    }

    /// Writes the eleven fields by which a Gateway names the instrument of a position: one exchange instead of two.
    ///
    /// No strike is `0.0`, as Gateways write it.
    pub(crate) fn encode_held(&self, exchange: &str, fields: &mut FieldWriter<'_>) {
        fields
            .int(self.con_id.get())
            .text(&self.symbol)
            .text(&self.sec_type)
            .text(&self.last_trade_date_or_contract_month)
            .decimal(self.strike.unwrap_or(NO_STRIKE))
            .text(&self.right)
            .text(&self.multiplier)
            .text(exchange)
            .text(&self.currency)
            .text(&self.local_symbol)
            .text(&self.trading_class);
    }

    /// Reads what [`Contract::encode_held`] writes, the exchange into `exchange`.
    pub(crate) fn decode_held(fields: &mut Fields<'_>) -> Result<Self, ProtoError> {
        Ok(Self {
            con_id: ConId::new(fields.i32()?),
            symbol: fields.string()?,
            sec_type: fields.string()?,
            last_trade_date_or_contract_month: fields.string()?,
            strike: fields.opt_decimal()?,
            right: fields.string()?,
            multiplier: fields.string()?,
            exchange: fields.string()?,
            primary_exchange: String::new(),
            currency: fields.string()?,
            local_symbol: fields.string()?,
            trading_class: fields.string()?,
        })
    }
}

/// `0.0`.
const NO_STRIKE: Decimal = Decimal::from_parts(0, 0, 0, false, 1);
