//! What faults, rules and scenarios have to remember.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerMessage};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::action::ConnId;
use super::instant::SimInstant;
use super::pacing::Pacing;
use crate::config::SimConfig;
use crate::scenario::{Rule, Script};

/// How many messages may be delayed at once. Further ones pass at once.
const MAX_DELAYED: usize = 100_000;

/// The stream of the seed that decides where writes are cut.
const CUTS: u64 = 0x6661_756c_7473;

/// What faults, rules and scenarios have to remember.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Rules in code, in the order in which they were added.
    pub(super) rules: Vec<Box<dyn Rule>>,
    /// Rules of the scenario.
    pub(super) scripts: Vec<Script>,
    delayed: BTreeMap<u64, Delayed>,
    next_delayed: u64,
    /// Client ids that stay taken without a connection, and until when.
    pub(super) held_ids: BTreeMap<ClientId, SimInstant>,
    /// Sessions from which nothing is read.
    pub(super) unread: BTreeSet<ConnId>,
    /// The Gateway has gone until somebody starts it again.
    pub(super) gone: bool,
    /// Streams stay silent although the outage is over.
    pub(super) stale: bool,
    /// Streams stay silent until then, although nothing competes with them any more.
    pub(super) silent_until: Option<SimInstant>,
    /// The Gateway is about to move to another port, as soon as there is a session to be told.
    pub(super) move_is_due: bool,
    /// How many of the next connections are reset: the Gateway has just been started.
    pub(super) failing_connects: u32,
    /// The highest server version since the last restart, if that has changed it.
    pub(super) version: Option<i32>,
    /// When the Gateway was restarted last.
    pub(super) restarted: Option<SimInstant>,
    /// Whether what is sent now answers a request.
    pub(super) answering: bool,
    /// The sessions whose first order has opened a dialog, and until when it is up.
    pub(super) order_dialogs: BTreeMap<ConnId, SimInstant>,
    /// Farms are broken at the moment.
    pub(super) farms_broken: bool,
    pub(super) pacing: Pacing,
    /// Orders that [`crate::Fault::SwallowedOrder`] has seen.
    pub(super) orders_seen: u32,
    pub(super) rng: ChaCha8Rng,
}

/// A message that passes later.
#[derive(Debug)]
pub(super) enum Delayed {
    Request(ConnId, ClientMessage),
    Answer(ConnId, Box<ServerMessage>),
}

impl Trouble {
    /// Nothing has happened yet.
    pub(super) fn new(config: &SimConfig, start: SimInstant) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(CUTS);
        let rules = config.scenario.rules.iter().cloned().enumerate();
        let scripts = rules.map(|(index, rule)| Script::new(rule, index, start, config.seed, config.speed)).collect();
        Self {
            rules: Vec::new(),
            scripts,
            delayed: BTreeMap::new(),
            next_delayed: 0,
            held_ids: BTreeMap::new(),
            unread: BTreeSet::new(),
            gone: false,
            stale: false,
            silent_until: None,
            move_is_due: false,
            failing_connects: 0,
            version: None,
            restarted: None,
            answering: false,
            order_dialogs: BTreeMap::new(),
            farms_broken: false,
            pacing: Pacing::default(),
            orders_seen: 0,
            rng,
        }
    }

    /// Puts a message aside; `None` gives it back where too many are aside already.
    pub(super) fn put_aside(&mut self, message: Delayed) -> Result<u64, Delayed> {
        if self.delayed.len() >= MAX_DELAYED {
            return Err(message);
        }
        self.next_delayed += 1;
        self.delayed.insert(self.next_delayed, message);
        Ok(self.next_delayed)
    }

    /// Takes a message that was put aside.
    pub(super) fn take_back(&mut self, number: u64) -> Option<Delayed> {
        self.delayed.remove(&number)
    }

    /// How many requests of these kinds were put aside.
    pub(super) fn requests_aside(&self, kinds: &[i32]) -> usize {
        let is_one = |it: &&Delayed| matches!(it, Delayed::Request(_, message) if kinds.contains(&message.id()));
        self.delayed.values().filter(is_one).count()
    }

    /// Forgets a historical request that was put aside; says whether there was one.
    pub(super) fn drop_history(&mut self, id: ConnId, request: RequestId) -> bool {
        let is_it = |it: &Delayed| match it {
            Delayed::Request(conn, ClientMessage::ReqHistoricalData(asked)) => *conn == id && asked.req_id == request,
            Delayed::Request(..) | Delayed::Answer(..) => false,
        };
        let number = self.delayed.iter().find(|(_, it)| is_it(it)).map(|(number, _)| *number);
        number.and_then(|number| self.delayed.remove(&number)).is_some()
    }

    /// Forgets what belongs to a connection.
    pub(super) fn forget(&mut self, id: ConnId) {
        self.unread.remove(&id);
        self.order_dialogs.remove(&id);
        self.pacing.forget(id);
    }

    /// Whether a client id stays taken without a connection.
    pub(super) fn holds(&self, client: ClientId, now: SimInstant) -> bool {
        self.held_ids.get(&client).is_some_and(|until| now < *until)
    }
}

/// The times of the last messages, for limits of so many in such a span.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<SimInstant>);

impl Recent {
    /// Forgets what lies before `from`, and counts the rest.
    pub(super) fn since(&mut self, from: SimInstant) -> usize {
        while self.0.front().is_some_and(|at| *at <= from) {
            self.0.pop_front();
        }
        self.0.len()
    }

    /// Remembers a message.
    pub(super) fn add(&mut self, at: SimInstant) {
        self.0.push_back(at);
    }
}
