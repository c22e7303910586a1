//! What the Gateway makes of an order: margin, commission, how it ended.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{Unset, Wire};
use crate::ids::ServerVersion;
use crate::version;

/// How many fields one allocation takes.
const ALLOCATION_FIELDS: usize = 7;

/// What the Gateway makes of an order. Margin and commission are there when `what_if` was asked, commission also once
/// known; an amount that is not there is `None`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderState {
    /// `PendingSubmit`, `PreSubmitted`, `Submitted`, `Filled`, `Cancelled`, `Inactive`, …
    pub status: String,
    /// Initial margin, before the order.
    #[schemars(with = "Option<f64>")]
    pub init_margin_before: Option<Decimal>,
    /// Maintenance margin, before the order.
    #[schemars(with = "Option<f64>")]
    pub maint_margin_before: Option<Decimal>,
    /// Equity with loan value, before the order.
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_before: Option<Decimal>,
    /// Initial margin, change by the order.
    #[schemars(with = "Option<f64>")]
    pub init_margin_change: Option<Decimal>,
    /// Maintenance margin, change by the order.
    #[schemars(with = "Option<f64>")]
    pub maint_margin_change: Option<Decimal>,
    /// Equity with loan value, change by the order.
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_change: Option<Decimal>,
    /// Initial margin, after the order.
    #[schemars(with = "Option<f64>")]
    pub init_margin_after: Option<Decimal>,
    /// Maintenance margin, after the order.
    #[schemars(with = "Option<f64>")]
    pub maint_margin_after: Option<Decimal>,
    /// Equity with loan value, after the order.
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_after: Option<Decimal>,
    /// The commission.
    #[schemars(with = "Option<f64>")]
    pub commission: Option<Decimal>,
    /// The least it may be.
    #[schemars(with = "Option<f64>")]
    pub min_commission: Option<Decimal>,
    /// The most it may be.
    #[schemars(with = "Option<f64>")]
    pub max_commission: Option<Decimal>,
    /// Its currency.
    pub commission_currency: String,
    /// The currency of the margins, from [`version::FULL_ORDER_PREVIEW_FIELDS`] on, as is all down to `orderAllocations`.
    pub margin_currency: String,
    /// Initial margin outside regular hours, before the order.
    #[serde(rename = "initMarginBeforeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub init_margin_before_outside_rth: Option<Decimal>,
    /// Maintenance margin outside regular hours, before the order.
    #[serde(rename = "maintMarginBeforeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub maint_margin_before_outside_rth: Option<Decimal>,
    /// Equity with loan value outside regular hours, before the order.
    #[serde(rename = "equityWithLoanBeforeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_before_outside_rth: Option<Decimal>,
    /// Initial margin outside regular hours, change by the order.
    #[serde(rename = "initMarginChangeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub init_margin_change_outside_rth: Option<Decimal>,
    /// Maintenance margin outside regular hours, change by the order.
    #[serde(rename = "maintMarginChangeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub maint_margin_change_outside_rth: Option<Decimal>,
    /// Equity with loan value outside regular hours, change by the order.
    #[serde(rename = "equityWithLoanChangeOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_change_outside_rth: Option<Decimal>,
    /// Initial margin outside regular hours, after the order.
    #[serde(rename = "initMarginAfterOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub init_margin_after_outside_rth: Option<Decimal>,
    /// Maintenance margin outside regular hours, after the order.
    #[serde(rename = "maintMarginAfterOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub maint_margin_after_outside_rth: Option<Decimal>,
    /// Equity with loan value outside regular hours, after the order.
    #[serde(rename = "equityWithLoanAfterOutsideRTH")]
    #[schemars(with = "Option<f64>")]
    pub equity_with_loan_after_outside_rth: Option<Decimal>,
    /// The size that would be accepted.
    #[schemars(with = "Option<f64>")]
    pub suggested_size: Option<Decimal>,
    /// Why it would be rejected.
    pub reject_reason: String,
    /// How an adviser's order would be allocated.
    pub order_allocations: Vec<OrderAllocation>,
    /// A warning.
    pub warning_text: String,
    /// When it was done, `YYYYMMDD HH:MM:SS zone`; only completed orders say so, as with the next.
    pub completed_time: String,
    /// How it ended, in words.
    pub completed_status: String,
}

/// What one account gets of an adviser's order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderAllocation {
    /// The account.
    pub account: String,
    /// Its position.
    #[schemars(with = "Option<f64>")]
    pub position: Option<Decimal>,
    /// The position that is wanted.
    #[schemars(with = "Option<f64>")]
    pub position_desired: Option<Decimal>,
    /// The position afterwards.
    #[schemars(with = "Option<f64>")]
    pub position_after: Option<Decimal>,
    /// The allocation that is wanted.
    #[schemars(with = "Option<f64>")]
    pub desired_alloc_qty: Option<Decimal>,
    /// The allocation that is allowed.
    #[schemars(with = "Option<f64>")]
    pub allowed_alloc_qty: Option<Decimal>,
    /// Whether these are amounts of money.
    pub is_monetary: bool,
}

impl OrderState {
    /// What openOrder says, from the status to the warning.
    pub(super) fn pass_preview<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        wire.text(&mut self.status)?;
        if speaks >= version::WHAT_IF_EXT_FIELDS {
            for margin in [
                &mut self.init_margin_before,
                &mut self.maint_margin_before,
                &mut self.equity_with_loan_before,
                &mut self.init_margin_change,
                &mut self.maint_margin_change,
                &mut self.equity_with_loan_change,
            ] {
                wire.price(margin, Unset::Max)?;
            }
        }
        for margin in [&mut self.init_margin_after, &mut self.maint_margin_after, &mut self.equity_with_loan_after] {
            wire.price(margin, Unset::Max)?;
        }
        for commission in [&mut self.commission, &mut self.min_commission, &mut self.max_commission] {
            wire.price(commission, Unset::Empty)?;
        }
        wire.text(&mut self.commission_currency)?;
        if speaks >= version::FULL_ORDER_PREVIEW_FIELDS {
            self.pass_full_preview(wire)?;
        }
        wire.text(&mut self.warning_text)
    }

    fn pass_full_preview<W: Wire>(&mut self, wire: &mut W) -> Result<(), W::Error> {
        wire.text(&mut self.margin_currency)?;
        for margin in [
            &mut self.init_margin_before_outside_rth,
            &mut self.maint_margin_before_outside_rth,
            &mut self.equity_with_loan_before_outside_rth,
            &mut self.init_margin_change_outside_rth,
            &mut self.maint_margin_change_outside_rth,
            &mut self.equity_with_loan_change_outside_rth,
            &mut self.init_margin_after_outside_rth,
            &mut self.maint_margin_after_outside_rth,
            &mut self.equity_with_loan_after_outside_rth,
        ] {
            wire.price(margin, Unset::Max)?;
        }
        wire.size(&mut self.suggested_size, Unset::MinLong)?;
        wire.text(&mut self.reject_reason)?;
        wire.list(&mut self.order_allocations, ALLOCATION_FIELDS, |wire, allocation| allocation.pass(wire))
    }
}

impl OrderAllocation {
    fn pass<W: Wire>(&mut self, wire: &mut W) -> Result<(), W::Error> {
        wire.text(&mut self.account)?;
        for size in [
            &mut self.position,
            &mut self.position_desired,
            &mut self.position_after,
            &mut self.desired_alloc_qty,
            &mut self.allowed_alloc_qty,
        ] {
            wire.size(size, Unset::MinLong)?;
        }
        wire.flag(&mut self.is_monetary)
    }
}
