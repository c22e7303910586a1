//! The lines that are spoken on the control socket: one JSON object each.

use serde::{Deserialize, Serialize};

/// What the daemon is asked. One request a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// How everything is. Answered by one report.
    Status,
    /// Stop in order. The connection ends when nothing runs any more.
    Down,
    /// Read the settings again. Answered by what came of it.
    Reload,
    /// The last lines of the log, and with `follow` those that come.
    Logs {
        /// How many of the last lines.
        lines: usize,
        /// Whether to go on.
        follow: bool,
    },
}

/// What came of reading the settings again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReloadReport {
    /// Settings that changed and are in force.
    pub(crate) applied: Vec<String>,
    /// Settings that changed and wait for a restart of the daemon.
    pub(crate) needs_restart: Vec<String>,
    /// Why nothing was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogLine {
    /// The line, without its end.
    pub(super) line: String,
}
