//! Orders cancelled, by their client, by all, or by another order of their group.

use gatewright_proto::{ClientId, OrderId, RequestId};

use super::action::ConnId;
use super::book::{LiveOrder, OrderKey, Phase};
use super::placing::READ_ONLY;
use super::world::World;
use crate::fault::Fault;

impl World {
    /// Cancels an order of the client on this connection.
    pub(super) fn cancel_one(&mut self, id: ConnId, order: OrderId) {
        let request = RequestId::new(order.get());
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, request, READ_ONLY);
        }
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let key = (client, order);
        if self.book.get(key).is_some() {
            return self.cancel(key, "");
        }
        let (code, text) = match self.book.ended(key) {
            Some(ended) => {
                let state = ended.status();
                (10148, format!("OrderId {order} that needs to be cancelled cannot be cancelled, state: {state}."))
            }
            None => (10147, format!("OrderId {order} that needs to be cancelled is not found.")),
        };
        self.refuse(id, request, code, &text);
    }

    /// Cancels every order of every client.
    pub(super) fn cancel_all(&mut self, id: ConnId) {
        if self.faults.has(Fault::ReadOnly) {
            return self.refuse_invalid(id, RequestId::NONE, READ_ONLY);
        }
        let keys: Vec<OrderKey> = self.book.open().map(|order| order.key).collect();
        for key in keys {
            self.cancel(key, "");
        }
    }

    /// Ends an order that is not done, with all that wait for it, and tells its client.
    pub(super) fn cancel(&mut self, key: OrderKey, reason: &str) {
        let Some(ended) = self.book.end(key, Phase::Cancelled, self.now) else { return };
        self.report_status(&ended);
        if let Some(id) = self.connection_of(key.0) {
            let text = format!("Order Canceled - reason:{reason}");
            self.refuse(id, RequestId::new(key.1.get()), 202, &text);
        }
        for child in self.children(key) {
            self.cancel(child, "Parent order was cancelled");
        }
    }

    /// Ends the others of a filled order's one-cancels-all group.
    pub(super) fn cancel_group(&mut self, filled: &LiveOrder) {
        let group = &filled.order.oca_group;
        if group.is_empty() {
            return;
        }
        let others: Vec<OrderKey> = self
            .book
            .open()
            .filter(|order| order.order.oca_group == *group && order.order.account == filled.order.account)
            .map(|order| order.key)
            .collect();
        for key in others {
            self.cancel(key, "OCA group order was filled");
        }
    }

    /// The orders that have this one as their parent.
    pub(super) fn children(&self, (client, parent): OrderKey) -> Vec<OrderKey> {
        let is_child = |order: &&LiveOrder| -> bool {
            let its_client: ClientId = order.key.0;
            its_client == client && order.order.parent_id == parent && order.key.1 != parent
        };
        self.book.open().filter(is_child).map(|order| order.key).collect()
    }
}
