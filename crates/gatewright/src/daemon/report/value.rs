//! The report itself; its JSON is this value.

use std::collections::BTreeMap;

use gatewright_link::protocol::{ErrorData, Layer, LayerState};
use gatewright_proto::session::Acts;
use serde::{Deserialize, Serialize};

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
    /// Each Gateway.
    pub(crate) gateways: Vec<GatewayReport>,
}

/// One conclusion from all layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verdict {
    /// Well, ill, or not known.
    pub(crate) well: LayerState,
    /// The layer that is to blame first; `null` where none is.
    pub(crate) layer: Option<String>,
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
    /// The port for programs; `null` where there is none.
    pub(crate) proxy: Option<ProxyReport>,
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
    /// Why it is not ready.
    pub(crate) failure: Option<ErrorData>,
}

/// The port for programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProxyReport {
    /// Where it is.
    pub(crate) listening: String,
}
