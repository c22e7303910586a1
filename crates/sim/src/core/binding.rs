//! Orders that people place at the Gateway, client 0 to which they can be bound, and the master client that sees all.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Order, OrderBound, PlaceOrder, ReqAutoOpenOrders};
use gatewright_proto::{ClientId, PermId, RequestId, ServerMessage};

use super::action::ConnId;
use super::book::{By, LiveOrder, OrderKey};
use super::instant::SimInstant;
use super::world::World;
use crate::error::SimError;
use crate::fault::Fault;

/// The client to which orders of people can be bound.
pub(super) const BINDER: ClientId = ClientId::new(0);

impl World {
    /// A person places an order at the Gateway, without the API. Returns its number over the account.
    ///
    /// # Errors
    ///
    /// [`SimError::BadOrder`] with what a client would be told about an order that makes no sense.
    pub fn handle_manual_order(
        &mut self,
        now: SimInstant,
        contract: &Contract,
        order: Order,
    ) -> Result<PermId, SimError> {
        self.advance(now);
        let checked = self.check(contract, &order).map_err(|(code, text)| SimError::BadOrder { code, text })?;
        let key = (BINDER, self.book.take_hand_id());
        let by = if self.book.binds { By::BoundHand } else { By::Hand };
        self.accept(key, by, &checked, PlaceOrder::new(key.1, contract.clone(), order));
        let perm_id = self.book.get(key).or(self.book.ended(key)).map(|order| order.order.perm_id);
        self.flush();
        Ok(perm_id.expect("an order that was taken is in the book"))
    }

    /// Whether orders that people place from now on are bound to client 0; nobody else may say. No end marker follows.
    pub(super) fn bind_manual_orders(&mut self, id: ConnId, request: ReqAutoOpenOrders) {
        if self.session_mut(id).map(|session| session.client) != Some(BINDER) {
            return self.refuse(id, RequestId::NONE, 327, "Only the default client (i.e 0) can auto bind orders");
        }
        self.book.binds = request.auto_bind;
    }

    /// Binds every order of a person to client 0, which has asked for its orders.
    pub(super) fn bind_all(&mut self, id: ConnId) {
        let keys: Vec<OrderKey> =
            self.book.open().filter(|order| order.by == By::Hand).map(|order| order.key).collect();
        for key in keys {
            if let Some(order) = self.book.get_mut(key) {
                order.by = By::BoundHand;
                let bound = OrderBound { perm_id: order.order.perm_id, client_id: key.0, order_id: key.1 };
                self.send(id, &ServerMessage::OrderBound(bound));
            }
        }
    }

    /// Who is told of an order unasked: its client, if it has one, and the master client.
    pub(super) fn listeners(&self, order: &LiveOrder) -> Vec<ConnId> {
        let owner = Some(order.key.0).filter(|_| order.by != By::Hand);
        let master = self.config.master_client_id.filter(|master| Some(*master) != owner);
        owner.into_iter().chain(master).filter_map(|client| self.connection_of(client)).collect()
    }

    /// Tells a client, before anything else, of its orders that are open, as a Gateway does that is set to.
    pub(super) fn download_orders(&mut self, id: ConnId, client: ClientId) {
        let own = |order: &&LiveOrder| order.key.0 == client && order.by != By::Hand;
        let orders: Vec<LiveOrder> = self.book.open().filter(own).cloned().collect();
        if orders.is_empty() || self.faults.has(Fault::ReadOnly) {
            return;
        }
        for order in orders {
            self.send_order(id, &order);
            self.send_status(id, &order);
        }
        self.send(id, &ServerMessage::OpenOrderEnd);
    }

    /// Tells the master client, when it gets ready, of every order that is open.
    pub(super) fn welcome_master(&mut self, id: ConnId, client: ClientId) {
        if self.config.master_client_id != Some(client) || self.faults.has(Fault::ReadOnly) {
            return;
        }
        let orders: Vec<LiveOrder> = self.book.open().cloned().collect();
        for order in orders {
            self.send_order(id, &order);
            self.send_status(id, &order);
        }
    }
}
