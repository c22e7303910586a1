//! The core on a thread of its own, because the journal waits for the disk and the runtime must not.

use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::clock::Moment;
use super::event::{Action, Event};
use super::trader::Trader;
use crate::error::TradeError;
use crate::summary::Summary;

/// The loop asks one thing at a time and waits for the answer.
const WAITING: usize = 1;

enum Request {
    Handle(Moment, Box<Event>, oneshot::Sender<Handled>),
    Summary(Moment, oneshot::Sender<Summary>),
}

/// What the core made of an event.
pub(super) struct Handled {
    pub(super) actions: Result<Vec<Action>, TradeError>,
    /// Whether nothing is on its way any more.
    pub(super) quiet: bool,
}

/// The core, on its thread. The thread ends, and the journal is closed, when this is dropped.
#[derive(Debug)]
pub(super) struct CoreThread {
    requests: Option<mpsc::Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl CoreThread {
    pub(super) fn start(trader: Trader) -> std::io::Result<Self> {
        let (requests, receiver) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("gatewright-trader".into()).spawn(|| serve(trader, receiver))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// Has the core take one event.
    ///
    /// # Errors
    ///
    /// [`TradeError::DeskGone`] when the core has panicked.
    pub(super) async fn handle(&self, now: Moment, event: Event) -> Result<Handled, TradeError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Handle(now, Box::new(event), reply)).await?;
        answer.await.map_err(|_| TradeError::DeskGone)
    }

    /// What the run came to so far.
    ///
    /// # Errors
    ///
    /// [`TradeError::DeskGone`] when the core has panicked.
    pub(super) async fn summary(&self, now: Moment) -> Result<Summary, TradeError> {
        let (reply, answer) = oneshot::channel();
        self.ask(Request::Summary(now, reply)).await?;
        answer.await.map_err(|_| TradeError::DeskGone)
    }

    async fn ask(&self, request: Request) -> Result<(), TradeError> {
        let requests = self.requests.as_ref().ok_or(TradeError::DeskGone)?;
        requests.send(request).await.map_err(|_| TradeError::DeskGone)
    }
}

impl Drop for CoreThread {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // It ends at once: nothing is asked of it any more. A panic in it has been told as `DeskGone`.
            let _ = thread.join();
        }
    }
}

fn serve(mut trader: Trader, mut requests: mpsc::Receiver<Request>) {
    // A reply that nobody waits for any more is of no use to anyone.
    while let Some(request) = requests.blocking_recv() {
        match request {
            Request::Handle(now, event, reply) => {
                let actions = trader.handle(now, *event);
                let _ = reply.send(Handled { actions, quiet: trader.is_quiet() });
            }
            Request::Summary(now, reply) => {
                let _ = reply.send(trader.summary(now));
            }
        }
    }
}
