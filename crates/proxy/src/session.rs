//! One client id: the client's side, the Gateway's side, and what both have said. Each side may go away and come back
//! while the other stays.

mod doubts;
mod from_client;
mod from_gateway;
mod memory;
mod outage;
mod standing;

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::message::start::ReqIds;
use gatewright_proto::{ClientId, ClientMessage, OrderId, ServerVersion};

use self::memory::Memory;
use crate::event::{Closing, ConnectionId, EntryId, OrderIntent, OrderNews, Ticket, UpstreamFailure};
use crate::frame::Frame;
use crate::intents::Intents;
use crate::orders::Orders;
use crate::outbox::GatewayOutbox;
use crate::rate::Rate;
use crate::requests::{Asker, RequestKey, Requests};
use crate::settings::{Limits, MAX_EARLY, ProxySettings};
use crate::settlement::Settlement;
use crate::take_back::take_back;
use crate::words;

/// Request ids of our own begin here: clients count from 1, from the order ids, or from 1 500 000 000 upwards.
const OWN_REQUESTS: i32 = 2_100_000_000;

/// What a session wants done.
#[derive(Debug)]
pub(crate) enum Act {
    /// Open the Gateway's side.
    Open { generation: u64 },
    /// Close it.
    CloseUpstream { generation: u64 },
    /// Close the client's side, once it has everything that was sent to it.
    CloseClient { connection: ConnectionId, why: Closing },
    /// Make durable that order ids up to here are used.
    Mark { at_least: OrderId },
    /// Write down what is about to be sent.
    Intend { ticket: Ticket, intent: Box<OrderIntent> },
    /// Record what is known of an order.
    Record { order_id: Option<OrderId>, entries: Vec<EntryId>, news: OrderNews },
    /// The session is over.
    End,
}

/// The Gateway's side.
#[derive(Debug)]
enum Upstream {
    /// It is tried at that moment.
    Waiting { until: Instant },
    /// It is being opened.
    Opening { generation: u64 },
    /// It is open; accounts and next valid id are on their way.
    Identifying { generation: u64, accounts: bool, next_id: bool },
    /// It serves.
    Up { generation: u64 },
}

/// The client's side.
#[derive(Debug)]
enum Side {
    /// A client has said START_API and has not been answered yet.
    Arriving { connection: ConnectionId, since: Instant, early: Early, arrival: Arrival },
    /// A client is there.
    Attached { connection: ConnectionId, since: Instant },
    /// Nobody is there; the session is kept for whoever comes, and longer while it has orders in doubt.
    Parked { until: Instant, settle_by: Instant },
}

/// How a client arrives.
#[derive(Debug)]
enum Arrival {
    /// Its session is new: what the Gateway says is for it, and waits until the next order id is durable. `None` is
    /// the place of that id.
    First { held: Vec<Option<Bytes>> },
    /// It returns to a parked session. Until the Gateway has answered us, what it sends is still the old client's.
    Return { answer_by: Option<Instant> },
}

/// What a client has sent before it was answered.
#[derive(Debug, Default)]
struct Early {
    frames: VecDeque<Frame>,
    bytes: usize,
}

/// What has happened, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) from_client: u64,
    pub(crate) rate: Rate,
    pub(crate) from_gateway_bytes: u64,
    pub(crate) outages: u64,
    pub(crate) resumed: u64,
    pub(crate) orders_refused: u64,
    pub(crate) answers_dropped: u64,
}

/// One client id.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client_id: ClientId,
    pub(crate) speaks: ServerVersion,
    pub(crate) options: String,
    pub(crate) capabilities: String,
    pub(crate) counts: Counts,
    /// Its number among all sessions of the proxy.
    serial: u64,
    read_only: bool,
    upstream: Upstream,
    side: Side,
    established: bool,
    attempts: u32,
    outage_since: Option<Instant>,
    failure: Option<UpstreamFailure>,
    requests: Requests,
    orders: Orders,
    settlement: Settlement,
    memory: Memory,
    /// The id that the Gateway expects next, as it said itself.
    counted: OrderId,
    /// Next valid ids that are owed to the client until they are durable.
    ids_owed: u32,
    next_own_request: i32,
    /// Answers that the Gateway owes to returns: until they are there, its data is the old client's.
    returns_owed: u32,
    /// When the first of them is overdue for good.
    silent_by: Option<Instant>,
    /// Executions that only we have asked for: their commissions are not for the client either.
    own_executions: BTreeSet<String>,
    /// Executions that the client has been told of, so that it is told of each once.
    told_executions: BTreeSet<String>,
    /// Those of them whose commission is still to come.
    uncommissioned: BTreeSet<String>,
    /// Orders that were open or in doubt when the Gateway went: what was executed of them meanwhile is news.
    watched: BTreeSet<OrderId>,
    intents: Intents,
    pub(crate) to_client: Vec<Bytes>,
    pub(crate) to_gateway: GatewayOutbox,
    pub(crate) acts: VecDeque<Act>,
}

/// Who opens a session, and how.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) client_id: ClientId,
    /// The session's number among all.
    pub(crate) serial: u64,
    /// `None` where it is opened for orders in doubt, and no client is there.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) speaks: ServerVersion,
    pub(crate) options: String,
    pub(crate) capabilities: String,
}

impl Session {
    /// A client has said START_API under an id that has no session, or its orders are to be asked about. Ids below
    /// `next` are not handed out.
    pub(crate) fn new(now: Instant, opening: Opening, next: OrderId, settings: &ProxySettings) -> Self {
        let Opening { client_id, serial, connection, speaks, options, capabilities } = opening;
        let side = match connection {
            Some(connection) => {
                let arrival = Arrival::First { held: Vec::new() };
                Side::Arriving { connection, since: now, early: Early::default(), arrival }
            }
            None => Side::Parked { until: now + settings.park, settle_by: now + settings.limits.settle },
        };
        Self {
            client_id,
            speaks,
            options,
            capabilities,
            counts: Counts::default(),
            serial,
            read_only: settings.read_only.contains(client_id),
            upstream: Upstream::Waiting { until: now },
            side,
            established: false,
            attempts: 0,
            outage_since: None,
            failure: None,
            requests: Requests::default(),
            orders: Orders::new(next),
            settlement: Settlement::new(client_id),
            memory: Memory::default(),
            counted: OrderId::new(0),
            ids_owed: 0,
            next_own_request: OWN_REQUESTS,
            returns_owed: 0,
            silent_by: None,
            own_executions: BTreeSet::new(),
            told_executions: BTreeSet::new(),
            uncommissioned: BTreeSet::new(),
            watched: BTreeSet::new(),
            intents: Intents::default(),
            to_client: Vec::new(),
            to_gateway: GatewayOutbox::default(),
            // What earlier daemons have handed out is asked for while the Gateway's side is being opened.
            acts: VecDeque::from([Act::Mark { at_least: OrderId::new(0) }]),
        }
    }

    /// Whose connection it is, while there is one.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        match &self.side {
            Side::Arriving { connection, .. } | Side::Attached { connection, .. } => Some(*connection),
            Side::Parked { .. } => None,
        }
    }

    /// The Gateway's side, while it is open or being opened.
    pub(crate) fn generation(&self) -> Option<u64> {
        match self.upstream {
            Upstream::Waiting { .. } => None,
            Upstream::Opening { generation }
            | Upstream::Identifying { generation, .. }
            | Upstream::Up { generation } => Some(generation),
        }
    }

    /// The next order id that may be handed out.
    pub(crate) fn next_order_id(&self) -> OrderId {
        self.orders.next()
    }

    fn is_up(&self) -> bool {
        matches!(self.upstream, Upstream::Up { .. })
    }

    fn tell(&mut self, id: i32, code: i32, text: &str) {
        if matches!(self.side, Side::Attached { .. }) {
            self.to_client.push(words::error(id, code, text, self.speaks));
        }
    }

    /// A client has come back to its parked session.
    pub(crate) fn handle_return(&mut self, now: Instant, connection: ConnectionId, settings: &ProxySettings) {
        self.counts.resumed += 1;
        // The answer is behind everything that the Gateway has sent to the client before, and tells the next id.
        let ids = words::to_gateway(&ClientMessage::ReqIds(ReqIds { count: 1 }), self.speaks);
        let answer_by = match ids {
            Some(frame) if self.is_up() => {
                self.requests.owe(RequestKey { message: 8, id: None }, Asker::Proxy);
                self.to_gateway.push(frame);
                self.returns_owed += 1;
                self.silent_by.get_or_insert(now + settings.limits.silence);
                Some(now + settings.limits.resume)
            }
            Some(_) | None => None,
        };
        let arrival = Arrival::Return { answer_by };
        self.side = Side::Arriving { connection, since: now, early: Early::default(), arrival };
        self.try_attach(now, &settings.limits);
    }

    /// The client's connection is gone. What it has asked for is taken back now, since its successor will use the same
    /// request ids; orders are never touched.
    pub(crate) fn handle_vanished(&mut self, now: Instant, settings: &ProxySettings) {
        self.to_client.clear();
        self.uncommissioned.clear();
        let up = self.is_up();
        for asked in self.requests.vanish() {
            if let Some(cancel) = take_back(&asked, self.speaks) {
                self.requests.no_longer_owed(asked.key);
                if up {
                    self.send(cancel);
                }
            }
        }
        self.ids_owed = 0;
        let limits = &settings.limits;
        let waits = matches!(self.upstream, Upstream::Waiting { .. });
        // What the client has ordered before it went is still sent.
        let park = if self.intents.is_empty() { settings.park } else { settings.park.max(limits.durable) };
        if park.is_zero() || !self.established && waits {
            self.end();
        } else {
            self.side = Side::Parked { until: now + park, settle_by: now + park + limits.settle };
        }
    }

    /// A message to the Gateway, behind whatever of this client waits for the disk.
    fn send(&mut self, frame: Bytes) {
        if self.intents.is_empty() {
            self.to_gateway.push(frame);
        } else {
            self.intents.push(frame);
        }
    }

    /// Bytes that wait for the Gateway, or for the disk before.
    pub(crate) fn unsent(&self) -> usize {
        self.to_gateway.waiting() + self.intents.waiting()
    }

    /// It is over: the Gateway's side is closed, and nothing remembered but the order ids.
    pub(crate) fn end(&mut self) {
        self.drop_intents();
        self.doubt();
        if let Some(generation) = self.generation() {
            self.acts.push_back(Act::CloseUpstream { generation });
        }
        self.acts.push_back(Act::End);
    }

    /// The Gateway's side is open. Its first frames follow.
    pub(crate) fn handle_opened(&mut self) {
        if let Upstream::Opening { generation } = self.upstream {
            self.upstream = Upstream::Identifying { generation, accounts: false, next_id: false };
        }
    }

    /// The Gateway's side could not be opened.
    pub(crate) fn handle_refused(&mut self, now: Instant, failure: UpstreamFailure, settings: &ProxySettings) {
        let limits = &settings.limits;
        let (taken, unsupported) = (failure.is_client_id_in_use(), failure.is_version_unsupported());
        self.failure = Some(failure);
        match &self.side {
            Side::Arriving { since, .. } => {
                let last = if taken { *since + limits.client_id_taken } else { *since + limits.start };
                let guarded = self.failure.as_ref().is_some_and(UpstreamFailure::is_guarded);
                if unsupported || guarded || last <= now {
                    return self.give_up();
                }
            }
            // A client that is there cannot change its version.
            Side::Attached { connection, .. } if unsupported => {
                self.acts.push_back(Act::CloseClient { connection: *connection, why: Closing::OtherVersion });
                return self.end();
            }
            Side::Parked { .. } if unsupported || !self.established && self.settlement.doubts() == 0 => {
                return self.end();
            }
            Side::Attached { .. } | Side::Parked { .. } => {}
        }
        let wait = limits.first_retry.saturating_mul(2u32.saturating_pow(self.attempts.min(16)));
        self.attempts += 1;
        self.upstream = Upstream::Waiting { until: now + wait.min(limits.longest_retry) };
    }

    /// What is waited for before another attempt has no reason any more. Returns whether an attempt was waited for.
    pub(crate) fn hurry(&mut self, now: Instant) -> bool {
        let Upstream::Waiting { until } = &mut self.upstream else { return false };
        *until = now.min(*until);
        self.attempts = 0;
        true
    }

    /// The journal has spoken: up to here it is durable that ids are used. `None` when it cannot keep them.
    pub(crate) fn handle_marked(&mut self, now: Instant, mark: Option<OrderId>, limits: &Limits) {
        match mark {
            Some(mark) => self.orders.marked(mark),
            None => self.orders.undurable(),
        }
        self.want_mark();
        if self.orders.may_hand_out() {
            for _ in 0..std::mem::take(&mut self.ids_owed) {
                self.to_client.push(words::next_valid_id(self.orders.next(), self.speaks));
            }
        }
        self.try_attach(now, limits);
    }

    fn want_mark(&mut self) {
        if let Some(at_least) = self.orders.wanted_mark() {
            self.acts.push_back(Act::Mark { at_least });
        }
    }

    /// Answers a client that has waited, if everything that it must be told is there.
    fn try_attach(&mut self, now: Instant, limits: &Limits) {
        if !self.is_up()
            || !matches!(
                self.side,
                Side::Arriving { arrival: Arrival::First { .. } | Arrival::Return { answer_by: None }, .. }
            )
        {
            return;
        }
        self.want_mark();
        if !self.orders.may_hand_out() {
            return;
        }
        let nobody = Side::Parked { until: now, settle_by: now };
        let Side::Arriving { connection, early, arrival, .. } = std::mem::replace(&mut self.side, nobody) else {
            return;
        };
        self.side = Side::Attached { connection, since: now };
        let next = words::next_valid_id(self.orders.next(), self.speaks);
        match arrival {
            Arrival::First { held } => {
                self.to_client.extend(held.into_iter().map(|frame| frame.unwrap_or_else(|| next.clone())));
            }
            Arrival::Return { .. } => {
                self.to_client.extend(self.memory.accounts.clone());
                self.to_client.push(next);
                self.to_client.extend(self.memory.farms.values().map(|(_, notice)| notice.clone()));
                if self.memory.lost {
                    self.tell(-1, words::LOST, outage::LOST_TEXT);
                }
            }
        }
        self.tell_doubts();
        for frame in early.frames {
            self.take_from_client(now, &frame, limits);
        }
    }

    /// A frame from the client.
    pub(crate) fn handle_client_frame(&mut self, now: Instant, frame: Frame, limits: &Limits) {
        self.counts.from_client += 1;
        self.counts.rate.count(now);
        match &mut self.side {
            Side::Attached { .. } => self.take_from_client(now, &frame, limits),
            Side::Arriving { connection, early, .. } => {
                if crate::answer::trades(frame.message()) {
                    let refusal = self.refusal(&frame, "there is no session with the Gateway yet");
                    self.to_client.push(refusal);
                    return;
                }
                early.bytes += frame.bytes().len();
                early.frames.push_back(frame);
                if early.bytes > MAX_EARLY {
                    let connection = *connection;
                    self.acts.push_back(Act::CloseClient { connection, why: Closing::TooMuchTooEarly });
                }
            }
            Side::Parked { .. } => {}
        }
    }

    /// A deadline has passed.
    pub(crate) fn handle_timeout(&mut self, now: Instant, generation: &mut u64, settings: &ProxySettings) {
        let limits = &settings.limits;
        self.expire_silence(now, settings);
        match &mut self.side {
            Side::Parked { until, settle_by } if *until <= now => {
                if self.settlement.doubts() == 0 || *settle_by <= now {
                    return self.end();
                }
                *until = now + limits.lists;
            }
            Side::Arriving { since, .. } if *since + limits.start <= now => return self.give_up(),
            Side::Arriving { arrival: Arrival::Return { answer_by }, .. } if answer_by.is_some_and(|by| by <= now) => {
                // What the Gateway said last has to do.
                *answer_by = None;
                self.try_attach(now, limits);
            }
            Side::Parked { .. } | Side::Arriving { .. } | Side::Attached { .. } => {}
        }
        if let Upstream::Waiting { until } = self.upstream
            && until <= now
        {
            *generation += 1;
            self.upstream = Upstream::Opening { generation: *generation };
            self.acts.push_back(Act::Open { generation: *generation });
        }
        self.intents.expire(now);
        self.release();
        self.expire_questions(now, limits);
        self.ask_about_doubts(now, limits);
    }

    /// The next deadline.
    pub(crate) fn poll_timeout(&self, settings: &ProxySettings) -> Option<(Instant, &'static str)> {
        let limits = &settings.limits;
        let side = match &self.side {
            Side::Parked { until, .. } => Some((*until, "a parked session")),
            Side::Arriving { arrival: Arrival::Return { answer_by: Some(by) }, .. } => Some((*by, "a client's return")),
            Side::Arriving { since, .. } => Some((*since + limits.start, "a client's session")),
            Side::Attached { .. } => None,
        };
        let upstream = match self.upstream {
            Upstream::Waiting { until } => Some((until, "another attempt")),
            Upstream::Opening { .. } | Upstream::Identifying { .. } | Upstream::Up { .. } => None,
        };
        let question = self.outage_since.and(self.requests.oldest_question());
        let question = question.map(|since| (since + limits.question, "a question in an outage"));
        let doubt = self.settlement.timeout().filter(|_| self.is_up()).map(|at| (at, "an order in doubt"));
        let disk = self.intents.timeout().map(|at| (at, "an order that waits for the disk"));
        let silence = self.silent_by.map(|at| (at, "the answer to a return"));
        [side, upstream, question, doubt, disk, silence].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}
