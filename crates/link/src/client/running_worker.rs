//! One worker process with the tasks that serve its pipes.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::timeout;
use tracing::{debug, warn};

use super::caller::Caller;
use super::events::EventSender;
use super::input::Input;
use super::reader::{Dispatch, ReadEnd, flush_all, read_all, read_stderr};
use super::settings::LinkSettings;
use super::streams::Streams;
use super::supervisor::Ending;
use crate::error::StartFailure;
use crate::protocol::ErrorData;

/// How long the end of the process and the end of its output may be apart. Both come from the kernel at the same moment,
/// unless the worker closed its output and lives on, or left it to a child of its own.
const APART: Duration = Duration::from_millis(500);

/// How long the kernel may take to report the death of a process that it was told to kill.
const KILL_WITHIN: Duration = Duration::from_secs(5);

enum TaskEnd {
    Reader(ReadEnd, Streams),
    Flusher(io::Error),
    Stderr,
}

/// One worker process with the tasks that serve its pipes. Dropped, it is killed.
pub(super) struct RunningWorker {
    pub(super) pid: u32,
    pub(super) generation: u64,
    child: Child,
    tasks: JoinSet<TaskEnd>,
    flusher: AbortHandle,
    /// How the process ended, once it has.
    exit: Option<ExitStatus>,
    /// Its subscriptions, once its output has ended.
    streams: Option<Streams>,
    reading: Reading,
    /// What was wrong before it ended, in words.
    complaint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Goes,
    Over,
}

impl RunningWorker {
    /// Starts the process and its tasks. Calls are not let through yet.
    pub(super) fn start(
        settings: &LinkSettings,
        caller: &Caller,
        events: &EventSender,
        generation: u64,
    ) -> Result<Self, StartFailure> {
        let mut child = command(settings).spawn().map_err(StartFailure::Spawn)?;
        let missing = || StartFailure::Spawn(io::Error::other("a pipe is missing"));
        let pid = child.id().ok_or_else(missing)?;
        let stdin = child.stdin.take().ok_or_else(missing)?.into_owned_fd().map_err(StartFailure::Spawn)?;
        let stdin = Arc::new(Input::Pipe(pipe::Sender::from_owned_fd(stdin).map_err(StartFailure::Spawn)?));
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let wake = caller.switchboard.begin(generation, pid, Arc::clone(&stdin));
        let mut tasks = JoinSet::new();
        let mut dispatch = Dispatch::new(caller.clone(), events.clone());
        tasks.spawn(async move {
            let end = read_all(stdout, &mut dispatch).await;
            TaskEnd::Reader(end, dispatch.streams)
        });
        let flush = flush_all(Arc::clone(&caller.switchboard), generation, stdin, wake);
        let flusher = tasks.spawn(async move { TaskEnd::Flusher(flush.await) });
        if let Some(stderr) = child.stderr.take() {
            let events = events.clone();
            tasks.spawn(async move {
                read_stderr(stderr, events).await;
                TaskEnd::Stderr
            });
        }
        debug!(pid, generation, "worker process started");
        Ok(Self {
            pid,
            generation,
            child,
            tasks,
            flusher,
            exit: None,
            streams: None,
            reading: Reading::Goes,
            complaint: None,
        })
    }

    /// Waits for the first sign that the worker is of no more use: it ended, or one of its pipes did.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped; call it again.
    pub(super) async fn first_sign_of_death(&mut self) {
        while self.exit.is_none() && self.reading == Reading::Goes && self.complaint.is_none() {
            self.next_sign().await;
        }
    }

    /// Lets the worker end: by itself within the given time, else by force. Then everything it wrote has been read.
    pub(super) async fn end(&mut self, within: Duration) -> (Ending, String) {
        // Aborting it lets go of the pipe: a worker whose input is closed sees that now.
        self.flusher.abort();
        let by_itself = async {
            while self.exit.is_none() || self.reading == Reading::Goes {
                self.next_sign().await;
            }
        };
        let in_time = timeout(within, by_itself).await.is_ok();
        let ending = if self.exit.is_some() { Ending::ByItself } else { Ending::Killed };
        if !in_time {
            self.kill().await;
        }
        self.tasks.shutdown().await;
        let status = self.exit.map_or_else(|| "not reaped".to_owned(), |status| status.to_string());
        (ending, self.complaint.take().map_or_else(|| status.clone(), |complaint| format!("{complaint}; {status}")))
    }

    /// The same where its death has begun already.
    pub(super) async fn end_after_sign(&mut self) -> String {
        self.end(APART).await.1
    }

    /// Ends its subscriptions.
    pub(super) fn end_streams(&mut self, failure: &ErrorData) {
        if let Some(streams) = &mut self.streams {
            streams.end_all(failure);
        }
    }

    async fn next_sign(&mut self) {
        tokio::select! {
            status = self.child.wait(), if self.exit.is_none() => match status {
                Ok(status) => self.exit = Some(status),
                Err(error) => self.complaint = Some(format!("it cannot be waited for: {error}")),
            },
            Some(end) = self.tasks.join_next() => self.note(end),
        }
    }

    fn note(&mut self, end: Result<TaskEnd, JoinError>) {
        match end {
            Ok(TaskEnd::Reader(end, streams)) => {
                self.reading = Reading::Over;
                self.streams = Some(streams);
                match end {
                    ReadEnd::Eof => {}
                    ReadEnd::LineTooLong => self.complaint = Some("it wrote an endless line".into()),
                    ReadEnd::Failed(error) => self.complaint = Some(format!("its output cannot be read: {error}")),
                }
            }
            Ok(TaskEnd::Flusher(error)) => self.complaint = Some(format!("it does not read any more: {error}")),
            Ok(TaskEnd::Stderr) => {}
            Err(error) if error.is_cancelled() => {}
            Err(error) => {
                warn!(%error, "a task of the worker's failed");
                self.reading = Reading::Over;
                self.complaint = Some("the client failed to read it".into());
            }
        }
    }

    async fn kill(&mut self) {
        if self.exit.is_none() {
            // It may have ended this moment; waiting tells.
            let _ = self.child.start_kill();
            self.exit = timeout(KILL_WITHIN, self.child.wait()).await.ok().and_then(Result::ok);
        }
        let rest = async {
            while self.reading == Reading::Goes {
                self.next_sign().await;
            }
        };
        let _ = timeout(APART, rest).await;
    }
}

fn command(settings: &LinkSettings) -> Command {
    let mut command = Command::new(&settings.command.program);
    command
        .args(&settings.command.args)
        .envs(settings.command.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(settings.stderr.stdio())
        // Ctrl-C is for the program that owns the link; it ends the worker in order.
        .process_group(0)
        .kill_on_drop(true);
    command
}
