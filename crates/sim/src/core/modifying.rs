//! Orders modified.

use gatewright_proto::RequestId;
use gatewright_proto::message::order::PlaceOrder;

use super::action::ConnId;
use super::book::{OrderKey, Phase};
use super::checking::Checked;
use super::world::World;

impl World {
    /// Changes price, size, type or anything else of an order that is not done; only contract, side and account stay.
    pub(super) fn modify(&mut self, id: ConnId, key: OrderKey, checked: &Checked, mut place: PlaceOrder) {
        place.order.total_quantity = checked.quantity;
        let request = RequestId::new(key.1.get());
        let Some(order) = self.book.get(key) else { return };
        let same = order.con_id == checked.instrument.con_id
            && order.order.action == place.order.action
            && order.order.account == checked.account;
        if !same {
            return self.refuse(id, request, 105, "Order being modified does not match original order");
        }
        if place.order.total_quantity <= order.filled {
            return self.refuse(id, request, 104, "Cannot modify a filled order.");
        }
        let (old, phase, filled) = (order.order.clone(), order.phase, order.filled);
        let grows = place.order.total_quantity > old.total_quantity;
        if grows && let Err((code, text)) = self.check_funds(checked, &place.order, place.order.total_quantity - filled)
        {
            return self.refuse(id, request, code, &text);
        }
        let transmit = place.order.transmit;
        let mut new = self.completed_order(key, old.perm_id, checked, place.order);
        // A group that came from the parent stays, unless there is a new one.
        if new.oca_group.is_empty() {
            new.oca_group.clone_from(&old.oca_group);
        }
        let reprices = (&new.order_type, new.lmt_price, new.aux_price, &new.tif, new.trailing_percent)
            != (&old.order_type, old.lmt_price, old.aux_price, &old.tif, old.trailing_percent);
        let retriggers = (&new.order_type, new.aux_price) != (&old.order_type, old.aux_price);
        if !reprices {
            new.trail_stop_price = old.trail_stop_price;
        }
        let Some(order) = self.book.get_mut(key) else { return };
        order.order = new;
        order.kind = checked.kind;
        order.triggered &= !retriggers;
        order.conditions_met &= order.order.conditions == old.conditions;
        match phase {
            // An order that only shrinks keeps its place in the queue.
            Phase::Working if order.rested && !grows && !reprices => {
                self.set_expiry(key);
                self.report_key(key);
            }
            Phase::Working | Phase::Asleep | Phase::Conditional => self.activate(key),
            Phase::Held if transmit => self.transmit(key),
            Phase::Held | Phase::Waiting | Phase::Filled | Phase::Cancelled | Phase::Rejected => self.report_key(key),
        }
    }
}
