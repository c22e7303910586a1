//! What a program does while it is there, by the seed's choice.

use std::time::Duration;

use gatewright_proto::message::contract::{Contract, ContractDetailsRequest};
use gatewright_proto::message::historical::{HistoricalDataRequest, RealTimeBarsRequest};
use gatewright_proto::message::order::{Action, CancelOrder, GlobalCancel, Order, PlaceOrder};
use gatewright_proto::message::start::ReqIds;
use gatewright_proto::{ClientMessage, OrderId, RequestId};
use rust_decimal::Decimal;

use super::{Client, Pace, Question};
use crate::chance::Chance;

/// Streams that a lively program wants: as many as make cancels and replays meet.
const MOST_STREAMS: usize = 3;

/// Orders that a program leaves open: a month of it must not fill the Gateway.
const MOST_OPEN: usize = 20;

/// Histories that a program asks for before it stops reading: each has some 80 000 bytes.
const HISTORIES: i32 = 4;

impl Client {
    pub(super) fn act(&mut self, at: Duration, chance: &mut Chance) {
        match chance.below(8) {
            0 => self.subscribe(),
            1 => {
                if let Some(id) = self.memory.streams.pop_first() {
                    self.say(&ClientMessage::CancelRealTimeBars(RequestId::new(id)));
                }
            }
            2 => {
                let req_id = RequestId::new(self.next_request());
                self.memory.questions.insert(Question::Id(req_id.get()), at);
                let request = ContractDetailsRequest {
                    req_id,
                    contract: Contract::stock("AAPL"),
                    ..ContractDetailsRequest::default()
                };
                self.say(&ClientMessage::ReqContractDetails(Box::new(request)));
            }
            3 => {
                self.memory.questions.entry(Question::OpenOrders).or_insert(at);
                self.say(&ClientMessage::ReqOpenOrders);
            }
            4 => {
                self.memory.questions.entry(Question::Ids).or_insert(at);
                self.say(&ClientMessage::ReqIds(ReqIds { count: 1 }));
            }
            5 => {
                if let Some(id) = self.memory.placed.pop() {
                    self.say(&ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(id))));
                }
            }
            // A month's prices are worth working out for the hours in which something happens only.
            6 if self.pace == Pace::Leisurely => {}
            6 => {
                let action = if chance.one_in(2) { Action::Buy } else { Action::Sell };
                // More than what is offered at once, so that some fill in parts.
                let quantity = Decimal::from(1 + chance.below(500));
                self.order(at, Order::market(action, quantity));
            }
            _ if self.pace == Pace::Leisurely => {
                // Working orders would make the Gateway look at their prices every second of a month.
                self.memory.placed.clear();
                self.say(&ClientMessage::ReqGlobalCancel(GlobalCancel::default()));
            }
            _ if self.memory.placed.len() >= MOST_OPEN => {
                let id = self.memory.placed.remove(0);
                self.say(&ClientMessage::CancelOrder(CancelOrder::new(OrderId::new(id))));
            }
            // It does not fill.
            _ => {
                let id = self.order(at, Order::limit(Action::Buy, Decimal::ONE, Decimal::ONE));
                self.memory.placed.extend(id);
            }
        }
    }

    pub(super) fn subscribe(&mut self) {
        let most = if self.pace == Pace::Leisurely { self.calm_streams } else { MOST_STREAMS };
        if self.memory.streams.len() >= most {
            return;
        }
        let id = self.next_request();
        self.memory.streams.insert(id);
        self.memory.ever.insert(id);
        let request = RealTimeBarsRequest {
            req_id: RequestId::new(id),
            contract: Contract::stock("MSFT"),
            bar_size: 5,
            what_to_show: "TRADES".into(),
            ..RealTimeBarsRequest::default()
        };
        self.say(&ClientMessage::ReqRealTimeBars(Box::new(request)));
    }

    /// An order, as programs number them: upwards from what they were handed.
    fn order(&mut self, at: Duration, mut order: Order) -> Option<i32> {
        let id = self.memory.next_order?;
        self.memory.next_order = Some(id + 1);
        self.orders += 1;
        order.order_ref = format!("{}-{}", self.id, self.orders);
        self.memory.unanswered_orders.insert(id, at);
        self.memory.book.handle_placed(OrderId::new(id), &order.order_ref);
        let place = PlaceOrder::new(OrderId::new(id), Contract::stock("AAPL"), order);
        self.say(&ClientMessage::PlaceOrder(Box::new(place)));
        Some(id)
    }

    /// It asks for much and does not read the answers.
    pub(crate) fn stop_reading(&mut self, at: Duration) {
        if !self.is_ready() || !self.reads() {
            return;
        }
        for _ in 0..HISTORIES {
            let req_id = RequestId::new(self.next_request());
            self.memory.questions.insert(Question::Id(req_id.get()), at);
            self.memory.histories.push(req_id.get());
            let request = HistoricalDataRequest {
                req_id,
                contract: Contract::stock("NVDA"),
                bar_size: "1 min".into(),
                duration: "1 D".into(),
                what_to_show: "TRADES".into(),
                format_date: 2,
                ..HistoricalDataRequest::default()
            };
            self.say(&ClientMessage::ReqHistoricalData(Box::new(request)));
        }
        self.unread = Some(Vec::new());
    }

    /// What it has not got by the time it reads again it does not want any more.
    pub(super) fn give_up_histories(&mut self) {
        for id in std::mem::take(&mut self.memory.histories) {
            if self.memory.questions.remove(&Question::Id(id)).is_some() {
                self.say(&ClientMessage::CancelHistoricalData(RequestId::new(id)));
            }
        }
    }

    fn next_request(&mut self) -> i32 {
        self.memory.next_request += 1;
        self.memory.next_request
    }
}
