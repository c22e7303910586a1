//! Asking and steering a simulator while it runs.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::error::SimError;
use crate::fault::Fault;
use crate::snapshot::Snapshot;

/// How many commands may wait for the loop.
pub(super) const COMMANDS: usize = 64;

/// What the loop can be told.
#[derive(Debug)]
pub(super) enum Command {
    /// Say how everything stands.
    Snapshot(oneshot::Sender<Snapshot>),
    /// Switch a fault on or off.
    Switch { fault: Fault, on: bool, done: oneshot::Sender<Result<(), SimError>> },
}

/// Asks and steers one simulator; may be cloned and sent anywhere.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) changes: watch::Receiver<u64>,
}

impl Control {
    /// Everything as it stands now.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn snapshot(&self) -> Result<Snapshot, SimError> {
        let (answer, asked) = oneshot::channel();
        self.commands.send(Command::Snapshot(answer)).await.map_err(|_| SimError::Stopped)?;
        asked.await.map_err(|_| SimError::Stopped)
    }

    /// Waits, without polling, until `is_so` holds of the state, and returns that state; `None` after `patience`.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn until(
        &self,
        patience: Duration,
        mut is_so: impl FnMut(&Snapshot) -> bool,
    ) -> Result<Option<Snapshot>, SimError> {
        let mut changes = self.changes.clone();
        let found = async {
            loop {
                changes.mark_unchanged();
                let snapshot = self.snapshot().await?;
                if is_so(&snapshot) {
                    return Ok(snapshot);
                }
                changes.changed().await.map_err(|_| SimError::Stopped)?;
            }
        };
        tokio::time::timeout(patience, found).await.map_or(Ok(None), |found| found.map(Some))
    }

    /// Switches a fault on; it is on when this returns.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`], or what the operating system says about the listening socket.
    pub async fn set_fault(&self, fault: Fault) -> Result<(), SimError> {
        self.switch(fault, true).await
    }

    /// Switches a fault off. Connections that it has stalled stay stalled.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`], or what the operating system says about the listening socket.
    pub async fn clear_fault(&self, fault: Fault) -> Result<(), SimError> {
        self.switch(fault, false).await
    }

    async fn switch(&self, fault: Fault, on: bool) -> Result<(), SimError> {
        let (done, asked) = oneshot::channel();
        self.commands.send(Command::Switch { fault, on, done }).await.map_err(|_| SimError::Stopped)?;
        asked.await.map_err(|_| SimError::Stopped)?
    }
}
