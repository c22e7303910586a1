//! Cancelling orders.

use super::group;
use super::wire::{Unset, Wire};
use crate::error::ProtoError;
use crate::ids::{OrderId, ServerVersion};
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 4 to the server: cancels one order of this client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CancelOrder {
    /// The order.
    pub order_id: OrderId,
    /// When a human cancelled, from [`version::MANUAL_ORDER_TIME`] on; empty otherwise.
    pub manual_order_cancel_time: String,
    /// Who operates, from [`version::CME_TAGGING_FIELDS`] on (and while there were RFQ fields).
    pub ext_operator: String,
    /// Who cancelled, only from [`version::RFQ_FIELDS`] to before [`version::UNDO_RFQ_FIELDS`].
    pub external_user_id: String,
    /// 1 a human, 0 a machine; travels when `ext_operator` does.
    pub manual_order_indicator: Option<i32>,
}

impl CancelOrder {
    /// Cancels an order and says no more.
    pub fn new(order_id: OrderId) -> Self {
        Self { order_id, ..Self::default() }
    }

    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    /// A cancellation is understood without the fields behind the order's number: it must not fail for want of them.
    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        if speaks < version::CME_TAGGING_FIELDS {
            wire.constant("1")?;
        }
        wire.id(&mut self.order_id)?;
        if speaks >= version::MANUAL_ORDER_TIME && wire.more() {
            wire.text(&mut self.manual_order_cancel_time)?;
        }
        if group::has_rfq_fields(speaks) && wire.more() {
            wire.text(&mut self.ext_operator)?;
            wire.text(&mut self.external_user_id)?;
            wire.maybe_whole(&mut self.manual_order_indicator, Unset::Max)?;
        }
        if speaks >= version::CME_TAGGING_FIELDS && wire.more() {
            wire.text(&mut self.ext_operator)?;
            wire.maybe_whole(&mut self.manual_order_indicator, Unset::Max)?;
        }
        Ok(())
    }
}

/// 58 to the server: cancels all orders of all clients, and those that people entered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GlobalCancel {
    /// Who operates, from [`version::CME_TAGGING_FIELDS`] on.
    pub ext_operator: String,
    /// 1 a human, 0 a machine, from the same version on.
    pub manual_order_indicator: Option<i32>,
}

impl GlobalCancel {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let Ok(()) = self.clone().pass(fields, speaks);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let mut message = Self::default();
        message.pass(fields, speaks)?;
        Ok(message)
    }

    pub(super) fn pass<W: Wire>(&mut self, wire: &mut W, speaks: ServerVersion) -> Result<(), W::Error> {
        if speaks < version::CME_TAGGING_FIELDS {
            return wire.constant("1");
        }
        if wire.more() {
            wire.text(&mut self.ext_operator)?;
            wire.maybe_whole(&mut self.manual_order_indicator, Unset::Max)?;
        }
        Ok(())
    }
}
