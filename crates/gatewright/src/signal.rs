//! The signals that ask us to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::diagnosis::Diagnosis;
use crate::exit_code::Exit;

/// Listens for the signals that ask a process to stop, from its creation on.
#[derive(Debug)]
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl StopSignals {
    /// Starts to listen. From now on these signals no longer end the process by themselves.
    ///
    /// # Errors
    ///
    /// When the operating system refuses a handler.
    pub(crate) fn listen() -> Result<Self, Diagnosis> {
        let listen = |kind| signal(kind).map_err(|error| Diagnosis::internal("cannot listen for signals", error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for the first of them, and says how the process is to end.
    ///
    /// # Cancel safety
    ///
    /// A signal that comes between two calls is seen by the second.
    pub(crate) async fn stopped(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = self.hangup.recv() => Exit::Terminated,
        }
    }
}

/// What a daemon is asked by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DaemonSignal {
    /// Ctrl-C or SIGTERM: stop in order.
    Stop,
    /// SIGHUP: read the settings again.
    Reload,
}

/// Listens for the signals that a daemon understands.
#[derive(Debug)]
pub(crate) struct DaemonSignals(StopSignals);

impl DaemonSignals {
    /// Starts to listen, as [`StopSignals::listen`].
    ///
    /// # Errors
    ///
    /// When the operating system refuses a handler.
    pub(crate) fn listen() -> Result<Self, Diagnosis> {
        StopSignals::listen().map(Self)
    }

    /// The next of them.
    ///
    /// # Cancel safety
    ///
    /// A signal that comes between two calls is seen by the second.
    pub(crate) async fn next(&mut self) -> DaemonSignal {
        tokio::select! {
            _ = self.0.interrupt.recv() => DaemonSignal::Stop,
            _ = self.0.terminate.recv() => DaemonSignal::Stop,
            _ = self.0.hangup.recv() => DaemonSignal::Reload,
        }
    }
}
