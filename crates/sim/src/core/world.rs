//! The simulated Gateway as one value: bytes and moments in, actions and the next deadline out.

use ::core::net::SocketAddr;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::news::NewsBulletin;
use gatewright_proto::{ClientId, ConId, OrderId, ServerMessage};
use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rust_decimal::Decimal;
use tracing::{debug, error};

use super::action::{Action, ConnId, How};
use super::agenda::{Agenda, Due};
use super::book::Book;
use super::connection::{Connection, Session, Stage};
use super::day::DaySoFar;
use super::hours::{AlwaysOpen, TradingHours};
use super::instant::SimInstant;
use super::ledger::Ledger;
use super::liquidity::Liquidity;
use super::markets::{self, RealHours};
use super::outbox::Flushed;
use super::parting::Welcome;
use super::trouble::Trouble;
use crate::calendar::Stretches;
use crate::catalogue::Catalogue;
use crate::config::{MarketHours, SimConfig};
use crate::fault::{Fault, FaultSet};
use crate::market::Paths;
use crate::new_york::NewYork;

/// With [`Fault::FrozenAfterReady`]: how long a session works before it freezes, time enough for a client's first requests.
const FREEZE_AFTER: Duration = Duration::from_secs(1);

/// Why IBKR cancels an order with [`Fault::BrokerCancels`].
const BROKER: &str = "Order Canceled - reason:The order was cancelled by IBKR";

/// How long the end of a cut burst waits, in the client's time: longer than it takes to read what came before.
const CUT_PAUSE: Duration = Duration::from_millis(3);

/// The simulated Gateway. It has no clock, no sockets, and no randomness but its seed: the same seed and the same
/// calls give the same actions, to the byte.
///
/// Call a `handle_*`, then [`World::poll_action`] until it returns `None`, then wait until [`World::poll_timeout`].
#[derive(Debug)]
pub struct World {
    pub(super) config: SimConfig,
    pub(super) faults: FaultSet,
    pub(super) now: SimInstant,
    pub(super) new_york: NewYork,
    pub(super) stretches: Stretches,
    pub(super) rng: ChaCha8Rng,
    pub(super) catalogue: Catalogue,
    pub(super) paths: Paths,
    pub(super) days: BTreeMap<ConId, DaySoFar>,
    pub(super) connections: BTreeMap<ConnId, Connection>,
    /// The lowest order id that each client may use next.
    pub(super) next_order_ids: BTreeMap<ClientId, OrderId>,
    pub(super) ledgers: BTreeMap<String, Ledger>,
    pub(super) book: Book,
    pub(super) liquidity: Liquidity,
    /// How many of an option an account wants to lapse on its last day.
    pub(super) lapses: BTreeMap<(String, ConId), Decimal>,
    /// When orders may trade.
    pub(super) hours: Arc<dyn TradingHours>,
    pub(super) agenda: Agenda,
    pub(super) trouble: Trouble,
    /// Where clients connect, as far as it is known here.
    pub(super) port: u16,
    /// What display groups show.
    pub(super) shown_in_groups: BTreeMap<i32, String>,
    /// The last bulletins, with their days.
    pub(super) bulletins: VecDeque<(Date, NewsBulletin)>,
    pub(super) bulletins_so_far: i32,
    /// The last second that matching, bars and account values have seen.
    pub(super) last_second: i64,
    /// Room for the messages of one update, which come thousands of times, and for who gets them.
    pub(super) spare: Vec<ServerMessage>,
    pub(super) spare_ids: Vec<ConnId>,
    dirty: BTreeSet<ConnId>,
    actions: VecDeque<Action>,
}

impl World {
    /// A Gateway at its first moment. The configuration must have passed [`SimConfig::check`].
    pub fn new(config: SimConfig, start: SimInstant) -> Self {
        let (catalogue, paths) = markets::open(&config, start);
        let ledgers = config.accounts.iter().map(|account| (account.clone(), Ledger::new(config.cash))).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let book = Book::new(&mut rng, start);
        let trouble = Trouble::new(&config, start);
        let on: FaultSet = config.faults.iter().chain(&config.scenario.faults).copied().collect();
        let mut world = Self {
            faults: FaultSet::default(),
            now: start,
            new_york: NewYork::default(),
            stretches: Stretches::default(),
            rng,
            catalogue,
            paths,
            days: BTreeMap::new(),
            connections: BTreeMap::new(),
            next_order_ids: BTreeMap::new(),
            ledgers,
            book,
            liquidity: Liquidity::default(),
            lapses: BTreeMap::new(),
            hours: match config.market_hours {
                MarketHours::Always => Arc::new(AlwaysOpen),
                MarketHours::Real => Arc::new(RealHours::default()),
            },
            agenda: Agenda::default(),
            last_second: start.second(),
            spare: Vec::new(),
            spare_ids: Vec::new(),
            dirty: BTreeSet::new(),
            actions: VecDeque::new(),
            trouble,
            port: config.listen.port(),
            shown_in_groups: BTreeMap::new(),
            bulletins: VecDeque::new(),
            bulletins_so_far: 0,
            config,
        };
        for fault in on.iter() {
            world.switch_on(fault);
        }
        world.schedule_scripts();
        world
    }

    /// A client has connected.
    pub fn handle_connected(&mut self, now: SimInstant, id: ConnId, peer: SocketAddr) {
        self.advance(now);
        debug!(conn = id.0, %peer, "accepted");
        let stage = match self.welcome() {
            Welcome::Closed => return self.actions.push_back(Action::Close(id)),
            Welcome::Reset => return self.actions.push_back(Action::Reset(id)),
            Welcome::Silence => Stage::Mute,
            Welcome::Served => Stage::Greeting(BytesMut::new()),
        };
        let peer = self.seen_as(peer);
        self.connections.insert(id, Connection::new(peer, self.now, stage));
    }

    /// A client has sent bytes, cut anywhere.
    pub fn handle_bytes(&mut self, now: SimInstant, id: ConnId, bytes: &[u8]) {
        self.advance(now);
        self.read(id, bytes);
        self.flush();
    }

    /// A client's side of its connection has ended. After [`How::Reset`] the shell has no connection left.
    pub fn handle_closed(&mut self, now: SimInstant, id: ConnId, how: How) {
        self.advance(now);
        let Some(connection) = self.connections.get(&id) else { return };
        debug!(conn = id.0, ?how, stage = connection.stage_name(), "the client has gone");
        match how {
            How::Eof if self.faults.has(Fault::IgnoreEof) => self.leak(id),
            How::Eof | How::Reset => self.part(id, how),
        }
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: SimInstant) {
        self.advance(now);
        while let Some(due) = self.agenda.take(self.now) {
            self.run(due);
        }
        self.flush();
    }

    /// The next thing to do, oldest first.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`World::handle_timeout`], and what for.
    pub fn poll_timeout(&self) -> Option<(SimInstant, &'static str)> {
        self.agenda.next()
    }

    fn run(&mut self, due: Due) {
        match due {
            Due::Notices(id) => self.send_notices(id),
            Due::Close(id) => self.close(id),
            Due::HeldBytes(id) => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.outbox.release();
                    self.dirty.insert(id);
                }
            }
            Due::Delayed(number) => self.pass_delayed(number),
            Due::Script(index) => self.run_script(index),
            Due::FaultEnds(fault) => self.switch_off(fault),
            Due::Flap => self.flap(),
            Due::DialogEnds(id) => self.end_dialog(id),
            Due::RelayCloses(id) => self.close_outer(id),
            Due::BrokerCancels(client, order) => self.cancel((client, order), BROKER),
            Due::Ticks => self.run_ticks(),
            Due::Second => self.run_second(),
            Due::Match(client, order) => self.match_now((client, order)),
            Due::LastDay(option) => self.end_option(option),
            Due::Expire(client, order) => self.expire((client, order)),
        }
    }

    /// Time never runs backwards here, whatever a shell's clock does.
    pub(super) fn advance(&mut self, now: SimInstant) {
        self.now = self.now.max(now);
    }

    /// A span of the client's own time, such as a pause between two packets, as simulated time.
    pub(super) fn wire(&self, span: Duration) -> Duration {
        span.saturating_mul(self.config.speed)
    }

    /// Queues a message for a client, as rules and faults allow; it goes out when the current call ends.
    pub(super) fn send(&mut self, id: ConnId, message: &ServerMessage) {
        self.pass_answer(id, message);
    }

    /// Queues something for the shell to do.
    pub(super) fn push_action(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// Queues a message whatever rules and faults say.
    pub(super) fn queue(&mut self, id: ConnId, message: &ServerMessage) {
        self.queue_all(id, std::slice::from_ref(message));
    }

    /// Queues messages in their order, whatever rules and faults say.
    pub(super) fn queue_all(&mut self, id: ConnId, messages: &[ServerMessage]) {
        let freeze_after = self.wire(FREEZE_AFTER);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let started = connection.session().and_then(|session| session.started);
        let frozen = self.faults.has(Fault::FrozenAfterReady)
            && started.is_some_and(|started| self.now.since(started) >= freeze_after);
        if frozen || matches!(connection.stage, Stage::Mute | Stage::Leaked(_)) {
            return;
        }
        for message in messages {
            match connection.outbox.push(message, connection.speaks) {
                Ok(()) => connection.sent.add(message.id()),
                Err(problem) => error!(conn = id.0, message = message.id(), %problem, "cannot be written"),
            }
        }
        self.dirty.insert(id);
    }

    /// Queues bytes that are no frame.
    pub(super) fn send_raw(&mut self, id: ConnId, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.outbox.push_raw(bytes);
            self.dirty.insert(id);
        }
    }

    /// Closes a connection after what is queued for it.
    pub(super) fn close(&mut self, id: ConnId) {
        if let Some(mut connection) = self.connections.remove(&id) {
            let rest = connection.outbox.take();
            if !rest.is_empty() && !matches!(connection.stage, Stage::Mute | Stage::Leaked(_)) {
                self.write(id, rest);
            }
            if !connection.outer_is_gone {
                self.actions.push_back(Action::Close(id));
            }
        }
        self.forget(id);
    }

    /// Resets a connection.
    pub(super) fn reset(&mut self, id: ConnId) {
        if self.connections.get(&id).is_some_and(|connection| !connection.outer_is_gone) {
            self.actions.push_back(Action::Reset(id));
        }
        self.forget(id);
    }

    /// Sessions that got ready and whose end was not noticed.
    pub(super) fn ready_sessions(&self) -> usize {
        self.connections.values().filter(|connection| connection.session().is_some()).count()
    }

    /// The session on a connection.
    pub(super) fn session_mut(&mut self, id: ConnId) -> Option<&mut Session> {
        self.connections.get_mut(&id).and_then(Connection::session_mut)
    }

    /// The connections that have a session, in the order in which they were made.
    pub(super) fn sessions(&self) -> impl Iterator<Item = (ConnId, &Session)> {
        self.connections.iter().filter_map(|(id, connection)| Some((*id, connection.session()?)))
    }

    /// The connection of a client, if it has one.
    pub(super) fn connection_of(&self, client: ClientId) -> Option<ConnId> {
        self.sessions().find(|(_, session)| session.client == client).map(|(id, _)| id)
    }

    pub(super) fn forget(&mut self, id: ConnId) {
        self.trouble.forget(id);
        self.connections.remove(&id);
        self.dirty.remove(&id);
    }

    pub(super) fn flush(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            self.fill_burst(id);
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            match connection.outbox.flush() {
                Flushed::Nothing => {}
                Flushed::All(bytes) => self.write(id, bytes),
                Flushed::Cut(bytes) => {
                    self.write(id, bytes);
                    self.agenda.add(self.now + self.wire(CUT_PAUSE), Due::HeldBytes(id));
                }
            }
        }
    }

    fn write(&mut self, id: ConnId, bytes: Bytes) {
        if self.faults.has(Fault::Trickle) {
            return self.actions.push_back(Action::Trickle(id, bytes));
        }
        for piece in self.pieces(bytes) {
            self.actions.push_back(Action::Send(id, piece));
        }
    }
}
