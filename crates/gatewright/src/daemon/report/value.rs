//! The report itself; its JSON is this value.

use std::collections::BTreeMap;

use gatewright_link::pacing::PacingReport;
use gatewright_link::protocol::{ErrorData, Layer, LayerState};
use gatewright_link::recovery::{Expected, RecoveryReport};
use gatewright_proto::session::Acts;
use gatewright_proxy::{ClientBounds, ClientReport, LeftOutReport};
use serde::{Deserialize, Serialize};

use crate::daemon::alert::AlertReport;
use crate::daemon::remedy::{Restart, TableSight};

/// How everything is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DaemonReport {
    /// The worst of the Gateways' verdicts.
    pub(crate) verdict: Verdict,
    /// The daemon's process id.
    pub(crate) pid: u32,
    /// Its version.
    pub(crate) version: String,
    /// Milliseconds since it started.
    pub(crate) uptime_ms: u64,
    /// Where its state is.
    pub(crate) state_dir: String,
    /// The settings' file, where there is one.
    pub(crate) config: Option<String>,
    /// Where health and metrics are served.
    pub(crate) http: Option<String>,
    /// What became of alerts.
    pub(crate) alerts: AlertsReport,
    /// The halt of all trading with this state folder's journal.
    #[serde(default)]
    pub(crate) halt: HaltReport,
    /// Each Gateway.
    pub(crate) gateways: Vec<GatewayReport>,
}

/// Whether trading is halted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HaltReport {
    /// Whether a halt stands. Not known is not *no*: then no order can be written either, and none is sent.
    pub(crate) stands: LayerState,
    /// Since when, by whom and why; or why it is not known.
    pub(crate) words: Option<String>,
}

impl Default for HaltReport {
    fn default() -> Self {
        Self { stands: LayerState::Unknown, words: None }
    }
}

/// One conclusion from all layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Well, ill, or not known.
    pub(crate) well: LayerState,
    /// The layer that is to blame first; `null` where none is.
    pub(crate) layer: Option<String>,
    /// The name of the cause; `null` where nothing is wrong or nothing is known.
    pub(crate) cause: Option<String>,
    /// What is so, in one sentence.
    pub(crate) sentence: String,
    /// Who has to act; `null` where nothing is wrong.
    pub(crate) acts: Option<Acts>,
    /// What to do.
    pub(crate) remedy: Option<String>,
}

/// How one Gateway is, and what serves it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct GatewayReport {
    /// Its name.
    pub(crate) name: String,
    /// `HOST:PORT`.
    pub(crate) gateway: String,
    /// The conclusion.
    pub(crate) verdict: Verdict,
    /// The worker's process id, while there is one.
    pub(crate) worker_pid: Option<u32>,
    /// The worker.
    pub(crate) worker: WorkerReport,
    /// The daemon's own session.
    pub(crate) monitor: MonitorReport,
    /// Each layer: `worker`, `listener`, `tcp`, `handshake`, `session`, `gateway_link`, `farm:…`, `trading`.
    pub(crate) layers: BTreeMap<String, Layer>,
    /// What is expected at this time of day, if anything. It explains, it proves nothing.
    pub(crate) expected: Option<Expected>,
    /// Where the worker's recovery stands; `null` while no session is wanted that it is about, or nothing is known.
    pub(crate) recovery: Option<RecoveryReport>,
    /// The budget of messages, and who waits for it; `null` where nothing is known.
    pub(crate) pacing: Option<PacingReport>,
    /// Sessions of anybody that are ready.
    pub(crate) sessions_ready: usize,
    /// The port for programs; `null` where there is none.
    pub(crate) proxy: Option<ProxyReport>,
    /// What a human was told and is not over; `null` where there is nothing.
    pub(crate) alert: Option<AlertReport>,
    /// The restarts of a stuck Gateway; `null` where IBC is not configured.
    pub(crate) remedy: Option<RemedyReport>,
    /// The last look at the socket table; `null` before the first.
    pub(crate) socket_table: Option<SocketTableReport>,
}

/// Whether a worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkerState {
    /// It runs.
    Running,
    /// It died, and the next one is on its way.
    Restarting,
    /// The next one could not be started; it is tried again.
    Unstartable,
}

/// The worker of a Gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WorkerReport {
    /// Whether it runs.
    pub(crate) state: WorkerState,
    /// How many were started, this one included.
    pub(crate) generation: u64,
    /// Milliseconds since that has been so.
    pub(crate) since_ms: u64,
    /// How the last one ended, or why the next one did not start.
    pub(crate) last_end: Option<String>,
    /// The longest that its loop was late in the last minute, in milliseconds.
    pub(crate) loop_lag_ms: Option<f64>,
}

/// The daemon's own session with the Gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MonitorReport {
    /// Its client id.
    pub(crate) client_id: i32,
    /// Whether it is ready.
    pub(crate) connected: bool,
    /// The server version, once it was ready.
    pub(crate) server_version: Option<i32>,
    /// The login's accounts, masked.
    pub(crate) accounts: Vec<String>,
    /// How many sessions were ready so far, this one included.
    pub(crate) sessions: u64,
    /// How many attempts to open one failed so far.
    pub(crate) attempts: u64,
    /// Why the last session that was ready ended.
    pub(crate) last_loss: Option<ErrorData>,
    /// Why it is not ready.
    pub(crate) failure: Option<ErrorData>,
}

/// The port for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProxyReport {
    /// Where it is.
    pub(crate) listening: String,
    /// Every client id that has a session.
    pub(crate) clients: Vec<ClientReport>,
    /// Programs that could not get a session though they tried.
    #[serde(default)]
    pub(crate) left_out: Vec<LeftOutReport>,
    /// What bounds each program.
    pub(crate) limits: ProgramLimits,
}

/// What bounds each program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProgramLimits {
    /// Messages a second, orders apart; `null` where the Gateway's one pace has to do.
    pub(crate) messages_per_second: Option<u32>,
    /// Bytes of one message.
    pub(crate) message_bytes: usize,
    /// Bytes that wait for the Gateway or the disk before a program is not read from any more.
    pub(crate) waiting_bytes: usize,
    /// Bytes that wait for a program to read them before it is disconnected.
    pub(crate) unread_bytes: usize,
    /// Connections of all programs at a time.
    pub(crate) connections: usize,
}

impl ProgramLimits {
    /// Those of every proxy, with this message rate.
    pub(crate) fn of(messages_per_second: Option<u32>) -> Self {
        let ClientBounds { message_bytes, waiting_bytes, unread_bytes, connections } = ClientBounds::ALL;
        Self { messages_per_second, message_bytes, waiting_bytes, unread_bytes, connections }
    }
}

/// What became of alerts since the daemon started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AlertsReport {
    /// Who is told, without secrets; the log alone where nobody is.
    pub(crate) targets: Vec<String>,
    /// Alerts.
    pub(crate) told: u64,
    /// Deliveries that arrived, one for each alert and target.
    pub(crate) delivered: u64,
    /// Deliveries that were given up.
    pub(crate) undelivered: u64,
    /// Why the last of those did not arrive.
    pub(crate) last_failure: Option<String>,
}

/// The restarts of a stuck Gateway, through IBC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemedyReport {
    /// IBC's command server.
    pub(crate) ibc: String,
    /// Why none is ordered now.
    pub(crate) hold: Option<String>,
    /// What proves the Gateway to be stuck, by now.
    pub(crate) proofs: Vec<String>,
    /// Restarts in the last 24 hours; `null` where what was written down cannot be read.
    pub(crate) restarts_in_a_day: Option<usize>,
    /// How many are allowed.
    pub(crate) restarts_a_day: u32,
    /// The last one.
    pub(crate) last: Option<Restart>,
}

/// What a look at the socket table showed of the Gateway's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SocketTableReport {
    /// Whether the Gateway listens.
    pub(crate) listening: LayerState,
    /// Dead connections that it keeps; `null` where it cannot be seen.
    pub(crate) zombies: Option<u32>,
    /// Connections that it has not accepted; `null` where it cannot be seen.
    pub(crate) waiting: Option<u32>,
    /// How long ago that was, in milliseconds.
    pub(crate) seen_ms_ago: u64,
}

impl SocketTableReport {
    /// A look, some milliseconds ago.
    pub(crate) fn of(sight: TableSight, seen_ms_ago: u64) -> Self {
        let (listening, zombies, waiting) = match sight {
            TableSight::Unseen => (LayerState::Unknown, None, None),
            TableSight::Absent | TableSight::Other => (LayerState::No, None, None),
            TableSight::Listening { zombies, waiting, .. } => (LayerState::Yes, Some(zombies), Some(waiting)),
        };
        Self { listening, zombies, waiting, seen_ms_ago }
    }
}
