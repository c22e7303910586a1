//! The Gateway goes away and comes back, while the client stays.

use std::time::Instant;

use gatewright_proto::message::FarmState;
use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::order::{OrderStatus, ReqCompletedOrders};
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerMessage};

use super::{Arrival, Session, Side, Upstream};
use crate::answer;
use crate::event::{Closing, OrderNews};
use crate::frame::Frame;
use crate::orders::Sent;
use crate::requests::{Again, Asker, RequestKey};
use crate::session::Act;
use crate::settings::{Limits, OutagePolicy, ProxySettings};
use crate::settlement::{List, Verdict};
use crate::words;

/// The client id to which orders of people can be bound.
const MANUAL_ORDERS: ClientId = ClientId::new(0);

/// As a Gateway says it.
pub(super) const LOST_TEXT: &str = "Connectivity between IBKR and Trader Workstation has been lost.";

const IN_DOUBT: &str = "Order Message: the connection to the Gateway broke after this was sent and before the Gateway \
    acknowledged it, so whether it arrived is not known. It is not sent again. The Gateway is asked once it is back, and \
    the answer follows here. Do not send it again before.";

const NEVER_RECEIVED: &str = "Order rejected - reason:The connection to the Gateway broke when this order was sent, and \
    the Gateway knows nothing of it: it is neither open nor completed nor executed. It was not received.";

const FORGOTTEN: &str = "Order Canceled - reason:The Gateway knew this order before its connection broke, and knows \
    nothing of it now: it is neither open nor completed nor executed. (Gatewright has asked for long enough.)";

const NOT_CANCELLED: &str = "Order Message: the connection to the Gateway broke when the cancel was sent, and the order \
    is still open: it was not cancelled. Cancel it again if you want to.";

const NOT_OPEN: &str = "Order Message: the connection to the Gateway broke when the cancel was sent. The order is not \
    among the open orders any more.";

const ALL_IN_DOUBT: &str = "Order Message: the connection to the Gateway broke after the cancel of all orders was sent. \
    Whether it arrived is not known, and it is not sent again: look at the open orders.";

impl Session {
    /// The Gateway's side is gone.
    pub(crate) fn handle_lost(&mut self, now: Instant, why: &str, settings: &ProxySettings) {
        self.counts.outages += 1;
        self.upstream = Upstream::Waiting { until: now + settings.limits.first_retry };
        self.attempts = 1;
        for frame in self.to_gateway.clear() {
            self.never_sent(frame);
        }
        if let Side::Attached { connection, .. } = self.side
            && settings.outage == OutagePolicy::Close
        {
            self.doubt();
            self.acts.push_back(Act::CloseClient { connection, why: Closing::GatewayLost });
            return self.end();
        }
        for key in self.requests.lost() {
            if let Some(id) = key.id {
                let text = "Not connected: the Gateway went away while it answered. Ask again once it is back.";
                self.tell(id, words::NOT_CONNECTED, text);
            }
        }
        self.doubt();
        self.settlement.handle_lost();
        self.own_executions.clear();
        if let Side::Arriving { arrival, .. } = &mut self.side {
            match arrival {
                Arrival::First { held } => held.clear(),
                Arrival::Return { answer_by } => *answer_by = None,
            }
        }
        if !self.memory.lost && matches!(self.side, Side::Attached { .. }) {
            let text = format!(
                "{LOST_TEXT} (Gatewright: {why}; the connection is being restored, and orders are refused until then.)"
            );
            self.tell(-1, words::LOST, &text);
        }
        self.memory.lost = self.established;
        self.outage_since = Some(now);
    }

    /// An order that still waited here when the Gateway went.
    fn never_sent(&mut self, frame: bytes::Bytes) {
        let Ok(frame) = Frame::read(frame, self.speaks) else { return };
        if let Some(id) = answer::request_id(&frame, self.speaks) {
            self.orders.unsent(OrderId::new(id));
        }
        let refusal = self.refusal(&frame, "the connection to the Gateway broke");
        if matches!(self.side, Side::Attached { .. }) {
            self.to_client.push(refusal);
        }
    }

    /// What was sent and not spoken about is in doubt from now on.
    fn doubt(&mut self) {
        let (doubtful, all_cancelled) = self.orders.lost();
        self.watched = doubtful.keys().copied().collect();
        for (order_id, sent) in doubtful {
            if !matches!(sent, Sent::Working { .. }) {
                self.tell(order_id.get(), words::ORDER_MESSAGE, IN_DOUBT);
                self.acts.push_back(Act::Record { order_id, news: OrderNews::InDoubt });
            }
            // No list tells whether options were exercised; the positions will.
            if sent != Sent::Exercised {
                let perm_id = self.orders.perm_id(order_id);
                self.settlement.add(order_id, sent, perm_id);
            }
        }
        if all_cancelled {
            self.tell(-1, words::ORDER_MESSAGE, ALL_IN_DOUBT);
        }
    }

    /// The Gateway's side serves, for the first time or again.
    pub(super) fn handle_up(&mut self, now: Instant, generation: u64, settings: &ProxySettings) {
        self.upstream = Upstream::Up { generation };
        self.attempts = 0;
        self.failure = None;
        self.outage_since = None;
        self.established = true;
        match self.side {
            Side::Arriving { .. } => {
                self.memory.lost = false;
                self.try_attach(now);
            }
            Side::Attached { .. } => {
                let again = self.requests.again();
                self.replay(again);
                self.tell_restored();
            }
            Side::Parked { .. } => self.memory.lost = false,
        }
        self.settlement.handle_ready(now, &settings.limits);
        self.ask_about_doubts(now, &settings.limits);
    }

    /// Makes subscriptions again and asks questions again, under their own ids and in their own bytes.
    pub(super) fn replay(&mut self, again: Vec<Again>) {
        for Again { key, frame } in again {
            if let (10, Some(id)) = (key.message, key.id) {
                let text = "Market depth data has been RESET. Please empty deep book contents before applying any new entries.";
                self.tell(id, words::DEPTH_RESET, text);
            }
            self.to_gateway.push(frame);
        }
    }

    /// Tells the client that all is as before, or that it is not.
    pub(super) fn tell_restored(&mut self) {
        self.memory.lost = false;
        if self.requests.has_forgotten() {
            let text = "Connectivity between IBKR and Trader Workstation has been restored - data lost. \
                (Gatewright: there were more subscriptions than it keeps; make them again.)";
            return self.tell(-1, words::RESTORED_DATA_LOST, text);
        }
        let mut text =
            "Connectivity between IBKR and Trader Workstation has been restored - data maintained.".to_owned();
        let farms = &self.memory.farms;
        if !farms.is_empty() && farms.values().all(|(state, _)| *state == FarmState::Ok) {
            let names: Vec<&str> = farms.keys().map(|(_, name)| name.as_str()).collect();
            text.push_str(&format!(" All data farms are connected: {}.", names.join("; ")));
        }
        self.tell(-1, words::RESTORED, &text);
    }

    /// Questions that have waited for the Gateway too long are answered by an error.
    pub(super) fn expire_questions(&mut self, now: Instant, limits: &Limits) {
        if self.outage_since.is_none() {
            return;
        }
        for key in self.requests.expire(now, limits.question) {
            let text =
                "Not connected: the Gateway is still away, and this has waited long enough. Ask again once it is back.";
            self.tell(key.id.unwrap_or(-1), words::NOT_CONNECTED, text);
        }
    }

    /// Asks the Gateway for the three lists that settle what is in doubt, if that is due.
    pub(super) fn ask_about_doubts(&mut self, now: Instant, limits: &Limits) {
        if !self.is_up() || !self.settlement.begin_round(now, limits) {
            return;
        }
        self.requests.drop_ours();
        // For client 0 the first would also bind orders that people have made.
        let (open, message) = if self.client_id == MANUAL_ORDERS {
            (16, ClientMessage::ReqAllOpenOrders)
        } else {
            (5, ClientMessage::ReqOpenOrders)
        };
        let own = self.next_own_request;
        self.next_own_request = own.checked_add(1).filter(|id| *id < i32::MAX).unwrap_or(super::OWN_REQUESTS);
        let executions = ExecutionsRequest { client_id: self.client_id, ..ExecutionsRequest::all(RequestId::new(own)) };
        let questions = [
            (RequestKey { message: open, id: None }, message),
            (
                RequestKey { message: 99, id: None },
                ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: false }),
            ),
            (RequestKey { message: 7, id: Some(own) }, ClientMessage::ReqExecutions(Box::new(executions))),
        ];
        for (key, message) in questions {
            if let Some(frame) = words::to_gateway(&message, self.speaks) {
                self.requests.owe(key, Asker::Proxy);
                self.to_gateway.push(frame);
            }
        }
    }

    /// One of our three lists is complete.
    pub(super) fn list_ended(&mut self, now: Instant, list: List, settings: &ProxySettings) {
        let trusted = !self.memory.lost;
        for (id, verdict) in self.settlement.handle_end(now, list, self.counted, trusted, &settings.limits) {
            self.settled(id, verdict);
        }
    }

    fn settled(&mut self, order_id: OrderId, verdict: Verdict) {
        let news = match verdict {
            // The Gateway's own messages have told it.
            Verdict::Open => OrderNews::Open,
            Verdict::NotCancelled => {
                self.tell(order_id.get(), words::ORDER_MESSAGE, NOT_CANCELLED);
                OrderNews::Open
            }
            Verdict::NotOpen => {
                self.tell(order_id.get(), words::ORDER_MESSAGE, NOT_OPEN);
                OrderNews::Over("not open".to_owned())
            }
            Verdict::Over { status, filled, remaining, perm_id } => {
                let status = if status.is_empty() { "Cancelled".to_owned() } else { status };
                let told = OrderStatus {
                    order_id,
                    status: status.clone(),
                    filled,
                    remaining,
                    perm_id,
                    client_id: self.client_id,
                    ..OrderStatus::default()
                };
                if matches!(self.side, Side::Attached { .. }) {
                    self.to_client.push(words::to_client(&ServerMessage::OrderStatus(Box::new(told)), self.speaks));
                }
                OrderNews::Over(status)
            }
            Verdict::Forgotten => {
                self.tell(order_id.get(), words::ORDER_CANCELLED, FORGOTTEN);
                OrderNews::Over("forgotten by the Gateway".to_owned())
            }
            Verdict::NeverReceived => {
                self.tell(order_id.get(), words::ORDER_REJECTED, NEVER_RECEIVED);
                OrderNews::NeverReceived
            }
        };
        self.acts.push_back(Act::Record { order_id, news });
    }

    /// The Gateway has spoken of an order: it is not, or no longer, in doubt.
    pub(super) fn spoken_of(&mut self, order_id: OrderId) {
        self.orders.acknowledged(order_id);
        if self.settlement.handle_spoken_of(order_id) {
            self.acts.push_back(Act::Record { order_id, news: OrderNews::Open });
        }
    }

    /// The Gateway has said that an order is over.
    pub(super) fn over(&mut self, order_id: OrderId, status: &str) {
        self.orders.acknowledged(order_id);
        self.orders.cancel_answered(order_id);
        self.orders.over(order_id);
        if self.settlement.handle_over(order_id) {
            self.acts.push_back(Act::Record { order_id, news: OrderNews::Over(status.to_owned()) });
        }
    }
}
