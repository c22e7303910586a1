//! Frames both ways between a Gateway and a client of the worker, until one side ends.

use std::io;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use gatewright_proto::session::{Cause, CloseMode, ClosedHow, Deadlines, Failure, Stage};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::opening::Opened;
use super::paces::Paces;
use crate::clock;
use crate::health::HealthReport;
use crate::protocol::record::{self, BadRecord, Kind, Note};
use crate::protocol::{CallError, ErrorCode, ErrorData, RawSessionParams, SessionHealth};
use crate::session::driver::{Command, closed_how, gateway_text};
use crate::session::{closing, opening};

/// Bytes read at a time.
const READ_CHUNK: usize = 64 * 1024;

/// Bytes for a client that does not read; beyond it the Gateway is not read either. Nothing is dropped: it is the client
/// that knows which frames matter, and a Gateway cuts off who does not read it for long.
const MAX_DOWN: usize = 4 * 1024 * 1024;

/// Bytes for a Gateway that does not read; beyond it the client is not read either.
const MAX_UP: usize = 1024 * 1024;

/// How long a client may take to read the last records.
const LAST_RECORDS: Duration = Duration::from_millis(500);

/// What a raw session is between.
pub(crate) struct Ends<'a> {
    pub(crate) params: &'a RawSessionParams,
    pub(crate) client: UnixStream,
    /// What the client has sent behind its request.
    pub(crate) early: Vec<u8>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) paces: Paces<'a>,
}

/// A raw session at work.
pub(crate) struct Pump<'a> {
    ends: Ends<'a>,
    gateway: TcpStream,
    /// Received from the Gateway: so many whole frames, and then perhaps a part of one.
    from_gateway: BytesMut,
    /// For the client, as records.
    to_client: BytesMut,
    /// Received from the client.
    from_client: BytesMut,
    /// For the Gateway, whole frames whose turn has come.
    to_gateway: BytesMut,
    began: Instant,
    last_heard: Instant,
}

/// Why a raw session ended.
enum End {
    Gateway(ClosedHow),
    Malformed,
    ClientGone,
    ClientBroken,
    Asked { by: Option<Instant> },
}

enum Wake {
    Gateway(io::Result<()>),
    Client(io::Result<()>),
    Writable,
    Paced,
    Frozen { since: Instant },
    Command(Option<Command>),
}

impl<'a> Pump<'a> {
    pub(crate) fn new(mut ends: Ends<'a>, opened: Opened) -> Self {
        let from_client = BytesMut::from(&std::mem::take(&mut ends.early)[..]);
        let now = clock::now();
        Self {
            ends,
            gateway: opened.stream,
            from_gateway: opened.received,
            to_client: BytesMut::new(),
            from_client,
            to_gateway: BytesMut::new(),
            began: now,
            last_heard: now,
        }
    }

    /// Forwards until one side ends; then the other is told and closed in order. Returns how the Gateway's side failed, if
    /// it did.
    pub(crate) async fn run(mut self) -> Option<Box<Failure>> {
        let end = loop {
            if let Err(end) = self.forward() {
                break end;
            }
            // A Gateway that never stops talking must not keep everybody else waiting.
            tokio::task::yield_now().await;
            if let Err(end) = self.step().await {
                break end;
            }
        };
        self.finish(end).await
    }

    /// Moves what has arrived, and writes what can be written.
    fn forward(&mut self) -> Result<(), End> {
        let whole = record::whole_frames(&self.from_gateway, 0).map_err(|BadRecord| End::Malformed)?;
        if whole > 0 {
            let frames = &self.from_gateway[..whole];
            let client = &self.ends.client;
            record::send(&mut self.to_client, Kind::Frames, frames, |slices| client.try_write_vectored(slices))
                .map_err(|_| End::ClientGone)?;
            self.ends.paces.hear(frames);
            self.from_gateway.advance(whole);
        }
        let mut reply = BytesMut::new();
        while self.waiting_up() < MAX_UP {
            let taken = record::take(&mut self.from_client).map_err(|BadRecord| End::ClientBroken)?;
            let Some((kind, frames)) = taken else { break };
            let aligned = kind == Kind::Frames && record::whole_frames(&frames, 0) == Ok(frames.len());
            if !aligned {
                return Err(End::ClientBroken);
            }
            self.ends.paces.handle_frames(clock::now(), frames, &mut reply);
        }
        self.ends.paces.poll_transmit(&mut self.to_gateway, &mut reply);
        if !reply.is_empty() {
            record::put(&mut self.to_client, Kind::Frames, &reply);
        }
        self.write()
    }

    /// Bytes that the client has sent and the Gateway has not taken, but for those that the pace itself holds.
    fn waiting_up(&self) -> usize {
        self.to_gateway.len() + self.ends.paces.held_bytes()
    }

    fn write(&mut self) -> Result<(), End> {
        if !self.to_gateway.is_empty() {
            match self.gateway.try_write(&self.to_gateway) {
                Ok(written) => self.to_gateway.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(End::Gateway(closed_how(&error))),
            }
        }
        if !self.to_client.is_empty() {
            match self.ends.client.try_write(&self.to_client) {
                Ok(written) => self.to_client.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(End::ClientGone),
            }
        }
        Ok(())
    }

    /// Waits for one thing to happen, and takes it.
    async fn step(&mut self) -> Result<(), End> {
        let client = &self.ends.client;
        let wake = tokio::select! {
            biased;
            ready = self.gateway.readable(), if self.to_client.len() < MAX_DOWN => Wake::Gateway(ready),
            ready = client.readable(), if self.waiting_up() < MAX_UP => Wake::Client(ready),
            _ = self.gateway.writable(), if !self.to_gateway.is_empty() => Wake::Writable,
            _ = client.writable(), if !self.to_client.is_empty() => Wake::Writable,
            () = self.ends.paces.arrived() => Wake::Paced,
            since = self.ends.paces.frozen_since() => Wake::Frozen { since },
            command = self.ends.commands.recv() => Wake::Command(command),
        };
        match wake {
            Wake::Gateway(ready) => {
                self.from_gateway.reserve(READ_CHUNK);
                let gateway = &self.gateway;
                match ready.and_then(|()| gateway.try_read_buf(&mut self.from_gateway)) {
                    Ok(0) => return Err(End::Gateway(ClosedHow::Eof)),
                    Ok(_) => self.last_heard = clock::now(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(End::Gateway(closed_how(&error))),
                }
            }
            Wake::Client(ready) => {
                self.from_client.reserve(READ_CHUNK);
                let client = &self.ends.client;
                match ready.and_then(|()| client.try_read_buf(&mut self.from_client)) {
                    Ok(0) => return Err(End::ClientGone),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(_) => return Err(End::ClientGone),
                }
            }
            Wake::Writable | Wake::Paced => {}
            Wake::Frozen { since } if self.last_heard < since => return Err(End::Gateway(ClosedHow::Frozen)),
            Wake::Frozen { .. } => {}
            Wake::Command(Some(Command::Disconnect { by, .. })) => return Err(End::Asked { by }),
            Wake::Command(Some(Command::Health(reply))) => {
                // Whoever asked may have gone; then nobody misses the answer.
                let _ = reply.send(self.health());
            }
            // Only the session's own client could call it, and that one speaks records.
            Wake::Command(Some(Command::Call { .. } | Command::Connect { .. })) => {}
            Wake::Command(None) => return Err(End::Asked { by: None }),
        }
        Ok(())
    }

    async fn finish(mut self, end: End) -> Option<Box<Failure>> {
        let client_id = self.ends.params.client_id.get();
        let mut by = clock::now() + Deadlines::default().close;
        let failure = match &end {
            End::Gateway(how) => Some(self.failure(Cause::Lost { how: *how })),
            End::Malformed => Some(self.failure(Cause::Malformed { what: "a frame is too long".into() })),
            End::ClientGone | End::ClientBroken | End::Asked { .. } => None,
        };
        let lost = match end {
            End::Gateway(_) | End::Malformed => failure.as_deref().map(ErrorData::from),
            End::ClientGone => None,
            End::ClientBroken => {
                let text = "what was sent is not a record of whole frames";
                Some(*CallError::new(ErrorCode::InvalidRequest, text).data)
            }
            End::Asked { by: asked } => {
                by = asked.map_or(by, |asked| asked.min(by));
                Some(*CallError::new(ErrorCode::ShuttingDown, "the worker closes the session").data)
            }
        };
        match &lost {
            Some(lost) => info!(client_id, cause = lost.cause, "raw session over"),
            None => info!(client_id, "raw session over: its client has gone"),
        }
        if let Some(lost) = lost {
            self.tell(lost).await;
        }
        if failure.is_none() && !matches!(tokio::time::timeout_at(by.into(), self.send_rest()).await, Ok(Ok(()))) {
            warn!(client_id, "the Gateway did not take what was left to send");
        }
        if closing::close(self.gateway, CloseMode::Orderly, by).await.is_some_and(|left| left > 0) {
            warn!(client_id, "the Gateway kept our closed connection in CLOSE_WAIT");
        }
        failure
    }

    /// Sends what the client had sent before it went, in its turn. Half a frame would spoil the ones before it, so what was
    /// begun is finished.
    async fn send_rest(&mut self) -> io::Result<()> {
        // Nobody reads what would be told to the client.
        let mut reply = BytesMut::new();
        loop {
            self.ends.paces.poll_transmit(&mut self.to_gateway, &mut reply);
            self.gateway.write_all_buf(&mut self.to_gateway).await?;
            if self.ends.paces.is_empty() {
                return Ok(());
            }
            self.ends.paces.arrived().await;
        }
    }

    /// Sends the last records; a client that does not read them misses them.
    async fn tell(&mut self, lost: ErrorData) {
        let note = serde_json::to_vec(&Note { lost }).expect("texts and numbers are JSON");
        record::put(&mut self.to_client, Kind::Note, &note);
        let told = tokio::time::timeout(LAST_RECORDS, async {
            self.ends.client.write_all(&self.to_client).await?;
            self.ends.client.shutdown().await
        });
        // Whether it was still there makes no difference any more.
        let _ = told.await;
    }

    fn failure(&self, cause: Cause) -> Box<Failure> {
        let after = clock::now().saturating_duration_since(self.began);
        let local = opening::is_local(&self.ends.params.host);
        Box::new(Failure { stage: Stage::Ready, cause, after, local, cut_short: false })
    }

    fn health(&self) -> SessionHealth {
        let HealthReport { layers, diagnosis } = self.ends.paces.health();
        SessionHealth {
            client_id: self.ends.params.client_id,
            gateway: gateway_text(&self.ends.params.host, self.ends.params.port),
            connected: true,
            layers,
            diagnosis,
            late_answers: 0,
            undecodable: 0,
            dropped: 0,
            subscriptions: Vec::new(),
        }
    }
}
