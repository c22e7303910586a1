//! `gatewright sim`.

use std::net::TcpListener;
use std::process::Stdio;

use crate::program::{Program, Sim, finish};

#[test]
fn the_ready_line_is_the_only_one_and_the_port_is_free() {
    let program = Program::new();
    let mut child =
        program.command(&["sim", "--port", "0", "--until-stdin-closes"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take());
    let run = finish(child, crate::patience::now());
    assert_eq!(run.code, Some(0), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{run:?}");
    let port = lines[0].strip_prefix("listening on 127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
}

#[test]
fn a_port_that_is_taken_is_an_error_with_advice() {
    let program = Program::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = program.run(&["sim", "--port", &port]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("--port 0"), "{}", run.stderr);
}

#[test]
fn wrong_settings_are_usage_errors() {
    let program = Program::new();
    for arguments in [
        &["sim", "--fault", "gremlins"][..],
        &["sim", "--port", "0", "--speed", "0"],
        &["sim", "--port", "0", "--accounts", ""],
        &["sim", "--start", "soon"],
        &["sim", "--json"],
    ] {
        assert_eq!(program.run(arguments).code, Some(2), "{arguments:?}");
    }
    assert!(program.run(&["sim", "--fault", "gremlins"]).stderr.contains("--list-faults"));
}

#[test]
fn faults_are_listed_for_people_and_for_programs() {
    let program = Program::new();
    let (json, _) = program.run_json(&["sim", "--list-faults", "--json"]);
    let text = program.run(&["sim", "--list-faults"]).stdout;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for fault in json.as_array().unwrap() {
        assert!(text.contains(fault["name"].as_str().unwrap()));
        assert!(!fault["sees"].as_str().unwrap().is_empty() && !fault["source"].as_str().unwrap().is_empty());
    }
}

#[test]
fn accounts_are_those_that_were_asked_for() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--accounts", "DU1111111,DF2222222"]);
    let (json, _) = program.run_json(&["connect", "--json", "--gateway", sim.address()]);
    assert_eq!(json["accounts"], serde_json::json!(["DU1111111", "DF2222222"]));
}

#[test]
fn the_schema_of_scenarios_is_the_published_one() {
    let program = Program::new();
    let printed = program.run(&["sim", "--print-scenario-schema"]).stdout;
    let published = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/scenario.schema.json");
    assert!(std::fs::read_to_string(published).unwrap() == printed, "print it anew");
}

#[test]
fn a_simulator_is_steered_and_recorded_and_played_back() {
    let program = Program::new();
    let (control, record) = (program.state().join("control"), program.state().join("record"));
    let (control, record) = (control.to_str().unwrap(), record.to_str().unwrap());
    let sim = Sim::start(&program, &["--control", control, "--record", record]);
    let ctl = |arguments: &[&str]| program.run(&[&["sim", "ctl", "--control", control], arguments].concat());
    let ready = program.run(&["connect", "--gateway", sim.address()]);
    assert_eq!(ready.code, Some(0), "{ready:?}");
    assert_eq!(ctl(&["fault", "on", "login-wall"]).code, Some(0));
    assert_eq!(program.run(&["connect", "--gateway", sim.address()]).code, Some(10));
    assert_eq!(ctl(&["fault", "off", "login-wall"]).code, Some(0));
    assert_eq!(program.run(&["connect", "--gateway", sim.address()]).code, Some(0));
    let state = ctl(&["state", "--json"]).stdout;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&state).unwrap()["faults"], serde_json::json!([]));
    assert!(ctl(&["faults"]).stdout.contains("login-wall"));
    assert_eq!(ctl(&["advance", "1h"]).code, Some(0));
    assert_eq!(ctl(&["fault", "on", "gremlins"]).code, Some(2));
    drop(sim);
    assert_eq!(ctl(&["restart"]).code, Some(1));
    let text = std::fs::read_to_string(record).unwrap();
    assert!(text.starts_with("gatewright-sim recording 1\n") && text.lines().count() > 10, "{text}");
}

#[test]
fn a_scenario_that_cannot_be_run_is_a_usage_error_that_says_why() {
    let program = Program::new();
    let path = program.state().join("wrong.toml");
    std::fs::write(&path, "faults = [\"gremlins\"]").unwrap();
    let run = program.run(&["sim", "--port", "0", "--scenario", path.to_str().unwrap()]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("gremlins"), "{}", run.stderr);
}
