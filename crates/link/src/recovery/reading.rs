//! What a failed attempt says about the Gateway, and how soon the next one may follow.

use gatewright_proto::session::{Cause, ClosedHow, Failure, IdInUseEvidence};

use super::backoff::Pace;

/// What stands behind a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing listens, as the socket table shows: looking again costs the Gateway nothing.
    Absent,
    /// Nothing listens, as the host answers.
    Refused,
    /// It accepts and closes: it is starting, or does not want us.
    Closing,
    /// It serves and has no accounts yet.
    LoggingIn,
    /// It accepts and does not answer. Each attempt may leave something behind, so they have a budget.
    Stalled,
    /// The socket table shows that it is stuck; nothing was dialled.
    Stuck,
    /// The port belongs to something else.
    Foreign,
    /// What answers is no Gateway.
    NotTws,
    /// The network does not carry us there.
    Network,
    /// The Gateway serves, but not this session now: its client id is taken.
    IdTaken,
    /// The Gateway serves, but not this session ever: no version in common.
    NoCommonVersion,
    /// Ours, or our caller's: it says nothing about the Gateway.
    Ours,
}

/// Whom a failure concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concerns {
    /// Every session: nobody else need try meanwhile.
    Everyone,
    /// This session alone.
    OneSession,
}

impl Trouble {
    /// Reads a failure. `booting`: whether the Gateway was seen to go down or come up a moment ago, when it closes
    /// connections that it would serve later.
    pub(super) fn read(failure: &Failure, booting: bool) -> Self {
        if failure.cut_short {
            return Self::Ours;
        }
        match &failure.cause {
            Cause::NotListening => Self::Absent,
            Cause::Refused => Self::Refused,
            Cause::ForeignListener { .. } => Self::Foreign,
            Cause::Zombies { .. } => Self::Stuck,
            Cause::InspectionUnavailable { .. } | Cause::SelfStalled { .. } => Self::Ours,
            Cause::DialTimeout | Cause::VersionStalled | Cause::IdentifyStalled { .. } | Cause::SyncStalled { .. } => {
                Self::Stalled
            }
            Cause::Unreachable { .. } => Self::Network,
            Cause::ClosedBeforeVersion { .. } => Self::Closing,
            Cause::VersionUnsupported { .. } => Self::NoCommonVersion,
            Cause::Malformed { .. } => Self::NotTws,
            Cause::ClientIdInUse { evidence: IdInUseEvidence::Code326, .. } => Self::IdTaken,
            Cause::ClientIdInUse { evidence: IdInUseEvidence::ClosedAfterStartApi, .. } => {
                if booting {
                    Self::Closing
                } else {
                    Self::IdTaken
                }
            }
            Cause::NoAccounts => Self::LoggingIn,
            Cause::Lost { how } => match how {
                ClosedHow::Eof | ClosedHow::Reset => Self::Closing,
                ClosedHow::TimedOut => Self::Network,
                ClosedHow::Frozen => Self::Stalled,
            },
        }
    }

    pub(super) fn concerns(self) -> Concerns {
        match self {
            Self::IdTaken | Self::NoCommonVersion => Concerns::OneSession,
            Self::Absent
            | Self::Refused
            | Self::Closing
            | Self::LoggingIn
            | Self::Stalled
            | Self::Stuck
            | Self::Foreign
            | Self::NotTws
            | Self::Network
            | Self::Ours => Concerns::Everyone,
        }
    }

    /// Whether an attempt that ends so may have left something behind at the Gateway.
    pub(super) fn disturbs(self) -> bool {
        matches!(self, Self::Stalled | Self::NotTws)
    }

    /// Whether there is no Gateway at the port that was tried. One that moved (1300) may be at the other then.
    pub(super) fn is_elsewhere(self) -> bool {
        matches!(self, Self::Absent | Self::Refused | Self::Foreign | Self::NotTws)
    }

    /// Whether a Gateway that restarts is seen like this for a while.
    pub(super) fn is_booting(self) -> bool {
        matches!(self, Self::Absent | Self::Refused | Self::Closing | Self::LoggingIn)
    }

    /// How soon again. `expected`: whether the Gateway should be back any moment.
    pub(super) fn pace(self, expected: bool) -> Pace {
        match self {
            // A look at the socket table is some microseconds of the kernel's, and how soon a Gateway that is back is
            // noticed depends on it.
            Self::Absent if expected => Pace::millis(50, 50),
            Self::Absent => Pace::millis(50, 1_000),
            Self::Refused if expected => Pace::millis(100, 500),
            Self::Refused => Pace::millis(250, 5_000),
            Self::Closing => Pace::millis(250, 5_000),
            Self::LoggingIn => Pace::millis(1_000, 15_000),
            Self::Stalled => Pace::millis(2_000, 60_000),
            Self::Stuck | Self::Foreign => Pace::millis(1_000, 10_000),
            Self::NotTws => Pace::millis(5_000, 60_000),
            Self::Network => Pace::millis(500, 15_000),
            Self::IdTaken => Pace::millis(500, 15_000),
            Self::NoCommonVersion => Pace::millis(5_000, 300_000),
            Self::Ours => Pace::millis(250, 5_000),
        }
    }
}
