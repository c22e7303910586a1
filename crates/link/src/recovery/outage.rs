//! The time during which sessions are wanted and none is ready, and what is made of each failure in it.

use std::time::{Duration, Instant};

use super::entries::LastFailure;
use super::machine::{Reason, Recovery};
use super::moment::Moment;
use super::reading::Trouble;
use super::report::RecoveryState;

/// A Gateway that a human was called for gets new patience when it is seen to restart, at most this often.
const NEW_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Such a time.
#[derive(Debug)]
pub(super) struct Outage {
    /// When a human is called, whatever the failures.
    pub(super) patience: Instant,
    /// Failed attempts.
    pub(super) attempts: u32,
    /// Whether it began with the loss of a session.
    pub(super) lost: bool,
    /// Whether the Gateway was seen to be away or starting.
    pub(super) booting: bool,
    /// Attempts in a row without an answer.
    stalls: u32,
    /// The last failure that says something.
    last: Option<LastFailure>,
    began: Moment,
    /// When patience was last renewed.
    renewed: Option<Instant>,
}

impl Outage {
    pub(super) fn new(now: Moment, patience: Instant) -> Self {
        let (attempts, stalls) = (0, 0);
        Self { patience, attempts, lost: false, booting: false, stalls, last: None, began: now, renewed: None }
    }

    /// Whether the Gateway should be back any moment, so that it pays to look often.
    pub(super) fn is_back_expected(&self, now: Instant) -> bool {
        self.lost && now < self.patience
    }

    /// Why a human is called when patience is over.
    pub(super) fn reason(&self) -> Reason {
        let Some(last) = &self.last else {
            return Reason::new("none", format!("no attempt has ended since {}", self.began.wall), None);
        };
        let mut reason = Reason::from(last);
        reason.why = format!("since {} no session could be opened; last: {}", self.began.wall, last.why);
        reason.acts = Some(gatewright_proto::session::Acts::Human);
        reason
    }
}

/// Whether a failure shows a listener; `None` where it does not tell.
fn listens(trouble: Trouble) -> Option<bool> {
    match trouble {
        Trouble::Absent | Trouble::Refused => Some(false),
        Trouble::Closing | Trouble::LoggingIn | Trouble::Stalled | Trouble::Stuck | Trouble::IdTaken => Some(true),
        Trouble::Foreign | Trouble::NotTws | Trouble::Network | Trouble::NoCommonVersion | Trouble::Ours => None,
    }
}

impl Recovery {
    /// Where a failure leads while no session is ready.
    pub(super) fn judge(&mut self, now: Moment, failed: LastFailure) {
        let trouble = failed.trouble;
        let renewed_patience = now.at + self.settings.boot_grace;
        let human_was_called = self.standing.state == RecoveryState::WaitingForHuman;
        let Some(outage) = &mut self.outage else {
            return;
        };
        outage.attempts = outage.attempts.saturating_add(1);
        if trouble == Trouble::Ours {
            outage.last.get_or_insert(failed);
            return;
        }
        outage.stalls = match trouble {
            Trouble::Stalled | Trouble::Stuck => outage.stalls.saturating_add(1),
            Trouble::Absent
            | Trouble::Refused
            | Trouble::Closing
            | Trouble::LoggingIn
            | Trouble::Foreign
            | Trouble::NotTws
            | Trouble::Network
            | Trouble::IdTaken
            | Trouble::NoCommonVersion
            | Trouble::Ours => 0,
        };
        let before = outage.last.as_ref().and_then(|last| listens(last.trouble));
        let moved = before.zip(listens(trouble)).is_some_and(|(before, after)| before != after);
        let renewable = outage.renewed.is_none_or(|renewed| renewed + NEW_PATIENCE <= now.at);
        let restarts = human_was_called && moved && renewable;
        if restarts {
            outage.renewed = Some(now.at);
            outage.patience = renewed_patience;
            outage.booting = true;
        }
        outage.booting |= trouble.is_booting();
        let reason = Reason::from(&failed);
        outage.last = Some(failed);
        self.lead(now, trouble, reason, restarts);
    }

    fn lead(&mut self, now: Moment, trouble: Trouble, mut reason: Reason, restarts: bool) {
        let Some(outage) = &self.outage else {
            return;
        };
        let out_of_patience = outage.patience <= now.at;
        let stalled_too_often = outage.stalls >= self.settings.stalls_before_human;
        let coming_back = outage.lost || restarts;
        let booting = outage.booting;
        let trying = if self.ever_ready { RecoveryState::Reconnecting } else { RecoveryState::Connecting };
        let restarting = if coming_back { RecoveryState::GatewayRestarting } else { trying };
        let next = match trouble {
            _ if out_of_patience => RecoveryState::WaitingForHuman,
            Trouble::Absent | Trouble::Refused | Trouble::Closing | Trouble::LoggingIn => restarting,
            Trouble::Stalled | Trouble::Stuck if booting => restarting,
            Trouble::Stalled | Trouble::Stuck if stalled_too_often => RecoveryState::WaitingForHuman,
            Trouble::Foreign | Trouble::NotTws => RecoveryState::WaitingForHuman,
            Trouble::Stalled
            | Trouble::Stuck
            | Trouble::Network
            | Trouble::IdTaken
            | Trouble::NoCommonVersion
            | Trouble::Ours => trying,
        };
        if next == RecoveryState::GatewayRestarting {
            // What would need a human at any other time is what a restart looks like.
            reason.acts = Some(gatewright_proto::session::Acts::Wait);
        }
        match self.standing.state {
            RecoveryState::Stopped => {}
            // Whoever was called stays called until a session is ready, or the Gateway is seen to restart.
            RecoveryState::WaitingForHuman if !restarts => self.enter(now, RecoveryState::WaitingForHuman, reason),
            RecoveryState::Connecting
            | RecoveryState::Ready
            | RecoveryState::Degraded
            | RecoveryState::Reconnecting
            | RecoveryState::GatewayRestarting
            | RecoveryState::WaitingForHuman => self.enter(now, next, reason),
        }
    }

    /// Attempts begin, or begin again.
    pub(super) fn try_again(&mut self, now: Moment, reason: Reason) {
        let asked = reason.cause == "asked";
        if self.standing.state == RecoveryState::Stopped && !asked {
            return;
        }
        let state = if self.ever_ready { RecoveryState::Reconnecting } else { RecoveryState::Connecting };
        self.enter(now, state, reason);
    }
}
