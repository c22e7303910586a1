//! One session of the trader with the Gateway, and what its worker does in it, in a few lines: the session machine and the
//! health board are the worker's own, calls end by the same words of the Gateway.

use std::collections::BTreeMap;

use gatewright_link::LinkError;
use gatewright_link::health::HealthBoard;
use gatewright_proto::message::contract::ContractDetailsRequest;
use gatewright_proto::message::historical::RealTimeBarsRequest;
use gatewright_proto::message::order::{CancelOrder, PlaceOrder};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, classify};
use gatewright_proto::session::{ReadyReport, Session, SessionEvent, SessionSettings, Stage};
use gatewright_proto::{ClientMessage, RequestId, ServerMessage, VersionRange};
use gatewright_sim::core::ConnId;

use super::super::*;
use super::SYMBOLS;
use super::errand::Errand;
use crate::gateway_time;

/// How long a call waits for the Gateway's word, as in the worker.
const CALL_WITHIN: Duration = Duration::from_secs(10);

/// Request ids begin above order ids, as in the worker.
const FIRST_REQUEST: i32 = 1_000_000;

/// What a call about an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Place,
    Cancel,
}

/// What is handed over.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Place(Box<PlaceOrder>),
    Cancel(CancelOrder),
}

/// The orderRef and the symbol of an order that bytes place.
pub(super) type Placed = (String, String);

/// A session that is being opened or is open.
pub(super) struct Line {
    pub(super) conn: ConnId,
    pub(super) session: Session,
    pub(super) board: HealthBoard,
    pub(super) report: Option<Box<ReadyReport>>,
    /// Whether the trader was told that it can trade.
    pub(super) trades: bool,
    next_request: i32,
    /// Calls without an end.
    calls: BTreeMap<OrderId, (Asked, IntentId, Instant)>,
    pub(super) errand: Option<Errand>,
    contracts: BTreeMap<&'static str, Contract>,
    bars: BTreeMap<RequestId, &'static str>,
    /// What was heard before the trader was told that it can trade.
    early: Vec<Event>,
    /// What is to be sent, and which order it places.
    pub(super) out: Vec<(Vec<u8>, Option<Placed>)>,
    /// What is to be told.
    pub(super) told: Vec<Event>,
}

impl Line {
    /// A connection that is being dialled.
    pub(super) fn new(conn: ConnId, protobuf: bool, now: Instant) -> Self {
        let mut settings = SessionSettings { sync: Vec::new(), ..SessionSettings::new(CLIENT) };
        if protobuf {
            settings.versions = VersionRange::new(100, 226);
        }
        let mut session = Session::new(settings, now);
        session.handle_inspected(now);
        Self {
            conn,
            session,
            board: HealthBoard::default(),
            report: None,
            trades: false,
            next_request: FIRST_REQUEST,
            calls: BTreeMap::new(),
            errand: None,
            contracts: BTreeMap::new(),
            bars: BTreeMap::new(),
            early: Vec::new(),
            out: Vec::new(),
            told: Vec::new(),
        }
    }

    /// When something has to be done.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let session = self.session.poll_timeout().map(|(due, _)| due);
        let calls = self.calls.values().map(|(.., by)| *by).min();
        [session, calls, self.errand.as_ref().map(|errand| errand.by)].into_iter().flatten().min()
    }

    /// Time has passed; whether the session is to be given up.
    pub(super) fn timeout(&mut self, now: Instant) -> bool {
        self.session.handle_timeout(now);
        let late: Vec<OrderId> = self.calls.iter().filter(|(_, call)| call.2 <= now).map(|(id, _)| *id).collect();
        for id in late {
            self.end(id, Err(CallError::new(ErrorCode::InDoubt, "the deadline passed").into()));
        }
        if self.errand.take_if(|errand| errand.by <= now).is_none() {
            return false;
        }
        if self.trades {
            self.told.push(Event::Answers(Err(CallError::new(ErrorCode::Deadline, "no end marker").into())));
        }
        !self.trades
    }

    /// The next word of the session, handled but for the messages that may be lost on the way.
    pub(super) fn poll(&mut self, now: Instant) -> Option<SessionEvent> {
        let event = self.session.poll_event(now);
        match &event {
            Some(SessionEvent::StagePassed(passed)) => self.board.handle_stage_passed(now, passed.stage),
            Some(SessionEvent::Ready(report)) => {
                self.board.handle_stage_passed(now, Stage::Ready);
                self.report = Some(report.clone());
                self.errand = Some(Errand::opening(now, &report.connection_time));
                self.go_on(now);
            }
            Some(SessionEvent::Failed(failure)) => self.board.handle_failure(now, failure),
            Some(SessionEvent::Message(_) | SessionEvent::Undecodable(_)) => self.board.handle_heard(now),
            None => {}
        }
        self.flush(None);
        event
    }

    /// Takes a message that got through.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a trader looks for what it has asked for")]
    pub(super) fn hear(&mut self, now: Instant, message: ServerMessage) {
        let ended = self.errand.as_mut().is_some_and(|errand| errand.hear(&message));
        if ended {
            self.go_on(now);
        }
        match message {
            ServerMessage::RealTimeBar(bar) => {
                let symbol = self.bars.get(&bar.req_id).copied();
                let bar = symbol.zip(BarIn::from_live(&bar));
                self.tell(bar.map(|(symbol, bar)| Event::Bar { symbol: symbol.into(), bar }));
            }
            ServerMessage::ContractDetails(details) => {
                let symbol = SYMBOLS.into_iter().find(|symbol| *symbol == details.contract.symbol);
                self.contracts.extend(symbol.map(|symbol| (symbol, details.contract)));
            }
            ServerMessage::OpenOrder(open) => {
                let result = OrderResult {
                    order_id: open.order_id,
                    perm_id: Some(open.order.perm_id),
                    status: open.order_state.status.clone(),
                };
                self.end_if(open.order_id, &[Asked::Place], result);
                self.tell(Some(Event::Order(OrderEvent::Open {
                    order_id: open.order_id,
                    contract: Box::new(open.contract),
                    order: Box::new(open.order),
                    order_state: Box::new(open.order_state),
                })));
            }
            ServerMessage::OrderStatus(status) => {
                let (order_id, perm_id) = (status.order_id, Some(status.perm_id));
                let result = OrderResult { order_id, perm_id, status: status.status.clone() };
                let goes = ["Cancelled", "ApiCancelled", "PendingCancel"].contains(&status.status.as_str());
                let ends: &[Asked] = if goes { &[Asked::Place, Asked::Cancel] } else { &[Asked::Place] };
                self.end_if(order_id, ends, result);
                self.tell(Some(Event::Order(OrderEvent::Status(*status))));
            }
            ServerMessage::OpenOrderEnd => {
                self.board.handle_trading(now, LayerState::Yes, "questions about open orders are answered");
            }
            ServerMessage::ExecDetails(details) if details.req_id == RequestId::NONE => {
                self.tell(Some(Event::Order(OrderEvent::Execution(details))));
            }
            ServerMessage::CommissionReport(report) => {
                self.tell(Some(Event::Order(OrderEvent::Commission(*report))));
            }
            ServerMessage::Error(error) => self.error(now, &error),
            _ => {}
        }
    }

    fn error(&mut self, now: Instant, error: &ErrorMessage) {
        if error.id == RequestId::NONE {
            self.board.handle_notice(now, error.code, &error.text);
            if error.code == 1101 && self.report.is_some() {
                self.subscribe(now);
            }
            return;
        }
        let order_id = OrderId::new(error.id.get());
        if error.id.get() >= FIRST_REQUEST {
            return;
        }
        match (classify(error.code, &error.text), self.calls.get(&order_id).map(|call| call.0)) {
            (_, None) | (CodeClass::Warning | CodeClass::Notice, _) => {}
            (CodeClass::OrderCancelled, Some(Asked::Cancel)) => {
                let result = OrderResult { order_id, perm_id: None, status: "Cancelled".into() };
                self.end(order_id, Ok(result));
            }
            (_, Some(_)) => self.end(order_id, Err(CallError::gateway(error.code, &error.text).into())),
        }
        let (code, text) = (error.code, error.text.clone());
        self.tell(Some(Event::Order(OrderEvent::Message { order_id, code, text })));
    }

    /// Hands an order or a cancel over; whether bytes go out.
    pub(super) fn call(&mut self, now: Instant, intent: IntentId, call: Call) -> bool {
        let (asked, order_id, placed, message) = match call {
            Call::Place(place) => {
                let placed = (place.order.order_ref.clone(), place.contract.symbol.clone());
                (Asked::Place, place.order_id, Some(placed), ClientMessage::PlaceOrder(place))
            }
            Call::Cancel(cancel) => (Asked::Cancel, cancel.order_id, None, ClientMessage::CancelOrder(cancel)),
        };
        let taken = self.calls.contains_key(&order_id);
        if taken || self.session.send(now, &message).is_err() {
            let refused =
                CallError::new(if taken { ErrorCode::Overloaded } else { ErrorCode::NotConnected }, "refused");
            self.told.push(ended(asked, intent, Err(refused.into())));
            return false;
        }
        self.calls.insert(order_id, (asked, intent, now + CALL_WITHIN));
        self.flush(placed);
        true
    }

    /// Asks about orders.
    pub(super) fn ask(&mut self, now: Instant, since: Timestamp) {
        self.errand = Some(Errand::asking(now, since));
        self.go_on(now);
    }

    /// The session is over: every call ends, by these words.
    pub(super) fn end_calls(&mut self, why: impl Fn(Asked) -> LinkError) {
        for id in self.calls.keys().copied().collect::<Vec<_>>() {
            let Some((asked, ..)) = self.calls.get(&id) else { continue };
            let error = why(*asked);
            self.end(id, Err(error));
        }
    }

    /// The next question of the errand, or what came of it.
    fn go_on(&mut self, now: Instant) {
        let Some(errand) = &mut self.errand else { return };
        let question = RequestId::new(self.next_request);
        self.next_request += 1;
        for message in errand.next(now, question) {
            // A session that is not ready any more is told to be over in a moment.
            let _ = self.session.send(now, &message);
        }
        let goes_on = errand.is_running();
        self.flush(None);
        if goes_on {
            return;
        }
        let Some(errand) = self.errand.take() else { return };
        if self.trades {
            self.told.push(Event::Answers(Ok(Box::new(errand.answers))));
            return;
        }
        self.subscribe(now);
        let Some(report) = &self.report else { return };
        let account = report.accounts.first().expect("a login has accounts");
        let symbols = self.contracts.iter().map(|(symbol, contract)| SymbolStart {
            symbol: (*symbol).to_owned(),
            contract: contract.clone(),
            calendar: Calendar::default(),
            history: Vec::new(),
        });
        let start = SessionStart {
            account: AccountId::new(account),
            next_valid_id: report.next_valid_id,
            clock: gateway_time::parse(&report.connection_time).expect("the simulator writes its clock"),
            answers: errand.answers,
            symbols: symbols.collect(),
            layers: self.board.layers(now),
        };
        self.trades = true;
        self.told.push(Event::Ready(Box::new(start)));
        self.told.append(&mut self.early);
    }

    fn subscribe(&mut self, now: Instant) {
        self.bars.clear();
        for (symbol, contract) in self.contracts.clone() {
            let req_id = RequestId::new(self.next_request);
            self.next_request += 1;
            self.bars.insert(req_id, symbol);
            let request = RealTimeBarsRequest {
                req_id,
                contract,
                bar_size: 5,
                what_to_show: "TRADES".into(),
                use_rth: false,
                options: String::new(),
            };
            let _ = self.session.send(now, &ClientMessage::ReqRealTimeBars(Box::new(request)));
        }
        self.flush(None);
    }

    fn tell(&mut self, event: Option<Event>) {
        let to = if self.trades { &mut self.told } else { &mut self.early };
        to.extend(event);
    }

    fn end_if(&mut self, order_id: OrderId, by: &[Asked], result: OrderResult) {
        if self.calls.get(&order_id).is_some_and(|call| by.contains(&call.0)) {
            self.end(order_id, Ok(result));
        }
    }

    fn end(&mut self, order_id: OrderId, answer: Result<OrderResult, LinkError>) {
        if let Some((asked, intent, _)) = self.calls.remove(&order_id) {
            self.told.push(ended(asked, intent, answer));
        }
    }

    fn flush(&mut self, placed: Option<Placed>) {
        if let Some(bytes) = self.session.poll_transmit() {
            self.out.push((bytes.to_vec(), placed));
        }
    }
}

/// The end of a call, as the trader is told of it.
pub(super) fn ended(asked: Asked, intent: IntentId, answer: Result<OrderResult, LinkError>) -> Event {
    match asked {
        Asked::Place => Event::Placed { intent, answer },
        Asked::Cancel => Event::Cancelled { intent, answer },
    }
}

/// The question what an instrument is.
pub(super) fn details_message(req_id: RequestId, symbol: &str) -> ClientMessage {
    ClientMessage::ReqContractDetails(Box::new(ContractDetailsRequest {
        req_id,
        contract: Contract::stock(symbol),
        include_expired: false,
        sec_id_type: String::new(),
        sec_id: String::new(),
        issuer_id: String::new(),
    }))
}
