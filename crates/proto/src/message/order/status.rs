//! Where an order stands.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Unset, Wire};
use crate::error::ProtoError;
use crate::ids::{ClientId, OrderId, PermId, ServerVersion};
use crate::text::{FieldWriter, Fields};
use crate::version;

/// What stands in the version field of old layouts.
const LAYOUT: &str = "6";

/// 3 from the server: where an order stands. Often repeated, sometimes missing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderStatus {
    /// The order, by the number that its client gave it.
    pub order_id: OrderId,
    /// `PendingSubmit`, `PreSubmitted`, `Submitted`, `Filled`, `Cancelled`, `Inactive`, …
    pub status: String,
    /// Filled so far.
    #[schemars(with = "f64")]
    pub filled: Decimal,
    /// Not yet filled.
    #[schemars(with = "f64")]
    pub remaining: Decimal,
    /// Average price of what was filled; 0 from a Gateway before the first fill.
    #[schemars(with = "Option<f64>")]
    pub avg_fill_price: Option<Decimal>,
    /// The order's number over the account.
    pub perm_id: PermId,
    /// The parent order; 0 for none.
    pub parent_id: OrderId,
    /// Price of the last fill; 0 from a Gateway before the first.
    #[schemars(with = "Option<f64>")]
    pub last_fill_price: Option<Decimal>,
    /// The client that placed it.
    pub client_id: ClientId,
    /// Why it is held, for example `locate`; empty otherwise.
    pub why_held: String,
    /// The price that caps a market order; 0 for none.
    #[schemars(with = "Option<f64>")]
    pub mkt_cap_price: Option<Decimal>,
}

impl OrderStatus {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        if speaks < version::MARKET_CAP_PRICE {
            wire.constant(LAYOUT)?;
        }
        wire.id(&mut self.order_id)?;
        wire.text(&mut self.status)?;
        wire.amount(&mut self.filled)?;
        wire.amount(&mut self.remaining)?;
        wire.price(&mut self.avg_fill_price, Unset::Zero)?;
        wire.perm_id(&mut self.perm_id)?;
        wire.id(&mut self.parent_id)?;
        wire.price(&mut self.last_fill_price, Unset::Zero)?;
        wire.id(&mut self.client_id)?;
        wire.text(&mut self.why_held)?;
        if speaks >= version::MARKET_CAP_PRICE {
            wire.price(&mut self.mkt_cap_price, Unset::Zero)?;
        }
        Ok(())
    }
}
