//! The requests that prove that a Gateway answers, sent together, each with its end marker.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, RequestId};
use crate::message::ClientMessage;
use crate::message::ServerMessage;
use crate::message::account::{AccountSummaryRequest, AccountUpdatesRequest};
use crate::message::execution::ExecutionsRequest;

/// The request id of the executions asked for while syncing; far above any order id a Gateway hands out.
pub const SYNC_EXECUTIONS_ID: RequestId = RequestId::new(999_999_998);

/// The request id of the account values asked for while syncing.
pub const SYNC_SUMMARY_ID: RequestId = RequestId::new(999_999_999);

/// The account values that are asked for.
pub const SUMMARY_TAGS: &str = "AccountType,NetLiquidation,TotalCashValue,SettledCash,BuyingPower,EquityWithLoanValue,\
GrossPositionValue,InitMarginReq,MaintMarginReq,AvailableFunds,ExcessLiquidity,Cushion,UnrealizedPnL,RealizedPnL";

/// IBKR's code for requests that a setting of the Gateway forbids.
const CODE_VALIDATION: i32 = 321;

/// One of the requests of the sync stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncRequest {
    /// All positions.
    Positions,
    /// This client's open orders.
    OpenOrders,
    /// Executions since midnight of the Gateway's day.
    Executions,
    /// Account values.
    AccountValues,
    /// The Gateway's clock, asked when nothing else is.
    CurrentTime,
}

impl SyncRequest {
    /// What is asked for by default.
    pub const ALL: [Self; 4] = [Self::Positions, Self::OpenOrders, Self::Executions, Self::AccountValues];

    /// The request's name as it stands in JSON and in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Positions => "positions",
            Self::OpenOrders => "open_orders",
            Self::Executions => "executions",
            Self::AccountValues => "account_values",
            Self::CurrentTime => "current_time",
        }
    }

    /// What to send. Account values are asked for in both ways that there are: each has been seen to go without its end
    /// marker, and either one's proves as much.
    pub(crate) fn messages(self, account: &str) -> Vec<ClientMessage> {
        match self {
            Self::Positions => vec![ClientMessage::ReqPositions],
            Self::OpenOrders => vec![ClientMessage::ReqOpenOrders],
            Self::Executions => vec![ClientMessage::ReqExecutions(Box::new(ExecutionsRequest {
                req_id: SYNC_EXECUTIONS_ID,
                client_id: ClientId::new(0),
                ..ExecutionsRequest::default()
            }))],
            Self::AccountValues => vec![
                account_updates(true, account),
                ClientMessage::ReqAccountSummary(AccountSummaryRequest {
                    req_id: SYNC_SUMMARY_ID,
                    group: "All".into(),
                    tags: SUMMARY_TAGS.into(),
                }),
            ],
            Self::CurrentTime => vec![ClientMessage::ReqCurrentTime],
        }
    }

    /// What ends the streams that an answered request leaves behind, so that a later one starts afresh.
    pub(crate) fn cancels(self, account: &str) -> Vec<ClientMessage> {
        match self {
            Self::Positions => vec![ClientMessage::CancelPositions],
            Self::AccountValues => {
                vec![account_updates(false, account), ClientMessage::CancelAccountSummary(SYNC_SUMMARY_ID)]
            }
            Self::OpenOrders | Self::Executions | Self::CurrentTime => Vec::new(),
        }
    }

    fn from_index(index: usize) -> Option<Self> {
        [Self::Positions, Self::OpenOrders, Self::Executions, Self::AccountValues, Self::CurrentTime]
            .get(index)
            .copied()
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for SyncRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn account_updates(subscribe: bool, account: &str) -> ClientMessage {
    ClientMessage::ReqAccountUpdates(AccountUpdatesRequest { subscribe, account: account.to_owned() })
}

/// Which requests of the sync stage still wait for their end marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outstanding(u8);

impl Outstanding {
    pub(crate) fn new(requests: &[SyncRequest]) -> Self {
        Self(requests.iter().fold(0, |bits, request| bits | request.bit()))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn first(self) -> Option<SyncRequest> {
        SyncRequest::from_index(self.0.trailing_zeros() as usize)
    }

    /// Strikes the request that this message answers in full, and returns it.
    pub(crate) fn strike(&mut self, message: &ServerMessage) -> Option<Answered> {
        let answered = answers(message)?;
        if self.0 & answered.request.bit() == 0 {
            return None;
        }
        self.0 &= !answered.request.bit();
        Some(answered)
    }
}

/// A request that got its final answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) request: SyncRequest,
    /// The answer was the Gateway's refusal because it is read-only.
    pub(crate) read_only: bool,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other messages answer no sync request, whatever is added")]
fn answers(message: &ServerMessage) -> Option<Answered> {
    let done = |request| Some(Answered { request, read_only: false });
    match message {
        ServerMessage::PositionEnd => done(SyncRequest::Positions),
        ServerMessage::OpenOrderEnd => done(SyncRequest::OpenOrders),
        ServerMessage::ExecDetailsEnd(id) if *id == SYNC_EXECUTIONS_ID => done(SyncRequest::Executions),
        ServerMessage::AccountSummaryEnd(id) if *id == SYNC_SUMMARY_ID => done(SyncRequest::AccountValues),
        ServerMessage::AccountDownloadEnd(_) => done(SyncRequest::AccountValues),
        ServerMessage::CurrentTime(_) => done(SyncRequest::CurrentTime),
        // A read-only Gateway refuses open orders without naming the request.
        ServerMessage::Error(error) if error.code == CODE_VALIDATION && error.text.contains("Read-Only") => {
            Some(Answered { request: SyncRequest::OpenOrders, read_only: true })
        }
        // A refusal is an answer, too: the Gateway serves, if not this.
        ServerMessage::Error(error) if error.id == SYNC_EXECUTIONS_ID => done(SyncRequest::Executions),
        _ => None,
    }
}
