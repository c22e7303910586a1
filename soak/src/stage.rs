//! The loop: the next thing that is due, then what follows from it, then the invariants.

mod troubles;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use gatewright_proto::ClientId;
use gatewright_sim::core::ConnId;
use jiff::Timestamp;

use crate::chance::Chance;
use crate::client::{Client, FromClient};
use crate::clock::Clock;
use crate::daemon::{Daemon, FromDaemon};
use crate::gateway::Gateway;
use crate::journal::{Journal, Write};
use crate::schedule::{Schedule, Trouble};
use crate::violation::{Broken, Checked, Violation};
use crate::watch::Watch;
use crate::wires::{FromGateway, ToGateway, Wires};
use crate::worker::{Now, Worker};

/// How long after its last trouble everything may take to be well again: a stalled Gateway is disturbed at most ten
/// times in ten minutes, and a stuck one of the month's worst kinds needs two such spans.
const CALM: Duration = Duration::from_secs(25 * 60);

/// How long a stream that nobody has reported may be missing: its own patience twice, and being asked again.
const MISSING: Duration = Duration::from_secs(300);

/// Steps at one moment before it is called spinning.
const STEPS_AT_ONCE: u32 = 20_000;

/// Lines of the trace that are kept.
const TRACE: usize = 120;

/// How often all health is looked at, besides whenever something happened.
const LOOK: Duration = Duration::from_secs(5);

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
    playing: String,
    trace: Option<VecDeque<String>>,
    /// Steps so far.
    pub(crate) steps: u64,
}

impl Stage {
    /// Every second life has programs behind the session proxy; the others have kept sessions only.
    pub(crate) fn new(seed: u64, begin: Timestamp, traced: bool) -> Self {
        let clock = Clock::new(begin);
        let mut chance = Chance::new(seed, 1);
        let proxied = seed % 2 == 1;
        let kept = if proxied { 0 } else { chance.below(3) };
        let programs = (0..=kept).zip([999_999_000, 0, 7, 31]);
        let programs =
            programs.map(|(_, id)| (ClientId::new(id), i32::try_from(chance.below(2)).unwrap_or(0))).collect();
        // Measured by others: 33 seconds to four minutes. Most lives have quicker ones, to see more in less time.
        let restart_takes = if chance.one_in(8) { chance.seconds(33, 240) } else { chance.seconds(2, 20) };
        let mut stage = Self {
            seed,
            clock,
            at: Duration::ZERO,
            due: BTreeMap::new(),
            number: 0,
            gateway: Gateway::new(seed, &clock, restart_takes),
            wires: Wires::default(),
            watch: Watch::default(),
            worker: None,
            ledger: Vec::new(),
            daemon: None,
            daemons: 0,
            clients: Vec::new(),
            client_conns: 0,
            journal: Journal::default(),
            programs,
            local: !chance.one_in(3),
            chance,
            conns: 0,
            seen: BTreeMap::new(),
            streams_right: BTreeMap::new(),
            playing: String::new(),
            trace: traced.then(VecDeque::new),
            steps: 0,
        };
        if proxied {
            let count = stage.chance.below(3);
            for (_, id) in (0..=count).zip([5, 0, 8]) {
                let protobuf = stage.chance.one_in(2);
                stage.clients.push(Client::new(ClientId::new(id), protobuf));
            }
            stage.start_daemon();
        }
        stage.start_worker();
        stage.add(Duration::ZERO, Happening::Look);
        stage
    }

    /// Frames that have left, and sessions that were opened.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.watch.frames, self.watch.sessions)
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
        self.clients.iter_mut().for_each(|client| client.busy = true);
        self.live(troubled, false).map_err(|broken| self.violation(broken))?;
        self.clients.iter_mut().for_each(|client| client.busy = false);
        self.live(troubled + CALM, true).map_err(|broken| self.violation(broken))?;
        if self.is_well() {
            return Ok(());
        }
        let state = self.worker.as_ref().map(Worker::state);
        let unwell: Vec<_> = self.clients.iter().filter(|client| !client.is_well()).collect();
        let what = format!("not {} s after the last trouble; recovery is {state:?}; {unwell:?}", CALM.as_secs());
        Err(self.violation(Broken::new("well again", what)))
    }

    fn violation(&self, broken: Broken) -> Box<Violation> {
        Box::new(Violation {
            seed: self.seed,
            after: self.at,
            rule: broken.rule,
            what: broken.what,
            schedule: self.playing.clone(),
            trace: self.trace.iter().flatten().cloned().collect(),
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
        let queued = self.due.first_key_value().map(|((at, _), _)| *at);
        let world = self.gateway.world.poll_timeout().map(|(at, _)| self.clock.of_world(at));
        let worker = self.worker.as_ref().and_then(Worker::poll_timeout).map(|at| self.clock.of_instant(at));
        let closing = self.worker.as_ref().and_then(Worker::poll_close);
        let daemon = self.daemon.as_ref().and_then(Daemon::poll_timeout).map(|at| self.clock.of_instant(at));
        let client = self.clients.iter().filter_map(Client::poll_timeout).min();
        [queued, world, worker, closing, daemon, client].into_iter().flatten().min()
    }

    fn step(&mut self) -> Checked {
        self.steps += 1;
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= self.at) {
            let happening = entry.remove();
            self.note(|| format!("{happening:?}"));
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
                    FromGateway::Bytes(bytes) => self.watch.handle_down(self.at, conn, bytes)?,
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
            Happening::AtClient(conn, what) => {
                for client in &mut self.clients {
                    match &what {
                        Some(bytes) => {
                            let sent = self.watch.highest_order(client.id);
                            client.handle_bytes(self.at, conn, bytes, sent)?;
                        }
                        None => client.handle_closed(self.at, conn),
                    }
                }
            }
            Happening::Durable(write, daemons) => {
                let daemon = self.daemon.as_mut().filter(|_| daemons == self.daemons);
                self.journal.handle(now, write, daemon, &mut self.watch);
            }
            Happening::Begins(trouble) => self.begin(trouble)?,
            Happening::Ends(trouble) => self.end(&trouble),
            Happening::Look => {
                self.add(self.at + LOOK, Happening::Look);
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
        self.ledger = worker.ledger;
        for conn in conns {
            // With SO_LINGER 0 the kernel resets what a killed process leaves.
            self.send(conn, ToGateway::Reset)?;
        }
        Ok(())
    }

    fn start_daemon(&mut self) {
        self.daemons += 1;
        self.daemon = Some(Daemon::new(self.now(), self.journal.open()));
    }

    fn start_worker(&mut self) {
        if self.worker.is_none() {
            let seed = self.chance.below(u64::MAX);
            let ledger = std::mem::take(&mut self.ledger);
            self.worker = Some(Worker::new(self.now(), self.programs.iter().copied(), seed, ledger));
        }
    }

    /// Takes everything from everybody until nothing follows.
    fn follow(&mut self) -> Checked {
        loop {
            let mut moved = false;
            while let Some((conn, what)) = self.gateway.poll(&self.clock, self.at) {
                moved = true;
                let at = self.wires.down(self.at, conn);
                self.add(at, Happening::AtWorker(conn, what));
            }
            let now = self.now();
            if let Some(worker) = &mut self.worker {
                let (gateway, local) = (&self.gateway, self.local);
                worker.drain(now, &mut self.conns, |port| local.then(|| gateway.listens(port)))?;
                for (conn, what) in std::mem::take(&mut worker.out) {
                    moved = true;
                    self.send(conn, what)?;
                }
            }
            moved |= self.follow_programs(now);
            if !moved {
                return Ok(());
            }
        }
    }

    /// What goes between programs, daemon, worker and journal.
    fn follow_programs(&mut self, now: Now) -> bool {
        let mut moved = false;
        for client in &mut self.clients {
            for (conn, what) in std::mem::take(&mut client.out) {
                moved = true;
                self.due.insert((self.at + LOOPBACK, self.number), Happening::AtDaemon(conn, what));
                self.number += 1;
            }
        }
        let Some(daemon) = &mut self.daemon else { return moved };
        if let Some(worker) = &mut self.worker {
            for news in std::mem::take(&mut worker.told) {
                moved = true;
                daemon.handle_raw(now, news);
            }
        }
        daemon.drain(now);
        for what in std::mem::take(&mut daemon.out) {
            moved = true;
            match (what, &mut self.worker) {
                (FromDaemon::Open(open), Some(worker)) => worker.open_raw(now, open),
                (FromDaemon::Open(open), None) => daemon.refuse(now, open.id),
                (FromDaemon::CloseUpstream(id), Some(worker)) => worker.close_raw(now, id),
                (FromDaemon::Frames(id, frames), Some(worker)) => worker.send_raw(now, id, frames),
                (FromDaemon::CloseUpstream(_) | FromDaemon::Frames(..), None) => {}
                (FromDaemon::Bytes(conn, bytes), _) => {
                    self.due.insert((self.at + LOOPBACK, self.number), Happening::AtClient(conn, Some(bytes)));
                    self.number += 1;
                }
                (FromDaemon::Close(conn), _) => {
                    self.due.insert((self.at + LOOPBACK, self.number), Happening::AtClient(conn, None));
                    self.number += 1;
                }
                (FromDaemon::Write(write), _) => {
                    let at = self.at + self.chance.between(Duration::from_millis(1), Duration::from_millis(20));
                    self.due.insert((at, self.number), Happening::Durable(write, self.daemons));
                    self.number += 1;
                }
            }
        }
        moved
    }

    fn send(&mut self, conn: ConnId, what: ToGateway) -> Checked {
        match &what {
            ToGateway::Connect { .. } => {
                let delay = if self.local {
                    Duration::from_micros(20)
                } else {
                    self.chance.between(Duration::from_millis(1), Duration::from_millis(80))
                };
                self.wires.open(conn, delay);
            }
            ToGateway::Bytes(bytes) => self.watch.handle_up(self.at, conn, bytes)?,
            ToGateway::Eof | ToGateway::Reset => self.watch.handle_end(conn),
        }
        let at = self.wires.up(self.at, conn);
        self.add(at, Happening::AtGateway(conn, what));
        Ok(())
    }

    fn check(&mut self) -> Checked {
        let now = self.now();
        match &mut self.worker {
            Some(worker) => worker.check_recovery(now),
            None => Ok(()),
        }
    }

    /// Every stream is alive or reported.
    fn check_streams(&mut self) -> Checked {
        let Some(worker) = &self.worker else { return Ok(()) };
        let now = self.clock.moment(self.at).at;
        for kept in worker.kept.values() {
            for number in 1..=kept.streams {
                let asked = self.watch.has_stream(kept.client_id, number);
                let reported = !kept.is_ready() || !worker.is_well() || !kept.is_fresh(now, number);
                let seen = self.seen.entry((kept.client_id, number)).or_insert(self.at);
                if asked || reported {
                    *seen = self.at;
                } else if *seen + MISSING < self.at {
                    let what = format!("stream {number} of client id {} is gone, and nobody says so", kept.client_id);
                    return Err(Broken::new("streams", what));
                }
            }
        }
        Ok(())
    }

    /// A program's questions end, and its streams are those that it wants, no fewer and no more, or it was told.
    fn check_programs(&mut self) -> Checked {
        if let Some(daemon) = &self.daemon {
            daemon.check(self.now())?;
        }
        for client in &self.clients {
            client.check_questions(self.at)?;
            let streams = self.watch.streams_of(client.id);
            let right = !client.is_ready() || client.is_told_lost() || streams == *client.streams();
            let since = self.streams_right.entry(client.id).or_insert(self.at);
            if right {
                *since = self.at;
            } else if *since + MISSING < self.at {
                let what =
                    format!("client id {} wants {:?}, and asked for are {streams:?}", client.id, client.streams());
                return Err(Broken::new("streams of programs", what));
            }
        }
        Ok(())
    }

    /// Whether everything is as it should be when nothing is wrong.
    fn is_well(&self) -> bool {
        let programs =
            self.clients.iter().all(|client| client.is_well() && self.watch.streams_of(client.id) == *client.streams());
        programs
            && self.worker.as_ref().is_some_and(|worker| {
                let streams = worker.kept.values().all(|kept| {
                    (1..=kept.streams).all(|number| self.watch.has_stream(kept.client_id, number))
                        && kept.open_questions.is_empty()
                        && kept.told_stale.is_empty()
                });
                worker.is_well() && streams
            })
    }

    fn add(&mut self, at: Duration, happening: Happening) {
        self.due.insert((at, self.number), happening);
        self.number += 1;
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        let at = self.at;
        if let Some(trace) = &mut self.trace {
            if trace.len() == TRACE {
                trace.pop_front();
            }
            let mut line = line();
            line.truncate(line.floor_char_boundary(240));
            trace.push_back(format!("{:14.6}  {line}", at.as_secs_f64()));
        }
    }
}
