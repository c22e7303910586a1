//! The session state machine: bytes and a `now` in; bytes, events and the next deadline out.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use crate::error::ProtoError;
use crate::frame::{FrameDecoder, MAX_FRAME};
use crate::handshake::{ClientGreeting, MAX_SERVER_REPLY, ServerGreeting};
use crate::ids::{OrderId, ServerVersion};
use crate::message::start::StartApi;
use crate::message::{ClientMessage, ServerMessage};
use crate::session::evidence::{SYNC_ANSWERS, plausible};
use crate::session::failure::{Cause, ClosedHow, DialFailure, Failure, IdInUseEvidence};
use crate::session::heartbeat::{Beat, Heartbeat};
use crate::session::settings::SessionSettings;
use crate::session::stage::{Stage, StageTime};
use crate::session::sync::{Outstanding, SyncRequest};

/// IBKR's code for a client id that is taken.
const CODE_CLIENT_ID_IN_USE: i32 = 326;

/// Waking up this much too late for a deadline means that we were stalled, not the Gateway. Timers and a loaded
/// machine are off by some milliseconds; the seed's blocked loop was off by seconds.
const SELF_STALL: Duration = Duration::from_millis(500);

/// What a session tells its owner.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionEvent {
    /// A stage has passed.
    StagePassed(StageTime),
    /// The session is usable.
    Ready(Box<ReadyReport>),
    /// A message arrived, at any stage from identify on. The session has already drawn its own conclusions.
    Message(ServerMessage),
    /// A message arrived that does not follow its layout. It is passed over; the stream itself is sound.
    Undecodable(ProtoError),
    /// The session is over, once and for all.
    Failed(Box<Failure>),
}

/// What is known when a session becomes ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyReport {
    /// The negotiated version.
    pub server_version: ServerVersion,
    /// The Gateway's clock and zone, as it wrote them.
    pub connection_time: String,
    /// The accounts, never empty.
    pub accounts: Vec<String>,
    /// The lowest order id that the Gateway will accept.
    pub next_valid_id: OrderId,
    /// Whether the Gateway showed itself to be read-only while syncing.
    pub read_only: bool,
    /// Each stage's time, in order.
    pub stages: Vec<StageTime>,
}

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// The session is not ready. Nothing is queued for later.
    #[error("the session is not ready")]
    NotReady,
    /// The message cannot be written.
    #[error(transparent)]
    Encode(#[from] ProtoError),
}

/// How a connection should be closed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseMode {
    /// By a reset: an unfinished handshake that is closed in order leaves CLOSE_WAIT at the Gateway.
    Reset,
    /// In order: stop sending, read to the end, close.
    Orderly,
}

/// One session with a Gateway. See the module's documentation for its life.
#[derive(Debug)]
pub struct Session {
    settings: SessionSettings,
    state: State,
    entered: Instant,
    stages: Vec<StageTime>,
    decoder: FrameDecoder,
    out: BytesMut,
    version: ServerVersion,
    connection_time: String,
    /// How many of `stages` were told.
    told: usize,
    clock_asked: Option<Instant>,
}

#[derive(Debug)]
enum State {
    Inspecting,
    Dialing,
    Negotiating,
    Identifying { accounts: Option<Vec<String>>, order_id: Option<OrderId>, heard: bool },
    Syncing { accounts: Vec<String>, order_id: OrderId, outstanding: Outstanding, read_only: bool },
    BecomingReady(Box<ReadyReport>),
    Ready(Heartbeat),
    Failing(Box<Failure>),
    Over,
}

impl Session {
    /// Begins at the inspect stage.
    pub fn new(settings: SessionSettings, now: Instant) -> Self {
        Self {
            settings,
            state: State::Inspecting,
            entered: now,
            stages: Vec::with_capacity(5),
            decoder: FrameDecoder::new(MAX_SERVER_REPLY),
            out: BytesMut::new(),
            version: ServerVersion::default(),
            connection_time: String::new(),
            told: 0,
            clock_asked: None,
        }
    }

    /// The stage that the session is in, or was in when it ended.
    pub fn stage(&self) -> Stage {
        match &self.state {
            State::Inspecting => Stage::Inspect,
            State::Dialing => Stage::Dial,
            State::Negotiating => Stage::Negotiate,
            State::Identifying { .. } => Stage::Identify,
            State::Syncing { .. } | State::BecomingReady(_) => Stage::Sync,
            State::Ready(_) => Stage::Ready,
            State::Failing(failure) => failure.stage,
            State::Over => self.stages.last().map_or(Stage::Inspect, |last| last.stage),
        }
    }

    /// Whether messages can be sent.
    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    /// Whether the session has failed and will say no more once its events are drained.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Failing(_) | State::Over)
    }

    /// The negotiated version; 0 before it is known.
    pub fn server_version(&self) -> ServerVersion {
        self.version
    }

    /// The Gateway's clock and zone as it wrote them; empty before they are known and once the session is ready, whose
    /// report has them.
    pub fn connection_time(&self) -> &str {
        &self.connection_time
    }

    /// How the connection should be closed if it were closed now.
    pub fn close_mode(&self) -> CloseMode {
        if self.is_ready() { CloseMode::Orderly } else { CloseMode::Reset }
    }

    /// The socket table was looked at, and nothing there forbids to connect.
    pub fn handle_inspected(&mut self, now: Instant) {
        assert!(matches!(self.state, State::Inspecting), "inspection ends once");
        self.pass(now, State::Dialing);
    }

    /// The socket table forbids to connect, for this cause. Allowed while inspecting and, where a refused connection
    /// confirms what the table showed, while dialling.
    pub fn handle_inspection_failed(&mut self, now: Instant, cause: Cause) {
        self.fail_at(now, Stage::Inspect, cause);
    }

    /// The TCP connection is open: the greeting is ready to be sent.
    pub fn handle_connected(&mut self, now: Instant) {
        assert!(matches!(self.state, State::Dialing), "a connection opens once, after inspection");
        self.pass(now, State::Negotiating);
        let greeting =
            ClientGreeting { versions: self.settings.versions, options: self.settings.connect_options.clone() };
        greeting.encode(&mut self.out);
    }

    /// The TCP connection could not be opened.
    pub fn handle_dial_failed(&mut self, now: Instant, failure: DialFailure) {
        let cause = match failure {
            DialFailure::Refused => Cause::Refused,
            DialFailure::Reset => {
                self.handle_connected(now);
                return self.handle_closed(now, ClosedHow::Reset);
            }
            DialFailure::Unreachable(why) => Cause::Unreachable { why },
        };
        self.fail(now, cause);
    }

    /// The buffer that received bytes belong into; tell [`Session::handle_received`] afterwards.
    pub fn receive_buffer(&mut self) -> &mut BytesMut {
        self.decoder.buffer_mut()
    }

    /// Bytes were put into [`Session::receive_buffer`].
    pub fn handle_received(&mut self, now: Instant) {
        if let State::Ready(heartbeat) = &mut self.state {
            heartbeat.heard(now);
        }
    }

    /// Bytes were received elsewhere.
    pub fn handle_bytes(&mut self, now: Instant, bytes: &[u8]) {
        self.decoder.extend(bytes);
        self.handle_received(now);
    }

    /// The connection ended. Drain [`Session::poll_event`] first: what arrived before the end still counts.
    pub fn handle_closed(&mut self, now: Instant, how: ClosedHow) {
        let cause = match &self.state {
            State::Inspecting | State::Dialing => Cause::Lost { how },
            State::Negotiating => Cause::ClosedBeforeVersion { how },
            // Without a word, that is: half a message is one, too.
            State::Identifying { heard: false, .. } if how == ClosedHow::Eof && self.decoder.pending() == 0 => {
                Cause::ClientIdInUse {
                    client_id: self.settings.client_id,
                    evidence: IdInUseEvidence::ClosedAfterStartApi,
                }
            }
            State::Identifying { .. } | State::Syncing { .. } | State::BecomingReady(_) | State::Ready(_) => {
                Cause::Lost { how }
            }
            State::Failing(_) | State::Over => return,
        };
        self.fail(now, cause);
    }

    /// The time that [`Session::poll_timeout`] named has come. Read the connection first: what has arrived counts.
    pub fn handle_timeout(&mut self, now: Instant) {
        let Some((deadline, _)) = self.poll_timeout() else { return };
        if now < deadline {
            return;
        }
        let late = now - deadline;
        let stalled = match &mut self.state {
            State::Inspecting => Cause::InspectionUnavailable { why: "out of time".into() },
            State::Dialing => Cause::DialTimeout,
            State::Negotiating => Cause::VersionStalled,
            State::Identifying { accounts: None, order_id: None, .. } => {
                Cause::IdentifyStalled { missing: "managedAccounts and nextValidId" }
            }
            State::Identifying { accounts: None, .. } => Cause::IdentifyStalled { missing: "managedAccounts" },
            State::Identifying { .. } => Cause::IdentifyStalled { missing: "nextValidId" },
            State::Syncing { outstanding, .. } => {
                Cause::SyncStalled { request: outstanding.first().unwrap_or(SyncRequest::CurrentTime) }
            }
            State::Ready(heartbeat) => match heartbeat.tick(now, &self.settings.deadlines) {
                Beat::Ask => {
                    self.queue(&ClientMessage::ReqCurrentTime);
                    return;
                }
                Beat::Lost => Cause::Lost { how: ClosedHow::Frozen },
                Beat::Nothing => return,
            },
            State::BecomingReady(_) | State::Failing(_) | State::Over => return,
        };
        let cause = if late >= SELF_STALL { Cause::SelfStalled { late } } else { stalled };
        self.fail(now, cause);
    }

    /// The next deadline and what it is for.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let what = match &self.state {
            State::Inspecting => "inspect",
            State::Dialing => "dial",
            State::Negotiating => "negotiate",
            State::Identifying { .. } => "identify",
            State::Syncing { .. } => "sync",
            State::Ready(heartbeat) => return Some(heartbeat.deadline(&self.settings.deadlines)),
            State::BecomingReady(_) | State::Failing(_) | State::Over => return None,
        };
        let own = self.entered + self.settings.deadlines.of(self.stage())?;
        Some((self.settings.overall.map_or(own, |overall| own.min(overall)), what))
    }

    /// Bytes to be sent, all that are queued.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        if self.out.is_empty() { None } else { Some(self.out.split().freeze()) }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`SendError::NotReady`] in any other stage, or a message that cannot be written; nothing is queued then.
    pub fn send(&mut self, now: Instant, message: &ClientMessage) -> Result<(), SendError> {
        let State::Ready(heartbeat) = &mut self.state else { return Err(SendError::NotReady) };
        if *message == ClientMessage::ReqCurrentTime {
            heartbeat.asked(now);
        }
        message.encode(&mut self.out, self.version)?;
        Ok(())
    }

    /// The next event. Call until `None` after every input.
    pub fn poll_event(&mut self, now: Instant) -> Option<SessionEvent> {
        loop {
            if let Some(passed) = self.stages.get(self.told).copied() {
                self.told += 1;
                return Some(SessionEvent::StagePassed(passed));
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Failing(failure) => return Some(SessionEvent::Failed(failure)),
                State::BecomingReady(report) => {
                    self.entered = now;
                    self.state = State::Ready(Heartbeat::new(now, self.clock_asked));
                    return Some(SessionEvent::Ready(report));
                }
                State::Over => return None,
                State::Inspecting => {
                    self.state = State::Inspecting;
                    return None;
                }
                State::Dialing => {
                    self.state = State::Dialing;
                    return None;
                }
                state @ (State::Negotiating | State::Identifying { .. } | State::Syncing { .. } | State::Ready(_)) => {
                    self.state = state
                }
            }
            let frame = match self.decoder.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return None,
                Err(error) => {
                    self.fail(now, Cause::Malformed { what: error.to_string() });
                    continue;
                }
            };
            if matches!(self.state, State::Negotiating) {
                self.handle_greeting(now, &frame);
            } else if let Some(event) = self.handle_frame(now, &frame) {
                return Some(event);
            }
        }
    }

    fn handle_greeting(&mut self, now: Instant, frame: &Bytes) {
        let greeting = match ServerGreeting::decode(frame) {
            Ok(greeting) => greeting,
            Err(error) => return self.fail(now, Cause::Malformed { what: error.to_string() }),
        };
        if !self.settings.versions.contains(greeting.version) {
            let cause = Cause::VersionUnsupported { got: greeting.version, offered: self.settings.versions };
            return self.fail(now, cause);
        }
        self.version = greeting.version;
        self.connection_time = greeting.connection_time;
        let rest = self.decoder.buffer_mut().split();
        self.decoder = FrameDecoder::new(MAX_FRAME);
        self.decoder.buffer_mut().unsplit(rest);
        self.pass(now, State::Identifying { accounts: None, order_id: None, heard: false });
        self.queue(&ClientMessage::StartApi(StartApi {
            client_id: self.settings.client_id,
            optional_capabilities: String::new(),
        }));
    }

    fn handle_frame(&mut self, now: Instant, frame: &Bytes) -> Option<SessionEvent> {
        let message = match ServerMessage::decode(frame, self.version) {
            Ok(message) => message,
            Err(error) => return self.handle_undecodable(now, error),
        };
        match &mut self.state {
            State::Identifying { .. } => self.identify(now, &message),
            State::Syncing { .. } => self.sync(now, &message),
            State::Ready(_) => {}
            State::Inspecting
            | State::Dialing
            | State::Negotiating
            | State::BecomingReady(_)
            | State::Failing(_)
            | State::Over => return None,
        }
        Some(SessionEvent::Message(message))
    }

    /// A message that breaks its layout costs a handshake, but not a session that has proved itself.
    fn handle_undecodable(&mut self, now: Instant, error: ProtoError) -> Option<SessionEvent> {
        // While syncing, what was asked for must be read whole: a list with a hole in it is no list.
        let needed = matches!(self.state, State::Identifying { .. })
            || matches!(self.state, State::Syncing { .. })
                && error.message().is_none_or(|message| SYNC_ANSWERS.contains(&message));
        if needed {
            self.fail(now, Cause::Malformed { what: error.to_string() });
            return None;
        }
        Some(SessionEvent::Undecodable(error))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "identification needs three messages; all others may pass by")]
    fn identify(&mut self, now: Instant, message: &ServerMessage) {
        let State::Identifying { accounts, order_id, heard } = &mut self.state else { return };
        *heard = true;
        match message {
            ServerMessage::ManagedAccounts(message) if message.accounts.is_empty() => {
                return self.fail(now, Cause::NoAccounts);
            }
            ServerMessage::ManagedAccounts(message) if !plausible(&message.accounts) => {
                return self.fail(now, Cause::Malformed { what: "the list of accounts is no list of accounts".into() });
            }
            ServerMessage::ManagedAccounts(message) => *accounts = Some(message.accounts.clone()),
            ServerMessage::NextValidId(message) => *order_id = Some(message.order_id),
            ServerMessage::Error(error) if error.code == CODE_CLIENT_ID_IN_USE => return self.fail_taken(now),
            _ => return,
        }
        let (Some(accounts), Some(order_id)) = (accounts.take_if(|_| order_id.is_some()), *order_id) else { return };
        let mut requests = self.settings.sync.clone();
        if requests.is_empty() {
            requests.push(SyncRequest::CurrentTime);
        }
        let outstanding = Outstanding::new(&requests);
        let account = accounts.first().cloned().unwrap_or_default();
        for request in requests {
            request.messages(&account).iter().for_each(|message| self.queue(message));
            if request == SyncRequest::CurrentTime {
                self.clock_asked = Some(now);
            }
        }
        self.pass(now, State::Syncing { accounts, order_id, outstanding, read_only: false });
    }

    fn fail_taken(&mut self, now: Instant) {
        let client_id = self.settings.client_id;
        self.fail(now, Cause::ClientIdInUse { client_id, evidence: IdInUseEvidence::Code326 });
    }

    fn sync(&mut self, now: Instant, message: &ServerMessage) {
        if matches!(message, ServerMessage::Error(error) if error.code == CODE_CLIENT_ID_IN_USE) {
            return self.fail_taken(now);
        }
        let State::Syncing { accounts, order_id, outstanding, read_only } = &mut self.state else { return };
        if let ServerMessage::NextValidId(message) = message {
            *order_id = message.order_id;
        }
        let Some(answered) = outstanding.strike(message) else { return };
        *read_only |= answered.read_only;
        let cancels = answered.request.cancels(accounts.first().map_or("", String::as_str));
        let done = outstanding.is_empty().then(|| (std::mem::take(accounts), *order_id, *read_only));
        cancels.iter().for_each(|cancel| self.queue(cancel));
        let Some((accounts, next_valid_id, read_only)) = done else { return };
        let report = ReadyReport {
            server_version: self.version,
            connection_time: std::mem::take(&mut self.connection_time),
            accounts,
            next_valid_id,
            read_only,
            stages: Vec::new(),
        };
        self.pass(now, State::BecomingReady(Box::new(report)));
        if let State::BecomingReady(report) = &mut self.state {
            report.stages.clone_from(&self.stages);
        }
    }

    /// Session messages hold no text of others but an account's plausible name, so they can always be written.
    fn queue(&mut self, message: &ClientMessage) {
        message.encode(&mut self.out, self.version).expect("a session's own messages fit a frame and hold no NUL");
    }

    fn pass(&mut self, now: Instant, next: State) {
        let passed = StageTime { stage: self.stage(), took: now.saturating_duration_since(self.entered) };
        self.stages.push(passed);
        self.entered = now;
        self.state = next;
    }

    fn fail(&mut self, now: Instant, cause: Cause) {
        self.fail_at(now, self.stage(), cause);
    }

    fn fail_at(&mut self, now: Instant, stage: Stage, cause: Cause) {
        if self.is_over() {
            return;
        }
        let after = now.saturating_duration_since(self.entered);
        let own = self.settings.deadlines.of(stage);
        let cut_short =
            self.settings.overall.is_some_and(|overall| now >= overall) && own.is_some_and(|own| after < own);
        self.out.clear();
        self.state = State::Failing(Box::new(Failure { stage, cause, after, local: self.settings.local, cut_short }));
    }
}
