//! One scenario for each transition.

use std::time::Duration;

use gatewright_proto::session::{Acts, Cause, ClosedHow, IdInUseEvidence, Stage, SyncRequest};
use gatewright_proto::{ClientId, ServerVersion, VersionRange};

use super::stage::*;
use crate::recovery::RecoveryState::{
    Connecting, Degraded, GatewayRestarting, Ready, Reconnecting, Stopped, WaitingForHuman,
};
use crate::recovery::*;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const LOST: &str = "Connectivity between IBKR and Trader Workstation has been lost.";
const KEPT: &str = "Connectivity has been restored - data maintained. All data farms are connected: usfarm; hfarm.";

#[test]
fn a_scout_goes_first_and_then_all() {
    let mut play = Play::begin();
    let sessions: Vec<ClientId> = (1..=32).map(ClientId::new).collect();
    for session in &sessions {
        play.recovery.handle_wanted(play.now, *session);
    }
    let scout = play.dial();
    assert_eq!(play.recovery.poll_dial(play.now), None);
    play.recovery.handle_ready(play.now, scout);
    let others = std::iter::from_fn(|| play.recovery.poll_dial(play.now)).count();
    assert_eq!(others, 31, "all others follow at once");
    assert_eq!(play.drain().states(), [Connecting, Ready]);
}

#[test]
fn a_scout_that_is_given_up_makes_way_for_another() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, MONITOR);
    play.recovery.handle_wanted(play.now, TRADER);
    let first = play.dial();
    play.recovery.handle_gone(play.now, first);
    let second = play.dial();
    assert_ne!(first, second);
    play.pass(10 * MINUTE);
    let third = play.dial();
    assert_eq!(third, second, "a scout that never reports is given up after its time");
}

#[test]
fn the_night_is_a_restart_and_the_gateway_is_back_at_once_when_it_is_back() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    play.recovery.handle_lost(play.now, TRADER, &reset());
    assert_eq!(play.drain().states(), [], "one lost session is not a lost Gateway");
    play.recovery.handle_lost(play.now, MONITOR, &reset());
    assert_eq!(play.drain().states(), [Reconnecting]);
    let looks = play.fail_for(33 * SECOND, &absent());
    assert!(looks > 500, "{looks} looks at the socket table: how soon its return is noticed depends on them");
    assert_eq!(play.states(), [Reconnecting, GatewayRestarting]);
    play.fail_for(SECOND, &closing());
    play.fail_for(5 * SECOND, &stalled());
    assert_eq!(
        play.states(),
        [Reconnecting, GatewayRestarting, GatewayRestarting, GatewayRestarting],
        "news of causes"
    );
    let scout = play.dial();
    play.recovery.handle_ready(play.now, scout);
    assert!(play.recovery.poll_dial(play.now).is_some());
    assert_eq!(play.drain().state(), Ready);
}

#[test]
fn a_gateway_that_stays_away_needs_a_human_and_is_still_looked_for() {
    let mut play = Play::ready(&[MONITOR]);
    play.recovery.handle_lost(play.now, MONITOR, &reset());
    play.fail_for(5 * MINUTE, &absent());
    assert_eq!(play.states(), [Reconnecting, GatewayRestarting, WaitingForHuman]);
    let since = play.recovery.report(play.now).since;
    let looks = play.fail_for(60 * MINUTE, &absent());
    assert!((1800..=7300).contains(&looks), "{looks} looks in an hour");
    let report = play.recovery.report(play.now);
    assert_eq!((report.state, report.since, report.acts), (WaitingForHuman, since, Some(Acts::Human)));
    assert!(report.why.contains("nothing listens"), "{}", report.why);
    let scout = play.dial();
    play.recovery.handle_ready(play.now, scout);
    assert_eq!(play.drain().state(), Ready);
}

#[test]
fn a_stalled_gateway_needs_a_human_soon_and_is_disturbed_seldom() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, MONITOR);
    play.fail_for(30 * SECOND, &stalled());
    assert_eq!(play.states(), [Connecting, Connecting, WaitingForHuman]);
    let attempts = play.fail_for(60 * MINUTE, &stalled());
    assert!((20..=70).contains(&attempts), "{attempts} attempts in an hour");
}

#[test]
fn a_human_who_restarts_the_gateway_is_given_time() {
    let mut play = Play::ready(&[MONITOR]);
    play.recovery.handle_lost(play.now, MONITOR, &frozen());
    play.fail_for(MINUTE, &stalled());
    assert_eq!(play.state(), WaitingForHuman);
    play.fail_for(MINUTE, &absent());
    assert_eq!(play.state(), GatewayRestarting);
    play.fail_for(5 * MINUTE, &absent());
    assert_eq!(play.state(), WaitingForHuman);
}

#[test]
fn a_reset_window_is_waited_out_before_a_human_is_called() {
    let mut play = Play::begin_at("2026-03-03T04:45:00Z");
    play.recovery.handle_wanted(play.now, MONITOR);
    let scout = play.dial();
    play.recovery.handle_ready(play.now, scout);
    play.recovery.handle_lost(play.now, MONITOR, &reset());
    play.fail_for(55 * MINUTE, &absent());
    let report = play.recovery.report(play.now);
    assert_eq!(report.state, GatewayRestarting);
    assert_eq!(report.expected.expect("a window").until, "2026-03-03T05:45:00Z".parse().unwrap());
    play.fail_for(6 * MINUTE, &absent());
    assert_eq!(play.state(), WaitingForHuman);
}

#[test]
fn a_lost_ibkr_keeps_the_sessions_and_is_told_once() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    for _ in 0..833 {
        play.notice(MONITOR, 1100, LOST);
        play.notice(TRADER, 1100, LOST);
    }
    assert_eq!(play.states(), [Degraded]);
    assert_eq!(play.recovery.report(play.now).sessions_ready, 2);
    play.notice(MONITOR, 1102, KEPT);
    assert_eq!(play.state(), Degraded, "one session has not heard it yet");
    play.notice(TRADER, 1102, KEPT);
    assert_eq!(play.states(), [Degraded, Ready]);
    assert_eq!(play.resubscribed(), [], "1102 keeps subscriptions");
}

#[test]
fn a_lost_ibkr_that_is_told_before_a_session_is_ready_is_known_once_it_is() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, TRADER);
    play.recovery.handle_wanted(play.now, MONITOR);
    assert_eq!(play.dial(), TRADER);
    play.notice(TRADER, 1100, LOST);
    play.recovery.handle_ready(play.now, TRADER);
    assert_eq!(play.drain().states(), [Connecting, Ready, Degraded]);
    play.notice(TRADER, 1102, KEPT);
    assert_eq!(play.state(), Ready);

    assert_eq!(play.dial(), MONITOR);
    play.notice(MONITOR, 1100, LOST);
    play.notice(MONITOR, 1102, KEPT);
    play.recovery.handle_ready(play.now, MONITOR);
    assert_eq!(play.state(), Ready, "it was taken back while the session began");
}

#[test]
fn data_that_was_lost_is_subscribed_again_once_for_each_session() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    play.notice(MONITOR, 1100, LOST);
    for _ in 0..3 {
        play.notice(MONITOR, 1101, "restored - data lost");
        play.notice(TRADER, 1101, "restored - data lost");
    }
    assert_eq!(play.resubscribed(), [MONITOR, TRADER]);
    assert_eq!(play.state(), Ready);
    play.pass(MINUTE);
    play.notice(TRADER, 1101, "restored - data lost");
    assert_eq!(play.resubscribed(), [MONITOR, TRADER, TRADER], "the next outage has its own");
}

#[test]
fn farms_that_work_prove_ibkr_though_nobody_says_so() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    play.notice(MONITOR, 1100, LOST);
    play.pass(MINUTE);
    play.notice(MONITOR, 2104, "Market data farm connection is OK:usfarm");
    assert_eq!(play.state(), Degraded, "the notice may have been under way");
    play.pass(MINUTE);
    assert_eq!(play.state(), Ready);
    assert_eq!(play.resubscribed(), [TRADER, MONITOR], "nobody said that data was kept");
}

#[test]
fn an_ibkr_that_stays_away_needs_a_human_but_not_inside_a_window() {
    let mut play = Play::ready(&[MONITOR]);
    play.notice(MONITOR, 1100, LOST);
    play.pass(14 * MINUTE);
    assert_eq!(play.state(), Degraded);
    play.pass(2 * MINUTE);
    assert_eq!(play.states(), [Degraded, WaitingForHuman]);
    play.notice(MONITOR, 1102, KEPT);
    assert_eq!(play.state(), Ready);

    let mut play = Play::begin_at("2026-03-03T04:50:00Z");
    play.recovery.handle_wanted(play.now, MONITOR);
    let scout = play.dial();
    play.recovery.handle_ready(play.now, scout);
    play.notice(MONITOR, 2110, LOST);
    play.pass(50 * MINUTE);
    assert_eq!(play.state(), Degraded);
    play.pass(6 * MINUTE);
    assert_eq!(play.state(), WaitingForHuman);
}

#[test]
fn a_new_port_is_told_once() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    let text = "Socket port has been reset; please reconnect on the new port - 4010";
    play.notice(MONITOR, 1300, text);
    play.notice(TRADER, 1300, text);
    assert_eq!(play.told, [RecoveryEvent::FollowPort { port: 4010 }]);
}

#[test]
fn a_gateway_that_has_moved_is_looked_for_at_both_ports_in_turn() {
    let mut play = Play::ready(&[MONITOR]);
    play.notice(MONITOR, 1300, "Please reconnect on the new port - 4010");
    play.recovery.handle_lost(play.now, MONITOR, &reset());
    let mut tried = Vec::new();
    for failure in
        [absent(), stalled(), absent(), failure(Stage::Inspect, Cause::ForeignListener { program: "nginx".into() })]
    {
        let scout = play.dial();
        tried.push(play.recovery.port(4002));
        play.recovery.handle_failed(play.now, scout, &failure);
    }
    assert_eq!(tried, [4010, 4002, 4002, 4010], "one that does not answer is there");
    assert_eq!(play.recovery.port(4002), 4002, "the port belongs to something else by now");
    play.recovery.handle_gateway(None);
    play.dial();
    assert_eq!(play.recovery.port(4001), 4001, "another Gateway has not moved");
}

#[test]
fn a_frozen_gateway_is_suspected_of_every_session_that_is_ready_and_of_no_other() {
    let mut play = Play::ready(&[MONITOR, TRADER]);
    play.recovery.handle_wanted(play.now, ClientId::new(8));
    play.recovery.handle_lost(play.now, MONITOR, &frozen());
    let since = play.now.at - 10 * SECOND;
    assert_eq!(play.recovery.poll_suspect(), Some(Suspect { client_id: TRADER, since }));
    assert_eq!(play.recovery.poll_suspect(), None);
    play.recovery.handle_lost(play.now, TRADER, &reset());
    assert_eq!(play.recovery.poll_suspect(), None, "what was closed proves no freeze");
}

#[test]
fn farms_are_told_when_they_have_settled() {
    let mut play = Play::ready(&[MONITOR]);
    play.notice(MONITOR, 2104, "Market data farm connection is OK:usfarm");
    play.notice(MONITOR, 2103, "Market data farm connection is broken:usfarm");
    play.pass(MINUTE);
    play.notice(MONITOR, 2104, "Market data farm connection is OK:usfarm");
    play.pass(MINUTE);
    assert!(
        matches!(&play.told[..], [RecoveryEvent::FarmDown { .. }, RecoveryEvent::FarmBack { .. }]),
        "{:?}",
        play.told
    );
    assert_eq!(play.state(), Ready, "a farm is not the session");
}

#[test]
fn a_session_that_cannot_connect_while_others_can_is_told_and_holds_nobody_up() {
    let mut play = Play::ready(&[MONITOR]);
    play.recovery.handle_wanted(play.now, TRADER);
    for _ in 0..5 {
        assert_eq!(play.dial(), TRADER);
        play.recovery.handle_failed(play.now, TRADER, &stalled());
    }
    let told = play.drain().told.clone();
    assert!(matches!(&told[..], [RecoveryEvent::SessionStuck { client_id: TRADER, .. }]), "{told:?}");
    assert_eq!(play.state(), Ready);
    play.recovery.handle_wanted(play.now, ClientId::new(8));
    assert_eq!(play.recovery.poll_dial(play.now), Some(ClientId::new(8)));
}

#[test]
fn a_taken_client_id_does_not_stop_the_next_scout() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, TRADER);
    play.recovery.handle_wanted(play.now, MONITOR);
    assert_eq!(play.dial(), TRADER);
    play.recovery.handle_failed(play.now, TRADER, &id_taken(TRADER));
    assert_eq!(play.recovery.poll_dial(play.now), Some(MONITOR), "the Gateway serves, so the next one need not wait");
}

#[test]
fn a_stop_stops_and_an_order_to_try_ends_it() {
    let mut play = Play::ready(&[MONITOR]);
    play.recovery.handle_command(play.now, RecoveryCommand::Stop { why: "gatewright down".into() });
    play.recovery.handle_lost(play.now, MONITOR, &reset());
    play.pass(60 * MINUTE);
    assert_eq!(play.recovery.poll_dial(play.now), None);
    assert_eq!((play.state(), play.recovery.poll_timeout()), (Stopped, None));
    assert_eq!(play.recovery.permission(play.now, MONITOR), Permission::Stopped);
    play.recovery.handle_command(play.now, RecoveryCommand::RetryNow);
    assert_eq!(play.recovery.poll_dial(play.now), Some(MONITOR));
}

#[test]
fn an_order_to_try_forgives_the_waits() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, MONITOR);
    play.fail_for(20 * MINUTE, &stalled());
    assert_eq!(play.recovery.poll_dial(play.now), None);
    assert!(matches!(play.recovery.permission(play.now, MONITOR), Permission::Human { .. }));
    play.recovery.handle_command(play.now, RecoveryCommand::RetryNow);
    assert_eq!(play.recovery.permission(play.now, MONITOR), Permission::Now);
    assert_eq!(play.recovery.poll_dial(play.now), Some(MONITOR));
}

#[test]
fn sessions_that_break_right_after_they_are_ready_make_no_storm() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, MONITOR);
    let (begin, mut rounds) = (play.now, 0);
    while play.now.at < begin.at + 10 * MINUTE {
        let scout = play.dial();
        play.recovery.handle_ready(play.now, scout);
        play.recovery.handle_lost(play.now, scout, &reset());
        rounds += 1;
    }
    assert!(rounds < 260, "{rounds} rounds in ten minutes");
}

#[test]
fn every_cause_of_failure_leads_to_a_deadline_or_a_human() {
    let offered = VersionRange::new(157, 178);
    let causes = [
        (Cause::NotListening, Connecting),
        (Cause::ForeignListener { program: "nginx".into() }, WaitingForHuman),
        (Cause::Zombies { count: 3 }, Connecting),
        (Cause::InspectionUnavailable { why: "no netlink".into() }, Connecting),
        (Cause::Refused, Connecting),
        (Cause::DialTimeout, Connecting),
        (Cause::Unreachable { why: "no route".into() }, Connecting),
        (Cause::ClosedBeforeVersion { how: ClosedHow::Reset }, Connecting),
        (Cause::VersionStalled, Connecting),
        (Cause::VersionUnsupported { got: ServerVersion::new(70), offered }, Connecting),
        (Cause::Malformed { what: "HTTP".into() }, WaitingForHuman),
        (Cause::ClientIdInUse { client_id: MONITOR, evidence: IdInUseEvidence::Code326 }, Connecting),
        (Cause::ClientIdInUse { client_id: MONITOR, evidence: IdInUseEvidence::ClosedAfterStartApi }, Connecting),
        (Cause::IdentifyStalled { missing: "nextValidId" }, Connecting),
        (Cause::NoAccounts, Connecting),
        (Cause::SyncStalled { request: SyncRequest::Positions }, Connecting),
        (Cause::Lost { how: ClosedHow::Frozen }, Connecting),
        (Cause::SelfStalled { late: SECOND }, Connecting),
    ];
    for (cause, first) in causes {
        let mut play = Play::begin();
        play.recovery.handle_wanted(play.now, MONITOR);
        let scout = play.dial();
        let name = cause.name();
        let failure = failure(Stage::Identify, cause);
        play.recovery.handle_failed(play.now, scout, &failure);
        assert_eq!(play.state(), first, "{name}");
        let report = play.recovery.report(play.now);
        assert!(report.next_attempt.is_some(), "{name}: the next attempt is known");
        play.fail_for(10 * MINUTE, &failure);
        assert_eq!(play.state(), WaitingForHuman, "{name}: nothing stays broken without a human's knowing");
        play.fail_for(60 * MINUTE, &failure);
    }
}

#[test]
fn a_failure_that_the_caller_cut_short_blames_nobody() {
    let mut play = Play::begin();
    play.recovery.handle_wanted(play.now, MONITOR);
    let scout = play.dial();
    let mut failure = stalled();
    failure.cut_short = true;
    play.recovery.handle_failed(play.now, scout, &failure);
    assert_eq!(play.drain().states(), [Connecting]);
    assert!(play.recovery.poll_timeout().is_some());
}
