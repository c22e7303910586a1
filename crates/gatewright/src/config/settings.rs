//! What holds, and where each value comes from.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use gatewright_proto::ClientId;
use gatewright_trade::AccountId;

use super::trading::TradingSettings;
use super::value::{
    ClientRate, Listen, OrdersDuringHalt, Outage, ReadOnly, RestartTime, ServerRegion, Span, Webhook, addresses,
};
use crate::endpoint::Endpoint;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody said anything.
    Default,
    /// The file, at this line.
    File(usize),
    /// An environment variable.
    Environment(&'static str),
    /// An argument.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(line) => write!(f, "line {line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// One Gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewaySettings {
    /// What it is called: in reports, and as a folder's name.
    pub(crate) name: Setting<String>,
    /// Its API port.
    pub(crate) address: Setting<Endpoint>,
    /// Whether real money is meant.
    pub(crate) live: Setting<bool>,
    /// The account that is meant.
    pub(crate) account: Setting<Option<String>>,
    /// The daemon's own client id.
    pub(crate) monitor_client_id: Setting<ClientId>,
    /// How many messages a second it gets at most, over all sessions.
    pub(crate) messages_per_second: Setting<u32>,
    /// Where the account's servers stand, which decides when they are reset.
    pub(crate) region: Setting<ServerRegion>,
    /// When it restarts itself each day, where that is known.
    pub(crate) restart: Setting<Option<RestartTime>>,
    /// The port for programs.
    pub(crate) proxy: ProxySettings,
    /// Its manager.
    pub(crate) ibc: Option<IbcSettings>,
}

/// The port for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProxySettings {
    /// Where it is.
    pub(crate) listen: Setting<Listen>,
    /// How long a vanished program's session is kept.
    pub(crate) park: Setting<Span>,
    /// What programs notice when the Gateway goes away.
    pub(crate) outage: Setting<Outage>,
    /// Whose orders are refused.
    pub(crate) read_only: Setting<ReadOnly>,
    /// Which other machines may connect.
    pub(crate) allow: Setting<Vec<IpAddr>>,
    /// What becomes of new orders while trading is halted.
    pub(crate) orders_during_halt: Setting<OrdersDuringHalt>,
    /// How many messages a second one program may send, orders apart.
    pub(crate) messages_per_program: Setting<ClientRate>,
}

/// IBC's command server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IbcSettings {
    /// Where it is.
    pub(crate) address: Setting<Endpoint>,
    /// How often it may be told to restart the Gateway in a day.
    pub(crate) restarts_a_day: Setting<u32>,
    /// How long what proves it to be stuck must last.
    pub(crate) stuck_for: Setting<Span>,
    /// How long it may take to go down once IBC has taken the order, before a human is called.
    pub(crate) down_within: Setting<Span>,
}

/// Who is told when a human has to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlertSettings {
    /// The program that is run, with its arguments; empty for none.
    pub(crate) command: Setting<Vec<String>>,
    /// The URL that is posted to.
    pub(crate) webhook: Setting<Option<Webhook>>,
    /// How long a trouble stays untold before it is told again; zero for ever.
    pub(crate) repeat: Setting<Span>,
}

/// All that `gatewright up` needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The file that was read, if any.
    pub(crate) file: Option<PathBuf>,
    /// The Gateways, never none.
    pub(crate) gateways: Vec<GatewaySettings>,
    /// Where health and metrics are served.
    pub(crate) http: Setting<Listen>,
    /// Who is told when a human has to act.
    pub(crate) alert: AlertSettings,
    /// Where state is kept.
    pub(crate) state_dir: Setting<PathBuf>,
    /// What holds for the trader.
    pub(crate) trading: TradingSettings,
}

impl Settings {
    /// Every setting by its name in the file, as text, with where it comes from. Account ids are masked, and what may hold a
    /// secret is not told.
    pub(crate) fn rows(&self) -> Vec<(String, String, Origin)> {
        let mut rows = Vec::new();
        for gateway in &self.gateways {
            gateway.rows(&mut rows);
        }
        let mut row = |key: &str, value: String, origin: &Origin| rows.push((key.into(), value, origin.clone()));
        row("http.listen", self.http.value.to_string(), &self.http.origin);
        let alert = &self.alert;
        row("alert.command", told_command(&alert.command.value), &alert.command.origin);
        row(
            "alert.webhook",
            or_none(alert.webhook.value.as_ref().map(Webhook::told).as_deref()),
            &alert.webhook.origin,
        );
        row("alert.repeat", alert.repeat.value.to_string(), &alert.repeat.origin);
        row("state.dir", self.state_dir.value.display().to_string(), &self.state_dir.origin);
        self.trading.rows(&mut rows);
        rows
    }
}

impl GatewaySettings {
    fn rows(&self, rows: &mut Vec<(String, String, Origin)>) {
        let head = format!("gateway.{}", self.name.value);
        let mut row =
            |key: &str, value: String, origin: &Origin| rows.push((format!("{head}.{key}"), value, origin.clone()));
        row("address", self.address.value.to_string(), &self.address.origin);
        row("live", self.live.value.to_string(), &self.live.origin);
        row(
            "account",
            or_none(self.account.value.as_ref().map(|account| AccountId::new(account).to_string()).as_deref()),
            &self.account.origin,
        );
        row("monitor_client_id", self.monitor_client_id.value.to_string(), &self.monitor_client_id.origin);
        row("messages_per_second", self.messages_per_second.value.to_string(), &self.messages_per_second.origin);
        row("region", self.region.value.to_string(), &self.region.origin);
        let restart = self.restart.value.as_ref().map(ToString::to_string);
        row("restart", or_none(restart.as_deref()), &self.restart.origin);
        let proxy = &self.proxy;
        row("proxy.listen", proxy.listen.value.to_string(), &proxy.listen.origin);
        row("proxy.park", proxy.park.value.to_string(), &proxy.park.origin);
        row("proxy.outage", proxy.outage.value.to_string(), &proxy.outage.origin);
        row("proxy.read_only", proxy.read_only.value.to_string(), &proxy.read_only.origin);
        row("proxy.allow", addresses(&proxy.allow.value), &proxy.allow.origin);
        let (halt, rate) = (&proxy.orders_during_halt, &proxy.messages_per_program);
        row("proxy.orders_during_halt", halt.value.to_string(), &halt.origin);
        row("proxy.messages_per_program", rate.value.to_string(), &rate.origin);
        if let Some(ibc) = &self.ibc {
            row("ibc.address", ibc.address.value.to_string(), &ibc.address.origin);
            row("ibc.restarts_a_day", ibc.restarts_a_day.value.to_string(), &ibc.restarts_a_day.origin);
            row("ibc.stuck_for", ibc.stuck_for.value.to_string(), &ibc.stuck_for.origin);
            row("ibc.down_within", ibc.down_within.value.to_string(), &ibc.down_within.origin);
        }
    }
}

/// A command without its arguments, which may hold a secret.
fn told_command(command: &[String]) -> String {
    match command {
        [] => "none".into(),
        [program] => program.clone(),
        [program, arguments @ ..] => format!("{program} (and {} arguments)", arguments.len()),
    }
}

fn or_none(text: Option<&str>) -> String {
    text.unwrap_or("none").to_owned()
}
