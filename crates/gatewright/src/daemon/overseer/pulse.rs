//! What a Gateway's report says to alerts and remedy. Pure.

use gatewright_link::protocol::LayerState;
use gatewright_proto::session::Acts;
use gatewright_sys::Presence;

use crate::daemon::alert::{Concern, Sight};
use crate::daemon::remedy::{Evidence, TableSight};
use crate::daemon::report::{GatewayReport, Verdict};
use crate::look::{self, Look};

/// Whether somebody is to be told, by a verdict.
pub(super) fn sight(verdict: &Verdict) -> Sight {
    match (verdict.well, verdict.acts) {
        (LayerState::Yes, None) => Sight::Well,
        (LayerState::No, Some(Acts::Human)) => Sight::Human(Concern {
            cause: verdict.cause.clone().unwrap_or_else(|| "unknown".into()),
            sentence: verdict.sentence.clone(),
            remedy: verdict.remedy.clone(),
            layer: verdict.layer.clone(),
        }),
        // What is unknown calls nobody, and neither does what nobody can mend.
        (LayerState::Yes | LayerState::No | LayerState::Unknown, _) => Sight::Unsettled,
    }
}

/// What was known of a Gateway's sessions when it was last looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pulse {
    ready: bool,
    sessions: u64,
    attempts: u64,
}

impl Pulse {
    /// Puts what is new in a report into the evidence.
    pub(super) fn feed(&mut self, now: std::time::Instant, report: &GatewayReport, evidence: &mut Evidence) {
        let monitor = &report.monitor;
        let opened = monitor.sessions != self.sessions;
        if self.ready && (!monitor.connected || opened) {
            // A session that froze is the only loss that asks for a restart.
            let froze = monitor.last_loss.as_ref().is_some_and(|loss| loss.cause == "lost" && loss.requires_restart);
            evidence.handle_lost(now, froze);
        }
        let attempts = monitor.attempts.saturating_sub(self.attempts);
        if let Some(failure) = monitor.failure.as_ref().filter(|_| attempts > 0) {
            evidence.handle_failed(now, u32::try_from(attempts).unwrap_or(u32::MAX), &failure.cause);
        }
        if monitor.connected {
            evidence.handle_ready();
        }
        *self = Self { ready: monitor.connected, sessions: monitor.sessions, attempts: monitor.attempts };
    }
}

/// What a look says to the remedy.
pub(super) fn table_sight(look: &Look) -> TableSight {
    let look::Sight::Seen { verdict, .. } = &look.sight else { return TableSight::Unseen };
    match verdict.listening {
        Presence::Unknown => TableSight::Unseen,
        Presence::No => TableSight::Absent,
        Presence::Yes if !verdict.foreign_listeners.is_empty() || !verdict.relay_listeners.is_empty() => {
            TableSight::Other
        }
        Presence::Yes => TableSight::Listening {
            zombies: u32::try_from(verdict.zombies.len()).unwrap_or(u32::MAX),
            waiting: verdict.accept_queue.map_or(0, |queue| queue.depth),
            suspicious: !verdict.suspicions.is_empty(),
        },
    }
}
