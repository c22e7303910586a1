//! Requests that carry no id: one round at a time, so that an end marker can only belong to one of them.

use std::time::Instant;

use super::call::CallId;

/// A round of one kind of request, and who waits for it.
#[derive(Debug)]
pub(super) struct Single<T> {
    /// A round is under way at the Gateway, whether or not anyone still waits for it.
    running: bool,
    collected: Vec<T>,
    waiting: Vec<(CallId, Instant)>,
    /// Callers that came while a round was under way: what it collected may be older than their question.
    next: Vec<(CallId, Instant)>,
}

impl<T> Default for Single<T> {
    fn default() -> Self {
        Self { running: false, collected: Vec::new(), waiting: Vec::new(), next: Vec::new() }
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
    pub(super) fn ask(&mut self, call: CallId, deadline: Instant) -> bool {
        if self.running {
            self.next.push((call, deadline));
            return false;
        }
        self.running = true;
        self.waiting.push((call, deadline));
        true
    }

    pub(super) fn add(&mut self, item: T) {
        if self.running {
            self.collected.push(item);
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
        Some(Round { collected, callers: callers.into_iter().map(|(call, _)| call).collect(), again: self.running })
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
    pub(super) callers: Vec<CallId>,
    pub(super) again: bool,
}
