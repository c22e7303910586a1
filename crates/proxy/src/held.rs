//! What one client's own message limit holds back, in its order. Orders and cancels do not wait for it: they overtake what
//! waits here as they overtake what waits for the Gateway.

use std::collections::VecDeque;
use std::time::Instant;

use crate::answer::trades;
use crate::frame::Frame;
use crate::leash::{Due, Leash};

/// The messages of one client between its socket and its session.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// `None` where there is no limit: everything passes.
    leash: Option<Leash>,
    frames: VecDeque<Frame>,
    bytes: usize,
}

impl Held {
    /// With this limit.
    pub(crate) fn new(now: Instant, per_second: Option<u32>) -> Self {
        Self { leash: per_second.map(|per_second| Leash::new(now, per_second)), ..Self::default() }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A message has come. It is given back where it may pass now.
    pub(crate) fn pass(&mut self, now: Instant, frame: Frame) -> Option<Frame> {
        let Some(leash) = &mut self.leash else { return Some(frame) };
        if trades(frame.message()) {
            leash.pass(now);
            return Some(frame);
        }
        if self.frames.is_empty() && leash.take(now) {
            return Some(frame);
        }
        self.bytes += frame.bytes().len();
        self.frames.push_back(frame);
        leash.holds(now, true);
        None
    }

    /// The next one that has waited long enough.
    pub(crate) fn release(&mut self, now: Instant) -> Option<Frame> {
        let leash = self.leash.as_mut()?;
        if self.frames.is_empty() || !leash.take(now) {
            return None;
        }
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.bytes().len();
        leash.holds(now, !self.frames.is_empty());
        Some(frame)
    }

    /// Nothing of it matters any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// When something is to be done.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.leash.as_ref()?.timeout()
    }

    /// What is due about the client.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Due> {
        self.leash.as_mut()?.due(now)
    }
}
