//! What goes in and out of the proxy's core, besides bytes.

use std::fmt;

use gatewright_proto::{ClientId, OrderId, PermId, ServerVersion, VersionRange};
use rust_decimal::Decimal;

/// One connection of a client, for as long as it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One session with the Gateway, for as long as it lasts: each attempt has a number of its own, so that what belongs
/// to an earlier one is recognised and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamId {
    /// Under this client id.
    pub client_id: ClientId,
    /// Which attempt, counted over all client ids.
    pub generation: u64,
}

/// Whom bytes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// A client.
    Client(ConnectionId),
    /// The Gateway, in this session.
    Gateway(UpstreamId),
}

/// How a session with the Gateway is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpstream {
    /// Which session.
    pub id: UpstreamId,
    /// The versions on offer.
    pub versions: VersionRange,
    /// The client's own connect options.
    pub connect_options: String,
    /// The client's own capabilities.
    pub optional_capabilities: String,
}

/// What a session with the Gateway has agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamOpened {
    /// The version.
    pub server_version: ServerVersion,
    /// The Gateway's clock and zone as it wrote them.
    pub connection_time: String,
}

/// Why a session with the Gateway could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamFailure {
    /// The cause's name, as the worker gives it.
    pub cause: String,
    /// What happened, for a person.
    pub message: String,
    /// What to do, for a person.
    pub remedy: String,
}

impl UpstreamFailure {
    pub(crate) fn is_client_id_in_use(&self) -> bool {
        self.cause == "client_id_in_use"
    }

    pub(crate) fn is_version_unsupported(&self) -> bool {
        self.cause == "version_unsupported"
    }

    /// The login is not one that may be used.
    pub(crate) fn is_guarded(&self) -> bool {
        self.cause == "live_guard"
    }
}

/// Why a client's connection is closed by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Its first bytes are not a TWS API greeting.
    NotTheApi,
    /// Its bytes are no frames, or a frame is over the limit.
    Malformed,
    /// It has not said START_API in time.
    HandshakeStalled,
    /// Its client id is another client's.
    ClientIdInUse,
    /// The Gateway could not be reached, or does not let it in.
    NoSession,
    /// The Gateway was lost, and the settings say to close.
    GatewayLost,
    /// The Gateway speaks another version now.
    OtherVersion,
    /// It does not read what it asked for.
    SlowReader,
    /// It has sent too much before its session was there.
    TooMuchTooEarly,
    /// It has sent more than its own limit allows for a minute, and does not stop.
    TooFast,
}

impl Closing {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotTheApi => "its first bytes are not a TWS API greeting",
            Self::Malformed => "its bytes are no frames, or a frame is over the limit",
            Self::HandshakeStalled => "it has not said START_API in time",
            Self::ClientIdInUse => "its client id is in use by another program",
            Self::NoSession => "the Gateway could not be reached, or did not let it in",
            Self::GatewayLost => "the Gateway was lost, and the settings say to close then",
            Self::OtherVersion => "the Gateway speaks another version now",
            Self::SlowReader => "it does not read what it has asked for",
            Self::TooMuchTooEarly => "it has sent too much before its session was there",
            Self::TooFast => "it has sent more messages than its limit allows for a minute without a pause",
        }
    }
}

/// Where the journal has something that a client ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub i64);

/// Names one thing that is being written to the journal, among all that any session of this proxy has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    /// The session, counted over all client ids.
    pub(crate) session: u64,
    /// Counted within it.
    pub(crate) number: u64,
}

/// What a client's message does to orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderAct {
    /// placeOrder: a new order, or a change of one.
    Place,
    /// cancelOrder.
    Cancel,
    /// exerciseOptions.
    Exercise,
    /// A cancel of all orders.
    CancelAll,
}

/// What a client orders, as far as its message could be read: what is durable before its bytes go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderIntent {
    /// Whose.
    pub client_id: ClientId,
    /// The version that it speaks.
    pub server_version: ServerVersion,
    /// What is done.
    pub act: OrderAct,
    /// To which order; `None` for all, or where it could not be read.
    pub order_id: Option<OrderId>,
    /// The client's own reference; this and what follows is empty where it could not be read.
    pub order_ref: String,
    /// The underlying's symbol.
    pub symbol: String,
    /// `BUY`, `SELL` or `SSHORT`.
    pub side: String,
    /// How much.
    pub quantity: Option<Decimal>,
    /// `LMT`, `MKT`, …
    pub order_type: String,
    /// What the Gateway calls the order, where that is known already.
    pub perm_id: Option<PermId>,
}

/// Something that a client ordered when another daemon was here, and of which it is not known what became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastOrder {
    /// Where the journal has it.
    pub entry: EntryId,
    /// What was ordered.
    pub intent: OrderIntent,
    /// Whether the Gateway's lists still reach back to it: they begin at its midnight.
    pub listed: bool,
}

/// What is known of an order that was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderNews {
    /// The Gateway has spoken of it, as it should.
    Acknowledged,
    /// Its bytes never went out.
    NotSent,
    /// Sent, or its cancel was, and the connection broke before the Gateway acknowledged it.
    InDoubt,
    /// It arrived and is open.
    Open,
    /// It is over, with this status.
    Over(String),
    /// It never arrived.
    NeverReceived,
    /// No list tells what became of it: the positions and open orders do.
    Untraceable,
}

impl OrderNews {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Acknowledged => "acknowledged".into(),
            Self::NotSent => "not sent".into(),
            Self::InDoubt => "in doubt: the connection broke before the Gateway acknowledged it".into(),
            Self::Open => "settled: the Gateway has it".into(),
            Self::Over(status) => format!("settled: it is over ({status})"),
            Self::NeverReceived => "settled: the Gateway never received it".into(),
            Self::Untraceable => {
                "left open: no list of the Gateway's tells what became of it; look at the positions and \
                open orders"
                    .into()
            }
        }
    }
}

/// What the core wants done, or tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyEvent {
    /// Open a session with the Gateway, and say how that went.
    Open(OpenUpstream),
    /// Close that session.
    CloseUpstream(UpstreamId),
    /// There are bytes to take by `poll_transmit`.
    Transmit(Peer),
    /// The client may be read from again.
    Readable(ConnectionId),
    /// Close the connection once everything that waits for it is written.
    Close(ConnectionId, Closing),
    /// Make durable that order ids up to here are used; then say what the mark is.
    Mark {
        /// Whose ids.
        client_id: ClientId,
        /// Up to here.
        at_least: OrderId,
    },
    /// Make durable that this is about to be sent; then say so by `handle_recorded`. It is not sent before.
    Intend {
        /// What the answer is to name.
        ticket: Ticket,
        /// What is about to be sent.
        intent: OrderIntent,
    },
    /// Record what is known of an order.
    Record {
        /// Whose order.
        client_id: ClientId,
        /// Which order; `None` for all, or where that could not be read.
        order_id: Option<OrderId>,
        /// What the journal has of it that is not closed yet.
        entries: Vec<EntryId>,
        /// What is known.
        news: OrderNews,
    },
}
