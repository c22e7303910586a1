//! The kill switch, thrown from outside while traders run, are dead, or were never there.

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::patience::now;
use crate::program::{Program, Sim, finish};

/// A trader whose averages cross every few bars, up to its first fill.
fn trading(program: &Program, sim: &Sim, more: &[&str]) -> (Child, BufReader<std::process::ChildStdout>) {
    let fixed = ["trade", "AAPL", "--gateway", sim.address(), "--json", "--fast", "2", "--slow", "5"];
    let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
    let mut child = program.command(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"event\":\"fill\"") {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it ended before it filled an order");
    }
    (child, lines)
}

fn orders(program: &Program) -> usize {
    let (report, _) = program.run_json(&["orders", "--json"]);
    report["orders"].as_array().unwrap().len()
}

#[test]
fn a_halt_before_there_is_anything_stands_until_a_reason_is_given() {
    let program = Program::new();
    let run = program.run(&["halt", "--reason", "not today"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (report, _) = program.run_json(&["halt", "--json"]);
    assert_eq!((&report["was_halted"], &report["halt"]["reason"]), (&true.into(), &"not today".into()));
    assert_eq!(program.run(&["resume"]).code, Some(2), "a resume without a reason");
    assert_eq!(program.run(&["resume", "--reason", " "]).code, Some(2));
    let (report, _) = program.run_json(&["orders", "--json"]);
    assert_eq!(report["halted"]["reason"], "not today");

    let run = program.run(&["resume", "--reason", "today after all"]);
    assert!(run.stdout.contains("may be sent again"), "{run:?}");
    assert_eq!(program.run(&["resume", "--reason", "again"]).stdout, "Nothing was halted.\n");
    let (report, _) = program.run_json(&["orders", "--json"]);
    assert!(report["halted"].is_null());
}

#[test]
fn a_running_trader_sends_nothing_after_a_halt() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let (mut child, lines) = trading(&program, &sim, &["--for", "4s"]);
    assert_eq!(program.run(&["halt", "--reason", "smoke"]).code, Some(0));
    let at_the_halt = orders(&program);
    // Eight minutes of a market in which it would trade every few bars; some traders end at the refusal.
    drop(std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop)));
    child.stdout = None;
    let run = finish(child, now());
    assert_eq!(orders(&program), at_the_halt, "{run:?}");
    let verified = program.run(&["journal", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
}
