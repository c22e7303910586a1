//! Pacing as it is shown: what was used, and who waits for how long.

use gatewright_proto::ClientId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One session's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionPacing {
    /// The session.
    pub client_id: ClientId,
    /// Orders and cancels that wait.
    pub orders_waiting: usize,
    /// Other messages that wait.
    pub waiting: usize,
    /// Of those, requests that the rules for history hold.
    pub historical_waiting: usize,
    /// How long the oldest of them has waited, in milliseconds.
    pub longest_wait_ms: u64,
}

/// The whole budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacingReport {
    /// Messages in the last second.
    pub sent_in_last_second: u32,
    /// How many there may be.
    pub messages_per_second: u32,
    /// Messages that wait, of all sessions.
    pub waiting: usize,
    /// How long the oldest of them has waited, in milliseconds.
    pub longest_wait_ms: u64,
    /// The longest that any message has ever waited, in milliseconds.
    pub longest_wait_ever_ms: u64,
    /// Messages that found a full queue and were handed back.
    pub handed_back: u64,
    /// Requests for small bars in the last ten minutes, by their weight.
    pub small_bars_in_ten_minutes: u32,
    /// Historical requests that are open.
    pub historical_open: usize,
    /// Market data lines that are open.
    pub market_data_lines: usize,
    /// How many the account has.
    pub market_data_lines_allowed: usize,
    /// Each session that has something waiting.
    pub sessions: Vec<SessionPacing>,
}
