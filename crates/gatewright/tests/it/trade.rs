//! A trader and its Gateway: the books balance, and no death of anyone leaves anything behind.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::patience::{self, now};
use crate::program::{Program, Run, Sim, finish};
use crate::socket_table::assert_nothing_left;

/// Averages so short that they cross every few bars, as often as they like.
const NERVOUS: [&str; 6] = ["--fast", "2", "--slow", "5", "--max-orders-per-minute", "100000"];

/// A running trader and the events that it tells.
struct Trading {
    child: Child,
    events: Receiver<Value>,
}

impl Trading {
    fn start(program: &Program, gateway: &str, arguments: &[&str]) -> Self {
        let fixed = ["trade", "AAPL", "--gateway", gateway, "--json"];
        let arguments: Vec<&str> = fixed.iter().chain(&NERVOUS).chain(arguments).copied().collect();
        let mut child = program.command(&arguments).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        Self { child, events }
    }

    /// Reads events up to the next one of that name.
    fn wait_for(&self, name: &str) -> Value {
        let give_up = now() + patience::GIVE_UP_AFTER;
        let mut seen = Vec::new();
        loop {
            let left = give_up.saturating_duration_since(now());
            let Ok(event) = self.events.recv_timeout(left) else { panic!("no {name} came after {seen:#?}") };
            if event["event"] == name {
                return event;
            }
            seen.push(event);
        }
    }

    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the end; how it ended, and the last event.
    fn end(self) -> (Run, Value) {
        let run = finish(self.child, now());
        let last = self.events.iter().last().expect("it ends with its summary");
        assert_eq!(last["event"], "summary", "{run:?}");
        (run, last)
    }
}

fn cents(value: &Value) -> i64 {
    let dollars = value.as_f64().unwrap_or_else(|| panic!("{value} is no amount"));
    #[expect(clippy::cast_possible_truncation, reason = "dollars of one test")]
    let cents = (dollars * 100.0).round() as i64;
    cents
}

/// Profit is what came in, and what is still there is worth.
fn assert_books_balance(summary: &Value) {
    let figures = &summary["symbols"]["AAPL"];
    let worth = figures["position"].as_f64().unwrap() * figures["last_price"].as_f64().unwrap();
    let profit = cents(&summary["realised"]) + cents(&summary["unrealised"]);
    assert_eq!(profit, cents(&summary["cash_flow"]) + cents(&worth.into()), "{summary:#}");
    assert_eq!(cents(&summary["net_profit"]), profit - cents(&summary["commissions"]), "{summary:#}");
}

/// What the Gateway holds, as another client sees it.
fn held(program: &Program, sim: &Sim) -> i64 {
    let (report, _) = program.run_json(&["connect", "--json", "--gateway", sim.address(), "--client-id", "99"]);
    let positions = report["positions"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let ours = positions.iter().find(|position| position["contract"]["symbol"] == "AAPL");
    ours.map_or(0, |position| cents(&position["position"]) / 100)
}

#[test]
fn ten_minutes_in_ten_seconds_trade_and_balance() {
    let program = Program::new();
    let (summary, run) =
        program.run_json(&["trade", "AAPL", "--sim", "--speed", "60", "--for", "10s", "--summary", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.took.as_secs() < 13, "{run:?}");
    let fills = summary["fills"].as_u64().unwrap();
    assert!(fills >= 1, "{summary:#}");
    assert_eq!(summary["orders"]["filled"].as_u64(), Some(fills), "the simulator fills an order at once");
    assert_eq!(cents(&summary["commissions"]), 100 * i64::try_from(fills).unwrap(), "a dollar an order");
    assert_books_balance(&summary);
    for line in ["✓ inspect", "✓ sync", "history of", "filled 10 at", "✓ session closed"] {
        assert!(run.stderr.contains(line), "{line} is missing in {}", run.stderr);
    }
    assert!(program.processes().is_empty());
}

#[test]
fn ctrl_c_ends_a_trader_in_order_and_its_books_are_the_gateways() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let trading = Trading::start(&program, sim.address(), &[]);
    for _ in 0..3 {
        trading.wait_for("fill");
    }
    let began = now();
    trading.send(Signal::INT);
    let (run, summary) = trading.end();
    assert!((now() - began).as_millis() < 2000, "{run:?}");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(summary["orders"].as_object().unwrap().keys().collect::<Vec<_>>(), ["filled"], "{summary:#}");
    assert_books_balance(&summary);
    assert_eq!(cents(&summary["symbols"]["AAPL"]["position"]) / 100, held(&program, &sim));
    assert_nothing_left(sim.port());
    assert_eq!(program.processes(), [sim.pid()], "the worker is gone");
}

#[test]
fn a_trader_whose_worker_is_killed_comes_back_and_goes_on() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let trading = Trading::start(&program, sim.address(), &[]);
    let worker = trading.wait_for("worker_started")["pid"].as_i64().unwrap();
    trading.wait_for("fill");
    let worker = Pid::from_raw(worker.try_into().unwrap()).unwrap();
    kill_process(worker, Signal::KILL).unwrap();
    trading.wait_for("session_lost");
    trading.wait_for("trading");
    trading.wait_for("fill");
    trading.send(Signal::TERM);
    let (run, summary) = trading.end();
    assert_eq!((run.code, summary["reconnects"].as_u64()), (Some(0), Some(1)), "{summary:#}");
    assert_books_balance(&summary);
    assert_eq!(cents(&summary["symbols"]["AAPL"]["position"]) / 100, held(&program, &sim));
    assert_nothing_left(sim.port());
}

#[test]
fn a_killed_trader_leaves_nothing_and_its_next_run_knows_what_is_held() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "120"]);
    let mut trading = Trading::start(&program, sim.address(), &[]);
    trading.wait_for("fill");
    let began = now();
    trading.child.kill().unwrap();
    trading.child.wait().unwrap();
    patience::until("the worker has gone", || program.processes() == [sim.pid()]);
    assert!((now() - began).as_millis() < 1000);
    assert_nothing_left(sim.port());
    let held = held(&program, &sim);
    let trading = Trading::start(&program, sim.address(), &["--for", "2s"]);
    let position = trading.wait_for("position");
    assert_eq!((cents(&position["own"]) / 100, cents(&position["others"])), (held, 0), "{position:#}");
    let (run, summary) = trading.end();
    assert_eq!(run.code, Some(0), "{run:?}");
    let sent = summary["orders"].as_object().unwrap();
    assert!(!sent.contains_key("in_doubt") && !sent.contains_key("sent"), "{summary:#}");
}

#[test]
fn one_client_id_has_one_trader() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let trading = Trading::start(&program, sim.address(), &[]);
    trading.wait_for("trading");
    let second = program.run(&["trade", "AAPL", "--gateway", sim.address()]);
    assert_eq!(second.code, Some(31), "{second:?}");
    assert!(second.stderr.contains("--client-id"), "{second:?}");
    trading.send(Signal::INT);
    assert_eq!(trading.end().0.code, Some(0));
}

#[test]
fn what_cannot_be_traded_is_refused_before_anything_is_sent() {
    let program = Program::new();
    let refused = |arguments: &[&str], code: i32, says: &str| {
        let run = program.run(arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {run:?}");
        assert!(run.stderr.contains(says), "{arguments:?}: {run:?}");
    };
    refused(&["trade", "AAPL", "--gateway", "127.0.0.1:4001"], 30, "--live");
    refused(&["trade", "AAPL", "--speed", "60"], 2, "--sim");
    refused(&["trade", "AAPL", "aapl", "--sim"], 2, "twice");
    refused(&["trade", "AAPL", "--sim", "--fast", "20", "--slow", "20"], 2, "below slow");
    refused(&["trade", "AAPL", "--sim", "--quantity", "2000"], 2, "--max-order");
    refused(&["trade", "NOSUCH", "--sim"], 2, "NOSUCH");
    refused(&["trade", "AAPL", "--sim", "--client-id", "9990"], 2, "kill switch");
    refused(&["trade", "AAPL", "--sim", "--client-id", "9997"], 2, "kill switch");
    refused(&["trade"], 2, "SYMBOL");
}

#[test]
fn a_live_account_is_not_traded_by_accident() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--accounts", "U1234567"]);
    let run = program.run(&["trade", "AAPL", "--gateway", sim.address()]);
    assert_eq!(run.code, Some(30), "{run:?}");
    assert!(!run.stderr.contains("U1234567") && run.stderr.contains("U***67"), "{run:?}");
    let live = ["--live", "--account", "U1234567", "--for", "1s", "--summary", "json"];
    let arguments: Vec<&str> = ["trade", "AAPL", "--gateway", sim.address()].into_iter().chain(live).collect();
    let (summary, run) = program.run_json(&arguments);
    assert_eq!((run.code, summary["account"].as_str()), (Some(0), Some("U***67")), "{run:?}");
}

#[test]
fn a_reader_that_stops_reading_keeps_no_trader_that_is_told_to_stop() {
    let program = Program::new();
    let mut child = program
        .command(&["trade", "AAPL", "--sim", "--speed", "1000", "--json", "--fast", "2", "--slow", "3"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let unread = BufReader::with_capacity(1, child.stdout.take().unwrap());
    thread::park_timeout(std::time::Duration::from_secs(4));
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let began = now();
    patience::until("it has ended", || child.try_wait().unwrap().is_some());
    assert!((now() - began).as_secs() < 5);
    drop(unread);
}

#[test]
fn a_reader_that_has_gone_ends_a_trader_in_order() {
    let program = Program::new();
    let mut child = program.command(&["trade", "AAPL", "--sim", "--speed", "60", "--json"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let run = finish(child, now());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("takes nothing more"), "{run:?}");
    assert!(program.processes().is_empty());
}

#[test]
fn a_trader_that_was_refused_has_no_figures() {
    let program = Program::new();
    let (report, run) = program.run_json(&["trade", "NOSUCH", "--sim", "--summary", "json"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(report.get("fills").is_none() && report["failure"]["message"].as_str().is_some(), "{report:#}");
}

#[test]
fn a_trader_that_wants_every_layer_well_trades_within_a_minute() {
    let wants = ["--strategy", "buy-and-hold", "--unknown-health", "refuse"];
    let minute = ["trade", "AAPL", "--sim", "--speed", "12", "--for", "5s", "--summary", "json"];
    let (summary, run) = Program::new().run_json(&[&minute[..], &wants].concat());
    assert_eq!((run.code, summary["fills"].as_u64()), (Some(0), Some(1)), "{run:?}");
}
