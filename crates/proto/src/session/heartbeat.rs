//! Proof of life in a ready session: a clock request after silence, never closer than the Gateway answers them.

use std::time::Instant;

use crate::session::settings::{Deadlines, HEARTBEAT_SPACING};

/// Clock requests without an answer after which a session counts as lost.
const MISSED_LIMIT: u8 = 2;

/// What to do when the heartbeat's time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Ask the Gateway's clock.
    Ask,
    /// The Gateway does not answer any more.
    Lost,
    /// Nothing yet.
    Nothing,
}

/// When to ask the Gateway's clock, and when to stop believing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    last_heard: Instant,
    waiting: Option<Waiting>,
    not_before: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    until: Instant,
    missed: u8,
}

impl Heartbeat {
    /// Starts; `asked` says when the clock was last asked in this session, if it was.
    pub(crate) fn new(now: Instant, asked: Option<Instant>) -> Self {
        Self { last_heard: now, waiting: None, not_before: asked.map_or(now, |asked| asked + HEARTBEAT_SPACING) }
    }

    /// Bytes arrived: whatever they are, the Gateway lives.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.waiting = None;
    }

    /// Somebody asked the clock, through this session, for another reason.
    pub(crate) fn asked(&mut self, now: Instant) {
        self.not_before = now + HEARTBEAT_SPACING;
    }

    pub(crate) fn deadline(&self, deadlines: &Deadlines) -> (Instant, &'static str) {
        match self.waiting {
            Some(waiting) => (waiting.until, "answer to a heartbeat"),
            None => ((self.last_heard + deadlines.heartbeat_idle).max(self.not_before), "heartbeat after silence"),
        }
    }

    pub(crate) fn tick(&mut self, now: Instant, deadlines: &Deadlines) -> Beat {
        if now < self.deadline(deadlines).0 {
            return Beat::Nothing;
        }
        let missed = self.waiting.map_or(0, |waiting| waiting.missed + 1);
        if missed >= MISSED_LIMIT {
            return Beat::Lost;
        }
        // The spacing holds even where an answer is awaited for less.
        let until = now + deadlines.heartbeat.max(HEARTBEAT_SPACING);
        self.waiting = Some(Waiting { until, missed });
        self.not_before = now + HEARTBEAT_SPACING;
        Beat::Ask
    }
}
