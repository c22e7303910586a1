//! A scripted program that speaks the TWS API itself: it connects, asks, subscribes and orders, dies, and returns with
//! the same client id and no memory.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::contract::{Contract, ContractDetailsRequest};
use gatewright_proto::message::historical::RealTimeBarsRequest;
use gatewright_proto::message::order::{Action, CancelOrder, GlobalCancel, Order, PlaceOrder};
use gatewright_proto::message::start::{ReqIds, StartApi};
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, RequestId, ServerGreeting, ServerMessage,
    ServerVersion, VersionRange,
};
use rust_decimal::Decimal;

use crate::chance::Chance;
use crate::violation::{Broken, Checked};

/// Request ids of every life of a program begin here: they are used again by the next one.
const FIRST_REQUEST: i32 = 10_000_000;

/// How long a program waits for a session before it gives up and connects again; longer than the proxy waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long after its end a program is back, and after a refusal.
const RECONNECTS: Duration = Duration::from_secs(1);

/// How long any question may stay without an end while the program stays: the proxy's bound for questions in an outage
/// (120 s), and what pacing and an attempt add.
const LONGEST_QUESTION: Duration = Duration::from_secs(180);

/// Streams that a lively program wants: as many as make cancels and replays meet.
const MOST_STREAMS: usize = 3;

/// Orders that a program leaves open: a month of it must not fill the Gateway.
const MOST_OPEN: usize = 20;

/// What a program sends.
#[derive(Debug, Clone)]
pub(crate) enum FromClient {
    Connect,
    Bytes(Bytes),
    Closed,
}

/// How often a program does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Never: it has what it wants and keeps it.
    Idle,
    /// Every few seconds, so that something is always under way when something goes wrong.
    Lively,
    /// Every few minutes, as through the hours of a month in which nothing goes wrong.
    Leisurely,
}

impl Pace {
    fn next(self, chance: &mut Chance) -> Duration {
        match self {
            Self::Idle | Self::Lively => chance.between(Duration::from_millis(300), Duration::from_secs(12)),
            Self::Leisurely => chance.between(Duration::from_secs(60), Duration::from_secs(900)),
        }
    }
}

/// A question, by what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Id(i32),
    OpenOrders,
    Ids,
}

/// Where a program stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Away { until: Duration },
    Greeting { by: Duration },
    Starting { by: Duration },
    Ready,
}

/// What a program remembers; it dies with it.
#[derive(Debug, Default)]
struct Memory {
    next_order: Option<i32>,
    accounts: bool,
    next_request: i32,
    streams: BTreeSet<i32>,
    ever: BTreeSet<i32>,
    questions: BTreeMap<Question, Duration>,
    unanswered_orders: BTreeMap<i32, Duration>,
    placed: Vec<i32>,
    /// Told 1100 and not yet 1101 or 1102.
    lost: bool,
}

/// A program.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    versions: VersionRange,
    link: Link,
    /// Its connection, while it has one.
    pub(crate) conn: Option<u64>,
    decoder: FrameDecoder,
    speaks: Option<ServerVersion>,
    memory: Memory,
    next_action: Duration,
    pace: Pace,
    /// Streams that it keeps when it is leisurely.
    calm_streams: usize,
    pub(crate) out: Vec<(u64, FromClient)>,
    /// The highest order id that was handed to any of its lives.
    handed: i32,
    /// Orders that were ever placed, which makes each reference its own.
    orders: u64,
}

impl Client {
    pub(crate) fn new(id: ClientId, protobuf: bool, calm_streams: usize) -> Self {
        Self {
            id,
            versions: if protobuf { VersionRange::new(100, 226) } else { VersionRange::new(157, 178) },
            link: Link::Away { until: Duration::ZERO },
            conn: None,
            decoder: FrameDecoder::default(),
            speaks: None,
            memory: Memory { next_request: FIRST_REQUEST, ..Memory::default() },
            next_action: Duration::ZERO,
            pace: Pace::Lively,
            calm_streams,
            out: Vec::new(),
            handed: 0,
            orders: 0,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        match self.link {
            Link::Away { until } => Some(until),
            Link::Greeting { by } | Link::Starting { by } => Some(by),
            Link::Ready => (self.pace != Pace::Idle).then_some(self.next_action),
        }
    }

    /// Its time has come. `conns` numbers connections.
    pub(crate) fn handle_timeout(&mut self, at: Duration, conns: &mut u64, chance: &mut Chance) {
        if self.poll_timeout().is_none_or(|due| due > at) {
            return;
        }
        match self.link {
            Link::Away { .. } => {
                *conns += 1;
                self.conn = Some(*conns);
                self.out.push((*conns, FromClient::Connect));
                let mut greeting = BytesMut::new();
                ClientGreeting { versions: self.versions, options: String::new() }.encode(&mut greeting);
                self.out.push((*conns, FromClient::Bytes(greeting.freeze())));
                self.link = Link::Greeting { by: at + PATIENCE };
            }
            Link::Greeting { .. } | Link::Starting { .. } => self.leave(at + RECONNECTS),
            Link::Ready => {
                self.next_action = at + self.pace.next(chance);
                self.act(at, chance);
            }
        }
    }

    /// The program dies; another one with the same client id is there from `until` on, and knows nothing.
    pub(crate) fn leave(&mut self, until: Duration) {
        if let Some(conn) = self.conn.take() {
            self.out.push((conn, FromClient::Closed));
        }
        self.forget(until);
    }

    /// Its connection was closed.
    pub(crate) fn handle_closed(&mut self, at: Duration, conn: u64) {
        if self.conn == Some(conn) {
            self.conn = None;
            self.forget(at + RECONNECTS);
        }
    }

    fn forget(&mut self, until: Duration) {
        self.link = Link::Away { until };
        self.decoder = FrameDecoder::default();
        self.speaks = None;
        self.memory = Memory { next_request: FIRST_REQUEST, ..Memory::default() };
    }

    /// Bytes from what it takes for a Gateway. `sent`: the highest order id of this client id that ever left for one.
    pub(crate) fn handle_bytes(&mut self, at: Duration, conn: u64, bytes: &Bytes, sent: i32) -> Checked {
        if self.conn != Some(conn) {
            return Ok(());
        }
        if matches!(self.link, Link::Greeting { .. }) && self.decoder.pending() > 0 {
            return Err(Broken::new("greeting", "the answer to a greeting comes in pieces"));
        }
        self.decoder.extend(bytes);
        loop {
            let frame = self.decoder.next_frame().map_err(|error| Broken::new("framing", error.to_string()))?;
            let Some(frame) = frame else { return Ok(()) };
            let Some(speaks) = self.speaks else {
                let greeting =
                    ServerGreeting::decode(&frame).map_err(|error| Broken::new("greeting", error.to_string()))?;
                if self.decoder.pending() > 0 {
                    return Err(Broken::new("greeting", "something comes right behind the answer to a greeting"));
                }
                self.speaks = Some(greeting.version);
                self.link = Link::Starting { by: at + PATIENCE };
                let start = StartApi { client_id: self.id, optional_capabilities: String::new() };
                self.say(&ClientMessage::StartApi(start));
                continue;
            };
            let message = ServerMessage::decode(&frame, speaks)
                .map_err(|error| Broken::new("framing", format!("a frame that no client can read: {error}")))?;
            self.handle_message(at, &message, sent)?;
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a program looks for what it has asked for")]
    fn handle_message(&mut self, at: Duration, message: &ServerMessage, sent: i32) -> Checked {
        match message {
            ServerMessage::ManagedAccounts(_) => self.memory.accounts = true,
            ServerMessage::NextValidId(next) => self.handed(next.order_id.get(), sent)?,
            ServerMessage::RealTimeBar(bar) if !self.memory.ever.contains(&bar.req_id.get()) => {
                let what = format!("client id {} gets bars under {}, which it never asked for", self.id, bar.req_id);
                return Err(Broken::new("another's data", what));
            }
            ServerMessage::ContractDetailsEnd(id) => self.answered(Question::Id(id.get())),
            ServerMessage::OpenOrderEnd => self.answered(Question::OpenOrders),
            ServerMessage::OpenOrder(open) if open.order.client_id == self.id => self.spoken_of(open.order_id),
            ServerMessage::OrderStatus(status) if status.client_id == self.id => self.spoken_of(status.order_id),
            ServerMessage::Error(error) => {
                match error.code {
                    1100 => self.memory.lost = true,
                    1101 | 1102 => self.memory.lost = false,
                    504 if error.id == RequestId::NONE => {
                        self.memory.questions.remove(&Question::OpenOrders);
                        self.memory.questions.remove(&Question::Ids);
                    }
                    _ => {}
                }
                self.answered(Question::Id(error.id.get()));
                self.spoken_of(OrderId::new(error.id.get()));
                if error.code != 322 && error.id.get() >= FIRST_REQUEST {
                    self.memory.streams.remove(&error.id.get());
                }
            }
            _ => {}
        }
        if matches!(self.link, Link::Starting { .. }) && self.memory.accounts && self.memory.next_order.is_some() {
            self.link = Link::Ready;
            self.next_action = at;
            self.subscribe();
        }
        Ok(())
    }

    /// No id is ever lower than one that was handed out before, and none that begins a session was ever sent: whoever has
    /// died meanwhile. An answer to a question may be passed by orders on their way.
    fn handed(&mut self, id: i32, sent: i32) -> Checked {
        self.answered(Question::Ids);
        let begins = matches!(self.link, Link::Starting { .. });
        if id < self.handed || begins && id <= sent {
            let handed = self.handed;
            let what = format!("client id {} is handed {id}; before: handed {handed}, sent {sent}", self.id);
            return Err(Broken::new("order ids rise", what));
        }
        self.handed = id;
        self.memory.next_order = self.memory.next_order.max(Some(id));
        Ok(())
    }

    fn answered(&mut self, question: Question) {
        self.memory.questions.remove(&question);
    }

    fn spoken_of(&mut self, id: OrderId) {
        self.memory.unanswered_orders.remove(&id.get());
    }

    fn act(&mut self, at: Duration, chance: &mut Chance) {
        match chance.below(7) {
            0 => self.subscribe(),
            1 => {
                if let Some(id) = self.memory.streams.pop_first() {
                    self.say(&ClientMessage::CancelRealTimeBars(RequestId::new(id)));
                }
            }
            2 => {
                let req_id = RequestId::new(self.next_request());
                self.memory.questions.insert(Question::Id(req_id.get()), at);
                let request = ContractDetailsRequest {
                    req_id,
                    contract: Contract::stock("AAPL"),
                    ..ContractDetailsRequest::default()
                };
                self.say(&ClientMessage::ReqContractDetails(Box::new(request)));
            }
            3 => {
                self.memory.questions.entry(Question::OpenOrders).or_insert(at);
                self.say(&ClientMessage::ReqOpenOrders);
            }
            4 => {
                self.memory.questions.entry(Question::Ids).or_insert(at);
                self.say(&ClientMessage::ReqIds(ReqIds { count: 1 }));
            }
            5 => {
                if let Some(id) = self.memory.placed.pop() {
                    self.say(&ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(id))));
                }
            }
            _ if self.pace == Pace::Leisurely => {
                // Working orders would make the Gateway look at their prices every second of a month.
                self.memory.placed.clear();
                self.say(&ClientMessage::ReqGlobalCancel(GlobalCancel::default()));
            }
            _ if self.memory.placed.len() >= MOST_OPEN => {
                let id = self.memory.placed.remove(0);
                self.say(&ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(id))));
            }
            _ => self.order(at),
        }
    }

    fn subscribe(&mut self) {
        let most = if self.pace == Pace::Leisurely { self.calm_streams } else { MOST_STREAMS };
        if self.memory.streams.len() >= most {
            return;
        }
        let id = self.next_request();
        self.memory.streams.insert(id);
        self.memory.ever.insert(id);
        let request = RealTimeBarsRequest {
            req_id: RequestId::new(id),
            contract: Contract::stock("MSFT"),
            bar_size: 5,
            what_to_show: "TRADES".into(),
            ..RealTimeBarsRequest::default()
        };
        self.say(&ClientMessage::ReqRealTimeBars(Box::new(request)));
    }

    /// An order that does not fill, as programs number them: upwards from what they were handed.
    fn order(&mut self, at: Duration) {
        let Some(id) = self.memory.next_order else { return };
        self.memory.next_order = Some(id + 1);
        self.orders += 1;
        let mut order = Order::limit(Action::Buy, Decimal::ONE, Decimal::ONE);
        order.order_ref = format!("{}-{}", self.id, self.orders);
        self.memory.unanswered_orders.insert(id, at);
        self.memory.placed.push(id);
        let place = PlaceOrder::new(OrderId::new(id), Contract::stock("AAPL"), order);
        self.say(&ClientMessage::PlaceOrder(Box::new(place)));
    }

    fn next_request(&mut self) -> i32 {
        self.memory.next_request += 1;
        self.memory.next_request
    }

    fn say(&mut self, message: &ClientMessage) {
        let (Some(conn), Some(speaks)) = (self.conn, self.speaks) else { return };
        let mut out = BytesMut::new();
        message.encode(&mut out, speaks).expect("what a script says can be written at every version that it speaks");
        self.out.push((conn, FromClient::Bytes(out.freeze())));
    }

    /// What it has asked was swallowed by a Gateway that was frozen; nobody tells a program of that (see `docs/soak.md`).
    pub(crate) fn forfeit(&mut self) {
        self.memory.questions.clear();
        self.memory.unanswered_orders.clear();
    }

    /// From now on it acts like this.
    pub(crate) fn set_pace(&mut self, at: Duration, pace: Pace, chance: &mut Chance) {
        if self.pace == pace {
            return;
        }
        self.pace = pace;
        self.next_action = at + pace.next(chance);
        while pace == Pace::Leisurely
            && self.memory.streams.len() > self.calm_streams
            && let Some(id) = self.memory.streams.pop_first()
        {
            self.say(&ClientMessage::CancelRealTimeBars(RequestId::new(id)));
        }
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// The streams that it wants.
    pub(crate) fn streams(&self) -> &BTreeSet<i32> {
        &self.memory.streams
    }

    pub(crate) fn is_greeting(&self) -> bool {
        matches!(self.link, Link::Greeting { .. })
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.link == Link::Ready
    }

    /// Whether it was told that the Gateway, or IBKR, is away.
    pub(crate) fn is_told_lost(&self) -> bool {
        self.memory.lost
    }

    /// No question without an end.
    pub(crate) fn check_questions(&self, at: Duration) -> Checked {
        match self.memory.questions.iter().find(|(_, since)| **since + LONGEST_QUESTION < at) {
            Some((question, since)) => {
                let what = format!("client id {}: {question:?} of {:.3} s has no answer", self.id, since.as_secs_f64());
                Err(Broken::new("every question ends", what))
            }
            None => Ok(()),
        }
    }

    /// Whether it has all that it wants, for the end of a schedule.
    pub(crate) fn is_well(&self) -> bool {
        self.is_ready()
            && !self.memory.lost
            && self.memory.questions.is_empty()
            && self.memory.unanswered_orders.is_empty()
    }
}
