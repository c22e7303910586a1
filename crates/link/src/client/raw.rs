//! A session's frames as they are, through a worker's socket.
//!
//! The worker makes the connection: it looks at the port, dials, negotiates and identifies, paces, and closes. Frames go
//! through byte for byte, whole, both ways. Each session has a connection to the socket of its own.

use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use super::caller::{MARGIN, request};
use crate::error::{CallFate, LinkError, StartFailure};
use crate::protocol::record::{self, HEADER, Kind, Note};
use crate::protocol::{Answer, CallError, ErrorCode, ErrorData, Method, RawOpened, RawSessionParams};

/// The longest answer to the request; a login has tens of accounts.
pub(super) const MAX_ANSWER: usize = 256 * 1024;

/// Bytes that wait for a worker that does not read. It does not read while the Gateway does not.
const MAX_BACKLOG: usize = 4 * 1024 * 1024;

/// Bytes read at a time.
const READ_CHUNK: usize = 64 * 1024;

/// Opens sessions whose frames go through as they are.
#[derive(Debug, Clone, Copy)]
pub struct RawSession;

impl RawSession {
    /// Opens a session through the worker at this socket, within `deadline`, and returns what is known of it and its two
    /// ends. The frames that the Gateway sent while it was identified (managedAccounts, nextValidId, open orders,
    /// notices) are the first that [`RawReceiver::next`] returns.
    ///
    /// The worker connects only once its recovery allows it, and makes one attempt; call again after a failure.
    ///
    /// # Errors
    ///
    /// [`LinkError::WorkerStart`] when the socket cannot be reached, [`LinkError::Call`] with the cause when the session
    /// could not be opened, [`LinkError::Silent`] when the worker did not answer in time, [`LinkError::WorkerDied`] when
    /// it went away.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up: the worker resets what it had opened.
    pub async fn open(
        path: &Path,
        params: RawSessionParams,
        deadline: Duration,
    ) -> Result<(RawOpened, RawSender, RawReceiver), LinkError> {
        let method = Method::RawSession;
        let limit = deadline.saturating_add(MARGIN);
        let opening = async {
            let unreachable =
                |source| LinkError::WorkerStart { program: path.to_owned(), why: StartFailure::Unreachable(source) };
            let mut stream = UnixStream::connect(path).await.map_err(unreachable)?;
            let line = request(Some((1, deadline)), method, &params)?;
            stream.write_all(&line).await.map_err(|error| died(&error))?;
            let mut received = BytesMut::new();
            let answer = read_answer(&mut stream, &mut received).await?;
            let opened = opened(&answer)?;
            let (from, to) = stream.into_split();
            Ok((
                opened,
                RawSender { to, backlog: BytesMut::new() },
                RawReceiver { from, received, standing: Standing::Running },
            ))
        };
        timeout(limit, opening).await.unwrap_or(Err(LinkError::Silent { method, after: limit }))
    }
}

/// The way to the Gateway. Dropping it closes the session in order.
#[derive(Debug)]
pub struct RawSender {
    to: OwnedWriteHalf,
    backlog: BytesMut,
}

impl RawSender {
    /// Sends whole frames, as many as there are, with their own length prefixes. Never waits: what the socket does not
    /// take at once is kept, and goes with the next call or [`RawSender::flush`].
    ///
    /// # Errors
    ///
    /// [`LinkError::Overloaded`] when 4 MiB wait already; nothing of these frames is sent then. [`LinkError::WorkerDied`]
    /// when the worker is gone; they may or may not have reached it.
    pub fn send(&mut self, frames: &[u8]) -> Result<(), LinkError> {
        if !self.backlog.is_empty() {
            if self.backlog.len() + HEADER + frames.len() > MAX_BACKLOG {
                return Err(LinkError::Overloaded { what: "bytes of frames wait for the worker", limit: MAX_BACKLOG });
            }
            record::put(&mut self.backlog, Kind::Frames, frames);
            return self.try_flush().map(drop);
        }
        let to = &self.to;
        record::send(&mut self.backlog, Kind::Frames, frames, |slices| to.try_write_vectored(slices))
            .map_err(|error| died(&error))
    }

    /// Bytes that wait for the worker.
    pub fn waiting(&self) -> usize {
        self.backlog.len()
    }

    /// Waits until everything is with the worker.
    ///
    /// # Errors
    ///
    /// [`LinkError::WorkerDied`] when the worker is gone.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn flush(&mut self) -> Result<(), LinkError> {
        while !self.try_flush()? {
            self.to.writable().await.map_err(|error| died(&error))?;
        }
        Ok(())
    }

    /// Writes what the socket takes; whether that is all.
    fn try_flush(&mut self) -> Result<bool, LinkError> {
        while !self.backlog.is_empty() {
            match self.to.try_write(&self.backlog) {
                Ok(written) => self.backlog.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(died(&error)),
            }
        }
        Ok(true)
    }
}

/// What comes from a raw session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawItem {
    /// Whole frames with their own length prefixes, all that arrived together.
    Frames(Bytes),
    /// The session is over, and why. Nothing follows.
    Lost(ErrorData),
}

/// What comes from the Gateway.
#[derive(Debug)]
pub struct RawReceiver {
    from: OwnedReadHalf,
    received: BytesMut,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Running,
    Over,
}

impl RawReceiver {
    /// What came next; `None` after [`RawItem::Lost`].
    ///
    /// A receiver that is not read holds up the Gateway's stream once the sockets between and 4 MiB in the worker are
    /// full; nothing is dropped.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<RawItem> {
        if self.standing == Standing::Over {
            return None;
        }
        let item = self.take().await;
        if let RawItem::Lost(_) = item {
            self.standing = Standing::Over;
        }
        Some(item)
    }

    async fn take(&mut self) -> RawItem {
        loop {
            match record::take(&mut self.received) {
                Ok(Some((Kind::Frames, frames))) => return RawItem::Frames(frames),
                Ok(Some((Kind::Note, note))) => {
                    return RawItem::Lost(serde_json::from_slice::<Note>(&note).map_or_else(
                        |error| *CallError::new(ErrorCode::Internal, format!("a note does not fit: {error}")).data,
                        |note| note.lost,
                    ));
                }
                Ok(None) => {}
                Err(record::BadRecord) => {
                    let text = "what the worker sent is not a record";
                    return RawItem::Lost(*CallError::new(ErrorCode::Internal, text).data);
                }
            }
            self.received.reserve(READ_CHUNK);
            match self.from.read_buf(&mut self.received).await {
                Ok(0) => return RawItem::Lost(gone("it closed the connection").data()),
                Ok(_) => {}
                Err(error) => return RawItem::Lost(died(&error).data()),
            }
        }
    }
}

pub(super) async fn read_answer(stream: &mut UnixStream, received: &mut BytesMut) -> Result<Bytes, LinkError> {
    let mut searched = 0;
    loop {
        if let Some(end) = received[searched..].iter().position(|byte| *byte == b'\n') {
            let line = received.split_to(searched + end + 1);
            return Ok(line.freeze());
        }
        searched = received.len();
        if searched > MAX_ANSWER {
            return Err(LinkError::Overloaded { what: "bytes in the worker's answer", limit: MAX_ANSWER });
        }
        match stream.read_buf(received).await {
            Ok(0) => return Err(gone("it closed the connection")),
            Ok(_) => {}
            Err(error) => return Err(died(&error)),
        }
    }
}

fn opened(answer: &[u8]) -> Result<RawOpened, LinkError> {
    let protocol = |source| LinkError::Protocol { method: Method::RawSession, source };
    let answer: Answer = serde_json::from_slice(answer).map_err(protocol)?;
    if let Some(error) = answer.error {
        return Err(LinkError::Call(error.into()));
    }
    serde_json::from_value(answer.result.unwrap_or_default()).map_err(protocol)
}

pub(super) fn died(error: &io::Error) -> LinkError {
    gone(&error.to_string())
}

fn gone(status: &str) -> LinkError {
    let fate = CallFate::Unanswered(Method::RawSession);
    LinkError::WorkerDied { status: status.to_owned(), restart_in: None, fate }
}
