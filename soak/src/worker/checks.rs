//! The invariants of a worker.

use std::time::Duration;

use gatewright_link::pacing::{PacingReport, PacingSettings};
use gatewright_link::recovery::RecoveryState;
use gatewright_proto::ClientId;

use super::{Now, Worker};
use crate::kept::Kept;
use crate::violation::{Broken, Checked};

/// After a ready session recovery may still be told of IBKR by notices that are under way.
const WORDS_UNDER_WAY: Duration = Duration::from_secs(1);

/// Farms that work for so long mean that IBKR is back, whether or not the Gateway ever says so.
const BACK_UNSAID: Duration = Duration::from_secs(30);

impl Worker {
    /// While no session is ready, one dials at a time.
    pub(super) fn check_scout(&self, client_id: ClientId) -> Checked {
        let ready = self.kept.values().any(Kept::is_ready) || self.raws.values().any(|raw| raw.opened);
        let kept = self.kept.values().filter(|kept| kept.live.is_some() && !kept.is_ready()).map(|kept| kept.client_id);
        let raw = self.raws.values().filter(|raw| raw.conn.is_some() && !raw.opened).map(|raw| raw.open.id.client_id);
        match kept.chain(raw).next().filter(|_| !ready) {
            Some(twin) => {
                let what = format!("client id {client_id} is to dial while {twin} does, and none is ready");
                Err(Broken::new("one scout", what))
            }
            None => Ok(()),
        }
    }

    /// What recovery tells must be so.
    pub(crate) fn check_recovery(&mut self, now: Now) -> Checked {
        if !std::mem::take(&mut self.touched) {
            return Ok(());
        }
        let mut report = self.recovery.report(now.moment);
        if let Some(sabotage) = self.sabotage {
            sabotage.alter_recovery(&mut report);
        }
        let broken = |what: String| Err(Broken::new("recovery", format!("{what}; it says {report:?}")));
        let opened = self.raws.values().filter(|raw| raw.opened).count();
        let ready = self.kept.values().filter(|kept| kept.is_ready()).count() + opened;
        let wanted = self.kept.len() + self.raws.len();
        if report.sessions_ready != ready || report.sessions_wanted != wanted {
            return broken(format!("{ready} of {wanted} sessions are ready"));
        }
        if ready < wanted && self.recovery.poll_timeout().is_none() {
            return broken("sessions are missing, and nothing is to happen".into());
        }
        let well = report.state == RecoveryState::Ready;
        if (well || report.state == RecoveryState::Degraded) && ready == 0 {
            return broken("no session is ready".into());
        }
        let settled = self.state.1 + WORDS_UNDER_WAY < now.at;
        let told = |kept: &Kept| {
            let unsaid = kept.witness.works_since.is_some_and(|since| since + BACK_UNSAID <= now.at);
            kept.witness.link == Some(false) && !unsaid
        };
        if well && settled && opened == 0 && self.kept.values().filter(|kept| kept.is_ready()).all(told) {
            return broken("every session was told that IBKR is lost".into());
        }
        Ok(())
    }

    /// Queues keep their bounds.
    pub(crate) fn check_bounds(&self, now: Now) -> Checked {
        bounds(&self.pacer.report(now.moment.at))
    }

    /// Health is what an observer knows.
    pub(crate) fn check_health(&self, now: Now) -> Checked {
        self.kept.values().try_for_each(|kept| {
            let mut report = kept.board.report(now.moment.at);
            if let Some(sabotage) = self.sabotage {
                sabotage.alter_health(&mut report);
            }
            kept.witness.check(now.at, &report)
        })
    }

    /// Whether every session is ready and recovery says so.
    pub(crate) fn is_well(&self) -> bool {
        self.state.0 == RecoveryState::Ready && self.kept.values().all(|kept| kept.is_ready())
    }

    /// Where recovery stands, for the trace.
    pub(crate) fn state(&self) -> RecoveryState {
        self.state.0
    }
}

/// What waits for a session is no more than its two queues take.
fn bounds(report: &PacingReport) -> Checked {
    let most = PacingSettings::default().max_waiting * 2;
    match report.sessions.iter().find(|session| session.waiting + session.orders_waiting > most) {
        Some(session) => Err(Broken::new("bounds", format!("{session:?}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use gatewright_link::pacing::Pacer;

    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn a_queue_beyond_its_bound_is_noticed() {
        let now = Instant::now();
        let mut pacer: Pacer<()> = Pacer::new(PacingSettings::default());
        pacer.handle_message(now, ClientId::new(1), gatewright_link::pacing::Traffic::Data, ());
        let mut report = pacer.report(now);
        assert!(bounds(&report).is_ok() && report.sessions.len() == 1);
        report.sessions[0].waiting = PacingSettings::default().max_waiting * 2 + 1;
        assert_eq!(bounds(&report).unwrap_err().rule, "bounds");
    }
}
