//! The machine: one for each Gateway, and the only one that decides when it is connected to.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use gatewright_proto::session::{Acts, Cause, ClosedHow, Deadlines, Failure};

use super::backoff::{Backoff, Budget};
use super::chance::Chance;
use super::connectivity::Connectivity;
use super::entries::{Entries, LastFailure, Phase};
use super::farms::Farms;
use super::moment::Moment;
use super::outage::Outage;
use super::port::Port;
use super::reading::{Concerns, Trouble};
use super::report::{Permission, RecoveryEvent, RecoveryReport, RecoveryState, Suspect};
use super::settings::RecoverySettings;
use super::window::ResetWindows;

/// A session that cannot connect while others can is told of after so many failures.
const FAILURES_BEFORE_TOLD: u32 = 3;

/// A session that was ready for this long has settled: after it the waits begin anew.
const SETTLED: Duration = Duration::from_secs(60);

/// What somebody asks of recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryCommand {
    /// Attempt nothing any more. Sessions that are ready stay so.
    Stop {
        /// Why, for the record.
        why: String,
    },
    /// Attempt now, whatever was waited for. It also ends a stop.
    RetryNow,
}

/// One Gateway's recovery. Give it what happens, drain `poll_dial` and `poll_event`, wait until `poll_timeout`.
#[derive(Debug)]
pub struct Recovery {
    pub(super) settings: RecoverySettings,
    pub(super) windows: ResetWindows,
    pub(super) standing: Standing,
    pub(super) entries: Entries,
    pub(super) connectivity: Connectivity,
    /// What sessions that are not ready yet were told of a lost IBKR: a Gateway says so while a session begins.
    pub(super) told_early: BTreeMap<ClientId, String>,
    pub(super) farms: Farms,
    /// Set exactly while sessions are wanted and none is ready.
    pub(super) outage: Option<Outage>,
    pub(super) ever_ready: bool,
    /// When the next scout may go.
    pub(super) gate: Option<Instant>,
    pub(super) port: Port,
    pub(super) events: VecDeque<RecoveryEvent>,
    suspects: VecDeque<Suspect>,
    backoff: Backoff,
    budget: Budget,
    chance: Chance,
}

/// The state and why it was entered.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) state: RecoveryState,
    pub(super) since: Moment,
    pub(super) reason: Reason,
}

/// Why a state was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    pub(super) cause: &'static str,
    pub(super) why: String,
    pub(super) acts: Option<Acts>,
}

impl Reason {
    pub(super) fn new(cause: &'static str, why: impl Into<String>, acts: Option<Acts>) -> Self {
        Self { cause, why: why.into(), acts }
    }
}

impl From<&LastFailure> for Reason {
    fn from(failure: &LastFailure) -> Self {
        Self::new(failure.cause, &failure.why, Some(failure.acts))
    }
}

impl Recovery {
    /// Begins with no session wanted.
    pub fn new(settings: RecoverySettings, now: Moment) -> Self {
        let standing = Standing { state: RecoveryState::Connecting, since: now, reason: idle() };
        Self {
            windows: ResetWindows::new(settings.region, settings.restart.clone()),
            standing,
            entries: Entries::default(),
            connectivity: Connectivity::default(),
            told_early: BTreeMap::new(),
            farms: Farms::default(),
            outage: None,
            ever_ready: false,
            gate: None,
            port: Port::default(),
            events: VecDeque::new(),
            suspects: VecDeque::new(),
            backoff: Backoff::default(),
            budget: Budget::new(settings.disturbances, settings.disturbance_span),
            chance: Chance::new(settings.jitter_seed),
            settings,
        }
    }

    /// The sessions that come are with a Gateway of which nothing is known but where an earlier worker has followed it to.
    pub fn handle_gateway(&mut self, moved: Option<u16>) {
        self.port = Port::inherited(moved);
    }

    /// A session wants to be connected, and to stay so until [`Recovery::handle_gone`].
    pub fn handle_wanted(&mut self, now: Moment, client_id: ClientId) {
        self.entries.want(client_id, now.at);
        if self.outage.is_none() && !self.entries.any_ready() {
            self.begin_outage(now);
            let why = format!("the session of client id {client_id} is to be opened");
            self.try_again(now, Reason::new("none", why, None));
        }
    }

    /// Nobody wants this session any more, whatever it was doing.
    pub fn handle_gone(&mut self, now: Moment, client_id: ClientId) {
        if self.entries.remove(client_id).is_none() {
            return;
        }
        self.told_early.remove(&client_id);
        self.connectivity.handle_gone(client_id);
        if self.entries.len() == 0 {
            self.outage = None;
            self.gate = None;
            self.connectivity = Connectivity::default();
            if self.standing.state != RecoveryState::Stopped {
                self.enter(now, RecoveryState::Connecting, idle());
            }
        } else if self.outage.is_none() && !self.entries.any_ready() {
            self.begin_outage(now);
            self.try_again(now, Reason::new("none", "the last session that was ready has been closed", None));
        }
    }

    /// A session that was allowed to dial is ready.
    pub fn handle_ready(&mut self, now: Moment, client_id: ClientId) {
        let Some(entry) = self.entries.get_mut(client_id) else {
            return;
        };
        entry.phase = Phase::Ready { since: now.at, resubscribed: None };
        (entry.failures, entry.last, entry.told) = (0, None, false);
        self.ever_ready = true;
        self.gate = None;
        self.backoff.reset();
        if self.outage.take().is_some() && self.standing.state != RecoveryState::Stopped {
            let why = format!("the session of client id {client_id} is ready");
            self.enter(now, RecoveryState::Ready, Reason::new("none", why, None));
        }
        if let Some(words) = self.told_early.remove(&client_id) {
            self.lose_connectivity(now, client_id, &words);
        }
    }

    /// An attempt failed.
    pub fn handle_failed(&mut self, now: Moment, client_id: ClientId, failure: &Failure) {
        let booting = self.outage.as_ref().is_some_and(|outage| outage.booting);
        let trouble = Trouble::read(failure, booting);
        if trouble.is_elsewhere() {
            self.port.handle_elsewhere();
        }
        let failed =
            LastFailure { trouble, cause: failure.cause.name(), why: failure.to_string(), acts: failure.remedy().acts };
        self.failed(now, client_id, failed);
    }

    /// A session that was ready is over, without having been asked to.
    pub fn handle_lost(&mut self, now: Moment, client_id: ClientId, failure: &Failure) {
        let trouble = Trouble::read(failure, false);
        if matches!(failure.cause, Cause::Lost { how: ClosedHow::Frozen }) {
            self.suspect_others(now, client_id);
        }
        let reason = Reason::new(failure.cause.name(), failure.to_string(), Some(failure.remedy().acts));
        self.connectivity.handle_gone(client_id);
        let Some(entry) = self.entries.get_mut(client_id) else {
            return;
        };
        let settled = matches!(entry.phase, Phase::Ready { since, .. } if since + SETTLED <= now.at);
        if settled {
            entry.backoff.reset();
        }
        // What froze is not asked again at once. What lasted may be back already; what did not is not to make a storm.
        let pace = if settled && !trouble.disturbs() { Trouble::Absent.pace(true) } else { trouble.pace(false) };
        entry.phase = Phase::Waiting { not_before: now.at + entry.backoff.wait(pace, &mut self.chance) };
        if self.outage.is_none() && !self.entries.any_ready() {
            self.connectivity = Connectivity::default();
            self.farms.forget();
            self.begin_outage(now);
            if let Some(outage) = &mut self.outage {
                outage.lost = true;
            }
            self.try_again(now, reason);
        }
    }

    /// Somebody asks for something.
    pub fn handle_command(&mut self, now: Moment, command: RecoveryCommand) {
        match command {
            RecoveryCommand::Stop { why } => self.enter(now, RecoveryState::Stopped, Reason::new("asked", why, None)),
            RecoveryCommand::RetryNow => {
                self.entries.hurry(now.at);
                self.backoff.reset();
                self.budget.forgive();
                self.gate = None;
                if self.entries.len() == 0 {
                    self.enter(now, RecoveryState::Connecting, idle());
                } else if !self.entries.any_ready() {
                    self.begin_outage(now);
                    self.try_again(now, Reason::new("asked", "somebody asked to try again now", None));
                } else if self.standing.state == RecoveryState::Stopped {
                    self.resume(now);
                }
            }
        }
    }

    /// The time of [`Recovery::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Moment) {
        for client_id in self.entries.overdue(now.at) {
            let why = "the attempt never reported its end, which is a defect of Gatewright".to_owned();
            let lost = LastFailure { trouble: Trouble::Ours, cause: "internal", why, acts: Acts::Retry };
            self.failed(now, client_id, lost);
        }
        self.settle_connectivity(now);
        self.settle_farms(now);
        let overdue = self.outage.as_ref().filter(|outage| outage.patience <= now.at).map(Outage::reason);
        if let Some(reason) = overdue
            && !self.is_final()
        {
            self.enter(now, RecoveryState::WaitingForHuman, reason);
        }
    }

    /// The next session that may dial now, once. Report its end by `handle_ready`, `handle_failed` or `handle_gone`.
    ///
    /// While no session is ready only one may, the scout; behind it all others.
    pub fn poll_dial(&mut self, now: Moment) -> Option<ClientId> {
        if self.standing.state == RecoveryState::Stopped {
            return None;
        }
        self.entries.take_turn(now.at, self.gate, &self.budget, now.at + self.settings.attempt)
    }

    /// The next session that may hang on a frozen Gateway, as another one has found. Drain it after each call.
    pub fn poll_suspect(&mut self) -> Option<Suspect> {
        self.suspects.pop_front()
    }

    /// The port to dial: the one that was given, or where the Gateway has moved to since (1300).
    pub fn port(&self, given: u16) -> u16 {
        self.port.to_dial(given)
    }

    /// The next thing to tell. Drain it after each call.
    pub fn poll_event(&mut self) -> Option<RecoveryEvent> {
        self.events.pop_front()
    }

    /// When [`Recovery::handle_timeout`] and [`Recovery::poll_dial`] want to be called, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let patience = self.outage.as_ref().filter(|_| !self.is_final()).map(|outage| outage.patience);
        let overdue = self.connectivity.overdue().filter(|_| self.standing.state == RecoveryState::Degraded);
        [
            self.next_attempt().map(|at| (at, "the next attempt to connect")),
            self.entries.report_due().map(|at| (at, "the report of an attempt")),
            patience.map(|at| (at, "patience with a Gateway that is away")),
            overdue.map(|at| (at, "patience with a Gateway that has lost IBKR")),
            self.connectivity.settles().map(|at| (at, "whether IBKR is back without a word")),
            self.farms.poll_timeout(),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    /// The state and everything that explains it.
    pub fn report(&self, now: Moment) -> RecoveryReport {
        let Standing { state, since, reason } = &self.standing;
        RecoveryReport {
            state: *state,
            since: since.wall,
            cause: reason.cause.to_owned(),
            why: reason.why.clone(),
            acts: reason.acts,
            attempts: self.outage.as_ref().map_or(0, |outage| outage.attempts),
            next_attempt: self.next_attempt().map(|at| now.wall_at(at.max(now.at))),
            expected: self.windows.expected(now.wall),
            sessions_ready: self.entries.ready().count(),
            sessions_wanted: self.entries.len(),
        }
    }

    /// Whether a session may connect, for whoever asks for it.
    pub fn permission(&self, now: Moment, client_id: ClientId) -> Permission {
        let Some(entry) = self.entries.get(client_id) else {
            return Permission::At { at: None, why: format!("nobody wants the session of client id {client_id}") };
        };
        let (why, at) = match entry.phase {
            Phase::Dialing { .. } | Phase::Ready { .. } => return Permission::Now,
            Phase::Waiting { not_before } => {
                let next = self.next_attempt().map(|at| at.max(not_before));
                let own = entry.last.as_ref().filter(|_| self.outage.is_none()).map(|last| last.why.clone());
                (own.unwrap_or_else(|| self.standing.reason.why.clone()), next)
            }
        };
        match self.standing.state {
            RecoveryState::Stopped => Permission::Stopped,
            RecoveryState::WaitingForHuman if self.outage.is_some() => Permission::Human { why },
            RecoveryState::Connecting
            | RecoveryState::Ready
            | RecoveryState::Degraded
            | RecoveryState::Reconnecting
            | RecoveryState::GatewayRestarting
            | RecoveryState::WaitingForHuman => match at {
                Some(at) if at <= now.at => Permission::Now,
                Some(_) | None => Permission::At { at: at.map(|at| now.wall_at(at)), why },
            },
        }
    }

    fn next_attempt(&self) -> Option<Instant> {
        if self.standing.state == RecoveryState::Stopped {
            return None;
        }
        self.entries.next(self.gate, &self.budget).map(|(at, _)| at)
    }

    fn failed(&mut self, now: Moment, client_id: ClientId, failed: LastFailure) {
        self.told_early.remove(&client_id);
        let trouble = failed.trouble;
        if trouble.disturbs() {
            self.budget.spend(now.at);
        }
        let serves = self.entries.any_ready();
        let expected = self.outage.as_ref().is_some_and(|outage| outage.is_back_expected(now.at));
        let Some(entry) = self.entries.get_mut(client_id) else {
            return;
        };
        entry.failures = entry.failures.saturating_add(1);
        let alone = serves || trouble.concerns() == Concerns::OneSession;
        let backoff = if alone { &mut entry.backoff } else { &mut self.backoff };
        let next = now.at + backoff.wait(trouble.pace(expected), &mut self.chance);
        entry.phase = Phase::Waiting { not_before: if alone { next } else { now.at } };
        if !alone {
            self.gate = Some(next);
        }
        let tell = alone && entry.failures >= FAILURES_BEFORE_TOLD && !entry.told;
        if tell {
            entry.told = true;
            let (why, acts) = (failed.why.clone(), failed.acts);
            self.events.push_back(RecoveryEvent::SessionStuck { client_id, cause: failed.cause.into(), why, acts });
        }
        entry.last = Some(failed.clone());
        self.judge(now, failed);
    }

    /// Two clock requests of a session were not answered. Sessions of programs have no clock of their own to ask.
    fn suspect_others(&mut self, now: Moment, found_by: ClientId) {
        let Some(since) = now.at.checked_sub(2 * Deadlines::default().heartbeat) else { return };
        let others = self.entries.ready().filter(|client_id| *client_id != found_by);
        self.suspects.extend(others.map(|client_id| Suspect { client_id, since }));
    }

    /// Starts a stop's end where sessions were kept meanwhile.
    fn resume(&mut self, now: Moment) {
        let why = "somebody asked to go on";
        if self.connectivity.is_lost() {
            let reason = Reason::new("connectivity_lost", why, Some(Acts::Wait));
            self.enter(now, RecoveryState::Degraded, reason);
        } else {
            self.enter(now, RecoveryState::Ready, Reason::new("asked", why, None));
        }
    }

    /// Enters a state for a reason, and tells so where either is new.
    pub(super) fn enter(&mut self, now: Moment, state: RecoveryState, reason: Reason) {
        let same_state = self.standing.state == state;
        let same_cause = self.standing.reason.cause == reason.cause;
        let since = if same_state { self.standing.since } else { now };
        self.standing = Standing { state, since, reason };
        if !(same_state && same_cause) {
            let report = self.report(now);
            self.events.push_back(RecoveryEvent::Changed(report));
        }
    }

    /// Whether the state stays what it is until a session is ready or somebody asks.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.standing.state, RecoveryState::WaitingForHuman | RecoveryState::Stopped)
    }

    fn begin_outage(&mut self, now: Moment) {
        self.gate = None;
        self.outage = Some(Outage::new(now, self.patience(now)));
    }

    /// How long a Gateway may stay away from now on: a start's time, or the rest of a reset window, though not for hours.
    pub(super) fn patience(&self, now: Moment) -> Instant {
        const LONGEST: Duration = Duration::from_secs(60 * 60);
        let window = self.windows.expected(now.wall).map(|expected| now.until(expected.until).min(LONGEST));
        now.at + window.unwrap_or_default().max(self.settings.boot_grace)
    }
}

fn idle() -> Reason {
    Reason::new("idle", "no session is wanted", None)
}
