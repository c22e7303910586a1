//! What a session is asked to do, and the table of deadlines.

use std::time::{Duration, Instant};

use crate::handshake::VersionRange;
use crate::ids::ClientId;
use crate::session::stage::Stage;
use crate::session::sync::SyncRequest;

/// Clock requests are never sent closer than this: a real Gateway drops those closer than about 4.25 s.
pub const HEARTBEAT_SPACING: Duration = Duration::from_secs(5);

/// How long each stage may take. One table, and nothing else in the session knows a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For reading the OS socket table.
    pub inspect: Duration,
    /// For the TCP connection.
    pub dial: Duration,
    /// From the greeting to the server's version.
    pub negotiate: Duration,
    /// From START_API to accounts and next valid id.
    pub identify: Duration,
    /// For each request of the sync stage.
    pub sync: Duration,
    /// Silence in a ready session before the Gateway's clock is asked.
    pub heartbeat_idle: Duration,
    /// For the answer to a clock request.
    pub heartbeat: Duration,
    /// For reading to the end after an orderly close.
    pub close: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            inspect: Duration::from_millis(250),
            dial: Duration::from_secs(2),
            negotiate: Duration::from_secs(3),
            identify: Duration::from_secs(5),
            sync: Duration::from_secs(5),
            heartbeat_idle: Duration::from_secs(10),
            heartbeat: Duration::from_secs(5),
            close: Duration::from_secs(2),
        }
    }
}

impl Deadlines {
    /// How long a stage may take; `None` for ready, which lasts.
    pub fn of(&self, stage: Stage) -> Option<Duration> {
        match stage {
            Stage::Inspect => Some(self.inspect),
            Stage::Dial => Some(self.dial),
            Stage::Negotiate => Some(self.negotiate),
            Stage::Identify => Some(self.identify),
            Stage::Sync => Some(self.sync),
            Stage::Ready => None,
        }
    }

    /// How long a connection can take at most until it is ready or has failed: the sum of its stages.
    pub fn connect_total(&self) -> Duration {
        self.inspect + self.dial + self.negotiate + self.identify + self.sync
    }
}

/// What a session is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSettings {
    /// The client id to take.
    pub client_id: ClientId,
    /// The server versions on offer.
    pub versions: VersionRange,
    /// Connect options such as `+PACEAPI`; empty for none.
    pub connect_options: String,
    /// The table of deadlines.
    pub deadlines: Deadlines,
    /// When the caller wants an answer at the latest, whatever the stage.
    pub overall: Option<Instant>,
    /// Which requests must be answered before the session is ready. With none, the Gateway's clock must be.
    pub sync: Vec<SyncRequest>,
    /// Whether the Gateway is on this machine, where a connection cannot be lost on the way.
    pub local: bool,
}

impl SessionSettings {
    /// The server versions whose text messages this crate reads and writes completely, as ib_async 2.1.0 offers them.
    pub const TEXT_VERSIONS: VersionRange = VersionRange::new(157, 178);

    /// Settings for a client id, everything else as documented.
    pub fn new(client_id: ClientId) -> Self {
        Self {
            client_id,
            versions: Self::TEXT_VERSIONS,
            connect_options: String::new(),
            deadlines: Deadlines::default(),
            overall: None,
            sync: SyncRequest::ALL.to_vec(),
            local: true,
        }
    }
}
