//! What recovery works by, each figure with its source.

use std::time::Duration;

use gatewright_proto::session::Deadlines;

use super::window::{DailyRestart, Region};

/// What one Gateway's recovery works by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoverySettings {
    /// Where the account's servers stand.
    pub region: Region,
    /// When the Gateway restarts itself each day, where that is known.
    pub restart: Option<DailyRestart>,
    /// How long a Gateway may be down or starting before a human is called. A cold start to API-ready takes 60 to 240 s.
    pub boot_grace: Duration,
    /// How long IBKR may be lost before a human is called; inside a reset window until that ends.
    pub link_patience: Duration,
    /// How long an attempt may take at most until it reports. One that never does is given up for lost.
    pub attempt: Duration,
    /// Attempts in a row that a Gateway which is not starting may leave unanswered before a human is called.
    pub stalls_before_human: u32,
    /// Attempts that may leave something behind at the Gateway, at most so many…
    pub disturbances: usize,
    /// …in any span of this length.
    pub disturbance_span: Duration,
    /// What chance is drawn from.
    pub jitter_seed: u64,
}

impl Default for RecoverySettings {
    /// North America, 4 minutes for a start, 15 for IBKR, a human after 3 stalls, 10 disturbances in 10 minutes.
    fn default() -> Self {
        let deadlines = Deadlines::default();
        Self {
            region: Region::default(),
            restart: None,
            boot_grace: Duration::from_secs(240),
            link_patience: Duration::from_secs(15 * 60),
            // Twice what an attempt's own deadlines allow, so that only a lost report is ever given up.
            attempt: (deadlines.connect_total() + deadlines.close) * 2,
            stalls_before_human: 3,
            disturbances: 10,
            disturbance_span: Duration::from_secs(10 * 60),
            jitter_seed: 0,
        }
    }
}
