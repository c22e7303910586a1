//! What a client sends: forwarded as it is, remembered as far as it has to be said again, or refused in the Gateway's
//! stead.

use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::{ClientMessage, OrderId};

use super::Session;
use crate::answer::{self, cancelled_request, needs_write_access, trades};
use crate::frame::Frame;
use crate::orders::Sent;
use crate::replay::{ReplayClass, Request, RequestDetail, replay_class};
use crate::requests::RequestKey;
use crate::words;

/// START_API, which only opens a session.
const START_API: i32 = 71;

/// Account updates.
const ACCOUNT_UPDATES: i32 = 6;

/// Market data, which may be asked for as a snapshot.
const MARKET_DATA: i32 = 1;

impl Session {
    /// A frame of a client that is attached.
    pub(super) fn take_from_client(&mut self, now: Instant, frame: &Frame) {
        let message = frame.message();
        let id = answer::request_id(frame, self.speaks);
        if self.read_only && needs_write_access(message) {
            self.counts.orders_refused += u64::from(trades(message));
            let text = "Error validating request.-'bP' : cause - The API interface is currently in Read-Only mode. \
                        (Gatewright: this client id is read-only in its settings.)";
            return self.tell(id.unwrap_or(-1), words::READ_ONLY, text);
        }
        if trades(message) {
            return self.trade(frame, id);
        }
        if message == START_API {
            return;
        }
        let detail = self.detail(frame);
        let class = replay_class(Request { message_id: message, client_id: self.client_id, detail });
        let key = RequestKey { message, id };
        if let Some(cancelled) = cancelled_request(message) {
            self.requests.forget(RequestKey { message: cancelled, id });
        } else if detail == RequestDetail::Unsubscribe {
            self.requests.forget(RequestKey { message: ACCOUNT_UPDATES, id: None });
        }
        let up = self.is_up();
        let snapshot = message == MARKET_DATA && class == ReplayClass::AnswerLocally;
        let waits = matches!(class, ReplayClass::ReplayAsIs | ReplayClass::ReissueIfUnanswered);
        if up {
            self.requests.note(now, key, class, frame.bytes(), true);
            self.to_gateway.push(frame.bytes().clone());
        } else if waits {
            self.requests.note(now, key, class, frame.bytes(), false);
        } else if let Some(id) = id
            && (snapshot || class == ReplayClass::Never)
        {
            self.tell(id, words::NOT_CONNECTED, "Not connected: the Gateway is away. Ask again once it is back.");
        }
    }

    /// Orders and cancels go at once, or are refused at once.
    fn trade(&mut self, frame: &Frame, id: Option<i32>) {
        if !self.is_up() {
            let refusal = self.refusal(frame, "the connection to the Gateway is lost and being restored");
            self.to_client.push(refusal);
            return;
        }
        match (frame.message(), id.map(OrderId::new)) {
            (3, Some(id)) => {
                let sent = self.placed(frame);
                self.orders.placed(id, sent);
            }
            (4, Some(id)) => self.orders.cancelling(id),
            (21, Some(id)) => self.orders.placed(id, Sent::Exercised),
            (58, _) => self.orders.cancelling_all(),
            _ => {}
        }
        self.to_gateway.push_order(frame.bytes().clone());
        self.want_mark();
    }

    /// What an order is known by when it has to be looked for.
    fn placed(&self, frame: &Frame) -> Sent {
        match ClientMessage::decode(&frame.payload(), self.speaks) {
            Ok(ClientMessage::PlaceOrder(message)) => {
                Sent::Placed { order_ref: message.order.order_ref.clone(), total: Some(message.order.total_quantity) }
            }
            _ => Sent::Placed { order_ref: String::new(), total: None },
        }
    }

    /// The answer to an order that is not sent.
    pub(super) fn refusal(&mut self, frame: &Frame, why: &str) -> Bytes {
        self.counts.orders_refused += 1;
        let id = answer::request_id(frame, self.speaks).unwrap_or(-1);
        let text = format!("Not connected: {why}. This was not sent, and will not be. Send it again once connected.");
        words::error(id, words::NOT_CONNECTED, &text, self.speaks)
    }

    /// What of a message's fields decides how it is replayed.
    fn detail(&self, frame: &Frame) -> RequestDetail {
        if !matches!(frame.message(), MARKET_DATA | ACCOUNT_UPDATES | 20) {
            return RequestDetail::Plain;
        }
        match ClientMessage::decode(&frame.payload(), self.speaks) {
            Ok(ClientMessage::ReqMktData(message)) if message.snapshot || message.regulatory_snapshot => {
                RequestDetail::Snapshot
            }
            Ok(ClientMessage::ReqAccountUpdates(message)) if !message.subscribe => RequestDetail::Unsubscribe,
            Ok(ClientMessage::ReqHistoricalData(message)) if message.keep_up_to_date => RequestDetail::KeepUpToDate,
            // What cannot be read may be a snapshot, which must not be bought twice.
            Err(_) if frame.message() == MARKET_DATA => RequestDetail::Snapshot,
            _ => RequestDetail::Plain,
        }
    }
}
