//! Asking and steering a simulator while it runs.

use std::net::SocketAddr;
use std::time::Duration;

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::Order;
use gatewright_proto::{ClientId, PermId};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::SimError;
use crate::fault::Fault;
use crate::scenario::Rule;
use crate::snapshot::Snapshot;

/// How many commands may wait for the loop.
pub(super) const COMMANDS: usize = 64;

/// The longest jump: every quarter of a second of it may be worked off.
const LONGEST_JUMP: Duration = Duration::from_secs(31 * 24 * 3600);

/// What the loop can be told.
#[derive(Debug)]
pub(super) enum Command {
    /// Let simulated time jump ahead, with everything that is due in it.
    Advance { span: Duration, done: oneshot::Sender<Result<(), SimError>> },
    /// Close a client's connections, and free its id.
    Kick { client: ClientId, done: oneshot::Sender<Result<(), SimError>> },
    /// Tell every session something.
    Notice { code: i32, text: String, done: oneshot::Sender<Result<(), SimError>> },
    /// A person places an order at the Gateway.
    Order { contract: Box<Contract>, order: Box<Order>, done: oneshot::Sender<Result<PermId, SimError>> },
    /// From now on every message passes this rule.
    Rule { rule: Box<dyn Rule>, done: oneshot::Sender<Result<(), SimError>> },
    /// Say how everything stands.
    Snapshot(oneshot::Sender<Snapshot>),
    /// Publish a bulletin.
    Bulletin { text: String, done: oneshot::Sender<Result<(), SimError>> },
    /// Switch a fault on or off.
    Switch { fault: Fault, on: bool, done: oneshot::Sender<Result<(), SimError>> },
}

/// Asks and steers one simulator; may be cloned and sent anywhere.
#[derive(Debug, Clone)]
pub struct Control {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) changes: watch::Receiver<u64>,
    pub(super) address: watch::Receiver<SocketAddr>,
}

impl Control {
    /// Where the simulator listens, or will when its port opens again. The fault `port-reset` changes it.
    pub fn addr(&self) -> SocketAddr {
        *self.address.borrow()
    }

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

    /// Lets simulated time jump ahead, with everything that is due in between.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`], and [`SimError::TooFar`] for more than a month.
    pub async fn advance(&self, span: Duration) -> Result<(), SimError> {
        if span > LONGEST_JUMP {
            return Err(SimError::TooFar { most: LONGEST_JUMP });
        }
        self.tell(|done| Command::Advance { span, done }).await
    }

    /// Closes the connections of a client and frees its id.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn kick(&self, client: ClientId) -> Result<(), SimError> {
        self.tell(|done| Command::Kick { client, done }).await
    }

    /// Restarts the Gateway as the fault `nightly-restart` does; it is gone when this returns, and comes back by itself.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn restart(&self) -> Result<(), SimError> {
        self.set_fault(Fault::NightlyRestart).await
    }

    /// Sends a notice about no request to every session.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn notice(&self, code: i32, text: impl Into<String>) -> Result<(), SimError> {
        let text = text.into();
        self.tell(|done| Command::Notice { code, text, done }).await
    }

    /// Publishes a news bulletin to every session that has asked for them.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn bulletin(&self, text: impl Into<String>) -> Result<(), SimError> {
        let text = text.into();
        self.tell(|done| Command::Bulletin { text, done }).await
    }

    /// Places an order as a person does at the Gateway, without the API: clients see it as they see manual orders.
    /// Returns its number over the account.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`], and [`SimError::BadOrder`] where the Gateway would refuse it.
    pub async fn order_by_hand(&self, contract: Contract, order: Order) -> Result<PermId, SimError> {
        let (contract, order) = (Box::new(contract), Box::new(order));
        self.tell(|done| Command::Order { contract, order, done }).await
    }

    /// Adds a rule; it sees every message from the moment at which this returns.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`].
    pub async fn add_rule(&self, rule: impl Rule + 'static) -> Result<(), SimError> {
        self.tell(|done| Command::Rule { rule: Box::new(rule), done }).await
    }

    async fn tell<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, SimError>>) -> Command,
    ) -> Result<T, SimError> {
        let (done, asked) = oneshot::channel();
        self.commands.send(command(done)).await.map_err(|_| SimError::Stopped)?;
        asked.await.map_err(|_| SimError::Stopped)?
    }

    async fn switch(&self, fault: Fault, on: bool) -> Result<(), SimError> {
        self.tell(|done| Command::Switch { fault, on, done }).await
    }
}
