//! What the Gateway says of orders, as protobuf.

use crate::ids::OrderId;
use crate::message::contract::Beside;
use crate::message::order::{CompletedOrder, OpenOrder, OrderStatus};
use crate::protobuf::{Body, Speaker};

impl OrderStatus {
    /// A Gateway writes every number, zeros included; clients refuse the message without its quantities.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)?;
        body.text(2, &mut self.status)?;
        body.amount(3, &mut self.filled)?;
        body.amount(4, &mut self.remaining)?;
        body.price_or_zero(5, &mut self.avg_fill_price)?;
        body.perm_id(6, &mut self.perm_id)?;
        body.id(7, &mut self.parent_id)?;
        body.price_or_zero(8, &mut self.last_fill_price)?;
        body.id(9, &mut self.client_id)?;
        body.text(10, &mut self.why_held)?;
        body.price_or_zero(11, &mut self.mkt_cap_price)
    }
}

impl OpenOrder {
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.id(1, &mut self.order_id)?;
        let mut beside = Beside::of_order(&self.combo_legs, &self.order.order_combo_legs, self.delta_neutral_contract);
        beside.combo_legs_descrip.clone_from(&self.combo_legs_descrip);
        body.part(2, &mut self.contract, |body, contract| contract.pass_without_listing_and(body, &mut beside))?;
        self.delta_neutral_contract = beside.delta_neutral;
        self.combo_legs_descrip = std::mem::take(&mut beside.combo_legs_descrip);
        (self.combo_legs, self.order.order_combo_legs) = beside.order_legs();
        let mut order_id = Some(self.order_id);
        body.part(3, &mut self.order, |body, order| order.pass_body(body, Speaker::Gateway, &mut order_id))?;
        body.part(4, &mut self.order_state, |body, state| state.pass_body(body))
    }
}

impl CompletedOrder {
    /// The order's number travels inside of it, if a Gateway says it at all.
    pub(crate) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        let mut beside = Beside::of_order(&self.combo_legs, &self.order.order_combo_legs, self.delta_neutral_contract);
        beside.combo_legs_descrip.clone_from(&self.combo_legs_descrip);
        body.part(1, &mut self.contract, |body, contract| contract.pass_without_listing_and(body, &mut beside))?;
        self.delta_neutral_contract = beside.delta_neutral;
        self.combo_legs_descrip = std::mem::take(&mut beside.combo_legs_descrip);
        (self.combo_legs, self.order.order_combo_legs) = beside.order_legs();
        let mut order_id = Some(self.order_id).filter(|order_id| *order_id != OrderId::default());
        body.part(2, &mut self.order, |body, order| order.pass_body(body, Speaker::Gateway, &mut order_id))?;
        self.order_id = order_id.unwrap_or_default();
        body.part(3, &mut self.order_state, |body, state| state.pass_body(body))
    }
}
