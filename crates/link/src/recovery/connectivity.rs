//! Whether the Gateway has IBKR, by what its sessions were told.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;

/// Farms that work for this long mean that IBKR is back, whether or not the Gateway ever says so.
const SETTLE: Duration = Duration::from_secs(30);

/// The Gateway's connection to IBKR.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Connectivity {
    /// Nobody said otherwise.
    #[default]
    Unquestioned,
    /// Lost (1100, 2110).
    Lost {
        /// When a human is called.
        overdue: Instant,
        /// Sessions that were told, and not yet told that it is back.
        told: BTreeSet<ClientId>,
        /// Since when there is evidence that it is back, without the Gateway's word.
        working_since: Option<Instant>,
    },
}

impl Connectivity {
    /// A session was told that IBKR is lost. Returns whether that is news.
    pub(super) fn handle_lost(&mut self, overdue: Instant, client_id: ClientId) -> bool {
        match self {
            Self::Unquestioned => {
                *self = Self::Lost { overdue, told: BTreeSet::from([client_id]), working_since: None };
                true
            }
            Self::Lost { told, working_since, .. } => {
                told.insert(client_id);
                *working_since = None;
                false
            }
        }
    }

    /// A session was told that IBKR is back. Returns whether all are of one mind now, and that is news.
    pub(super) fn handle_restored(&mut self, now: Instant, client_id: ClientId) -> bool {
        let Self::Lost { told, working_since, .. } = self else {
            return false;
        };
        told.remove(&client_id);
        // Sessions hear one after the other; one that never does must not keep the others waiting.
        working_since.get_or_insert(now);
        let agreed = told.is_empty();
        if agreed {
            *self = Self::Unquestioned;
        }
        agreed
    }

    /// A farm works, for which the Gateway needs IBKR; unless the notice was under way when IBKR was lost.
    pub(super) fn handle_farm_works(&mut self, now: Instant) {
        if let Self::Lost { working_since, .. } = self {
            working_since.get_or_insert(now);
        }
    }

    /// A session that was told is no more. It will not be told that IBKR is back.
    pub(super) fn handle_gone(&mut self, client_id: ClientId) {
        if let Self::Lost { told, .. } = self {
            told.remove(&client_id);
        }
    }

    /// Whether there has been evidence for long enough that IBKR is back without a word.
    pub(super) fn is_back_unsaid(&self, now: Instant) -> bool {
        match self {
            Self::Unquestioned => false,
            Self::Lost { working_since, .. } => working_since.is_some_and(|since| since + SETTLE <= now),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    pub(super) fn overdue(&self) -> Option<Instant> {
        match self {
            Self::Unquestioned => None,
            Self::Lost { overdue, .. } => Some(*overdue),
        }
    }

    /// When [`Connectivity::is_back_unsaid`] becomes true.
    pub(super) fn settles(&self) -> Option<Instant> {
        match self {
            Self::Unquestioned => None,
            Self::Lost { working_since, .. } => working_since.map(|since| since + SETTLE),
        }
    }
}
