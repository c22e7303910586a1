//! Strategies that are programs of their own, dry runs, limits and halts, as whoever runs a trader meets them.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Program, Run, Sim};

/// The example in the repository, run as its documentation says.
fn example() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/strategy-python/breakout.py");
    format!("python3 {path}")
}

/// A strategy program with this body for `event`, in the test's own folder.
fn script(program: &Program, body: &str) -> String {
    let path: PathBuf = program.state().join("strategy.py");
    let text = format!(
        "import json, os, sys, time\nbars = 0\nfor line in sys.stdin:\n    event = json.loads(line)\n    \
         answer = {{'id': event['id']}}\n    if event['event'] == 'hello':\n        answer['name'] = 'test'\n{body}\n    \
         print(json.dumps(answer), flush=True)\n"
    );
    std::fs::write(&path, text).unwrap();
    format!("python3 {}", path.display())
}

/// Runs a trader to its end; its events, and how it ended.
fn events(program: &Program, arguments: &[&str]) -> (Vec<Value>, Run) {
    let fixed = ["trade", "AAPL", "--sim", "--speed", "120", "--json"];
    let run = program.run(&[&fixed, arguments].concat());
    let events = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (events, run)
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn the_python_example_trades() {
    let program = Program::new();
    let (events, run) = events(&program, &["--for", "8s", "--strategy-cmd", &example()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(named(&events, "strategy_started")[0]["name"], "breakout");
    assert!(named(&events, "strategy_stopped").is_empty(), "{events:#?}");
    let fills = named(&events, "fill");
    assert!(!fills.is_empty(), "{events:#?}");
    let summary = events.last().unwrap();
    assert_eq!(summary["fills"].as_u64(), Some(fills.len() as u64), "{summary:#}");
    assert!(program.processes().is_empty(), "its process has gone too");
}

#[test]
fn a_strategy_that_dies_stops_its_own_trading_and_is_started_again() {
    let program = Program::new();
    let body = "    if event['event'] == 'bar':\n        bars += 1\n        if bars == 3: os._exit(7)";
    let command = script(&program, body);
    let (events, run) = events(&program, &["--for", "4s", "--strategy-cmd", &command]);
    assert_eq!(run.code, Some(0), "the trader goes on: {run:?}");
    let stopped = named(&events, "strategy_stopped");
    let why = stopped[0]["why"].as_str().unwrap();
    assert!(why.contains("exit status: 7"), "{why}");
    assert_eq!(stopped[0]["again_in_ms"], 1000);
    assert!(named(&events, "strategy_started").len() >= 2, "{events:#?}");
}

#[test]
fn a_strategy_that_does_not_answer_is_told_so_by_name_of_what_it_missed() {
    let program = Program::new();
    let command = script(&program, "    if event['event'] == 'bar': time.sleep(60)");
    let arguments = ["--for", "2s", "--strategy-cmd", &command, "--strategy-deadline", "0.2"];
    let (events, run) = events(&program, &arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.took.as_secs() < 10, "nobody waits for it: {run:?}");
    let stopped = named(&events, "strategy_stopped");
    assert_eq!(stopped[0]["why"], "it did not answer a bar within 200 ms");
}

#[test]
fn a_program_that_is_no_strategy_is_refused_before_anything_connects() {
    let program = Program::new();
    let (_, run) = events(&program, &["--strategy-cmd", "cat"]);
    assert_eq!(run.code, Some(33), "{run:?}");
    assert!(run.stdout.contains("no answer") && run.stdout.contains("docs/strategies.md"), "{run:?}");
    let (_, run) = events(&program, &["--strategy-cmd", "/nowhere/at/all"]);
    assert_eq!(run.code, Some(33), "{run:?}");
}

#[test]
fn bars_of_a_minute_are_told_once_a_minute() {
    let program = Program::new();
    let arguments = ["--for", "4s", "--bar", "1m", "--fast", "1", "--slow", "2"];
    let (events, run) = events(&program, &arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    let bars = named(&events, "bar");
    // Four seconds are eight simulated minutes.
    assert!((5..=9).contains(&bars.len()), "{bars:#?}");
    assert!(bars.iter().all(|bar| bar["bar"]["time"].as_str().unwrap().ends_with(":00Z")), "{bars:#?}");
}

#[test]
fn a_dry_run_sends_nothing_and_says_what_it_would_have_sent() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let arguments = ["trade", "AAPL", "--gateway", sim.address(), "--dry-run", "--strategy", "buy-and-hold"];
    let (summary, run) = program.run_json(&[&arguments[..], &["--for", "2s", "--summary", "json"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!((summary["assumed"].as_u64(), summary["symbols"]["AAPL"]["position"].as_f64()), (Some(1), Some(10.0)));
    assert_eq!(summary["orders"], serde_json::json!({}), "{summary:#}");
    assert!(run.stderr.contains("dry run: would have sent BUY 10"), "{run:?}");
    let (report, _) = program.run_json(&["connect", "--json", "--gateway", sim.address(), "--client-id", "99"]);
    assert_eq!(report["positions"].as_array().map(Vec::len), Some(0), "{report:#}");
}

#[test]
fn a_limit_of_the_file_refuses_with_figure_and_bound_and_a_flag_stands_above_it() {
    let program = Program::new();
    let file = program.state().join("gatewright.toml");
    std::fs::write(&file, "[risk]\nmax_order_value = 100\n").unwrap();
    let file = file.to_str().unwrap();
    let wanted = ["--strategy", "buy-and-hold", "--for", "2s", "--config", file];
    let (refusing, run) = events(&program, &wanted);
    assert_eq!(run.code, Some(0), "{run:?}");
    let refused = named(&refusing, "refused");
    assert_eq!(
        (refused[0]["refusal"]["limit"].as_str(), refused[0]["refusal"]["bound"].as_f64()),
        (Some("order_value"), Some(100.0))
    );
    assert_eq!(refusing.last().unwrap()["refusals"]["order_value"], 1);
    let (passing, _) = events(&program, &[&wanted[..], &["--max-order-value", "100000"]].concat());
    assert_eq!(named(&passing, "fill").len(), 1, "{passing:#?}");
}

#[test]
fn a_halt_keeps_a_trader_from_starting_until_it_is_resumed() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let trade = ["trade", "AAPL", "--gateway", sim.address(), "--strategy", "buy-and-hold", "--json"];
    let halted = program.run(&["halt", "--reason", "enough"]);
    assert_eq!(halted.code, Some(0), "{halted:?}");
    let run = program.run(&trade);
    assert_eq!(run.code, Some(32), "{run:?}");
    assert!(run.stderr.contains("enough") && run.stderr.contains("resume"), "{run:?}");
    let resumed = program.run(&["resume", "--reason", "rested"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let run = program.run(&[&trade[..], &["--for", "2s"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("\"event\":\"fill\""), "{run:?}");
}
