//! The sending ends of all subscriptions of one worker.
//!
//! A stream whose queue is full is waited for, so that the worker feels it and can do its own thinning out; but one pipe
//! carries everything, so the waiting is short and ends with a counted loss, and a stream that stays behind is not
//! waited for again until it has caught up. Order events are never dropped: their queue is so long that a program which
//! fills it has stopped reading, and then the stream ends with an error instead.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatewright_proto::ClientId;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::caller::Caller;
use super::subscription::{Batch, StreamEnd, StreamItem, Subscription, Tally};
use crate::protocol::{CallError, ErrorCode, ErrorData, StreamKind};

/// How many items wait in a subscription. Of ticks an item is all that arrived together, so this is seconds of a busy
/// stream: some hundred kilobytes, and some ten megabytes where the worker sends as much at once as it ever does.
pub(super) const QUEUE: usize = 256;

/// How many order events wait in a subscription: more than a Gateway accepts orders in 20 minutes (50 messages a second).
pub(super) const ORDER_QUEUE: usize = 65_536;

/// How long a full queue is waited for, while nothing else of the worker is read.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// How many events are kept for streams whose `subscribe` has not been answered. They fit into any queue.
const MAX_EARLY: usize = QUEUE;

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It is in its queue, or kept for one, or counted as lost.
    Done,
    /// Its stream is not known, or nobody reads it any more.
    Stray,
    /// Its stream took no more and was ended; the worker is to be told.
    Overflowed(Option<ClientId>),
}

/// Whether a full queue is worth waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Yes.
    Ready,
    /// Not until half of it is free: it was waited for in vain.
    Spent,
}

#[derive(Debug)]
struct Stream {
    /// `None` for a stream of a former life, until its first item tells.
    kind: Option<StreamKind>,
    client_id: Option<ClientId>,
    batches: mpsc::Sender<Batch>,
    tally: Arc<Tally>,
    /// What the worker said last that it had dropped.
    dropped_by_worker: u64,
    /// Losses that no item has carried yet.
    unsaid: u64,
    patience: Patience,
}

#[derive(Debug)]
enum Early {
    Item { item: StreamItem, dropped_by_worker: u64 },
    End(ErrorData),
}

/// The sending ends of all subscriptions of one worker.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: HashMap<u64, Stream>,
    early: VecDeque<(u64, Early)>,
    /// Items of not yet open streams for which there was no room, by stream.
    early_lost: HashMap<u64, u64>,
}

impl Streams {
    /// Begins a stream, with what came for it before.
    pub(super) fn open(
        &mut self,
        id: u64,
        kind: StreamKind,
        client_id: Option<ClientId>,
        caller: Caller,
    ) -> Subscription {
        let capacity = if kind == StreamKind::Orders { ORDER_QUEUE } else { QUEUE };
        self.begin(id, Some(kind), client_id, capacity, caller)
    }

    /// Begins a stream that the worker has already. What it carries is told by its first item; until then it has room for
    /// whatever that may be.
    pub(super) fn open_resumed(&mut self, id: u64, client_id: ClientId, caller: Caller) -> Subscription {
        self.begin(id, None, Some(client_id), ORDER_QUEUE, caller)
    }

    fn begin(
        &mut self,
        id: u64,
        kind: Option<StreamKind>,
        client_id: Option<ClientId>,
        capacity: usize,
        caller: Caller,
    ) -> Subscription {
        self.open.retain(|_, stream| !stream.batches.is_closed());
        let (batches, receiver) = mpsc::channel(capacity);
        let tally = Arc::new(Tally::default());
        let subscription = Subscription::new(id, client_id, receiver, Arc::clone(&tally), caller);
        let stream =
            Stream { kind, client_id, batches, tally, dropped_by_worker: 0, unsaid: 0, patience: Patience::Ready };
        self.open.insert(id, stream);
        self.deliver_early(id);
        subscription
    }

    /// Gives an item to its stream, waiting for room a little while. `dropped_by_worker` is the worker's count so far.
    ///
    /// `expecting` tells whether a stream that is not known may be on its way.
    pub(super) async fn deliver(
        &mut self,
        id: u64,
        item: StreamItem,
        dropped_by_worker: u64,
        expecting: impl FnOnce() -> bool,
    ) -> Delivery {
        let Some(stream) = self.open.get_mut(&id) else {
            return self.keep(id, Early::Item { item, dropped_by_worker }, expecting());
        };
        stream.note_worker(dropped_by_worker);
        let is_orders = stream.is_orders(&item);
        let batch = match stream.try_send(item) {
            Sent::Yes => return Delivery::Done,
            Sent::NobodyReads => {
                self.open.remove(&id);
                return Delivery::Stray;
            }
            Sent::Full(item) => item,
        };
        if is_orders {
            let client_id = stream.client_id;
            self.end(id, overflow());
            return Delivery::Overflowed(client_id);
        }
        stream.wait_and_send(batch).await;
        Delivery::Done
    }

    /// Ends a stream.
    pub(super) fn end(&mut self, id: u64, failure: ErrorData) {
        if let Some(stream) = self.open.remove(&id) {
            stream.end(failure);
        }
    }

    /// Ends a stream that the worker has ended, even one that is not open yet.
    pub(super) fn end_by_worker(&mut self, id: u64, failure: ErrorData, expecting: impl FnOnce() -> bool) -> Delivery {
        if self.open.contains_key(&id) {
            self.end(id, failure);
            return Delivery::Done;
        }
        self.keep(id, Early::End(failure), expecting())
    }

    /// Ends all streams.
    pub(super) fn end_all(&mut self, failure: &ErrorData) {
        for (_, stream) in self.open.drain() {
            stream.end(failure.clone());
        }
    }

    fn keep(&mut self, id: u64, early: Early, expecting: bool) -> Delivery {
        if !expecting {
            self.early.clear();
            self.early_lost.clear();
            return Delivery::Stray;
        }
        if self.early.len() < MAX_EARLY {
            self.early.push_back((id, early));
        } else if self.early_lost.len() < MAX_EARLY {
            let lost = match early {
                Early::Item { item, .. } => weight(&item),
                Early::End(_) => 1,
            };
            *self.early_lost.entry(id).or_default() += lost;
        }
        Delivery::Done
    }

    fn deliver_early(&mut self, id: u64) {
        let lost = self.early_lost.remove(&id).unwrap_or_default();
        let mut ended = None;
        let others = VecDeque::with_capacity(self.early.len());
        for (owner, early) in std::mem::replace(&mut self.early, others) {
            if owner != id {
                self.early.push_back((owner, early));
                continue;
            }
            let Some(stream) = self.open.get_mut(&id) else { continue };
            match early {
                Early::Item { item, dropped_by_worker } => {
                    stream.note_worker(dropped_by_worker);
                    stream.is_orders(&item);
                    stream.try_send(item);
                }
                Early::End(failure) => ended = Some(failure),
            }
        }
        let Some(stream) = self.open.get_mut(&id) else { return };
        if lost > 0 {
            stream.lose(lost);
            if stream.kind == Some(StreamKind::Orders) {
                ended.get_or_insert_with(overflow);
            }
        }
        if let Some(failure) = ended {
            self.end(id, failure);
        }
    }
}

enum Sent {
    Yes,
    NobodyReads,
    Full(StreamItem),
}

impl Stream {
    /// Whether it carries order events, of which none may be lost.
    fn is_orders(&mut self, first: &StreamItem) -> bool {
        let kind = self.kind.get_or_insert(match first {
            StreamItem::Order(_) => StreamKind::Orders,
            StreamItem::Bar(_) => StreamKind::Bars,
            StreamItem::Account(_) => StreamKind::Account,
            StreamItem::Ticks(_) | StreamItem::Lost { .. } | StreamItem::Ended(_) => StreamKind::Ticks,
        });
        *kind == StreamKind::Orders
    }

    /// The worker's own count of what it dropped.
    fn note_worker(&mut self, dropped: u64) {
        let more = dropped.saturating_sub(self.dropped_by_worker);
        if more > 0 {
            self.dropped_by_worker = dropped;
            self.lose(more);
        }
    }

    fn lose(&mut self, count: u64) {
        self.unsaid += count;
        self.tally.dropped.fetch_add(count, Ordering::Relaxed);
    }

    fn try_send(&mut self, item: StreamItem) -> Sent {
        if self.patience == Patience::Spent && self.batches.capacity() >= self.half() {
            self.patience = Patience::Ready;
        }
        match self.batches.try_send(Batch { lost: self.unsaid, item }) {
            Ok(()) => {
                self.unsaid = 0;
                Sent::Yes
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Sent::NobodyReads,
            Err(mpsc::error::TrySendError::Full(batch)) => Sent::Full(batch.item),
        }
    }

    /// Waits until half of the queue is free rather than for one place: a reader that is as fast as the worker on the
    /// whole gets there in no time, and is then not waited for at each item.
    async fn wait_and_send(&mut self, item: StreamItem) {
        if self.patience == Patience::Ready {
            let waited = timeout(PATIENCE, self.batches.reserve_many(self.half())).await;
            self.patience = if waited.is_ok() { Patience::Ready } else { Patience::Spent };
        }
        if let Sent::Full(item) = self.try_send(item) {
            self.lose(weight(&item));
        }
    }

    fn half(&self) -> usize {
        self.batches.max_capacity() / 2
    }

    fn end(self, failure: ErrorData) {
        // Set before the queue closes, so that whoever sees it closed sees why.
        let _ = self.tally.end.set(StreamEnd { lost: self.unsaid, failure });
    }
}

/// How many things a reader misses with this item.
fn weight(item: &StreamItem) -> u64 {
    match item {
        StreamItem::Ticks(ticks) => (ticks.ticks.len() + ticks.texts.len()) as u64,
        StreamItem::Bar(_) | StreamItem::Account(_) | StreamItem::Order(_) => 1,
        StreamItem::Lost { .. } | StreamItem::Ended(_) => 0,
    }
}

fn overflow() -> ErrorData {
    let message = format!("more than {ORDER_QUEUE} order events waited to be read");
    let mut failure = CallError::new(ErrorCode::Overloaded, message).data;
    failure.remedy =
        "Read the stream. Ask open_orders and executions for what was missed, then subscribe again.".into();
    *failure
}
