//! Every stage against silence, close, reset, garbage, wrong order and split bytes, in virtual time.

use std::time::{Duration, Instant};

use bytes::BytesMut;
use proptest::prelude::*;

use super::*;
use crate::handshake::ServerGreeting;
use crate::ids::{ClientId, OrderId, ServerVersion};
use crate::message::account::AccountDownloadEnd;
use crate::message::start::{ErrorMessage, ManagedAccounts, NextValidId};
use crate::message::{ClientMessage, ServerMessage};

const VERSION: ServerVersion = ServerVersion::new(178);

mod evidence;
mod heartbeats;

/// A session with a Gateway that the test plays, and a clock that only the test moves.
struct Play {
    session: Session,
    now: Instant,
    events: Vec<SessionEvent>,
    sent: BytesMut,
}

impl Play {
    #[expect(clippy::disallowed_methods, reason = "an origin for virtual time; only differences matter")]
    fn new(settings: SessionSettings) -> Self {
        let now = Instant::now();
        Self { session: Session::new(settings, now), now, events: Vec::new(), sent: BytesMut::new() }
    }

    fn at(stage: Stage) -> Self {
        Self::with(SessionSettings::new(ClientId::new(7)), stage)
    }

    fn with(settings: SessionSettings, stage: Stage) -> Self {
        let mut play = Self::new(settings);
        for step in [Stage::Inspect, Stage::Dial, Stage::Negotiate, Stage::Identify, Stage::Sync] {
            if step == stage {
                break;
            }
            play.pass(step);
        }
        assert_eq!(play.session.stage(), stage);
        play
    }

    fn pass(&mut self, stage: Stage) {
        match stage {
            Stage::Inspect => self.session.handle_inspected(self.now),
            Stage::Dial => self.session.handle_connected(self.now),
            Stage::Negotiate => self.receive(&greeting(VERSION)),
            Stage::Identify => {
                self.say(&accounts(&["DU1"]));
                self.say(&next_valid_id());
            }
            Stage::Sync => self.sync_ends().iter().for_each(|end| self.say(end)),
            Stage::Ready => {}
        }
        self.drain();
    }

    fn sync_ends(&self) -> Vec<ServerMessage> {
        vec![
            ServerMessage::PositionEnd,
            ServerMessage::OpenOrderEnd,
            ServerMessage::ExecDetailsEnd(SYNC_EXECUTIONS_ID),
            ServerMessage::AccountSummaryEnd(SYNC_SUMMARY_ID),
        ]
    }

    fn say(&mut self, message: &ServerMessage) {
        let mut bytes = BytesMut::new();
        message.encode(&mut bytes, VERSION).unwrap();
        self.receive(&bytes);
    }

    fn receive(&mut self, bytes: &[u8]) {
        self.session.handle_bytes(self.now, bytes);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.session.poll_event(self.now) {
            self.events.push(event);
        }
        while let Some(bytes) = self.session.poll_transmit() {
            self.sent.extend_from_slice(&bytes);
        }
    }

    fn close(&mut self, how: ClosedHow) {
        self.session.handle_closed(self.now, how);
        self.drain();
    }

    /// Lets the next deadline pass; returns how long that took.
    fn silence(&mut self) -> Duration {
        let (deadline, _) = self.session.poll_timeout().expect("every waiting stage has a deadline");
        let waited = deadline - self.now;
        self.now = deadline;
        self.session.handle_timeout(self.now);
        self.drain();
        waited
    }

    fn failure(&self) -> &Failure {
        match self.events.last() {
            Some(SessionEvent::Failed(failure)) => failure,
            other => panic!("not failed: {other:?}"),
        }
    }

    fn failed(&self, stage: Stage, cause: &str) {
        let failure = self.failure();
        assert_eq!((failure.stage, failure.cause.name()), (stage, cause), "{failure}");
        assert!(self.session.is_over());
        assert_eq!(self.session.poll_timeout(), None, "a session that is over waits for nothing");
    }

    fn is_ready(&self) -> bool {
        self.session.is_ready()
    }
}

fn greeting(version: ServerVersion) -> BytesMut {
    let mut bytes = BytesMut::new();
    ServerGreeting { version, connection_time: "20261124 09:30:00 EST".into() }.encode(&mut bytes).unwrap();
    bytes
}

fn accounts(accounts: &[&str]) -> ServerMessage {
    let accounts = accounts.iter().map(|&account| account.to_owned()).collect();
    ServerMessage::ManagedAccounts(ManagedAccounts { accounts })
}

fn next_valid_id() -> ServerMessage {
    ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(5) })
}

fn error(code: i32, text: &str) -> ServerMessage {
    ServerMessage::Error(Box::new(ErrorMessage::notice(code, text)))
}

#[test]
fn silence_ends_each_stage_at_its_own_deadline() {
    let table = [
        (Stage::Inspect, 250, "inspection_unavailable"),
        (Stage::Dial, 2000, "dial_timeout"),
        (Stage::Negotiate, 3000, "version_stalled"),
        (Stage::Identify, 5000, "identify_stalled"),
        (Stage::Sync, 5000, "sync_stalled"),
    ];
    for (stage, deadline_ms, cause) in table {
        let mut play = Play::at(stage);
        assert_eq!(play.silence(), Duration::from_millis(deadline_ms), "{stage}");
        play.failed(stage, cause);
    }
}

#[test]
fn close_and_reset_are_answered_at_once_in_each_stage() {
    let table = [
        (Stage::Negotiate, "closed_before_version", "closed_before_version"),
        // A Gateway that closes in order after START_API refuses the id; one that resets is starting.
        (Stage::Identify, "client_id_in_use", "lost"),
        (Stage::Sync, "lost", "lost"),
        (Stage::Ready, "lost", "lost"),
    ];
    for (stage, on_eof, on_reset) in table {
        for (how, cause) in [(ClosedHow::Eof, on_eof), (ClosedHow::Reset, on_reset)] {
            let mut play = Play::at(stage);
            play.close(how);
            play.failed(stage, cause);
            assert_eq!(play.failure().after, Duration::ZERO);
        }
    }
}

#[test]
fn dialling_fails_as_the_operating_system_says() {
    let mut play = Play::at(Stage::Dial);
    play.session.handle_dial_failed(play.now, DialFailure::Refused);
    play.drain();
    play.failed(Stage::Dial, "refused");
    let mut play = Play::at(Stage::Dial);
    play.session.handle_dial_failed(play.now, DialFailure::Unreachable("no route".into()));
    play.drain();
    play.failed(Stage::Dial, "unreachable");
    let mut play = Play::at(Stage::Dial);
    play.session.handle_dial_failed(play.now, DialFailure::Reset);
    play.drain();
    play.failed(Stage::Negotiate, "closed_before_version");
}

#[test]
fn a_refused_connection_confirms_what_the_inspection_saw() {
    let mut play = Play::at(Stage::Dial);
    play.session.handle_inspection_failed(play.now, Cause::NotListening);
    play.drain();
    play.failed(Stage::Inspect, "not_listening");
}

#[test]
fn garbage_is_malformed_in_each_stage() {
    for garbage in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"\x7f\xff\xff\xff????"] {
        for stage in [Stage::Negotiate, Stage::Identify, Stage::Sync, Stage::Ready] {
            let mut play = Play::at(stage);
            play.receive(garbage);
            play.failed(stage, "malformed");
        }
    }
    let mut play = Play::at(Stage::Negotiate);
    play.receive(b"\0\0\0\x04abc\0");
    play.failed(Stage::Negotiate, "malformed");
}

#[test]
fn a_message_that_breaks_its_layout_costs_the_handshake_but_not_a_session() {
    let broken = b"\0\0\0\x05\x39\0\x31\0x";
    let mut play = Play::at(Stage::Identify);
    play.receive(broken);
    play.failed(Stage::Identify, "malformed");
    for stage in [Stage::Sync, Stage::Ready] {
        let mut play = Play::at(stage);
        play.receive(broken);
        assert!(matches!(play.events.last(), Some(SessionEvent::Undecodable(_))));
        assert!(!play.session.is_over());
    }
}

#[test]
fn wrong_order_does_not_matter_where_the_protocol_allows_any() {
    let mut play = Play::at(Stage::Identify);
    play.say(&error(2104, "Market data farm connection is OK:usfarm"));
    play.say(&ServerMessage::OpenOrderEnd);
    play.say(&next_valid_id());
    play.say(&accounts(&["DU1", "DU2"]));
    assert_eq!(play.session.stage(), Stage::Sync);
    // An end marker from before the stage does not count for it, and the ends may come in any order.
    for end in play.sync_ends().into_iter().rev() {
        assert!(!play.is_ready());
        play.say(&end);
    }
    assert!(play.is_ready());
    let accounts = play
        .events
        .iter()
        .find_map(|event| if let SessionEvent::Ready(report) = event { Some(report.accounts.clone()) } else { None });
    assert_eq!(accounts, Some(vec!["DU1".to_owned(), "DU2".to_owned()]));
}

#[test]
fn half_an_identification_names_what_is_missing() {
    for (message, missing) in [(accounts(&["DU1"]), "nextValidId"), (next_valid_id(), "managedAccounts")] {
        let mut play = Play::at(Stage::Identify);
        play.say(&message);
        play.silence();
        assert_eq!(play.failure().cause, Cause::IdentifyStalled { missing });
    }
}

#[test]
fn a_close_after_half_an_identification_is_no_taken_id() {
    let mut play = Play::at(Stage::Identify);
    play.say(&accounts(&["DU1"]));
    play.close(ClosedHow::Eof);
    play.failed(Stage::Identify, "lost");
}

#[test]
fn code_326_is_answered_at_once() {
    let mut play = Play::at(Stage::Identify);
    play.say(&error(326, "Unable to connect as the client id is already in use."));
    play.failed(Stage::Identify, "client_id_in_use");
    assert_eq!(play.failure().remedy().acts, Acts::Wait);
    assert!(!play.failure().remedy().requires_restart);
}

#[test]
fn an_empty_account_list_is_its_own_cause() {
    let mut play = Play::at(Stage::Identify);
    play.say(&accounts(&[]));
    play.failed(Stage::Identify, "no_accounts");
}

#[test]
fn versions_outside_the_offer_are_refused() {
    for version in [76, 156, 179, 213, -1] {
        let mut play = Play::at(Stage::Negotiate);
        play.receive(&greeting(ServerVersion::new(version)));
        play.failed(Stage::Negotiate, "version_unsupported");
    }
}

#[test]
fn each_request_that_stays_unanswered_is_named() {
    for (index, request) in SyncRequest::ALL.into_iter().enumerate() {
        let mut play = Play::at(Stage::Sync);
        let mut ends = play.sync_ends();
        ends.remove(index);
        ends.iter().for_each(|end| play.say(end));
        play.silence();
        assert_eq!(play.failure().cause, Cause::SyncStalled { request });
    }
}

#[test]
fn either_end_marker_proves_that_account_values_are_answered() {
    let mut play = Play::at(Stage::Sync);
    let mut ends = play.sync_ends();
    ends.pop();
    ends.iter().for_each(|end| play.say(end));
    play.say(&ServerMessage::AccountDownloadEnd(AccountDownloadEnd { account: "DU1".into() }));
    assert!(play.is_ready());
    assert!(play.sent.ends_with(b"\0\0\0\x0a6\x002\x000\0DU1\0\0\0\0\x0f63\x001\x00999999999\0"), "{:?}", play.sent);
}

#[test]
fn a_refused_request_is_an_answered_one() {
    let mut play = Play::at(Stage::Sync);
    let mut ends = play.sync_ends();
    ends.remove(2);
    ends.iter().for_each(|end| play.say(end));
    play.say(&ServerMessage::Error(Box::new(ErrorMessage::about(SYNC_EXECUTIONS_ID, 321, "no"))));
    assert!(play.is_ready());
}

#[test]
fn a_read_only_gateway_is_ready_without_open_orders() {
    let mut play = Play::at(Stage::Sync);
    let mut ends = play.sync_ends();
    ends.remove(1);
    ends.iter().for_each(|end| play.say(end));
    play.say(&error(321, "Error validating request:-'xx' : cause - The API interface is currently in Read-Only mode."));
    assert!(play.is_ready());
    let read_only = play.events.iter().any(|event| matches!(event, SessionEvent::Ready(report) if report.read_only));
    assert!(read_only);
}

#[test]
fn without_sync_requests_the_clock_proves_that_the_gateway_answers() {
    let mut settings = SessionSettings::new(ClientId::new(0));
    settings.sync.clear();
    let mut play = Play::with(settings, Stage::Sync);
    assert!(play.sent.ends_with(b"49\x001\0"));
    play.say(&ServerMessage::CurrentTime(crate::message::start::CurrentTime { epoch_seconds: 1 }));
    assert!(play.is_ready());
}

#[test]
fn nothing_is_sent_before_ready_and_nothing_is_queued_for_later() {
    for stage in [Stage::Negotiate, Stage::Identify, Stage::Sync] {
        let mut play = Play::at(stage);
        let before = play.sent.clone();
        assert_eq!(play.session.send(play.now, &ClientMessage::ReqPositions), Err(SendError::NotReady));
        play.drain();
        assert_eq!(play.sent, before);
        assert_eq!(play.session.close_mode(), CloseMode::Reset);
    }
    assert_eq!(Play::at(Stage::Ready).session.close_mode(), CloseMode::Orderly);
}

#[test]
fn the_callers_deadline_cuts_a_stage_short_and_says_so() {
    let mut settings = SessionSettings::new(ClientId::new(7));
    let mut play = Play::new(settings.clone());
    settings.overall = Some(play.now + Duration::from_secs(1));
    play.session = Session::new(settings, play.now);
    for stage in [Stage::Inspect, Stage::Dial] {
        play.pass(stage);
    }
    assert_eq!(play.silence(), Duration::from_secs(1));
    play.failed(Stage::Negotiate, "version_stalled");
    assert!(play.failure().cut_short);
}

#[test]
fn being_late_ourselves_is_not_blamed_on_the_gateway() {
    let mut play = Play::at(Stage::Negotiate);
    play.now += Duration::from_secs(5);
    play.session.handle_timeout(play.now);
    play.drain();
    play.failed(Stage::Negotiate, "self_stalled");
}

#[test]
fn the_whole_connection_cannot_outlast_the_sum_of_its_stages() {
    let deadlines = Deadlines::default();
    let mut play = Play::new(SessionSettings::new(ClientId::new(7)));
    let began = play.now;
    for stage in [Stage::Inspect, Stage::Dial, Stage::Negotiate, Stage::Identify] {
        play.now += deadlines.of(stage).unwrap() - Duration::from_nanos(1);
        play.pass(stage);
    }
    play.silence();
    assert!(play.now - began <= deadlines.connect_total());
    play.failed(Stage::Sync, "sync_stalled");
}

#[test]
fn every_cause_has_a_name_in_the_list_and_a_remedy() {
    let causes = [
        Cause::NotListening,
        Cause::ForeignListener { program: "nginx".into() },
        Cause::Zombies { count: 3 },
        Cause::InspectionUnavailable { why: "x".into() },
        Cause::Refused,
        Cause::DialTimeout,
        Cause::Unreachable { why: "x".into() },
        Cause::ClosedBeforeVersion { how: ClosedHow::Eof },
        Cause::VersionStalled,
        Cause::VersionUnsupported { got: VERSION, offered: SessionSettings::TEXT_VERSIONS },
        Cause::Malformed { what: "x".into() },
        Cause::ClientIdInUse { client_id: ClientId::new(0), evidence: IdInUseEvidence::Code326 },
        Cause::IdentifyStalled { missing: "nextValidId" },
        Cause::NoAccounts,
        Cause::SyncStalled { request: SyncRequest::Positions },
        Cause::Lost { how: ClosedHow::Frozen },
        Cause::SelfStalled { late: Duration::from_secs(1) },
    ];
    assert_eq!(causes.each_ref().map(Cause::name), Cause::NAMES);
    for cause in causes {
        let failure = Failure { stage: Stage::Dial, cause, after: Duration::ZERO, local: true, cut_short: false };
        assert!(!failure.remedy().text.is_empty());
        assert!(failure.to_string().starts_with("dial failed after 0 ms: "));
    }
}

proptest! {
    #[test]
    fn split_bytes_lead_through_every_stage(cuts in prop::collection::vec(1usize..9, 1..40)) {
        let mut stream = greeting(VERSION);
        let mut play = Play::at(Stage::Negotiate);
        let mut messages = vec![accounts(&["DU1"]), next_valid_id()];
        messages.extend(play.sync_ends());
        for message in &messages {
            message.encode(&mut stream, VERSION).unwrap();
        }
        let mut rest = &stream[..];
        let mut cuts = cuts.iter().cycle();
        while !rest.is_empty() {
            prop_assert!(!play.is_ready());
            let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            play.receive(piece);
            rest = after;
        }
        prop_assert!(play.is_ready());
    }

    #[test]
    fn hostile_streams_never_panic_and_always_end(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
        at in 0usize..4,
    ) {
        let stage = [Stage::Negotiate, Stage::Identify, Stage::Sync, Stage::Ready][at];
        let mut play = Play::at(stage);
        play.receive(&bytes);
        for _ in 0..4 {
            if play.session.is_over() {
                break;
            }
            play.silence();
        }
        prop_assert!(play.session.is_over() || play.is_ready());
    }
}
