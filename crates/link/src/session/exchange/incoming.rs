//! Messages of the Gateway, handed to whoever waits for them.

use std::time::Instant;

use gatewright_proto::message::account::Position;
use gatewright_proto::message::execution::Execution;
use gatewright_proto::message::historical::HistoricalData;
use gatewright_proto::message::order::{OpenOrder, ReqCompletedOrders};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, Connectivity, classify};
use gatewright_proto::{ClientId, ClientMessage, OrderId, RequestId, ServerMessage};
use tracing::debug;

use super::call::{CallResult, Output};
use super::core::Exchange;
use super::orders::Ended;
use crate::pacing::Hearing;
use crate::protocol::{
    AccountEvent, CallError, CompletedOrdersResult, ErrorCode, Event, LayerState, NoticeEvent, OpenOrderReport,
    OpenOrdersResult, OrderEvent, PositionsResult, StreamEnded, Tick, TickText,
};

impl Exchange {
    /// Takes a message of the Gateway.
    pub(crate) fn handle_message(&mut self, now: Instant, message: ServerMessage) {
        self.take(now, message);
        self.settle_reconcile(now);
        self.tell_streams();
    }

    fn take(&mut self, now: Instant, message: ServerMessage) {
        match message {
            ServerMessage::TickPrice(tick) => {
                self.tick(now, tick.req_id, Tick(tick.tick_type, tick.price, tick.size));
            }
            ServerMessage::TickSize(tick) => self.tick(now, tick.req_id, Tick(tick.tick_type, None, tick.size)),
            ServerMessage::TickGeneric(tick) => self.tick(now, tick.req_id, Tick(tick.tick_type, tick.value, None)),
            ServerMessage::TickString(tick) => {
                let known = self.streams.text(tick.req_id, TickText(tick.tick_type, tick.value));
                self.saw_data(now, known);
            }
            ServerMessage::RealTimeBar(bar) => {
                let event = self.streams.bar(&bar);
                let subscription = self.streams.of_request(bar.req_id);
                self.saw_data(now, subscription);
                self.outputs.extend(event.map(Output::Event));
            }
            ServerMessage::Error(error) => self.handle_error(now, &error),
            ServerMessage::Position(position) => {
                // One that changes while all are being told is told twice; the last word holds.
                let (con_id, account) = (position.contract.con_id, &position.account);
                let other = |known: &Position| known.contract.con_id != con_id || known.account != *account;
                if con_id.get() != 0 {
                    self.positions.collected_mut().retain(other);
                }
                self.positions.add(*position);
            }
            ServerMessage::PositionEnd => self.end_positions(),
            ServerMessage::OpenOrder(open) => self.handle_open_order(*open),
            ServerMessage::OpenOrderEnd => self.end_open_orders(now),
            ServerMessage::OrderStatus(status) => {
                if status.client_id == self.client_id {
                    self.reconcile.status(&status);
                    let ended = self.orders.status(&status);
                    self.end_order(ended);
                }
                for report in self.open_orders.collected_mut() {
                    if report.order_id == status.order_id && report.order.client_id == status.client_id {
                        report.status = Some((*status).clone());
                    }
                }
                self.order_event(&OrderEvent::Status(*status));
            }
            ServerMessage::ExecDetails(exec) => {
                self.by_id.add_execution(&exec);
                if exec.req_id == RequestId::NONE {
                    self.reconcile.executed(&exec.execution.exec_id);
                    self.orders.saw(own_order(&exec.execution, self.client_id));
                    self.order_event(&OrderEvent::Execution(exec));
                }
            }
            ServerMessage::CommissionReport(report) => {
                self.by_id.add_commission(&report);
                self.order_event(&OrderEvent::Commission(*report));
            }
            ServerMessage::CompletedOrder(order) => self.completed_orders.add(*order),
            ServerMessage::CompletedOrdersEnd => self.end_completed_orders(),
            ServerMessage::AccountSummary(value) => self.by_id.add_summary(&value),
            ServerMessage::ContractDetails(details) => self.by_id.add_details(&details),
            ServerMessage::HistoricalData(data) => self.handle_bars(data),
            ServerMessage::AccountSummaryEnd(id) => {
                if self.by_id.contains(id) {
                    self.messages.push_back(ClientMessage::CancelAccountSummary(id));
                }
                self.end_request(id);
            }
            ServerMessage::ContractDetailsEnd(id) | ServerMessage::ExecDetailsEnd(id) => self.end_request(id),
            ServerMessage::HistoricalDataEnd(end) => self.end_request(end.req_id),
            ServerMessage::NextValidId(next) => self.orders.raise(next.order_id),
            ServerMessage::ManagedAccounts(managed) => self.accounts = managed.accounts,
            ServerMessage::AccountValue(_)
            | ServerMessage::PortfolioValue(_)
            | ServerMessage::AccountDownloadEnd(_) => self.handle_account(message),
            ServerMessage::AccountUpdateTime(_)
            | ServerMessage::CurrentTime(_)
            | ServerMessage::TickSnapshotEnd(_)
            | ServerMessage::MarketDataType(_)
            | ServerMessage::TickReqParams(_)
            | ServerMessage::AccountUpdateMulti(_)
            | ServerMessage::AccountUpdateMultiEnd(_)
            | ServerMessage::HistoricalDataUpdate(_)
            | ServerMessage::MarketDepth(_)
            | ServerMessage::MarketDepthL2(_)
            | ServerMessage::NewsBulletin(_)
            | ServerMessage::ReceiveFa(_)
            | ServerMessage::BondContractDetails(_)
            | ServerMessage::ScannerParameters(_)
            | ServerMessage::ScannerData(_)
            | ServerMessage::TickOptionComputation(_)
            | ServerMessage::TickEfp(_)
            | ServerMessage::FundamentalData(_)
            | ServerMessage::DeltaNeutralValidation(_)
            | ServerMessage::VerifyMessageApi(_)
            | ServerMessage::VerifyCompleted(_)
            | ServerMessage::DisplayGroupList(_)
            | ServerMessage::DisplayGroupUpdated(_)
            | ServerMessage::VerifyAndAuthMessageApi(_)
            | ServerMessage::VerifyAndAuthCompleted(_)
            | ServerMessage::PositionMulti(_)
            | ServerMessage::PositionMultiEnd(_)
            | ServerMessage::SecDefOptParams(_)
            | ServerMessage::SecDefOptParamsEnd(_)
            | ServerMessage::SoftDollarTiers(_)
            | ServerMessage::FamilyCodes(_)
            | ServerMessage::SymbolSamples(_)
            | ServerMessage::MktDepthExchanges(_)
            | ServerMessage::SmartComponents(_)
            | ServerMessage::NewsArticle(_)
            | ServerMessage::TickNews(_)
            | ServerMessage::NewsProviders(_)
            | ServerMessage::HistoricalNews(_)
            | ServerMessage::HistoricalNewsEnd(_)
            | ServerMessage::HeadTimestamp(_)
            | ServerMessage::HistogramData(_)
            | ServerMessage::RerouteMktDataReq(_)
            | ServerMessage::RerouteMktDepthReq(_)
            | ServerMessage::MarketRule(_)
            | ServerMessage::Pnl(_)
            | ServerMessage::PnlSingle(_)
            | ServerMessage::HistoricalTicks(_)
            | ServerMessage::HistoricalTicksBidAsk(_)
            | ServerMessage::HistoricalTicksLast(_)
            | ServerMessage::TickByTick(_)
            | ServerMessage::OrderBound(_)
            | ServerMessage::ReplaceFaEnd(_)
            | ServerMessage::WshMetaData(_)
            | ServerMessage::WshEventData(_)
            | ServerMessage::HistoricalSchedule(_)
            | ServerMessage::UserInfo(_)
            | ServerMessage::CurrentTimeInMillis(_)
            | ServerMessage::Unknown { .. } => {}
        }
    }

    /// A message could not be read: every answer that it may have been part of ends in an error, since what is left of
    /// it would pass for the whole.
    pub(crate) fn handle_undecodable(&mut self, message: Option<i32>) {
        let any = message.is_none();
        let is = |ids: &[i32]| any || message.is_some_and(|message| ids.contains(&message));
        if is(&[POSITION]) {
            self.positions.taint();
        }
        if is(&[ORDER_STATUS, OPEN_ORDER]) {
            self.open_orders.taint();
        }
        if is(&[COMPLETED_ORDER]) {
            self.completed_orders.taint();
        }
        for call in self.by_id.taint(message) {
            self.answer(call, Err(undecodable()));
        }
    }

    fn tick(&mut self, now: Instant, request: RequestId, tick: Tick) {
        let known = self.streams.tick(request, tick);
        self.saw_data(now, known);
    }

    fn handle_error(&mut self, now: Instant, error: &ErrorMessage) {
        self.board.handle_notice(now, error.code, &error.text);
        if let CodeClass::Connectivity(change) = classify(error.code, &error.text) {
            match change {
                Connectivity::Lost | Connectivity::Broken => self.fresh.pause(now),
                Connectivity::RestoredDataLost | Connectivity::RestoredDataKept => self.fresh.go_on(now),
                Connectivity::PortReset => {}
            }
        }
        let ended = self.orders.error(error);
        let was_order = ended.is_some();
        self.end_order(ended);
        let order_id = OrderId::new(error.id.get());
        if was_order || self.orders.knows(order_id) {
            return self.order_event(&OrderEvent::Message { order_id, code: error.code, text: error.text.clone() });
        }
        if !Hearing::advises(error) {
            if let Some(call) = self.by_id.fail(error.id) {
                return self.answer(call, Err(CallError::gateway(error.code, &error.text)));
            }
            if let Some(subscription) = self.streams.of_request(error.id) {
                self.end_stream(subscription);
                let failure = *CallError::gateway(error.code, &error.text).data;
                let ended = StreamEnded { subscription, failure };
                return self.outputs.push_back(Output::Event(Event::StreamEnded(ended)));
            }
        }
        if self.by_id.is_late(error.id) {
            self.late += 1;
            debug!(id = error.id.get(), code = error.code, "late error dropped");
            return;
        }
        self.outputs.push_back(Output::Event(Event::Notice(NoticeEvent {
            client_id: self.client_id,
            id: error.id,
            code: error.code,
            text: error.text.clone(),
        })));
    }

    fn handle_open_order(&mut self, open: OpenOrder) {
        if open.order.client_id == self.client_id {
            self.reconcile.opened(&open);
            let ended = self.orders.opened(&open);
            self.end_order(ended);
        }
        let OpenOrder { order_id, contract, order, order_state, .. } = open;
        if self.open_orders.is_running() {
            let report = OpenOrderReport {
                order_id,
                contract: contract.clone(),
                order: order.clone(),
                order_state: order_state.clone(),
                status: None,
            };
            let known = self.open_orders.collected_mut();
            known.retain(|other| other.order_id != order_id || other.order.perm_id != order.perm_id);
            known.push(report);
        }
        self.order_event(&OrderEvent::Open {
            order_id,
            contract: Box::new(contract),
            order: Box::new(order),
            order_state: Box::new(order_state),
        });
    }

    fn handle_bars(&mut self, data: HistoricalData) {
        let id = data.req_id;
        // Servers that announce an end message leave the range out here.
        let complete = !data.end.is_empty();
        self.by_id.add_bars(data);
        if complete {
            self.end_request(id);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "called for the three account messages only")]
    fn handle_account(&mut self, message: ServerMessage) {
        let event = |subscription| AccountEvent { subscription, value: None, portfolio: None, complete: None };
        let events =
            match message {
                ServerMessage::AccountValue(value) => self.streams.account(&value.account, |subscription| {
                    AccountEvent { value: Some((*value).clone()), ..event(subscription) }
                }),
                ServerMessage::PortfolioValue(value) => self.streams.account(&value.account, |subscription| {
                    AccountEvent { portfolio: Some((*value).clone()), ..event(subscription) }
                }),
                ServerMessage::AccountDownloadEnd(end) => self.streams.account(&end.account, |subscription| {
                    AccountEvent { complete: Some(end.account.clone()), ..event(subscription) }
                }),
                _ => Vec::new(),
            };
        self.outputs.extend(events.into_iter().map(Output::Event));
    }

    fn end_request(&mut self, id: RequestId) {
        match self.by_id.finish(id) {
            Some((call, result)) => self.answer(call, Ok(result)),
            None if self.by_id.is_late(id) => self.late += 1,
            None => {}
        }
    }

    fn end_positions(&mut self) {
        let Some(round) = self.positions.finish() else { return };
        // The answer is followed by live changes; without them the next question gets a whole answer again.
        self.messages.push_back(ClientMessage::CancelPositions);
        if round.again {
            self.messages.push_back(ClientMessage::ReqPositions);
        }
        self.late += u64::from(round.callers.is_empty());
        for call in round.callers {
            let positions = round.collected.clone();
            let result = CallResult::Positions(PositionsResult { positions });
            self.answer(call, if round.tainted { Err(undecodable()) } else { Ok(result) });
        }
    }

    fn end_open_orders(&mut self, now: Instant) {
        let Some(round) = self.open_orders.finish() else { return };
        if round.again {
            self.messages.push_back(self.open_orders_question.clone());
        }
        self.late += u64::from(round.callers.is_empty());
        if !self.read_only && !round.tainted {
            // A read-only API refuses the question (321) or never answers it.
            self.board.handle_trading(now, LayerState::Yes, "questions about open orders are answered");
        }
        for call in round.callers {
            let orders = round.collected.clone();
            let result = CallResult::OpenOrders(OpenOrdersResult { orders });
            self.answer(call, if round.tainted { Err(undecodable()) } else { Ok(result) });
        }
    }

    fn end_completed_orders(&mut self) {
        let Some(round) = self.completed_orders.finish() else { return };
        if round.again {
            self.messages.push_back(ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: true }));
        }
        self.late += u64::from(round.callers.is_empty());
        for call in round.callers {
            let orders = round.collected.clone();
            let result = CallResult::CompletedOrders(CompletedOrdersResult { orders });
            self.answer(call, if round.tainted { Err(undecodable()) } else { Ok(result) });
        }
    }

    fn end_order(&mut self, ended: Option<Ended>) {
        if let Some((call, result)) = ended {
            self.answer(call, result);
        }
    }

    pub(super) fn order_event(&mut self, event: &OrderEvent) {
        self.outputs.extend(self.streams.orders(event).into_iter().map(Output::Event));
    }
}

const ORDER_STATUS: i32 = 3;
const OPEN_ORDER: i32 = 5;
const POSITION: i32 = 61;
const COMPLETED_ORDER: i32 = 101;

fn undecodable() -> CallError {
    let text = "part of the Gateway's answer could not be read, so that what is left of it is not the answer";
    CallError::new(ErrorCode::Undecodable, text)
}

/// The order's number if it is this client's, else none: other clients number theirs on their own.
fn own_order(execution: &Execution, client_id: ClientId) -> OrderId {
    if execution.client_id == client_id { execution.order_id } else { OrderId::new(0) }
}
