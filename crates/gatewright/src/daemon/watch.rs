//! What was seen of a worker and of the daemon's own session. Pure: told what happens, asked how it is.

use std::time::{Duration, Instant};

use gatewright_link::client::LinkEvent;
use gatewright_link::protocol::{ConnectedResult, ErrorData};

use super::report::WorkerState;

/// The first wait before the session is opened again.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait: half of what a program waits at most before it looks again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long a Gateway that is down or starting is waited for before a human is called: a cold start takes 60 to 240 s.
const PATIENCE: Duration = Duration::from_secs(240);

/// The longest that a reset is waited for: the daily ones last half an hour to an hour.
const LONGEST_PATIENCE: Duration = Duration::from_secs(60 * 60);

/// What is to be done about the daemon's own session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Open it now.
    Connect,
    /// Open it then.
    ConnectAt(Instant),
    /// Nothing: it is there, or being opened, or there is no worker.
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
    pub(super) failure: Option<ErrorData>,
    pub(super) sessions: u64,
    /// Failed attempts to open the session, in all.
    pub(super) attempts: u64,
    /// Why the last session that was ready ended.
    pub(super) last_loss: Option<ErrorData>,
    /// Until when a Gateway that is away is expected back.
    patience: Instant,
    connecting: bool,
    retry_at: Option<Instant>,
    wait: Duration,
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
            failure: None,
            sessions: 0,
            attempts: 0,
            last_loss: None,
            patience: now + PATIENCE,
            connecting: false,
            retry_at: Some(now),
            wait: FIRST_WAIT,
        }
    }

    /// Something happened to the link.
    pub(super) fn handle_event(&mut self, now: Instant, event: &LinkEvent) {
        match event {
            LinkEvent::WorkerStarted { generation, .. } => {
                self.worker(now, WorkerState::Running);
                self.generation = *generation;
                self.wait = FIRST_WAIT;
                self.retry_at = Some(now);
            }
            LinkEvent::WorkerDied { status, .. } => {
                self.worker(now, WorkerState::Restarting);
                self.last_end = Some(status.clone());
                self.connected = None;
                self.retry_at = None;
            }
            LinkEvent::WorkerUnstartable { error } => {
                self.worker(now, WorkerState::Unstartable);
                self.last_end = Some(error.clone());
            }
            LinkEvent::SessionLost(lost) => {
                self.connected = None;
                self.failure = Some(lost.failure.clone());
                self.last_loss = Some(lost.failure.clone());
                self.patience = now + PATIENCE;
                self.retry_at = Some(now);
            }
            LinkEvent::Stage(_) | LinkEvent::Notice(_) | LinkEvent::WorkerLine(_) | LinkEvent::Gateway(_) => {}
        }
    }

    /// The session is being opened.
    pub(super) fn handle_connecting(&mut self) {
        self.connecting = true;
        self.retry_at = None;
    }

    /// The session is there.
    pub(super) fn handle_connected(&mut self, connected: ConnectedResult) {
        self.connecting = false;
        self.connected = Some(connected);
        self.failure = None;
        self.sessions += 1;
        self.wait = FIRST_WAIT;
    }

    /// The session could not be opened.
    pub(super) fn handle_refused(&mut self, now: Instant, failure: ErrorData) {
        self.connecting = false;
        self.failure = Some(failure);
        self.attempts += 1;
        // A worker that is gone says so when it is back.
        if self.worker == WorkerState::Running {
            self.retry_at = Some(now + self.wait);
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
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
        match self.retry_at {
            _ if self.connecting || self.connected.is_some() || self.worker != WorkerState::Running => Next::Wait,
            None => Next::Wait,
            Some(at) if at <= now => Next::Connect,
            Some(at) => Next::ConnectAt(at),
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
    fn a_session_that_is_refused_is_tried_again_ever_more_rarely_and_never_given_up() {
        let mut now = crate::clock::now();
        let mut watch = Watch::new(now);
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            assert_eq!(watch.next(now), Next::Connect);
            watch.handle_connecting();
            assert_eq!(watch.next(now), Next::Wait);
            watch.handle_refused(now, failure());
            let Next::ConnectAt(at) = watch.next(now) else { panic!("it waits") };
            longest = longest.max(at - now);
            now = at;
        }
        assert_eq!(longest, LONGEST_WAIT);
    }

    #[test]
    fn a_gateway_that_is_away_is_expected_back_for_as_long_as_a_start_takes_and_one_that_stalls_is_not() {
        let now = crate::clock::now();
        let mut watch = Watch::new(now);
        watch.handle_connecting();
        watch.handle_refused(now, ErrorData { cause: "not_listening".into(), ..failure() });
        assert!(watch.is_expected_back(now + Duration::from_secs(239)));
        assert!(!watch.is_expected_back(now + Duration::from_secs(240)));
        watch.handle_refused(now, ErrorData { cause: "version_stalled".into(), ..failure() });
        assert!(!watch.is_expected_back(now));
    }

    #[test]
    fn nothing_is_tried_without_a_worker_and_at_once_with_a_new_one() {
        let now = crate::clock::now();
        let mut watch = Watch::new(now);
        watch.handle_connecting();
        let died = LinkEvent::WorkerDied { generation: 1, status: "signal: 9".into(), restart_in: Duration::ZERO };
        watch.handle_event(now, &died);
        watch.handle_refused(now, failure());
        assert_eq!((watch.next(now), watch.worker), (Next::Wait, WorkerState::Restarting));
        watch.handle_event(now, &LinkEvent::WorkerStarted { pid: 2, generation: 2 });
        assert_eq!((watch.next(now), watch.worker), (Next::Connect, WorkerState::Running));
        assert_eq!(watch.last_end.as_deref(), Some("signal: 9"));
    }
}
