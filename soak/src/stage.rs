//! The loop: the next thing that is due, then what follows from it, then the invariants.

mod beginning;
mod checks;
mod following;
mod troubles;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;
use gatewright_proto::ClientId;
use gatewright_proxy::{OutagePolicy, ProxySettings};
use gatewright_sim::Fault;
use gatewright_sim::core::ConnId;

use crate::chance::Chance;
use crate::client::{Client, FromClient, Pace};
use crate::clock::Clock;
use crate::daemon::Daemon;
use crate::gateway::Gateway;
use crate::journal::{Journal, Write};
use crate::life::Lived;
use crate::sabotage::{Sabotage, is};
use crate::schedule::{Schedule, Trouble};
use crate::twin::Twin;
use crate::violation::{Broken, Checked, Violation};
use crate::watch::Watch;
use crate::wires::{FromGateway, ToGateway, Wires};
use crate::worker::{Now, Worker};

/// How long after its last trouble everything may take to be well again: a stalled Gateway is disturbed at most ten
/// times in ten minutes, and a stuck one of the month's worst kinds needs two such spans.
const CALM: Duration = Duration::from_secs(25 * 60);

/// How long after its last trouble a schedule's trace is the one of its troubles.
const AFTERMATH: Duration = Duration::from_secs(20);

/// Steps at one moment before it is called spinning.
const STEPS_AT_ONCE: u32 = 20_000;

/// Lines of the trace that are kept.
pub(crate) const TRACE: usize = 120;

/// How often health, streams and questions are looked at while something goes wrong.
const LOOK: Duration = Duration::from_secs(5);

/// How often through the hours of a month in which nothing does.
const LOOK_SELDOM: Duration = Duration::from_secs(60);

/// A month's programs are lively so long before something goes wrong, and until so long after its end.
const LIVELY_BEFORE: Duration = Duration::from_secs(120);
const LIVELY_AFTER: Duration = Duration::from_secs(600);

/// What is due at a moment.
#[derive(Debug)]
enum Happening {
    AtGateway(ConnId, ToGateway),
    AtWorker(ConnId, FromGateway),
    AtDaemon(u64, FromClient),
    /// Bytes for a program, or its end.
    AtClient(u64, Option<Bytes>),
    /// Something becomes durable, for the daemon of that number.
    Durable(Write, u64),
    Begins(Trouble),
    Ends(Trouble),
    Look,
}

impl Happening {
    /// Bars of a stream, which would fill every trace.
    fn is_bars(&self) -> bool {
        match self {
            Self::AtWorker(_, FromGateway::Bytes(bytes)) | Self::AtClient(_, Some(bytes)) => is(bytes, 50),
            Self::AtWorker(..)
            | Self::AtClient(..)
            | Self::AtGateway(..)
            | Self::AtDaemon(..)
            | Self::Durable(..)
            | Self::Begins(_)
            | Self::Ends(_)
            | Self::Look => false,
        }
    }
}

/// Between a program and the daemon, on one machine.
const LOOPBACK: Duration = Duration::from_micros(20);

/// Everything together.
#[derive(Debug)]
pub(crate) struct Stage {
    seed: u64,
    clock: Clock,
    at: Duration,
    due: BTreeMap<(Duration, u64), Happening>,
    number: u64,
    gateway: Gateway,
    wires: Wires,
    watch: Watch,
    worker: Option<Worker>,
    /// What the worker that was killed last has left of what was spent.
    ledger: Vec<u8>,
    daemon: Option<Daemon>,
    /// How many daemons there were.
    daemons: u64,
    clients: Vec<Client>,
    twins: Vec<Twin>,
    /// How much may wait for a program that does not read.
    most_unread: usize,
    client_conns: u64,
    journal: Journal,
    programs: Vec<(ClientId, i32)>,
    chance: Chance,
    conns: u64,
    /// Whether the Gateway is on this machine, so that the socket table shows its listener.
    local: bool,
    /// When each stream was last seen to be asked for, or reported.
    seen: BTreeMap<(ClientId, i32), Duration>,
    /// When each program's streams were last seen to be those that it wants, or it was told.
    streams_right: BTreeMap<ClientId, Duration>,
    /// Faults that last, once for each trouble that has begun them.
    faults: Vec<Fault>,
    /// Where the Gateway has said to a session that it moves to.
    told_port: Option<u16>,
    playing: String,
    /// While these last, programs are lively.
    lively: Vec<Range<Duration>>,
    trace: VecDeque<String>,
    /// The trace as it was a moment after the schedule's last trouble: what does not become well again began there.
    trace_of_troubles: Option<VecDeque<String>>,
    /// How many lines of it are kept.
    traced: usize,
    sabotage: Option<Sabotage>,
    looks: u64,
    steps: u64,
}

impl Stage {
    /// Tells what was counted.
    pub(crate) fn count(&self, lived: &mut Lived) {
        (lived.steps, lived.looks) = (self.steps, self.looks);
        (lived.frames, lived.sessions, lived.orders) = (self.watch.frames, self.watch.sessions, self.watch.orders());
    }

    /// Virtual time so far.
    pub(crate) fn lived(&self) -> Duration {
        self.at
    }

    /// Lives through a schedule, and on until everything is well again.
    pub(crate) fn play(&mut self, schedule: &Schedule) -> Result<(), Box<Violation>> {
        self.playing = schedule.to_string();
        let begin = self.at;
        for incident in &schedule.incidents {
            self.add(begin + incident.at, Happening::Begins(incident.trouble.clone()));
        }
        let troubled = begin + schedule.length();
        self.lively = schedule.spans(LIVELY_BEFORE, LIVELY_AFTER);
        self.lively.iter_mut().for_each(|span| *span = begin + span.start..begin + span.end);
        self.set_pace(if self.is_lively() { Pace::Lively } else { Pace::Leisurely });
        self.live(troubled, false).map_err(|broken| self.violation(broken))?;
        self.set_pace(Pace::Idle);
        self.live(troubled + AFTERMATH, true).map_err(|broken| self.violation(broken))?;
        self.trace_of_troubles = Some(self.trace.clone());
        self.live(troubled + CALM, true).map_err(|broken| self.violation(broken))?;
        if self.is_well() {
            return Ok(());
        }
        let state = self.worker.as_ref().map(Worker::state);
        let unwell: Vec<_> = self.clients.iter().filter(|client| !client.is_well()).collect();
        let misinformed = self.misinformed();
        let what = format!(
            "not {} s after the last trouble; recovery is {state:?}; {misinformed:?}; {unwell:?}",
            CALM.as_secs()
        );
        self.trace = self.trace_of_troubles.take().unwrap_or_default();
        Err(self.violation(Broken::new("well again", what)))
    }

    fn is_lively(&self) -> bool {
        self.lively.iter().any(|span| span.contains(&self.at))
    }

    fn set_pace(&mut self, pace: Pace) {
        self.clients.iter_mut().for_each(|client| client.set_pace(self.at, pace, &mut self.chance));
    }

    fn violation(&self, broken: Broken) -> Box<Violation> {
        Box::new(Violation {
            seed: self.seed,
            after: self.at,
            rule: broken.rule,
            what: broken.what,
            schedule: self.playing.clone(),
            shortest: String::new(),
            trace: self.trace.iter().cloned().collect(),
            again: String::new(),
        })
    }

    fn live(&mut self, until: Duration, while_unwell: bool) -> Checked {
        let mut at_once = 0;
        while !(while_unwell && self.is_well()) {
            let Some(next) = self.next().filter(|next| *next <= until) else {
                self.at = until;
                break;
            };
            at_once = if next > self.at { 0 } else { at_once + 1 };
            if at_once > STEPS_AT_ONCE {
                return Err(Broken::new("spinning", format!("{:?}", self.worker.as_ref().map(Worker::state))));
            }
            self.at = self.at.max(next);
            self.step()?;
        }
        Ok(())
    }

    /// When the next thing is due.
    fn next(&self) -> Option<Duration> {
        if self.sabotage == Some(Sabotage::Spinning) {
            return Some(self.at);
        }
        let queued = self.due.first_key_value().map(|((at, _), _)| *at);
        let world = self.gateway.world.poll_timeout().map(|(at, _)| self.clock.of_world(at));
        let worker = self.worker.as_ref().and_then(Worker::poll_timeout).map(|at| self.clock.of_instant(at));
        let closing = self.worker.as_ref().and_then(Worker::poll_close);
        let daemon = self.daemon.as_ref().and_then(Daemon::poll_timeout).map(|at| self.clock.of_instant(at));
        let slow = self.daemon.as_ref().and_then(Daemon::poll_close);
        let client = self.clients.iter().filter_map(Client::poll_timeout).min();
        [queued, world, worker, closing, daemon, slow, client].into_iter().flatten().min()
    }

    fn step(&mut self) -> Checked {
        self.steps += 1;
        let now = self.now();
        if let Some(daemon) = &mut self.daemon {
            daemon.handle_clock(now);
        }
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= self.at) {
            let happening = entry.remove();
            if !happening.is_bars() {
                self.note(|| format!("{happening:?}"));
            }
            self.happen(happening)?;
            self.follow()?;
        }
        let now = self.clock.world(self.at);
        if self.gateway.world.poll_timeout().is_some_and(|(due, _)| due <= now) {
            self.gateway.world.handle_timeout(now);
        }
        let now = self.now();
        if let Some(worker) = &mut self.worker {
            let due = [worker.poll_timeout().map(|at| self.clock.of_instant(at)), worker.poll_close()];
            if due.into_iter().flatten().any(|due| due <= self.at) {
                worker.handle_timeout(now);
            }
        }
        if let Some(daemon) = &mut self.daemon
            && daemon.poll_timeout().is_some_and(|due| due <= now.moment.at)
        {
            daemon.handle_timeout(now);
        }
        for client in &mut self.clients {
            client.handle_timeout(self.at, &mut self.client_conns, &mut self.chance);
        }
        self.follow()?;
        self.check()
    }

    fn now(&self) -> Now {
        Now { at: self.at, moment: self.clock.moment(self.at) }
    }

    fn happen(&mut self, happening: Happening) -> Checked {
        let now = self.now();
        match happening {
            Happening::AtGateway(conn, what) => {
                if let Some(back) = self.gateway.handle(&self.clock, self.at, conn, what) {
                    let at = self.wires.down(self.at, conn);
                    self.add(at, Happening::AtWorker(conn, back));
                }
            }
            Happening::AtWorker(conn, what) => {
                match &what {
                    FromGateway::Bytes(bytes) => {
                        let named = self.watch.handle_down(self.at, conn, bytes)?;
                        if self.worker.as_ref().is_some_and(|worker| worker.serves(conn)) {
                            self.told_port = named.or(self.told_port);
                        }
                    }
                    FromGateway::Eof | FromGateway::Reset | FromGateway::Refused => {
                        self.watch.handle_end(conn);
                        self.wires.forget(conn);
                    }
                    FromGateway::Accepted => {}
                }
                if let Some(worker) = &mut self.worker {
                    worker.handle(now, conn, what);
                }
            }
            Happening::AtDaemon(conn, what) => match &mut self.daemon {
                Some(daemon) => daemon.handle_client(now, conn, what),
                None if matches!(what, FromClient::Connect) => {
                    self.add(self.at + LOOPBACK, Happening::AtClient(conn, None))
                }
                None => {}
            },
            Happening::AtClient(conn, None) => {
                self.clients.iter_mut().for_each(|client| client.handle_closed(self.at, conn));
                let daemon = self.daemon.is_some();
                if let Some(twin) = self.twins.iter_mut().find(|twin| twin.conn == conn) {
                    let first = first_of(&self.clients, twin.id, self.at);
                    twin.handle_closed(first.filter(|_| daemon))?;
                }
            }
            Happening::AtClient(conn, Some(bytes)) => {
                if let Some(twin) = self.twins.iter_mut().find(|twin| twin.conn == conn) {
                    let first = first_of(&self.clients, twin.id, self.at);
                    twin.handle_bytes(self.at, &bytes, first)?;
                } else if let Some(client) = self.clients.iter_mut().find(|client| client.conn == Some(conn)) {
                    let sent = self.watch.highest_order(client.id);
                    let parts = match self.sabotage {
                        Some(sabotage) => sabotage.downward(bytes, client.is_greeting()),
                        None => vec![bytes],
                    };
                    for part in parts {
                        client.handle_bytes(self.at, conn, &part, sent)?;
                    }
                }
            }
            Happening::Durable(write, daemons) => {
                let daemon = self.daemon.as_mut().filter(|_| daemons == self.daemons);
                self.journal.handle(now, write, daemon, &mut self.watch);
            }
            Happening::Begins(trouble) => self.begin(trouble)?,
            Happening::Ends(trouble) => self.end(&trouble)?,
            Happening::Look => {
                self.looks += 1;
                let lively = self.is_lively();
                self.add(self.at + if lively { LOOK } else { LOOK_SELDOM }, Happening::Look);
                if self.clients.iter().any(|client| client.pace() != Pace::Idle) {
                    self.set_pace(if lively { Pace::Lively } else { Pace::Leisurely });
                }
                if let Some(worker) = &self.worker {
                    worker.check_health(now)?;
                    worker.check_bounds(now)?;
                }
                self.check_streams()?;
                self.check_programs()?;
            }
        }
        Ok(())
    }

    fn kill_worker(&mut self) -> Checked {
        let Some(worker) = self.worker.take() else { return Ok(()) };
        let conns: Vec<ConnId> = worker.connections().collect();
        if self.sabotage != Some(Sabotage::NotesLost) {
            self.ledger = worker.ledger;
        }
        if self.sabotage == Some(Sabotage::Undead) {
            return Ok(());
        }
        for conn in conns {
            // With SO_LINGER 0 the kernel resets what a killed process leaves.
            self.send(conn, ToGateway::Reset)?;
        }
        Ok(())
    }

    fn start_daemon(&mut self) {
        self.daemons += 1;
        let outage = if self.sabotage == Some(Sabotage::ThrownOut) { OutagePolicy::Close } else { OutagePolicy::Hold };
        let most_unread = if self.sabotage == Some(Sabotage::Hoarding) { usize::MAX } else { self.most_unread };
        let settings = ProxySettings { outage, most_unread, ..ProxySettings::default() };
        self.daemon = Some(Daemon::new(self.now(), self.journal.open(), settings, self.most_unread));
    }

    fn start_worker(&mut self) {
        if self.worker.is_none() && (self.sabotage != Some(Sabotage::NoSuccessor) || self.at.is_zero()) {
            let seed = self.chance.below(u64::MAX);
            let ledger = std::mem::take(&mut self.ledger);
            let programs = self.programs.iter().copied();
            self.worker = Some(Worker::new(self.now(), programs, seed, ledger, self.sabotage));
        }
    }

    fn add(&mut self, at: Duration, happening: Happening) {
        self.due.insert((at, self.number), happening);
        self.number += 1;
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if self.traced == 0 {
            return;
        }
        if self.trace.len() >= self.traced {
            self.trace.pop_front();
        }
        let mut line = line();
        line.truncate(line.floor_char_boundary(240));
        self.trace.push_back(format!("{:14.6}  {line}", self.at.as_secs_f64()));
    }
}

/// The connection of the program that has a client id, while nothing is wrong with that program.
fn first_of(clients: &[Client], id: ClientId, at: Duration) -> Option<u64> {
    clients.iter().find(|client| client.id == id && client.has_read(at)).and_then(|client| client.conn)
}
