//! The journal, on a thread of its own because it waits for the disk: which order ids are used, and which orders are
//! in doubt.

use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;

use gatewright_journal::{EventKind, EventRecord, Journal, JournalError, OrderIdKey};
use gatewright_proto::{ClientId, OrderId};
use gatewright_proxy::OrderNews;
use tokio::sync::mpsc;
use tracing::{error, warn};

use crate::clock;

/// How many requests wait for the disk. Each client asks for one at a time, orders in doubt come by the dozen.
const WAITING: usize = 4096;

/// What the journal is asked.
#[derive(Debug)]
enum Request {
    Mark { client_id: ClientId, at_least: OrderId },
    Record { client_id: ClientId, order_id: OrderId, news: OrderNews },
}

/// The journal's answer: the mark of a client id, or `None` when it cannot keep one.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) client_id: ClientId,
    pub(super) mark: Option<OrderId>,
}

/// The way to the journal's thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Marks {
    requests: Option<mpsc::Sender<Request>>,
    answers: mpsc::Sender<Marked>,
    thread: Option<JoinHandle<()>>,
}

impl Marks {
    /// Starts the thread. The second value returns the answers.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(super) fn start(path: PathBuf, gateway: String) -> io::Result<(Self, mpsc::Receiver<Marked>)> {
        let (requests, asked) = mpsc::channel(WAITING);
        let (answers, answered) = mpsc::channel(WAITING);
        let answer = answers.clone();
        let thread = std::thread::Builder::new()
            .name("gatewright-proxy-journal".into())
            .spawn(move || serve(&path, &gateway, asked, &answer))?;
        Ok((Self { requests: Some(requests), answers, thread: Some(thread) }, answered))
    }

    /// Makes durable that ids up to here are used, and asks for the mark.
    pub(super) fn mark(&self, client_id: ClientId, at_least: OrderId) {
        if !self.ask(Request::Mark { client_id, at_least }) {
            // Nobody waits for a disk that does not answer.
            let _ = self.answers.try_send(Marked { client_id, mark: None });
        }
    }

    /// Records what is known of an order.
    pub(super) fn record(&self, client_id: ClientId, order_id: OrderId, news: OrderNews) {
        self.ask(Request::Record { client_id, order_id, news });
    }

    fn ask(&self, request: Request) -> bool {
        let Some(requests) = &self.requests else { return false };
        requests.try_send(request).inspect_err(|error| warn!(%error, "the journal does not keep up")).is_ok()
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        self.requests = None;
        // What was asked before is still written.
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the journal's thread panicked");
        }
    }
}

fn serve(path: &PathBuf, gateway: &str, mut asked: mpsc::Receiver<Request>, answers: &mpsc::Sender<Marked>) {
    let mut journal = Journal::open(path)
        .inspect_err(
            |error| error!(%error, path = %path.display(), "the journal cannot be opened: order ids are not kept"),
        )
        .ok();
    while let Some(request) = asked.blocking_recv() {
        let done = match request {
            Request::Mark { client_id, at_least } => {
                let key = OrderIdKey { gateway: gateway.to_owned(), client_id };
                let mark = journal.as_mut().map(|journal| journal.raise_order_id(&key, at_least)).transpose();
                let told = mark.as_ref().ok().copied().flatten();
                if answers.blocking_send(Marked { client_id, mark: told }).is_err() {
                    return;
                }
                mark.map(drop)
            }
            Request::Record { client_id, order_id, news } => {
                journal.as_mut().map_or(Ok(()), |journal| record(journal, gateway, client_id, order_id, &news))
            }
        };
        if let Err(error) = done {
            error!(%error, gateway, "the journal failed: what it was to keep may be lost");
        }
    }
}

fn record(
    journal: &mut Journal,
    gateway: &str,
    client_id: ClientId,
    order_id: OrderId,
    news: &OrderNews,
) -> Result<(), JournalError> {
    let kind = match news {
        OrderNews::InDoubt => EventKind::OrderInDoubt,
        OrderNews::Open | OrderNews::Over(_) | OrderNews::NeverReceived => EventKind::OrderSettled,
    };
    let key = OrderIdKey { gateway: gateway.to_owned(), client_id };
    let detail = format!("order {order_id}: {}", news.words());
    journal.record_event(&EventRecord { at: clock::wall(), key, kind, detail })
}
