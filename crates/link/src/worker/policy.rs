//! What a worker keeps to.

use crate::pacing::PacingSettings;
use crate::recovery::RecoverySettings;

/// What a worker keeps to: how fast it speaks, and when it connects again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkerPolicy {
    /// The budget of messages over all its sessions.
    pub pacing: PacingSettings,
    /// When its Gateway is connected to again.
    pub recovery: RecoverySettings,
}
