//! Placing an order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::{self, Hedge, Writer};
use super::instrument::{self, BAG};
use super::wire::{Unset, Wire};
use super::{Order, OrderLeg};
use crate::error::ProtoError;
use crate::ids::{OrderId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::market_data::DeltaNeutralContract;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// What stands in the version field of old layouts, and is read by nobody.
const LAYOUT: &str = "45";

/// Where orders may have a smallest trade size.
const IBKR_ATS: &str = "IBKRATS";

/// 3 to the server: places an order or, with a known id, modifies it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    /// The order's number.
    pub order_id: OrderId,
    /// The instrument.
    pub contract: Contract,
    /// `ISIN`, `CUSIP`, … or empty.
    #[serde(default)]
    pub sec_id_type: String,
    /// The id of that type, or empty.
    #[serde(default)]
    pub sec_id: String,
    /// Legs, which travel only where `contract.sec_type` is `BAG`, as their prices and routing do.
    #[serde(default)]
    pub combo_legs: Vec<OrderLeg>,
    /// The delta-neutral part of a combination, if any.
    #[serde(default)]
    pub delta_neutral_contract: Option<DeltaNeutralContract>,
    /// The order.
    pub order: Order,
}

impl PlaceOrder {
    /// Places an order for one instrument.
    pub fn new(order_id: OrderId, contract: Contract, order: Order) -> Self {
        Self { order_id, contract, order, ..Self::default() }
    }

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
        instrument::named_by_client(wire, &mut self.contract)?;
        wire.text(&mut self.sec_id_type)?;
        wire.text(&mut self.sec_id)?;
        let order = &mut self.order;
        group::essence(wire, order, Writer::Client)?;
        display(wire, order)?;
        if self.contract.sec_type == BAG {
            instrument::legs(wire, &mut self.combo_legs)?;
            group::combination(wire, order)?;
        }
        timing(wire, order)?;
        group::allocation(wire, order, speaks)?;
        group::short_sale(wire, order)?;
        restrictions(wire, order)?;
        group::volatility(wire, order, Writer::Client, Hedge::Whole)?;
        wire.price(&mut order.trail_stop_price, Unset::Empty)?;
        wire.price(&mut order.trailing_percent, Unset::Empty)?;
        group::scale(wire, order, Writer::Client)?;
        wire.text(&mut order.scale_table)?;
        wire.text(&mut order.active_start_time)?;
        wire.text(&mut order.active_stop_time)?;
        group::hedge(wire, order)?;
        wire.flag(&mut order.opt_out_smart_routing)?;
        group::clearing(wire, order)?;
        instrument::delta_neutral(wire, &mut self.delta_neutral_contract)?;
        group::algorithm(wire, order)?;
        wire.text(&mut order.algo_id)?;
        wire.flag(&mut order.what_if)?;
        wire.text(&mut order.order_misc_options)?;
        wire.flag(&mut order.solicited)?;
        group::random(wire, order)?;
        if speaks >= version::PEGGED_TO_BENCHMARK {
            group::conditional(wire, order)?;
            adjusting(wire, order)?;
        }
        for_the_record(wire, order, speaks)?;
        since_158(wire, order, speaks)?;
        if speaks >= version::PEGBEST_PEGMID_OFFSETS {
            pegged_to_best(wire, order, &self.contract)?;
        }
        group::customer(wire, order, speaks)?;
        since_187(wire, order, speaks)
    }
}

fn display<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.flag(&mut order.transmit)?;
    wire.id(&mut order.parent_id)?;
    wire.flag(&mut order.block_order)?;
    wire.flag(&mut order.sweep_to_fill)?;
    wire.maybe_whole(&mut order.display_size, Unset::Zero)?;
    group::zero_is_unset(&mut order.display_size);
    wire.whole(&mut order.trigger_method)?;
    wire.flag(&mut order.outside_rth)?;
    wire.flag(&mut order.hidden)
}

fn timing<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.shares_allocation)?;
    wire.amount(&mut order.discretionary_amt)?;
    wire.text(&mut order.good_after_time)?;
    wire.text(&mut order.good_till_date)
}

fn restrictions<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.whole(&mut order.oca_type)?;
    wire.text(&mut order.rule_80a)?;
    wire.text(&mut order.settling_firm)?;
    wire.flag(&mut order.all_or_none)?;
    wire.maybe_whole(&mut order.min_qty, Unset::Empty)?;
    wire.price(&mut order.percent_offset, Unset::Empty)?;
    wire.flag(&mut order.e_trade_only)?;
    wire.flag(&mut order.firm_quote_only)?;
    wire.price(&mut order.nbbo_price_cap, Unset::Empty)?;
    wire.whole(&mut order.auction_strategy)?;
    group::pegged_to_stock(wire, order)?;
    wire.flag(&mut order.override_percentage_constraints)
}

fn adjusting<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    group::absent_type(wire, &mut order.adjusted_order_type, Writer::Client)?;
    wire.price(&mut order.trigger_price, Unset::Empty)?;
    wire.price(&mut order.lmt_price_offset, Unset::Empty)?;
    group::adjusted(wire, order, Writer::Client)
}

fn for_the_record<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::EXT_OPERATOR {
        wire.text(&mut order.ext_operator)?;
    }
    if speaks >= version::SOFT_DOLLAR_TIER {
        wire.text(&mut order.soft_dollar_tier.name)?;
        wire.text(&mut order.soft_dollar_tier.val)?;
    }
    if speaks >= version::CASH_QTY {
        wire.price(&mut order.cash_qty, Unset::Empty)?;
    }
    if speaks >= version::DECISION_MAKER {
        wire.text(&mut order.mifid2_decision_maker)?;
        wire.text(&mut order.mifid2_decision_algo)?;
    }
    if speaks >= version::MIFID_EXECUTION {
        wire.text(&mut order.mifid2_execution_trader)?;
        wire.text(&mut order.mifid2_execution_algo)?;
    }
    group::automatic_hedge_price(wire, order, speaks)?;
    group::container(wire, order, speaks)?;
    group::discretion(wire, order, speaks)?;
    group::price_management(wire, order, Writer::Client, speaks)
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
    if speaks >= version::ADVANCED_ORDER_REJECT {
        wire.text(&mut order.advanced_error_override)?;
    }
    if speaks >= version::MANUAL_ORDER_TIME {
        wire.text(&mut order.manual_order_time)?;
    }
    Ok(())
}

/// Unlike a Gateway, a client only writes what the order's type and exchange have a use for.
fn pegged_to_best<W: Wire>(wire: &mut W, order: &mut Order, contract: &Contract) -> Result<(), W::Error> {
    if contract.exchange == IBKR_ATS {
        wire.maybe_whole(&mut order.min_trade_qty, Unset::Empty)?;
    }
    match order.order_type.as_str() {
        "PEG BEST" | "PEGBEST" => {
            group::best_offset(wire, order)?;
            if order.compete_against_best_offset_up_to_mid { group::mid_offsets(wire, order) } else { Ok(()) }
        }
        "PEG MID" | "PEGMID" => group::mid_offsets(wire, order),
        _ => Ok(()),
    }
}

/// No client is known to leave these empty, so an unset indicator is the largest integer, as official clients write it.
fn since_187<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if group::has_rfq_fields(speaks) {
        wire.text(&mut order.external_user_id)?;
        wire.maybe_whole(&mut order.manual_order_indicator, Unset::Max)?;
    }
    if speaks >= version::INCLUDE_OVERNIGHT {
        wire.flag(&mut order.include_overnight)?;
    }
    if speaks >= version::CME_TAGGING_FIELDS {
        wire.maybe_whole(&mut order.manual_order_indicator, Unset::Max)?;
    }
    if speaks >= version::IMBALANCE_ONLY {
        wire.flag(&mut order.imbalance_only)?;
    }
    Ok(())
}
