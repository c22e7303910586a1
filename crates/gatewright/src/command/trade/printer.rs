//! Events on their way to the screen, without holding the trader up: a terminal that is stopped by Ctrl-S, or a pipe whose
//! reader is slow, must not stop trading, and must not keep a trader that was told to stop.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use gatewright_trade::{Failing, Listener, Summary, TradeEvent};
use tokio::sync::Notify;

use super::form::Writer;
use crate::diagnosis::Diagnosis;
use crate::output;

/// How many events wait to be written. It is minutes of trading; what is more is dropped and counted.
const WAITING: usize = 4096;

/// How long the last lines may take after the end.
const FINISH_WITHIN: Duration = Duration::from_secs(1);

/// Writes events on a thread of its own.
#[derive(Debug)]
pub(super) struct Printer {
    shared: Arc<Shared>,
    done: Receiver<()>,
    unheard: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// What is to be written.
#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<TradeEvent>,
    /// How many were dropped that the reader has not been told of.
    dropped: u64,
    end: Option<(Summary, Option<Failing>)>,
}

/// What the thread does next.
enum Next {
    Dropped(u64),
    Event(Box<TradeEvent>),
    End(Box<Summary>, Option<Failing>),
}

impl Printer {
    /// Starts to write.
    ///
    /// # Errors
    ///
    /// When the operating system has no thread for it.
    pub(super) fn start(writer: Writer) -> Result<Self, Diagnosis> {
        let (shared, unheard) = (Arc::new(Shared::default()), Arc::new(Notify::new()));
        let (finished, done) = channel();
        let (queue, nobody) = (Arc::clone(&shared), Arc::clone(&unheard));
        let write = move || {
            queue.write(writer, &nobody);
            // Where nobody waits any more, nobody needs to know.
            let _ = finished.send(());
        };
        let thread = thread::Builder::new().name("gatewright-printer".into()).spawn(write);
        thread.map_err(|error| Diagnosis::internal("cannot start a thread", error))?;
        Ok(Self { shared, done, unheard })
    }

    /// Told once when standard output takes nothing more.
    pub(super) fn unheard(&self) -> Arc<Notify> {
        Arc::clone(&self.unheard)
    }

    /// Writes what is left, then what the run came to, as far as the reader takes it in time.
    ///
    /// # Errors
    ///
    /// When writing has panicked.
    pub(super) fn finish(self, summary: Summary, failure: Option<Failing>) -> Result<(), Diagnosis> {
        self.shared.lock().end = Some((summary, failure));
        self.shared.changed.notify_one();
        match self.done.recv_timeout(FINISH_WITHIN) {
            Ok(()) => Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                let left = self.shared.lock().events.len();
                output::last_note(format_args!(
                    "warning: the output is not read; its last {left} lines or so and the summary were not written"
                ));
                Ok(())
            }
            Err(RecvTimeoutError::Disconnected) => Err(Diagnosis::internal("the printer", "it panicked")),
        }
    }
}

impl Listener for Printer {
    fn hear(&mut self, event: TradeEvent) {
        self.shared.lock().push(event);
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Next {
        let mut queue = self.lock();
        loop {
            if let Some(next) = queue.next() {
                return next;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn write(&self, mut writer: Writer, unheard: &Notify) {
        loop {
            match self.next() {
                Next::Dropped(count) => writer.unwritten(count),
                Next::Event(event) => writer.event(&event),
                Next::End(summary, failure) => return writer.end(&summary, failure.as_ref()),
            }
            if output::broken().is_some() {
                return unheard.notify_one();
            }
        }
    }
}

impl Queue {
    /// Takes an event. Where there is no room, the oldest that says least has to go.
    fn push(&mut self, event: TradeEvent) {
        if self.events.len() >= WAITING {
            let least = self.events.iter().position(|event| !is_essential(event)).unwrap_or_default();
            self.events.remove(least);
            self.dropped += 1;
        }
        self.events.push_back(event);
    }

    fn next(&mut self) -> Option<Next> {
        if self.dropped > 0 {
            return Some(Next::Dropped(std::mem::take(&mut self.dropped)));
        }
        let event = self.events.pop_front().map(|event| Next::Event(Box::new(event)));
        event.or_else(|| self.end.take().map(|(summary, failure)| Next::End(Box::new(summary), failure)))
    }
}

/// Whether it is about orders, money or trouble; others only say where things stand.
fn is_essential(event: &TradeEvent) -> bool {
    !matches!(event, TradeEvent::Bar { .. } | TradeEvent::Status(_) | TradeEvent::Stage { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(count: u64) -> TradeEvent {
        TradeEvent::DataLost { symbol: None, count }
    }

    #[test]
    fn a_full_queue_drops_the_oldest_that_says_least_and_counts_it() {
        let mut queue = Queue::default();
        queue.push(TradeEvent::Trading);
        let stage = || TradeEvent::Stage { stage: gatewright_proto::session::Stage::Dial, ms: 1.0 };
        queue.push(stage());
        for count in 0..WAITING as u64 {
            queue.push(lost(count));
        }
        assert_eq!(queue.events.len(), WAITING);
        assert!(!queue.events.contains(&stage()), "it went first");
        assert_eq!((queue.events.front(), queue.events.back()), (Some(&lost(0)), Some(&lost(WAITING as u64 - 1))));
        assert!(matches!(queue.next(), Some(Next::Dropped(2))));
        assert!(matches!(queue.next(), Some(Next::Event(_))));
    }
}
