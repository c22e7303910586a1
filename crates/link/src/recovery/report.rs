//! What recovery tells: its state with the reason, and what follows for others.

use std::time::Instant;

use gatewright_proto::ClientId;
use gatewright_proto::session::Acts;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::window::Expected;

/// Where one Gateway's recovery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryState {
    /// No session has been ready yet.
    Connecting,
    /// At least one session is ready, and the Gateway has not said that it lost IBKR.
    Ready,
    /// Sessions are ready, and the Gateway has lost IBKR (1100, 2110). They are kept.
    Degraded,
    /// No session is ready any more; attempts go on.
    Reconnecting,
    /// The Gateway is down or starting, and is expected back.
    GatewayRestarting,
    /// Attempts go on, slower, and are not expected to succeed before a human has acted.
    WaitingForHuman,
    /// Somebody asked to stop; nothing is attempted.
    Stopped,
}

impl RecoveryState {
    /// The state's name as it stands in JSON and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Reconnecting => "reconnecting",
            Self::GatewayRestarting => "gateway_restarting",
            Self::WaitingForHuman => "waiting_for_human",
            Self::Stopped => "stopped",
        }
    }
}

/// The state and everything that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryReport {
    /// The state.
    pub state: RecoveryState,
    /// Since when it has been so.
    #[schemars(with = "String")]
    pub since: Timestamp,
    /// The name of the cause: one of a failed connection's, or `connectivity_lost`, `asked`, `idle`, `none`.
    pub cause: String,
    /// Why, for a person.
    pub why: String,
    /// Who has to act; `null` when nothing is wrong.
    pub acts: Option<Acts>,
    /// Failed attempts since the last session was lost.
    pub attempts: u32,
    /// When the next attempt is due; `null` while one is under way or none is needed.
    #[schemars(with = "Option<String>")]
    pub next_attempt: Option<Timestamp>,
    /// What is expected at this time of day, if anything. It explains, it proves nothing.
    pub expected: Option<Expected>,
    /// Sessions that are ready.
    pub sessions_ready: usize,
    /// Sessions that are wanted.
    pub sessions_wanted: usize,
}

/// What recovery says unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RecoveryEvent {
    /// The state changed, or its cause did.
    Changed(RecoveryReport),
    /// IBKR is back and this session's subscriptions are gone (1101): make them again.
    Resubscribe {
        /// The session.
        client_id: ClientId,
        /// Why.
        why: String,
    },
    /// The API port has moved (1300): dial this one from now on.
    FollowPort {
        /// The new port.
        port: u16,
    },
    /// A farm has been down long enough to be believed.
    FarmDown {
        /// The farm.
        farm: String,
        /// What the Gateway said.
        evidence: String,
    },
    /// A farm is back: what hangs on it may have stayed silent since.
    FarmBack {
        /// The farm.
        farm: String,
        /// For how long it was down, in milliseconds.
        down_ms: u64,
    },
    /// One session cannot connect although the Gateway serves others.
    SessionStuck {
        /// The session.
        client_id: ClientId,
        /// The name of the cause.
        cause: String,
        /// Why, for a person.
        why: String,
        /// Who has to act.
        acts: Acts,
    },
}

/// A session that may hang on a frozen Gateway: if it has heard nothing since, it is over as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspect {
    /// Which.
    pub client_id: ClientId,
    /// Since when the Gateway has answered nothing.
    pub since: Instant,
}

/// Whether a session may connect now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// It may, or is under way, or is ready.
    Now,
    /// Not before this time, as far as is known; the reason and who has to act.
    At {
        /// The earliest time; `None` while it hangs on the attempt of another session.
        at: Option<Timestamp>,
        /// Why.
        why: String,
    },
    /// Attempts go on, but a human has to act before one can succeed.
    Human {
        /// Why.
        why: String,
    },
    /// Nothing is attempted, since somebody asked to stop.
    Stopped,
}
