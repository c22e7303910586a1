//! What can be asked of a session, and what is answered.

use serde::Serialize;

use crate::protocol::{
    AccountSummaryResult, AccountsResult, BarsResult, CallError, CancelOrderParams, CompletedOrdersResult,
    ConnectedResult, ContractDetailsParams, ContractDetailsResult, DisconnectedResult, Event, ExecutionsParams,
    ExecutionsResult, GlobalCancelResult, HealthResult, HistoricalBarsParams, OpenOrdersResult, OrderParams,
    OrderResult, PingResult, PositionsResult, SubscribeParams, SubscribedResult, UnsubscribedResult,
};

/// Calls that one session takes at a time. Far above what a Gateway's pacing lets through.
pub(crate) const MAX_CALLS: usize = 1024;

/// Streams that one session carries: a Gateway's 100 market data lines by default, with room for larger ones.
pub(crate) const MAX_STREAMS: usize = 1000;

/// Names a call between the exchange and whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId(pub(crate) u64);

/// What can be asked of a session that is ready.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    Accounts,
    Positions,
    AccountSummary,
    HistoricalBars(Box<HistoricalBarsParams>),
    ContractDetails(Box<ContractDetailsParams>),
    OpenOrders,
    AllOpenOrders,
    CompletedOrders,
    Executions(ExecutionsParams),
    Subscribe(Box<SubscribeParams>),
    Unsubscribe(u64),
    PlaceOrder(Box<OrderParams>),
    CancelOrder(CancelOrderParams),
    GlobalCancel,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum CallResult {
    Connected(Box<ConnectedResult>),
    Disconnected(DisconnectedResult),
    Ping(PingResult),
    Health(Box<HealthResult>),
    Accounts(AccountsResult),
    Positions(PositionsResult),
    AccountSummary(AccountSummaryResult),
    Bars(BarsResult),
    ContractDetails(ContractDetailsResult),
    OpenOrders(OpenOrdersResult),
    CompletedOrders(CompletedOrdersResult),
    GlobalCancel(GlobalCancelResult),
    Executions(ExecutionsResult),
    Subscribed(SubscribedResult),
    Unsubscribed(UnsubscribedResult),
    Order(OrderResult),
}

/// What leaves the exchange towards whoever asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    /// A call's end.
    Answer(CallId, Result<CallResult, CallError>),
    /// Something said unasked.
    Event(Event),
}
