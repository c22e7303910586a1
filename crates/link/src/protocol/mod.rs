//! The worker's protocol: JSON-RPC 2.0, one object a line. These types are its only definition; the JSON Schema in
//! `docs/` is generated from them.
//!
//! - `record` – what a raw session's stream consists of
//! - `rpc` – the lines themselves: requests, answers, notifications
//! - `params` – what each method is given
//! - `results` – what each method answers
//! - `events` – what a worker says unasked
//! - `failure` – why a method failed: code, cause, who acts, what to do
//! - `schema` – all of it as one JSON Schema
//! - `seed` – the older line form of `{"command": …}`

mod events;
mod failure;
mod params;
pub(crate) mod record;
mod results;
mod rpc;
mod schema;
mod seed;

pub use events::{
    AccountEvent, Event, FinishedOrder, FreshnessReport, NoticeEvent, OrderEvent, Reconciled, SessionInterrupted,
    SessionLost, SessionResumed, StageEvent, StreamEnded, Tick, TicksEvent,
};
pub use events::{BarEvent, TickText};
pub use failure::{CallError, ErrorCode, ErrorData};
pub use params::{
    AttachParams, CancelOrderParams, ConnectParams, ContractDetailsParams, ExecutionsParams, ForeignPolicy,
    HistoricalBarsParams, MAX_CLIENT_NAME, Method, OrderParams, RawSessionParams, SessionParams, StreamKind,
    SubscribeParams, UnsubscribeParams, ZombiePolicy,
};
pub use results::{
    AccountSummaryResult, AccountsResult, AttachResult, BarsResult, CompletedOrdersResult, ConnectedResult,
    ContractDetailsResult, DisconnectedResult, ExecutionReport, ExecutionsResult, GlobalCancelResult, HealthResult,
    Layer, LayerState, OpenOrderReport, OpenOrdersResult, OrderResult, PingResult, PositionsResult, RawOpened,
    SessionHealth, StageMs, SubscribedResult, UnsubscribedResult,
};
pub use rpc::{Answer, Incoming, Line, MAX_LINE, RequestLine, RpcId};
pub use schema::protocol_schema;
pub use seed::{SEED_COMMANDS, SeedAnswer, SeedCommand, SeedError};
