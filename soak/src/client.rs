//! A scripted program that speaks the TWS API itself: it connects, asks, subscribes and orders, dies, and returns with
//! the same client id and no memory.

mod acts;
mod book;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, RequestId, ServerGreeting, ServerMessage,
    ServerVersion, VersionRange,
};
use gatewright_sim::Snapshot;

use self::book::Book;
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

/// How long a freeze lasts at most before it is proved: the daemon's own session is silent for ten seconds, and two of its
/// clock requests stay unanswered for five each; a second for what is under way.
const FREEZE_PROVED: Duration = Duration::from_secs(21);

/// How long a program that was too slow may still be closed for it after it has begun to read: the time for last words.
const FORGIVEN: Duration = Duration::from_secs(2);

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
    /// Orders that do not fill and are to be cancelled some day.
    placed: Vec<i32>,
    /// What it asked for before it stopped reading.
    histories: Vec<i32>,
    book: Book,
    /// Told 1100 and not yet 1101 or 1102.
    lost: bool,
    /// When it was told 1101 or 1102 last.
    restored: Duration,
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
    /// What has come and is not read; `None` where it reads.
    unread: Option<Vec<Option<Bytes>>>,
    /// Since when it has read.
    read_since: Duration,
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
            unread: None,
            read_since: Duration::ZERO,
            out: Vec::new(),
            handed: 0,
            orders: 0,
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        if !self.reads() {
            return None;
        }
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

    /// Its connection was closed, which is behind everything that it has not read.
    pub(crate) fn handle_closed(&mut self, at: Duration, conn: u64) {
        if self.conn != Some(conn) {
            return;
        }
        if let Some(unread) = &mut self.unread {
            unread.push(None);
        } else {
            self.conn = None;
            self.forget(at + RECONNECTS);
        }
    }

    fn forget(&mut self, until: Duration) {
        self.unread = None;
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
        if let Some(unread) = &mut self.unread {
            unread.push(Some(bytes.clone()));
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
            ServerMessage::HistoricalData(data) => self.answered(Question::Id(data.req_id.get())),
            ServerMessage::HistoricalDataEnd(end) => self.answered(Question::Id(end.req_id.get())),
            ServerMessage::ExecDetails(details) => self.memory.book.handle_execution(self.id, details)?,
            ServerMessage::CommissionReport(report) => self.memory.book.handle_commission(self.id, report)?,
            ServerMessage::Position(position) => self.memory.book.handle_position(position),
            ServerMessage::OpenOrderEnd => self.answered(Question::OpenOrders),
            ServerMessage::OpenOrder(open) if open.order.client_id == self.id => self.spoken_of(open.order_id),
            ServerMessage::OrderStatus(status) if status.client_id == self.id => {
                self.memory.book.handle_status(status.order_id, &status.status);
                self.spoken_of(status.order_id);
            }
            ServerMessage::Error(error) => {
                match error.code {
                    1100 => self.memory.lost = true,
                    1101 | 1102 => (self.memory.lost, self.memory.restored) = (false, at),
                    504 if error.id == RequestId::NONE => {
                        self.memory.questions.remove(&Question::OpenOrders);
                        self.memory.questions.remove(&Question::Ids);
                    }
                    _ => {}
                }
                self.memory.book.handle_error(error);
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
            self.say(&ClientMessage::ReqPositions);
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

    fn say(&mut self, message: &ClientMessage) {
        let (Some(conn), Some(speaks)) = (self.conn, self.speaks) else { return };
        let mut out = BytesMut::new();
        message.encode(&mut out, speaks).expect("what a script says can be written at every version that it speaks");
        self.out.push((conn, FromClient::Bytes(out.freeze())));
    }

    /// A freeze is over. What was asked too late in it to be lost with a proof was swallowed, and nobody tells a program of
    /// that (see `docs/soak.md`); what was asked before, or again since the proof, is not forgotten by anybody.
    pub(crate) fn forfeit(&mut self, at: Duration) {
        let restored = self.memory.restored;
        let provable = |since: &Duration| restored.max(*since) + FREEZE_PROVED < at;
        self.memory.questions.retain(|_, since| provable(since));
        self.memory.unanswered_orders.retain(|_, since| provable(since));
        self.memory.book.forfeit();
        if self.is_ready() {
            self.say(&ClientMessage::CancelPositions);
            self.say(&ClientMessage::ReqPositions);
        }
    }

    /// Whether it reads what comes.
    pub(crate) fn reads(&self) -> bool {
        self.unread.is_none()
    }

    /// Whether it reads, and has for so long that nobody can hold it against it any more that it did not.
    pub(crate) fn has_read(&self, at: Duration) -> bool {
        self.reads() && self.read_since + FORGIVEN <= at
    }

    /// The versions that it offers.
    pub(crate) fn versions(&self) -> VersionRange {
        self.versions
    }

    /// It reads again, and finds all that has come meanwhile.
    pub(crate) fn read_again(&mut self, at: Duration, sent: i32) -> Checked {
        let (Some(unread), Some(conn)) = (self.unread.take(), self.conn) else { return Ok(()) };
        self.read_since = at;
        // Nobody waits for an answer that it does not read.
        self.memory.questions.values_mut().for_each(|since| *since = at);
        for bytes in unread {
            match bytes {
                Some(bytes) => self.handle_bytes(at, conn, &bytes, sent)?,
                None => self.handle_closed(at, conn),
            }
        }
        self.give_up_histories();
        Ok(())
    }

    /// What it was told of its orders and trades that is not so.
    pub(crate) fn misinformed(&self, truth: &Snapshot, today: &str) -> Option<String> {
        self.memory.book.differs(truth, today).map(|what| format!("client id {} {what}", self.id))
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
            && self.reads()
            && !self.memory.lost
            && self.memory.questions.is_empty()
            && self.memory.unanswered_orders.is_empty()
    }
}
