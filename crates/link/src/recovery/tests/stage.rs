//! A recovery machine with clocks that a test moves.

use std::time::Duration;

use gatewright_proto::ClientId;
use gatewright_proto::session::{Cause, ClosedHow, Failure, IdInUseEvidence, Stage};

use crate::clock;
use crate::recovery::*;

pub(super) const MONITOR: ClientId = ClientId::new(999_999_000);
pub(super) const TRADER: ClientId = ClientId::new(7);

pub(super) fn failure(stage: Stage, cause: Cause) -> Failure {
    Failure { stage, cause, after: Duration::from_millis(3), local: true, cut_short: false }
}

pub(super) fn absent() -> Failure {
    failure(Stage::Inspect, Cause::NotListening)
}

pub(super) fn stalled() -> Failure {
    failure(Stage::Negotiate, Cause::VersionStalled)
}

pub(super) fn closing() -> Failure {
    failure(Stage::Negotiate, Cause::ClosedBeforeVersion { how: ClosedHow::Eof })
}

pub(super) fn id_taken(client_id: ClientId) -> Failure {
    failure(Stage::Identify, Cause::ClientIdInUse { client_id, evidence: IdInUseEvidence::Code326 })
}

pub(super) fn reset() -> Failure {
    failure(Stage::Ready, Cause::Lost { how: ClosedHow::Reset })
}

pub(super) fn frozen() -> Failure {
    failure(Stage::Ready, Cause::Lost { how: ClosedHow::Frozen })
}

/// The machine, now, and what it has told.
pub(super) struct Play {
    pub(super) recovery: Recovery,
    pub(super) now: Moment,
    pub(super) told: Vec<RecoveryEvent>,
}

impl Play {
    /// Begins on a quiet Tuesday morning in New York.
    pub(super) fn begin() -> Self {
        Self::begin_at("2026-03-03T15:00:00Z")
    }

    pub(super) fn begin_at(wall: &str) -> Self {
        let now = Moment::new(clock::now(), wall.parse().expect("a timestamp"));
        Self { recovery: Recovery::new(RecoverySettings::default(), now), now, told: Vec::new() }
    }

    /// Begins with these sessions ready.
    pub(super) fn ready(sessions: &[ClientId]) -> Self {
        let mut play = Self::begin();
        for session in sessions {
            play.recovery.handle_wanted(play.now, *session);
        }
        for _ in sessions {
            let dialled = play.dial();
            play.recovery.handle_ready(play.now, dialled);
        }
        play.pass(Duration::from_secs(120));
        play.told.clear();
        play
    }

    pub(super) fn state(&self) -> RecoveryState {
        self.recovery.report(self.now).state
    }

    /// Drains what was told.
    pub(super) fn drain(&mut self) -> &mut Self {
        while let Some(event) = self.recovery.poll_event() {
            self.told.push(event);
        }
        self
    }

    /// Time passes; the machine's deadlines are kept, and nobody dials.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now.after(span);
        for _ in 0..10_000 {
            match self.recovery.poll_timeout() {
                Some((due, _)) if due <= end.at => {
                    self.now = self.now.after(due.saturating_duration_since(self.now.at).max(Duration::from_millis(1)));
                    self.recovery.handle_timeout(self.now);
                }
                Some(_) | None => break,
            }
        }
        self.now = if self.now.at < end.at { end } else { self.now };
        self.recovery.handle_timeout(self.now);
        self.drain();
    }

    /// Waits until somebody may dial.
    pub(super) fn dial(&mut self) -> ClientId {
        for _ in 0..1000 {
            if let Some(client_id) = self.recovery.poll_dial(self.now) {
                return client_id;
            }
            let (due, _) = self.recovery.poll_timeout().expect("whoever waits has a deadline");
            self.now = self.now.after(due.saturating_duration_since(self.now.at));
            self.recovery.handle_timeout(self.now);
            self.drain();
        }
        panic!("nobody may dial: {:?}", self.recovery.report(self.now));
    }

    /// Attempts fail like this for some time. Returns how many were made.
    pub(super) fn fail_for(&mut self, span: Duration, failure: &Failure) -> usize {
        let end = self.now.after(span);
        let mut attempts = 0;
        while self.now.at < end.at {
            let client_id = self.dial();
            assert_eq!(self.recovery.poll_dial(self.now), None, "never two scouts");
            self.now = self.now.after(Duration::from_millis(2));
            self.recovery.handle_failed(self.now, client_id, failure);
            self.drain();
            attempts += 1;
        }
        attempts
    }

    pub(super) fn notice(&mut self, client_id: ClientId, code: i32, text: &str) {
        self.recovery.handle_notice(self.now, client_id, code, text);
        self.drain();
    }

    /// The states that were told, in order.
    pub(super) fn states(&self) -> Vec<RecoveryState> {
        let states = self.told.iter().filter_map(|event| match event {
            RecoveryEvent::Changed(report) => Some(report.state),
            RecoveryEvent::Resubscribe { .. }
            | RecoveryEvent::FollowPort { .. }
            | RecoveryEvent::FarmDown { .. }
            | RecoveryEvent::FarmBack { .. }
            | RecoveryEvent::SessionStuck { .. } => None,
        });
        states.collect()
    }

    pub(super) fn resubscribed(&self) -> Vec<ClientId> {
        let demands = self.told.iter().filter_map(|event| match event {
            RecoveryEvent::Resubscribe { client_id, .. } => Some(*client_id),
            RecoveryEvent::Changed(_)
            | RecoveryEvent::FollowPort { .. }
            | RecoveryEvent::FarmDown { .. }
            | RecoveryEvent::FarmBack { .. }
            | RecoveryEvent::SessionStuck { .. } => None,
        });
        demands.collect()
    }
}
