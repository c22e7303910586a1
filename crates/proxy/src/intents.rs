//! What a client has sent and the Gateway does not get before the journal has it: orders, and whatever the same client
//! has sent behind them, since a Gateway reads a client's messages in their order.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;

use crate::event::{EntryId, Ticket};
use crate::frame::Frame;

/// One message that waits.
#[derive(Debug)]
enum Waiting {
    /// An order, a cancel or the like.
    Order { frame: Frame, ticket: Ticket, by: Instant, answer: Option<Kept> },
    /// Something that was sent behind one.
    Other(Bytes),
}

/// What the journal says of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It has it there.
    At(EntryId),
    /// It could not be written in time.
    Not,
    /// A halt stands, in these words.
    Halted(String),
}

impl Kept {
    /// Where it is.
    fn entry(self) -> Option<EntryId> {
        match self {
            Self::At(entry) => Some(entry),
            Self::Not | Self::Halted(_) => None,
        }
    }
}

/// What may go now.
#[derive(Debug)]
pub(crate) enum Released {
    /// An order and what the journal says of it.
    Order(Frame, Kept),
    /// Something that was sent behind one.
    Other(Bytes),
}

/// Messages of one client that wait for the disk, in their order. Their bytes are bounded with those that wait for the
/// Gateway.
#[derive(Debug, Default)]
pub(crate) struct Intents {
    queue: VecDeque<Waiting>,
    bytes: usize,
    next: u64,
}

impl Intents {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Bytes that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.bytes
    }

    /// An order waits, until that moment at the latest. Returns what the journal's answer is to name.
    pub(crate) fn push_order(&mut self, session: u64, frame: Frame, by: Instant) -> Ticket {
        let ticket = Ticket { session, number: self.next };
        self.next += 1;
        self.bytes += frame.bytes().len();
        self.queue.push_back(Waiting::Order { frame, ticket, by, answer: None });
        ticket
    }

    /// Something waits behind an order.
    pub(crate) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.queue.push_back(Waiting::Other(frame));
    }

    /// The journal has answered. `false` where nobody waits for that answer any more.
    pub(crate) fn answered(&mut self, named: Ticket, kept: Kept) -> bool {
        for waiting in &mut self.queue {
            if let Waiting::Order { ticket, answer, .. } = waiting
                && *ticket == named
                && answer.is_none()
            {
                *answer = Some(kept);
                return true;
            }
        }
        false
    }

    /// Nobody waits longer for a disk that does not answer.
    pub(crate) fn expire(&mut self, now: Instant) {
        for waiting in &mut self.queue {
            if let Waiting::Order { by, answer: answer @ None, .. } = waiting
                && *by <= now
            {
                *answer = Some(Kept::Not);
            }
        }
    }

    /// When the first order has waited too long.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.queue.iter().find_map(|waiting| match waiting {
            Waiting::Order { by, answer: None, .. } => Some(*by),
            Waiting::Order { .. } | Waiting::Other(_) => None,
        })
    }

    /// The next message that may go.
    pub(crate) fn release(&mut self) -> Option<Released> {
        if let Some(Waiting::Order { answer: None, .. }) = self.queue.front() {
            return None;
        }
        let released = match self.queue.pop_front()? {
            Waiting::Order { frame, answer, .. } => Released::Order(frame, answer.unwrap_or(Kept::Not)),
            Waiting::Other(bytes) => Released::Other(bytes),
        };
        self.bytes -= match &released {
            Released::Order(frame, _) => frame.bytes().len(),
            Released::Other(bytes) => bytes.len(),
        };
        Some(released)
    }

    /// The Gateway is gone, or the session is: the orders, which were certainly not sent, and where the journal has
    /// them. Answers that come later find nobody.
    pub(crate) fn clear(&mut self) -> Vec<(Frame, Option<EntryId>)> {
        self.bytes = 0;
        let orders = self.queue.drain(..).filter_map(|waiting| match waiting {
            Waiting::Order { frame, answer, .. } => Some((frame, answer.and_then(Kept::entry))),
            Waiting::Other(_) => None,
        });
        orders.collect()
    }
}
