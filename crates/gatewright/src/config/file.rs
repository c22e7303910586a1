//! The file's sections, as they stand in it. Every value knows its place, so that whatever is wrong with it is shown there.

use std::net::IpAddr;

use gatewright_proto::ClientId;
use serde::Deserialize;
use toml::Spanned;

use super::trading::{RiskSection, TradeSection};
use super::value::{ClientRate, ReadOnly};

/// All of `gatewright.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The Gateways.
    #[serde(default)]
    pub(crate) gateway: Vec<GatewaySection>,
    /// Health and metrics.
    pub(crate) http: Option<HttpSection>,
    /// Who is told when a human has to act.
    pub(crate) alert: Option<AlertSection>,
    /// Where state is kept.
    pub(crate) state: Option<StateSection>,
    /// Limits that refuse the trader's orders.
    pub(crate) risk: Option<RiskSection>,
    /// How the trader trades.
    pub(crate) trade: Option<TradeSection>,
}

/// One Gateway.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewaySection {
    /// What it is called in reports.
    pub(crate) name: Option<Spanned<String>>,
    /// Its API port, `HOST:PORT`.
    pub(crate) address: Option<Spanned<String>>,
    /// Whether real money is meant.
    pub(crate) live: Option<Spanned<bool>>,
    /// The account that is meant.
    pub(crate) account: Option<Spanned<String>>,
    /// The daemon's own client id.
    pub(crate) monitor_client_id: Option<Spanned<ClientId>>,
    /// How many messages a second it gets at most.
    pub(crate) messages_per_second: Option<Spanned<u32>>,
    /// Where the account's servers stand.
    pub(crate) region: Option<Spanned<String>>,
    /// When it restarts itself each day.
    pub(crate) restart: Option<Spanned<String>>,
    /// The port for programs.
    pub(crate) proxy: Option<ProxySection>,
    /// Its manager.
    pub(crate) ibc: Option<IbcSection>,
}

/// The port for programs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxySection {
    /// Where it is, or `off`.
    pub(crate) listen: Option<Spanned<String>>,
    /// How long a vanished program's session is kept.
    pub(crate) park: Option<Spanned<String>>,
    /// `hold` or `close`.
    pub(crate) outage: Option<Spanned<String>>,
    /// Whose orders are refused.
    pub(crate) read_only: Option<Spanned<ReadOnly>>,
    /// Which other machines may connect.
    pub(crate) allow: Option<Spanned<Vec<IpAddr>>>,
    /// `refuse` or `pass`.
    pub(crate) orders_during_halt: Option<Spanned<String>>,
    /// How many messages a second one program may send.
    pub(crate) messages_per_program: Option<Spanned<ClientRate>>,
}

/// IBC's command server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IbcSection {
    /// Where it is, `HOST:PORT`.
    pub(crate) address: Spanned<String>,
    /// How often it may be told to restart the Gateway in a day.
    pub(crate) restarts_a_day: Option<Spanned<u32>>,
    /// How long what proves it to be stuck must last.
    pub(crate) stuck_for: Option<Spanned<String>>,
    /// How long the Gateway may take to go down once IBC has taken the order.
    pub(crate) down_within: Option<Spanned<String>>,
}

/// Health and metrics.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpSection {
    /// Where they are served, or `off`.
    pub(crate) listen: Option<Spanned<String>>,
}

/// Who is told when a human has to act.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertSection {
    /// A program with its arguments.
    pub(crate) command: Option<Spanned<Vec<String>>>,
    /// A URL that is posted to.
    pub(crate) webhook: Option<Spanned<String>>,
    /// How soon it is told again.
    pub(crate) repeat: Option<Spanned<String>>,
}

/// Where state is kept.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSection {
    /// The folder.
    pub(crate) dir: Option<Spanned<String>>,
}
