//! What a kept session asks when it is ready again: its subscriptions under their own numbers, then what became of its
//! orders. Orders themselves are never sent again.

use std::time::Instant;

use gatewright_proto::message::execution::ExecDetails;
use gatewright_proto::session::Failure;
use gatewright_proto::{ClientMessage, RequestId};

use super::by_id::{self, Collecting};
use super::call::{CallId, CallResult, Output};
use super::core::Exchange;
use super::reconcile::{self, COMPLETED_ORDERS, EXECUTIONS, OPEN_ORDERS};
use crate::protocol::{CallError, Event, ExecutionsParams, OrderEvent};

impl Exchange {
    /// The session is ready again. Returns how many subscriptions are made again.
    pub(crate) fn handle_resumed(&mut self, now: Instant) -> usize {
        let replayed = self.streams.replay();
        let subscriptions = replayed.len();
        self.fresh.go_on(now);
        self.messages.extend(replayed);
        self.reconcile.begin(now);
        let deadline = now + reconcile::ROUND;
        if self.read_only {
            // A read-only Gateway answers these with an error and, on some, a dialog; and no order of ours is there.
            self.reconcile.handle_open(Some(&[]), self.client_id);
            self.reconcile.handle_completed(Some(Vec::new()));
        } else {
            if self.open_orders.ask(now, OPEN_ORDERS, deadline) {
                self.messages.push_back(ClientMessage::ReqOpenOrders);
            }
            self.ask_completed_orders(now, COMPLETED_ORDERS, deadline);
        }
        self.request(EXECUTIONS, deadline, Collecting::Executions(Vec::new()), |request| {
            Ok(by_id::executions_request(request, ExecutionsParams::default()))
        });
        subscriptions
    }

    /// The Gateway has forgotten the subscriptions (1101), and the session stands. Returns how many are made again.
    pub(crate) fn renew_streams(&mut self) -> usize {
        let mut renewed = 0;
        for subscription in self.streams.with_requests() {
            renewed += usize::from(self.renew_stream(subscription));
        }
        let account = self.streams.account_request();
        renewed += usize::from(account.is_some());
        self.messages.extend(account);
        renewed
    }

    /// Asks for one subscription anew, under another request of the Gateway's and the same number of the program's.
    pub(super) fn renew_stream(&mut self, subscription: u64) -> bool {
        let Ok(request) = self.take_request_id() else { return false };
        let Some((old, messages)) = self.streams.renew(subscription, request) else { return false };
        // What still comes for it, such as that there is nothing to cancel, is late.
        self.by_id.remember(old);
        self.messages.extend(messages);
        true
    }

    /// The connection is gone, and another will be made: calls end, subscriptions stay.
    pub(crate) fn handle_failure(&mut self, now: Instant, failure: &Failure) {
        self.board.handle_failure(now, failure);
        self.handle_lost(failure);
        self.messages.clear();
        self.fresh.pause(now);
        self.reconcile.handle_lost();
    }

    /// An answer to a question of the exchange's own.
    pub(super) fn handle_own_answer(&mut self, call: CallId, result: Result<CallResult, CallError>) {
        match (call, result) {
            (OPEN_ORDERS, Ok(CallResult::OpenOrders(open))) => {
                self.reconcile.handle_open(Some(&open.orders), self.client_id);
            }
            (OPEN_ORDERS, _) => self.reconcile.handle_open(None, self.client_id),
            (COMPLETED_ORDERS, Ok(CallResult::CompletedOrders(done))) => {
                self.reconcile.handle_completed(Some(done.orders));
            }
            (COMPLETED_ORDERS, _) => self.reconcile.handle_completed(None),
            (_, Ok(CallResult::Executions(executions))) => {
                for news in self.reconcile.handle_executions(Some(executions.executions)) {
                    let details =
                        ExecDetails { req_id: RequestId::NONE, contract: news.contract, execution: news.execution };
                    self.order_event(&OrderEvent::Execution(Box::new(details)));
                    if let Some(commission) = news.commission {
                        self.order_event(&OrderEvent::Commission(commission));
                    }
                }
            }
            (_, _) => drop(self.reconcile.handle_executions(None)),
        }
    }

    /// Tells what became of the orders, once that is known.
    pub(super) fn settle_reconcile(&mut self, now: Instant) {
        if let Some(reconciled) = self.reconcile.poll(now, self.client_id) {
            self.outputs.push_back(Output::Event(Event::Reconciled(reconciled)));
        }
    }
}
