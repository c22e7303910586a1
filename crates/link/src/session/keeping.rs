//! A kept session: connected again whenever recovery allows it, until it is told to end.

use std::time::{Duration, Instant};

use gatewright_proto::session::{Cause, CloseMode, ClosedHow, Deadlines, Failure, Session};
use tokio::net::TcpStream;
use tracing::info;

use super::driver::{Command, Driver, End, Outlet, millis_of, not_ready};
use super::exchange::{CallId, CallResult};
use super::{closing, opening};
use crate::clock;
use crate::gateway::{Pace, Wish};
use crate::protocol::{
    CallError, ConnectedResult, ErrorCode, ErrorData, Event, SessionHealth, SessionInterrupted, SessionResumed,
};

/// What a session is kept by.
#[derive(Debug)]
pub(crate) struct Keep {
    pub(crate) wish: Wish,
    pub(crate) pace: Pace,
    /// When whoever asked for the session wants an answer at the latest.
    pub(crate) by: Instant,
}

/// A caller that waits until the session is ready.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    call: CallId,
    by: Instant,
}

/// How a kept session stands between its connections.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) wish: Wish,
    pace: Pace,
    /// The port that was asked for; the Gateway may have moved since.
    port: u16,
    waiting: Vec<Waiting>,
    /// What the last readiness was, while it lasts.
    connected: Option<ConnectedResult>,
    /// Since when it has not been ready, once it was.
    down_since: Option<Instant>,
    was_ready: bool,
    last_failure: Option<CallError>,
}

impl Kept {
    pub(super) fn new(keep: Keep, connect: CallId, port: u16) -> Self {
        Self {
            wish: keep.wish,
            pace: keep.pace,
            port,
            waiting: vec![Waiting { call: connect, by: keep.by }],
            connected: None,
            down_since: None,
            was_ready: false,
            last_failure: None,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.by).min()
    }

    /// A caller wants to know when the session is ready.
    pub(super) fn connect(&mut self, call: CallId, by: Instant, outlet: &impl Outlet) {
        match &self.connected {
            Some(connected) => outlet.answer(call, Ok(CallResult::Connected(Box::new(connected.clone())))),
            None => self.waiting.push(Waiting { call, by }),
        }
    }

    /// Answers callers whose deadline has come: with the last failure, or with what is waited for. Attempts go on.
    pub(super) fn give_up_callers(&mut self, now: Instant, outlet: &impl Outlet) {
        let (due, waiting) = self.waiting.iter().partition(|waiting| waiting.by <= now);
        self.waiting = waiting;
        let due: Vec<Waiting> = due;
        for caller in due {
            let error = self.last_failure.clone().unwrap_or_else(|| self.wish.waiting());
            outlet.answer(caller.call, Err(error));
        }
    }

    /// What a call is answered while there is no session.
    pub(super) fn refusal(&self) -> CallError {
        let mut error = not_ready();
        let waiting = self.wish.waiting();
        error.data.message = format!("the session is being connected again; {}", waiting.data.message);
        error.data.remedy = "Nothing to do: the session is kept, and session_resumed says when it is back.".into();
        error
    }

    /// Nobody will be told that the session is ready any more.
    pub(super) fn refuse_callers(&mut self, outlet: &impl Outlet) {
        for caller in self.waiting.drain(..) {
            let error = CallError::new(ErrorCode::ShuttingDown, "the session was closed before it was ready");
            outlet.answer(caller.call, Err(error));
        }
    }

    /// The session is ready. Returns for how long it was not, if it had been before.
    pub(super) fn handle_ready(
        &mut self,
        now: Instant,
        connected: &ConnectedResult,
        outlet: &impl Outlet,
    ) -> Option<Duration> {
        self.wish.ready();
        self.last_failure = None;
        self.connected = Some(connected.clone());
        for caller in self.waiting.drain(..) {
            outlet.answer(caller.call, Ok(CallResult::Connected(Box::new(connected.clone()))));
        }
        let again = std::mem::replace(&mut self.was_ready, true);
        let down = self.down_since.take().map(|since| now.saturating_duration_since(since));
        down.filter(|_| again)
    }
}

/// Waits until the subscriptions of a kept session have to be made again; for ever where it is not kept.
///
/// # Cancel safety
///
/// Nothing is lost when the future is dropped.
pub(super) async fn resubscribe(kept: Option<&Kept>) -> String {
    match kept {
        Some(kept) => kept.wish.resubscribe().await,
        None => std::future::pending().await,
    }
}

impl<O: Outlet> Driver<O> {
    /// Connects, again and again, until the session is told to end.
    pub(super) async fn run_kept(mut self) {
        loop {
            if let Err(end) = self.wait_for_turn().await {
                return self.finish(None, end).await;
            }
            self.begin_attempt();
            let (stream, end) = self.attempt().await;
            match end {
                End::Failed(failure) => self.fall(stream, &failure).await,
                End::Asked { .. } => return self.finish(stream, end).await,
            }
        }
    }

    /// Waits for recovery's permission, answering commands meanwhile.
    async fn wait_for_turn(&mut self) -> Result<(), End> {
        let health = self.health(clock::now());
        let Some(kept) = &mut self.kept else { return Ok(()) };
        loop {
            let due = kept.deadline();
            let command = tokio::select! {
                biased;
                () = kept.wish.permitted() => return Ok(()),
                command = self.commands.recv() => command,
                () = opening::reached(due) => {
                    kept.give_up_callers(clock::now(), &self.outlet);
                    continue;
                }
            };
            take_command(command, Some(kept), &self.outlet, &health)?;
        }
    }

    fn begin_attempt(&mut self) {
        let now = clock::now();
        let Some(kept) = &self.kept else { return };
        self.settings.params.port = kept.wish.port(kept.port);
        let mut settings = opening::session_settings(&self.settings);
        if kept.was_ready {
            // What was open is asked for once the session is ready, within the pace; one answer proves that it is.
            settings.sync = Vec::new();
        }
        self.paced = kept.pace.session(self.settings.params.client_id);
        self.session = Session::new(settings, now);
        self.began = now;
        self.held.clear();
        self.unsent.clear();
        self.warnings.clear();
        self.closed = None;
    }

    /// The connection is over, and another will be made.
    async fn fall(&mut self, stream: Option<TcpStream>, failure: &Failure) {
        let client_id = self.client_id();
        self.exchange.handle_failure(clock::now(), failure);
        self.flush_outputs();
        self.flush_ticks(true);
        let Some(kept) = &mut self.kept else { return };
        let was_up = kept.connected.take().is_some();
        if was_up {
            info!(client_id = client_id.get(), cause = failure.cause.name(), "kept session interrupted");
            kept.down_since = Some(clock::now());
            kept.wish.lost(failure);
            let mut told = ErrorData::from(failure);
            told.remedy = "Nothing to do: the session is kept, and session_resumed says when it is back.".into();
            self.outlet.event(&Event::SessionInterrupted(SessionInterrupted { client_id, failure: told }));
        } else {
            kept.last_failure = Some(CallError::session(ErrorCode::ConnectFailed, failure));
            kept.wish.failed(failure);
        }
        if let Some(stream) = stream {
            // A frozen Gateway does not answer our end either, so that nobody waits for it.
            let frozen = matches!(failure.cause, Cause::Lost { how: ClosedHow::Frozen });
            let mode = if was_up && !frozen { CloseMode::Orderly } else { CloseMode::Reset };
            closing::close(stream, mode, clock::now() + Deadlines::default().close).await;
        }
    }

    /// A kept session is ready, for the first time or again.
    pub(super) fn handle_kept_ready(&mut self, now: Instant, connected: &ConnectedResult) {
        let Some(kept) = &mut self.kept else { return };
        let Some(down) = kept.handle_ready(now, connected, &self.outlet) else { return };
        let subscriptions = self.exchange.handle_resumed(now);
        self.outlet.event(&Event::SessionResumed(SessionResumed {
            client_id: self.settings.params.client_id,
            gateway: connected.gateway.clone(),
            server_version: connected.server_version,
            next_valid_id: connected.next_valid_id,
            down_ms: millis_of(down),
            subscriptions,
        }));
    }
}

/// Takes a command while there is no session to call.
///
/// # Errors
///
/// The session is to end.
pub(super) fn take_command(
    command: Option<Command>,
    kept: Option<&mut Kept>,
    outlet: &impl Outlet,
    health: &SessionHealth,
) -> Result<(), End> {
    match (command, kept) {
        (Some(Command::Call { id, .. }), Some(kept)) => outlet.answer(id, Err(kept.refusal())),
        (Some(Command::Connect { id, by }), Some(kept)) => kept.connect(id, by, outlet),
        (Some(Command::Call { id, .. } | Command::Connect { id, .. }), None) => outlet.answer(id, Err(not_ready())),
        (Some(Command::Health(reply)), Some(_)) => {
            // Whoever asked may have gone; then nobody misses the answer.
            let _ = reply.send(health.clone());
        }
        // Whoever asked is told nothing by the reply's being dropped, and reports the session as unknown.
        (Some(Command::Health(_)), None) => {}
        (Some(Command::Disconnect { id, by }), _) => return Err(End::Asked { id, by }),
        (None, _) => return Err(End::Asked { id: None, by: None }),
    }
    Ok(())
}
