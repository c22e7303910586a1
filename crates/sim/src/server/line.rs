//! One client's socket: reads and writes at the same time, and ends as it is told.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::warn;

use super::clock::read_wall;
use super::waiting::Queue;
use crate::core::{ConnId, How};

/// The most bytes that wait for one client beyond what its socket takes; then its connection is reset, as after the
/// timeout for bulk data. A real Gateway's bound is not published; this holds a minute of a hundred busy streams.
const SEND_QUEUE_BYTES: usize = 8 << 20;

/// The most writes that wait for one client, for the same reason.
const SEND_QUEUE_WRITES: usize = 16_384;

/// Bytes read at once.
const READ_SIZE: usize = 16 << 10;

/// After our FIN the client's is awaited this long: closing with unread bytes would reset the connection, and with
/// it lose what was written last.
const DRAIN: Duration = Duration::from_secs(1);

/// What a line has seen.
#[derive(Debug)]
pub(super) enum Seen {
    /// Bytes.
    Bytes(ConnId, Bytes),
    /// The client's end.
    Closed(ConnId, How),
}

#[derive(Debug)]
enum Order {
    Write(Bytes),
    WriteOneByOne(Bytes),
    Close,
}

/// The loop's end of a line. A line whose handle is dropped is reset.
#[derive(Debug)]
pub(super) struct LineHandle {
    orders: mpsc::Sender<Order>,
    queued: Arc<Queue>,
    reset: oneshot::Sender<()>,
    reads: watch::Sender<bool>,
}

/// The client has not read for so long that its queue is full.
#[derive(Debug)]
pub(super) struct QueueFull;

impl LineHandle {
    /// Queues bytes to be written in one piece.
    pub(super) fn write(&self, bytes: Bytes) -> Result<(), QueueFull> {
        self.queue(bytes, Order::Write)
    }

    /// Queues bytes to be written one by one.
    pub(super) fn trickle(&self, bytes: Bytes) -> Result<(), QueueFull> {
        self.queue(bytes, Order::WriteOneByOne)
    }

    /// How many bytes wait for this client.
    pub(super) fn waiting(&self) -> usize {
        self.queued.bytes()
    }

    /// Has the line read, or not.
    pub(super) fn read(&self, reads: bool) {
        let _ = self.reads.send(reads);
    }

    /// Closes after what is queued; resets where the queue is full.
    pub(super) fn close(self) {
        if self.orders.try_send(Order::Close).is_err() {
            self.reset();
        }
    }

    /// Resets at once.
    pub(super) fn reset(self) {
        // A line that has ended already is gone, which is what was wanted.
        let _ = self.reset.send(());
    }

    fn queue(&self, bytes: Bytes, order: fn(Bytes) -> Order) -> Result<(), QueueFull> {
        let length = bytes.len();
        if self.queued.add(length) > SEND_QUEUE_BYTES {
            return Err(QueueFull);
        }
        match self.orders.try_send(order(bytes)) {
            // The client has gone, which the line has reported or is about to.
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(_)) => Err(QueueFull),
        }
    }
}

/// One client's socket.
#[derive(Debug)]
pub(super) struct Line {
    id: ConnId,
    stream: TcpStream,
    orders: mpsc::Receiver<Order>,
    queued: Arc<Queue>,
    reset: oneshot::Receiver<()>,
    reads: watch::Receiver<bool>,
    seen: mpsc::Sender<Seen>,
    writing: Option<Writing>,
    client_ended: bool,
    /// How long a write may make no progress.
    patience: Duration,
}

#[derive(Debug)]
struct Writing {
    rest: Bytes,
    one_by_one: bool,
    /// When its client has not read for too long.
    given_up: Instant,
}

/// Why a line has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Told to close, and all was written.
    Closed,
    /// Told to reset.
    Reset,
    /// Its client has not read for too long.
    Unread,
    /// The connection is broken, or nobody listens to this line any more.
    Broken,
}

impl Line {
    /// A line on an accepted socket, and the loop's end of it.
    pub(super) fn new(
        id: ConnId,
        stream: TcpStream,
        seen: mpsc::Sender<Seen>,
        queue: Queue,
        patience: Duration,
    ) -> (Self, LineHandle) {
        let (send_orders, orders) = mpsc::channel(SEND_QUEUE_WRITES);
        let (send_reset, reset) = oneshot::channel();
        let (send_reads, reads) = watch::channel(true);
        let queued = Arc::new(queue);
        let handle =
            LineHandle { orders: send_orders, queued: Arc::clone(&queued), reset: send_reset, reads: send_reads };
        let (writing, client_ended) = (None, false);
        (Self { id, stream, orders, queued, reset, reads, seen, writing, client_ended, patience }, handle)
    }

    /// Serves the socket until it is closed, reset or broken.
    pub(super) async fn serve(mut self) {
        match self.until_end().await {
            End::Closed => self.drain().await,
            // With a linger of zero, closing is a reset.
            End::Reset => drop(SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))),
            End::Unread => {
                warn!(conn = self.id.0, "the client does not read; its connection is reset");
                drop(SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)));
                let _ = self.seen.send(Seen::Closed(self.id, How::Reset)).await;
            }
            End::Broken => {
                let _ = self.seen.send(Seen::Closed(self.id, How::Reset)).await;
            }
        }
    }

    async fn until_end(&mut self) -> End {
        // A delay of up to 40 ms for small writes is no part of any fault.
        let _ = self.stream.set_nodelay(true);
        let mut may_be_reset = true;
        let mut open = true;
        loop {
            if !open && self.writing.is_none() {
                return End::Closed;
            }
            let deaf = self.client_ended || !*self.reads.borrow();
            let interest = match (&self.writing, deaf) {
                (Some(_), false) => Interest::READABLE | Interest::WRITABLE,
                (Some(_), true) => Interest::WRITABLE,
                (None, false) => Interest::READABLE,
                // Kept after its client's FIN: only a reset can still come.
                (None, true) => Interest::ERROR,
            };
            tokio::select! {
                told = &mut self.reset, if may_be_reset => match told {
                    Ok(()) => return End::Reset,
                    Err(_) => may_be_reset = false,
                },
                order = self.orders.recv(), if open && self.writing.is_none() => match order {
                    Some(Order::Write(rest)) => self.begin(rest, false),
                    Some(Order::WriteOneByOne(rest)) => self.begin(rest, true),
                    Some(Order::Close) => open = false,
                    None => return End::Reset,
                },
                Ok(()) = self.reads.changed() => {}
                () = until(self.writing.as_ref().map(|writing| writing.given_up)) => return End::Unread,
                ready = self.stream.ready(interest) => {
                    let worked = match ready {
                        Ok(ready) if ready.is_error() => Err(ErrorKind::ConnectionReset.into()),
                        Ok(ready) => self.work(ready.is_readable(), ready.is_writable()).await,
                        Err(problem) => Err(problem),
                    };
                    if worked.is_err() {
                        return End::Broken;
                    }
                }
            }
        }
    }

    fn begin(&mut self, rest: Bytes, one_by_one: bool) {
        self.writing = Some(Writing { rest, one_by_one, given_up: read_wall() + self.patience });
    }

    async fn work(&mut self, readable: bool, writable: bool) -> io::Result<()> {
        if writable {
            self.write_some().await?;
        }
        if readable && !self.client_ended && *self.reads.borrow() {
            self.read_some().await?;
        }
        Ok(())
    }

    async fn write_some(&mut self) -> io::Result<()> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let piece = if writing.one_by_one { &writing.rest[..writing.rest.len().min(1)] } else { &writing.rest[..] };
        let one_by_one = writing.one_by_one;
        match self.stream.try_write(piece) {
            Ok(written) => {
                writing.rest.advance(written);
                writing.given_up = read_wall() + self.patience;
                self.queued.written(written);
                if writing.rest.is_empty() {
                    self.writing = None;
                }
                if one_by_one {
                    // The client gets a chance to read each byte by itself.
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Err(problem) if problem.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    async fn read_some(&mut self) -> io::Result<()> {
        let mut buffer = BytesMut::with_capacity(READ_SIZE);
        let seen = match self.stream.try_read_buf(&mut buffer) {
            Ok(0) => {
                self.client_ended = true;
                Seen::Closed(self.id, How::Eof)
            }
            Ok(_) => Seen::Bytes(self.id, buffer.freeze()),
            Err(problem) if problem.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(problem) => return Err(problem),
        };
        self.seen.send(seen).await.map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Sends FIN and waits for the client's.
    async fn drain(&mut self) {
        if self.client_ended || SockRef::from(&self.stream).shutdown(Shutdown::Write).is_err() {
            return;
        }
        let mut buffer = [0; 4096];
        let until_end = async {
            while self.stream.readable().await.is_ok() {
                match self.stream.try_read(&mut buffer) {
                    Ok(0) => return,
                    Ok(_) => {}
                    Err(problem) if problem.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        };
        // A client that keeps its side open gets a reset for whatever it still sends.
        let _ = tokio::time::timeout(DRAIN, until_end).await;
    }
}

async fn until(given_up: Option<Instant>) {
    match given_up {
        Some(given_up) => tokio::time::sleep_until(given_up).await,
        None => std::future::pending().await,
    }
}
