//! From a request to what answers it.

use std::time::Duration;

use gatewright_proto::message::order::ReqAutoOpenOrders;
use gatewright_proto::message::start::{CurrentTime, ManagedAccounts, NextValidId};
use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerMessage};
use tracing::{info, trace};

use super::action::ConnId;
use super::connection::Stage;
use super::world::World;

/// Clock requests closer than this to the last answered one are dropped by real Gateways (seen live).
const CLOCK_SPACING: Duration = Duration::from_millis(4_250);

/// The client to which manual orders belong.
const MASTER_OF_MANUAL_ORDERS: ClientId = ClientId::new(0);

impl World {
    /// Answers every whole frame that a session has received.
    pub(super) fn read_requests(&mut self, id: ConnId) {
        loop {
            let Some(connection) = self.connections.get_mut(&id) else { return };
            let speaks = connection.speaks;
            let Stage::Ready(session) = &mut connection.stage else { return };
            let payload = match session.decoder.next_frame() {
                Ok(Some(payload)) => payload,
                Ok(None) => return,
                Err(problem) => {
                    info!(conn = id.0, %problem, "the stream has lost its frames");
                    return self.close(id);
                }
            };
            match ClientMessage::decode(&payload, speaks) {
                Ok(message) => {
                    trace!(conn = id.0, message = message.id(), "request");
                    self.answer(id, message);
                }
                Err(problem) => self.refuse_unreadable(id, &payload, &problem),
            }
        }
    }

    fn answer(&mut self, id: ConnId, message: ClientMessage) {
        match message {
            ClientMessage::ReqMktData(request) => self.start_ticks(id, &request),
            ClientMessage::CancelMktData(request) => self.stop_ticks(id, request),
            ClientMessage::PlaceOrder(order) => self.place(id, *order),
            ClientMessage::CancelOrder(cancel) => self.cancel_one(id, cancel.order_id),
            ClientMessage::ReqGlobalCancel(_) => self.cancel_all(id),
            ClientMessage::ReqOpenOrders => self.send_own_open_orders(id),
            ClientMessage::ReqAllOpenOrders => self.send_all_open_orders(id),
            ClientMessage::ReqAutoOpenOrders(request) => self.bind_manual_orders(id, request),
            ClientMessage::ReqCompletedOrders(_) => self.send_completed_orders(id),
            ClientMessage::ReqExecutions(filter) => self.send_executions(id, &filter),
            ClientMessage::ReqAccountUpdates(request) => self.account_updates(id, &request),
            ClientMessage::ReqAccountSummary(request) => self.start_summary(id, &request),
            ClientMessage::CancelAccountSummary(request) => self.stop_summary(id, request),
            ClientMessage::ReqAccountUpdatesMulti(request) => self.start_multi(id, &request),
            ClientMessage::CancelAccountUpdatesMulti(request) => self.stop_multi(id, request),
            ClientMessage::ReqPositions => self.start_positions(id),
            ClientMessage::CancelPositions => self.stop_positions(id),
            ClientMessage::ReqContractDetails(request) => self.send_contract_details(id, &request),
            ClientMessage::ReqHistoricalData(request) => self.send_history(id, &request),
            ClientMessage::CancelHistoricalData(request) => self.stop_history(id, request),
            ClientMessage::ReqRealTimeBars(request) => self.start_five_second_bars(id, &request),
            ClientMessage::CancelRealTimeBars(request) => self.stop_five_second_bars(id, request),
            ClientMessage::ReqMarketDataType(request) => self.choose_data_type(id, request.market_data_type),
            ClientMessage::ReqIds(_) => self.send_next_id(id),
            ClientMessage::ReqManagedAccounts => self.send_accounts(id),
            ClientMessage::ReqCurrentTime => self.send_clock(id),
            // The log is the simulator's own business; a Gateway answers nothing either.
            ClientMessage::SetServerLogLevel(_) => {}
            // A Gateway that has a session takes no second START_API, and says nothing.
            ClientMessage::StartApi(_) => info!(conn = id.0, "START_API again"),
            ClientMessage::Unknown { id: message, payload } => self.answer_unsupported(id, message, &payload),
        }
    }

    fn send_next_id(&mut self, id: ConnId) {
        let Some(client) = self.session_mut(id).map(|session| session.client) else { return };
        let order_id = self.next_order_id(client);
        self.send(id, &ServerMessage::NextValidId(NextValidId { order_id }));
    }

    fn send_accounts(&mut self, id: ConnId) {
        let accounts = self.config.accounts.clone();
        self.send(id, &ServerMessage::ManagedAccounts(ManagedAccounts { accounts }));
    }

    fn send_clock(&mut self, id: ConnId) {
        let (now, spacing) = (self.now, self.wire(CLOCK_SPACING));
        let suppress = self.config.suppress_close_clock_requests;
        let Some(session) = self.session_mut(id) else { return };
        if suppress && session.last_clock.is_some_and(|last| now < last + spacing) {
            return;
        }
        session.last_clock = Some(now);
        self.send(id, &ServerMessage::CurrentTime(CurrentTime { epoch_seconds: now.second() }));
    }

    fn bind_manual_orders(&mut self, id: ConnId, _: ReqAutoOpenOrders) {
        let client = self.session_mut(id).map(|session| session.client);
        // There are no manual orders here, so client 0 has nothing to bind; and no end marker follows (§2.5).
        if client != Some(MASTER_OF_MANUAL_ORDERS) {
            self.refuse(id, RequestId::NONE, 327, "Only the default client (i.e 0) can auto bind orders");
        }
    }
}
