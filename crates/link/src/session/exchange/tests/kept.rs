//! What outlives a connection, and what is never said twice.

use super::*;

/// Gives a stream a rate: a tick a second, for ten seconds.
fn flow(play: &mut Play, request: RequestId) {
    for _ in 0..10 {
        play.pass(SECOND);
        play.say(tick(request));
    }
}

fn freshness(play: &mut Play) -> Vec<(u64, crate::health::Freshness)> {
    play.outputs()
        .into_iter()
        .filter_map(|output| match output {
            Output::Event(Event::Freshness(report)) => Some((report.subscription, report.freshness)),
            Output::Answer(..) | Output::Event(_) => None,
        })
        .collect()
}

#[test]
fn a_silent_stream_is_asked_for_once_more_and_then_reported_until_it_speaks() {
    use crate::health::Freshness::{Fresh, Stale};
    let mut play = Play::new();
    let call = play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    flow(&mut play, request);
    play.pass(60 * SECOND);
    let sent = play.sent();
    let [ClientMessage::CancelMktData(cancelled), ClientMessage::ReqMktData(again)] = &sent[..] else {
        panic!("not asked again: {sent:?}")
    };
    assert_eq!(*cancelled, request);
    assert_ne!(again.req_id, request);
    assert_eq!(freshness(&mut play), []);
    // What the Gateway says of the old request is late, and ends nothing.
    play.error(request.get(), 300, "Can't find EId with tickerId");
    play.pass(60 * SECOND);
    assert_eq!(freshness(&mut play), [(call.0, Stale)]);
    assert_eq!(play.exchange.health(play.now, String::new()).layers[&format!("stream:{}", call.0)].state, no());
    play.pass(600 * SECOND);
    assert!(play.sent().is_empty(), "asked again once only");
    play.say(tick(again.req_id));
    assert_eq!(freshness(&mut play), [(call.0, Fresh)]);
}

fn no() -> crate::protocol::LayerState {
    crate::protocol::LayerState::No
}

#[test]
fn silence_means_nothing_while_ibkr_is_lost() {
    let mut play = Play::new();
    play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    flow(&mut play, request);
    play.error(-1, 1100, "Connectivity between IBKR and TWS has been lost.");
    play.pass(600 * SECOND);
    assert!(play.sent().is_empty());
    play.error(-1, 1102, "Connectivity between IBKR and TWS has been restored - data maintained.");
    play.pass(SECOND);
    assert!(play.sent().is_empty());
    play.pass(60 * SECOND);
    assert_eq!(play.sent().len(), 2, "asked again after its time to speak");
}

#[test]
fn after_a_loss_streams_are_asked_for_under_their_numbers_and_no_order_is_sent_again() {
    let mut play = Play::new();
    play.call(subscribe(StreamKind::Ticks));
    let request = play.sent_request();
    let order = OrderParams {
        client_id: None,
        order_id: None,
        contract: Contract::stock("AAPL"),
        order: Order::limit(Action::Buy, Decimal::ONE, Decimal::ONE),
    };
    let placed = play.call(Call::PlaceOrder(Box::new(order)));
    assert_eq!(play.sent().len(), 1);
    play.exchange.handle_failure(play.now, &lost());
    let answers = play.answers();
    assert!(answers.iter().any(|(call, result)| {
        *call == placed && result.as_ref().is_err_and(|error| error.code == ErrorCode::InDoubt)
    }));
    assert_eq!(play.exchange.handle_resumed(play.now), 1);
    let sent = play.sent();
    assert!(matches!(&sent[0], ClientMessage::ReqMktData(again) if again.req_id == request), "{sent:?}");
    assert!(sent.iter().any(|message| matches!(message, ClientMessage::ReqOpenOrders)));
    assert!(sent.iter().any(|message| matches!(message, ClientMessage::ReqCompletedOrders(_))));
    assert!(sent.iter().any(|message| matches!(message, ClientMessage::ReqExecutions(_))));
    assert!(!sent.iter().any(|message| matches!(message, ClientMessage::PlaceOrder(_))), "{sent:?}");
}
