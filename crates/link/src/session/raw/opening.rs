//! From a host's name to a session that is identified, with every byte behind the greeting kept as it came.

use std::io;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::session::{Cause, ClosedHow, Deadlines, Failure, Session, SessionEvent, SessionSettings, Stage};
use gatewright_proto::{ClientMessage, ServerVersion, VersionRange, is_paper_account};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::identify::Identify;
use crate::clock;
use crate::gateway::PacedSession;
use crate::pacing::Traffic;
use crate::protocol::record::frame_at;
use crate::protocol::{CallError, ConnectParams, ErrorCode, RawOpened, RawSessionParams};
use crate::session::driver::closed_how;
use crate::session::opening;

/// Bytes read from the socket at a time.
const READ_CHUNK: usize = 64 * 1024;

/// Waking up this much too late for a deadline means that we were stalled, not the Gateway.
const SELF_STALL: Duration = Duration::from_millis(500);

/// A session that is identified.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) stream: TcpStream,
    /// Everything that the Gateway has sent behind its greeting, the last frame perhaps not whole.
    pub(crate) received: BytesMut,
    pub(crate) report: RawOpened,
}

/// Why a raw session could not be opened.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// The connection failed.
    Failed(Box<Failure>),
    /// The login is not one that the caller may use.
    Guarded(String),
}

/// Inspects, dials, negotiates and identifies, as for any session.
pub(crate) async fn open(
    params: &RawSessionParams,
    overall: Option<Instant>,
    paced: &PacedSession,
) -> Result<Opened, (NotOpened, Vec<String>)> {
    let mut warnings = Vec::new();
    match try_open(params, overall, paced, &mut warnings).await {
        Ok(mut opened) => {
            opened.report.warnings = warnings;
            Ok(opened)
        }
        Err(why) => Err((why, warnings)),
    }
}

impl NotOpened {
    /// The error to answer with.
    pub(crate) fn error(&self, warnings: &[String]) -> CallError {
        match self {
            Self::Failed(failure) => {
                let mut error = CallError::session(ErrorCode::ConnectFailed, failure);
                for warning in warnings {
                    error.data.message.push_str("; ");
                    error.data.message.push_str(warning);
                }
                error
            }
            Self::Guarded(why) => CallError::new(ErrorCode::Guarded, why.clone()),
        }
    }
}

async fn try_open(
    params: &RawSessionParams,
    overall: Option<Instant>,
    paced: &PacedSession,
    warnings: &mut Vec<String>,
) -> Result<Opened, NotOpened> {
    let mut session = Session::new(session_settings(params, overall), clock::now());
    let target = opening::inspect(&mut session, warnings, &inspection(params), overall).await;
    drain(&mut session)?;
    let target = target.expect("a session without a target has failed, which ends the drain above");
    let by = session.poll_timeout().map_or_else(clock::now, |(deadline, _)| deadline);
    let stream = opening::dial(&mut session, target, by).await;
    drain(&mut session)?;
    let mut stream = stream.expect("a session without a stream has failed, which ends the drain above");
    negotiate(&mut session, &mut stream).await?;

    let version = session.server_version();
    let connection_time = session.connection_time().to_owned();
    let mut received = session.receive_buffer().split();
    let handshake = Handshake { params, version, overall, paced, began: clock::now() };
    let (accounts, next_valid_id) = handshake.identify(&mut stream, &mut received).await?;
    guard(params, &accounts)?;
    let report =
        RawOpened { server_version: version.get(), connection_time, accounts, next_valid_id, warnings: Vec::new() };
    Ok(Opened { stream, received, report })
}

/// Reads until the version is known. What follows stays in the session's buffer.
async fn negotiate(session: &mut Session, stream: &mut TcpStream) -> Result<(), NotOpened> {
    if let Some(greeting) = session.poll_transmit()
        && let Err(error) = stream.write_all(&greeting).await
    {
        session.handle_closed(clock::now(), closed_how(&error));
    }
    loop {
        let now = clock::now();
        while let Some(event) = session.poll_event(now) {
            match event {
                SessionEvent::StagePassed(passed) if passed.stage == Stage::Negotiate => return Ok(()),
                SessionEvent::Failed(failure) => return Err(NotOpened::Failed(failure)),
                SessionEvent::StagePassed(_)
                | SessionEvent::Ready(_)
                | SessionEvent::Message(_)
                | SessionEvent::Undecodable(_) => {}
            }
        }
        let deadline = session.poll_timeout().map_or(now, |(deadline, _)| deadline);
        let read = tokio::time::timeout_at(deadline.into(), read(stream, session.receive_buffer())).await;
        let now = clock::now();
        match read {
            Ok(None) => session.handle_received(now),
            Ok(Some(how)) => session.handle_closed(now, how),
            Err(_) => session.handle_timeout(now),
        }
    }
}

/// The identify stage, with what its failures are told by.
struct Handshake<'a> {
    params: &'a RawSessionParams,
    version: ServerVersion,
    overall: Option<Instant>,
    paced: &'a PacedSession,
    began: Instant,
}

impl Handshake<'_> {
    async fn identify(
        &self,
        stream: &mut TcpStream,
        received: &mut BytesMut,
    ) -> Result<(Vec<String>, gatewright_proto::OrderId), NotOpened> {
        let deadline = opening::within(Deadlines::default().identify, self.overall);
        let mut identify = Identify::new(self.params.client_id, self.version);
        let start = ClientMessage::StartApi(StartApi {
            client_id: self.params.client_id,
            optional_capabilities: self.params.optional_capabilities.clone(),
        });
        let mut bytes = BytesMut::new();
        start.encode(&mut bytes, self.version).map_err(|error| self.malformed(error.to_string()))?;
        let Some(frame) = self.in_turn(bytes.freeze(), deadline).await else {
            // That we had to wait for our own turn says nothing about the Gateway.
            return Err(self.failed(Cause::SelfStalled { late: Deadlines::default().identify }));
        };
        if let Err(error) = stream.write_all(&frame).await {
            return Err(self.failed(identify.closed(closed_how(&error), 0)));
        }
        let mut seen = 0;
        loop {
            while let Some(length) =
                frame_at(received, seen).map_err(|_| self.malformed("a frame is too long".into()))?
            {
                let payload = Bytes::copy_from_slice(&received[seen + 4..seen + length]);
                seen += length;
                if let Some(done) = identify.handle_frame(&payload).map_err(|cause| self.failed(cause))? {
                    return Ok(done);
                }
            }
            match tokio::time::timeout_at(deadline.into(), read(stream, received)).await {
                Ok(None) => {}
                Ok(Some(how)) => return Err(self.failed(identify.closed(how, received.len() - seen))),
                Err(_) => {
                    let late = clock::now().saturating_duration_since(deadline);
                    let stalled = if late >= SELF_STALL { Cause::SelfStalled { late } } else { identify.stalled() };
                    return Err(self.failed(stalled));
                }
            }
        }
    }

    /// Waits for the turn of a message within the Gateway's pace.
    async fn in_turn(&self, bytes: Bytes, deadline: Instant) -> Option<Bytes> {
        self.paced.send(clock::now(), Traffic::Session, bytes);
        let turn = async {
            loop {
                if let Some(bytes) = self.paced.next() {
                    return bytes;
                }
                self.paced.arrived().await;
            }
        };
        tokio::time::timeout_at(deadline.into(), turn).await.ok()
    }

    fn malformed(&self, what: String) -> NotOpened {
        self.failed(Cause::Malformed { what })
    }

    fn failed(&self, cause: Cause) -> NotOpened {
        let now = clock::now();
        let after = now.saturating_duration_since(self.began);
        let own = Deadlines::default().identify;
        let cut_short = self.overall.is_some_and(|overall| now >= overall) && after < own;
        let local = opening::is_local(&self.params.host);
        NotOpened::Failed(Box::new(Failure { stage: Stage::Identify, cause, after, local, cut_short }))
    }
}

/// Reads what there is; returns how the connection ended, if it did.
///
/// # Cancel safety
///
/// Nothing is lost when the future is dropped.
async fn read(stream: &TcpStream, buffer: &mut BytesMut) -> Option<ClosedHow> {
    loop {
        if let Err(error) = stream.readable().await {
            return Some(closed_how(&error));
        }
        buffer.reserve(READ_CHUNK);
        match stream.try_read_buf(buffer) {
            Ok(0) => return Some(ClosedHow::Eof),
            Ok(_) => return None,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Some(closed_how(&error)),
        }
    }
}

fn drain(session: &mut Session) -> Result<(), NotOpened> {
    let now = clock::now();
    while let Some(event) = session.poll_event(now) {
        if let SessionEvent::Failed(failure) = event {
            return Err(NotOpened::Failed(failure));
        }
    }
    Ok(())
}

fn session_settings(params: &RawSessionParams, overall: Option<Instant>) -> SessionSettings {
    let mut settings = SessionSettings::new(params.client_id);
    settings.versions = VersionRange::new(params.min_version, params.max_version);
    settings.connect_options.clone_from(&params.connect_options);
    settings.overall = overall;
    settings.local = opening::is_local(&params.host);
    settings
}

/// What the look at the port needs to know.
fn inspection(params: &RawSessionParams) -> ConnectParams {
    ConnectParams {
        host: params.host.clone(),
        port: params.port,
        client_id: params.client_id,
        zombies: params.zombies,
        zombie_threshold: params.zombie_threshold,
        foreign: params.foreign,
        ..ConnectParams::default()
    }
}

/// Paper by default: orders go through unseen here, so the whole login must be one that may trade.
fn guard(params: &RawSessionParams, accounts: &[String]) -> Result<(), NotOpened> {
    if let Some(account) = &params.account
        && !accounts.contains(account)
    {
        return Err(NotOpened::Guarded("the account that was named is not one of this login".into()));
    }
    let allowed = params.live && params.account.is_some();
    if !allowed && !accounts.iter().all(|account| is_paper_account(account)) {
        let text = "the login trades real money, and live trading was not asked for with an account's name";
        return Err(NotOpened::Guarded(text.into()));
    }
    Ok(())
}
