//! What happens to the link as a whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::protocol::{
    FreshnessReport, NoticeEvent, Reconciled, SessionInterrupted, SessionLost, SessionResumed, StageEvent,
};
use crate::recovery::{RecoveryEvent, RecoveryReport};

/// How many events wait for a reader. A burst of notices is tens; what is more than that nobody reads one by one.
const MAX_WAITING: usize = 1024;

/// Places kept free for what happens to workers and sessions, however many notices and lines there are.
const KEPT_FOR_LIFE: usize = 128;

/// Something that happened to the link as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkEvent {
    /// A stage of a connection has passed.
    Stage(StageEvent),
    /// A notice, warning or error of the Gateway that belongs to no call.
    Notice(NoticeEvent),
    /// A ready session is over.
    SessionLost(SessionLost),
    /// A worker started and answered.
    WorkerStarted {
        /// Its process id.
        pid: u32,
        /// 1 for the first worker of this link, 2 for the next, …
        generation: u64,
    },
    /// A worker that had started died; its sessions and subscriptions died with it.
    WorkerDied {
        /// Which worker.
        generation: u64,
        /// How it ended, in the operating system's words.
        status: String,
        /// When the next one starts.
        restart_in: Duration,
    },
    /// The next worker could not be put to use. Said once for each reason, not at each attempt; attempts go on.
    WorkerUnstartable {
        /// Why.
        error: String,
    },
    /// A line of the worker's standard error.
    WorkerLine(String),
    /// Something happened between the worker and its Gateway.
    Gateway(GatewayEvent),
}

/// What a worker says of its Gateway unasked.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayEvent {
    /// Where recovery stands has changed, or its cause has.
    Recovery(Box<RecoveryReport>),
    /// Something else that recovery says.
    News(RecoveryEvent),
    /// A kept session is not ready any more, and is connected again. Its streams go on afterwards.
    SessionInterrupted(SessionInterrupted),
    /// A kept session is ready again.
    SessionResumed(SessionResumed),
    /// What has become of a kept session's orders meanwhile.
    Reconciled(Reconciled),
    /// A stream is silent although it should not be, or speaks again.
    Freshness(FreshnessReport),
}

/// The events of a link. Ends once the link has stopped and its worker is gone.
///
/// Events wait in a queue of bounded length. When it is full, what comes is dropped and counted, notices and lines
/// before anything that happens to a worker or a session.
#[derive(Debug)]
pub struct LinkEvents {
    events: mpsc::Receiver<LinkEvent>,
    lost: Arc<AtomicU64>,
}

impl LinkEvents {
    /// The next event; `None` once the link has stopped and its worker is gone.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<LinkEvent> {
        self.events.recv().await
    }

    /// How many events were dropped because nobody read them in time.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Where events are put.
#[derive(Debug, Clone)]
pub(super) struct EventSender {
    events: mpsc::Sender<LinkEvent>,
    lost: Arc<AtomicU64>,
}

/// A queue of events.
pub(super) fn event_queue() -> (EventSender, LinkEvents) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    (EventSender { events: sender, lost: Arc::clone(&lost) }, LinkEvents { events: receiver, lost })
}

impl EventSender {
    /// Puts an event into the queue, or counts it where there is no room. Never waits.
    pub(super) fn send(&self, event: LinkEvent) {
        let of_life = match event {
            LinkEvent::Stage(_) | LinkEvent::Notice(_) | LinkEvent::WorkerLine(_) => false,
            LinkEvent::SessionLost(_)
            | LinkEvent::WorkerStarted { .. }
            | LinkEvent::WorkerDied { .. }
            | LinkEvent::WorkerUnstartable { .. }
            | LinkEvent::Gateway(_) => true,
        };
        let room = of_life || self.events.capacity() > KEPT_FOR_LIFE;
        if !room || matches!(self.events.try_send(event), Err(mpsc::error::TrySendError::Full(_))) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_lines_is_counted_and_leaves_room_for_the_workers_death() {
        let (sender, mut events) = event_queue();
        for n in 0..2000 {
            sender.send(LinkEvent::WorkerLine(n.to_string()));
        }
        let died = LinkEvent::WorkerDied { generation: 1, status: "signal: 9".into(), restart_in: Duration::ZERO };
        sender.send(died.clone());
        let mut seen = Vec::new();
        while let Ok(event) = events.events.try_recv() {
            seen.push(event);
        }
        assert_eq!(seen.last(), Some(&died));
        assert_eq!(seen.len() as u64 - 1 + events.lost(), 2000);
    }
}
