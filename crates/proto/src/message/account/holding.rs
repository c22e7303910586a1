//! Positions, with and without their value.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::contract::Contract;
use crate::text::{FieldWriter, Fields};

/// 7: one position with its value.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortfolioValue {
    /// The instrument.
    pub contract: Contract,
    /// Signed size.
    #[schemars(with = "f64")]
    pub position: Decimal,
    /// Price per unit.
    #[schemars(with = "Option<f64>")]
    pub market_price: Option<Decimal>,
    /// Signed value in the contract's currency.
    #[schemars(with = "Option<f64>")]
    pub market_value: Option<Decimal>,
    /// Cost per unit including commissions.
    #[schemars(with = "Option<f64>")]
    pub average_cost: Option<Decimal>,
    /// Unrealised profit in the contract's currency.
    #[schemars(with = "Option<f64>")]
    pub unrealized_pnl: Option<Decimal>,
    /// Realised profit in the contract's currency.
    #[schemars(with = "Option<f64>")]
    pub realized_pnl: Option<Decimal>,
    /// The account.
    pub account: String,
}

impl PortfolioValue {
    /// The one exchange in this message is the listing exchange; the routing exchange is not sent.
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(8);
        self.contract.encode_held(&self.contract.primary_exchange, fields);
        fields
            .decimal(self.position)
            .decimal_or_max(self.market_price)
            .decimal_or_max(self.market_value)
            .decimal_or_max(self.average_cost)
            .decimal_or_max(self.unrealized_pnl)
            .decimal_or_max(self.realized_pnl)
            .text(&self.account);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let mut contract = Contract::decode_held(fields)?;
        contract.primary_exchange = std::mem::take(&mut contract.exchange);
        Ok(Self {
            contract,
            position: fields.decimal()?,
            market_price: fields.opt_decimal()?,
            market_value: fields.opt_decimal()?,
            average_cost: fields.opt_decimal()?,
            unrealized_pnl: fields.opt_decimal()?,
            realized_pnl: fields.opt_decimal()?,
            account: fields.string()?,
        })
    }
}

/// 61 from the server: one position.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// The account.
    pub account: String,
    /// The instrument.
    pub contract: Contract,
    /// Signed size; zero when a position was closed.
    #[schemars(with = "f64")]
    pub position: Decimal,
    /// Average cost per unit, times the multiplier, including commissions.
    #[schemars(with = "Option<f64>")]
    pub avg_cost: Option<Decimal>,
}

impl Position {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(3).text(&self.account);
        self.contract.encode_held(&self.contract.exchange, fields);
        fields.decimal(self.position).decimal_or_max(self.avg_cost);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            account: fields.string()?,
            contract: Contract::decode_held(fields)?,
            position: fields.decimal()?,
            avg_cost: fields.opt_decimal()?,
        })
    }
}
