//! The task that owns one session's socket: waits for one event, hands it to the pure parts, drains them.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatewright_proto::ClientId;
use gatewright_proto::session::{ClosedHow, Deadlines, Failure, ReadyReport, SendError, Session, SessionEvent, Stage};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, info, warn};

use super::exchange::{Call, CallId, CallResult, Exchange, Output};
use super::keeping::{self, Keep, Kept};
use super::opening;
use crate::clock;
use crate::gateway::PacedSession;
use crate::pacing::Traffic;
use crate::protocol::{
    CallError, ConnectParams, ConnectedResult, ErrorCode, Event, SessionHealth, StageEvent, StageMs, TicksEvent,
};

/// Bytes read from the socket at a time.
const READ_CHUNK: usize = 64 * 1024;

/// How long a slow reader may hold up the Gateway's stream before its ticks are dropped and counted.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where answers and events go.
pub(crate) trait Outlet {
    /// A call's end. Never dropped.
    fn answer(&self, call: CallId, result: Result<CallResult, CallError>);
    /// Something said unasked; returns whether it was taken. Orders, notices and ends are always taken.
    fn event(&self, event: &Event) -> bool;
    /// Ticks; returns whether they were taken.
    fn ticks(&self, ticks: &TicksEvent) -> bool;
    /// Whether there is room for what may be dropped.
    fn has_room(&self) -> bool;
    /// Whether anybody reads, so that it pays to wait for room.
    fn is_read(&self) -> bool;
    /// Waits for such room.
    fn room(&self) -> impl Future<Output = ()>;
}

/// What a session's task is told.
#[derive(Debug)]
pub(crate) enum Command {
    Call {
        id: CallId,
        call: Call,
        deadline: Instant,
    },
    /// Wants to know when a session that is kept already is ready.
    Connect {
        id: CallId,
        by: Instant,
    },
    Health(oneshot::Sender<SessionHealth>),
    Disconnect {
        id: Option<CallId>,
        by: Option<Instant>,
    },
}

/// What a session's task is given.
#[derive(Debug)]
pub(crate) struct DriverSettings {
    pub(crate) params: ConnectParams,
    /// The call that asked to connect.
    pub(crate) connect: CallId,
    /// Whether stages are announced as they pass.
    pub(crate) announce: bool,
    /// When the caller wants an answer at the latest.
    pub(crate) overall: Option<Instant>,
    /// What the session is kept by, where it is.
    pub(crate) keep: Option<Keep>,
}

/// One session's task.
pub(crate) struct Driver<O> {
    pub(super) settings: DriverSettings,
    pub(super) outlet: O,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) kept: Option<Kept>,
    pub(super) session: Session,
    pub(super) exchange: Exchange,
    pub(super) paced: PacedSession,
    /// What found the pace's queue full; as many as there are calls in flight.
    pub(super) held: VecDeque<(Traffic, Bytes)>,
    pub(super) unsent: Bytes,
    pub(super) warnings: Vec<String>,
    pub(super) began: Instant,
    pub(super) answered: bool,
    pub(super) undecodable: u64,
    pub(super) patience: Option<Instant>,
    /// The connection ended, which the session has not been told yet.
    pub(super) closed: Option<ClosedHow>,
}

enum Wake {
    Readable(io::Result<()>),
    Writable,
    Command(Option<Command>),
    Deadline,
    Room,
    Paced,
    Resubscribe(String),
}

/// Why the loop ends.
pub(super) enum End {
    Failed(Box<Failure>),
    Asked { id: Option<CallId>, by: Option<Instant> },
}

impl<O: Outlet> Driver<O> {
    pub(crate) fn new(
        mut settings: DriverSettings,
        outlet: O,
        commands: mpsc::Receiver<Command>,
        paced: PacedSession,
    ) -> Self {
        let began = clock::now();
        let port = settings.params.port;
        let kept = settings.keep.take().map(|keep| Kept::new(keep, settings.connect, port));
        let session = Session::new(opening::session_settings(&settings), began);
        let exchange = Exchange::new(&settings.params);
        Self {
            settings,
            outlet,
            commands,
            kept,
            session,
            exchange,
            paced,
            held: VecDeque::new(),
            unsent: Bytes::new(),
            warnings: Vec::new(),
            began,
            answered: false,
            undecodable: 0,
            patience: None,
            closed: None,
        }
    }

    /// Runs the session to its end, however it ends.
    pub(crate) async fn run(mut self) {
        if self.kept.is_some() {
            return self.run_kept().await;
        }
        let (stream, end) = self.attempt().await;
        self.finish(stream, end).await;
    }

    /// One connection, from its opening to its end.
    pub(super) async fn attempt(&mut self) -> (Option<TcpStream>, End) {
        match self.open().await {
            Ok(stream) => {
                let end = self.serve(&stream).await;
                (Some(stream), end)
            }
            Err(end) => (None, end),
        }
    }

    pub(super) fn client_id(&self) -> ClientId {
        self.settings.params.client_id
    }

    fn gateway(&self) -> String {
        gateway_text(&self.settings.params.host, self.settings.params.port)
    }

    /// Inspects and dials, listening to commands meanwhile.
    async fn open(&mut self) -> Result<TcpStream, End> {
        let health = self.health(clock::now());
        let target = tokio::select! {
            biased;
            end = opening::meanwhile(&mut self.commands, &mut self.kept, &self.outlet, &health) => return Err(end),
            target = opening::inspect(&mut self.session, &mut self.warnings, &self.settings.params, self.settings.overall) => target,
        };
        self.drain_events(clock::now())?;
        let target = target.expect("a session without a target has failed, which ends the drain above");
        let by = self.deadline();
        let stream = tokio::select! {
            biased;
            end = opening::meanwhile(&mut self.commands, &mut self.kept, &self.outlet, &health) => return Err(end),
            stream = opening::dial(&mut self.session, target, by) => stream,
        };
        self.drain_events(clock::now())?;
        Ok(stream.expect("a session without a stream has failed, which ends the drain above"))
    }

    /// The loop: one event, then everything that follows from it.
    async fn serve(&mut self, stream: &TcpStream) -> End {
        loop {
            if let Err(end) = self.drain(stream) {
                return end;
            }
            // A Gateway that never stops talking must not keep commands, deadlines and everybody else waiting.
            tokio::task::yield_now().await;
            let wake = match self.commands.try_recv() {
                Ok(command) => Wake::Command(Some(command)),
                Err(_) if self.deadline() <= clock::now() => Wake::Deadline,
                Err(_) => self.wait(stream).await,
            };
            let now = clock::now();
            match wake {
                Wake::Readable(ready) => self.read(stream, ready, now),
                Wake::Writable | Wake::Room | Wake::Paced => {}
                Wake::Command(Some(command)) => {
                    if let Some(end) = self.handle_command(command, now) {
                        return end;
                    }
                }
                Wake::Resubscribe(why) => {
                    let renewed = self.exchange.renew_streams();
                    info!(client_id = self.client_id().get(), renewed, why, "subscriptions made again");
                }
                Wake::Command(None) => return End::Asked { id: None, by: None },
                Wake::Deadline => {
                    // What has arrived meanwhile counts before any deadline does.
                    self.read(stream, Ok(()), now);
                    if let Err(end) = self.drain_events(now) {
                        return end;
                    }
                    self.session.handle_timeout(now);
                    self.exchange.handle_timeout(now);
                    if let Some(kept) = &mut self.kept {
                        kept.give_up_callers(now, &self.outlet);
                    }
                    if self.patience.is_some_and(|patience| patience <= now) {
                        self.flush_ticks(true);
                    }
                }
            }
        }
    }

    async fn wait(&mut self, stream: &TcpStream) -> Wake {
        let deadline = self.deadline();
        let held = self.patience.is_some();
        tokio::select! {
            biased;
            ready = stream.readable(), if !held => Wake::Readable(ready),
            command = self.commands.recv() => Wake::Command(command),
            _ = stream.writable(), if !self.unsent.is_empty() => Wake::Writable,
            () = self.paced.arrived() => Wake::Paced,
            why = keeping::resubscribe(self.kept.as_ref()) => Wake::Resubscribe(why),
            () = self.outlet.room(), if held => Wake::Room,
            () = tokio::time::sleep_until(deadline.into()) => Wake::Deadline,
        }
    }

    /// The earliest deadline of all parts.
    fn deadline(&self) -> Instant {
        let parts = [self.session.poll_timeout(), self.exchange.poll_timeout()];
        let callers = self.kept.as_ref().and_then(Kept::deadline);
        let own = parts.into_iter().flatten().map(|(deadline, _)| deadline).chain(self.patience).chain(callers).min();
        own.unwrap_or_else(|| clock::now() + Deadlines::default().heartbeat_idle)
    }

    fn read(&mut self, stream: &TcpStream, ready: io::Result<()>, now: Instant) {
        let buffer = self.session.receive_buffer();
        buffer.reserve(READ_CHUNK);
        match ready.and_then(|()| stream.try_read_buf(buffer)) {
            Ok(0) => self.closed = Some(ClosedHow::Eof),
            Ok(_) => {
                self.exchange.board.handle_heard(now);
                self.session.handle_received(now);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => self.closed = Some(closed_how(&error)),
        }
    }

    fn handle_command(&mut self, command: Command, now: Instant) -> Option<End> {
        match command {
            Command::Call { id, call, deadline } if self.session.is_ready() => {
                self.exchange.call(now, id, call, deadline);
                None
            }
            Command::Call { id, .. } => {
                self.outlet.answer(id, Err(self.kept.as_ref().map_or_else(not_ready, Kept::refusal)));
                None
            }
            Command::Connect { id, by } => {
                match &mut self.kept {
                    Some(kept) => kept.connect(id, by, &self.outlet),
                    None => self.outlet.answer(id, Err(not_ready())),
                }
                None
            }
            Command::Health(reply) => {
                // Whoever asked may have gone; then nobody misses the answer.
                let _ = reply.send(self.health(now));
                None
            }
            Command::Disconnect { id, by } => Some(End::Asked { id, by }),
        }
    }

    /// Drains every pure part until nothing follows any more.
    fn drain(&mut self, stream: &TcpStream) -> Result<(), End> {
        let now = clock::now();
        self.drain_events(now)?;
        self.pace_own(now);
        while let Some(message) = self.exchange.poll_message() {
            match self.session.send(now, &message) {
                Ok(()) => {
                    if let Some(bytes) = self.session.poll_transmit() {
                        self.pace(now, Traffic::of(&message), bytes);
                    }
                }
                Err(SendError::NotReady) => debug!(id = message.id(), "not sent: the session is not ready"),
                Err(SendError::Encode(error)) => warn!(id = message.id(), %error, "a message could not be written"),
            }
        }
        self.flush_outputs();
        self.flush_ticks(false);
        self.take_paced(now);
        self.write(stream);
        // What arrived before the end was drained above, so that it counts; only now does the end.
        if let Some(how) = self.closed.take() {
            self.session.handle_closed(now, how);
        }
        self.drain_events(now)
    }

    fn drain_events(&mut self, now: Instant) -> Result<(), End> {
        while let Some(event) = self.session.poll_event(now) {
            self.handle_event(now, event)?;
        }
        Ok(())
    }

    fn handle_event(&mut self, now: Instant, event: SessionEvent) -> Result<(), End> {
        match event {
            SessionEvent::Message(message) => {
                self.hear(now, &message);
                self.exchange.handle_message(now, message);
            }
            SessionEvent::StagePassed(passed) => {
                debug!(client_id = self.client_id().get(), stage = %passed.stage, took = ?passed.took, "stage passed");
                self.exchange.board.handle_stage_passed(now, passed.stage);
                if self.settings.announce {
                    let event =
                        StageEvent { client_id: self.client_id(), stage: passed.stage, ms: millis_of(passed.took) };
                    self.outlet.event(&Event::Stage(event));
                }
            }
            SessionEvent::Ready(report) => self.handle_ready(now, &report),
            SessionEvent::Undecodable(error) => {
                self.undecodable += 1;
                self.exchange.handle_undecodable(error.message());
                warn!(client_id = self.client_id().get(), %error, "message passed over");
            }
            SessionEvent::Failed(failure) => return Err(End::Failed(failure)),
        }
        Ok(())
    }

    fn handle_ready(&mut self, now: Instant, report: &ReadyReport) {
        info!(
            client_id = self.client_id().get(),
            gateway = self.gateway(),
            server_version = report.server_version.get(),
            accounts = report.accounts.len(),
            took = ?now.saturating_duration_since(self.began),
            "session ready"
        );
        self.exchange.handle_ready(now, report);
        if report.read_only {
            self.warnings
                .push("the Gateway is read-only: it refuses orders until its API settings say otherwise".into());
        }
        self.exchange.board.handle_stage_passed(now, Stage::Ready);
        self.answered = true;
        let result = ConnectedResult {
            connected: true,
            client_id: self.client_id(),
            gateway: self.gateway(),
            server_version: report.server_version.get(),
            connection_time: report.connection_time.clone(),
            accounts: report.accounts.clone(),
            next_valid_id: report.next_valid_id,
            read_only: report.read_only || self.settings.params.readonly,
            stages: report.stages.iter().map(|time| StageMs { stage: time.stage, ms: millis_of(time.took) }).collect(),
            total_ms: millis_of(now.saturating_duration_since(self.began)),
            warnings: std::mem::take(&mut self.warnings),
        };
        if self.kept.is_some() {
            self.handle_kept_ready(now, &result);
        } else {
            self.outlet.answer(self.settings.connect, Ok(CallResult::Connected(Box::new(result))));
        }
    }

    pub(super) fn flush_outputs(&mut self) {
        while let Some(output) = self.exchange.poll_output() {
            match output {
                Output::Answer(call, result) => self.outlet.answer(call, result),
                Output::Event(event) => {
                    if !self.outlet.event(&event) {
                        self.exchange.drop_event(&event);
                    }
                }
            }
        }
    }

    /// Writes the gathered ticks where there is room. Without room they are held, and the Gateway with them, until
    /// patience ends; then they are dropped and counted.
    pub(super) fn flush_ticks(&mut self, out_of_patience: bool) {
        if !self.exchange.has_batches() {
            self.patience = None;
            return;
        }
        if out_of_patience || self.outlet.has_room() || !self.outlet.is_read() {
            let outlet = &self.outlet;
            self.exchange.take_batches(|ticks| outlet.ticks(ticks));
            self.patience = None;
        } else if self.patience.is_none() {
            self.patience = Some(clock::now() + PATIENCE);
        }
    }

    pub(super) fn health(&mut self, now: Instant) -> SessionHealth {
        let mut health = self.exchange.health(now, self.gateway());
        health.connected = self.session.is_ready();
        health.undecodable = self.undecodable;
        health
    }
}

/// `HOST:PORT`, as it was given.
pub(super) fn gateway_text(host: &str, port: u16) -> String {
    let bare = host.contains(':') && !host.starts_with('[');
    if bare { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

pub(super) fn closed_how(error: &io::Error) -> ClosedHow {
    if error.kind() == io::ErrorKind::TimedOut { ClosedHow::TimedOut } else { ClosedHow::Reset }
}

pub(super) fn not_ready() -> CallError {
    CallError::new(ErrorCode::NotConnected, "the session is not ready")
}

/// Milliseconds, to the microsecond.
pub(super) fn millis_of(span: Duration) -> f64 {
    (span.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
