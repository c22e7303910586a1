//! The layers between a program and IBKR, lowest first.

use std::fmt;

use gatewright_proto::session::Stage;

/// One layer. Their order is the order in which they are looked at: what is broken below explains what is above.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerName {
    /// Something listens on the API port.
    Listener,
    /// A TCP connection stands.
    Tcp,
    /// The Gateway names its version, the accounts and the next order id.
    Handshake,
    /// The Gateway answers.
    Session,
    /// The Gateway has IBKR.
    GatewayLink,
    /// No other login of the same user has taken the market data.
    MarketData,
    /// A data farm.
    Farm(String),
    /// A subscription gets what it should.
    Stream(String),
    /// Orders are accepted.
    Trading,
}

impl LayerName {
    /// What hangs on the session, and is unknown without one.
    pub(super) fn is_above_session(&self) -> bool {
        *self > Self::Session
    }

    /// The layer that a stage of connecting proves.
    pub(super) fn of(stage: Stage) -> Self {
        match stage {
            Stage::Inspect => Self::Listener,
            Stage::Dial => Self::Tcp,
            Stage::Negotiate | Stage::Identify => Self::Handshake,
            Stage::Sync | Stage::Ready => Self::Session,
        }
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listener => f.write_str("listener"),
            Self::Tcp => f.write_str("tcp"),
            Self::Handshake => f.write_str("handshake"),
            Self::Session => f.write_str("session"),
            Self::GatewayLink => f.write_str("gateway_link"),
            Self::MarketData => f.write_str("market_data"),
            Self::Farm(name) => write!(f, "farm:{name}"),
            Self::Stream(name) => write!(f, "stream:{name}"),
            Self::Trading => f.write_str("trading"),
        }
    }
}
