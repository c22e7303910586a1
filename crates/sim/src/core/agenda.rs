//! Everything that is due later, in one table.

use std::collections::BTreeMap;

use gatewright_proto::{ClientId, ConId, OrderId};

use super::action::ConnId;
use super::instant::SimInstant;
use crate::fault::Fault;

/// Something that is due at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The farm notices of a session that has just got ready.
    Notices(ConnId),
    /// The close of a connection, by a fault.
    Close(ConnId),
    /// The end of a burst that was cut.
    HeldBytes(ConnId),
    /// The next quarter of a second of every tick stream.
    Ticks,
    /// The next second of matching, bars and account values.
    Second,
    /// A message that was put aside, by its number.
    Delayed(u64),
    /// A rule of the scenario, by its index.
    Script(usize),
    /// A fault that was switched on for a span.
    FaultEnds(Fault),
    /// Farms break, or come back.
    Flap,
    /// A dialog counts as refused.
    DialogEnds(ConnId),
    /// The relay closes the client's side of a connection that the Gateway keeps.
    RelayCloses(ConnId),
    /// IBKR cancels an order.
    BrokerCancels(ClientId, OrderId),
    /// The next try to fill a working order.
    Match(ClientId, OrderId),
    /// The end of an option.
    LastDay(ConId),
    /// The end of an order by its time in force.
    Expire(ClientId, OrderId),
}

impl Due {
    fn reason(self) -> &'static str {
        match self {
            Self::Notices(_) => "farm notices",
            Self::Close(_) => "close by a fault",
            Self::HeldBytes(_) => "end of a cut burst",
            Self::Ticks => "tick streams",
            Self::Second => "matching, bars and account values",
            Self::Delayed(_) => "delayed message",
            Self::Script(_) => "rule of the scenario",
            Self::FaultEnds(_) => "end of a fault",
            Self::Flap => "flapping farms",
            Self::DialogEnds(_) => "end of a dialog",
            Self::RelayCloses(_) => "a relay's close",
            Self::BrokerCancels(..) => "IBKR cancels an order",
            Self::Match(..) => "order matching",
            Self::LastDay(_) => "an option's last day",
            Self::Expire(..) => "order expiry",
        }
    }
}

/// The table. Entries of one moment come out in the order in which they went in.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: BTreeMap<(SimInstant, u64), Due>,
    next: u64,
}

impl Agenda {
    /// Adds an entry.
    pub(super) fn add(&mut self, at: SimInstant, due: Due) {
        self.entries.insert((at, self.next), due);
        self.next += 1;
    }

    /// Adds an entry unless one that is equal but for its time stands already.
    pub(super) fn add_once(&mut self, at: SimInstant, due: Due) {
        if !self.has(due) {
            self.add(at, due);
        }
    }

    /// Has such an entry stand once, at this time or at an earlier one at which it stands already.
    pub(super) fn add_no_later(&mut self, at: SimInstant, due: Due) {
        let stands = self.entries.iter().find(|(_, entry)| **entry == due).map(|(key, _)| *key);
        match stands {
            Some((earlier, _)) if earlier <= at => return,
            Some(later) => drop(self.entries.remove(&later)),
            None => {}
        }
        self.add(at, due);
    }

    /// Whether such an entry stands, at any time.
    pub(super) fn has(&self, due: Due) -> bool {
        self.entries.values().any(|entry| *entry == due)
    }

    /// The next entry's time and what it is for.
    pub(super) fn next(&self) -> Option<(SimInstant, &'static str)> {
        self.entries.first_key_value().map(|((at, _), due)| (*at, due.reason()))
    }

    /// Takes the next entry that is due at `now`.
    pub(super) fn take(&mut self, now: SimInstant) -> Option<Due> {
        let entry = self.entries.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }
}
