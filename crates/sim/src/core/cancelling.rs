//! Orders cancelled: by their client, by all, by another order, or by their own time.

use gatewright_proto::{OrderId, RequestId};

use super::action::ConnId;
use super::book::{By, OrderKey, Phase};
use super::placing::READ_ONLY;
use super::world::World;
use crate::fault::Fault;

/// Why an order ends whose time is over.
pub(super) const EXPIRED: &str = "The order has expired";

impl World {
    /// Cancels an order of the client on this connection.
    pub(super) fn cancel_one(&mut self, id: ConnId, order: OrderId) {
        let request = RequestId::new(order.get());
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, request, READ_ONLY);
        }
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let key = (client, order);
        if self.book.get(key).is_some_and(|order| order.by != By::Hand) {
            return self.cancel(key, "");
        }
        let (code, text) = match self.book.ended_since(key, self.trouble.restarted) {
            Some(ended) if ended.phase == Phase::Rejected => {
                let perm_id = ended.order.perm_id;
                (161, format!("Cancel attempted when order is not in a cancellable state.  Order permId = {perm_id}"))
            }
            Some(ended) => {
                let state = ended.status();
                (10148, format!("OrderId {order} that needs to be cancelled cannot be cancelled, state: {state}."))
            }
            None => (10147, format!("OrderId {order} that needs to be cancelled is not found.")),
        };
        self.refuse(id, request, code, &text);
    }

    /// Cancels every order of every client, and those that people have placed.
    pub(super) fn cancel_all(&mut self, id: ConnId) {
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, RequestId::NONE, READ_ONLY);
        }
        let keys: Vec<OrderKey> = self.book.open().map(|order| order.key).collect();
        for key in keys {
            self.cancel(key, "");
        }
    }

    /// Ends an order whose time is over; one that was modified since may have more.
    pub(super) fn expire(&mut self, key: OrderKey) {
        let now = self.now;
        if self.book.get(key).and_then(|order| order.expires).is_some_and(|expires| expires <= now) {
            self.cancel(key, EXPIRED);
        }
    }

    /// Ends an order that is not done, with all that wait for it, and tells its client.
    pub(super) fn cancel(&mut self, key: OrderKey, reason: &str) {
        let Some(ended) = self.book.end(key, Phase::Cancelled, self.now) else { return };
        self.report_status(&ended);
        self.tell_owner(&ended, 202, &format!("Order Canceled - reason:{reason}"));
        self.end_children(&ended);
    }
}
