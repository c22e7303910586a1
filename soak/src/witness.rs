//! What an observer of health knows by itself: what came on the wire, and when.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_link::health::HealthReport;
use gatewright_link::protocol::LayerState;

use crate::violation::{Broken, Checked};

/// A session that said nothing for this long must not be called well: two heartbeats with their waits, and a second.
const HEARD_HOLDS: Duration = Duration::from_secs(31);

/// What came on the wire for one client id.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// The connection is open, as far as we were told.
    open: bool,
    ready: bool,
    heard: Option<Duration>,
    /// How the last attempt to connect ended: accepted or refused.
    accepted: Option<bool>,
    /// The Gateway's last word about IBKR, on this connection.
    pub(crate) link: Option<bool>,
    /// Since when a farm was said to work although IBKR was said to be lost.
    pub(crate) works_since: Option<Duration>,
    /// Its last word about each farm, on this connection; `None` where it was no word about now.
    farms: BTreeMap<String, Option<bool>>,
}

impl Witness {
    pub(crate) fn dialled(&mut self, accepted: bool) {
        self.accepted = Some(accepted);
        self.open = accepted;
        self.link = None;
        self.farms.clear();
    }

    pub(crate) fn ready(&mut self) {
        self.ready = true;
    }

    pub(crate) fn heard(&mut self, at: Duration) {
        self.heard = Some(at);
    }

    pub(crate) fn closed(&mut self) {
        (self.open, self.ready, self.link) = (false, false, None);
        self.farms.clear();
    }

    /// The words of the API's documentation, read again.
    pub(crate) fn notice(&mut self, at: Duration, code: i32, text: &str) {
        let farm = || text.rsplit(':').next().unwrap_or_default().trim().to_owned();
        match code {
            1100 | 2110 => {
                self.link = Some(false);
                self.works_since = None;
                self.farms.values_mut().filter(|state| **state == Some(true)).for_each(|state| *state = None);
            }
            1101 => self.link = Some(true),
            1102 => {
                self.link = Some(true);
                let listed = text.rsplit(": ").next().unwrap_or_default().trim_end_matches('.');
                for farm in listed.split("; ") {
                    self.farms.insert(farm.to_owned(), Some(true));
                }
            }
            2104 | 2106 | 2158 => {
                self.works_since.get_or_insert(at);
                self.farms.insert(farm(), Some(true));
            }
            2103 | 2105 | 2157 => {
                self.farms.insert(farm(), Some(false));
            }
            2107 | 2108 | 2119 | 2159 => {
                self.farms.insert(farm(), None);
            }
            _ => {}
        }
    }

    /// Health never says yes to what is dead, nor no to what nobody knows.
    pub(crate) fn check(&self, at: Duration, report: &HealthReport) -> Checked {
        for (name, layer) in &report.layers {
            let allowed = match (name.as_str(), layer.state) {
                (_, LayerState::Unknown) => true,
                ("session", LayerState::Yes) => {
                    self.open && self.ready && self.heard.is_some_and(|heard| at <= heard + HEARD_HOLDS)
                }
                ("session", LayerState::No) => !self.ready,
                ("listener" | "tcp", LayerState::Yes) => self.accepted == Some(true),
                ("listener", LayerState::No) => self.accepted == Some(false) || !self.open,
                ("tcp", LayerState::No) => !self.open,
                ("gateway_link", LayerState::Yes) => self.open && self.link != Some(false),
                ("gateway_link", LayerState::No) => self.open && self.link == Some(false),
                (farm, state) => match farm.strip_prefix("farm:") {
                    Some(farm) => self.open && self.farms.get(farm) == Some(&Some(state == LayerState::Yes)),
                    None => true,
                },
            };
            if !allowed {
                let what = format!("{name} is said to be {:?} ({}), but {self:?}", layer.state, layer.evidence);
                return Err(Broken::new("health", what));
            }
        }
        Ok(())
    }
}
