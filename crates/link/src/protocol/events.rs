//! What a worker says unasked, as notifications.

use gatewright_proto::ClientId;
use gatewright_proto::message::account::{AccountValue, PortfolioValue};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::{CommissionReport, ExecDetails};
use gatewright_proto::message::historical::RealTimeBar;
use gatewright_proto::message::order::{Order, OrderState, OrderStatus};
use gatewright_proto::session::Stage;
use gatewright_proto::{OrderId, PermId, RequestId};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failure::ErrorData;
use crate::health::Freshness;
use crate::recovery::{RecoveryEvent, RecoveryReport};

/// One number of a tick stream, written as an array `[tickType, value, size]`; absent numbers are `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tick(
    /// The TWS API's tick type: 1 bid, 2 ask, 4 last, 0 bid size, 3 ask size, 5 last size, 8 volume, …
    pub i32,
    /// The price or number; `null` for sizes alone, and where there is no quote.
    #[schemars(with = "Option<f64>")]
    pub Option<Decimal>,
    /// The size, where there is one.
    #[schemars(with = "Option<f64>")]
    pub Option<Decimal>,
);

/// One text of a tick stream, written as an array `[tickType, text]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TickText(
    /// The TWS API's tick type, for example 45 last timestamp.
    pub i32,
    /// The text.
    pub String,
);

/// Ticks of one stream, all that arrived together, in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TicksEvent {
    /// The stream.
    pub subscription: u64,
    /// Ticks of this stream that were dropped since its start because the reader was too slow.
    #[serde(default)]
    pub dropped: u64,
    /// The ticks.
    pub ticks: Vec<Tick>,
    /// The texts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TickText>,
}

/// One five-second bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BarEvent {
    /// The stream.
    pub subscription: u64,
    /// Bars of this stream that were dropped since its start because the reader was too slow.
    #[serde(default)]
    pub dropped: u64,
    /// The bar.
    pub bar: RealTimeBar,
}

/// A change in an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountEvent {
    /// The stream.
    pub subscription: u64,
    /// A value, where one changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<AccountValue>,
    /// A position's value, where one changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<PortfolioValue>,
    /// The account, once all its values have been sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<String>,
}

/// Something about an order. These events are never dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OrderEvent {
    /// The order as the Gateway knows it.
    Open {
        /// The order's number.
        order_id: OrderId,
        /// The instrument.
        contract: Box<Contract>,
        /// The order.
        order: Box<Order>,
        /// What the Gateway says of its margin, commission and state.
        order_state: Box<OrderState>,
    },
    /// Where the order stands.
    Status(OrderStatus),
    /// An execution.
    Execution(Box<ExecDetails>),
    /// What an execution cost.
    Commission(CommissionReport),
    /// An error or a warning that names an order. The code tells whether the order lives.
    Message {
        /// The order's number.
        order_id: OrderId,
        /// IBKR's code.
        code: i32,
        /// The text.
        text: String,
    },
}

/// A stage of a connection has passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageEvent {
    /// The session.
    pub client_id: ClientId,
    /// The stage.
    pub stage: Stage,
    /// Milliseconds from entering to leaving it.
    pub ms: f64,
}

/// A notice, warning or error of the Gateway that belongs to no call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeEvent {
    /// The session.
    pub client_id: ClientId,
    /// The request or order that it names; −1 for none.
    pub id: RequestId,
    /// IBKR's code.
    pub code: i32,
    /// The text.
    pub text: String,
}

/// A ready session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionLost {
    /// The session.
    pub client_id: ClientId,
    /// How, who has to act, what to do.
    pub failure: ErrorData,
}

/// A kept session is not ready any more. It is connected again by itself; its streams stand, and say nothing meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionInterrupted {
    /// The session.
    pub client_id: ClientId,
    /// How that came about.
    pub failure: ErrorData,
}

/// A kept session is ready again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionResumed {
    /// The session.
    pub client_id: ClientId,
    /// `HOST:PORT`; the port may have changed.
    pub gateway: String,
    /// The negotiated server version.
    pub server_version: i32,
    /// The lowest order id that the Gateway will accept now; it may be lower than before.
    pub next_valid_id: OrderId,
    /// For how long the session was not ready, in milliseconds.
    pub down_ms: f64,
    /// Subscriptions that are made again at the Gateway, under their own numbers.
    pub subscriptions: usize,
}

/// What has become of a kept session's orders while it was away. Executions that are news were told as `order` events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reconciled {
    /// The session.
    pub client_id: ClientId,
    /// Whether every question was answered. Where not, nothing is said to be missing.
    pub complete: bool,
    /// Orders of this client that are open, as far as is known.
    pub open_orders: Vec<OrderId>,
    /// Orders that were open before and are done.
    pub finished: Vec<FinishedOrder>,
    /// Orders that were open before, and are neither open nor among those that are done. They are not sent again.
    pub missing: Vec<OrderId>,
    /// Executions that were not known before.
    pub new_executions: usize,
}

/// A stream whose data should come and does not although it was asked for again, or comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FreshnessReport {
    /// The stream.
    pub subscription: u64,
    /// What it is now.
    pub freshness: Freshness,
    /// For how long nothing came, in milliseconds; `null` where data comes.
    pub silent_ms: Option<u64>,
}

/// An order that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FinishedOrder {
    /// The order's number.
    pub order_id: OrderId,
    /// Its number over the account.
    pub perm_id: PermId,
    /// The Gateway's status, for example `Filled`.
    pub status: String,
}

/// A stream ended that was not asked to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StreamEnded {
    /// The stream.
    pub subscription: u64,
    /// Why.
    pub failure: ErrorData,
}

/// Everything that a worker says unasked. The variant's name is the notification's method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", content = "params", rename_all = "snake_case")]
pub enum Event {
    /// A stage of a connection has passed.
    Stage(StageEvent),
    /// Ticks of a stream.
    Ticks(TicksEvent),
    /// A bar of a stream.
    Bar(Box<BarEvent>),
    /// A change in an account.
    Account(Box<AccountEvent>),
    /// Something about an order.
    Order {
        /// The stream.
        subscription: u64,
        /// What.
        event: OrderEvent,
    },
    /// A notice of the Gateway.
    Notice(NoticeEvent),
    /// A session is over.
    SessionLost(SessionLost),
    /// A stream is over.
    StreamEnded(StreamEnded),
    /// Where recovery stands has changed, or its cause has.
    Recovery(Box<RecoveryReport>),
    /// A kept session is not ready any more.
    SessionInterrupted(SessionInterrupted),
    /// A kept session is ready again.
    SessionResumed(SessionResumed),
    /// What has become of its orders.
    Reconciled(Reconciled),
    /// A stream is silent although it should not be, or speaks again.
    Freshness(FreshnessReport),
    /// Something else that recovery says: a farm that is down or back, a port that moved, a session that is stuck.
    RecoveryEvent(RecoveryEvent),
}
