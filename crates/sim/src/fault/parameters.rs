//! How long, how many, which: what faults leave open.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scenario::{RequestKind, Span};

/// What faults leave open. Spans are simulated time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// `accept-dialog`, `paper-warning`: after how long the dialog counts as refused. Default 30s.
    pub dialog_after: Span,
    /// `slow-release`: for how long a client id stays taken. Default 20s.
    pub release_after: Span,
    /// `client-limit`: how many connections there may be. Default 32.
    pub max_clients: u32,
    /// `leak-stall`: how many leaked sockets stall new connections. Default 3.
    pub leaks_to_stall: u32,
    /// `unanswered`: the kinds of requests. Default positions.
    pub unanswered: Vec<RequestKind>,
    /// `farm-flap`: how long farms stay broken, and how long well. Default 5s.
    pub flap_every: Span,
    /// `outage-kept`, `outage-stale`: a farm that 1102 leaves out, and that stays broken. Default none.
    pub missing_farm: Option<String>,
    /// `port-reset`: the port in the text. Default 4003.
    pub new_port: u16,
    /// `nightly-restart`: for how long the port is refused. Default 33s, as measured.
    pub restart_takes: Span,
    /// `nightly-restart`: by how much nextValidId is lower afterwards. Default 4, as measured.
    pub lower_ids_by: u32,
    /// `nightly-restart`: how old an order may be that is lost. Default 1s.
    pub orders_lost_within: Span,
    /// `message-rate`: messages in a second of the clients' time, of all clients together. Default 50.
    pub max_rate: u32,
    /// `message-rate`: how many errors 100 a connection gets before it is closed. Default 3; not documented.
    pub rate_strikes: u32,
    /// `market-data-lines`: streams of all clients together. Default 100.
    pub max_lines: u32,
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
            leaks_to_stall: 3,
            unanswered: vec![RequestKind::new(61)],
            flap_every: seconds(5),
            missing_farm: None,
            new_port: 4003,
            restart_takes: seconds(33),
            lower_ids_by: 4,
            orders_lost_within: seconds(1),
            max_rate: 50,
            rate_strikes: 3,
            max_lines: 100,
            swallow_every: 1,
        }
    }
}
