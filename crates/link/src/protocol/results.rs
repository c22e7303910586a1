//! What each method answers.

use std::collections::BTreeMap;

use gatewright_proto::message::account::{AccountSummary, Position};
use gatewright_proto::message::contract::{Contract, ContractDetails};
use gatewright_proto::message::execution::{CommissionReport, Execution};
use gatewright_proto::message::historical::Bar;
use gatewright_proto::message::order::{CompletedOrder, Order, OrderState, OrderStatus};
use gatewright_proto::session::Stage;
use gatewright_proto::{ClientId, OrderId, PermId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rpc::RpcId;
use crate::health::Diagnosis;
use crate::pacing::PacingReport;
use crate::recovery::RecoveryReport;

/// One stage's time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageMs {
    /// The stage.
    pub stage: Stage,
    /// Milliseconds from entering to leaving it.
    pub ms: f64,
}

/// The session is ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectedResult {
    /// Always true: a failure is an error, not a value.
    pub connected: bool,
    /// The client id that was taken.
    pub client_id: ClientId,
    /// `HOST:PORT`.
    pub gateway: String,
    /// The negotiated server version.
    pub server_version: i32,
    /// The Gateway's clock and zone, as it wrote them.
    pub connection_time: String,
    /// The accounts, never empty.
    pub accounts: Vec<String>,
    /// The lowest order id that the Gateway will accept.
    pub next_valid_id: OrderId,
    /// Whether the Gateway showed itself to be read-only.
    pub read_only: bool,
    /// Each stage's time, in order.
    pub stages: Vec<StageMs>,
    /// All stages together, in milliseconds.
    pub total_ms: f64,
    /// What was noticed and did not prevent the connection.
    pub warnings: Vec<String>,
}

/// The session is closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DisconnectedResult {
    /// Always true.
    pub disconnected: bool,
    /// Sockets of ours that the Gateway still held in CLOSE_WAIT after closing; `null` where it cannot be seen.
    pub left_in_close_wait: Option<usize>,
}

/// The worker lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PingResult {
    /// Always true.
    pub pong: bool,
    /// The worker's version.
    pub version: String,
    /// The worker's process id.
    pub pid: u32,
    /// Milliseconds since the worker started.
    pub uptime_ms: u64,
    /// The longest that the worker's own loop was late in the last minute, in milliseconds.
    pub loop_lag_ms: f64,
}

/// What is known of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerState {
    /// It is well, and there is evidence.
    Yes,
    /// It is not, and there is evidence.
    No,
    /// There is no evidence. Never read this as *no*.
    Unknown,
}

/// One layer's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// Well or not.
    pub state: LayerState,
    /// Milliseconds since that has been so; `null` for unknown.
    pub since_ms: Option<u64>,
    /// What tells us.
    pub evidence: String,
}

/// One session's health.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionHealth {
    /// The client id.
    pub client_id: ClientId,
    /// `HOST:PORT`.
    pub gateway: String,
    /// Whether calls can be made.
    pub connected: bool,
    /// The layers: `listener`, `tcp`, `handshake`, `session`, `gateway_link`, `market_data`, `farm:…`, `stream:…`,
    /// `trading`.
    pub layers: BTreeMap<String, Layer>,
    /// What is wrong first, and who has to act.
    pub diagnosis: Diagnosis,
    /// Answers that came too late for anyone to want them.
    pub late_answers: u64,
    /// Messages that broke their layout and were passed over.
    pub undecodable: u64,
    /// Stream items that were dropped since the reader was too slow.
    pub dropped: u64,
    /// The numbers of its streams.
    pub subscriptions: Vec<u64>,
}

/// What is known of everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthResult {
    /// The worker's own part.
    pub worker: PingResult,
    /// Each session.
    pub sessions: Vec<SessionHealth>,
    /// Where the Gateway's recovery stands; `null` while no session is wanted that it is about: kept and raw ones are.
    pub recovery: Option<RecoveryReport>,
    /// What was sent and what waits, over all sessions.
    pub pacing: PacingReport,
}

/// The accounts of the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountsResult {
    /// The accounts.
    pub accounts: Vec<String>,
}

/// All positions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PositionsResult {
    /// The positions; an empty list means that the Gateway said so.
    pub positions: Vec<Position>,
}

/// Tagged account values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSummaryResult {
    /// The values.
    pub values: Vec<AccountSummary>,
}

/// Historical bars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BarsResult {
    /// The bars, oldest first.
    pub bars: Vec<Bar>,
}

/// Contracts that match.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ContractDetailsResult {
    /// The contracts.
    pub details: Vec<ContractDetails>,
}

/// One open order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenOrderReport {
    /// The order's number.
    pub order_id: OrderId,
    /// The instrument.
    pub contract: Contract,
    /// The order.
    pub order: Order,
    /// What the Gateway says of its margin, commission and state.
    pub order_state: OrderState,
    /// Where it stands, where a status was sent.
    pub status: Option<OrderStatus>,
}

/// Open orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenOrdersResult {
    /// The orders.
    pub orders: Vec<OpenOrderReport>,
}

/// Orders that are done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompletedOrdersResult {
    /// The orders; none has an order id, so `orderRef` and `permId` say which each is.
    pub orders: Vec<CompletedOrder>,
}

/// The cancellation of everything is on its way. No answer follows it: each order's own status tells what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GlobalCancelResult {
    /// Always true.
    pub written: bool,
}

/// One execution with what it cost, where that is known already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionReport {
    /// The instrument.
    pub contract: Contract,
    /// The execution.
    pub execution: Execution,
    /// Its cost.
    pub commission: Option<CommissionReport>,
}

/// Executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionsResult {
    /// The executions.
    pub executions: Vec<ExecutionReport>,
}

/// A stream has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscribedResult {
    /// The number that its events carry.
    pub subscription: u64,
}

/// A stream has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnsubscribedResult {
    /// Whether there was such a stream.
    pub ended: bool,
}

/// The Gateway's first word about an order that was placed or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderResult {
    /// The order's number.
    pub order_id: OrderId,
    /// Its number over the account, where known yet.
    pub perm_id: Option<PermId>,
    /// The Gateway's status, for example `PreSubmitted`.
    pub status: String,
}

/// The program is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachResult {
    /// Its name.
    pub client: String,
    /// Whether something of it was still here.
    pub resumed: bool,
    /// For how long it was away, in milliseconds; `null` for a program that is new.
    pub away_ms: Option<u64>,
    /// Its sessions. `health` has their subscriptions' numbers.
    pub sessions: Vec<ClientId>,
    /// Its requests that are not answered yet. Their answers come under these ids, as if it had never been away.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub in_flight: Vec<RpcId>,
    /// Ticks, bars and account changes that were dropped while it was away. Everything else follows.
    pub dropped: u64,
}

/// A raw session is open. What follows on the stream are records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RawOpened {
    /// The negotiated server version.
    pub server_version: i32,
    /// The Gateway's clock and zone, as it wrote them.
    pub connection_time: String,
    /// The accounts, never empty.
    pub accounts: Vec<String>,
    /// The lowest order id that the Gateway will accept.
    pub next_valid_id: OrderId,
    /// What was noticed and did not prevent the connection.
    pub warnings: Vec<String>,
}
