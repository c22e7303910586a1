//! Where an intent stands, and what may follow what.

use std::fmt;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;

use crate::column;

/// Where an intent stands, as far as evidence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentState {
    /// Recorded. Nothing has been sent as far as we know, but a crash between sending and recording looks the same.
    Intended,
    /// Handed to the session.
    Sent,
    /// The Gateway has named it in an openOrder or orderStatus.
    Acknowledged,
    /// Some of it is filled, and the rest is alive.
    PartiallyFilled,
    /// All of it is filled.
    Filled,
    /// Dead by somebody's will; some of it may have been filled before.
    Cancelled,
    /// Dead by the Gateway's or an exchange's refusal.
    Rejected {
        /// The TWS API's error code.
        code: i32,
        /// Its text, as it came.
        text: String,
    },
    /// It was being sent when the connection broke: nobody knows until the Gateway has been asked.
    InDoubt {
        /// Since when.
        since: Timestamp,
    },
    /// The Gateway has answered completely, without a trace of it; or it was given up before it was sent.
    NotPlaced,
}

/// The name of a state, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateKind {
    /// See [`IntentState::Intended`].
    Intended,
    /// See [`IntentState::Sent`].
    Sent,
    /// See [`IntentState::Acknowledged`].
    Acknowledged,
    /// See [`IntentState::PartiallyFilled`].
    PartiallyFilled,
    /// See [`IntentState::Filled`].
    Filled,
    /// See [`IntentState::Cancelled`].
    Cancelled,
    /// See [`IntentState::Rejected`].
    Rejected,
    /// See [`IntentState::InDoubt`].
    InDoubt,
    /// See [`IntentState::NotPlaced`].
    NotPlaced,
}

impl IntentState {
    /// Its name.
    pub fn kind(&self) -> StateKind {
        match self {
            Self::Intended => StateKind::Intended,
            Self::Sent => StateKind::Sent,
            Self::Acknowledged => StateKind::Acknowledged,
            Self::PartiallyFilled => StateKind::PartiallyFilled,
            Self::Filled => StateKind::Filled,
            Self::Cancelled => StateKind::Cancelled,
            Self::Rejected { .. } => StateKind::Rejected,
            Self::InDoubt { .. } => StateKind::InDoubt,
            Self::NotPlaced => StateKind::NotPlaced,
        }
    }

    /// The columns `code`, `text` and `since`.
    pub(crate) fn columns(&self) -> (Option<i32>, Option<&str>, Option<i64>) {
        match self {
            Self::Rejected { code, text } => (Some(*code), Some(text), None),
            Self::InDoubt { since } => (None, None, Some(column::from_time(*since))),
            Self::Intended
            | Self::Sent
            | Self::Acknowledged
            | Self::PartiallyFilled
            | Self::Filled
            | Self::Cancelled
            | Self::NotPlaced => (None, None, None),
        }
    }

    /// The state in the columns `state`, `code`, `text` and `since`.
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(match column::named(row, "state", StateKind::from_name)? {
            StateKind::Intended => Self::Intended,
            StateKind::Sent => Self::Sent,
            StateKind::Acknowledged => Self::Acknowledged,
            StateKind::PartiallyFilled => Self::PartiallyFilled,
            StateKind::Filled => Self::Filled,
            StateKind::Cancelled => Self::Cancelled,
            StateKind::Rejected => Self::Rejected { code: row.get("code")?, text: row.get("text")? },
            StateKind::InDoubt => {
                let since = column::optional_time(row, "since")?;
                Self::InDoubt { since: since.ok_or_else(|| column::unreadable(Type::Null, "since".to_owned()))? }
            }
            StateKind::NotPlaced => Self::NotPlaced,
        })
    }
}

impl StateKind {
    /// Every state, in the order of an intent's life.
    pub const ALL: [Self; 9] = [
        Self::Intended,
        Self::Sent,
        Self::Acknowledged,
        Self::PartiallyFilled,
        Self::Filled,
        Self::Cancelled,
        Self::Rejected,
        Self::InDoubt,
        Self::NotPlaced,
    ];

    /// Whether evidence may lead from here to `next`.
    ///
    /// A state that follows itself is new evidence for the same state: a permId learned, another partial fill.
    /// From `Sent` only `InDoubt` leads to `NotPlaced`: silence proves nothing until the Gateway has been asked.
    /// From `Cancelled` a fill may follow, because one that raced the cancel can be told of after it.
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Self::Intended => matches!(next, Self::Sent | Self::InDoubt | Self::NotPlaced),
            Self::Sent => matches!(
                next,
                Self::Acknowledged
                    | Self::PartiallyFilled
                    | Self::Filled
                    | Self::Cancelled
                    | Self::Rejected
                    | Self::InDoubt
            ),
            Self::InDoubt => matches!(
                next,
                Self::Acknowledged
                    | Self::PartiallyFilled
                    | Self::Filled
                    | Self::Cancelled
                    | Self::Rejected
                    | Self::NotPlaced
            ),
            Self::Acknowledged => matches!(
                next,
                Self::Acknowledged | Self::PartiallyFilled | Self::Filled | Self::Cancelled | Self::Rejected
            ),
            Self::PartiallyFilled => {
                matches!(next, Self::PartiallyFilled | Self::Filled | Self::Cancelled | Self::Rejected)
            }
            Self::Cancelled => matches!(next, Self::Cancelled | Self::Filled),
            Self::Filled | Self::Rejected | Self::NotPlaced => false,
        }
    }

    /// Whether there is still something to wait for or to find out.
    pub fn is_open(self) -> bool {
        match self {
            Self::Intended | Self::Sent | Self::Acknowledged | Self::PartiallyFilled | Self::InDoubt => true,
            Self::Filled | Self::Cancelled | Self::Rejected | Self::NotPlaced => false,
        }
    }

    /// Its name in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::PartiallyFilled => "partially_filled",
            Self::Filled => "filled",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::InDoubt => "in_doubt",
            Self::NotPlaced => "not_placed",
        }
    }

    /// The state that [`Self::name`] calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for StateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::OPEN_STATES;

    #[test]
    fn names_lead_back_to_their_states() {
        for kind in StateKind::ALL {
            assert_eq!(StateKind::from_name(kind.name()), Some(kind));
        }
    }

    #[test]
    fn the_index_of_open_intents_names_the_open_states() {
        for kind in StateKind::ALL {
            assert_eq!(OPEN_STATES.contains(&format!("'{kind}'")), kind.is_open(), "{kind}");
        }
    }

    #[test]
    fn nothing_is_intended_again_and_only_doubt_is_settled_as_not_placed_after_sending() {
        for kind in StateKind::ALL {
            assert!(!kind.may_become(StateKind::Intended), "{kind}");
        }
        let before_not_placed = StateKind::ALL.into_iter().filter(|kind| kind.may_become(StateKind::NotPlaced));
        assert_eq!(before_not_placed.collect::<Vec<_>>(), [StateKind::Intended, StateKind::InDoubt]);
    }

    #[test]
    fn a_dead_order_does_not_live_again() {
        for dead in StateKind::ALL.into_iter().filter(|kind| !kind.is_open()) {
            for alive in StateKind::ALL.into_iter().filter(|kind| kind.is_open()) {
                assert!(!dead.may_become(alive), "{dead} to {alive}");
            }
        }
    }

    #[test]
    fn every_open_state_can_end() {
        for open in StateKind::ALL.into_iter().filter(|kind| kind.is_open()) {
            assert!(StateKind::ALL.into_iter().any(|end| !end.is_open() && open.may_become(end)), "{open}");
        }
    }
}
