//! What only funds have among contract details.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::text::{FieldWriter, Fields};

/// The security type whose contract details carry these fields.
pub(super) const FUND: &str = "FUND";

/// What only funds have among contract details. Amounts and rates are text on the wire, and stay so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct FundDetails {
    /// The fund's name.
    pub name: String,
    /// The family that it belongs to.
    pub family: String,
    /// The fund's type.
    pub fund_type: String,
    /// The front load.
    pub front_load: String,
    /// The back load.
    pub back_load: String,
    /// The interval of the back load.
    pub back_load_time_interval: String,
    /// The management fee.
    pub management_fee: String,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether new investors are turned away.
    pub closed_for_new_investors: bool,
    /// Whether new money is turned away.
    pub closed_for_new_money: bool,
    /// The amount from which it wants notice.
    pub notify_amount: String,
    /// The least first purchase.
    pub minimum_initial_purchase: String,
    /// The least later purchase.
    pub subsequent_minimum_purchase: String,
    /// Blue-sky states.
    pub blue_sky_states: String,
    /// Blue-sky territories.
    pub blue_sky_territories: String,
    /// `N` accumulates, `Y` pays income out, empty for neither.
    pub distribution_policy_indicator: String,
    /// `000` others, `001` money market, `002` fixed income, `003` multi-asset, `004` equity, `005` sector,
    /// `006` guaranteed, `007` alternative; empty for none.
    pub asset_type: String,
}

impl FundDetails {
    pub(super) fn encode(&self, fields: &mut FieldWriter<'_>) {
        fields
            .text(&self.name)
            .text(&self.family)
            .text(&self.fund_type)
            .text(&self.front_load)
            .text(&self.back_load)
            .text(&self.back_load_time_interval)
            .text(&self.management_fee)
            .bool(self.closed)
            .bool(self.closed_for_new_investors)
            .bool(self.closed_for_new_money)
            .text(&self.notify_amount)
            .text(&self.minimum_initial_purchase)
            .text(&self.subsequent_minimum_purchase)
            .text(&self.blue_sky_states)
            .text(&self.blue_sky_territories)
            .text(&self.distribution_policy_indicator)
            .text(&self.asset_type);
    }

    pub(super) fn decode(fields: &mut Fields<'_>) -> Result<Self, ProtoError> {
        Ok(Self {
            name: fields.string()?,
            family: fields.string()?,
            fund_type: fields.string()?,
            front_load: fields.string()?,
            back_load: fields.string()?,
            back_load_time_interval: fields.string()?,
            management_fee: fields.string()?,
            closed: fields.bool()?,
            closed_for_new_investors: fields.bool()?,
            closed_for_new_money: fields.bool()?,
            notify_amount: fields.string()?,
            minimum_initial_purchase: fields.string()?,
            subsequent_minimum_purchase: fields.string()?,
            blue_sky_states: fields.string()?,
            blue_sky_territories: fields.string()?,
            distribution_policy_indicator: fields.string()?,
            asset_type: fields.string()?,
        })
    }
}
