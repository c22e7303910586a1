//! Subscriptions, brought together into one queue.

use gatewright_link::client::{StreamItem, Subscription};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many items wait for the run loop, over all streams. Behind it each subscription has a queue of its own, which drops
/// and counts what is too much; this one only has to bridge the disk's pauses.
const WAITING: usize = 256;

/// Which stream an item is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StreamKey {
    /// Everything about orders.
    Orders,
    /// The five-second bars of a symbol.
    Bars(String),
    /// The ticks of a symbol.
    Ticks(String),
}

/// The streams of one session. Dropped, they end.
#[derive(Debug)]
pub(super) struct Streams {
    sender: mpsc::Sender<(StreamKey, StreamItem)>,
    items: mpsc::Receiver<(StreamKey, StreamItem)>,
    forwarders: JoinSet<()>,
}

impl Streams {
    pub(super) fn new() -> Self {
        let (sender, items) = mpsc::channel(WAITING);
        Self { sender, items, forwarders: JoinSet::new() }
    }

    /// Adds a stream.
    pub(super) fn add(&mut self, key: StreamKey, mut subscription: Subscription) {
        let sender = self.sender.clone();
        self.forwarders.spawn(async move {
            while let Some(item) = subscription.next().await {
                if sender.send((key.clone(), item)).await.is_err() {
                    return;
                }
            }
        });
    }

    /// The next item of any stream.
    ///
    /// # Cancel safety
    ///
    /// No item is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> (StreamKey, StreamItem) {
        match self.items.recv().await {
            Some(item) => item,
            // We hold a sender ourselves, so the queue does not end before we do.
            None => std::future::pending().await,
        }
    }
}
