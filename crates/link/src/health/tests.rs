//! Layers and streams in virtual time.

use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use gatewright_proto::session::{Acts, Cause, ClosedHow, Failure, IdInUseEvidence, Stage};
use proptest::prelude::*;

use super::*;
use crate::clock;
use crate::protocol::LayerState::{self, No, Unknown, Yes};

const SECOND: Duration = Duration::from_secs(1);

fn failure(stage: Stage, cause: Cause) -> Failure {
    Failure { stage, cause, after: SECOND, local: true, cut_short: false }
}

fn ready(now: Instant) -> HealthBoard {
    let mut board = HealthBoard::default();
    for stage in [Stage::Inspect, Stage::Dial, Stage::Negotiate, Stage::Identify, Stage::Sync, Stage::Ready] {
        board.handle_stage_passed(now, stage);
    }
    board.handle_notice(now, 2104, "Market data farm connection is OK:usfarm");
    board
}

fn states(board: &HealthBoard, now: Instant, names: &[&str]) -> Vec<LayerState> {
    let layers = board.layers(now);
    names.iter().map(|name| layers[*name].state).collect()
}

const LAYERS: [&str; 6] = ["listener", "tcp", "handshake", "session", "gateway_link", "farm:usfarm"];

#[test]
fn what_nobody_told_is_unknown() {
    let now = clock::now();
    let report = HealthBoard::default().report(now);
    assert!(report.layers.values().all(|layer| layer.state == Unknown && layer.since_ms.is_none()));
    assert_eq!((report.diagnosis.state, report.diagnosis.acts), (Unknown, None));
}

#[test]
fn a_ready_session_is_well_as_long_as_it_is_heard_of() {
    let now = clock::now();
    let board = ready(now);
    assert_eq!(states(&board, now, &LAYERS), [Yes; 6]);
    assert_eq!(board.report(now).diagnosis.state, Yes);
    let later = now + 31 * SECOND;
    assert_eq!(states(&board, later, &LAYERS), [Yes, Yes, Yes, Unknown, Unknown, Unknown]);
    assert_eq!(board.report(later).diagnosis.state, Unknown);
}

#[test]
fn each_failure_breaks_its_own_layer_and_leaves_the_ones_above_unknown() {
    let in_use = Cause::ClientIdInUse { client_id: ClientId::new(7), evidence: IdInUseEvidence::Code326 };
    let cases = [
        (Stage::Inspect, Cause::NotListening, [No, Unknown, Unknown, No, Unknown, Unknown]),
        (Stage::Dial, Cause::Refused, [No, Unknown, Unknown, No, Unknown, Unknown]),
        (Stage::Dial, Cause::DialTimeout, [Unknown, No, Unknown, No, Unknown, Unknown]),
        (Stage::Negotiate, Cause::VersionStalled, [Yes, Yes, No, No, Unknown, Unknown]),
        (Stage::Identify, in_use, [Yes, Yes, Yes, No, Unknown, Unknown]),
        (Stage::Ready, Cause::Lost { how: ClosedHow::Frozen }, [Yes, Yes, Yes, No, Unknown, Unknown]),
        (Stage::Ready, Cause::Lost { how: ClosedHow::Reset }, [Unknown, No, Unknown, No, Unknown, Unknown]),
    ];
    for (stage, cause, expected) in cases {
        let now = clock::now();
        let mut board = ready(now);
        let name = cause.name();
        board.handle_failure(now + SECOND, &failure(stage, cause));
        assert_eq!(states(&board, now + SECOND, &LAYERS), expected, "{name}");
        assert_eq!(board.report(now + SECOND).diagnosis.state, No, "{name}");
    }
}

#[test]
fn the_lowest_broken_layer_is_named_with_who_acts() {
    let now = clock::now();
    let mut board = ready(now);
    board.handle_notice(now, 2103, "Market data farm connection is broken:usfarm");
    let diagnosis = board.report(now + 3 * SECOND).diagnosis;
    assert_eq!((diagnosis.layer.as_deref(), diagnosis.acts), (Some("farm:usfarm"), Some(Acts::Wait)));
    assert!(diagnosis.sentence.starts_with("farm:usfarm is broken since 3 s (2103: "), "{}", diagnosis.sentence);
    board.handle_notice(now, 1100, "Connectivity between IBKR and TWS has been lost.");
    assert_eq!(board.report(now).diagnosis.layer.as_deref(), Some("gateway_link"));
    board.handle_failure(now, &failure(Stage::Inspect, Cause::NotListening));
    let diagnosis = board.report(now).diagnosis;
    assert_eq!((diagnosis.layer.as_deref(), diagnosis.acts), (Some("listener"), Some(Acts::Human)));
}

#[test]
fn a_lost_ibkr_leaves_farms_unknown_until_1102_lists_them() {
    let now = clock::now();
    let mut board = ready(now);
    board.handle_notice(now, 2106, "HMDS data farm connection is OK:ushmds");
    board.handle_notice(now, 1100, "lost");
    let names = ["gateway_link", "farm:usfarm", "farm:ushmds"];
    assert_eq!(states(&board, now, &names), [No, Unknown, Unknown]);
    board.handle_notice(now, 2104, "Market data farm connection is OK:usfarm");
    assert_eq!(states(&board, now, &names), [Unknown, Yes, Unknown], "a late notice is not the Gateway's word");
    board.handle_notice(now, 2158, "Sec-def data farm connection is OK:secdefnj");
    assert_eq!(states(&board, now, &names)[0], Unknown, "nor are two of them");
    board.handle_notice(now, 1102, "restored. All data farms are connected: ushmds.");
    assert_eq!(states(&board, now, &names), [Yes, Unknown, Yes]);
}

#[test]
fn what_we_caused_ourselves_blames_nobody() {
    let now = clock::now();
    let mut board = HealthBoard::default();
    board.handle_failure(now, &failure(Stage::Negotiate, Cause::SelfStalled { late: SECOND }));
    assert_eq!(states(&board, now, &["listener", "tcp", "handshake"]), [Unknown; 3]);
}

proptest! {
    #[test]
    fn since_runs_from_the_last_change(notices in prop::collection::vec((0..3usize, 0..100u64), 1..40)) {
        let mut now = clock::now();
        let mut board = ready(now);
        let mut changed = now;
        let mut last = Yes;
        for (which, gap) in notices {
            now += Duration::from_secs(gap);
            let (code, state) = [(2104, Yes), (2103, No), (2108, Unknown)][which];
            board.handle_notice(now, code, "farm:usfarm");
            if state != last {
                (last, changed) = (state, now);
            }
            let layer = board.layers(now)["farm:usfarm"].clone();
            prop_assert_eq!(layer.state, state);
            let since = (state != Unknown).then(|| u64::try_from((now - changed).as_millis()).unwrap());
            prop_assert_eq!(layer.since_ms, since);
        }
    }
}

/// A stream that ticks each second for a minute.
fn ticking(market: Market) -> (FreshnessWatch, Instant) {
    let mut now = clock::now();
    let mut watch = FreshnessWatch::default();
    watch.handle_started(now, 1, market, Some("usfarm".into()));
    for _ in 0..60 {
        now += SECOND;
        watch.handle_data(now, 1);
    }
    (watch, now)
}

fn run(watch: &mut FreshnessWatch, until: Instant) -> Vec<FreshnessEvent> {
    while let Some((due, _)) = watch.poll_timeout()
        && due <= until
    {
        watch.handle_timeout(due);
    }
    std::iter::from_fn(|| watch.poll_event()).collect()
}

#[test]
fn a_silent_stream_is_asked_again_once_and_then_reported() {
    let (mut watch, now) = ticking(Market::Open);
    assert_eq!(watch.freshness(now, 1), Freshness::Fresh);
    let events = run(&mut watch, now + 3600 * SECOND);
    let asked = FreshnessEvent::AskAgain { subscription: 1, silent: 30 * SECOND };
    let stale = FreshnessEvent::Stale { subscription: 1, silent: 60 * SECOND };
    assert_eq!(events, [asked, stale]);
    assert_eq!(watch.freshness(now + 3600 * SECOND, 1), Freshness::Stale);
    watch.handle_data(now + 3601 * SECOND, 1);
    assert_eq!(run(&mut watch, now + 3602 * SECOND), [FreshnessEvent::Fresh { subscription: 1 }]);
    assert_eq!(watch.freshness(now + 3602 * SECOND, 1), Freshness::Fresh);
}

#[test]
fn silence_of_a_closed_or_unknown_market_says_nothing() {
    for market in [Market::Closed, Market::Unknown] {
        let (mut watch, now) = ticking(market);
        assert_eq!(run(&mut watch, now + 3600 * SECOND), []);
        assert_eq!(watch.freshness(now + 3600 * SECOND, 1), Freshness::Unknown);
    }
    let (mut watch, now) = ticking(Market::Open);
    watch.handle_market(now, 1, Market::Closed);
    watch.handle_market(now + 3600 * SECOND, 1, Market::Open);
    let events = run(&mut watch, now + 3630 * SECOND);
    assert_eq!(events.len(), 1, "an open market is given its time: {events:?}");
}

#[test]
fn a_stream_without_a_rate_is_unknown() {
    let now = clock::now();
    let mut watch = FreshnessWatch::default();
    watch.handle_started(now, 1, Market::Open, None);
    assert_eq!(run(&mut watch, now + 3600 * SECOND), []);
    assert_eq!(watch.freshness(now + 3600 * SECOND, 1), Freshness::Unknown);
}

#[test]
fn a_broken_farm_explains_silence_and_its_return_ends_the_excuse() {
    let (mut watch, now) = ticking(Market::Open);
    watch.handle_farm_down("usfarm");
    assert_eq!(run(&mut watch, now + 600 * SECOND), [], "asking a farm that is down helps nobody");
    assert_eq!(watch.freshness(now + 600 * SECOND, 1), Freshness::Stale);
    watch.handle_farm_back(now + 600 * SECOND, "usfarm");
    let events = run(&mut watch, now + 631 * SECOND);
    assert_eq!(events, [FreshnessEvent::AskAgain { subscription: 1, silent: 630 * SECOND }]);
}

#[test]
fn slow_streams_have_more_time() {
    let mut now = clock::now();
    let mut watch = FreshnessWatch::default();
    watch.handle_started(now, 1, Market::Open, None);
    for _ in 0..10 {
        now += 20 * SECOND;
        watch.handle_data(now, 1);
    }
    assert_eq!(run(&mut watch, now + 399 * SECOND), []);
    assert_eq!(run(&mut watch, now + 401 * SECOND).len(), 1);
}
