//! What an exchange must not believe.

use super::*;

#[test]
fn an_answer_with_an_unreadable_part_is_an_error_and_not_a_shorter_answer() {
    let mut play = Play::new();
    let positions = play.call(Call::Positions);
    let executions = play.call(Call::Executions(ExecutionsParams::default()));
    let summary = play.call(Call::AccountSummary);
    play.say(position(5));
    play.exchange.handle_undecodable(Some(61));
    play.say(ServerMessage::PositionEnd);
    play.refused(positions, ErrorCode::Undecodable);
    play.exchange.handle_undecodable(Some(11));
    play.refused(executions, ErrorCode::Undecodable);
    play.exchange.handle_undecodable(None);
    play.refused(summary, ErrorCode::Undecodable);
    let again = play.call(Call::Positions);
    play.say(ServerMessage::PositionEnd);
    assert!(matches!(play.answered(again), CallResult::Positions(_)), "the next question is a new one");
}

#[test]
fn another_clients_order_answers_no_call_of_ours() {
    let mut play = Play::new();
    let call = play.call(buy(Some(12)));
    let mut foreign = status(12, "Cancelled");
    if let ServerMessage::OrderStatus(status) = &mut foreign {
        status.client_id = ClientId::new(99);
    }
    play.say(foreign);
    assert_eq!(play.answers(), []);
    play.say(status(12, "Submitted"));
    assert!(matches!(play.answered(call), CallResult::Order(_)));
}

#[test]
fn order_ids_begin_at_one_whatever_the_gateway_says() {
    let mut exchange = Exchange::new(&ConnectParams::default());
    let now = crate::clock::now();
    let report = ReadyReport {
        server_version: ServerVersion::new(178),
        connection_time: String::new(),
        accounts: vec!["DU1".into()],
        next_valid_id: OrderId::new(-7),
        read_only: false,
        stages: Vec::new(),
    };
    exchange.handle_ready(now, &report);
    let mut sent = Vec::new();
    for call in 1..=2 {
        exchange.call(now, CallId(call), buy(None), now + SECOND);
        let Some(ClientMessage::PlaceOrder(placed)) = exchange.poll_message() else { panic!("not placed") };
        sent.push(placed.order_id.get());
    }
    assert_eq!(sent, [1, 2]);
}

#[test]
fn a_lost_end_marker_does_not_block_its_kind_for_ever() {
    let mut play = Play::new();
    let lost = play.call(Call::Positions);
    play.pass(10 * SECOND);
    play.refused(lost, ErrorCode::Deadline);
    play.sent();
    play.pass(60 * SECOND);
    let call = play.call(Call::Positions);
    assert_eq!(play.sent(), [ClientMessage::ReqPositions]);
    play.say(ServerMessage::PositionEnd);
    assert!(matches!(play.answered(call), CallResult::Positions(_)));
}

#[test]
fn request_ids_stay_clear_of_order_ids() {
    let mut play = Play::new();
    let report = ReadyReport {
        server_version: ServerVersion::new(178),
        connection_time: String::new(),
        accounts: vec!["DU1".into()],
        next_valid_id: OrderId::new(1_000_000_000),
        read_only: false,
        stages: Vec::new(),
    };
    play.exchange.handle_ready(play.now, &report);
    play.call(Call::Executions(ExecutionsParams::default()));
    assert_eq!(play.sent_request(), RequestId::new(1_100_000_000));
}
