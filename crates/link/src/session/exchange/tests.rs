//! Calls and messages in every order, in virtual time.

use std::time::{Duration, Instant};

use gatewright_proto::message::account::Position;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::historical::{Bar, HistoricalData};
use gatewright_proto::message::market_data::TickPrice;
use gatewright_proto::message::order::{Action, CompletedOrder, Order, OrderStatus};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::session::{Cause, ClosedHow, Failure, ReadyReport, Stage};
use gatewright_proto::{ClientId, ClientMessage, ConId, OrderId, PermId, RequestId, ServerMessage, ServerVersion};
use rust_decimal::Decimal;

use super::*;
use crate::health::Market;
use crate::protocol::{
    CallError, CancelOrderParams, ConnectParams, ErrorCode, Event, ExecutionsParams, HistoricalBarsParams, OrderEvent,
    OrderParams, StreamKind, SubscribeParams,
};

mod kept;
mod trust;

const SECOND: Duration = Duration::from_secs(1);

struct Play {
    exchange: Exchange,
    now: Instant,
    calls: u64,
}

impl Play {
    fn new() -> Self {
        Self::opened(false)
    }

    fn opened(read_only: bool) -> Self {
        let now = crate::clock::now();
        let params = ConnectParams { client_id: ClientId::new(7), readonly: read_only, ..ConnectParams::default() };
        let mut exchange = Exchange::new(&params);
        exchange.handle_ready(
            now,
            &ReadyReport {
                server_version: ServerVersion::new(178),
                connection_time: String::new(),
                accounts: vec!["DU1".into()],
                next_valid_id: OrderId::new(10),
                read_only: false,
                stages: Vec::new(),
            },
        );
        Self { exchange, now, calls: 0 }
    }

    /// Makes a call with a deadline of ten seconds.
    fn call(&mut self, call: Call) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.exchange.call(self.now, id, call, self.now + 10 * SECOND);
        id
    }

    fn say(&mut self, message: ServerMessage) {
        self.exchange.handle_message(self.now, message);
    }

    fn error(&mut self, id: i32, code: i32, text: &str) {
        self.say(ServerMessage::Error(Box::new(ErrorMessage::about(RequestId::new(id), code, text))));
    }

    fn pass(&mut self, span: Duration) {
        self.now += span;
        self.exchange.handle_timeout(self.now);
    }

    fn sent(&mut self) -> Vec<ClientMessage> {
        std::iter::from_fn(|| self.exchange.poll_message()).collect()
    }

    /// The id of the one request that was sent.
    fn sent_request(&mut self) -> RequestId {
        match &self.sent()[..] {
            [ClientMessage::ReqHistoricalData(request)] => request.req_id,
            [ClientMessage::ReqExecutions(request)] => request.req_id,
            [ClientMessage::ReqMktData(request)] => request.req_id,
            other => panic!("not one request: {other:?}"),
        }
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.exchange.poll_output()).collect()
    }

    fn answers(&mut self) -> Vec<(CallId, Result<CallResult, CallError>)> {
        self.outputs()
            .into_iter()
            .filter_map(|output| match output {
                Output::Answer(call, result) => Some((call, result)),
                Output::Event(_) => None,
            })
            .collect()
    }

    /// The one answer, which must be for `call` and an error of this code.
    #[track_caller]
    fn refused(&mut self, call: CallId, code: ErrorCode) {
        match &self.answers()[..] {
            [(id, Err(error))] => assert_eq!((*id, error.code), (call, code)),
            other => panic!("not one error: {other:?}"),
        }
    }

    #[track_caller]
    fn answered(&mut self, call: CallId) -> CallResult {
        match self.answers().pop() {
            Some((id, Ok(result))) if id == call => result,
            other => panic!("not answered: {other:?}"),
        }
    }
}

fn position(size: i64) -> ServerMessage {
    ServerMessage::Position(Box::new(Position {
        account: "DU1".into(),
        contract: Contract::stock("AAPL"),
        position: Decimal::from(size),
        avg_cost: None,
    }))
}

fn buy(order_id: Option<i32>) -> Call {
    Call::PlaceOrder(Box::new(OrderParams {
        client_id: None,
        order_id: order_id.map(OrderId::new),
        contract: Contract::stock("AAPL"),
        order: Order::market(Action::Buy, Decimal::TEN),
    }))
}

fn status(order_id: i32, status: &str) -> ServerMessage {
    ServerMessage::OrderStatus(Box::new(OrderStatus {
        order_id: OrderId::new(order_id),
        client_id: ClientId::new(7),
        status: status.into(),
        ..OrderStatus::default()
    }))
}

fn subscribe(kind: StreamKind) -> Call {
    Call::Subscribe(Box::new(SubscribeParams {
        client_id: None,
        kind,
        contract: Some(Contract::stock("AAPL")),
        account: String::new(),
        generic_ticks: String::new(),
        what_to_show: String::new(),
        use_rth: false,
        market: Market::Open,
    }))
}

fn lost() -> Failure {
    Failure {
        stage: Stage::Ready,
        cause: Cause::Lost { how: ClosedHow::Reset },
        after: SECOND,
        local: true,
        cut_short: false,
    }
}

#[test]
fn positions_are_what_came_between_the_question_and_its_end() {
    let mut play = Play::new();
    play.say(position(99));
    let call = play.call(Call::Positions);
    assert_eq!(play.sent(), [ClientMessage::ReqPositions]);
    play.say(position(5));
    play.say(ServerMessage::PositionEnd);
    let CallResult::Positions(result) = play.answered(call) else { panic!("not positions") };
    assert_eq!(result.positions.len(), 1);
    assert_eq!(result.positions[0].position, Decimal::from(5));
    assert_eq!(play.sent(), [ClientMessage::CancelPositions]);
}

#[test]
fn a_position_that_changes_while_all_are_told_stands_in_the_answer_once_as_it_was_told_last() {
    let mut play = Play::new();
    let call = play.call(Call::Positions);
    let of = |con_id, size: i64| {
        let contract = Contract { con_id: ConId::new(con_id), ..Contract::stock("AAPL") };
        let position = Position { account: "DU1".into(), contract, position: size.into(), avg_cost: None };
        ServerMessage::Position(Box::new(position))
    };
    for position in [of(1, 4), of(2, 7), of(1, 10)] {
        play.say(position);
    }
    play.say(ServerMessage::PositionEnd);
    let CallResult::Positions(result) = play.answered(call) else { panic!("not positions") };
    let mut told: Vec<_> = result.positions.iter().map(|told| (told.contract.con_id.get(), told.position)).collect();
    told.sort_unstable();
    assert_eq!(told, [(1, Decimal::from(10)), (2, Decimal::from(7))]);
}

#[test]
fn positions_that_never_came_are_an_error_and_never_an_empty_list() {
    let mut play = Play::new();
    let call = play.call(Call::Positions);
    play.pass(10 * SECOND);
    play.refused(call, ErrorCode::Deadline);
}

#[test]
fn a_late_end_marker_cannot_end_the_next_question() {
    let mut play = Play::new();
    let first = play.call(Call::Positions);
    play.pass(10 * SECOND);
    play.refused(first, ErrorCode::Deadline);
    let second = play.call(Call::Positions);
    assert_eq!(play.sent(), [ClientMessage::ReqPositions], "asked once: the first round is still under way");
    play.say(position(1));
    play.say(ServerMessage::PositionEnd);
    assert_eq!(play.answers(), [], "that was the first question's answer");
    assert_eq!(play.sent(), [ClientMessage::CancelPositions, ClientMessage::ReqPositions]);
    play.say(position(2));
    play.say(ServerMessage::PositionEnd);
    let CallResult::Positions(result) = play.answered(second) else { panic!("not positions") };
    assert_eq!(result.positions[0].position, Decimal::from(2));
    assert_eq!(play.exchange.health(play.now, String::new()).late_answers, 1);
}

#[test]
fn answers_are_matched_by_id_whatever_their_order() {
    let mut play = Play::new();
    let bars = Call::HistoricalBars(Box::new(HistoricalBarsParams {
        symbol: Some("AAPL".into()),
        ..HistoricalBarsParams::default()
    }));
    let first = play.call(bars.clone());
    let first_request = play.sent_request();
    let second = play.call(bars);
    let second_request = play.sent_request();
    for (request, call, date) in [(second_request, second, "2"), (first_request, first, "1")] {
        play.say(ServerMessage::HistoricalData(HistoricalData {
            req_id: request,
            start: "a".into(),
            end: "b".into(),
            bars: vec![Bar { date: date.into(), ..Bar::default() }],
        }));
        let CallResult::Bars(result) = play.answered(call) else { panic!("not bars") };
        assert_eq!(result.bars[0].date, date);
    }
}

#[test]
fn a_call_past_its_deadline_ends_and_its_late_answer_is_counted() {
    let mut play = Play::new();
    let call = play.call(Call::Executions(ExecutionsParams::default()));
    let request = play.sent_request();
    assert_eq!(play.exchange.poll_timeout().map(|(deadline, _)| deadline), Some(play.now + 10 * SECOND));
    play.pass(10 * SECOND);
    play.refused(call, ErrorCode::Deadline);
    play.say(ServerMessage::ExecDetailsEnd(request));
    assert_eq!(play.outputs(), []);
    assert_eq!(play.exchange.health(play.now, String::new()).late_answers, 1);
    assert_eq!(play.exchange.poll_timeout(), None);
}

#[test]
fn the_gateways_error_ends_the_call_that_it_names_and_an_advisory_does_not() {
    let mut play = Play::new();
    let call = play.call(Call::Executions(ExecutionsParams::default()));
    let request = play.sent_request();
    play.error(request.get(), 2106, "HMDS data farm connection is OK:ushmds");
    assert_eq!(play.answers(), []);
    play.error(request.get(), 200, "No security definition has been found for the request");
    play.refused(call, ErrorCode::Gateway);
}

#[test]
fn an_order_is_answered_at_the_gateways_first_word() {
    let mut play = Play::new();
    let call = play.call(buy(None));
    let [ClientMessage::PlaceOrder(placed)] = &play.sent()[..] else { panic!("not placed") };
    assert_eq!(placed.order_id, OrderId::new(10));
    play.error(10, 399, "Warning: your order will not be placed at the exchange until 09:30");
    assert_eq!(play.answers(), [], "a warning keeps an order alive and decides nothing");
    play.say(status(10, "PreSubmitted"));
    let CallResult::Order(result) = play.answered(call) else { panic!("not an order") };
    assert_eq!((result.order_id, result.status.as_str()), (OrderId::new(10), "PreSubmitted"));
}

#[test]
fn a_refused_order_is_the_gateways_error() {
    let mut play = Play::new();
    let call = play.call(buy(Some(12)));
    play.error(12, 201, "Order rejected - reason: insufficient margin");
    play.refused(call, ErrorCode::Gateway);
}

#[test]
fn an_order_without_a_word_is_in_doubt_by_deadline_and_by_loss() {
    let mut play = Play::new();
    let call = play.call(buy(None));
    play.pass(10 * SECOND);
    play.refused(call, ErrorCode::InDoubt);
    let call = play.call(buy(None));
    play.exchange.handle_lost(&lost());
    play.refused(call, ErrorCode::InDoubt);
}

#[test]
fn an_order_number_is_never_used_twice_and_never_falls() {
    let mut play = Play::new();
    play.call(buy(Some(15)));
    for taken in [15, 14, 3] {
        let call = play.call(buy(Some(taken)));
        let last = play.answers();
        assert!(matches!(&last[..], [(id, Err(error))] if *id == call && error.code == ErrorCode::InvalidParams));
    }
    play.say(ServerMessage::NextValidId(gatewright_proto::message::start::NextValidId { order_id: OrderId::new(2) }));
    play.sent();
    play.call(buy(None));
    let [ClientMessage::PlaceOrder(placed)] = &play.sent()[..] else { panic!("not placed") };
    assert_eq!(placed.order_id, OrderId::new(16));
}

#[test]
fn a_cancel_waits_for_the_order_to_be_on_its_way_out() {
    let mut play = Play::new();
    let cancel = || Call::CancelOrder(CancelOrderParams { client_id: None, order_id: OrderId::new(9) });
    let call = play.call(cancel());
    play.say(status(9, "Submitted"));
    assert_eq!(play.answers(), []);
    play.error(9, 202, "Order Canceled - reason:");
    let CallResult::Order(result) = play.answered(call) else { panic!("not an order") };
    assert_eq!(result.status, "Cancelled");
    let call = play.call(cancel());
    play.error(9, 10148, "OrderId 9 that needs to be cancelled cannot be cancelled, state: Filled.");
    play.refused(call, ErrorCode::Gateway);
}

#[test]
fn the_two_questions_about_open_orders_are_never_in_flight_at_once() {
    let mut play = Play::new();
    let all = play.call(Call::AllOpenOrders);
    assert_eq!(play.sent(), [ClientMessage::ReqAllOpenOrders]);
    let own = play.call(Call::OpenOrders);
    play.refused(own, ErrorCode::Overloaded);
    let again = play.call(Call::AllOpenOrders);
    play.say(ServerMessage::OpenOrderEnd);
    assert!(matches!(play.answered(all), CallResult::OpenOrders(_)));
    assert_eq!(play.sent(), [ClientMessage::ReqAllOpenOrders], "who came later gets an answer of their own");
    play.say(ServerMessage::OpenOrderEnd);
    assert!(matches!(play.answered(again), CallResult::OpenOrders(_)));
    play.call(Call::OpenOrders);
    assert_eq!(play.sent(), [ClientMessage::ReqOpenOrders]);
}

#[test]
fn orders_that_are_done_are_answered_at_their_end_marker_and_not_before() {
    let done = |perm_id| {
        let mut order = CompletedOrder::default();
        order.order.perm_id = PermId::new(perm_id);
        ServerMessage::CompletedOrder(Box::new(order))
    };
    let mut play = Play::new();
    play.say(done(1));
    let call = play.call(Call::CompletedOrders);
    assert!(matches!(play.sent()[..], [ClientMessage::ReqCompletedOrders(_)]));
    play.say(done(2));
    assert_eq!(play.answers(), []);
    let later = play.call(Call::CompletedOrders);
    assert_eq!(play.sent(), [], "its question waits for the first one's end");
    play.say(ServerMessage::CompletedOrdersEnd);
    let CallResult::CompletedOrders(result) = play.answered(call) else { panic!("orders that are done") };
    assert_eq!(result.orders.iter().map(|order| order.order.perm_id.get()).collect::<Vec<_>>(), [2]);
    assert!(matches!(play.sent()[..], [ClientMessage::ReqCompletedOrders(_)]));
    play.exchange.handle_undecodable(Some(101));
    play.say(ServerMessage::CompletedOrdersEnd);
    play.refused(later, ErrorCode::Undecodable);
}

#[test]
fn everything_is_cancelled_in_one_message_and_never_in_a_read_only_session() {
    let mut play = Play::new();
    let call = play.call(Call::GlobalCancel);
    assert!(matches!(play.answered(call), CallResult::GlobalCancel(_)));
    assert!(matches!(play.sent()[..], [ClientMessage::ReqGlobalCancel(_)]));
    let mut play = Play::opened(true);
    let call = play.call(Call::GlobalCancel);
    play.refused(call, ErrorCode::ReadOnly);
    assert_eq!(play.sent(), []);
}

#[test]
fn a_read_only_session_writes_no_order() {
    let mut play = Play::opened(true);
    let call = play.call(buy(None));
    play.refused(call, ErrorCode::ReadOnly);
    assert_eq!(play.sent(), []);
}

#[test]
fn a_lost_session_ends_every_call_at_once() {
    let mut play = Play::new();
    let calls = [
        play.call(Call::Positions),
        play.call(Call::OpenOrders),
        play.call(Call::AccountSummary),
        play.call(buy(None)),
    ];
    play.exchange.handle_lost(&lost());
    let mut ended: Vec<CallId> = play.answers().into_iter().map(|(call, _)| call).collect();
    ended.sort();
    assert_eq!(ended, calls);
    assert_eq!(play.exchange.in_flight(), 0);
}

fn tick(request: RequestId) -> ServerMessage {
    ServerMessage::TickPrice(TickPrice {
        req_id: request,
        tick_type: 4,
        price: Some(Decimal::ONE),
        size: None,
        attributes: 0,
    })
}

#[test]
fn ticks_are_gathered_and_what_is_not_taken_is_dropped_and_counted() {
    let mut play = Play::new();
    let call = play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    assert!(matches!(play.answered(call), CallResult::Subscribed(_)));
    for _ in 0..3 {
        play.say(tick(request));
    }
    play.exchange.take_batches(|ticks| {
        assert_eq!((ticks.subscription, ticks.ticks.len(), ticks.dropped), (call.0, 3, 0));
        false
    });
    play.say(tick(request));
    let mut seen = 0;
    play.exchange.take_batches(|ticks| {
        seen = ticks.dropped;
        true
    });
    assert_eq!(seen, 3, "the loss is visible in the next batch");
    assert_eq!(play.exchange.health(play.now, String::new()).dropped, 3);
    assert!(!play.exchange.has_batches());
}

#[test]
fn a_stream_ends_by_its_owner_or_by_the_gateways_error() {
    let mut play = Play::new();
    let call = play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    play.call(Call::Unsubscribe(call.0));
    assert_eq!(play.sent(), [ClientMessage::CancelMktData(request)]);
    play.say(tick(request));
    assert!(!play.exchange.has_batches());
    play.outputs();
    play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    play.outputs();
    play.error(request.get(), 200, "No security definition has been found for the request");
    assert!(matches!(&play.outputs()[..], [Output::Event(Event::StreamEnded(_))]));
}

#[test]
fn order_events_reach_every_stream_of_orders() {
    let mut play = Play::new();
    play.call(subscribe(StreamKind::Orders));
    play.call(subscribe(StreamKind::Orders));
    play.outputs();
    play.say(status(3, "Filled"));
    let outputs = play.outputs();
    assert_eq!(outputs.len(), 2);
    assert!(outputs.iter().all(|output| {
        matches!(output, Output::Event(Event::Order { event: OrderEvent::Status(status), .. }) if status.status == "Filled")
    }));
}

#[test]
fn connectivity_notices_fail_no_call_and_paint_the_layer() {
    let mut play = Play::new();
    let call = play.call(Call::AccountSummary);
    play.error(-1, 1100, "Connectivity between IB and Trader Workstation has been lost.");
    assert_eq!(play.answers(), []);
    let link = play.exchange.health(play.now, String::new()).layers["gateway_link"].clone();
    assert_eq!(link.state, crate::protocol::LayerState::No);
    play.exchange.handle_lost(&lost());
    play.refused(call, ErrorCode::Lost);
}
