//! The Gateway goes away and comes back, while the client stays.

use std::time::Instant;

use gatewright_proto::message::FarmState;

use super::{Arrival, Session, Side, Upstream};
use crate::event::Closing;
use crate::requests::Again;
use crate::session::Act;
use crate::settings::{Limits, OutagePolicy, ProxySettings};
use crate::words;

/// As a Gateway says it.
pub(super) const LOST_TEXT: &str = "Connectivity between IBKR and Trader Workstation has been lost.";

impl Session {
    /// A Gateway that has not answered a return for so long: what it sends cannot be told from what it owed to the client
    /// before, so nothing would ever reach the new one. Its side begins anew.
    pub(super) fn expire_silence(&mut self, now: Instant, settings: &ProxySettings) {
        if self.silent_by.is_none_or(|by| now < by) {
            return;
        }
        if let Some(generation) = self.generation() {
            self.acts.push_back(Act::CloseUpstream { generation });
        }
        self.handle_lost(now, "the Gateway has not answered since this program came back", settings);
    }

    /// The Gateway's side is gone.
    pub(crate) fn handle_lost(&mut self, now: Instant, why: &str, settings: &ProxySettings) {
        self.counts.outages += 1;
        self.upstream = Upstream::Waiting { until: now + settings.limits.first_retry };
        self.attempts = 1;
        for frame in self.to_gateway.clear() {
            self.never_sent(frame);
        }
        self.drop_intents();
        if let Side::Attached { connection, .. } = self.side
            && settings.outage == OutagePolicy::Close
        {
            self.acts.push_back(Act::CloseClient { connection, why: Closing::GatewayLost });
            return self.end();
        }
        for key in self.requests.lost() {
            if let Some(id) = key.id {
                let text = "Not connected: the Gateway went away while it answered. Ask again once it is back.";
                self.tell(id, words::NOT_CONNECTED, text);
            }
        }
        self.doubt();
        self.settlement.handle_lost();
        self.own_executions.clear();
        (self.returns_owed, self.silent_by) = (0, None);
        if let Side::Arriving { arrival, .. } = &mut self.side {
            match arrival {
                Arrival::First { held } => held.clear(),
                Arrival::Return { answer_by } => *answer_by = None,
            }
        }
        if !self.memory.lost && matches!(self.side, Side::Attached { .. }) {
            let text = format!(
                "{LOST_TEXT} (Gatewright: {why}; the connection is being restored, and orders are refused until then.)"
            );
            self.tell(-1, words::LOST, &text);
        }
        self.memory.lost = self.established;
        self.outage_since = Some(now);
    }

    /// A client that has waited for its session is told why there is none.
    pub(super) fn give_up(&mut self) {
        let Some(connection) = self.connection() else { return };
        let failure = self.failure.clone();
        let (code, text) = match &failure {
            Some(failure) if failure.is_client_id_in_use() => (
                words::CLIENT_ID_IN_USE,
                "Unable to connect as the client id is already in use. Retry with a unique client id.".to_owned(),
            ),
            Some(failure) => (words::NOT_CONNECTED, format!("Not connected: {}. {}", failure.message, failure.remedy)),
            None => (words::NOT_CONNECTED, "Not connected: the Gateway has not answered in time.".to_owned()),
        };
        self.to_client.push(words::error(-1, code, &text, self.speaks));
        self.acts.push_back(Act::CloseClient { connection, why: Closing::NoSession });
        self.end();
    }

    /// The Gateway's side serves, for the first time or again.
    pub(super) fn handle_up(&mut self, now: Instant, generation: u64, settings: &ProxySettings) {
        self.upstream = Upstream::Up { generation };
        self.attempts = 0;
        self.failure = None;
        self.outage_since = None;
        self.established = true;
        match self.side {
            Side::Arriving { .. } => {
                self.memory.lost = false;
                self.try_attach(now, &settings.limits);
            }
            Side::Attached { .. } => {
                let again = self.requests.again();
                self.replay(again);
                self.tell_restored();
            }
            Side::Parked { .. } => self.memory.lost = false,
        }
        self.settlement.handle_ready(now, !self.uncommissioned.is_empty(), &settings.limits);
        self.ask_about_doubts(now, &settings.limits);
    }

    /// Makes subscriptions again and asks questions again, under their own ids and in their own bytes.
    pub(super) fn replay(&mut self, again: Vec<Again>) {
        for Again { key, frame } in again {
            if let (10, Some(id)) = (key.message, key.id) {
                let text = "Market depth data has been RESET. Please empty deep book contents before applying any new entries.";
                self.tell(id, words::DEPTH_RESET, text);
            }
            self.send(frame);
        }
    }

    /// Tells the client that all is as before, or that it is not.
    pub(super) fn tell_restored(&mut self) {
        self.memory.lost = false;
        if self.requests.has_forgotten() {
            let text = "Connectivity between IBKR and Trader Workstation has been restored - data lost. \
                (Gatewright: there were more subscriptions than it keeps; make them again.)";
            return self.tell(-1, words::RESTORED_DATA_LOST, text);
        }
        let mut text =
            "Connectivity between IBKR and Trader Workstation has been restored - data maintained.".to_owned();
        let farms = &self.memory.farms;
        if !farms.is_empty() && farms.values().all(|(state, _)| *state == FarmState::Ok) {
            let names: Vec<&str> = farms.keys().map(|(_, name)| name.as_str()).collect();
            text.push_str(&format!(" All data farms are connected: {}.", names.join("; ")));
        }
        self.tell(-1, words::RESTORED, &text);
    }

    /// Questions that have waited for the Gateway too long are answered by an error.
    pub(super) fn expire_questions(&mut self, now: Instant, limits: &Limits) {
        if self.outage_since.is_none() {
            return;
        }
        for key in self.requests.expire(now, limits.question) {
            let text =
                "Not connected: the Gateway is still away, and this has waited long enough. Ask again once it is back.";
            self.tell(key.id.unwrap_or(-1), words::NOT_CONNECTED, text);
        }
    }
}
