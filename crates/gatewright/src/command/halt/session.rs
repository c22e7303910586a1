//! A session under a client id that no trader uses.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use gatewright_link::client::{Link, LinkSettings};
use gatewright_link::protocol::{
    ConnectParams, ConnectedResult, ExecutionsParams, OpenOrderReport, SessionParams, ZombiePolicy,
};
use gatewright_link::{InstanceLock, LinkError, LockError, canonical_gateway};
use gatewright_proto::ClientId;
use gatewright_trade::outbox::CompleteAnswers;

use super::args::HaltArgs;
use crate::command::connect::worker_command;
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment::Environment;

/// The client ids that are the kill switch's own. A kill switch that shares the trader's id cannot connect in the very
/// emergency that it is for, and one that takes any id takes somebody else's. Several, because an id stays taken for
/// minutes after a connection that broke.
pub(crate) const RESERVED: RangeInclusive<i32> = 9990..=9997;

/// The cause of a connection that found its client id taken.
const TAKEN: &str = "client_id_in_use";

/// A ready session, and the worker that has it.
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) connected: ConnectedResult,
    /// The Gateway, as journals and locks spell it.
    pub(super) gateway: String,
    locks: PathBuf,
    params: ConnectParams,
    _lock: InstanceLock,
}

impl Session {
    /// Connects under the first reserved client id that is free.
    ///
    /// # Errors
    ///
    /// In words, why there is no session.
    pub(super) async fn open(args: &HaltArgs, gateway: &Endpoint, environment: &Environment) -> Result<Self, String> {
        let words = |error: Diagnosis| error.to_string();
        let locks = lock_dir(args, environment).map_err(words)?;
        let command = worker_command(environment).map_err(words)?;
        let (link, _) = Link::spawn(LinkSettings::new(command)).await.map_err(|error| told(&error))?;
        let canonical = canonical_gateway(&gateway.host, gateway.port);
        let mut why = String::new();
        for client_id in RESERVED.map(ClientId::new) {
            let lock = match InstanceLock::acquire(&locks, &canonical, client_id) {
                Ok(lock) => lock,
                Err(held @ LockError::Held { .. }) => {
                    why = held.to_string();
                    continue;
                }
                Err(error @ LockError::File { .. }) => return Err(error.to_string()),
            };
            let params = ConnectParams {
                host: gateway.host.clone(),
                port: gateway.port,
                client_id,
                // Whatever else is wrong at the Gateway, one more attempt is what this is for.
                zombies: ZombiePolicy::Warn,
                sync: Some(Vec::new()),
                live: args.money.live,
                account: args.money.account.clone(),
                ..ConnectParams::default()
            };
            match link.connect(params.clone()).await {
                Ok(connected) => {
                    return Ok(Self { link, connected, gateway: canonical, locks, params, _lock: lock });
                }
                Err(error) if error.data().cause == TAKEN => why = told(&error),
                Err(error) => return Err(told(&error)),
            }
        }
        Err(format!("none of the client ids {} to {} is free: {why}", RESERVED.start(), RESERVED.end()))
    }

    pub(super) fn client_id(&self) -> ClientId {
        self.connected.client_id
    }

    /// Names this session in calls.
    pub(super) fn name(&self) -> SessionParams {
        SessionParams { client_id: Some(self.client_id()) }
    }

    /// Open orders of everybody.
    ///
    /// # Errors
    ///
    /// The Gateway did not answer in full.
    pub(super) async fn open_orders(&self) -> Result<Vec<OpenOrderReport>, LinkError> {
        Ok(self.link.all_open_orders(self.name()).await?.orders)
    }

    /// A trader's own client id, where that trader has ended.
    ///
    /// # Errors
    ///
    /// In words, why it cannot be had.
    pub(super) async fn take_over(&self, client_id: ClientId) -> Result<InstanceLock, String> {
        let lock = InstanceLock::acquire(&self.locks, &self.gateway, client_id).map_err(|held| held.to_string())?;
        let params = ConnectParams { client_id, ..self.params.clone() };
        self.link.connect(params).await.map_err(|error| told(&error))?;
        Ok(lock)
    }

    /// The lock of a trader's client id, where that trader has ended.
    pub(super) fn lock(&self, client_id: ClientId) -> Option<InstanceLock> {
        InstanceLock::acquire(&self.locks, &self.gateway, client_id).ok()
    }

    /// Everything that tells what became of orders, whoever placed them: what is open first and executions last, so that
    /// what is not open any more is among the others.
    ///
    /// # Errors
    ///
    /// One of the lists did not come to its end.
    pub(super) async fn answers(&self) -> Result<CompleteAnswers, LinkError> {
        let open_orders = self.open_orders().await?;
        let completed_orders = self.link.completed_orders(self.name()).await?.orders;
        let params = ExecutionsParams { client_id: Some(self.client_id()), ..ExecutionsParams::default() };
        let executions = self.link.executions(params).await?.executions;
        Ok(CompleteAnswers { open_orders, completed_orders, executions, ..CompleteAnswers::default() })
    }

    /// Leaves in order.
    pub(super) async fn close(self) {
        // How the worker ends changes nothing about what was done.
        let _ = self.link.stop().await;
    }
}

/// A failed call in words: what happened, and what to do.
pub(super) fn told(error: &LinkError) -> String {
    let data = error.data();
    format!("{}. {}", data.message, data.remedy)
}

fn lock_dir(args: &HaltArgs, environment: &Environment) -> Result<PathBuf, Diagnosis> {
    // As the trader: a state folder that was named has locks of its own.
    let usual = environment.lock_dir().filter(|_| args.journal.state.is_none());
    match usual {
        Some(locks) => Ok(locks),
        None => Ok(args.journal.path(environment)?.parent().unwrap_or(Path::new(".")).join("locks")),
    }
}
