//! Orders whose fate is not known: how they come about, how they are asked about, and what their client is told.

use std::time::Instant;

use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::order::{OrderStatus, ReqCompletedOrders};
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerMessage};

use super::{Act, Session, Side};
use crate::answer;
use crate::event::{EntryId, OrderAct, OrderIntent, OrderNews, PastOrder};
use crate::frame::Frame;
use crate::orders::{Lost, Sent, Unspoken};
use crate::requests::{Asker, RequestKey};
use crate::settings::{Limits, ProxySettings};
use crate::settlement::{List, Settled, Verdict};
use crate::words;

/// The client id to which orders of people can be bound.
const MANUAL_ORDERS: ClientId = ClientId::new(0);

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

const UNTRACEABLE: &str = "Order Message: the connection to the Gateway broke when this was sent. It is not open, and the \
    Gateway's lists of what is over do not reach back to it: look at the positions before you send it again.";

const UNEXPLAINED: &str = "Order Message: the Gateway knew this order before its connection broke. It is not open any more, and \
    the Gateway's lists of what is over do not reach back to then: it may have been filled or cancelled. Look at the positions.";

const OPAQUE_IN_DOUBT: &str = "Order Message: the connection to the Gateway broke after an order message was sent that \
    Gatewright could not read. Whether it arrived is not known, and it is not sent again: look at the open orders.";

impl Session {
    pub(super) fn record(&mut self, order_id: Option<OrderId>, entries: Vec<EntryId>, news: OrderNews) {
        self.acts.push_back(Act::Record { order_id, entries, news });
    }

    /// An order that still waited here when the Gateway went.
    pub(super) fn never_sent(&mut self, frame: bytes::Bytes) {
        let Ok(frame) = Frame::read(frame, self.speaks) else { return };
        let id = answer::request_id(&frame, self.speaks).map(OrderId::new);
        let entries = match id {
            Some(id) => self.orders.unsent(id),
            None => self.orders.unnamed_unsent(),
        };
        self.refuse_unsent(&frame, id, entries);
    }

    /// Orders that waited for the disk when the Gateway went, or the session.
    pub(super) fn drop_intents(&mut self) {
        for (frame, entry) in self.intents.clear() {
            let id = answer::request_id(&frame, self.speaks).map(OrderId::new);
            self.refuse_unsent(&frame, id, entry.into_iter().collect());
        }
    }

    fn refuse_unsent(&mut self, frame: &Frame, id: Option<OrderId>, entries: Vec<EntryId>) {
        if !entries.is_empty() {
            self.record(id, entries, OrderNews::NotSent);
        }
        let refusal = self.refusal(frame, "the connection to the Gateway broke");
        if matches!(self.side, Side::Attached { .. }) {
            self.to_client.push(refusal);
        }
    }

    /// What was sent and not spoken about is in doubt from now on.
    pub(super) fn doubt(&mut self) {
        let Lost { orders, cancel_all, opaque } = self.orders.lost();
        self.watched = orders.keys().copied().chain(self.settlement.orders()).collect();
        for (order_id, unspoken) in orders {
            if !matches!(unspoken.sent, Sent::Working { .. }) {
                self.tell(order_id.get(), words::ORDER_MESSAGE, IN_DOUBT);
                self.record(Some(order_id), Vec::new(), OrderNews::InDoubt);
            }
            self.look_for(order_id, unspoken);
        }
        if let Some(entries) = cancel_all {
            self.tell(-1, words::ORDER_MESSAGE, ALL_IN_DOUBT);
            self.record(None, entries, OrderNews::Untraceable);
        }
        if !opaque.is_empty() {
            self.tell(-1, words::ORDER_MESSAGE, OPAQUE_IN_DOUBT);
            self.record(None, opaque, OrderNews::Untraceable);
        }
    }

    fn look_for(&mut self, order_id: OrderId, unspoken: Unspoken) {
        // No list tells whether options were exercised; the positions will.
        if unspoken.sent == Sent::Exercised {
            return self.record(Some(order_id), unspoken.entries, OrderNews::Untraceable);
        }
        let perm_id = self.orders.perm_id(order_id);
        self.settlement.add(order_id, unspoken, perm_id);
    }

    /// Orders that were in doubt before this session began are asked about in it.
    pub(crate) fn take_up(&mut self, now: Instant, past: Vec<PastOrder>, limits: &Limits) {
        for PastOrder { entry, intent, listed } in past {
            let entries = vec![entry];
            let (Some(order_id), false) = (intent.order_id, intent.act == OrderAct::CancelAll) else {
                self.record(intent.order_id, entries, OrderNews::Untraceable);
                continue;
            };
            self.orders.seen(order_id);
            if let Some(perm_id) = intent.perm_id {
                self.orders.learn(order_id, perm_id);
            }
            let sent = match intent.act {
                OrderAct::Cancel => Sent::Cancelled,
                OrderAct::Exercise => Sent::Exercised,
                OrderAct::Place | OrderAct::CancelAll => {
                    Sent::Placed { order_ref: intent.order_ref, total: intent.quantity }
                }
            };
            self.watched.insert(order_id);
            self.look_for(order_id, Unspoken { sent, entries, listed });
        }
        self.want_mark();
        self.tell_doubts();
        if self.is_up() {
            self.settlement.handle_ready(now, false, limits);
            self.ask_about_doubts(now, limits);
        }
    }

    /// A midnight that may be the Gateway's.
    pub(crate) fn handle_midnight(&mut self) {
        self.orders.handle_midnight();
        self.settlement.handle_midnight();
    }

    /// Tells a client that has come of the doubts that it has inherited.
    pub(super) fn tell_doubts(&mut self) {
        let doubts: Vec<OrderId> = self.settlement.orders().collect();
        for order_id in doubts {
            self.tell(order_id.get(), words::ORDER_MESSAGE, IN_DOUBT);
        }
    }

    /// The session is over: what is still in doubt, for the next one.
    pub(crate) fn leave_doubts(&mut self) -> Vec<PastOrder> {
        let mut past = Vec::new();
        for (order_id, Unspoken { sent, entries, listed }) in self.settlement.take() {
            let (act, order_ref, quantity) = match sent {
                Sent::Placed { order_ref, total } => (OrderAct::Place, order_ref, total),
                Sent::Cancelled => (OrderAct::Cancel, String::new(), None),
                Sent::Exercised | Sent::Working { .. } => continue,
            };
            for entry in entries {
                let intent = OrderIntent {
                    client_id: self.client_id,
                    server_version: self.speaks,
                    act,
                    order_id: Some(order_id),
                    order_ref: order_ref.clone(),
                    symbol: String::new(),
                    side: String::new(),
                    quantity,
                    order_type: String::new(),
                    perm_id: self.orders.perm_id(order_id),
                };
                past.push(PastOrder { entry, intent, listed });
            }
        }
        past
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
        for settled in self.settlement.handle_end(now, list, self.counted, trusted, &settings.limits) {
            self.settled(settled);
        }
    }

    fn settled(&mut self, settled: Settled) {
        let Settled { order_id, verdict, entries } = settled;
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
            Verdict::Unexplained => {
                self.tell(order_id.get(), words::ORDER_MESSAGE, UNEXPLAINED);
                OrderNews::Untraceable
            }
            Verdict::NeverReceived => {
                self.tell(order_id.get(), words::ORDER_REJECTED, NEVER_RECEIVED);
                OrderNews::NeverReceived
            }
            Verdict::Untraceable => {
                self.tell(order_id.get(), words::ORDER_MESSAGE, UNTRACEABLE);
                OrderNews::Untraceable
            }
        };
        self.record(Some(order_id), entries, news);
    }

    /// The Gateway has spoken of an order: it is not, or no longer, in doubt.
    pub(super) fn spoken_of(&mut self, order_id: OrderId) {
        let entries = self.orders.acknowledged(order_id);
        self.close_entries(order_id, entries);
        if let Some(entries) = self.settlement.handle_spoken_of(order_id) {
            self.record(Some(order_id), entries, OrderNews::Open);
        }
    }

    /// The Gateway has answered a cancel.
    pub(super) fn cancel_answered(&mut self, order_id: OrderId) {
        let entries = self.orders.cancel_answered(order_id);
        self.close_entries(order_id, entries);
    }

    /// The Gateway has said that an order is over.
    pub(super) fn over(&mut self, order_id: OrderId, status: &str) {
        let entries = self.orders.acknowledged(order_id);
        self.close_entries(order_id, entries);
        self.cancel_answered(order_id);
        self.orders.over(order_id);
        if let Some(entries) = self.settlement.handle_over(order_id) {
            self.record(Some(order_id), entries, OrderNews::Over(status.to_owned()));
        }
    }

    pub(super) fn close_entries(&mut self, order_id: OrderId, entries: Vec<EntryId>) {
        if !entries.is_empty() {
            self.record(Some(order_id), entries, OrderNews::Acknowledged);
        }
    }
}
