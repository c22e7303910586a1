//! Placing and cancelling orders and asking for them, as protobuf.

use crate::message::contract::Beside;
use crate::message::order::{CancelOrder, GlobalCancel, PlaceOrder, ReqAutoOpenOrders, ReqCompletedOrders};
use crate::protobuf::{Body, Speaker};

impl PlaceOrder {
    /// Official clients write an empty message of attached orders where there are none.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)?;
        let mut beside = Beside::of_order(&self.combo_legs, &self.order.order_combo_legs, self.delta_neutral_contract);
        beside.sec_id_type.clone_from(&self.sec_id_type);
        beside.sec_id.clone_from(&self.sec_id);
        body.part(2, &mut self.contract, |body, contract| contract.pass_body(body, &mut beside, Speaker::Client))?;
        self.delta_neutral_contract = beside.delta_neutral;
        self.sec_id_type = std::mem::take(&mut beside.sec_id_type);
        self.sec_id = std::mem::take(&mut beside.sec_id);
        (self.combo_legs, self.order.order_combo_legs) = beside.order_legs();
        body.part(3, &mut self.order, |body, order| order.pass_body(body, Speaker::Client, &mut None))?;
        body.part(4, &mut (), |_, ()| Ok(()))
    }
}

impl CancelOrder {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)?;
        body.part(2, self, |body, cancel| {
            body.text(1, &mut cancel.manual_order_cancel_time)?;
            body.text(2, &mut cancel.ext_operator)?;
            body.maybe_whole(3, &mut cancel.manual_order_indicator)
        })
    }
}

impl GlobalCancel {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.part(1, self, |body, cancel| {
            body.text(2, &mut cancel.ext_operator)?;
            body.maybe_whole(3, &mut cancel.manual_order_indicator)
        })
    }
}

impl ReqCompletedOrders {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.flag(1, &mut self.api_only)
    }
}

impl ReqAutoOpenOrders {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.flag(1, &mut self.auto_bind)
    }
}
