//! `gatewright validate`.

use crate::program::{Program, Sim};
use crate::socket_table::assert_nothing_left;

#[test]
fn every_step_passes_against_a_simulated_gateway() {
    let program = Program::new();
    let (suite, run) = program.run_json(&["validate", "--sim", "--json"]);
    assert_eq!((run.code, suite["status"].as_str()), (Some(0), Some("passed")), "{suite:#}\n{}", run.stderr);
    let names: Vec<&str> =
        suite["steps"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    let expected = [
        "zombie detection: none",
        "zombie detection: one",
        "worker: command lines",
        "worker: JSON-RPC",
        "client library",
        "no new zombies",
    ];
    assert_eq!(names, expected);
    assert!(suite["steps"].as_array().unwrap().iter().all(|step| step["ms"].as_f64().unwrap() > 0.0));
    assert_eq!(program.processes(), [] as [u32; 0]);
}

#[test]
fn a_gateway_that_stalls_fails_the_steps_that_need_it_and_no_other() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "client-id-in-use"]);
    let run = program.run(&["validate", "--gateway", sim.address()]);
    assert_eq!(run.code, Some(20), "{run:?}");
    let marks: Vec<&str> =
        run.stdout.lines().skip(1).take(6).map(|line| line[2..].split(' ').next().unwrap()).collect();
    assert_eq!(marks, ["✓", "✓", "✗", "✗", "✗", "✓"], "{}", run.stdout);
    assert!(run.stdout.contains("3 of 6 passed"), "{}", run.stdout);
    assert_nothing_left(sim.port());
}

#[test]
fn a_live_port_is_refused_before_anything_is_done() {
    let program = Program::new();
    let run = program.run(&["validate", "--gateway", "127.0.0.1:7496"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(30), ""));
    assert!(run.stderr.contains("gatewright::live_port"), "{}", run.stderr);
}
