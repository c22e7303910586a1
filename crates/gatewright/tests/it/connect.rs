//! `gatewright connect`.

use crate::program::{Program, Sim};
use crate::socket_table::{assert_nothing_left, leave_zombies};

#[test]
fn a_simulated_gateway_is_started_connected_to_and_gone_afterwards() {
    let program = Program::new();
    let (json, run) = program.run_json(&["connect", "--sim", "--json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stderr, "");
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        ["status", "gateway", "client_id", "server_version", "accounts", "positions", "stages", "total_ms", "warnings"];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["status"], "ready");
    assert_eq!(json["client_id"], 1);
    assert_eq!(json["accounts"], serde_json::json!(["DU1234567"]));
    assert_eq!(json["server_version"], 178);
    let stages: Vec<&str> =
        json["stages"].as_array().unwrap().iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["inspect", "dial", "negotiate", "identify", "sync"]);
    assert_eq!(program.processes(), [] as [u32; 0], "the simulator and the worker are gone");
}

#[test]
fn text_shows_each_stage_and_what_the_session_brought() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--accounts", "DU1234567,DU7654321"]);
    let run = program.run(&["connect", "--gateway", sim.address(), "--client-id", "7"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], format!("Connecting to {} as client 7", sim.address()));
    for (line, stage) in lines[1..].iter().zip(["inspect", "dial", "negotiate", "identify", "sync"]) {
        assert!(line.starts_with(&format!("  ✓ {stage} ")) && line.ends_with(" ms"), "{line}");
    }
    assert!(lines[6].starts_with("Ready in "), "{}", run.stdout);
    assert!(run.stdout.contains("DU1234567 (paper), DU7654321 (paper)"), "{}", run.stdout);
    assert_nothing_left(sim.port());
}

#[test]
fn a_failure_in_text_names_stage_cause_and_remedy() {
    let program = Program::new();
    let run = program.run(&["connect", "--gateway", "127.0.0.1:1"]);
    assert_eq!(run.code, Some(10), "{run:?}");
    assert!(run.stdout.contains("✗ inspect"), "{}", run.stdout);
    assert!(run.stderr.contains("gatewright::not_listening"), "{}", run.stderr);
    assert!(run.stderr.contains("Start IB Gateway or TWS"), "{}", run.stderr);
}

#[test]
fn the_environment_names_the_gateway_and_a_flag_stands_above_it() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let by_environment = |arguments: &[&str], gateway: &str| {
        let output = program.command(arguments).env("GATEWRIGHT_GATEWAY", gateway).output().unwrap();
        output.status.code()
    };
    assert_eq!(by_environment(&["connect"], sim.address()), Some(0));
    assert_eq!(by_environment(&["connect", "--gateway", sim.address()], "127.0.0.1:1"), Some(0));
    assert_eq!(by_environment(&["connect"], "nowhere"), Some(2));
}

#[test]
fn zombies_are_refused_unless_told_otherwise() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "ignore-eof"]);
    leave_zombies(sim.address(), 2);
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", sim.address()]);
    assert_eq!((json["cause"].as_str(), run.code), (Some("zombies"), Some(12)));
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", sim.address(), "--zombies", "warn"]);
    assert_eq!((json["status"].as_str(), run.code), (Some("ready"), Some(0)));
    assert!(json["warnings"][0].as_str().unwrap().contains("2 zombie"), "{json}");
}

#[test]
fn what_a_gateway_does_not_answer_can_be_left_out() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "no-positions-end", "--fault", "no-executions-end"]);
    let (json, run) =
        program.run_json(&["connect", "--json", "--gateway", sim.address(), "--sync", "open-orders,account-values"]);
    assert_eq!(run.code, Some(0), "{json}");
    assert_eq!(json["positions"], serde_json::Value::Null);
    let (json, run) =
        program.run_json(&["connect", "--json", "--gateway", sim.address(), "--sync", "none", "--client-id", "2"]);
    assert_eq!(run.code, Some(0), "{json}");
}

#[test]
fn a_short_timeout_cuts_a_long_stage() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "accept-silent"]);
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", sim.address(), "--timeout", "0.3"]);
    assert_eq!((json["cause"].as_str(), run.code), (Some("version_stalled"), Some(13)));
    assert!(json["total_ms"].as_f64().unwrap() < 400.0, "{json}");
}

#[test]
fn real_money_is_refused_before_and_after_connecting() {
    let program = Program::new();
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", "127.0.0.1:4001"]);
    assert_eq!(
        (json["stage"].as_str(), json["cause"].as_str(), run.code),
        (Some("guard"), Some("live_port"), Some(30))
    );

    let sim = Sim::start(&program, &["--accounts", "U1234567"]);
    let connect = |more: &[&str]| {
        let (json, run) = program.run_json(&[&["connect", "--json", "--gateway", sim.address()], more].concat());
        (json["cause"].as_str().unwrap_or("ready").to_owned(), run.code)
    };
    assert_eq!(connect(&[]), ("live_account".into(), Some(30)));
    assert_eq!(connect(&["--live"]), ("account_not_named".into(), Some(30)));
    assert_eq!(connect(&["--live", "--account", "U7654321"]), ("account_not_found".into(), Some(30)));
    assert_eq!(connect(&["--live", "--account", "U1234567"]), ("ready".into(), Some(0)));
    assert_nothing_left(sim.port());
}

#[test]
fn one_program_for_each_client_id_of_a_gateway() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "accept-silent"]);
    let mut first = program.command(&["connect", "--gateway", sim.address()]).spawn().unwrap();
    crate::patience::until("the first one is connecting", || {
        !crate::socket_table::report(sim.port()).connections.is_empty()
    });
    let (json, run) = program.run_json(&["connect", "--json", "--gateway", sim.address()]);
    assert_eq!((json["cause"].as_str(), run.code), (Some("locked"), Some(31)));
    assert!(json["message"].as_str().unwrap().contains(&format!("pid {}", first.id())), "{json}");
    first.kill().unwrap();
    first.wait().unwrap();
    assert_nothing_left(sim.port());
}

#[test]
fn a_port_of_another_program_is_left_alone_where_that_was_asked() {
    let program = Program::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let gateway = listener.local_addr().unwrap().to_string();
    let (json, run) = program.run_json(&["connect", "--gateway", &gateway, "--refuse-foreign", "--json"]);
    assert_eq!((json["cause"].as_str(), json["stage"].as_str()), (Some("foreign_listener"), Some("inspect")));
    assert_eq!(run.code, Some(11));
    let dialled = listener.accept().expect_err("nobody dialled");
    assert_eq!(dialled.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let program = Program::new();
    for arguments in [&["connect", "--sim", "--json"][..], &["doctor"], &["--help"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let run = program.command(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("standard output"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_log_filter_that_cannot_be_read_is_refused_by_every_command() {
    let program = Program::new();
    let run = program.command(&["connect", "--sim"]).env("GATEWRIGHT_LOG", "!!!=x,").output().unwrap();
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    assert!(String::from_utf8_lossy(&run.stderr).contains("GATEWRIGHT_LOG"), "{run:?}");
}

#[test]
fn a_simulated_gateway_leaves_no_lock() {
    let program = Program::new();
    assert_eq!(program.run(&["connect", "--sim"]).code, Some(0));
    assert!(!program.state().join("locks").exists());
}
