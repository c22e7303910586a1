//! The fault matrix: every way in which the simulated Gateway misbehaves, and what `connect` makes of it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::program::{Program, Sim};
use crate::socket_table::{assert_nothing_left, zombies, zombies_by_proc};

/// What a connection comes to.
enum Comes {
    /// It is ready in spite of the fault.
    Ready,
    /// It fails at this stage, for this cause, with this exit code.
    Fails(&'static str, &'static str, i32),
}
use Comes::{Fails, Ready};

/// Every fault with what it comes to, and what the simulator needs to be told besides.
const MATRIX: &[(&str, &[&str], Comes)] = &[
    ("refuse", &[], Fails("inspect", "not_listening", 10)),
    ("backlog-full", &[], Fails("dial", "dial_timeout", 13)),
    ("close-on-accept", &[], Fails("negotiate", "closed_before_version", 15)),
    ("reset-on-accept", &[], Fails("negotiate", "closed_before_version", 15)),
    ("accept-silent", &[], Fails("negotiate", "version_stalled", 13)),
    ("stall-new", &["--stall-after", "0"], Fails("negotiate", "version_stalled", 13)),
    ("close-before-version", &[], Fails("negotiate", "closed_before_version", 15)),
    ("garbage-version", &[], Fails("negotiate", "malformed", 16)),
    ("http", &[], Fails("negotiate", "malformed", 16)),
    ("old-version", &[], Fails("negotiate", "version_unsupported", 16)),
    ("unknown-time-zone", &[], Ready),
    ("foreign-time-zone", &[], Ready),
    ("version-then-silent", &[], Fails("identify", "identify_stalled", 13)),
    ("close-after-start-api", &[], Fails("identify", "client_id_in_use", 14)),
    ("close-late-after-start-api", &[], Fails("identify", "client_id_in_use", 14)),
    ("reset-after-start-api", &[], Fails("identify", "lost", 15)),
    ("client-id-in-use", &[], Fails("identify", "client_id_in_use", 14)),
    ("no-accounts", &[], Fails("identify", "identify_stalled", 13)),
    ("no-next-valid-id", &[], Fails("identify", "identify_stalled", 13)),
    ("empty-accounts", &[], Fails("identify", "no_accounts", 17)),
    ("high-order-ids", &[], Ready),
    ("no-version-fields", &[], Fails("identify", "malformed", 16)),
    ("ids-before-accounts", &[], Ready),
    ("unknown-message", &[], Ready),
    // Like the next, it comes with the farm notices.
    ("empty-frame", &["--fault", "no-account-values"], Fails("sync", "malformed", 16)),
    // It comes with the farm notices, some milliseconds after the start-up messages; another fault has sync wait for it.
    ("oversized-frame", &["--fault", "no-account-values"], Fails("sync", "malformed", 16)),
    ("frozen-after-ready", &[], Ready),
    ("no-positions-end", &[], Fails("sync", "sync_stalled", 13)),
    ("no-open-orders-end", &[], Fails("sync", "sync_stalled", 13)),
    ("no-executions-end", &[], Fails("sync", "sync_stalled", 13)),
    ("no-account-values", &[], Fails("sync", "sync_stalled", 13)),
    ("read-only", &[], Ready),
    ("trickle", &[], Ready),
    ("ignore-eof", &[], Ready),
    ("accept-dialog", &[], Fails("negotiate", "version_stalled", 13)),
    ("paper-warning", &[], Fails("identify", "identify_stalled", 13)),
    ("client-limit", &[], Ready),
    ("slow-release", &[], Ready),
    ("split-greeting", &[], Ready),
    // The id of the message, 4, is taken for the version.
    ("frames-before-greeting", &[], Fails("negotiate", "version_unsupported", 16)),
    ("early-frames", &[], Ready),
    ("split-bytes", &[], Ready),
    ("aligned-burst", &[], Ready),
    ("slow-reader", &[], Fails("sync", "sync_stalled", 13)),
    ("half-open", &[], Ready),
    ("leak-stall", &[], Ready),
    ("relay", &[], Ready),
    ("relay-killed", &[], Fails("inspect", "not_listening", 10)),
    ("relay-address-in-use", &[], Fails("inspect", "not_listening", 10)),
    ("no-end-markers", &[], Fails("sync", "sync_stalled", 13)),
    ("unanswered", &[], Fails("sync", "sync_stalled", 13)),
    ("early-requests-lost", &[], Ready),
    ("write-access-dialog", &[], Fails("sync", "sync_stalled", 13)),
    ("farm-flap", &[], Ready),
    ("outage-lost", &[], Ready),
    ("outage-kept", &[], Ready),
    ("outage-stale", &[], Ready),
    ("server-broken", &[], Ready),
    ("outage-hides-orders", &[], Ready),
    // It closes with the farm notices, some milliseconds after the start-up messages.
    ("port-reset", &["--fault", "no-account-values"], Fails("sync", "lost", 15)),
    ("nightly-restart", &[], Fails("inspect", "not_listening", 10)),
    ("login-wall", &[], Fails("inspect", "not_listening", 10)),
    ("auto-logoff", &[], Fails("inspect", "not_listening", 10)),
    ("competing-session", &[], Ready),
    ("message-rate", &[], Ready),
    ("market-data-lines", &[], Ready),
    ("historical-pacing", &[], Ready),
    ("duplicate-status", &[], Ready),
    ("missing-status", &[], Ready),
    ("execution-first", &[], Ready),
    ("late-commission", &[], Ready),
    ("cancel-race", &[], Ready),
    ("swallowed-order", &[], Ready),
    ("rejected-order", &[], Ready),
    ("broker-cancels", &[], Ready),
    ("order-dialog", &[], Ready),
    ("order-warnings", &[], Ready),
];

/// How many run at a time. Most of them wait for a deadline; more at a time would measure the machine.
const AT_A_TIME: usize = 6;

/// How late after its stage's deadline a failure may be told.
const LATE_MS: f64 = 100.0;

/// How long the process may take besides connecting.
const OUTSIDE_MS: f64 = 4000.0;

#[test]
fn every_fault_ends_in_the_right_stage_and_cause_in_time_and_leaves_nothing() {
    let program = Program::new();
    let (listed, _) = program.run_json(&["sim", "--list-faults", "--json"]);
    let listed: Vec<&str> = listed.as_array().unwrap().iter().map(|fault| fault["name"].as_str().unwrap()).collect();
    let expected: Vec<&str> = MATRIX.iter().map(|(name, ..)| *name).collect();
    assert_eq!(listed, expected, "every fault has a row in this matrix");

    let queue: Mutex<VecDeque<_>> = Mutex::new(MATRIX.iter().collect());
    let problems: Mutex<Vec<String>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop_front();
                    let Some((fault, more, comes)) = next else { return };
                    if let Err(problem) = try_one(fault, more, comes) {
                        problems.lock().unwrap().push(format!("{fault}: {problem}"));
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn try_one(fault: &str, more: &[&str], comes: &Comes) -> Result<(), String> {
    let program = Program::new();
    let sim = Sim::start(&program, &[&["--fault", fault], more].concat());
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", sim.address()]);
    println!("{fault:<28} {} {} {} {} ms", json["status"], json["stage"], json["cause"], json["total_ms"]);
    let wrong = |what: String| Err(format!("{what}\n{json:#}\n{}", run.stderr));
    match comes {
        Ready => {
            if (json["status"].as_str(), run.code) != (Some("ready"), Some(0)) {
                return wrong("expected to be ready".into());
            }
        }
        Fails(stage, cause, code) => {
            let found = (json["stage"].as_str(), json["cause"].as_str(), run.code);
            if found != (Some(stage), Some(cause), Some(*code)) {
                return wrong(format!("expected {stage}/{cause}/{code}, found {found:?}"));
            }
            let deadline = deadline_ms(stage);
            let lasted = json["total_ms"].as_f64().unwrap() - passed_ms(&json);
            if lasted > deadline + LATE_MS {
                return wrong(format!("{stage} lasted {lasted} ms, and its deadline is {deadline} ms"));
            }
        }
    }
    // What remains is starting two processes and leaving, which takes two seconds where the Gateway ignores our end.
    let outside = run.took.as_secs_f64() * 1000.0 - json["total_ms"].as_f64().unwrap();
    if outside > OUTSIDE_MS {
        return wrong(format!("the process took {:?}", run.took));
    }
    // With backlog-full the simulator's own connections fill the queue, so only the dead ones are counted there.
    if fault == "backlog-full" {
        assert_eq!((zombies(sim.port()), zombies_by_proc(sim.port())), (0, 0));
    } else {
        assert_nothing_left(sim.port());
    }
    Ok(())
}

fn passed_ms(json: &Value) -> f64 {
    json["stages"].as_array().unwrap().iter().map(|stage| stage["ms"].as_f64().unwrap()).sum()
}

/// The table of the design
fn deadline_ms(stage: &str) -> f64 {
    match stage {
        "inspect" => 250.0,
        "dial" => 2000.0,
        "negotiate" => 3000.0,
        "identify" | "sync" => 5000.0,
        other => panic!("no such stage: {other}"),
    }
}
