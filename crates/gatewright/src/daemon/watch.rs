//! What was seen of a worker and of the daemon's own session, which the worker keeps. Pure: told what happens, asked how
//! it is. When a Gateway is connected to is the worker's recovery's to say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_link::client::{GatewayEvent, LinkEvent};
use gatewright_link::protocol::{ConnectedResult, ErrorData};
use gatewright_link::recovery::{RecoveryEvent, RecoveryReport};
use gatewright_proto::ClientId;

use super::report::{StuckSession, WorkerState};

/// How long after an answer the worker is asked again how the session stands. It says by itself when it is back.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// The cause by which the worker says that it has not tried yet.
const WAITING: &str = "waiting";

/// How long a Gateway that is down or starting is waited for before a human is called: a cold start takes 60 to 240 s.
const PATIENCE: Duration = Duration::from_secs(240);

/// The longest that a reset is waited for: the daily ones last half an hour to an hour.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60 * 60);

/// How long a worker may say nothing at all before it counts as hung and is replaced. It answers from memory: a machine
/// that keeps it from that for so long keeps it from the Gateway too.
const HUNG_AFTER: Duration = Duration::from_secs(30);

/// What is to be done about the daemon's own session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask the worker for it now.
    Ask,
    /// Ask then.
    AskAt(Instant),
    /// Nothing: it is there, or was asked for, or there is no worker.
    Wait,
}

/// What was seen of one Gateway's worker and session.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) worker: WorkerState,
    pub(super) generation: u64,
    pub(super) since: Instant,
    pub(super) last_end: Option<String>,
    pub(super) connected: Option<ConnectedResult>,
    connected_since: Instant,
    /// Since when the worker has answered nothing.
    silent_since: Option<Instant>,
    /// Whether its end is our own will.
    stopping: bool,
    pub(super) failure: Option<ErrorData>,
    pub(super) sessions: u64,
    /// Failed attempts to reach the Gateway, in all.
    pub(super) attempts: u64,
    /// How many of them belong to the outage that the worker is in.
    attempts_in_outage: u32,
    /// Why the last session that was ready ended.
    pub(super) last_loss: Option<ErrorData>,
    /// Until when a Gateway that is away is expected back.
    patience: Instant,
    asking: bool,
    ask_at: Option<Instant>,
    /// Sessions of programs that cannot connect although others can.
    stuck: BTreeMap<ClientId, StuckSession>,
}

impl Watch {
    /// A worker has just been started.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            worker: WorkerState::Running,
            generation: 1,
            since: now,
            last_end: None,
            connected: None,
            connected_since: now,
            silent_since: None,
            stopping: false,
            failure: None,
            sessions: 0,
            attempts: 0,
            attempts_in_outage: 0,
            last_loss: None,
            patience: now + PATIENCE,
            asking: false,
            ask_at: Some(now),
            stuck: BTreeMap::new(),
        }
    }

    /// Something happened to the link.
    pub(super) fn handle_event(&mut self, now: Instant, event: &LinkEvent) {
        match event {
            LinkEvent::WorkerStarted { generation, .. } => {
                self.worker(now, WorkerState::Running);
                self.generation = *generation;
                self.silent_since = None;
                self.attempts_in_outage = 0;
                self.ask_at = Some(now);
            }
            LinkEvent::WorkerDied { status, .. } => {
                self.worker(now, WorkerState::Restarting);
                self.last_end = Some(status.clone());
                self.connected = None;
                self.ask_at = None;
                self.stuck.clear();
            }
            LinkEvent::WorkerUnstartable { error } => {
                self.worker(now, WorkerState::Unstartable);
                self.last_end = Some(error.clone());
            }
            LinkEvent::SessionLost(lost) => self.lost(now, &lost.failure),
            LinkEvent::Gateway(GatewayEvent::SessionInterrupted(interrupted)) => self.lost(now, &interrupted.failure),
            // What it is now is in the answer to the question.
            LinkEvent::Gateway(GatewayEvent::SessionResumed(_)) => self.ask_at = Some(now),
            LinkEvent::Stage(_) | LinkEvent::Notice(_) | LinkEvent::WorkerLine(_) => {}
            LinkEvent::Gateway(GatewayEvent::News(RecoveryEvent::SessionStuck { client_id, cause, why, .. })) => {
                let stuck = StuckSession { client_id: Some(*client_id), cause: cause.to_string(), why: why.clone() };
                self.stuck.insert(*client_id, stuck);
            }
            LinkEvent::Gateway(
                GatewayEvent::Recovery(_)
                | GatewayEvent::News(_)
                | GatewayEvent::Reconciled(_)
                | GatewayEvent::Freshness(_),
            ) => {}
        }
    }

    fn lost(&mut self, now: Instant, failure: &ErrorData) {
        self.connected = None;
        self.failure = Some(failure.clone());
        self.last_loss = Some(failure.clone());
        self.patience = now + PATIENCE;
        self.ask_at = Some(now);
    }

    /// Everything is being stopped: what ends from now on is no news.
    pub(super) fn handle_stopping(&mut self) {
        self.stopping = true;
    }

    /// The session is being asked for.
    pub(super) fn handle_asking(&mut self) {
        self.asking = true;
        self.ask_at = None;
    }

    /// The session is there.
    pub(super) fn handle_connected(&mut self, now: Instant, connected: ConnectedResult) {
        self.asking = false;
        self.connected_since = now;
        self.connected = Some(connected);
        self.failure = None;
        self.sessions += 1;
    }

    /// The session is not there yet; why, as far as the worker knows. Returns whether that is another reason than before.
    pub(super) fn handle_refused(&mut self, now: Instant, failure: ErrorData) -> bool {
        self.asking = false;
        // A worker that is gone says so when it is back.
        if self.worker == WorkerState::Running {
            self.ask_at = self.ask_at.or(Some(now + ASK_AGAIN));
        }
        // Before the first attempt there is nothing to say, and after a loss the loss says more.
        if failure.cause == WAITING || self.stopping {
            return false;
        }
        let news = self.failure.as_ref().is_none_or(|known| known.cause != failure.cause);
        self.failure = Some(failure);
        news
    }

    /// Whether the worker has said how it is when it was asked.
    pub(super) fn handle_health(&mut self, now: Instant, answered: bool) {
        if answered || self.worker != WorkerState::Running {
            self.silent_since = None;
        } else {
            self.silent_since.get_or_insert(now);
        }
    }

    /// Whether the worker is to be replaced, since it runs and answers nothing. Said once for each silence.
    pub(super) fn take_hung(&mut self, now: Instant) -> bool {
        let hung = self.silent_since.is_some_and(|since| now.saturating_duration_since(since) >= HUNG_AFTER);
        if hung {
            self.silent_since = None;
        }
        hung
    }

    /// Where the worker's recovery stands.
    pub(super) fn handle_recovery(&mut self, recovery: &RecoveryReport) {
        // Whoever cannot connect is wanted and not ready.
        if recovery.sessions_ready >= recovery.sessions_wanted {
            self.stuck.clear();
        }
        self.handle_attempts(recovery.attempts);
    }

    /// For how long the daemon's own session has been served; `None` where it is not.
    pub(super) fn serves(&self, now: Instant) -> Option<Duration> {
        self.connected.as_ref().map(|_| now.saturating_duration_since(self.connected_since))
    }

    /// One session that cannot connect although others can, if there is one.
    pub(super) fn stuck(&self) -> Option<&StuckSession> {
        self.stuck.values().next()
    }

    /// How many attempts have failed in the outage that the worker's recovery is in.
    fn handle_attempts(&mut self, in_outage: u32) {
        let new = if in_outage >= self.attempts_in_outage { in_outage - self.attempts_in_outage } else { in_outage };
        self.attempts += u64::from(new);
        self.attempts_in_outage = in_outage;
    }

    /// A reset is expected to last so much longer: a Gateway that went away in it comes back with its end.
    pub(super) fn handle_reset_expected(&mut self, now: Instant, lasts: Duration) {
        self.patience = self.patience.max(now + lasts.min(LONGEST_PATIENCE));
    }

    /// Whether the Gateway is away as one is that restarts, and not for longer than that takes.
    pub(super) fn is_expected_back(&self, now: Instant) -> bool {
        const AWAY: [&str; 4] = ["not_listening", "refused", "closed_before_version", "no_accounts"];
        self.failure.as_ref().is_some_and(|failure| AWAY.contains(&failure.cause.as_str())) && now < self.patience
    }

    /// What is to be done about the session.
    pub(super) fn next(&self, now: Instant) -> Next {
        match self.ask_at {
            _ if self.asking || self.connected.is_some() || self.worker != WorkerState::Running => Next::Wait,
            None => Next::Wait,
            Some(at) if at <= now => Next::Ask,
            Some(at) => Next::AskAt(at),
        }
    }

    fn worker(&mut self, now: Instant, state: WorkerState) {
        if self.worker != state {
            self.worker = state;
            self.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewright_link::LinkError;

    fn failure() -> ErrorData {
        LinkError::Stopped.data()
    }

    #[test]
    fn a_session_that_is_not_there_is_asked_for_again_and_attempts_are_counted_over_outages() {
        let now = crate::clock::now();
        let mut watch = Watch::new(now);
        assert_eq!(watch.next(now), Next::Ask);
        watch.handle_asking();
        assert_eq!(watch.next(now), Next::Wait);
        watch.handle_refused(now, ErrorData { cause: WAITING.into(), ..failure() });
        assert_eq!((watch.next(now), &watch.failure), (Next::AskAt(now + ASK_AGAIN), &None));
        watch.handle_refused(now, failure());
        watch.handle_refused(now, ErrorData { cause: WAITING.into(), ..failure() });
        assert_eq!(watch.failure, Some(failure()), "that it waits says less than why");
        for (in_outage, in_all) in [(3, 3), (5, 5), (5, 5), (0, 5), (2, 7), (1, 8)] {
            watch.handle_attempts(in_outage);
            assert_eq!(watch.attempts, in_all);
        }
    }

    #[test]
    fn a_gateway_that_is_away_is_expected_back_for_as_long_as_a_start_takes_and_one_that_stalls_is_not() {
        let now = crate::clock::now();
        let mut watch = Watch::new(now);
        watch.handle_asking();
        watch.handle_refused(now, ErrorData { cause: "not_listening".into(), ..failure() });
        assert!(watch.is_expected_back(now + Duration::from_secs(239)));
        assert!(!watch.is_expected_back(now + Duration::from_secs(240)));
        watch.handle_refused(now, ErrorData { cause: "version_stalled".into(), ..failure() });
        assert!(!watch.is_expected_back(now));
    }

    #[test]
    fn a_worker_that_runs_and_answers_nothing_for_half_a_minute_is_hung_and_one_answer_is_enough() {
        let (now, second) = (crate::clock::now(), Duration::from_secs(1));
        let mut watch = Watch::new(now);
        watch.handle_health(now, false);
        watch.handle_health(now + 20 * second, true);
        watch.handle_health(now + 22 * second, false);
        assert!(!watch.take_hung(now + 51 * second));
        watch.handle_health(now + 52 * second, false);
        assert!(watch.take_hung(now + 52 * second) && !watch.take_hung(now + 52 * second));
        // One that is gone is not asked for anything.
        let died = LinkEvent::WorkerDied { generation: 1, status: "signal: 9".into(), restart_in: Duration::ZERO };
        watch.handle_event(now + 53 * second, &died);
        watch.handle_health(now + 54 * second, false);
        assert!(!watch.take_hung(now + 200 * second));
    }

    #[test]
    fn nothing_is_tried_without_a_worker_and_at_once_with_a_new_one() {
        let now = crate::clock::now();
        let mut watch = Watch::new(now);
        watch.handle_asking();
        let died = LinkEvent::WorkerDied { generation: 1, status: "signal: 9".into(), restart_in: Duration::ZERO };
        watch.handle_event(now, &died);
        watch.handle_refused(now, failure());
        assert_eq!((watch.next(now), watch.worker), (Next::Wait, WorkerState::Restarting));
        watch.handle_event(now, &LinkEvent::WorkerStarted { pid: 2, generation: 2 });
        assert_eq!((watch.next(now), watch.worker), (Next::Ask, WorkerState::Running));
        assert_eq!(watch.last_end.as_deref(), Some("signal: 9"));
    }
}
