//! The task that owns the workers, one after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep_until;
use tracing::{debug, info, warn};

use super::caller::Caller;
use super::events::{EventSender, LinkEvent};
use super::restart::{Succession, Telling};
use super::running_worker::RunningWorker;
use super::settings::LinkSettings;
use super::switchboard::{Origin, Switchboard};
use crate::clock;
use crate::error::{CallFate, LinkError, StartFailure, chain};
use crate::protocol::{Method, PingResult, SessionParams};

/// How long a new worker may take to answer its first ping. It takes milliseconds; a machine that swaps takes seconds.
const START_WITHIN: Duration = Duration::from_secs(5);

/// How a worker's process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It exited by itself.
    ByItself,
    /// It did not exit in time and was killed.
    Killed,
    /// It goes on: the link was attached to it, and has left.
    Left,
    /// None was running: the last had died, and the next had not started.
    NotRunning,
}

/// How the last worker of a link ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerExit {
    /// How it came to that.
    pub ending: Ending,
    /// The end in the operating system's words, for example `exit status: 0`.
    pub status: String,
    /// How long it took from closing its input.
    pub took: Duration,
}

/// The task that owns the workers, one after the other.
pub(super) struct Supervisor {
    settings: LinkSettings,
    caller: Caller,
    events: EventSender,
    stop: watch::Receiver<bool>,
    exit: watch::Sender<Option<WorkerExit>>,
    generations: u64,
    _last_word: LastWord,
}

/// Nobody waits for an answer from a link whose supervisor is gone, whatever it died of.
struct LastWord(Arc<Switchboard>);

impl Drop for LastWord {
    fn drop(&mut self) {
        self.0.stop("the link was stopped");
    }
}

/// What a wait for a worker came to.
enum Waited {
    Worker(Box<RunningWorker>),
    Stop,
}

impl Supervisor {
    pub(super) fn new(
        settings: LinkSettings,
        caller: Caller,
        events: EventSender,
        stop: watch::Receiver<bool>,
        exit: watch::Sender<Option<WorkerExit>>,
    ) -> Self {
        let last_word = LastWord(Arc::clone(&caller.switchboard));
        Self { settings, caller, events, stop, exit, generations: 0, _last_word: last_word }
    }

    /// Starts a worker and sees that it answers.
    pub(super) async fn start(&mut self) -> Result<RunningWorker, StartFailure> {
        let generation = self.generations + 1;
        let mut worker = RunningWorker::start(&self.settings, &self.caller, &self.events, generation)?;
        let params = SessionParams::default();
        let ping = self.caller.call::<_, PingResult>(Origin::Supervisor, Method::Ping, &params, START_WITHIN);
        let failure = tokio::select! {
            // An answer that was read before the worker died counts.
            biased;
            answer = ping => match answer {
                Ok(_) => {
                    self.generations = generation;
                    self.caller.switchboard.open();
                    info!(pid = worker.pid, generation, "worker started");
                    self.events.send(LinkEvent::WorkerStarted { pid: worker.pid, generation });
                    return Ok(worker);
                }
                Err(LinkError::Silent { after, .. }) => Some(StartFailure::Silent { after }),
                Err(error) => Some(StartFailure::NotAWorker { answer: chain(&error) }),
            },
            () = worker.first_sign_of_death() => None,
            () = asked_to_stop(&mut self.stop) => Some(StartFailure::Stopped),
        };
        let status = match failure {
            Some(_) => worker.end(Duration::ZERO).await.1,
            None => worker.end_after_sign().await,
        };
        self.caller.switchboard.down(&status, Duration::ZERO);
        Err(failure.unwrap_or(StartFailure::Ended { status }))
    }

    /// Keeps a worker alive until the link is stopped.
    pub(super) async fn run(mut self, first: RunningWorker) {
        let policy = self.settings.restart;
        let seed = policy.jitter_seed ^ u64::from(std::process::id());
        let policy = super::RestartPolicy { jitter_seed: seed, ..policy };
        let mut succession = Succession::new(policy, clock::now());
        let mut worker = Box::new(first);
        loop {
            let died = tokio::select! {
                biased;
                () = asked_to_stop(&mut self.stop) => false,
                () = worker.first_sign_of_death() => true,
            };
            if !died {
                return self.stop(*worker).await;
            }
            let status = self.bury(*worker, &mut succession).await;
            match self.succeed(&mut succession).await {
                Waited::Worker(next) => worker = next,
                Waited::Stop => {
                    let exit = WorkerExit { ending: Ending::NotRunning, status, took: Duration::ZERO };
                    self.exit.send_replace(Some(exit));
                    return;
                }
            }
        }
    }

    /// Tells everybody that a worker died.
    async fn bury(&mut self, mut worker: RunningWorker, succession: &mut Succession) -> String {
        let status = worker.end_after_sign().await;
        let restart_in = succession.handle_died(clock::now());
        let (pid, generation) = (worker.pid, worker.generation);
        warn!(pid, generation, status, ?restart_in, "worker died");
        self.caller.switchboard.down(&status, restart_in);
        let restart = Some(restart_in);
        let error = LinkError::WorkerDied { status: status.clone(), restart_in: restart, fate: CallFate::NotSent };
        worker.end_streams(&error.data());
        self.events.send(LinkEvent::WorkerDied { generation, status: status.clone(), restart_in });
        status
    }

    /// Waits for the next worker, however often it takes.
    async fn succeed(&mut self, succession: &mut Succession) -> Waited {
        while let Some((until, _)) = succession.poll_timeout() {
            tokio::select! {
                biased;
                () = asked_to_stop(&mut self.stop) => return Waited::Stop,
                () = sleep_until(until.into()) => {}
            }
            let why = match self.start().await {
                Ok(worker) => {
                    succession.handle_started(clock::now());
                    return Waited::Worker(Box::new(worker));
                }
                Err(StartFailure::Stopped) => return Waited::Stop,
                Err(why) => chain(&LinkError::WorkerStart { program: self.settings.command.program.clone(), why }),
            };
            let (restart_in, telling) = succession.handle_unstartable(clock::now(), &why);
            self.caller.switchboard.down(&why, restart_in);
            match telling {
                Telling::New => {
                    warn!(why, ?restart_in, "no worker");
                    self.events.send(LinkEvent::WorkerUnstartable { error: why });
                }
                Telling::Known => debug!(why, ?restart_in, "still no worker"),
            }
        }
        Waited::Stop
    }

    /// Lets the worker close its sessions and exit.
    async fn stop(self, mut worker: RunningWorker) {
        let begun = clock::now();
        self.caller.switchboard.close_stdin();
        let (ending, status) = worker.end(self.settings.stop_within).await;
        self.caller.switchboard.stop(&status);
        worker.end_streams(&LinkError::Stopped.data());
        let took = clock::now().saturating_duration_since(begun);
        info!(pid = worker.pid, status, ?ending, ?took, "worker stopped");
        self.exit.send_replace(Some(WorkerExit { ending, status, took }));
    }
}

/// Waits until somebody wants the link to stop, or nobody can any more.
pub(super) async fn asked_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
