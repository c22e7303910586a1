//! What bounds one client: its own message rate, and who cannot get a session at all.

use gatewright_proto::{ClientId, ClientMessage, ServerMessage};

use super::orders::{SECOND, cancel, place};
use super::stage::{Mood, Stage, TEXT};
use crate::{Closing, ProxySettings};

fn limited(per_second: u32) -> Stage {
    Stage::with(ProxySettings { messages_per_client: Some(per_second), ..ProxySettings::default() })
}

fn report(stage: &Stage) -> crate::ClientReport {
    let seven = ClientId::new(7);
    stage.proxy.report(stage.now).into_iter().find(|report| report.client_id == seven).expect("it has a session")
}

fn ask(stage: &mut Stage, client: crate::ConnectionId, times: usize) {
    for _ in 0..times {
        stage.say(client, &ClientMessage::ReqPositions);
    }
}

#[test]
fn what_is_above_a_clients_own_limit_waits_for_its_turn_and_nobody_else_waits() {
    let mut stage = limited(10);
    let (client, other) = (stage.connect(TEXT, 7), stage.connect(TEXT, 8));
    ask(&mut stage, client, 25);
    assert_eq!(stage.gateway_heard(7).len(), 10, "a second's worth at once");
    assert_eq!(report(&stage).held_back, 15);
    ask(&mut stage, other, 1);
    assert_eq!(stage.gateway_heard(8).len(), 1);
    stage.pass(SECOND / 2);
    assert_eq!(stage.gateway_heard(7).len(), 5);
    stage.pass(SECOND);
    assert_eq!((stage.gateway_heard(7).len(), report(&stage).held_back), (10, 0));
    assert!(stage.errors(client).iter().all(|(_, code)| *code != 100), "it was over before anybody had to be told");
}

#[test]
fn orders_and_cancels_do_not_wait_behind_what_is_held_back() {
    let mut stage = limited(10);
    let client = stage.connect(TEXT, 7);
    ask(&mut stage, client, 50);
    stage.gateway_heard(7);
    stage.say(client, &place(1));
    stage.say(client, &cancel(1));
    assert_eq!(stage.gateway_heard(7).iter().map(ClientMessage::id).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn a_client_that_never_catches_up_is_told_every_ten_seconds_and_disconnected_after_a_minute() {
    let mut stage = limited(10);
    let client = stage.connect(TEXT, 7);
    stage.heard(client);
    let mut told = 0;
    for _ in 0..70 {
        if stage.closed(client).is_some() {
            break;
        }
        ask(&mut stage, client, 20);
        stage.pass(SECOND);
        told += stage.errors(client).iter().filter(|error| **error == (-1, 100)).count();
    }
    assert_eq!((told, stage.closed(client)), (6, Some(Closing::TooFast)));
    // Nothing is left to wake up for, and it may come back.
    stage.vanish(client);
    stage.connect(TEXT, 7);
    assert_eq!(report(&stage).client, "connected");
}

#[test]
fn a_client_that_floods_is_not_read_from_any_more_until_there_is_room() {
    let mut stage = limited(100);
    let client = stage.connect(TEXT, 7);
    assert!(stage.proxy.may_read(client));
    ask(&mut stage, client, 100);
    let mut sent = 0;
    while stage.proxy.may_read(client) {
        ask(&mut stage, client, 100);
        sent += 100;
        assert!(sent < 1_000_000, "its bytes are bounded");
    }
    stage.gateway_heard(7);
    stage.pass(SECOND);
    assert!((90..=110).contains(&stage.gateway_heard(7).len()), "and it goes on at its own pace");
    stage.pass(120 * SECOND);
    assert_eq!(stage.closed(client), Some(Closing::TooFast), "a minute's flood is no burst");
}

#[test]
fn a_client_that_cannot_get_a_session_though_it_tries_is_remembered_until_it_has_one() {
    let mut stage = Stage::new();
    stage.connect(TEXT, 5);
    stage.mood = Mood::IdInUse;
    for failures in 1..=3_u64 {
        let client = stage.connect(TEXT, 7);
        stage.pass(5 * SECOND);
        assert_eq!(stage.closed(client), Some(Closing::NoSession));
        stage.vanish(client);
        let left = stage.proxy.left_out(stage.now);
        let [left] = &left[..] else { panic!("{left:?}") };
        assert_eq!(left.client_id, Some(ClientId::new(7)));
        assert_eq!(left.failures, failures, "{left:?}");
        assert_eq!(left.cause, "client_id_in_use");
    }
    assert!(stage.proxy.left_out(stage.now)[0].failing_ms.is_some());
    stage.mood = Mood::Well;
    stage.connect(TEXT, 7);
    assert!(stage.proxy.left_out(stage.now).is_empty());
}

#[test]
fn a_gateway_that_lets_nobody_in_anew_is_remembered_for_those_who_could_not_say_who_they_are() {
    let mut stage = Stage::new();
    stage.mood = Mood::Away;
    for _ in 0..3 {
        let client = stage.dial();
        stage.greet(client, TEXT);
        stage.pass(SECOND);
        assert!(!stage.heard(client).iter().any(|message| matches!(message, ServerMessage::NextValidId(_))));
        stage.vanish(client);
    }
    let left = stage.proxy.left_out(stage.now);
    assert_eq!((left.len(), left[0].client_id), (1, None));
}
