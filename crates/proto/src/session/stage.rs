//! The stages of a connection.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a connection has come. Each stage has a deadline of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Looking at the OS socket table, without touching the port.
    Inspect,
    /// Opening the TCP connection.
    Dial,
    /// Offering versions and waiting for the server's choice.
    Negotiate,
    /// Taking the client id and waiting for accounts and the next valid order id.
    Identify,
    /// Waiting for answers to real requests, which proves that the Gateway serves.
    Sync,
    /// Usable.
    Ready,
}

impl Stage {
    /// The stage's name as it stands in JSON and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Dial => "dial",
            Self::Negotiate => "negotiate",
            Self::Identify => "identify",
            Self::Sync => "sync",
            Self::Ready => "ready",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How long one stage took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTime {
    /// The stage.
    pub stage: Stage,
    /// From entering to leaving it.
    pub took: Duration,
}
