//! Requests that carry an id: each collects its own answers until its end marker.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use gatewright_proto::message::account::{AccountSummary, AccountSummaryRequest};
use gatewright_proto::message::contract::{ContractDetails, ContractDetailsRequest};
use gatewright_proto::message::execution::{CommissionReport, ExecDetails, ExecutionsRequest};
use gatewright_proto::message::historical::{HistoricalData, HistoricalDataRequest};
use gatewright_proto::session::SUMMARY_TAGS;
use gatewright_proto::{ClientId, ClientMessage, RequestId};

use super::call::{CallId, CallResult};
use crate::protocol::{
    AccountSummaryResult, BarsResult, CallError, ContractDetailsParams, ContractDetailsResult, ErrorCode,
    ExecutionReport, ExecutionsParams, ExecutionsResult, HistoricalBarsParams,
};

/// Ids of given-up requests that are remembered, so that what still comes for them is known to be late.
const REMEMBERED: usize = 4096;

/// What a request has collected so far.
#[derive(Debug)]
pub(super) enum Collecting {
    Summary(Vec<AccountSummary>),
    Bars { bars: Option<HistoricalData> },
    Details(Vec<ContractDetails>),
    Executions(Vec<ExecutionReport>),
}

#[derive(Debug)]
struct Pending {
    call: CallId,
    deadline: Instant,
    collecting: Collecting,
}

/// The requests in flight that carry an id.
#[derive(Debug, Default)]
pub(super) struct ById {
    pending: BTreeMap<RequestId, Pending>,
    given_up: BTreeSet<RequestId>,
}

impl ById {
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn contains(&self, id: RequestId) -> bool {
        self.pending.contains_key(&id)
    }

    /// Whether this id was asked here and given up since.
    pub(super) fn is_late(&self, id: RequestId) -> bool {
        self.given_up.contains(&id)
    }

    pub(super) fn start(&mut self, id: RequestId, call: CallId, deadline: Instant, collecting: Collecting) {
        let replaced = self.pending.insert(id, Pending { call, deadline, collecting });
        assert!(replaced.is_none(), "request ids are never used twice");
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pending.values().map(|pending| pending.deadline).min()
    }

    /// Gives up what is due; returns the calls and what to send so that the Gateway stops as well.
    pub(super) fn give_up(&mut self, now: Instant) -> Vec<(CallId, Option<ClientMessage>)> {
        let due: Vec<RequestId> =
            self.pending.iter().filter(|(_, pending)| pending.deadline <= now).map(|(id, _)| *id).collect();
        let mut ended = Vec::with_capacity(due.len());
        for id in due {
            if let Some(pending) = self.pending.remove(&id) {
                self.remember(id);
                ended.push((pending.call, pending.collecting.cancel(id)));
            }
        }
        ended
    }

    /// A message could not be read: requests that it may have answered are over. Returns their calls.
    pub(super) fn taint(&mut self, message: Option<i32>) -> Vec<CallId> {
        let hit: Vec<RequestId> = self
            .pending
            .iter()
            .filter(|(_, pending)| message.is_none_or(|message| pending.collecting.is_fed_by(message)))
            .map(|(id, _)| *id)
            .collect();
        hit.into_iter()
            .filter_map(|id| {
                self.remember(id);
                self.pending.remove(&id).map(|pending| pending.call)
            })
            .collect()
    }

    pub(super) fn remember(&mut self, id: RequestId) {
        if self.given_up.len() >= REMEMBERED {
            self.given_up.pop_first();
        }
        self.given_up.insert(id);
    }

    /// Ends everything; returns the calls.
    pub(super) fn drain(&mut self) -> Vec<CallId> {
        std::mem::take(&mut self.pending).into_values().map(|pending| pending.call).collect()
    }

    /// The Gateway answered with an error.
    pub(super) fn fail(&mut self, id: RequestId) -> Option<CallId> {
        self.pending.remove(&id).map(|pending| pending.call)
    }

    pub(super) fn add_summary(&mut self, value: &AccountSummary) {
        if let Some(Collecting::Summary(values)) = self.collecting(value.req_id) {
            values.push(value.clone());
        }
    }

    pub(super) fn add_details(&mut self, value: &ContractDetails) {
        if let Some(Collecting::Details(details)) = self.collecting(value.req_id) {
            details.push(value.clone());
        }
    }

    pub(super) fn add_execution(&mut self, value: &ExecDetails) {
        if let Some(Collecting::Executions(executions)) = self.collecting(value.req_id) {
            executions.push(ExecutionReport {
                contract: value.contract.clone(),
                execution: value.execution.clone(),
                commission: None,
            });
        }
    }

    /// Commission reports carry no request id, only the execution's: they belong to whoever has that execution.
    pub(super) fn add_commission(&mut self, report: &CommissionReport) {
        for pending in self.pending.values_mut() {
            if let Collecting::Executions(executions) = &mut pending.collecting {
                for execution in executions.iter_mut().filter(|known| known.execution.exec_id == report.exec_id) {
                    execution.commission = Some(report.clone());
                }
            }
        }
    }

    /// Keeps the bars; returns whether they are complete already, as they are where no end message follows.
    pub(super) fn add_bars(&mut self, data: HistoricalData) {
        if let Some(Collecting::Bars { bars }) = self.collecting(data.req_id) {
            *bars = Some(data);
        }
    }

    /// The end marker has come.
    pub(super) fn finish(&mut self, id: RequestId) -> Option<(CallId, CallResult)> {
        let pending = self.pending.remove(&id)?;
        let result = match pending.collecting {
            Collecting::Summary(values) => CallResult::AccountSummary(AccountSummaryResult { values }),
            Collecting::Bars { bars } => {
                CallResult::Bars(BarsResult { bars: bars.map(|data| data.bars).unwrap_or_default() })
            }
            Collecting::Details(details) => CallResult::ContractDetails(ContractDetailsResult { details }),
            Collecting::Executions(executions) => CallResult::Executions(ExecutionsResult { executions }),
        };
        Some((pending.call, result))
    }

    fn collecting(&mut self, id: RequestId) -> Option<&mut Collecting> {
        self.pending.get_mut(&id).map(|pending| &mut pending.collecting)
    }
}

impl Collecting {
    /// Whether messages with this id are part of such an answer.
    fn is_fed_by(&self, message: i32) -> bool {
        match self {
            Self::Summary(_) => message == 63,
            Self::Bars { .. } => [17, 108].contains(&message),
            Self::Details(_) => [10, 18].contains(&message),
            Self::Executions(_) => [11, 59].contains(&message),
        }
    }

    fn cancel(&self, id: RequestId) -> Option<ClientMessage> {
        match self {
            Self::Summary(_) => Some(ClientMessage::CancelAccountSummary(id)),
            Self::Bars { .. } => Some(ClientMessage::CancelHistoricalData(id)),
            Self::Details(_) | Self::Executions(_) => None,
        }
    }
}

/// The request for account values.
pub(super) fn summary_request(id: RequestId) -> ClientMessage {
    ClientMessage::ReqAccountSummary(AccountSummaryRequest {
        req_id: id,
        group: "All".into(),
        tags: SUMMARY_TAGS.into(),
    })
}

/// The request for historical bars.
///
/// # Errors
///
/// Where neither a contract nor a symbol is given.
pub(super) fn bars_request(id: RequestId, params: HistoricalBarsParams) -> Result<ClientMessage, CallError> {
    let contract = match (params.contract, params.symbol) {
        (Some(contract), _) => contract,
        (None, Some(symbol)) if !symbol.is_empty() => gatewright_proto::message::contract::Contract::stock(symbol),
        (None, _) => return Err(CallError::new(ErrorCode::InvalidParams, "give a contract or a symbol")),
    };
    Ok(ClientMessage::ReqHistoricalData(Box::new(HistoricalDataRequest {
        req_id: id,
        contract,
        include_expired: false,
        end_date_time: params.end_date_time,
        bar_size: params.bar_size,
        duration: params.duration,
        use_rth: params.use_rth,
        what_to_show: params.what_to_show,
        format_date: params.format_date,
        combo_legs: Vec::new(),
        keep_up_to_date: false,
        options: String::new(),
    })))
}

/// The request for contract details.
pub(super) fn details_request(id: RequestId, params: ContractDetailsParams) -> ClientMessage {
    ClientMessage::ReqContractDetails(Box::new(ContractDetailsRequest {
        req_id: id,
        contract: params.contract,
        include_expired: false,
        sec_id_type: String::new(),
        sec_id: String::new(),
        issuer_id: String::new(),
    }))
}

/// The request for executions of all clients.
pub(super) fn executions_request(id: RequestId, params: ExecutionsParams) -> ClientMessage {
    ClientMessage::ReqExecutions(Box::new(ExecutionsRequest {
        req_id: id,
        client_id: ClientId::new(0),
        account: params.account,
        time: params.time,
        symbol: params.symbol,
        ..ExecutionsRequest::default()
    }))
}
