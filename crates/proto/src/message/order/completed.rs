//! An order that is done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::group::{self, Hedge, Writer};
use super::instrument;
use super::open::{cash_and_container, presence, stop_and_offset, trailing};
use super::wire::{Unset, Wire};
use super::{Order, OrderLeg, OrderState};
use crate::error::ProtoError;
use crate::ids::{ConId, OrderId, PermId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::market_data::DeltaNeutralContract;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 101 from the server: an order that is done; `order.perm_id` says which it was.
///
/// For a filled order `order.total_quantity` is what was left, hence 0, and `order.filled_quantity` is its size.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompletedOrder {
    /// Its client's number, where the Gateway says it: never in text, and 0 in what was seen of it in protobuf
    /// (rust-ibapi#1116).
    #[serde(default, skip_serializing_if = "is_unnumbered")]
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
    /// How it ended: `status`, `completed_time` and `completed_status`.
    pub order_state: OrderState,
}

fn is_unnumbered(order_id: &OrderId) -> bool {
    *order_id == OrderId::default()
}

impl CompletedOrder {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        instrument::named_by_gateway(wire, &mut self.contract, Unset::Zero)?;
        let order = &mut self.order;
        group::essence(wire, order, Writer::Gateway)?;
        wire.perm_id(&mut order.perm_id)?;
        presence(wire, order)?;
        group::allocation(wire, order, speaks)?;
        group::terms(wire, order)?;
        group::short_sale(wire, order)?;
        group::pegged_to_stock(wire, order)?;
        restrictions(wire, order)?;
        group::volatility(wire, order, Writer::Gateway, Hedge::Brief)?;
        trailing(wire, order)?;
        wire.text(&mut self.combo_legs_descrip)?;
        instrument::legs(wire, &mut self.combo_legs)?;
        group::combination(wire, order)?;
        group::scale(wire, order, Writer::Gateway)?;
        group::hedge(wire, order)?;
        group::clearing(wire, order)?;
        instrument::delta_neutral(wire, &mut self.delta_neutral_contract)?;
        group::algorithm(wire, order)?;
        wire.flag(&mut order.solicited)?;
        wire.text(&mut self.order_state.status)?;
        group::random(wire, order)?;
        group::conditional(wire, order)?;
        stop_and_offset(wire, order)?;
        cash_and_container(wire, order, speaks)?;
        outcome(wire, order)?;
        wire.text(&mut self.order_state.completed_time)?;
        wire.text(&mut self.order_state.completed_status)?;
        group::pegged_to_best(wire, order, speaks)?;
        group::customer(wire, order, speaks)?;
        if speaks >= version::SUBMITTER {
            wire.text(&mut order.submitter)?;
        }
        Ok(())
    }
}

fn restrictions<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.maybe_whole(&mut order.display_size, Unset::Max)?;
    wire.flag(&mut order.sweep_to_fill)?;
    wire.flag(&mut order.all_or_none)?;
    wire.maybe_whole(&mut order.min_qty, Unset::Empty)?;
    wire.whole(&mut order.oca_type)?;
    wire.whole(&mut order.trigger_method)
}

fn outcome<W: Wire>(wire: &mut W, order: &mut Order) -> Result<(), W::Error> {
    wire.text(&mut order.auto_cancel_date)?;
    wire.size(&mut order.filled_quantity, Unset::Zero)?;
    let mut future = order.ref_futures_con_id.map(ConId::get);
    wire.maybe_whole(&mut future, Unset::Max)?;
    order.ref_futures_con_id = future.map(ConId::new);
    wire.flag(&mut order.auto_cancel_parent)?;
    wire.text(&mut order.shareholder)?;
    wire.flag(&mut order.imbalance_only)?;
    wire.flag(&mut order.route_marketable_to_bbo)?;
    parent_perm_id(wire, &mut order.parent_perm_id)
}

/// The parent's number over the account, for which the largest integer is "none".
fn parent_perm_id<W: Wire>(wire: &mut W, parent: &mut Option<PermId>) -> Result<(), W::Error> {
    let mut number = parent.map_or(i64::MAX, PermId::get);
    wire.long(&mut number)?;
    *parent = Some(number).filter(|number| *number != i64::MAX).map(PermId::new);
    Ok(())
}
