//! What the Gateway's own words change: its connection to IBKR, its farms, its port.

use std::time::Duration;

use gatewright_proto::ClientId;
use gatewright_proto::message::{CodeClass, Connectivity as Word, FarmState, classify, farm_name};
use gatewright_proto::session::Acts;

use super::connectivity::Connectivity;
use super::entries::Phase;
use super::farms::FarmNews;
use super::machine::{Reason, Recovery};
use super::moment::Moment;
use super::report::{RecoveryEvent, RecoveryState};

/// A second 1101 so soon after the first is the same one.
const SAME_OUTAGE: Duration = Duration::from_secs(10);

impl Recovery {
    /// A notice that belongs to no request, as a ready session received it. The same from several sessions counts once.
    pub fn handle_notice(&mut self, now: Moment, client_id: ClientId, code: i32, text: &str) {
        match classify(code, text) {
            CodeClass::Connectivity(Word::Lost | Word::Broken) => {
                self.handle_connectivity_lost(now, client_id, &format!("{code}: {text}"));
            }
            CodeClass::Connectivity(Word::RestoredDataLost) => {
                self.resubscribe(now, client_id, &format!("{code}: {text}"));
                self.handle_restored(now, client_id, code, text);
            }
            CodeClass::Connectivity(Word::RestoredDataKept) => {
                self.farms.handle_listed(now.at, text);
                self.handle_restored(now, client_id, code, text);
            }
            CodeClass::Connectivity(Word::PortReset) => self.handle_port_reset(text),
            CodeClass::Farm { state, .. } => {
                let name = farm_name(text).unwrap_or("unnamed");
                self.farms.handle(now.at, name, state, &format!("{code}: {text}"));
                if state == FarmState::Ok {
                    self.connectivity.handle_farm_works(now.at);
                }
            }
            // These concern a request, an order or one session's data; recovery has nothing to do with them.
            CodeClass::Notice
            | CodeClass::Warning
            | CodeClass::RateWarning
            | CodeClass::RateExceeded
            | CodeClass::DataAdvisory
            | CodeClass::CompetingSession
            | CodeClass::ClientIdInUse
            | CodeClass::Historical(_)
            | CodeClass::SubscriptionLost
            | CodeClass::DepthReset
            | CodeClass::AlreadyEnded
            | CodeClass::LimitReached
            | CodeClass::UnknownContract
            | CodeClass::OrderRejected
            | CodeClass::OrderCancelled
            | CodeClass::OrderUnchanged
            | CodeClass::ClientSide
            | CodeClass::RequestError => {}
        }
    }

    fn handle_connectivity_lost(&mut self, now: Moment, client_id: ClientId, words: &str) {
        match self.entries.get(client_id).map(|entry| &entry.phase) {
            Some(Phase::Ready { .. }) => self.lose_connectivity(now, client_id, words),
            Some(Phase::Dialing { .. }) => {
                self.told_early.insert(client_id, words.to_owned());
            }
            Some(Phase::Waiting { .. }) | None => {}
        }
    }

    /// A ready session knows that IBKR is lost.
    pub(super) fn lose_connectivity(&mut self, now: Moment, client_id: ClientId, words: &str) {
        let window = self.windows.expected(now.wall).map(|expected| now.until(expected.until)).unwrap_or_default();
        let overdue = now.at + window.max(self.settings.link_patience);
        if self.connectivity.handle_lost(overdue, client_id) && self.standing.state != RecoveryState::Stopped {
            let why = format!("the Gateway has lost IBKR ({words}); its sessions are kept");
            self.enter(now, RecoveryState::Degraded, Reason::new("connectivity_lost", why, Some(Acts::Wait)));
        }
    }

    fn handle_restored(&mut self, now: Moment, client_id: ClientId, code: i32, text: &str) {
        self.told_early.remove(&client_id);
        if self.connectivity.handle_restored(now.at, client_id) {
            self.restored(now, format!("the Gateway has IBKR again ({code}: {text})"));
        }
    }

    fn restored(&mut self, now: Moment, why: String) {
        self.connectivity = Connectivity::default();
        if self.entries.any_ready() && self.standing.state != RecoveryState::Stopped {
            self.enter(now, RecoveryState::Ready, Reason::new("none", why, None));
        }
    }

    fn resubscribe(&mut self, now: Moment, client_id: ClientId, why: &str) {
        let Some(entry) = self.entries.get_mut(client_id) else {
            return;
        };
        if let Phase::Ready { resubscribed, .. } = &mut entry.phase
            && resubscribed.is_none_or(|last| last + SAME_OUTAGE <= now.at)
        {
            *resubscribed = Some(now.at);
            self.events.push_back(RecoveryEvent::Resubscribe { client_id, why: why.to_owned() });
        }
    }

    fn handle_port_reset(&mut self, text: &str) {
        if let Some(port) = new_port(text)
            && self.port.handle_named(port)
        {
            self.events.push_back(RecoveryEvent::FollowPort { port });
        }
    }

    pub(super) fn settle_connectivity(&mut self, now: Moment) {
        if self.connectivity.is_back_unsaid(now.at) {
            // Nobody said whether data was kept. To subscribe again is safe, to trust silence is not.
            let why = "IBKR is back, and the Gateway did not say whether data was kept";
            for client_id in self.entries.ready().collect::<Vec<_>>() {
                self.resubscribe(now, client_id, why);
            }
            self.restored(now, "farms work again; the Gateway never said that IBKR is back".to_owned());
        }
        let overdue = self.connectivity.overdue().is_some_and(|overdue| overdue <= now.at);
        if overdue && self.standing.state == RecoveryState::Degraded {
            let why =
                format!("the Gateway has been without IBKR since {}, longer than any reset", self.standing.since.wall);
            let reason = Reason::new("connectivity_lost", why, Some(Acts::Human));
            self.enter(now, RecoveryState::WaitingForHuman, reason);
        }
    }

    pub(super) fn settle_farms(&mut self, now: Moment) {
        for news in self.farms.handle_timeout(now.at) {
            self.events.push_back(match news {
                FarmNews::Down { farm, evidence } => RecoveryEvent::FarmDown { farm, evidence },
                FarmNews::Back { farm, down_for } => {
                    RecoveryEvent::FarmBack { farm, down_ms: u64::try_from(down_for.as_millis()).unwrap_or(u64::MAX) }
                }
            });
        }
    }
}

/// The last number in the text that can be a port.
fn new_port(text: &str) -> Option<u16> {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.filter_map(|digits| digits.parse().ok()).rfind(|port| *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_port_is_read_from_the_end_of_the_text() {
        let text = "TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port - 4010";
        assert_eq!(new_port(text), Some(4010));
        assert_eq!(new_port("no port at all"), None);
        assert_eq!(new_port("99999999 0"), None);
    }
}
