//! Questions that are asked one after the other, each up to its end marker, as a trader's opening asks them.

use std::collections::VecDeque;

use gatewright_link::protocol::{ExecutionReport, OpenOrderReport};
use gatewright_proto::message::execution::ExecutionsRequest;
use gatewright_proto::message::order::ReqCompletedOrders;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};

use super::super::*;
use super::SYMBOLS;
use super::line::details_message;
use crate::run::opening::GatewayDay;

/// How long each question waits, as in the worker.
const QUESTION_WITHIN: Duration = Duration::from_secs(10);

/// How often positions are asked for until no execution came in between.
const SNAPSHOTS: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Details(&'static str),
    Open,
    Completed,
    Executions,
    Positions,
}

const ORDERS: [Question; 3] = [Question::Open, Question::Completed, Question::Executions];

/// Questions under way, and what was answered so far.
#[derive(Debug)]
pub(super) struct Errand {
    steps: VecDeque<Question>,
    running: Option<(Question, RequestId)>,
    asked_last: Option<Question>,
    pub(super) answers: CompleteAnswers,
    /// How many executions the round before had.
    before: Option<usize>,
    rounds: u32,
    /// When the question under way is given up.
    pub(super) by: Instant,
}

impl Errand {
    /// What has to be known before trading.
    pub(super) fn opening(now: Instant, connection_time: &str) -> Self {
        let day = GatewayDay::from(connection_time, gateway_clock(connection_time));
        let errand = Self::asking(now, day.last_midnight(gateway_clock(connection_time)));
        let details = SYMBOLS.into_iter().map(Question::Details);
        Self { steps: details.chain(ORDERS).collect(), ..errand }
    }

    /// What is asked about orders, where executions reach back to `since`.
    pub(super) fn asking(now: Instant, since: Timestamp) -> Self {
        let answers = CompleteAnswers { executions_since: since, ..CompleteAnswers::default() };
        let by = now + QUESTION_WITHIN;
        Self { steps: ORDERS.into(), running: None, asked_last: None, answers, before: None, rounds: 0, by }
    }

    /// What to say next; nothing where all questions are answered.
    pub(super) fn next(&mut self, now: Instant, id: RequestId) -> Vec<ClientMessage> {
        // Live changes would follow.
        let ends_positions = self.asked_last == Some(Question::Positions);
        let mut messages: Vec<_> = ends_positions.then_some(ClientMessage::CancelPositions).into_iter().collect();
        if self.steps.is_empty() {
            let count = self.answers.executions.len();
            let is_settled = self.before.replace(count) == Some(count);
            if !is_settled && self.rounds < SNAPSHOTS {
                self.rounds += 1;
                self.steps = [Question::Positions].into_iter().chain(ORDERS).collect();
            }
        }
        let Some(question) = self.steps.pop_front() else { return messages };
        self.running = Some((question, id));
        self.asked_last = Some(question);
        self.by = now + QUESTION_WITHIN;
        messages.push(match question {
            Question::Details(symbol) => details_message(id, symbol),
            Question::Open => {
                self.answers.open_orders.clear();
                ClientMessage::ReqOpenOrders
            }
            Question::Completed => {
                self.answers.completed_orders.clear();
                ClientMessage::ReqCompletedOrders(ReqCompletedOrders { api_only: true })
            }
            Question::Executions => {
                self.answers.executions.clear();
                ClientMessage::ReqExecutions(Box::new(ExecutionsRequest { req_id: id, ..ExecutionsRequest::default() }))
            }
            Question::Positions => {
                self.answers.positions.clear();
                ClientMessage::ReqPositions
            }
        });
        messages
    }

    /// Whether a question is under way.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether a message may be part of the answer that is awaited, so that it must not be lost.
    pub(super) fn wants(&self, message: &ServerMessage) -> bool {
        let asked = self.running.map(|(question, _)| question);
        let of_orders = matches!(message, ServerMessage::OpenOrder(_) | ServerMessage::OrderStatus(_));
        let of_costs = matches!(message, ServerMessage::CommissionReport(_));
        (asked == Some(Question::Open) && of_orders) || (asked == Some(Question::Executions) && of_costs)
    }

    /// Takes a message; whether the question under way is answered by it.
    pub(super) fn hear(&mut self, message: &ServerMessage) -> bool {
        let Some((question, id)) = self.running else { return false };
        let ended = match (question, message) {
            (Question::Details(_), ServerMessage::ContractDetailsEnd(of)) => *of == id,
            (Question::Open, ServerMessage::OpenOrder(open)) => {
                self.answers.open_orders.retain(|known| known.order_id != open.order_id);
                self.answers.open_orders.push(OpenOrderReport {
                    order_id: open.order_id,
                    contract: open.contract.clone(),
                    order: open.order.clone(),
                    order_state: open.order_state.clone(),
                    status: None,
                });
                false
            }
            (Question::Open, ServerMessage::OrderStatus(status)) => {
                let known = self.answers.open_orders.iter_mut().filter(|known| known.order_id == status.order_id);
                known.for_each(|known| known.status = Some((**status).clone()));
                false
            }
            (Question::Open, ServerMessage::OpenOrderEnd) => true,
            (Question::Completed, ServerMessage::CompletedOrder(order)) => {
                self.answers.completed_orders.push((**order).clone());
                false
            }
            (Question::Completed, ServerMessage::CompletedOrdersEnd) => true,
            (Question::Executions, ServerMessage::ExecDetails(details)) if details.req_id == id => {
                self.answers.executions.push(ExecutionReport {
                    contract: details.contract.clone(),
                    execution: details.execution.clone(),
                    commission: None,
                });
                false
            }
            (Question::Executions, ServerMessage::CommissionReport(report)) => {
                let of = |known: &&mut ExecutionReport| known.execution.exec_id == report.exec_id;
                let known = self.answers.executions.iter_mut().filter(of);
                known.for_each(|known| known.commission = Some((**report).clone()));
                false
            }
            (Question::Executions, ServerMessage::ExecDetailsEnd(of)) => *of == id,
            (Question::Positions, ServerMessage::Position(position)) => {
                self.answers.positions.push((**position).clone());
                false
            }
            (Question::Positions, ServerMessage::PositionEnd) => true,
            _ => false,
        };
        if ended {
            self.running = None;
        }
        ended
    }
}

fn gateway_clock(connection_time: &str) -> Timestamp {
    crate::gateway_time::parse(connection_time).expect("the simulator writes its clock")
}
