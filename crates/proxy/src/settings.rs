//! What a proxy is told, and its table of deadlines and bounds.

use std::collections::BTreeSet;
use std::time::Duration;

use gatewright_proto::ClientId;

/// Bytes of a client's frame: the longest that clients send are advisor configurations of some 100 KiB.
pub(crate) const MAX_CLIENT_FRAME: usize = 1024 * 1024;

/// Connections at a time, those included that have not said who they are: a Gateway takes 32, and some are on their
/// way out.
pub(crate) const MAX_CONNECTIONS: usize = 64;

/// Bytes that wait for a client that reads slowly: two of the longest frames that a Gateway sends.
pub(crate) const MAX_UNREAD: usize = 32 * 1024 * 1024;

/// Bytes that wait for the Gateway before a client is not read from any more.
pub(crate) const MAX_UNSENT: usize = 1024 * 1024;

/// Bytes that a client may send before its session is there: a connect set has some hundred.
pub(crate) const MAX_EARLY: usize = 1024 * 1024;

/// Bytes of a client that its own message limit holds back before it is not read from any more: some thousand requests.
pub(crate) const MAX_HELD: usize = 64 * 1024;

/// Subscriptions and questions of a client that are remembered; Gateways sell some hundred lines.
pub(crate) const MAX_REQUESTS: usize = 4096;

/// Order ids that are made durable ahead of their use, so that no order waits for the disk: a day's orders of a busy
/// client.
pub(crate) const IDS_AHEAD: i32 = 1000;

/// Orders of earlier daemons that one client id is remembered to have in doubt: as many as it may have unacknowledged.
pub(crate) const MAX_PAST: usize = 4096;

/// What happens to clients when the Gateway goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutagePolicy {
    /// They stay connected, are told, and go on when it is back.
    #[default]
    Hold,
    /// They are disconnected.
    Close,
}

/// Whose orders are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadOnlyClients {
    /// Everybody's.
    All,
    /// Those of these client ids; with none, nobody's.
    Only(BTreeSet<ClientId>),
}

impl ReadOnlyClients {
    /// Whether this client's orders are refused.
    pub fn contains(&self, client_id: ClientId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&client_id),
        }
    }
}

/// The table of deadlines. Nothing else in this crate knows a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From a connection's first byte to its START_API.
    pub handshake: Duration,
    /// How long the first session of a client may take; some clients wait for ever, so an end must come from here.
    pub start: Duration,
    /// How long a client id that the Gateway calls taken is asked for again, before the client is told.
    pub client_id_taken: Duration,
    /// How long a second client waits for the end of the first one's connection to be noticed.
    pub contention: Duration,
    /// For the Gateway's answer when a client returns to its parked session.
    pub resume: Duration,
    /// For the same answer, before the Gateway is taken for one that answers nothing, and its side begins anew.
    pub silence: Duration,
    /// How long a question waits for a Gateway that is away.
    pub question: Duration,
    /// The first wait before the Gateway is tried again; each is twice the one before.
    pub first_retry: Duration,
    /// The longest of these waits. The worker has its own say on when to connect.
    pub longest_retry: Duration,
    /// The first wait before the Gateway is asked again about an order in doubt; each is twice the one before.
    pub ask_again: Duration,
    /// For the three lists that settle orders in doubt.
    pub lists: Duration,
    /// How long an order waits for the journal; then it is refused.
    pub durable: Duration,
    /// How long a session that nobody uses is kept after its time for the orders in doubt that it has.
    pub settle: Duration,
    /// How long an order in doubt has to be absent to count as never received.
    pub absent: Duration,
    /// The same where the Gateway has not counted the order's id.
    pub absent_uncounted: Duration,
    /// How long a burst's last frame is held back that would end it on a multiple of 4096 bytes.
    pub burst: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            start: Duration::from_secs(20),
            client_id_taken: Duration::from_secs(3),
            contention: Duration::from_millis(250),
            resume: Duration::from_secs(1),
            // As long as the daemon's own session takes to prove a freeze.
            silence: Duration::from_secs(10),
            question: Duration::from_secs(120),
            first_retry: Duration::from_millis(20),
            longest_retry: Duration::from_secs(2),
            ask_again: Duration::from_secs(1),
            lists: Duration::from_secs(10),
            // A sync takes milliseconds on most disks and half a second on a bad one; an order that is late by more is
            // another order.
            durable: Duration::from_secs(2),
            // A weekend's outage is longer, and whoever comes then goes on with what is left.
            settle: Duration::from_secs(24 * 60 * 60),
            absent: Duration::from_secs(60),
            absent_uncounted: Duration::from_secs(10),
            burst: Duration::from_millis(5),
        }
    }
}

/// What bounds one client, besides its message rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientBounds {
    /// Bytes of one message.
    pub message_bytes: usize,
    /// Bytes of it that wait for the Gateway or the disk before it is not read from any more.
    pub waiting_bytes: usize,
    /// Bytes that wait for it to read them before it is disconnected.
    pub unread_bytes: usize,
    /// Connections of all clients at a time.
    pub connections: usize,
}

impl ClientBounds {
    /// The bounds.
    pub const ALL: Self = Self {
        message_bytes: MAX_CLIENT_FRAME,
        waiting_bytes: MAX_UNSENT,
        unread_bytes: MAX_UNREAD,
        connections: MAX_CONNECTIONS,
    };
}

/// What a proxy is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySettings {
    /// How long a vanished client's session is kept; zero closes it at once.
    pub park: Duration,
    /// What happens to clients when the Gateway goes away.
    pub outage: OutagePolicy,
    /// Whose orders are refused.
    pub read_only: ReadOnlyClients,
    /// How many messages a second each client may send, orders apart; `None` leaves it to the Gateway's one pace.
    pub messages_per_client: Option<u32>,
    /// How many bytes may wait for a client that does not read before it is closed.
    pub most_unread: usize,
    /// The client id under which the Gateway's version is learned; no client may have it.
    pub pilot_client_id: ClientId,
    /// The table of deadlines.
    pub limits: Limits,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            park: Duration::from_secs(60),
            outage: OutagePolicy::Hold,
            read_only: ReadOnlyClients::Only(BTreeSet::new()),
            messages_per_client: None,
            most_unread: MAX_UNREAD,
            pilot_client_id: ClientId::new(999_999_001),
            limits: Limits::default(),
        }
    }
}
