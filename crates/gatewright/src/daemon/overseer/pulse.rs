//! What a Gateway's report says to alerts and remedy. Pure.

use gatewright_link::protocol::LayerState;
use gatewright_proto::session::Acts;
use gatewright_sys::{Connection, Presence, TcpState, Thresholds};

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

/// What a look says to the remedy. Our own connections that the Gateway has not accepted are left out: that it does not
/// answer us is known otherwise, and would count twice.
pub(super) fn table_sight(look: &Look) -> TableSight {
    let look::Sight::Seen { report, verdict } = &look.sight else { return TableSight::Unseen };
    match verdict.listening {
        Presence::Unknown => TableSight::Unseen,
        Presence::No => TableSight::Absent,
        Presence::Yes if !verdict.foreign_listeners.is_empty() || !verdict.relay_listeners.is_empty() => {
            TableSight::Other
        }
        Presence::Yes => {
            let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let ours = |connection: &&Connection| {
                // A connection that no process holds has not been accepted.
                connection.inode == 0
                    && connection.state == TcpState::Established
                    && verdict.ours.iter().any(|own| own.local == connection.remote)
            };
            let ours = count(report.connections.iter().filter(ours).count());
            let waiting = verdict.accept_queue.map_or(0, |queue| queue.depth).saturating_sub(ours);
            let thresholds = Thresholds::default();
            let zombies = count(verdict.zombies.len());
            let suspicious = zombies >= thresholds.zombies || waiting >= thresholds.accept_queue;
            TableSight::Listening { zombies, waiting, suspicious }
        }
    }
}

#[cfg(test)]
mod tests {
    use gatewright_sys::{Family, Listener, Owner, PortReport};

    use super::*;

    #[test]
    fn our_own_connection_that_waits_to_be_accepted_is_not_held_against_the_gateway() {
        let (gateway, ours, other) = ("127.0.0.1:4002", "127.0.0.1:50000", "127.0.0.1:50001");
        let connection = |local: &str, remote: &str, inode| Connection {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
            state: TcpState::Established,
            recv_queue: 0,
            send_queue: 0,
            inode,
            uid: 0,
            owner: Owner::Orphaned,
            family: Family::Inet,
            interface: 0,
            cookie: [1, 0],
        };
        let listener = Listener {
            address: gateway.parse().unwrap(),
            family: Family::Inet,
            v6_only: false,
            accept_queue: 2,
            backlog: 50,
            inode: 1,
            uid: 0,
            owner: Owner::Orphaned,
        };
        let connections =
            vec![connection(gateway, ours, 0), connection(gateway, other, 0), connection(ours, gateway, 7)];
        let report = PortReport { port: 4002, listeners: vec![listener], connections };
        let mut verdict = gatewright_sys::verdict(&report, &Thresholds::default());
        let look = |verdict: &gatewright_sys::Verdict| Look {
            sight: look::Sight::Seen { report: report.clone(), verdict: Box::new(verdict.clone()) },
            known_ports: std::collections::BTreeMap::new(),
        };
        let sight = |waiting, suspicious| TableSight::Listening { zombies: 0, waiting, suspicious };
        verdict.ours.clear();
        assert_eq!(table_sight(&look(&verdict)), sight(2, true));
        verdict.ours.push(connection(ours, gateway, 7));
        assert_eq!(table_sight(&look(&verdict)), sight(1, false));
    }
}
