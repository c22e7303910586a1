//! What a worker keeps to.

use std::path::PathBuf;
use std::time::Duration;

use crate::pacing::PacingSettings;
use crate::recovery::RecoverySettings;

/// What a worker keeps to: how fast it speaks, and when it connects again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerPolicy {
    /// The budget of messages over all its sessions.
    pub pacing: PacingSettings,
    /// Where what was sent is noted, so that a worker which follows does not ask too much of the Gateway; without it each
    /// worker begins with an unused budget.
    pub pace_file: Option<PathBuf>,
    /// When its Gateway is connected to again.
    pub recovery: RecoverySettings,
    /// How long a program that has named itself may be away before its sessions are closed; zero for not at all.
    pub parking: Duration,
}

impl Default for WorkerPolicy {
    /// The machines' own defaults, and a minute for programs that come back: a restart takes seconds.
    fn default() -> Self {
        Self {
            pacing: PacingSettings::default(),
            pace_file: None,
            recovery: RecoverySettings::default(),
            parking: Duration::from_secs(60),
        }
    }
}
