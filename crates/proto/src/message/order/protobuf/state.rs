//! What the Gateway makes of an order, as protobuf.

use crate::message::order::{OrderAllocation, OrderState};
use crate::protobuf::Body;

impl OrderState {
    pub(super) fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.status)?;
        for (tag, amount) in (2..).zip([
            &mut self.init_margin_before,
            &mut self.maint_margin_before,
            &mut self.equity_with_loan_before,
            &mut self.init_margin_change,
            &mut self.maint_margin_change,
            &mut self.equity_with_loan_change,
            &mut self.init_margin_after,
            &mut self.maint_margin_after,
            &mut self.equity_with_loan_after,
            &mut self.commission,
            &mut self.min_commission,
            &mut self.max_commission,
        ]) {
            body.price(tag, amount)?;
        }
        body.text(14, &mut self.commission_currency)?;
        body.text(15, &mut self.margin_currency)?;
        for (tag, amount) in (16..).zip([
            &mut self.init_margin_before_outside_rth,
            &mut self.maint_margin_before_outside_rth,
            &mut self.equity_with_loan_before_outside_rth,
            &mut self.init_margin_change_outside_rth,
            &mut self.maint_margin_change_outside_rth,
            &mut self.equity_with_loan_change_outside_rth,
            &mut self.init_margin_after_outside_rth,
            &mut self.maint_margin_after_outside_rth,
            &mut self.equity_with_loan_after_outside_rth,
        ]) {
            body.price(tag, amount)?;
        }
        body.size(25, &mut self.suggested_size)?;
        body.text(26, &mut self.reject_reason)?;
        body.list(27, &mut self.order_allocations, |body, allocation| allocation.pass_body(body))?;
        body.text(28, &mut self.warning_text)?;
        body.text(29, &mut self.completed_time)?;
        body.text(30, &mut self.completed_status)
    }
}

impl OrderAllocation {
    fn pass_body<B: Body>(&mut self, body: &mut B) -> Result<(), B::Error> {
        body.text(1, &mut self.account)?;
        for (tag, size) in (2..).zip([
            &mut self.position,
            &mut self.position_desired,
            &mut self.position_after,
            &mut self.desired_alloc_qty,
            &mut self.allowed_alloc_qty,
        ]) {
            body.size(tag, size)?;
        }
        body.flag(7, &mut self.is_monetary)
    }
}
