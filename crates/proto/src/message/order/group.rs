//! Runs of fields that several order messages share.

use super::condition::CONDITION_FIELDS;
use super::wire::{Unset, Wire};
use super::{Action, Order, OrderCondition, TagValue};
use crate::ids::ServerVersion;
use crate::version;

/// How many fields a named parameter takes.
const TAG_VALUE_FIELDS: usize = 2;

/// Who writes a message, hence what it writes where a value is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writer {
    /// A client.
    Client,
    /// A Gateway.
    Gateway,
}

impl Writer {
    /// Nothing from a client, `gateway` from a Gateway.
    fn unset(self, gateway: Unset) -> Unset {
        match self {
            Self::Client => Unset::Empty,
            Self::Gateway => gateway,
        }
    }
}

/// Which of the hedging order's fields travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hedge {
    /// All eight.
    Whole,
    /// The four that completed orders have.
    Brief,
}

/// Whether placeOrder and cancelOrder carry the fields that three versions had.
pub(super) fn has_rfq_fields(speaks: ServerVersion) -> bool {
    (version::RFQ_FIELDS..version::UNDO_RFQ_FIELDS).contains(&speaks)
}

/// Turns the 0 of a field for which 0 has no meaning into "not set".
pub(super) fn zero_is_unset<T: Default + PartialEq>(value: &mut Option<T>) {
    if value.as_ref().is_some_and(|value| *value == T::default()) {
        *value = None;
    }
}

/// What is wanted, from the action to the reference.
pub(super) fn essence<W: Wire>(wire: &mut W, order: &mut Order, writer: Writer) -> Result<(), W::Error> {
    wire.word(&mut order.action, |action| action.as_str(), Action::from_wire, "an action")?;
    wire.amount(&mut order.total_quantity)?;
    wire.text(&mut order.order_type)?;
    wire.price(&mut order.lmt_price, writer.unset(Unset::ZeroPoint))?;
    wire.price(&mut order.aux_price, writer.unset(Unset::ZeroPoint))?;
    wire.text(&mut order.tif)?;
    wire.text(&mut order.oca_group)?;
    wire.text(&mut order.account)?;
    wire.text(&mut order.open_close)?;
    wire.whole(&mut order.origin)?;
    wire.text(&mut order.order_ref)
}

/// Whom an adviser allocates it to, and the model.
pub(super) fn allocation<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    wire.text(&mut order.fa_group)?;
    wire.text(&mut order.fa_method)?;
    wire.text(&mut order.fa_percentage)?;
    if speaks < version::FA_PROFILE_DESUPPORT {
        wire.text(&mut order.fa_profile)?;
    }
    if speaks >= version::MODELS_SUPPORT {
        wire.text(&mut order.model_code)?;
    }
    Ok(())
}

/// The terms that open and completed orders have between the model and the short sale.
pub(super) fn terms<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.good_till_date)?;
    wire.text(&mut order.rule_80a)?;
    wire.price(&mut order.percent_offset, Unset::Empty)?;
    wire.text(&mut order.settling_firm)
}

/// Where the shares of a short sale come from.
pub(super) fn short_sale<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.whole(&mut order.short_sale_slot)?;
    wire.text(&mut order.designated_location)?;
    wire.whole(&mut order.exempt_code)
}

/// Prices of BOX orders and of orders pegged to a stock.
pub(super) fn pegged_to_stock<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.price(&mut order.starting_price, Unset::Empty)?;
    wire.price(&mut order.stock_ref_price, Unset::Empty)?;
    wire.price(&mut order.delta, Unset::Empty)?;
    wire.price(&mut order.stock_range_lower, Unset::Empty)?;
    wire.price(&mut order.stock_range_upper, Unset::Empty)
}

/// How a Gateway writes "no such order type".
pub(super) const NO_TYPE: &str = "None";

/// How a Gateway writes that it does not know whether a hedge opens or closes.
pub(super) const UNKNOWN_SIDE: &str = "?";

/// An order type that may be absent, which a Gateway says in a word and we in an empty text.
pub(super) fn absent_type<W: Wire>(wire: &mut W, order_type: &mut String, writer: Writer) -> Result<(), W::Error> {
    if writer == Writer::Gateway && order_type.is_empty() {
        order_type.push_str(NO_TYPE);
    }
    wire.text(order_type)?;
    if writer == Writer::Gateway && order_type == NO_TYPE {
        order_type.clear();
    }
    Ok(())
}

/// Volatility orders and their hedge by delta.
pub(super) fn volatility<W: Wire>(
    wire: &mut W,
    order: &mut Order,
    writer: Writer,
    hedge: Hedge,
) -> Result<(), W::Error> {
    wire.price(&mut order.volatility, Unset::Empty)?;
    wire.maybe_whole(&mut order.volatility_type, writer.unset(Unset::Zero))?;
    delta_hedge(wire, order, writer, hedge)?;
    wire.flag(&mut order.continuous_update)?;
    wire.maybe_whole(&mut order.reference_price_type, writer.unset(Unset::Zero))?;
    zero_is_unset(&mut order.volatility_type);
    zero_is_unset(&mut order.reference_price_type);
    Ok(())
}

/// The hedge by delta, whose fields travel only with a type. A Gateway's word for "none" is such a type, so its
/// messages carry the fields always.
fn delta_hedge<W: Wire>(wire: &mut W, order: &mut Order, writer: Writer, hedge: Hedge) -> Result<(), W::Error> {
    let gateway = writer == Writer::Gateway;
    if gateway && order.delta_neutral_order_type.is_empty() {
        order.delta_neutral_order_type.push_str(NO_TYPE);
    }
    wire.text(&mut order.delta_neutral_order_type)?;
    wire.price(&mut order.delta_neutral_aux_price, Unset::Empty)?;
    if order.delta_neutral_order_type.is_empty() {
        return Ok(());
    }
    wire.id(&mut order.delta_neutral_con_id)?;
    if hedge == Hedge::Whole {
        wire.text(&mut order.delta_neutral_settling_firm)?;
        wire.text(&mut order.delta_neutral_clearing_account)?;
        wire.text(&mut order.delta_neutral_clearing_intent)?;
        if gateway && order.delta_neutral_open_close.is_empty() {
            order.delta_neutral_open_close.push_str(UNKNOWN_SIDE);
        }
        wire.text(&mut order.delta_neutral_open_close)?;
    }
    wire.flag(&mut order.delta_neutral_short_sale)?;
    wire.whole(&mut order.delta_neutral_short_sale_slot)?;
    wire.text(&mut order.delta_neutral_designated_location)?;
    if gateway && order.delta_neutral_order_type == NO_TYPE {
        order.delta_neutral_order_type.clear();
    }
    if gateway && order.delta_neutral_open_close == UNKNOWN_SIDE {
        order.delta_neutral_open_close.clear();
    }
    Ok(())
}

/// The prices of a combination's legs, and how it is routed.
pub(super) fn combination<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.list(&mut order.order_combo_legs, 1, |wire, leg| wire.price(&mut leg.price, Unset::Empty))?;
    tag_values(wire, &mut order.smart_combo_routing_params)
}

fn tag_values<W: Wire>(wire: &mut W, list: &mut Vec<TagValue>) -> Result<(), W::Error> {
    wire.list(list, TAG_VALUE_FIELDS, |wire, parameter| {
        wire.text(&mut parameter.tag)?;
        wire.text(&mut parameter.value)
    })
}

/// Scale orders; seven fields travel only with a price increment above 0.
pub(super) fn scale<W: Wire>(wire: &mut W, order: &mut Order, writer: Writer) -> Result<(), W::Error> {
    wire.maybe_whole(&mut order.scale_init_level_size, writer.unset(Unset::Max))?;
    wire.maybe_whole(&mut order.scale_subs_level_size, writer.unset(Unset::Max))?;
    wire.price(&mut order.scale_price_increment, Unset::Empty)?;
    if order.scale_price_increment.is_some_and(|step| step.is_sign_positive() && !step.is_zero()) {
        wire.price(&mut order.scale_price_adjust_value, Unset::Empty)?;
        wire.maybe_whole(&mut order.scale_price_adjust_interval, Unset::Empty)?;
        wire.price(&mut order.scale_profit_offset, Unset::Empty)?;
        wire.flag(&mut order.scale_auto_reset)?;
        wire.maybe_whole(&mut order.scale_init_position, Unset::Empty)?;
        wire.maybe_whole(&mut order.scale_init_fill_qty, Unset::Empty)?;
        wire.flag(&mut order.scale_random_percent)?;
    }
    Ok(())
}

/// The attached hedge; its parameter travels only with a type.
pub(super) fn hedge<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.hedge_type)?;
    if !order.hedge_type.is_empty() {
        wire.text(&mut order.hedge_param)?;
    }
    Ok(())
}

/// Who clears, and whether the broker may choose the time.
pub(super) fn clearing<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.clearing_account)?;
    wire.text(&mut order.clearing_intent)?;
    wire.flag(&mut order.not_held)
}

/// The algorithm; its parameters travel only with a name.
pub(super) fn algorithm<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.algo_strategy)?;
    if !order.algo_strategy.is_empty() {
        tag_values(wire, &mut order.algo_params)?;
    }
    Ok(())
}

/// Random variations.
pub(super) fn random<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.flag(&mut order.randomize_size)?;
    wire.flag(&mut order.randomize_price)
}

/// From the benchmark to the conditions.
pub(super) fn conditional<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    if matches!(order.order_type.as_str(), "PEG BENCH" | "PEGBENCH") {
        wire.id(&mut order.reference_contract_id)?;
        wire.flag(&mut order.is_pegged_change_amount_decrease)?;
        wire.amount(&mut order.pegged_change_amount)?;
        wire.amount(&mut order.reference_change_amount)?;
        wire.text(&mut order.reference_exchange_id)?;
    }
    wire.list(&mut order.conditions, CONDITION_FIELDS, |wire, condition: &mut OrderCondition| condition.pass(wire))?;
    if !order.conditions.is_empty() {
        wire.flag(&mut order.conditions_ignore_rth)?;
        wire.flag(&mut order.conditions_cancel_order)?;
    }
    Ok(())
}

/// What an order becomes once triggered, behind the prices where the messages differ.
pub(super) fn adjusted<W: Wire>(wire: &mut W, order: &mut Order, writer: Writer) -> Result<(), W::Error> {
    wire.price(&mut order.adjusted_stop_price, writer.unset(Unset::Max))?;
    wire.price(&mut order.adjusted_stop_limit_price, writer.unset(Unset::Max))?;
    wire.price(&mut order.adjusted_trailing_amount, writer.unset(Unset::Max))?;
    wire.whole(&mut order.adjustable_trailing_unit)
}

/// The five fields in which a Gateway tells how an order is pegged to the best price or the midpoint.
pub(super) fn pegged_to_best<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::PEGBEST_PEGMID_OFFSETS {
        wire.maybe_whole(&mut order.min_trade_qty, Unset::Empty)?;
        best_offset(wire, order)?;
        mid_offsets(wire, order)?;
    }
    Ok(())
}

/// How it competes with the best price.
pub(super) fn best_offset<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.maybe_whole(&mut order.min_compete_size, Unset::Empty)?;
    let up_to_mid = &mut order.compete_against_best_offset_up_to_mid;
    wire.price_or_infinity(&mut order.compete_against_best_offset, up_to_mid, Unset::Empty)
}

/// How far from the midpoint it stays.
pub(super) fn mid_offsets<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.price(&mut order.mid_offset_at_whole, Unset::Empty)?;
    wire.price(&mut order.mid_offset_at_half, Unset::Empty)
}

/// The customer behind the order.
pub(super) fn customer<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::CUSTOMER_ACCOUNT {
        wire.text(&mut order.customer_account)?;
    }
    if speaks >= version::PROFESSIONAL_CUSTOMER {
        wire.flag(&mut order.professional_customer)?;
    }
    Ok(())
}

/// Whether a hedge finds its own price.
pub(super) fn automatic_hedge_price<W: Wire>(
    wire: &mut W,
    order: &mut Order,
    speaks: ServerVersion,
) -> Result<(), W::Error> {
    if speaks >= version::AUTO_PRICE_FOR_HEDGE { wire.flag(&mut order.dont_use_auto_price_for_hedge) } else { Ok(()) }
}

/// Whether the order is a container.
pub(super) fn container<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::ORDER_CONTAINER { wire.flag(&mut order.is_oms_container) } else { Ok(()) }
}

/// Whether discretion ends at the limit.
pub(super) fn discretion<W: Wire>(wire: &mut W, order: &mut Order, speaks: ServerVersion) -> Result<(), W::Error> {
    if speaks >= version::D_PEG_ORDERS { wire.flag(&mut order.discretionary_up_to_limit_price) } else { Ok(()) }
}

/// IBKR's price management: unset, off or on.
pub(super) fn price_management<W: Wire>(
    wire: &mut W,
    order: &mut Order,
    writer: Writer,
    speaks: ServerVersion,
) -> Result<(), W::Error> {
    if speaks < version::PRICE_MGMT_ALGO {
        return Ok(());
    }
    let mut number = order.use_price_mgmt_algo.map(i32::from);
    wire.maybe_whole(&mut number, writer.unset(Unset::Zero))?;
    order.use_price_mgmt_algo = number.map(|number| number != 0);
    Ok(())
}
