//! An order that is open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::{self, Hedge, Writer};
use super::instrument;
use super::wire::{Unset, Wire};
use super::{Order, OrderLeg, OrderState};
use crate::error::ProtoError;
use crate::ids::{OrderId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::market_data::DeltaNeutralContract;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// What stands in the version field of old layouts: the last one before they lost it.
const LAYOUT: &str = "34";

/// 5 from the server: an order that is open or was just accepted, or what it would cost. How much of it was filled is
/// said by [`OrderStatus`](super::OrderStatus) only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenOrder {
    /// The order, by the number that its client gave it; 0 for manual orders.
    pub order_id: OrderId,
    /// The instrument; its primary exchange does not travel.
    pub contract: Contract,
    /// The legs of a combination, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub combo_legs_descrip: String,
    /// The legs of a combination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub combo_legs: Vec<OrderLeg>,
    /// The delta-neutral part of a combination, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_neutral_contract: Option<DeltaNeutralContract>,
    /// The order.
    pub order: Order,
    /// What the Gateway makes of it.
    pub order_state: OrderState,
}

impl OpenOrder {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        if speaks < version::ORDER_CONTAINER {
            wire.constant(LAYOUT)?;
        }
        wire.id(&mut self.order_id)?;
        instrument::named_by_gateway(wire, &mut self.contract, Unset::Zero)?;
        let order = &mut self.order;
        group::essence(wire, order, Writer::Gateway)?;
        wire.id(&mut order.client_id)?;
        wire.perm_id(&mut order.perm_id)?;
        presence(wire, order)?;
        wire.text(&mut order.shares_allocation)?;
        group::allocation(wire, order, speaks)?;
        group::terms(wire, order)?;
        group::short_sale(wire, order)?;
        wire.whole(&mut order.auction_strategy)?;
        group::pegged_to_stock(wire, order)?;
        restrictions(wire, order)?;
        group::volatility(wire, order, Writer::Gateway, Hedge::Whole)?;
        trailing(wire, order)?;
        wire.price(&mut order.basis_points, Unset::Empty)?;
        wire.maybe_whole(&mut order.basis_points_type, Unset::Empty)?;
        wire.text(&mut self.combo_legs_descrip)?;
        instrument::legs(wire, &mut self.combo_legs)?;
        group::combination(wire, order)?;
        group::scale(wire, order, Writer::Gateway)?;
        group::hedge(wire, order)?;
        wire.flag(&mut order.opt_out_smart_routing)?;
        group::clearing(wire, order)?;
        instrument::delta_neutral(wire, &mut self.delta_neutral_contract)?;
        group::algorithm(wire, order)?;
        wire.flag(&mut order.solicited)?;
        wire.flag(&mut order.what_if)?;
        self.order_state.pass_preview(wire, speaks)?;
        group::random(wire, order)?;
        if speaks >= version::PEGGED_TO_BENCHMARK {
            group::conditional(wire, order)?;
            adjusting(wire, order)?;
        }
        for_the_record(wire, order, speaks)?;
        since_158(wire, order, speaks)?;
        group::pegged_to_best(wire, order, speaks)?;
        group::customer(wire, order, speaks)?;
        since_185(wire, order, speaks)
    }
}

/// From regular hours to the time at which it starts.
pub(super) fn presence<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.flag(&mut order.outside_rth)?;
    wire.flag(&mut order.hidden)?;
    wire.amount(&mut order.discretionary_amt)?;
    wire.text(&mut order.good_after_time)
}

fn restrictions<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.maybe_whole(&mut order.display_size, Unset::Max)?;
    wire.flag(&mut order.block_order)?;
    wire.flag(&mut order.sweep_to_fill)?;
    wire.flag(&mut order.all_or_none)?;
    wire.maybe_whole(&mut order.min_qty, Unset::Empty)?;
    wire.whole(&mut order.oca_type)?;
    wire.flag(&mut order.e_trade_only)?;
    wire.flag(&mut order.firm_quote_only)?;
    wire.price(&mut order.nbbo_price_cap, Unset::Empty)?;
    wire.id(&mut order.parent_id)?;
    wire.whole(&mut order.trigger_method)
}

/// The trailing stop as it was asked for. A Gateway leaves this stop price empty for orders that do not trail, even
/// where [`stop_and_offset`] has one.
pub(super) fn trailing<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    let mut asked_for = order.trail_stop_price.filter(|_| order.order_type.starts_with("TRAIL"));
    wire.price(&mut asked_for, Unset::Empty)?;
    order.trail_stop_price = asked_for.or(order.trail_stop_price);
    wire.price(&mut order.trailing_percent, Unset::Empty)
}

/// The trailing stop as it stands, and the limit's offset from it.
pub(super) fn stop_and_offset<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    let asked_for = order.trail_stop_price;
    wire.price(&mut order.trail_stop_price, Unset::Max)?;
    order.trail_stop_price = order.trail_stop_price.or(asked_for);
    wire.price(&mut order.lmt_price_offset, Unset::Max)
}

fn adjusting<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    group::absent_type(wire, &mut order.adjusted_order_type, Writer::Gateway)?;
    wire.price(&mut order.trigger_price, Unset::Max)?;
    stop_and_offset(wire, order)?;
    group::adjusted(wire, order, Writer::Gateway)
}

fn for_the_record<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::SOFT_DOLLAR_TIER {
        wire.text(&mut order.soft_dollar_tier.name)?;
        wire.text(&mut order.soft_dollar_tier.val)?;
        wire.text(&mut order.soft_dollar_tier.display_name)?;
    }
    cash_and_container(wire, order, speaks)?;
    group::discretion(wire, order, speaks)?;
    group::price_management(wire, order, Writer::Gateway, speaks)
}

/// The amount of money, automatic hedge prices and the OMS container.
pub(super) fn cash_and_container<W: Wire>(
    wire: &mut W,
    order: &mut Order,
    speaks: ServerVersion,
) -> Result<(), W::Error> {
    if speaks >= version::CASH_QTY {
        wire.price(&mut order.cash_qty, Unset::Zero)?;
        group::zero_is_unset(&mut order.cash_qty);
    }
    group::automatic_hedge_price(wire, order, speaks)?;
    group::container(wire, order, speaks)
}

fn since_158<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::DURATION {
        wire.maybe_whole(&mut order.duration, Unset::Empty)?;
    }
    if speaks >= version::POST_TO_ATS {
        wire.maybe_whole(&mut order.post_to_ats, Unset::Empty)?;
    }
    if speaks >= version::AUTO_CANCEL_PARENT {
        wire.flag(&mut order.auto_cancel_parent)?;
    }
    Ok(())
}

fn since_185<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::BOND_ACCRUED_INTEREST {
        wire.text(&mut order.bond_accrued_interest)?;
    }
    if speaks >= version::INCLUDE_OVERNIGHT {
        wire.flag(&mut order.include_overnight)?;
    }
    if speaks >= version::CME_TAGGING_FIELDS_IN_OPEN_ORDER {
        wire.text(&mut order.ext_operator)?;
        wire.maybe_whole(&mut order.manual_order_indicator, Unset::Max)?;
    }
    if speaks >= version::SUBMITTER {
        wire.text(&mut order.submitter)?;
    }
    if speaks >= version::IMBALANCE_ONLY {
        wire.flag(&mut order.imbalance_only)?;
    }
    Ok(())
}
