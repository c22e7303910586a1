//! The sessions that want to be connected, and who of them may try.

use std::collections::BTreeMap;
use std::time::Instant;

use gatewright_proto::ClientId;
use gatewright_proto::session::Acts;

use super::backoff::{Backoff, Budget};
use super::reading::Trouble;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting {
        not_before: Instant,
    },
    Dialing {
        /// When a report is overdue.
        until: Instant,
    },
    Ready {
        since: Instant,
        /// When it was last asked to subscribe again.
        resubscribed: Option<Instant>,
    },
}

/// One session.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) phase: Phase,
    pub(super) backoff: Backoff,
    /// Failures since it was last ready.
    pub(super) failures: u32,
    pub(super) last: Option<LastFailure>,
    /// Whether its trouble was told.
    pub(super) told: bool,
    /// The number of the attempt that was its last, so that turns are taken.
    turn: u64,
}

/// What a failure left behind.
#[derive(Debug, Clone)]
pub(super) struct LastFailure {
    pub(super) trouble: Trouble,
    pub(super) cause: &'static str,
    pub(super) why: String,
    pub(super) acts: Acts,
}

/// Every session that wants to be connected; the worker bounds their number.
#[derive(Debug, Default)]
pub(super) struct Entries {
    entries: BTreeMap<ClientId, Entry>,
    turn: u64,
}

impl Entries {
    /// Adds a session, or leaves it as it is.
    pub(super) fn want(&mut self, client_id: ClientId, now: Instant) {
        self.entries.entry(client_id).or_insert_with(|| Entry {
            phase: Phase::Waiting { not_before: now },
            backoff: Backoff::default(),
            failures: 0,
            last: None,
            told: false,
            turn: 0,
        });
    }

    pub(super) fn remove(&mut self, client_id: ClientId) -> Option<Entry> {
        self.entries.remove(&client_id)
    }

    pub(super) fn get(&self, client_id: ClientId) -> Option<&Entry> {
        self.entries.get(&client_id)
    }

    pub(super) fn get_mut(&mut self, client_id: ClientId) -> Option<&mut Entry> {
        self.entries.get_mut(&client_id)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn ready(&self) -> impl Iterator<Item = ClientId> {
        self.entries.iter().filter(|(_, entry)| matches!(entry.phase, Phase::Ready { .. })).map(|(id, _)| *id)
    }

    pub(super) fn any_ready(&self) -> bool {
        self.ready().next().is_some()
    }

    /// Sessions whose report is overdue.
    pub(super) fn overdue(&self, now: Instant) -> Vec<ClientId> {
        let late = |entry: &Entry| matches!(entry.phase, Phase::Dialing { until } if until <= now);
        self.entries.iter().filter(|(_, entry)| late(entry)).map(|(id, _)| *id).collect()
    }

    pub(super) fn report_due(&self) -> Option<Instant> {
        self.dialing().min()
    }

    fn dialing(&self) -> impl Iterator<Item = Instant> {
        self.entries.values().filter_map(|entry| match entry.phase {
            Phase::Dialing { until } => Some(until),
            Phase::Waiting { .. } | Phase::Ready { .. } => None,
        })
    }

    /// From when on the next session may try, and which; `None` while nobody waits, or all hang on a scout.
    pub(super) fn next(&self, gate: Option<Instant>, budget: &Budget) -> Option<(Instant, ClientId)> {
        let serves = self.any_ready();
        if !serves && self.dialing().next().is_some() {
            return None;
        }
        let gate = if serves { None } else { gate };
        let waiting = self.entries.iter().filter_map(|(id, entry)| match entry.phase {
            Phase::Waiting { not_before } => {
                let disturbs = entry.last.as_ref().is_some_and(|last| last.trouble.disturbs());
                let affordable = if disturbs { budget.free_from() } else { None };
                let from = [Some(not_before), gate, affordable].into_iter().flatten().max();
                from.map(|from| (from, entry.turn, *id))
            }
            Phase::Dialing { .. } | Phase::Ready { .. } => None,
        });
        waiting.min().map(|(from, _, id)| (from, id))
    }

    /// Of those who may try by now, the one that has waited for its turn the longest.
    pub(super) fn take_turn(
        &mut self,
        now: Instant,
        gate: Option<Instant>,
        budget: &Budget,
        until: Instant,
    ) -> Option<ClientId> {
        self.next(gate, budget).filter(|(from, _)| *from <= now)?;
        let free = budget.is_free(now);
        let (_, client_id) = self
            .entries
            .iter()
            .filter(|(_, entry)| {
                let affordable = free || !entry.last.as_ref().is_some_and(|last| last.trouble.disturbs());
                matches!(entry.phase, Phase::Waiting { not_before } if not_before <= now) && affordable
            })
            .map(|(id, entry)| (entry.turn, *id))
            .min()?;
        self.turn += 1;
        let entry = self.entries.get_mut(&client_id).expect("it was found a line above");
        entry.turn = self.turn;
        entry.phase = Phase::Dialing { until };
        Some(client_id)
    }

    /// Nobody waits for anything but the Gateway any more.
    pub(super) fn hurry(&mut self, now: Instant) {
        for entry in self.entries.values_mut() {
            entry.backoff.reset();
            if let Phase::Waiting { not_before } = &mut entry.phase {
                *not_before = (*not_before).min(now);
            }
        }
    }
}
