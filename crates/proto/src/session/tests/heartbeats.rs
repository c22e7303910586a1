//! Proof of life in a ready session, in virtual time.

use super::*;

#[test]
fn two_missed_heartbeats_are_a_frozen_gateway() {
    let mut play = Play::at(Stage::Ready);
    let deadlines = Deadlines::default();
    play.sent.clear();
    assert_eq!(play.silence(), deadlines.heartbeat_idle);
    assert_eq!(play.silence(), deadlines.heartbeat);
    assert!(!play.session.is_over());
    assert_eq!(play.silence(), deadlines.heartbeat);
    play.failed(Stage::Ready, "lost");
    assert_eq!(play.failure().cause, Cause::Lost { how: ClosedHow::Frozen });
    assert_eq!(play.sent.len(), 2 * b"\0\0\0\x0549\x001\0".len(), "one clock request per heartbeat");
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut play = Play::at(Stage::Ready);
    play.silence();
    play.now += Duration::from_secs(1);
    play.receive(b"\0\0");
    assert_eq!(play.silence(), Deadlines::default().heartbeat_idle);
    assert!(!play.session.is_over());
}

#[test]
fn clock_requests_keep_their_distance() {
    let mut settings = SessionSettings::new(ClientId::new(7));
    settings.deadlines.heartbeat_idle = Duration::from_millis(1);
    let mut play = Play::with(settings, Stage::Ready);
    play.session.send(play.now, &ClientMessage::ReqCurrentTime).unwrap();
    play.drain();
    assert_eq!(play.silence(), HEARTBEAT_SPACING);
}
