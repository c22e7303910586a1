//! How long, how many, which: what faults leave open.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::SimError;
use crate::scenario::{RequestKind, Span};

/// The lowest server version that a Gateway may come back with.
const LOWEST_VERSION: i32 = 100;

/// The highest.
const HIGHEST_VERSION: i32 = 226;

/// What becomes of a client that is one too many. What a Gateway does is not published, so it can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TurnedAway {
    /// It is accepted and closed at once.
    #[default]
    Close,
    /// It is accepted and reset at once.
    Reset,
    /// It is accepted and never answered.
    Silence,
}

/// What faults leave open. Spans are simulated time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// `accept-dialog`, `paper-warning`: after how long the dialog counts as refused; `order-dialog`: after how long it
    /// counts as answered. Default 30s.
    pub dialog_after: Span,
    /// `slow-release`: for how long a client id stays taken. Default 20s.
    pub release_after: Span,
    /// `client-limit`: how many connections there may be. Default 32.
    pub max_clients: u32,
    /// `client-limit`: what becomes of the others: `close`, `reset` or `silence`. Default close; not documented.
    pub turned_away: TurnedAway,
    /// `leak-stall`: how many leaked sockets stall new connections. Default 3.
    pub leaks_to_stall: u32,
    /// `unanswered`: the kinds of requests. Default positions.
    pub unanswered: Vec<RequestKind>,
    /// `farm-flap`: how long farms stay broken, and how long well. Default 5s.
    pub flap_every: Span,
    /// `outage-kept`, `outage-stale`: a farm that 1102 leaves out, and that stays broken. Default none.
    pub missing_farm: Option<String>,
    /// `port-reset`: the new port; 0 takes a free one. Default 0.
    pub new_port: u16,
    /// `nightly-restart`: for how long the port is refused. Default 33s, as measured.
    pub restart_takes: Span,
    /// `nightly-restart`: by how much nextValidId is lower afterwards. Default 4, as measured.
    pub lower_ids_by: u32,
    /// `nightly-restart`: how old an order may be that is lost. Default 1s.
    pub orders_lost_within: Span,
    /// `nightly-restart`: how many connections after it are reset before one works (ib_insync#303). Default 0.
    pub failing_connects: u32,
    /// `nightly-restart`: the highest server version afterwards, as after an update (rust-ibapi#1105). Default as before.
    #[schemars(range(min = 100, max = 226))]
    pub version_after_restart: Option<i32>,
    /// `relay-killed`: for how long the port is refused. Default 5s, the restart loop of the container.
    pub relay_back_after: Span,
    /// `relay-address-in-use`: for how long the port is refused. Default 60s, which is how long TIME_WAIT lasts on Linux.
    pub address_in_use_for: Span,
    /// `early-requests-lost`: how long after a session's start the farms are there. Default 2s.
    pub farms_after: Span,
    /// `competing-session`: how long streams stay silent after its end; about 15m in the field. Default 0s.
    pub data_back_after: Span,
    /// `message-rate`: messages in a second of the clients' time, of all clients together. Default 50.
    pub max_rate: u32,
    /// `message-rate`: how many errors 100 a connection gets before it is closed. Default 3; not documented.
    pub rate_strikes: u32,
    /// `market-data-lines`: streams of all clients together. Default 100.
    pub max_lines: u32,
    /// `historical-pacing`: historical requests that may be open at the same time, of all clients together. Default 50.
    pub max_historical: u32,
    /// `historical-pacing`: how long each historical request takes. Default 0s: at once.
    pub history_takes: Span,
    /// `swallowed-order`: which orders vanish: every one, every second one, …. Default 1.
    pub swallow_every: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        let seconds = |count| Span::from(Duration::from_secs(count));
        Self {
            dialog_after: seconds(30),
            release_after: seconds(20),
            max_clients: 32,
            turned_away: TurnedAway::default(),
            leaks_to_stall: 3,
            unanswered: vec![RequestKind::new(61)],
            flap_every: seconds(5),
            missing_farm: None,
            new_port: 0,
            restart_takes: seconds(33),
            lower_ids_by: 4,
            orders_lost_within: seconds(1),
            failing_connects: 0,
            version_after_restart: None,
            relay_back_after: seconds(5),
            address_in_use_for: seconds(60),
            farms_after: seconds(2),
            data_back_after: seconds(0),
            max_rate: 50,
            rate_strikes: 3,
            max_lines: 100,
            max_historical: 50,
            history_takes: seconds(0),
            swallow_every: 1,
        }
    }
}

impl Parameters {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// [`SimError::BadScenario`] names the first parameter that cannot be used.
    pub fn check(&self) -> Result<(), SimError> {
        let bad = |problem: &str| Err(SimError::BadScenario { problem: problem.into() });
        if self.flap_every.get().is_zero() {
            return bad("`flap-every` is 0");
        }
        if self.version_after_restart.is_some_and(|version| !(LOWEST_VERSION..=HIGHEST_VERSION).contains(&version)) {
            return bad("`version-after-restart` is not between 100 and 226");
        }
        Ok(())
    }
}
