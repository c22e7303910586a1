//! A stage: clients on one side, a Gateway on the other that does what the test tells it, and time that passes only
//! when the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::{ErrorMessage, ManagedAccounts, NextValidId, StartApi};
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, ServerGreeting, ServerMessage, ServerVersion,
    VersionRange,
};

use crate::{
    Closing, ConnectionId, EntryId, OpenUpstream, OrderAct, OrderIntent, OrderNews, PastOrder, Peer, Proxy, ProxyEvent,
    ProxySettings, Ticket, UpstreamFailure, UpstreamId, UpstreamOpened,
};

pub(super) const TEXT: VersionRange = VersionRange::new(157, 178);
pub(super) const PROTOBUF: VersionRange = VersionRange::new(213, 226);

/// How the Gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It lets everybody in.
    Well,
    /// Nothing listens.
    Away,
    /// Whoever comes waits for ever; who is in is served.
    StallsNew,
    /// Every client id is taken.
    IdInUse,
    /// The way to it is slow: what a test does not have it say is still on its way.
    Slow,
}

#[derive(Debug)]
struct Session {
    id: UpstreamId,
    speaks: ServerVersion,
    decoder: FrameDecoder,
    heard: Vec<ClientMessage>,
}

/// A client's end of its connection.
#[derive(Debug)]
struct Program {
    speaks: Option<ServerVersion>,
    decoder: FrameDecoder,
    heard: Vec<ServerMessage>,
    closed: Option<Closing>,
}

#[derive(Debug)]
pub(super) struct Stage {
    pub(super) proxy: Proxy,
    pub(super) now: Instant,
    pub(super) mood: Mood,
    pub(super) highest: i32,
    pub(super) next_id: i32,
    /// What is durable.
    pub(super) marks: BTreeMap<ClientId, OrderId>,
    /// Whether the disk answers.
    pub(super) disk: bool,
    pub(super) records: Vec<(OrderId, OrderNews)>,
    pub(super) opened: usize,
    waiting_marks: Vec<(ClientId, OrderId)>,
    /// What is durable of orders, and whether it is closed.
    pub(super) journal: Vec<(OrderIntent, Option<OrderNews>)>,
    /// Whether the journal can keep orders.
    pub(super) keeps: bool,
    /// The halt that stands, in words.
    pub(super) halt: Option<String>,
    waiting_intents: Vec<(Ticket, OrderIntent)>,
    sessions: BTreeMap<ClientId, Session>,
    programs: BTreeMap<ConnectionId, Program>,
    /// Order frames that ever reached the Gateway.
    pub(super) orders: Vec<Bytes>,
    /// Client ids that had two sessions at once, which must never be.
    pub(super) doubled: BTreeSet<ClientId>,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(ProxySettings::default())
    }

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    pub(super) fn with(settings: ProxySettings) -> Self {
        Self {
            proxy: Proxy::new(settings),
            now: Instant::now(),
            mood: Mood::Well,
            highest: 226,
            next_id: 1,
            marks: BTreeMap::new(),
            disk: true,
            records: Vec::new(),
            opened: 0,
            waiting_marks: Vec::new(),
            journal: Vec::new(),
            keeps: true,
            halt: None,
            waiting_intents: Vec::new(),
            sessions: BTreeMap::new(),
            programs: BTreeMap::new(),
            orders: Vec::new(),
            doubled: BTreeSet::new(),
        }
    }

    /// A connection that has said nothing.
    pub(super) fn dial(&mut self) -> ConnectionId {
        let id = self.proxy.handle_accepted(self.now).expect("there is room");
        self.programs
            .insert(id, Program { speaks: None, decoder: FrameDecoder::default(), heard: Vec::new(), closed: None });
        id
    }

    /// A client that has said START_API.
    pub(super) fn connect(&mut self, versions: VersionRange, client_id: i32) -> ConnectionId {
        let id = self.dial();
        self.greet(id, versions);
        if self.programs[&id].speaks.is_some() {
            self.say(id, &start_api(client_id));
        }
        id
    }

    pub(super) fn greet(&mut self, id: ConnectionId, versions: VersionRange) {
        let mut bytes = BytesMut::new();
        ClientGreeting { versions, options: String::new() }.encode(&mut bytes);
        self.bytes(id, &bytes);
    }

    pub(super) fn bytes(&mut self, id: ConnectionId, bytes: &[u8]) {
        self.proxy.handle_received(self.now, id, bytes);
        self.settle();
    }

    pub(super) fn say(&mut self, id: ConnectionId, message: &ClientMessage) {
        let speaks = self.speaks(id);
        let bytes = frame(message, speaks);
        self.bytes(id, &bytes);
    }

    pub(super) fn speaks(&self, id: ConnectionId) -> ServerVersion {
        self.programs[&id].speaks.expect("it was greeted")
    }

    /// The client is gone.
    pub(super) fn vanish(&mut self, id: ConnectionId) {
        self.programs.remove(&id);
        self.proxy.handle_closed(self.now, id);
        self.settle();
    }

    /// What a client has been told since it was last looked at.
    pub(super) fn heard(&mut self, id: ConnectionId) -> Vec<ServerMessage> {
        std::mem::take(&mut self.programs.get_mut(&id).expect("it is there").heard)
    }

    /// The errors among that, by id and code.
    pub(super) fn errors(&mut self, id: ConnectionId) -> Vec<(i32, i32)> {
        let mut errors = Vec::new();
        for message in self.heard(id) {
            if let ServerMessage::Error(error) = message {
                errors.push((error.id.get(), error.code));
            }
        }
        errors
    }

    pub(super) fn closed(&self, id: ConnectionId) -> Option<Closing> {
        self.programs[&id].closed
    }

    /// What the Gateway has been told by a client id since it was last looked at.
    pub(super) fn gateway_heard(&mut self, client_id: i32) -> Vec<ClientMessage> {
        let session = self.sessions.get_mut(&ClientId::new(client_id)).expect("it has a session");
        std::mem::take(&mut session.heard)
    }

    pub(super) fn upstream(&self, client_id: i32) -> UpstreamId {
        self.sessions[&ClientId::new(client_id)].id
    }

    pub(super) fn has_session(&self, client_id: i32) -> bool {
        self.sessions.contains_key(&ClientId::new(client_id))
    }

    pub(super) fn gateway_says(&mut self, client_id: i32, messages: &[ServerMessage]) {
        let session = &self.sessions[&ClientId::new(client_id)];
        let mut out = BytesMut::new();
        for message in messages {
            message.encode(&mut out, session.speaks).unwrap();
        }
        let id = session.id;
        self.proxy.handle_frames(self.now, id, &out.freeze());
        self.settle();
    }

    /// The Gateway, or the way to it, is gone.
    pub(super) fn lose_all(&mut self, mood: Mood) {
        self.mood = mood;
        for (_, session) in std::mem::take(&mut self.sessions) {
            self.proxy.handle_lost(self.now, session.id, "the connection was reset");
        }
        self.settle();
    }

    /// A worker has begun, or another session is ready.
    pub(super) fn way_open(&mut self) {
        self.proxy.handle_way_open(self.now);
        self.settle();
    }

    /// Lets time pass, from deadline to deadline.
    pub(super) fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        // A deadline that does not move would never end.
        for _ in 0..100_000 {
            match self.proxy.poll_timeout() {
                Some((at, _)) if at <= end => {
                    self.now = self.now.max(at);
                    self.proxy.handle_timeout(self.now);
                    self.settle();
                }
                Some(_) | None => {
                    self.now = end;
                    return;
                }
            }
        }
        panic!("the proxy is stuck at {:?}", self.proxy.poll_timeout());
    }

    /// The disk answers what it was asked.
    pub(super) fn disk_answers(&mut self) {
        self.disk = true;
        for (client_id, at_least) in std::mem::take(&mut self.waiting_marks) {
            self.mark(client_id, at_least);
        }
        for (ticket, intent) in std::mem::take(&mut self.waiting_intents) {
            self.intend(ticket, intent);
        }
        self.settle();
    }

    fn intend(&mut self, ticket: Ticket, intent: OrderIntent) {
        let client_id = intent.client_id;
        let trades = matches!(intent.act, OrderAct::Place | OrderAct::Exercise);
        if let Some(halt) = self.halt.clone().filter(|_| trades) {
            return self.proxy.handle_halted(self.now, client_id, ticket, halt);
        }
        let entry = self.keeps.then(|| {
            self.journal.push((intent, None));
            EntryId(i64::try_from(self.journal.len() - 1).unwrap())
        });
        self.proxy.handle_recorded(self.now, client_id, ticket, entry);
    }

    /// What the journal has open: what a daemon begins with.
    pub(super) fn open_entries(&self) -> Vec<PastOrder> {
        let open = (0..).zip(&self.journal).filter(|(_, (_, outcome))| outcome.is_none());
        open.map(|(entry, (intent, _))| PastOrder { entry: EntryId(entry), intent: intent.clone(), listed: true })
            .collect()
    }

    /// The daemon is killed, and another one begins with what is on the disk.
    pub(super) fn restart_daemon(&mut self) {
        self.proxy = Proxy::new(ProxySettings::default());
        self.programs.clear();
        self.sessions.clear();
        self.waiting_marks.clear();
        self.waiting_intents.clear();
        let past = self.open_entries();
        self.proxy.handle_past_orders(self.now, past);
        self.settle();
    }

    fn mark(&mut self, client_id: ClientId, at_least: OrderId) {
        let mark = self.marks.entry(client_id).or_default();
        *mark = (*mark).max(at_least);
        let mark = *mark;
        self.proxy.handle_marked(self.now, client_id, Some(mark));
    }

    /// Does what the core wants until it wants nothing more.
    pub(super) fn settle(&mut self) {
        while let Some(event) = self.proxy.poll_event() {
            match event {
                ProxyEvent::Open(open) => self.open(&open),
                ProxyEvent::CloseUpstream(id) => {
                    self.drain_gateway(id);
                    if self.sessions.get(&id.client_id).is_some_and(|session| session.id == id) {
                        self.sessions.remove(&id.client_id);
                    }
                }
                ProxyEvent::Transmit(Peer::Client(id)) => self.drain_client(id),
                ProxyEvent::Transmit(Peer::Gateway(id)) => self.drain_gateway(id),
                ProxyEvent::Readable(_) => {}
                ProxyEvent::Close(id, why) => {
                    self.drain_client(id);
                    if let Some(program) = self.programs.get_mut(&id) {
                        program.closed = Some(why);
                    }
                    self.proxy.handle_closed(self.now, id);
                }
                ProxyEvent::Mark { client_id, at_least } if self.disk => self.mark(client_id, at_least),
                ProxyEvent::Mark { client_id, at_least } => self.waiting_marks.push((client_id, at_least)),
                ProxyEvent::Intend { ticket, intent } if self.disk => self.intend(ticket, intent),
                ProxyEvent::Intend { ticket, intent } => self.waiting_intents.push((ticket, intent)),
                ProxyEvent::Record { order_id, entries, news, .. } => {
                    for EntryId(entry) in entries {
                        let (_, outcome) = &mut self.journal[usize::try_from(entry).unwrap()];
                        assert!(outcome.replace(news.clone()).is_none(), "each is closed once");
                    }
                    match order_id {
                        Some(id) if news != OrderNews::Acknowledged => self.records.push((id, news)),
                        Some(_) | None => {}
                    }
                }
            }
        }
    }

    fn open(&mut self, open: &OpenUpstream) {
        let failure = |cause: &str| UpstreamFailure {
            cause: cause.into(),
            message: format!("it failed: {cause}"),
            remedy: "Wait.".into(),
        };
        match self.mood {
            Mood::StallsNew => return,
            Mood::Away => return self.proxy.handle_refused(self.now, open.id, failure("not_listening")),
            Mood::IdInUse => return self.proxy.handle_refused(self.now, open.id, failure("client_id_in_use")),
            Mood::Well | Mood::Slow => {}
        }
        let speaks = open.versions.max.get().min(self.highest);
        if speaks < open.versions.min.get() {
            return self.proxy.handle_refused(self.now, open.id, failure("version_unsupported"));
        }
        self.opened += 1;
        let speaks = ServerVersion::new(speaks);
        let session = Session { id: open.id, speaks, decoder: FrameDecoder::default(), heard: Vec::new() };
        if self.sessions.insert(open.id.client_id, session).is_some() {
            self.doubled.insert(open.id.client_id);
        }
        let opened = UpstreamOpened { server_version: speaks, connection_time: "20261127 12:00:00 EST".into() };
        self.proxy.handle_opened(self.now, open.id, &opened);
        if open.id.client_id != ProxySettings::default().pilot_client_id {
            self.gateway_says(
                open.id.client_id.get(),
                &[
                    ServerMessage::ManagedAccounts(ManagedAccounts { accounts: vec!["DU1".into()] }),
                    next_valid_id(self.next_id),
                    notice(2104, "Market data farm connection is OK:usfarm"),
                ],
            );
        }
    }

    fn drain_client(&mut self, id: ConnectionId) {
        while let Some(bytes) = self.proxy.poll_transmit(self.now, Peer::Client(id)) {
            let Some(program) = self.programs.get_mut(&id) else { continue };
            program.decoder.extend(&bytes);
            while let Some(payload) = program.decoder.next_frame().unwrap() {
                match program.speaks {
                    None => program.speaks = Some(ServerGreeting::decode(&payload).unwrap().version),
                    Some(speaks) => program.heard.push(ServerMessage::decode(&payload, speaks).unwrap()),
                }
            }
        }
    }

    fn drain_gateway(&mut self, id: UpstreamId) {
        while let Some(bytes) = self.proxy.poll_transmit(self.now, Peer::Gateway(id)) {
            let Some(session) = self.sessions.get_mut(&id.client_id).filter(|session| session.id == id) else {
                continue;
            };
            session.decoder.extend(&bytes);
            let mut asked_for_ids = 0;
            while let Some(payload) = session.decoder.next_frame().unwrap() {
                let message = ClientMessage::decode(&payload, session.speaks).unwrap();
                let answers = self.mood != Mood::Slow;
                asked_for_ids += usize::from(answers && matches!(message, ClientMessage::ReqIds(_)));
                if matches!(message, ClientMessage::PlaceOrder(_) | ClientMessage::CancelOrder(_)) {
                    self.orders.push(payload);
                }
                session.heard.push(message);
            }
            for _ in 0..asked_for_ids {
                self.gateway_says(id.client_id.get(), &[next_valid_id(self.next_id)]);
            }
        }
    }
}

pub(super) fn frame(message: &ClientMessage, speaks: ServerVersion) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut out, speaks).unwrap();
    out.freeze()
}

pub(super) fn start_api(client_id: i32) -> ClientMessage {
    ClientMessage::StartApi(StartApi { client_id: ClientId::new(client_id), optional_capabilities: String::new() })
}

pub(super) fn next_valid_id(number: i32) -> ServerMessage {
    ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(number) })
}

pub(super) fn notice(code: i32, text: &str) -> ServerMessage {
    ServerMessage::Error(Box::new(ErrorMessage::notice(code, text)))
}

/// The next valid ids among messages.
pub(super) fn ids(messages: &[ServerMessage]) -> Vec<i32> {
    let mut ids = Vec::new();
    for message in messages {
        if let ServerMessage::NextValidId(next) = message {
            ids.push(next.order_id.get());
        }
    }
    ids
}
