//! Starting, stopping, and what callers hold.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::clock::SimClock;
use super::control::{COMMANDS, Command, Control};
use super::door::{self, Door};
use super::events::{Ends, Events};
use crate::config::SimConfig;
use crate::core::World;
use crate::error::SimError;
use crate::fault::Fault;
use crate::recording::Recorder;
use crate::snapshot::Snapshot;

/// A simulated Gateway that runs as a task of the current runtime. Dropping it ends it at once.
#[derive(Debug)]
pub struct Simulator {
    control: Control,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<(), SimError>>,
}

impl Simulator {
    /// Binds and runs a simulator. When this returns, clients can connect (or are kept out as the faults say).
    ///
    /// # Errors
    ///
    /// A setting that cannot be run, or a port that cannot be opened.
    pub async fn start(config: SimConfig) -> Result<Self, SimError> {
        config.check()?;
        let listener = door::listen(config.listen)?;
        Self::start_on(listener, config).await
    }

    /// Runs a simulator on a listener of the caller's; `config.listen` is not used.
    ///
    /// # Errors
    ///
    /// A setting that cannot be run, or a listener that cannot be used.
    pub async fn start_on(listener: TcpListener, config: SimConfig) -> Result<Self, SimError> {
        let (commands, told) = mpsc::channel(COMMANDS);
        let (change, changes) = watch::channel(0);
        let (events, address) = prepare(listener, config, told, change).await?;
        let control = Control { commands, changes, address };
        let (stop, stopped) = oneshot::channel();
        let mut running = JoinSet::new();
        running.spawn(events.run(async {
            // A dropped sender is a dropped simulator, whose task is aborted anyway.
            let _ = stopped.await;
        }));
        Ok(Self { control, stop, running })
    }

    /// Serves a listener of the caller's until `stop`, in the caller's own task.
    ///
    /// # Errors
    ///
    /// A setting that cannot be run, or a listener that cannot be used.
    pub async fn serve(
        listener: TcpListener,
        config: SimConfig,
        stop: impl Future<Output = ()>,
    ) -> Result<(), SimError> {
        // Nobody can steer this one: the commands' sender only has to live as long as the loop.
        let (_commands, told) = mpsc::channel(COMMANDS);
        let (change, _) = watch::channel(0);
        let (events, _) = prepare(listener, config, told, change).await?;
        events.run(stop).await
    }

    /// Where it listens, or will when its port opens again. The fault `port-reset` changes it.
    pub fn addr(&self) -> SocketAddr {
        self.control.addr()
    }

    /// A handle to ask and steer it with, from anywhere.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Everything as it stands now.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`] when it has ended by itself.
    pub async fn snapshot(&self) -> Result<Snapshot, SimError> {
        self.control.snapshot().await
    }

    /// See [`Control::until`].
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`] when it has ended by itself.
    pub async fn until(
        &self,
        patience: Duration,
        is_so: impl FnMut(&Snapshot) -> bool,
    ) -> Result<Option<Snapshot>, SimError> {
        self.control.until(patience, is_so).await
    }

    /// See [`Control::set_fault`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn set_fault(&self, fault: Fault) -> Result<(), SimError> {
        self.control.set_fault(fault).await
    }

    /// See [`Control::clear_fault`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn clear_fault(&self, fault: Fault) -> Result<(), SimError> {
        self.control.clear_fault(fault).await
    }

    /// Waits until it ends by itself, which it does only by failing.
    ///
    /// # Errors
    ///
    /// Why it has failed.
    ///
    /// # Cancel safety
    ///
    /// May be dropped and called again.
    pub async fn ended(&mut self) -> Result<(), SimError> {
        match self.running.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => Err(SimError::Stopped),
        }
    }

    /// Closes every connection and ends. The port is free when this returns.
    ///
    /// # Errors
    ///
    /// [`SimError::Stopped`] when it had ended before, by failing.
    pub async fn stop(mut self) -> Result<(), SimError> {
        let _ = self.stop.send(());
        match self.running.join_next().await {
            Some(Ok(ended)) => ended,
            Some(Err(_)) | None => Err(SimError::Stopped),
        }
    }
}

async fn prepare(
    listener: TcpListener,
    config: SimConfig,
    told: mpsc::Receiver<Command>,
    change: watch::Sender<u64>,
) -> Result<(Events, watch::Receiver<SocketAddr>), SimError> {
    config.check()?;
    let address = listener.local_addr().map_err(|source| SimError::Listener { source })?;
    let mut door = Door::new(listener)?;
    let recorder = config.record.as_deref().map_or(Ok(Recorder::off()), Recorder::create)?;
    let clock = SimClock::start(&config);
    let world = World::new(config, clock.first());
    door.obey(world.entrance()).await?;
    let (tell_address, address) = watch::channel(address);
    let ends = Ends { commands: told, changes: change, address: tell_address };
    Ok((Events::new(world, clock, door, recorder, ends), address))
}
