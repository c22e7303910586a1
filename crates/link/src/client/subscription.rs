//! The receiving end of a stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use gatewright_proto::ClientId;
use tokio::sync::mpsc;

use super::caller::Caller;
use super::switchboard::Origin;
use crate::error::LinkError;
use crate::protocol::{
    AccountEvent, BarEvent, CallError, ErrorCode, ErrorData, Method, OrderEvent, TicksEvent, UnsubscribeParams,
    UnsubscribedResult,
};

/// What a subscription hands out.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// Ticks, all that arrived together, in order.
    Ticks(TicksEvent),
    /// A five-second bar.
    Bar(Box<BarEvent>),
    /// A change in an account.
    Account(Box<AccountEvent>),
    /// Something about an order.
    Order(OrderEvent),
    /// Here something is missing: so many ticks, bars or changes were dropped between the item before and the one
    /// after, by the worker or by this client, because they were not read in time. Never of orders.
    Lost {
        /// How many.
        count: u64,
    },
    /// The stream is over, and this is why. Nothing follows.
    Ended(ErrorData),
}

/// What travels from the reader of the worker's output to a subscription.
#[derive(Debug)]
pub(super) struct Batch {
    /// How many items were lost before this one.
    pub(super) lost: u64,
    /// The item.
    pub(super) item: StreamItem,
}

/// How a stream ended.
#[derive(Debug)]
pub(super) struct StreamEnd {
    /// How many items were lost after the last one that was delivered.
    pub(super) lost: u64,
    /// Why it ended.
    pub(super) failure: ErrorData,
}

/// What both ends of a stream see at once, however full the queue between them is.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Items dropped since the start, by the worker and here.
    pub(super) dropped: AtomicU64,
    /// How it ended, once it has.
    pub(super) end: OnceLock<StreamEnd>,
}

/// A stream of events.
///
/// It does not keep the link alive: it ends when the last [`super::Link`] is dropped or stopped, and when the worker
/// dies. Dropping it tells the worker to end the stream, without waiting.
#[derive(Debug)]
pub struct Subscription {
    id: u64,
    client_id: Option<ClientId>,
    batches: mpsc::Receiver<Batch>,
    held: Option<StreamItem>,
    tally: Arc<Tally>,
    caller: Caller,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The worker has this stream.
    Running,
    /// It is over and that has not been handed out.
    Over,
    /// It is over and everything has been handed out.
    Told,
}

impl Subscription {
    pub(super) fn new(
        id: u64,
        client_id: Option<ClientId>,
        batches: mpsc::Receiver<Batch>,
        tally: Arc<Tally>,
        caller: Caller,
    ) -> Self {
        Self { id, client_id, batches, held: None, tally, caller, standing: Standing::Running }
    }

    /// The number that the worker gave it.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The next item; `None` after [`StreamItem::Ended`].
    ///
    /// # Cancel safety
    ///
    /// No item is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<StreamItem> {
        if let Some(item) = self.held.take() {
            return Some(item);
        }
        if self.standing == Standing::Running {
            if let Some(Batch { lost, item }) = self.batches.recv().await {
                return Some(self.after_loss(lost, item));
            }
            self.standing = Standing::Over;
        }
        if self.standing == Standing::Told {
            return None;
        }
        self.standing = Standing::Told;
        let (lost, failure) = match self.tally.end.get() {
            Some(end) => (end.lost, end.failure.clone()),
            // The reader was aborted with the program's own end.
            None => (0, *CallError::new(ErrorCode::ShuttingDown, "the stream's worker is gone").data),
        };
        Some(self.after_loss(lost, StreamItem::Ended(failure)))
    }

    /// How many items were dropped since the start, by the worker and by this client, because they were not read in
    /// time. Counted at once, before [`StreamItem::Lost`] comes up.
    pub fn dropped(&self) -> u64 {
        self.tally.dropped.load(Ordering::Relaxed)
    }

    /// Ends the stream, and tells whether the worker still had it.
    ///
    /// # Errors
    ///
    /// As any call's. The stream is over in any case.
    ///
    /// # Cancel safety
    ///
    /// The stream ends even when the future is dropped.
    pub async fn unsubscribe(mut self) -> Result<UnsubscribedResult, LinkError> {
        let params = self.params();
        let caller = self.caller.clone();
        let ended = caller.call(Origin::Caller, Method::Unsubscribe, &params, caller.deadline).await;
        self.standing = Standing::Told;
        ended
    }

    fn params(&self) -> UnsubscribeParams {
        UnsubscribeParams { client_id: self.client_id, subscription: self.id }
    }

    /// The item, or first the loss before it.
    fn after_loss(&mut self, lost: u64, item: StreamItem) -> StreamItem {
        if lost == 0 {
            return item;
        }
        self.held = Some(item);
        StreamItem::Lost { count: lost }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if self.standing == Standing::Running && self.tally.end.get().is_none() {
            self.caller.tell(Method::Unsubscribe, &self.params());
        }
    }
}
