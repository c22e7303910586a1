//! What each method is given.

use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::Order;
use gatewright_proto::session::{SessionSettings, SyncRequest};
use gatewright_proto::{ClientId, OrderId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::health::Market;

/// The methods of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Opens a session; answers when it is ready.
    Connect,
    /// Closes a session in order.
    Disconnect,
    /// Answers at once, without asking the Gateway.
    Ping,
    /// What is known of each layer.
    Health,
    /// The accounts of the login.
    Accounts,
    /// All positions, asked afresh.
    Positions,
    /// Tagged account values, asked afresh.
    AccountSummary,
    /// Historical bars.
    HistoricalBars,
    /// All contracts that match.
    ContractDetails,
    /// Open orders.
    OpenOrders,
    /// Open orders of every client of the login, and those that people placed.
    AllOpenOrders,
    /// Orders that are done, of every client of the login, as far back as the Gateway tells.
    CompletedOrders,
    /// Executions since midnight of the Gateway's day.
    Executions,
    /// Starts a stream of events.
    Subscribe,
    /// Ends a stream of events.
    Unsubscribe,
    /// Places an order; answers at the Gateway's first word about it.
    PlaceOrder,
    /// Cancels an order; answers at the Gateway's first word about it.
    CancelOrder,
    /// Cancels every open order of the login, whoever placed it. Answers when it is written.
    GlobalCancel,
    /// Turns a connection to the worker's socket into a session's frames as they are.
    RawSession,
    /// Names the program, so that it can come back to what it has; the first line on a connection to the worker's socket.
    Attach,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 20] = [
        Self::Connect,
        Self::Disconnect,
        Self::Ping,
        Self::Health,
        Self::Accounts,
        Self::Positions,
        Self::AccountSummary,
        Self::HistoricalBars,
        Self::ContractDetails,
        Self::OpenOrders,
        Self::AllOpenOrders,
        Self::CompletedOrders,
        Self::Executions,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::PlaceOrder,
        Self::CancelOrder,
        Self::GlobalCancel,
        Self::RawSession,
        Self::Attach,
    ];

    /// The method's name on the line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Ping => "ping",
            Self::Health => "health",
            Self::Accounts => "accounts",
            Self::Positions => "positions",
            Self::AccountSummary => "account_summary",
            Self::HistoricalBars => "historical_bars",
            Self::ContractDetails => "contract_details",
            Self::OpenOrders => "open_orders",
            Self::AllOpenOrders => "all_open_orders",
            Self::CompletedOrders => "completed_orders",
            Self::Executions => "executions",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::PlaceOrder => "place_order",
            Self::CancelOrder => "cancel_order",
            Self::GlobalCancel => "global_cancel",
            Self::RawSession => "raw_session",
            Self::Attach => "attach",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// What to do about dead connections that hang in CLOSE_WAIT at the Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZombiePolicy {
    /// Do not connect.
    #[default]
    Abort,
    /// Connect, and say so.
    Warn,
    /// Remove their entries from the kernel's table first, where permitted, and say what that does not do.
    Clean,
}

/// What to do where the port belongs to a program that is neither a Gateway nor a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForeignPolicy {
    /// Connect all the same: tunnels, relays and simulators are such programs, too.
    #[default]
    Allow,
    /// Do not connect. Costs a look at who owns the listener.
    Abort,
}

/// Opens a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectParams {
    /// The Gateway's host.
    pub host: String,
    /// The Gateway's API port.
    pub port: u16,
    /// The client id to take; 0 is valid.
    pub client_id: ClientId,
    /// Refuse every order in this session, and do not ask for open orders while connecting.
    pub readonly: bool,
    /// The longest the whole connection may take, in seconds. Without it, the stages' own deadlines add up to 15.25 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    /// What to do about zombies at the Gateway.
    pub zombies: ZombiePolicy,
    /// How many zombies count.
    pub zombie_threshold: usize,
    /// What to do about a listener that is no Gateway.
    pub foreign: ForeignPolicy,
    /// Allows orders on accounts that are not paper. Needs `account` as well.
    pub live: bool,
    /// The one account that orders may be for. Without it, any paper account of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which requests must be answered before the session is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync: Option<Vec<SyncRequest>>,
    /// Connect again by itself whenever the session is lost, with its subscriptions, until `disconnect`. Asked again for a
    /// session that is kept already, `connect` answers when it is ready.
    pub keep: bool,
    /// Which market data to ask for: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. Without it, the Gateway's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market_data_type: Option<i32>,
}

impl Default for ConnectParams {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 4002,
            client_id: ClientId::new(1),
            readonly: false,
            timeout: None,
            zombies: ZombiePolicy::default(),
            zombie_threshold: 1,
            foreign: ForeignPolicy::default(),
            live: false,
            account: None,
            sync: None,
            keep: false,
            market_data_type: None,
        }
    }
}

/// Names a session, for methods that need nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionParams {
    /// The session's client id; may be left out where there is only one session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
}

/// Asks for historical bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HistoricalBarsParams {
    /// The session's client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// A US stock by symbol, where no contract is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The instrument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// `1 D`, `1800 S`, …
    pub duration: String,
    /// `1 min`, `1 day`, …
    pub bar_size: String,
    /// `TRADES`, `MIDPOINT`, …
    pub what_to_show: String,
    /// Regular trading hours only.
    pub use_rth: bool,
    /// The last moment wanted; empty for now.
    pub end_date_time: String,
    /// 1 for dates as text, 2 for seconds since 1970.
    pub format_date: i32,
}

impl Default for HistoricalBarsParams {
    fn default() -> Self {
        Self {
            client_id: None,
            symbol: None,
            contract: None,
            duration: "2 D".into(),
            bar_size: "5 mins".into(),
            what_to_show: "TRADES".into(),
            use_rth: true,
            end_date_time: String::new(),
            format_date: 1,
        }
    }
}

/// Asks for all contracts that match.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ContractDetailsParams {
    /// The session's client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// What to match.
    pub contract: Contract,
}

/// Asks for executions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExecutionsParams {
    /// The session's client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Only of this account; empty for all.
    pub account: String,
    /// Only of this symbol; empty for all.
    pub symbol: String,
    /// Only from this time on, `YYYYMMDD HH:MM:SS`; empty for all.
    pub time: String,
}

/// The kinds of streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// Market data of one instrument.
    Ticks,
    /// Five-second bars of one instrument.
    Bars,
    /// Values and portfolio of one account. A connection has one such stream: a second account replaces the first.
    Account,
    /// Everything about orders: open orders, status, executions, commissions, refusals.
    Orders,
}

/// Starts a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscribeParams {
    /// The session's client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// What to stream.
    pub kind: StreamKind,
    /// The instrument, for ticks and bars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// The account, for account; empty for the login's first.
    #[serde(default)]
    pub account: String,
    /// Comma-joined generic tick numbers, for ticks.
    #[serde(default)]
    pub generic_ticks: String,
    /// `TRADES`, `MIDPOINT`, `BID`, `ASK`, for bars; empty for `TRADES`.
    #[serde(default)]
    pub what_to_show: String,
    /// Regular trading hours only, for bars.
    #[serde(default)]
    pub use_rth: bool,
    /// Whether the instrument's market is open, for ticks and bars. Only where it is does silence mean anything.
    #[serde(default)]
    pub market: Market,
}

/// Ends a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnsubscribeParams {
    /// The session's client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The number that `subscribe` answered.
    pub subscription: u64,
}

/// Places an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderParams {
    /// The session's client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The order's number; must rise. Without it the worker takes the next one that it knows to be free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The instrument.
    pub contract: Contract,
    /// The order. Without an `account` it is for the login's only one, or the one that `connect` named.
    pub order: Order,
}

/// Cancels an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelOrderParams {
    /// The session's client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// The order.
    pub order_id: OrderId,
}

/// The longest name of a program, in bytes.
pub const MAX_CLIENT_NAME: usize = 128;

/// Names the program. Whoever attaches under the name of a program that has gone, within the parking time, gets its
/// sessions, streams and unanswered requests, and what came for it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachParams {
    /// The name, 1 to 128 bytes.
    pub client: String,
}

/// Opens a session whose frames go through as they are. The first line on a connection to the worker's socket; what
/// follows its answer are records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawSessionParams {
    /// The Gateway's host.
    pub host: String,
    /// The Gateway's API port.
    pub port: u16,
    /// The client id to take; 0 is valid.
    pub client_id: ClientId,
    /// The lowest server version on offer.
    pub min_version: i32,
    /// The highest server version on offer.
    pub max_version: i32,
    /// Connect options such as `+PACEAPI`; empty for none.
    pub connect_options: String,
    /// The capabilities that START_API names; empty for none.
    pub optional_capabilities: String,
    /// What to do about zombies at the Gateway.
    pub zombies: ZombiePolicy,
    /// How many zombies count.
    pub zombie_threshold: usize,
    /// What to do about a listener that is no Gateway.
    pub foreign: ForeignPolicy,
    /// Allows a login with accounts that are not paper. Needs `account` as well.
    pub live: bool,
    /// The account that must be among the login's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Attempt again after a failure whenever recovery allows it, until the deadline. Without it there is one attempt.
    pub keep_trying: bool,
}

impl Default for RawSessionParams {
    /// The Gateway, policies and guard of [`ConnectParams`], and the version of ib_async 2.1.0.
    fn default() -> Self {
        let ConnectParams { host, port, client_id, zombies, zombie_threshold, foreign, live, account, .. } =
            ConnectParams::default();
        let versions = SessionSettings::TEXT_VERSIONS;
        Self {
            host,
            port,
            client_id,
            min_version: versions.min.get(),
            max_version: versions.max.get(),
            connect_options: String::new(),
            optional_capabilities: String::new(),
            zombies,
            zombie_threshold,
            foreign,
            live,
            account,
            keep_trying: false,
        }
    }
}
