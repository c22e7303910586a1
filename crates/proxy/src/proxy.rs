//! All clients of one Gateway: connections on one side, sessions with the Gateway on the other, and which belongs to
//! which.

mod arrivals;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::{ClientId, OrderId, VersionRange};

use crate::connection::{Connection, Stage};
use crate::event::{
    Closing, ConnectionId, EntryId, OpenUpstream, OrderNews, PastOrder, Peer, ProxyEvent, Ticket, UpstreamFailure,
    UpstreamId, UpstreamOpened,
};
use crate::gateway_version::GatewayVersion;
use crate::intents::Kept;
use crate::left_out::{LeftOutReport, Outside};
use crate::report::ClientReport;
use crate::session::{Act, Session};
use crate::settings::{MAX_CONNECTIONS, MAX_HELD, MAX_UNSENT, ProxySettings};

/// The attempt to learn the Gateway's version.
#[derive(Debug)]
struct Pilot {
    generation: u64,
    offered: VersionRange,
}

/// The proxy of one Gateway, without sockets and clocks: bytes and what happens go in with the time, bytes, events and
/// the next deadline come out.
#[derive(Debug)]
pub struct Proxy {
    settings: ProxySettings,
    connections: BTreeMap<ConnectionId, Connection>,
    sessions: BTreeMap<ClientId, Session>,
    /// The next order ids of client ids that have no session now.
    next_order_ids: HashMap<ClientId, OrderId>,
    /// Orders in doubt of client ids that have no session now.
    past: HashMap<ClientId, Vec<PastOrder>>,
    version: GatewayVersion,
    pilot: Option<Pilot>,
    outside: Outside,
    events: VecDeque<ProxyEvent>,
    next_connection: u64,
    generation: u64,
    sessions_begun: u64,
}

impl Proxy {
    /// A proxy without clients.
    pub fn new(settings: ProxySettings) -> Self {
        Self {
            settings,
            connections: BTreeMap::new(),
            sessions: BTreeMap::new(),
            next_order_ids: HashMap::new(),
            past: HashMap::new(),
            version: GatewayVersion::default(),
            pilot: None,
            outside: Outside::default(),
            events: VecDeque::new(),
            next_connection: 0,
            generation: 0,
            sessions_begun: 0,
        }
    }

    /// A client has connected. `None` where there are too many; it is then to be closed.
    pub fn handle_accepted(&mut self, now: Instant) -> Option<ConnectionId> {
        if self.connections.len() >= MAX_CONNECTIONS {
            return None;
        }
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.connections.insert(id, Connection::new(now, self.settings.messages_per_client));
        Some(id)
    }

    /// Bytes from a client, cut in any way.
    pub fn handle_received(&mut self, now: Instant, id: ConnectionId, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.buffer.extend_from_slice(bytes);
            self.advance(now, id);
        }
    }

    /// A client's connection has ended, whoever ended it.
    pub fn handle_closed(&mut self, now: Instant, id: ConnectionId) {
        if let Some(connection) = self.connections.remove(&id) {
            self.leave(now, id, &connection.stage);
        }
    }

    /// A session with the Gateway is open; its first frames follow.
    pub fn handle_opened(&mut self, now: Instant, id: UpstreamId, opened: &UpstreamOpened) {
        if let Some(pilot) = self.pilot.take_if(|pilot| pilot.generation == id.generation) {
            self.version.learn(now, pilot.offered, opened.server_version, &opened.connection_time);
            self.outside.served(None);
            self.events.push_back(ProxyEvent::CloseUpstream(id));
            return self.answer_greetings(now);
        }
        let settings = &self.settings;
        let Some(session) = self.sessions.get_mut(&id.client_id).filter(|it| it.generation() == Some(id.generation))
        else {
            return self.events.push_back(ProxyEvent::CloseUpstream(id));
        };
        if opened.server_version == session.speaks {
            let offered = VersionRange { min: session.speaks, max: session.speaks };
            self.version.learn(now, offered, opened.server_version, &opened.connection_time);
            self.outside.served(Some(id.client_id));
            session.handle_opened();
        } else {
            // A client cannot change its version, and must not be given frames of another one.
            self.events.push_back(ProxyEvent::CloseUpstream(id));
            self.version.forget();
            let failure = UpstreamFailure {
                cause: "version_unsupported".into(),
                message: format!("the Gateway chose server version {}", opened.server_version),
                remedy: "Connect again.".into(),
            };
            session.handle_refused(now, failure, settings);
        }
        self.collect(now, id.client_id);
    }

    /// A session with the Gateway could not be opened.
    pub fn handle_refused(&mut self, now: Instant, id: UpstreamId, failure: UpstreamFailure) {
        if self.pilot.take_if(|pilot| pilot.generation == id.generation).is_some() {
            return self.learning_failed(now, &failure);
        }
        let settings = self.settings.clone();
        if let Some(session) = self.session(id) {
            let unsupported = failure.is_version_unsupported();
            session.handle_refused(now, failure, &settings);
            if unsupported {
                self.version.forget();
            }
            self.collect(now, id.client_id);
        }
    }

    /// Whole frames from the Gateway, as many as came together.
    pub fn handle_frames(&mut self, now: Instant, id: UpstreamId, frames: &Bytes) {
        let settings = &self.settings;
        if let Some(session) =
            self.sessions.get_mut(&id.client_id).filter(|session| session.generation() == Some(id.generation))
        {
            session.handle_frames(now, frames, settings);
            self.collect(now, id.client_id);
        }
    }

    /// A session with the Gateway is over, and why.
    pub fn handle_lost(&mut self, now: Instant, id: UpstreamId, why: &str) {
        let settings = self.settings.clone();
        if let Some(session) = self.session(id) {
            session.handle_lost(now, why, &settings);
            self.collect(now, id.client_id);
        }
    }

    /// The way to the Gateway may be open again, as a worker that has begun or a session that is ready shows: whoever waits
    /// for another attempt makes it now. The worker has its own say on when to connect.
    pub fn handle_way_open(&mut self, now: Instant) {
        let clients: Vec<ClientId> = self.sessions.keys().copied().collect();
        for client_id in clients {
            if let Some(session) = self.sessions.get_mut(&client_id)
                && session.hurry(now)
            {
                session.handle_timeout(now, &mut self.generation, &self.settings);
                self.collect(now, client_id);
            }
        }
    }

    /// The journal's mark for a client id: ids up to here are durably used. `None` when it cannot keep any.
    pub fn handle_marked(&mut self, now: Instant, client_id: ClientId, mark: Option<OrderId>) {
        if let Some(session) = self.sessions.get_mut(&client_id) {
            session.handle_marked(now, mark, &self.settings.limits);
            self.collect(now, client_id);
        }
    }

    /// The journal's answer to [`ProxyEvent::Intend`]: where it has what is about to be sent, durably. `None` when it
    /// cannot keep it.
    pub fn handle_recorded(&mut self, now: Instant, client_id: ClientId, ticket: Ticket, entry: Option<EntryId>) {
        let session = self.sessions.get_mut(&client_id);
        let kept = entry.map_or(Kept::Not, Kept::At);
        let waited = session.is_some_and(|session| session.handle_recorded(ticket, kept));
        if let Some(entry) = entry.filter(|_| !waited) {
            // It was refused meanwhile.
            let news = OrderNews::NotSent;
            self.events.push_back(ProxyEvent::Record { client_id, order_id: None, entries: vec![entry], news });
        }
        self.collect(now, client_id);
    }

    /// The other answer to [`ProxyEvent::Intend`]: a halt stands, and what would trade was not written. It is refused in
    /// these words, which say whose halt it is and how it ends.
    pub fn handle_halted(&mut self, now: Instant, client_id: ClientId, ticket: Ticket, halt: String) {
        if let Some(session) = self.sessions.get_mut(&client_id) {
            session.handle_recorded(ticket, Kept::Halted(halt));
        }
        self.collect(now, client_id);
    }

    /// A midnight that may be the Gateway's has passed ([`crate::Midnights`]): its lists of what is over reach back to nothing
    /// before.
    pub fn handle_midnight(&mut self) {
        self.sessions.values_mut().for_each(Session::handle_midnight);
        self.past.values_mut().flatten().for_each(|past| past.listed = false);
    }

    /// The deadline that [`Proxy::poll_timeout`] has named, or a later moment.
    pub fn handle_timeout(&mut self, now: Instant) {
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            self.connection_timeout(now, id);
        }
        let clients: Vec<ClientId> = self.sessions.keys().copied().collect();
        for client_id in clients {
            if let Some(session) = self.sessions.get_mut(&client_id) {
                session.handle_timeout(now, &mut self.generation, &self.settings);
                self.collect(now, client_id);
            }
        }
    }

    /// The next bytes for somebody; `None` when there are none now. They are to be written in order and as they are.
    pub fn poll_transmit(&mut self, now: Instant, peer: Peer) -> Option<Bytes> {
        match peer {
            Peer::Client(id) => {
                let connection = self.connections.get_mut(&id)?;
                let bytes = connection.outbox.take(now, self.settings.limits.burst);
                connection.told &= bytes.is_some();
                bytes
            }
            Peer::Gateway(id) => {
                let session = self.session(id)?;
                let bytes = session.to_gateway.take();
                let (waiting, client) = (session.unsent(), session.connection());
                if waiting < MAX_UNSENT / 2
                    && let Some(client) = client
                    && let Some(connection) = self.connections.get_mut(&client)
                    && std::mem::take(&mut connection.stopped)
                {
                    self.events.push_back(ProxyEvent::Readable(client));
                }
                bytes
            }
        }
    }

    /// Bytes that wait for a client and may not be written yet included.
    pub fn waiting(&self, id: ConnectionId) -> usize {
        self.connections.get(&id).map_or(0, |connection| connection.outbox.waiting())
    }

    /// Whether a client may be read from. One that may not is told of by [`ProxyEvent::Readable`] later.
    pub fn may_read(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let may = match &connection.stage {
            Stage::Greeting | Stage::Naming { .. } => true,
            Stage::Learning { .. } | Stage::Contending { .. } => connection.buffer.len() < MAX_UNSENT,
            Stage::Joined { client_id, .. } => {
                let unsent = self.sessions.get(client_id).map_or(0, Session::unsent);
                unsent < MAX_UNSENT && connection.held.bytes() < MAX_HELD
            }
            Stage::Closing => false,
        };
        connection.stopped = !may;
        may
    }

    /// What is to be done, or has happened.
    pub fn poll_event(&mut self) -> Option<ProxyEvent> {
        self.events.pop_front()
    }

    /// When [`Proxy::handle_timeout`] is due, and for what.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let limits = &self.settings.limits;
        let connections = self.connections.values().flat_map(|connection| {
            let stage = match &connection.stage {
                Stage::Greeting | Stage::Learning { .. } | Stage::Naming { .. } => {
                    Some((connection.since + limits.handshake, "a handshake"))
                }
                Stage::Contending { until, .. } => Some((*until, "the end of another connection")),
                Stage::Joined { .. } | Stage::Closing => None,
            };
            let held = connection.outbox.timeout(limits.burst).filter(|_| !connection.told);
            let leash = connection.held.timeout().map(|at| (at, "a client's own message rate"));
            [stage, held.map(|at| (at, "the end of a burst")), leash].into_iter().flatten()
        });
        let sessions = self.sessions.values().filter_map(|session| session.poll_timeout(&self.settings));
        connections.chain(sessions).min_by_key(|(at, _)| *at)
    }

    /// Every client id that has a session.
    pub fn report(&self, now: Instant) -> Vec<ClientReport> {
        self.sessions.values().map(|session| self.client_report(now, session)).collect()
    }

    /// Every client that could not get a session though it tried, and has none since.
    pub fn left_out(&self, now: Instant) -> Vec<LeftOutReport> {
        self.outside.report(now)
    }

    fn client_report(&self, now: Instant, session: &Session) -> ClientReport {
        let standing = session.standing(now);
        let ms = |length: std::time::Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let counts = session.counts;
        let held = session.connection().and_then(|id| self.connections.get(&id)).map(|connection| &connection.held);
        ClientReport {
            client_id: session.client_id,
            server_version: session.speaks.get(),
            client: standing.client.into(),
            gateway: standing.gateway.into(),
            connected_ms: standing.since.map(ms),
            parked_for_ms: standing.parked_for.map(ms),
            subscriptions: standing.subscriptions,
            questions: standing.questions,
            unacknowledged_orders: standing.unacknowledged,
            orders_in_doubt: standing.in_doubt,
            next_order_id: session.next_order_id().get(),
            waiting_for_gateway: session.unsent(),
            waiting_for_client: session.connection().map_or(0, |id| self.waiting(id)),
            held_back: held.map_or(0, |held| held.len()),
            messages_from_client: counts.from_client,
            messages_per_second: counts.rate.in_last_second(now),
            most_messages_per_second: counts.rate.highest(),
            bytes_from_gateway: counts.from_gateway_bytes,
            outages: counts.outages,
            resumed: counts.resumed,
            orders_refused: counts.orders_refused,
            dropped: counts.answers_dropped,
            failure: standing.failure.map(|failure| failure.message),
        }
    }

    fn session(&mut self, id: UpstreamId) -> Option<&mut Session> {
        self.sessions.get_mut(&id.client_id).filter(|session| session.generation() == Some(id.generation))
    }

    /// Takes what a session wants done and said.
    fn collect(&mut self, now: Instant, client_id: ClientId) {
        let Some(session) = self.sessions.get_mut(&client_id) else { return };
        let mut ended = false;
        let mut closing = None;
        let mut slow = None;
        if let Some(id) = session.connection()
            && !session.to_client.is_empty()
            && let Some(connection) = self.connections.get_mut(&id)
        {
            for frames in session.to_client.drain(..) {
                connection.outbox.push(frames);
            }
            if connection.outbox.waiting() > self.settings.most_unread {
                slow = Some(id);
            }
            if !std::mem::replace(&mut connection.told, true) {
                self.events.push_back(ProxyEvent::Transmit(Peer::Client(id)));
            }
        }
        session.to_client.clear();
        if let Some(generation) = session.generation()
            && session.to_gateway.waiting() > 0
        {
            self.events.push_back(ProxyEvent::Transmit(Peer::Gateway(UpstreamId { client_id, generation })));
        }
        for act in std::mem::take(&mut session.acts) {
            let upstream = |generation| UpstreamId { client_id, generation };
            self.events.push_back(match act {
                Act::Open { generation } => ProxyEvent::Open(OpenUpstream {
                    id: upstream(generation),
                    versions: VersionRange { min: session.speaks, max: session.speaks },
                    connect_options: session.options.clone(),
                    optional_capabilities: session.capabilities.clone(),
                }),
                Act::CloseUpstream { generation } => ProxyEvent::CloseUpstream(upstream(generation)),
                Act::CloseClient { connection, why } => {
                    if why == Closing::NoSession {
                        self.outside.refused(now, Some(client_id), session.failure());
                    }
                    closing = Some((connection, why));
                    continue;
                }
                Act::Mark { at_least } => ProxyEvent::Mark { client_id, at_least },
                Act::Intend { ticket, intent } => ProxyEvent::Intend { ticket, intent: *intent },
                Act::Record { order_id, entries, news } => ProxyEvent::Record { client_id, order_id, entries, news },
                Act::End => {
                    ended = true;
                    continue;
                }
            });
        }
        if ended {
            let next = session.next_order_id();
            let doubts = session.leave_doubts();
            self.remember(client_id, doubts);
            self.sessions.remove(&client_id);
            self.next_order_ids.insert(client_id, next);
        }
        if let Some((id, why)) = closing {
            self.close(now, id, why);
        }
        if let Some(id) = slow {
            self.close(now, id, Closing::SlowReader);
        }
    }

    fn tell_of_bytes(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.outbox.waiting() > 0
            && !std::mem::replace(&mut connection.told, true)
        {
            self.events.push_back(ProxyEvent::Transmit(Peer::Client(id)));
        }
    }
}
