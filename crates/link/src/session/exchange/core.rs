//! The exchange itself: takes calls, and gives each its deadline and its end.

use std::collections::VecDeque;
use std::time::Instant;

use gatewright_proto::message::account::Position;
use gatewright_proto::message::market_data::MarketDataTypeRequest;
use gatewright_proto::message::order::{CancelOrder, CompletedOrder, GlobalCancel, PlaceOrder, ReqCompletedOrders};
use gatewright_proto::session::{Failure, ReadyReport};
use gatewright_proto::{ClientId, ClientMessage, RequestId};

use super::by_id::{self, ById, Collecting};
use super::call::{Call, CallId, CallResult, MAX_CALLS, Output};
use super::fresh::Fresh;
use super::guard::Guard;
use super::orders::{Action, Orders};
use super::reconcile::{COMPLETED_ORDERS, EXECUTIONS, OPEN_ORDERS, Reconcile};
use super::single::Single;
use super::streams::Streams;
use crate::health::{HealthBoard, HealthReport};
use crate::protocol::{
    AccountsResult, CallError, CancelOrderParams, ConnectParams, ErrorCode, Event, GlobalCancelResult, LayerState,
    OpenOrderReport, OrderParams, SessionHealth, StreamKind, SubscribeParams, SubscribedResult, TicksEvent,
    UnsubscribedResult,
};

/// Request ids begin here, far above the order ids of any Gateway: errors name both in one number space.
const FIRST_REQUEST_ID: RequestId = RequestId::new(1_000_000_000);

/// How far request ids stay above the next order id.
const ORDERS_OF_A_SESSION: i32 = 100_000_000;

/// Where request ids begin at the latest, with a hundred million of them left.
const LAST_FIRST_REQUEST_ID: i32 = 2_000_000_000;

/// Calls and answers of one ready session.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(super) client_id: ClientId,
    pub(super) accounts: Vec<String>,
    pub(super) read_only: bool,
    pub(super) guard: Guard,
    pub(super) next_request: RequestId,
    pub(super) by_id: ById,
    pub(super) positions: Single<Position>,
    pub(super) open_orders: Single<OpenOrderReport>,
    /// Which question about open orders was asked last: for this client's, or for everybody's.
    pub(super) open_orders_question: ClientMessage,
    pub(super) completed_orders: Single<CompletedOrder>,
    pub(super) orders: Orders,
    pub(super) streams: Streams,
    pub(crate) board: HealthBoard,
    pub(super) reconcile: Reconcile,
    pub(super) fresh: Fresh,
    /// Which kind of market data to ask for, before any subscription.
    market_data_type: Option<i32>,
    pub(super) late: u64,
    pub(super) outputs: VecDeque<Output>,
    pub(super) messages: VecDeque<ClientMessage>,
}

impl Exchange {
    /// Begins before the session is ready, so that what the Gateway says early is heard.
    pub(crate) fn new(params: &ConnectParams) -> Self {
        Self {
            client_id: params.client_id,
            accounts: Vec::new(),
            read_only: params.readonly,
            guard: Guard::new(params),
            next_request: FIRST_REQUEST_ID,
            by_id: ById::default(),
            positions: Single::default(),
            open_orders: Single::default(),
            open_orders_question: ClientMessage::ReqOpenOrders,
            completed_orders: Single::default(),
            orders: Orders::default(),
            streams: Streams::default(),
            board: HealthBoard::default(),
            reconcile: Reconcile::default(),
            fresh: Fresh::default(),
            market_data_type: params.market_data_type,
            late: 0,
            outputs: VecDeque::new(),
            messages: VecDeque::new(),
        }
    }

    /// The session is ready: calls may come.
    pub(crate) fn handle_ready(&mut self, now: Instant, report: &ReadyReport) {
        self.accounts.clone_from(&report.accounts);
        self.orders.raise(report.next_valid_id);
        // Errors name both kinds of ids in one number space, so they must not meet.
        let above_orders = report.next_valid_id.get().saturating_add(ORDERS_OF_A_SESSION).min(LAST_FIRST_REQUEST_ID);
        self.next_request = self.next_request.max(RequestId::new(above_orders));
        if self.read_only {
            self.board.handle_trading(now, LayerState::No, "the session was opened read-only");
        } else if report.read_only {
            self.board.handle_trading(now, LayerState::No, "321: the Gateway is read-only");
        }
        let kind = self.market_data_type.map(|market_data_type| MarketDataTypeRequest { market_data_type });
        self.messages.extend(kind.map(ClientMessage::ReqMarketDataType));
    }

    /// Calls in flight.
    pub(crate) fn in_flight(&self) -> usize {
        let without_id = self.positions.len() + self.open_orders.len() + self.completed_orders.len();
        self.by_id.len() + without_id + self.orders.len()
    }

    /// Takes a call; it will end by `deadline` at the latest. `subscription` is the number for a stream, if it is one.
    pub(crate) fn call(&mut self, now: Instant, id: CallId, call: Call, deadline: Instant) {
        if self.in_flight() >= MAX_CALLS {
            let error = CallError::new(ErrorCode::Overloaded, format!("{MAX_CALLS} calls are in flight already"));
            return self.answer(id, Err(error));
        }
        match call {
            Call::Accounts => {
                self.answer(id, Ok(CallResult::Accounts(AccountsResult { accounts: self.accounts.clone() })));
            }
            Call::Positions => {
                if self.positions.ask(now, id, deadline) {
                    self.messages.push_back(ClientMessage::ReqPositions);
                }
            }
            Call::OpenOrders => self.ask_open_orders(now, id, deadline, &ClientMessage::ReqOpenOrders),
            Call::AllOpenOrders => self.ask_open_orders(now, id, deadline, &ClientMessage::ReqAllOpenOrders),
            Call::CompletedOrders => self.ask_completed_orders(now, id, deadline),
            Call::AccountSummary => self
                .request(id, deadline, Collecting::Summary(Vec::new()), |request| Ok(by_id::summary_request(request))),
            Call::HistoricalBars(params) => {
                self.request(id, deadline, Collecting::Bars { bars: None }, |request| {
                    by_id::bars_request(request, *params)
                });
            }
            Call::ContractDetails(params) => {
                self.request(id, deadline, Collecting::Details(Vec::new()), |request| {
                    Ok(by_id::details_request(request, *params))
                });
            }
            Call::Executions(params) => self.request(id, deadline, Collecting::Executions(Vec::new()), |request| {
                Ok(by_id::executions_request(request, params))
            }),
            Call::Subscribe(params) => self.subscribe(now, id, *params),
            Call::Unsubscribe(subscription) => self.unsubscribe(id, subscription),
            Call::PlaceOrder(params) => self.place(id, *params, deadline),
            Call::CancelOrder(params) => self.cancel(id, &params, deadline),
            Call::GlobalCancel => self.cancel_everything(id),
        }
    }

    /// The time of [`Exchange::poll_timeout`] has come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let late = || CallError::new(ErrorCode::Deadline, "the Gateway did not answer within the call's deadline");
        for (call, cancel) in self.by_id.give_up(now) {
            self.messages.extend(cancel);
            self.answer(call, Err(late()));
        }
        let due = self.positions.give_up(now).into_iter().chain(self.open_orders.give_up(now));
        for call in due.chain(self.completed_orders.give_up(now)).collect::<Vec<_>>() {
            self.answer(call, Err(late()));
        }
        for (call, result) in self.orders.give_up(now) {
            self.answer(call, result);
        }
        self.settle_reconcile(now);
        self.fresh.handle_timeout(now);
        self.tell_streams();
    }

    /// The session is over: every call ends now.
    pub(crate) fn handle_lost(&mut self, failure: &Failure) {
        self.end_all(|| CallError::session(ErrorCode::Lost, failure));
    }

    /// We close the session: every call ends now.
    pub(crate) fn handle_closing(&mut self) {
        self.end_all(|| CallError::new(ErrorCode::ShuttingDown, "the session is being closed"));
    }

    fn end_all(&mut self, lost: impl Fn() -> CallError) {
        let calls = self.by_id.drain().into_iter().chain(self.positions.drain()).chain(self.open_orders.drain());
        for call in calls.chain(self.completed_orders.drain()).collect::<Vec<_>>() {
            self.answer(call, Err(lost()));
        }
        for (call, result) in self.orders.drain() {
            self.answer(call, result);
        }
    }

    /// When [`Exchange::handle_timeout`] wants to be called.
    pub(crate) fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let without_id = [self.positions.deadline(), self.open_orders.deadline(), self.completed_orders.deadline()];
        without_id
            .into_iter()
            .chain([self.by_id.deadline(), self.orders.deadline()])
            .chain([self.reconcile.deadline(), self.fresh.poll_timeout().map(|(due, _)| due)])
            .flatten()
            .min()
            .map(|deadline| (deadline, "deadline of a call"))
    }

    /// The next message for the Gateway.
    pub(crate) fn poll_message(&mut self) -> Option<ClientMessage> {
        self.messages.pop_front()
    }

    /// The next answer or event.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether ticks wait to be taken.
    pub(crate) fn has_batches(&self) -> bool {
        self.streams.has_batches()
    }

    /// Hands each stream's ticks to `write`, which returns whether it took them.
    pub(crate) fn take_batches(&mut self, write: impl FnMut(&TicksEvent) -> bool) {
        self.streams.take_batches(write);
    }

    /// An event that may be dropped found no room.
    pub(crate) fn drop_event(&mut self, event: &Event) {
        self.streams.drop_event(event);
    }

    /// What is known, for `health`.
    pub(crate) fn health(&mut self, now: Instant, gateway: String) -> SessionHealth {
        self.note_streams(now);
        let HealthReport { layers, diagnosis } = self.board.report(now);
        SessionHealth {
            client_id: self.client_id,
            gateway,
            connected: true,
            layers,
            diagnosis,
            late_answers: self.late,
            undecodable: 0,
            dropped: self.streams.dropped(),
            subscriptions: self.streams.numbers(),
        }
    }

    /// Asks for open orders of one scope. Both scopes are answered by the same messages without an id, so a question of
    /// the other scope has to wait for this one's end.
    fn ask_open_orders(&mut self, now: Instant, id: CallId, deadline: Instant, question: &ClientMessage) {
        if self.open_orders.is_running() && self.open_orders_question != *question {
            let text = "the other kind of question about open orders is being answered; ask again after it";
            return self.answer(id, Err(CallError::new(ErrorCode::Overloaded, text)));
        }
        self.open_orders_question = question.clone();
        if self.open_orders.ask(now, id, deadline) {
            self.messages.push_back(question.clone());
        }
    }

    /// Asks for orders that are done and came through the API. Those that people placed are nobody's here.
    pub(super) fn ask_completed_orders(&mut self, now: Instant, id: CallId, deadline: Instant) {
        if self.completed_orders.ask(now, id, deadline) {
            self.messages.push_back(ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: true }));
        }
    }

    pub(super) fn request(
        &mut self,
        call: CallId,
        deadline: Instant,
        collecting: Collecting,
        message: impl FnOnce(RequestId) -> Result<ClientMessage, CallError>,
    ) {
        let id = match self.take_request_id() {
            Ok(id) => id,
            Err(error) => return self.answer(call, Err(error)),
        };
        match message(id) {
            Ok(message) => {
                self.by_id.start(id, call, deadline, collecting);
                self.messages.push_back(message);
            }
            Err(error) => self.answer(call, Err(error)),
        }
    }

    pub(super) fn take_request_id(&mut self) -> Result<RequestId, CallError> {
        let id = self.next_request;
        let text = "request ids are used up; connect again";
        self.next_request = id.next().ok_or_else(|| CallError::new(ErrorCode::Overloaded, text))?;
        Ok(id)
    }

    fn subscribe(&mut self, now: Instant, call: CallId, params: SubscribeParams) {
        // The call's own number is unique in the worker, so that streams of several sessions cannot be mistaken.
        let subscription = call.0;
        let watched = matches!(params.kind, StreamKind::Ticks | StreamKind::Bars).then_some(params.market);
        let begun = self
            .take_request_id()
            .and_then(|request| self.streams.start(subscription, request, params, &self.accounts));
        match begun {
            Ok(message) => {
                self.messages.extend(message);
                if let Some(market) = watched {
                    self.fresh.started(now, subscription, market);
                }
                self.answer(call, Ok(CallResult::Subscribed(SubscribedResult { subscription })));
            }
            Err(error) => self.answer(call, Err(error)),
        }
    }

    fn unsubscribe(&mut self, call: CallId, subscription: u64) {
        let ended = self.end_stream(subscription);
        self.messages.extend(ended.clone().flatten());
        self.answer(call, Ok(CallResult::Unsubscribed(UnsubscribedResult { ended: ended.is_some() })));
    }

    /// Ends a stream; returns what to tell the Gateway, or `None` where there is no such stream.
    pub(super) fn end_stream(&mut self, subscription: u64) -> Option<Option<ClientMessage>> {
        self.fresh.ended(subscription);
        self.board.handle_stream_ended(&subscription.to_string());
        self.streams.stop(subscription)
    }

    fn place(&mut self, call: CallId, params: OrderParams, deadline: Instant) {
        if self.read_only {
            let error = CallError::new(ErrorCode::ReadOnly, "this session was opened read-only");
            return self.answer(call, Err(error));
        }
        let begun = self.guard.account(&params.order.account, &self.accounts).and_then(|account| {
            let id = self.orders.number(params.order_id)?;
            self.orders.start(id, call, deadline, Action::Place)?;
            Ok((id, account))
        });
        match begun {
            Ok((id, account)) => {
                let mut order = params.order;
                // Said outright, so that the order goes where it was checked to go.
                order.account = account;
                let message = PlaceOrder::new(id, params.contract, order);
                self.messages.push_back(ClientMessage::PlaceOrder(Box::new(message)));
            }
            Err(error) => self.answer(call, Err(error)),
        }
    }

    fn cancel(&mut self, call: CallId, params: &CancelOrderParams, deadline: Instant) {
        if self.read_only {
            let error = CallError::new(ErrorCode::ReadOnly, "this session was opened read-only");
            return self.answer(call, Err(error));
        }
        match self.orders.start(params.order_id, call, deadline, Action::Cancel) {
            Ok(()) => self.messages.push_back(ClientMessage::CancelOrder(CancelOrder::new(params.order_id))),
            Err(error) => self.answer(call, Err(error)),
        }
    }

    /// Cancels what every client and every person has open. It reaches all accounts, so all must be allowed.
    fn cancel_everything(&mut self, call: CallId) {
        if self.read_only {
            let error = CallError::new(ErrorCode::ReadOnly, "this session was opened read-only");
            return self.answer(call, Err(error));
        }
        if let Err(error) = self.guard.whole_login(&self.accounts) {
            return self.answer(call, Err(error));
        }
        self.messages.push_back(ClientMessage::ReqGlobalCancel(GlobalCancel::default()));
        self.answer(call, Ok(CallResult::GlobalCancel(GlobalCancelResult { written: true })));
    }

    pub(super) fn answer(&mut self, call: CallId, result: Result<CallResult, CallError>) {
        if [OPEN_ORDERS, COMPLETED_ORDERS, EXECUTIONS].contains(&call) {
            return self.handle_own_answer(call, result);
        }
        self.outputs.push_back(Output::Answer(call, result));
    }
}
