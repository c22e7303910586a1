//! What the Gateway sends: passed on as it came, but for what the client must not see twice, or not at all.

use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::message::execution::ExecDetails;
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, Connectivity, FarmFamily, FarmState, classify, farm_name};
use gatewright_proto::{OrderId, RequestId, ServerMessage};

use super::memory::Family;
use super::{Arrival, OWN_REQUESTS, Session, Side, Upstream};
use crate::answer::{self, Role};
use crate::frame::{Frame, message_id, whole_frame};
use crate::requests::{Asker, RequestKey};
use crate::settings::ProxySettings;
use crate::settlement::List;
use crate::words;

/// The longest that executions are remembered that only we have asked for; a busy day has some thousand.
const MAX_OWN_EXECUTIONS: usize = 16_384;

/// Farms of which the newest notice is remembered; a login has some ten.
const MAX_FARMS: usize = 64;

/// The end of the completed orders.
const COMPLETED_ORDERS_END: i32 = 102;

/// "Failed to request live updates": a subscription was dropped because IBKR was lost.
const DROPPED: i32 = 10182;

/// What becomes of a frame on its way to the client.
enum Fate {
    /// It goes on as it is.
    Pass,
    /// It is not the client's.
    Swallow,
    /// Something else goes in its place.
    Replace(Bytes),
    /// The next valid id goes in its place, once it is durable.
    NextId,
    /// IBKR is back and has lost market data: what makes that good goes in its place.
    DataLost,
}

impl Session {
    /// Whole frames from the Gateway, as many as came together.
    pub(crate) fn handle_frames(&mut self, now: Instant, frames: &Bytes, settings: &ProxySettings) {
        self.counts.from_gateway_bytes += frames.len() as u64;
        let (mut begin, mut passed) = (0, 0);
        while let Some(length) = whole_frame(&frames[begin..]) {
            let end = begin + length;
            let fate = match message_id(&frames[begin..end], self.speaks) {
                Ok(message) if !self.concerns_us(message) => Fate::Pass,
                Ok(_) => Frame::read(frames.slice(begin..end), self.speaks)
                    .map_or(Fate::Pass, |frame| self.take_in(now, &frame, settings)),
                // A frame whose id cannot be read concerns nobody but the client.
                Err(_) => Fate::Pass,
            };
            match fate {
                Fate::Pass => {}
                Fate::Swallow | Fate::Replace(_) | Fate::NextId | Fate::DataLost => {
                    self.deliver(frames.slice(passed..begin));
                    passed = end;
                }
            }
            match fate {
                Fate::Pass | Fate::Swallow => {}
                Fate::Replace(other) => self.deliver(other),
                Fate::NextId => self.deliver_next_id(),
                Fate::DataLost => {
                    let again = self.requests.market_data_again();
                    self.replay(again);
                    self.tell_restored();
                }
            }
            begin = end;
            if let Upstream::Identifying { generation, accounts: true, next_id: true } = self.upstream {
                // What has come so far is ahead of what being up brings.
                self.deliver(frames.slice(passed..begin));
                passed = begin;
                self.handle_up(now, generation, settings);
            }
        }
        self.deliver(frames.slice(passed..begin));
        self.try_attach(now, &settings.limits);
    }

    fn deliver(&mut self, frames: Bytes) {
        match &mut self.side {
            _ if frames.is_empty() => {}
            Side::Attached { .. } => self.to_client.push(frames),
            Side::Arriving { arrival: Arrival::First { held }, .. } => held.push(Some(frames)),
            // What the client before has asked for.
            Side::Arriving { arrival: Arrival::Return { .. }, .. } | Side::Parked { .. } => {
                self.counts.answers_dropped += 1;
            }
        }
    }

    fn deliver_next_id(&mut self) {
        self.want_mark();
        match &mut self.side {
            Side::Arriving { arrival: Arrival::First { held }, .. } => held.push(None),
            Side::Attached { .. } if self.orders.may_hand_out() => {
                self.to_client.push(words::next_valid_id(self.orders.next(), self.speaks));
            }
            Side::Attached { .. } => self.ids_owed += 1,
            Side::Arriving { arrival: Arrival::Return { .. }, .. } | Side::Parked { .. } => {}
        }
    }

    /// Whether more than its id has to be known of such a message. Most that come are ticks, of which nothing has.
    fn concerns_us(&self, message: i32) -> bool {
        self.returns_owed > 0
            || matches!(message, 3 | 4 | 5 | 9 | 11 | 15 | 59 | 101)
            || answer::role(message, self.speaks) != Role::Other
    }

    fn take_in(&mut self, now: Instant, frame: &Frame, settings: &ProxySettings) -> Fate {
        match frame.message() {
            3 => self.order_status(frame),
            4 => self.error(frame),
            5 => self.open_order(frame),
            9 => self.next_valid_id(frame),
            11 => self.execution(frame),
            15 => self.accounts(frame),
            59 => self.commission(frame),
            101 => self.completed(frame),
            message => match answer::role(message, self.speaks) {
                Role::Other if self.returns_owed > 0 && answer::answer_id(frame, self.speaks).is_some() => {
                    self.counts.answers_dropped += 1;
                    Fate::Swallow
                }
                Role::Other => Fate::Pass,
                role @ (Role::Ends(_) | Role::Part(_)) => self.answer(now, frame, role, settings),
            },
        }
    }

    fn answer(&mut self, now: Instant, frame: &Frame, role: Role, settings: &ProxySettings) -> Fate {
        let id = answer::answer_id(frame, self.speaks);
        match self.requests.answered(role, id) {
            None if is_ours(id) || frame.message() == COMPLETED_ORDERS_END => Fate::Swallow,
            None | Some(Asker::Client) => Fate::Pass,
            Some(Asker::Gone) => Fate::Swallow,
            Some(Asker::Proxy) => {
                match frame.message() {
                    53 => self.list_ended(now, List::Open, settings),
                    55 => self.list_ended(now, List::Executions, settings),
                    102 => self.list_ended(now, List::Completed, settings),
                    _ => {}
                }
                Fate::Swallow
            }
        }
    }

    fn accounts(&mut self, frame: &Frame) -> Fate {
        self.memory.accounts = Some(frame.bytes().clone());
        if let Upstream::Identifying { accounts, .. } = &mut self.upstream {
            *accounts = true;
            return self.repeated();
        }
        match self.requests.answered(answer::role(15, self.speaks), None) {
            Some(Asker::Gone | Asker::Proxy) => Fate::Swallow,
            Some(Asker::Client) | None => Fate::Pass,
        }
    }

    fn next_valid_id(&mut self, frame: &Frame) -> Fate {
        if let Some(id) = frame.number(2).map(OrderId::new) {
            self.counted = id;
            self.orders.raise(id);
        }
        if let Upstream::Identifying { next_id, .. } = &mut self.upstream {
            *next_id = true;
            return match self.repeated() {
                Fate::Pass => Fate::NextId,
                other @ (Fate::Swallow | Fate::Replace(_) | Fate::NextId | Fate::DataLost) => other,
            };
        }
        match self.requests.answered(answer::role(9, self.speaks), None) {
            Some(Asker::Proxy) => {
                self.returns_owed = self.returns_owed.saturating_sub(1);
                if self.returns_owed == 0 {
                    self.silent_by = None;
                    if let Side::Arriving { arrival: Arrival::Return { answer_by }, .. } = &mut self.side {
                        *answer_by = None;
                    }
                }
                Fate::Swallow
            }
            Some(Asker::Gone) => Fate::Swallow,
            Some(Asker::Client) | None => Fate::NextId,
        }
    }

    /// What a session begins with is told to a client once.
    fn repeated(&self) -> Fate {
        match &self.side {
            Side::Arriving { arrival: Arrival::First { .. }, .. } => Fate::Pass,
            Side::Arriving { arrival: Arrival::Return { .. }, .. } | Side::Attached { .. } | Side::Parked { .. } => {
                Fate::Swallow
            }
        }
    }

    fn decoded(&self, frame: &Frame) -> Option<ServerMessage> {
        // A message that cannot be read is passed on all the same.
        ServerMessage::decode(&frame.payload(), self.speaks).ok()
    }

    fn order_status(&mut self, frame: &Frame) -> Fate {
        let Some(ServerMessage::OrderStatus(status)) = self.decoded(frame) else { return Fate::Pass };
        if status.client_id != self.client_id {
            return self.of_another();
        }
        self.orders.seen(status.order_id);
        self.orders.learn(status.order_id, status.perm_id);
        match status.status.as_str() {
            "Filled" | "Cancelled" | "ApiCancelled" | "Inactive" => self.over(status.order_id, &status.status),
            "PendingCancel" => {
                self.spoken_of(status.order_id);
                self.cancel_answered(status.order_id);
                self.orders.working(status.order_id, Some(status.filled + status.remaining));
            }
            _ => {
                self.spoken_of(status.order_id);
                self.orders.working(status.order_id, Some(status.filled + status.remaining));
            }
        }
        self.want_mark();
        Fate::Pass
    }

    fn open_order(&mut self, frame: &Frame) -> Fate {
        let Some(ServerMessage::OpenOrder(open)) = self.decoded(frame) else { return Fate::Pass };
        if open.order.client_id != self.client_id {
            return self.of_another();
        }
        self.orders.seen(open.order_id);
        self.orders.learn(open.order_id, open.order.perm_id);
        self.spoken_of(open.order_id);
        if !matches!(open.order_state.status.as_str(), "Filled" | "Cancelled" | "ApiCancelled" | "Inactive") {
            self.orders.working(open.order_id, None);
        }
        self.want_mark();
        Fate::Pass
    }

    /// Orders of other clients are told to those who have asked for all.
    fn of_another(&self) -> Fate {
        if self.requests.is_ours(RequestKey { message: 5, id: None }) { Fate::Swallow } else { Fate::Pass }
    }

    fn execution(&mut self, frame: &Frame) -> Fate {
        let id = answer::answer_id(frame, self.speaks);
        let asker = self.requests.answered(answer::role(11, self.speaks), id);
        let asker = asker.or(is_ours(id).then_some(Asker::Proxy));
        let Some(ServerMessage::ExecDetails(details)) = self.decoded(frame) else {
            return if asker == Some(Asker::Proxy) { Fate::Swallow } else { Fate::Pass };
        };
        let execution = &details.execution;
        if execution.client_id == self.client_id && execution.order_id.get() > 0 {
            self.orders.seen(execution.order_id);
            self.orders.learn(execution.order_id, execution.perm_id);
            let entries = self.orders.acknowledged(execution.order_id);
            self.close_entries(execution.order_id, entries);
        }
        let own = execution.client_id == self.client_id;
        match asker {
            None | Some(Asker::Client) => {
                self.told_of(&execution.exec_id);
                Fate::Pass
            }
            Some(Asker::Gone) => Fate::Swallow,
            Some(Asker::Proxy)
                if own
                    && self.watched.contains(&execution.order_id)
                    && !self.told_executions.contains(&execution.exec_id) =>
            {
                self.settlement.handle_execution(execution);
                self.told_of(&execution.exec_id);
                // The client has not been told of it: it gets what it would have got unasked.
                let unasked = ExecDetails { req_id: RequestId::NONE, ..*details };
                Fate::Replace(words::to_client(&ServerMessage::ExecDetails(Box::new(unasked)), self.speaks))
            }
            Some(Asker::Proxy) => {
                self.settlement.handle_execution(execution);
                // What an execution has cost is told once as well, and may have been lost behind the execution.
                let owed = self.uncommissioned.contains(&execution.exec_id);
                if !owed && self.own_executions.len() < MAX_OWN_EXECUTIONS {
                    self.own_executions.insert(execution.exec_id.clone());
                }
                Fate::Swallow
            }
        }
    }

    /// The client is told of this execution.
    fn told_of(&mut self, exec_id: &str) {
        let room = self.told_executions.len() < MAX_OWN_EXECUTIONS;
        if matches!(self.side, Side::Attached { .. }) && room && self.told_executions.insert(exec_id.to_owned()) {
            self.uncommissioned.insert(exec_id.to_owned());
        }
    }

    fn commission(&mut self, frame: &Frame) -> Fate {
        if self.own_executions.is_empty() && self.uncommissioned.is_empty() {
            return Fate::Pass;
        }
        let Some(ServerMessage::CommissionReport(report)) = self.decoded(frame) else { return Fate::Pass };
        if self.own_executions.remove(&report.exec_id) {
            return Fate::Swallow;
        }
        self.uncommissioned.remove(&report.exec_id);
        Fate::Pass
    }

    fn completed(&mut self, frame: &Frame) -> Fate {
        match self.requests.answered(answer::role(101, self.speaks), None) {
            Some(Asker::Client) => Fate::Pass,
            // Nobody is told of completed orders unasked: without a question it is the late answer to one of ours.
            None | Some(Asker::Gone) => Fate::Swallow,
            Some(Asker::Proxy) => {
                if let Some(ServerMessage::CompletedOrder(completed)) = self.decoded(frame) {
                    self.settlement.handle_completed(&completed);
                }
                Fate::Swallow
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is said of an order shows that it has arrived")]
    fn error(&mut self, frame: &Frame) -> Fate {
        let Some(ServerMessage::Error(error)) = self.decoded(frame) else { return Fate::Pass };
        let class = classify(error.code, &error.text);
        if let CodeClass::Connectivity(connectivity) = class {
            return self.connectivity(connectivity);
        }
        if let CodeClass::Farm { family, state } = class {
            self.farm(family, state, &error, frame);
        }
        let id = error.id.get();
        if id < 0 {
            return Fate::Pass;
        }
        let order_id = OrderId::new(id);
        // Orders and requests share one number space, and some clients use a number twice. A subscription that is
        // made again in vain is answered by an error again; one that is forgotten is silent for ever.
        let is_order = self.orders.knows(order_id);
        match class {
            CodeClass::OrderCancelled => self.over(order_id, "Cancelled"),
            CodeClass::OrderRejected => self.over(order_id, "Rejected"),
            CodeClass::OrderUnchanged => {
                self.spoken_of(order_id);
                self.cancel_answered(order_id);
            }
            _ => self.spoken_of(order_id),
        }
        // Libraries know 1101 and do nothing about this: while IBKR is lost the stream is kept for them until it is back.
        if error.code == DROPPED && self.memory.lost && !is_order && self.requests.drop_subscription(id) {
            return Fate::Swallow;
        }
        if is_ours(Some(id)) {
            let _ = self.requests.failed(id);
            return Fate::Swallow;
        }
        if is_order || !answer::ends_request(class) {
            return Fate::Pass;
        }
        match self.requests.failed(id) {
            None | Some(Asker::Client) => Fate::Pass,
            Some(Asker::Gone | Asker::Proxy) => Fate::Swallow,
        }
    }

    fn connectivity(&mut self, connectivity: Connectivity) -> Fate {
        match connectivity {
            Connectivity::Lost => self.memory.lost = true,
            Connectivity::RestoredDataKept => {
                self.memory.lost = false;
                let again = self.requests.dropped_again();
                self.replay(again);
            }
            Connectivity::RestoredDataLost => {
                self.memory.lost = false;
                // Few clients make their subscriptions again by themselves, so that is done for them.
                if matches!(self.side, Side::Attached { .. }) && !self.requests.has_forgotten() {
                    return Fate::DataLost;
                }
            }
            Connectivity::PortReset | Connectivity::Broken => {}
        }
        Fate::Pass
    }

    fn farm(&mut self, family: FarmFamily, state: FarmState, error: &ErrorMessage, frame: &Frame) {
        let Some(name) = farm_name(&error.text) else { return };
        let family = match family {
            FarmFamily::MarketData => Family::MarketData,
            FarmFamily::Historical => Family::Historical,
            FarmFamily::SecurityDefinition => Family::SecurityDefinition,
        };
        let key = (family, name.to_owned());
        if self.memory.farms.len() < MAX_FARMS || self.memory.farms.contains_key(&key) {
            self.memory.farms.insert(key, (state, frame.bytes().clone()));
        }
    }
}

/// Whether an answer names a request of ours, also one that we have given up: its late answer is not the client's.
fn is_ours(id: Option<i32>) -> bool {
    id.is_some_and(|id| id >= OWN_REQUESTS)
}
