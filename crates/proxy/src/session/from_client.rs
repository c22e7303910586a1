//! What a client sends: forwarded as it is, remembered as far as it has to be said again, or refused in the Gateway's
//! stead.

use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::message::order::PlaceOrder;
use gatewright_proto::{ClientMessage, OrderId};

use super::{Act, Session};
use crate::answer::{self, cancelled_request, needs_write_access, trades};
use crate::event::{OrderAct, OrderIntent, Ticket};
use crate::frame::Frame;
use crate::intents::{Kept, Released};
use crate::orders::Sent;
use crate::replay::{ReplayClass, Request, RequestDetail, replay_class};
use crate::requests::RequestKey;
use crate::settings::Limits;
use crate::words;

/// START_API, which only opens a session.
const START_API: i32 = 71;

/// exerciseOptions, whose id is no standing order's.
const EXERCISE: i32 = 21;

/// Account updates.
const ACCOUNT_UPDATES: i32 = 6;

/// Market data, which may be asked for as a snapshot.
const MARKET_DATA: i32 = 1;

const UNDURABLE: &str = "Order rejected - reason:Gatewright could not write the order to its journal, so it was not sent, \
    and will not be. Look at its log and its disk.";

const UNDURABLE_CHANGE: &str = "Order Message: Gatewright could not write the change to its journal, so it was not sent, \
    and will not be; the order stands as it was. Look at its log and its disk.";

impl Session {
    /// A frame of a client that is attached.
    pub(super) fn take_from_client(&mut self, now: Instant, frame: &Frame, limits: &Limits) {
        let message = frame.message();
        let id = answer::request_id(frame, self.speaks);
        if self.read_only && needs_write_access(message) {
            self.counts.orders_refused += u64::from(trades(message));
            let text = "Error validating request.-'bP' : cause - The API interface is currently in Read-Only mode. \
                        (Gatewright: this client id is read-only in its settings.)";
            return self.tell(id.unwrap_or(-1), words::READ_ONLY, text);
        }
        if trades(message) {
            return self.trade(now, frame, id, limits);
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
            self.send(frame.bytes().clone());
        } else if waits {
            self.requests.note(now, key, class, frame.bytes(), false);
        } else if let Some(id) = id
            && (snapshot || class == ReplayClass::Never)
        {
            self.tell(id, words::NOT_CONNECTED, "Not connected: the Gateway is away. Ask again once it is back.");
        }
    }

    /// Orders and cancels go as soon as the journal has them, or are refused at once.
    fn trade(&mut self, now: Instant, frame: &Frame, id: Option<i32>, limits: &Limits) {
        if !self.is_up() {
            let refusal = self.refusal(frame, "the connection to the Gateway is lost and being restored");
            self.to_client.push(refusal);
            return;
        }
        if let (3 | 21, Some(id)) = (frame.message(), id) {
            self.orders.seen(OrderId::new(id));
        }
        let intent = Box::new(self.intent(frame, id.map(OrderId::new)));
        let ticket = self.intents.push_order(self.serial, frame.clone(), now + limits.durable);
        self.acts.push_back(Act::Intend { ticket, intent });
        self.want_mark();
    }

    /// What is to be durable of an order: as much of it as can be read.
    fn intent(&self, frame: &Frame, order_id: Option<OrderId>) -> OrderIntent {
        let act = match frame.message() {
            4 => OrderAct::Cancel,
            EXERCISE => OrderAct::Exercise,
            58 => OrderAct::CancelAll,
            _ => OrderAct::Place,
        };
        let mut intent = OrderIntent {
            client_id: self.client_id,
            server_version: self.speaks,
            act,
            order_id,
            order_ref: String::new(),
            symbol: String::new(),
            side: String::new(),
            quantity: None,
            order_type: String::new(),
            perm_id: order_id.and_then(|id| self.orders.perm_id(id)),
        };
        if act == OrderAct::Place
            && let Ok(ClientMessage::PlaceOrder(message)) = ClientMessage::decode(&frame.payload(), self.speaks)
        {
            let PlaceOrder { contract, order, .. } = *message;
            intent.order_ref = order.order_ref;
            intent.symbol = contract.symbol;
            intent.side = order.action.as_str().to_owned();
            intent.quantity = Some(order.total_quantity);
            intent.order_type = order.order_type;
        }
        intent
    }

    /// The journal has answered. `false` where nobody waits for that any more: then it was not sent.
    pub(crate) fn handle_recorded(&mut self, ticket: Ticket, kept: Kept) -> bool {
        let waited = self.intents.answered(ticket, kept);
        self.release();
        waited
    }

    /// Sends what waits no longer.
    pub(super) fn release(&mut self) {
        while let Some(released) = self.intents.release() {
            match released {
                Released::Other(frame) => self.to_gateway.push(frame),
                Released::Order(frame, kept) => self.order(&frame, kept),
            }
        }
    }

    fn order(&mut self, frame: &Frame, kept: Kept) {
        let id = answer::request_id(frame, self.speaks).map(OrderId::new);
        let entry = match (kept, frame.message()) {
            (Kept::At(entry), _) => Some(entry),
            // A cancel only makes less; that it could not be written down keeps nobody from it.
            (Kept::Not, 3 | 21) => return self.not_kept(id, UNDURABLE, UNDURABLE_CHANGE),
            (Kept::Halted(halt), 3 | 21) => {
                let refused = format!("Order rejected - reason:{halt} It was not sent, and will not be.");
                let change = format!("Order Message: {halt} The change was not sent; the order stands as it was.");
                return self.not_kept(id, &refused, &change);
            }
            (Kept::Not | Kept::Halted(_), _) => None,
        };
        match (frame.message(), id) {
            (3, Some(id)) => {
                let sent = self.placed(frame);
                self.orders.placed(id, sent, entry);
            }
            (4, Some(id)) => self.orders.cancelling(id, entry),
            (21, Some(id)) => self.orders.placed(id, Sent::Exercised, entry),
            (58, _) => self.orders.cancelling_all(entry),
            _ => self.orders.opaque(entry),
        }
        self.to_gateway.push_order(frame.bytes().clone());
    }

    /// The answer to an order that is not sent since it is not in the journal: a new one, or a change of one that stands.
    fn not_kept(&mut self, id: Option<OrderId>, refused: &str, change: &str) {
        self.counts.orders_refused += 1;
        if let Some(id) = id.filter(|id| self.orders.is_working(*id)) {
            return self.tell(id.get(), words::ORDER_MESSAGE, change);
        }
        self.tell(id.map_or(-1, OrderId::get), words::ORDER_REJECTED, refused);
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
        let order = OrderId::new(id);
        if frame.message() != EXERCISE && (self.orders.stands(order) || self.settlement.knows(order)) {
            // Clients take 504 for the order's death, and this was a cancel or a change of one that may live.
            let text = format!(
                "Order Message: {why}. This cancel or change was not sent, and will not be; as far as is known the order \
                stands as it was. Send it again once connected."
            );
            return words::error(id, words::ORDER_MESSAGE, &text, self.speaks);
        }
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
