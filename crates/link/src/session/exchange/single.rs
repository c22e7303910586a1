//! Requests that carry no id: one round at a time, so that an end marker can only belong to one of them.

use std::time::{Duration, Instant};

use super::call::CallId;

/// How long after its last caller has given up a round's end marker may still come. Later than this it is lost, and the
/// next question is asked afresh.
const MARKER_LOST_AFTER: Duration = Duration::from_secs(60);

/// Items of one answer that are kept; an account has some thousands at the very most.
const MAX_ITEMS: usize = 100_000;

/// A round of one kind of request, and who waits for it.
#[derive(Debug)]
pub(super) struct Single<T> {
    /// A round is under way at the Gateway, whether or not anyone still waits for it.
    running: bool,
    collected: Vec<T>,
    waiting: Vec<(CallId, Instant)>,
    /// Callers that came while a round was under way: what it collected may be older than their question.
    next: Vec<(CallId, Instant)>,
    /// Part of the answer could not be read.
    tainted: bool,
    /// When the last caller gave up.
    abandoned: Option<Instant>,
}

impl<T> Default for Single<T> {
    fn default() -> Self {
        Self {
            running: false,
            collected: Vec::new(),
            waiting: Vec::new(),
            next: Vec::new(),
            tainted: false,
            abandoned: None,
        }
    }
}

impl<T> Single<T> {
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.next.len()
    }

    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// Takes a caller; returns whether the request must be sent now.
    pub(super) fn ask(&mut self, now: Instant, call: CallId, deadline: Instant) -> bool {
        let lost = self.abandoned.is_some_and(|since| now.saturating_duration_since(since) >= MARKER_LOST_AFTER);
        if self.running && !lost {
            self.next.push((call, deadline));
            return false;
        }
        self.running = true;
        self.tainted = false;
        self.abandoned = None;
        self.collected.clear();
        self.waiting.push((call, deadline));
        true
    }

    /// A message that belongs to this kind of answer could not be read.
    pub(super) fn taint(&mut self) {
        self.tainted = true;
    }

    pub(super) fn add(&mut self, item: T) {
        if self.running && self.collected.len() < MAX_ITEMS {
            self.collected.push(item);
        } else {
            self.tainted |= self.running;
        }
    }

    pub(super) fn collected_mut(&mut self) -> &mut Vec<T> {
        &mut self.collected
    }

    /// The end marker has come: what was collected, who gets it, and whether the request must be sent again.
    pub(super) fn finish(&mut self) -> Option<Round<T>> {
        if !self.running {
            return None;
        }
        let collected = std::mem::take(&mut self.collected);
        let callers = std::mem::replace(&mut self.waiting, std::mem::take(&mut self.next));
        self.running = !self.waiting.is_empty();
        self.abandoned = None;
        let tainted = std::mem::take(&mut self.tainted);
        Some(Round {
            collected,
            tainted,
            callers: callers.into_iter().map(|(call, _)| call).collect(),
            again: self.running,
        })
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().chain(&self.next).map(|(_, deadline)| *deadline).min()
    }

    /// Gives up the callers that are due. The round itself goes on: its end marker is still to come.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<CallId> {
        let mut due = Vec::new();
        for callers in [&mut self.waiting, &mut self.next] {
            callers.retain(|(call, deadline)| {
                let keep = *deadline > now;
                if !keep {
                    due.push(*call);
                }
                keep
            });
        }
        if self.running && self.waiting.is_empty() && self.next.is_empty() && !due.is_empty() {
            self.abandoned = Some(now);
        }
        due
    }

    /// Ends everything; returns the calls.
    pub(super) fn drain(&mut self) -> Vec<CallId> {
        let old = std::mem::take(self);
        old.waiting.into_iter().chain(old.next).map(|(call, _)| call).collect()
    }
}

/// A round that has ended.
#[derive(Debug)]
pub(super) struct Round<T> {
    pub(super) collected: Vec<T>,
    /// Part of the answer could not be read, so that this is none.
    pub(super) tainted: bool,
    pub(super) callers: Vec<CallId>,
    pub(super) again: bool,
}
