//! What a session remembers of what the Gateway has said.

use std::collections::BTreeMap;

use bytes::Bytes;
use gatewright_proto::message::FarmState;

/// What has been said and will be said again.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The frame with the accounts.
    pub(super) accounts: Option<Bytes>,
    /// The newest notice of each farm, in the order in which a Gateway tells them.
    pub(super) farms: BTreeMap<(Family, String), (FarmState, Bytes)>,
    /// The Gateway, or we, have said that IBKR is lost, and nobody has taken that back.
    pub(super) lost: bool,
}

/// What a farm serves, in the order in which a Gateway tells them at the start of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    MarketData,
    Historical,
    SecurityDefinition,
}
