//! Events on their way to the screen, without holding the trader up: a terminal that is stopped by Ctrl-S, or a pipe whose
//! reader is slow, must not stop trading.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use gatewright_trade::{Failing, Listener, Summary, TradeEvent};

use super::form::Writer;
use crate::diagnosis::Diagnosis;

/// How many events wait to be written. It is minutes of trading; what is more is dropped and counted.
const WAITING: usize = 4096;

/// Writes events on a thread of its own.
#[derive(Debug)]
pub(super) struct Printer {
    events: SyncSender<TradeEvent>,
    thread: JoinHandle<Writer>,
    unwritten: u64,
}

impl Printer {
    /// Starts to write.
    ///
    /// # Errors
    ///
    /// When the operating system has no thread for it.
    pub(super) fn start(mut writer: Writer) -> Result<Self, Diagnosis> {
        let (events, receiver) = sync_channel(WAITING);
        let write = move || {
            for event in receiver {
                writer.event(&event);
            }
            writer
        };
        let thread = thread::Builder::new().name("gatewright-printer".into()).spawn(write);
        let thread = thread.map_err(|error| Diagnosis::internal("cannot start a thread", error))?;
        Ok(Self { events, thread, unwritten: 0 })
    }

    /// Writes what is left, then what the run came to.
    ///
    /// # Errors
    ///
    /// When writing has panicked.
    pub(super) fn finish(self, summary: &Summary, failure: Option<&Failing>) -> Result<(), Diagnosis> {
        drop(self.events);
        let writer = self.thread.join().map_err(|_| Diagnosis::internal("the printer", "it panicked"))?;
        writer.end(summary, failure, self.unwritten);
        Ok(())
    }
}

impl Listener for Printer {
    fn hear(&mut self, event: TradeEvent) {
        match self.events.try_send(event) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.unwritten += 1,
        }
    }
}
