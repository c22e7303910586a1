//! Connectivity: the Gateway's own line to IBKR, and its data farms.

use gatewright_proto::RequestId;

use super::action::ConnId;
use super::agenda::Due;
use super::world::World;
use crate::fault::Fault;

/// Farms with the codes of their break, their way back, and their health, as seen live.
const FARMS: [(&str, i32, &str, i32, &str); 3] = [
    ("usfarm", 2103, "Market data farm connection is broken:", 2104, "Market data farm connection is OK:"),
    ("ushmds", 2105, "HMDS data farm connection is broken:", 2106, "HMDS data farm connection is OK:"),
    ("secdefnj", 2157, "Sec-def data farm connection is broken:", 2158, "Sec-def data farm connection is OK:"),
];

const LOST: &str = "Connectivity between IBKR and Trader Workstation has been lost.";
const RESTORED_LOST: &str = "Connectivity between IBKR and Trader Workstation has been restored - data lost.";
const RESTORED_KEPT: &str = "Connectivity between IBKR and Trader Workstation has been restored - data maintained.";
const DROPPED: &str = "Failed to request live updates (disconnected).";
const BROKEN: &str = "Connectivity between Trader Workstation and server is broken. It will be restored automatically.";

impl World {
    /// Sends a notice to every session.
    pub(super) fn tell_all(&mut self, code: i32, text: &str) {
        for id in self.session_ids() {
            self.tell(id, RequestId::NONE, code, text);
        }
    }

    /// The connections of all sessions.
    pub(super) fn session_ids(&self) -> Vec<ConnId> {
        self.sessions().map(|(id, _)| id).collect()
    }

    /// Whether ticks and bars of streams are kept back.
    pub(super) fn streams_are_silent(&self) -> bool {
        let silent = [Fault::OutageLost, Fault::OutageKept, Fault::OutageStale, Fault::CompetingSession];
        let not_yet = self.trouble.silent_until.is_some_and(|until| self.now < until);
        not_yet || self.trouble.stale || silent.into_iter().any(|fault| self.faults.has(fault))
    }

    /// Whether the Gateway has lost IBKR. Orders that have reached the exchange go on there all the same and may fill, on
    /// purpose: nothing but the Gateway's own line is cut.
    pub(super) fn is_cut_off(&self) -> bool {
        let lost = [Fault::OutageLost, Fault::OutageKept, Fault::OutageStale];
        lost.into_iter().any(|fault| self.faults.has(fault))
    }

    /// Tells a new session of an outage that is going on; says whether there is one that hides the farms.
    pub(super) fn tell_outage(&mut self, id: ConnId) -> bool {
        if self.faults.has(Fault::ServerBroken) {
            self.tell(id, RequestId::NONE, 2110, BROKEN);
        }
        let lost = self.is_cut_off();
        if lost {
            self.tell(id, RequestId::NONE, 1100, LOST);
        }
        lost
    }

    /// The Gateway has lost IBKR.
    pub(super) fn begin_outage(&mut self) {
        self.tell_all(1100, LOST);
    }

    /// The Gateway has IBKR back, and every subscription is gone; of bars that were kept up to date it says so.
    pub(super) fn end_outage_lost(&mut self) {
        for id in self.session_ids() {
            let Some(session) = self.session_mut(id) else { continue };
            session.ticks.clear();
            session.tick_by_tick.clear();
            session.depth.clear();
            let bars = std::mem::take(&mut session.live_bars).into_keys();
            let bars: Vec<RequestId> = bars.chain(std::mem::take(&mut session.five_second_bars).into_keys()).collect();
            for request in bars {
                self.tell(id, request, 10182, DROPPED);
            }
        }
        self.tell_all(1101, RESTORED_LOST);
    }

    /// The Gateway has IBKR back, and says that everything goes on.
    pub(super) fn end_outage_kept(&mut self) {
        let missing = self.parameters().missing_farm.clone();
        let farms: Vec<&str> =
            FARMS.iter().map(|(farm, ..)| *farm).filter(|farm| Some(*farm) != missing.as_deref()).collect();
        let all = if farms.len() == FARMS.len() {
            "All data farms are connected"
        } else {
            "The following farms are connected"
        };
        let text = format!("{RESTORED_KEPT} {all}: {}.", farms.join("; "));
        self.tell_all(1102, &text);
    }

    /// The Gateway has lost its server, and says so once.
    pub(super) fn begin_server_broken(&mut self) {
        self.tell_all(2110, BROKEN);
    }

    /// Farms break or come back, whichever is next.
    pub(super) fn flap(&mut self) {
        if !self.faults.has(Fault::FarmFlap) {
            return self.restore_farms();
        }
        if self.trouble.farms_broken {
            self.restore_farms();
        } else {
            self.trouble.farms_broken = true;
            for (farm, code, text, ..) in FARMS {
                self.tell_all(code, &format!("{text}{farm}"));
            }
        }
        self.agenda.add_once(self.now + self.parameters().flap_every.get(), Due::Flap);
    }

    /// Farms that are broken come back.
    pub(super) fn restore_farms(&mut self) {
        if !std::mem::take(&mut self.trouble.farms_broken) {
            return;
        }
        for (farm, .., code, text) in FARMS {
            self.tell_all(2119, &format!("Market data farm is connecting:{farm}"));
            self.tell_all(code, &format!("{text}{farm}"));
        }
    }
}
