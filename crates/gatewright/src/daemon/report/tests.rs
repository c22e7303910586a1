//! A report as a daemon gives it, and what the ways to write it have in common.

use std::collections::BTreeMap;

use gatewright_link::protocol::{Layer, LayerState};

use super::*;
use crate::output::Paint;

/// A Gateway whose worker runs and of whose session nothing is known.
pub(super) fn report() -> DaemonReport {
    let layer = |state, evidence: &str| Layer { state, since_ms: None, evidence: evidence.into() };
    let layers = BTreeMap::from([
        ("worker".to_owned(), layer(LayerState::Yes, "pid 7 answered")),
        ("session".to_owned(), layer(LayerState::Unknown, "nothing has told yet <&>")),
    ]);
    let verdict = Verdict::of("paper", &layers, WorkerState::Running, None, Outlook::Open);
    let worker =
        WorkerReport { state: WorkerState::Running, generation: 1, since_ms: 1, last_end: None, loop_lag_ms: None };
    let monitor = MonitorReport {
        client_id: 999_999_000,
        connected: false,
        server_version: None,
        accounts: Vec::new(),
        sessions: 0,
        attempts: 0,
        last_loss: None,
        failure: None,
    };
    let gateway = GatewayReport {
        name: "paper".into(),
        gateway: "127.0.0.1:4002".into(),
        verdict: verdict.clone(),
        worker_pid: Some(7),
        worker,
        monitor,
        layers,
        expected: None,
        recovery: None,
        pacing: None,
        sessions_ready: 0,
        proxy: None,
        alert: None,
        remedy: None,
        socket_table: None,
    };
    DaemonReport {
        verdict,
        pid: 6,
        version: "0.0.0".into(),
        uptime_ms: 90_000,
        state_dir: "/state".into(),
        config: None,
        http: None,
        alerts: AlertsReport::default(),
        halt: HaltReport::default(),
        gateways: vec![gateway],
    }
}

#[test]
fn unknown_is_written_as_unknown_everywhere() {
    let report = report();
    assert_eq!(report.verdict.well, LayerState::Unknown);
    assert!(text(&report, Paint::new(false)).starts_with("? paper: not known yet"));
    assert!(page(&report).contains("<td class=unknown>unknown"));
    assert!(!metrics(&report).contains("gatewright_gateway_well{"));
}

#[test]
fn a_page_keeps_what_a_gateway_says_from_being_markup() {
    assert!(page(&report()).contains("nothing has told yet &lt;&amp;&gt;"));
}

#[test]
fn a_halt_is_the_first_thing_that_is_told_and_one_that_cannot_be_read_is_no_all_clear() {
    let mut report = report();
    report.halt = HaltReport { stands: LayerState::Yes, words: Some("since noon by ann: smoke <&>".into()) };
    assert!(text(&report, Paint::new(false)).starts_with("! HALTED: since noon by ann: smoke <&>\n"));
    assert!(page(&report).contains("HALTED: since noon by ann: smoke &lt;&amp;&gt;"));
    assert!(metrics(&report).contains("gatewright_halted 1\n"));
    report.halt = HaltReport { stands: LayerState::Unknown, words: Some("no journal".into()) };
    assert!(text(&report, Paint::new(false)).starts_with("? whether trading is halted is not known: no journal\n"));
    assert!(!metrics(&report).lines().any(|line| line.starts_with("gatewright_halted ")), "no sample");
    report.halt = HaltReport { stands: LayerState::No, words: None };
    assert!(text(&report, Paint::new(false)).starts_with("? paper"));
    assert!(metrics(&report).contains("gatewright_halted 0\n"));
}
