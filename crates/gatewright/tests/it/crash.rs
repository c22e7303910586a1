//! A trader is killed at each step of an order's way, started again, and held against the simulator's own books.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use gatewright_journal::{IntentFilter, IntentRecord, Journal, StateKind};
use jiff::Timestamp;
use rust_decimal::Decimal;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::patience::{self, now};
use crate::program::{Program, Sim, finish};

/// One order at the first bar, and none as long as it is held.
const HOLD: [&str; 2] = ["--strategy", "buy-and-hold"];

/// How long an order of which there is no trace stays in doubt at most.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// A Gateway with books to be asked for, and one trader after the other at it.
pub(crate) struct Stage {
    pub(crate) program: Program,
    pub(crate) sim: Sim,
    control: PathBuf,
}

impl Stage {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let program = Program::new();
        let control = program.state().join("sim.sock");
        let fixed = ["--speed", "60", "--control", control.to_str().unwrap()];
        let arguments: Vec<&str> = fixed.iter().chain(arguments).copied().collect();
        let sim = Sim::start(&program, &arguments);
        Self { program, sim, control }
    }

    pub(crate) fn trader(&self, strategy: &[&str], fail_point: Option<&str>, stdout: Stdio) -> Child {
        let fixed = ["trade", "AAPL", "--gateway", self.sim.address(), "--json", "--max-orders-per-minute", "10000"];
        let arguments: Vec<&str> = fixed.iter().chain(strategy).copied().collect();
        let mut command = self.program.command(&arguments);
        command.env("GATEWRIGHT_FAIL_POINT", fail_point.unwrap_or_default()).stdout(stdout).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Starts a trader that dies at that step, and waits until it and its worker have.
    fn dies_at(&self, strategy: &[&str], step: &str) {
        let mut child = self.trader(strategy, Some(step), Stdio::piped());
        let events = BufReader::new(child.stdout.take().unwrap());
        let last = std::thread::spawn(move || events.lines().map_while(Result::ok).last());
        let mut status = None;
        patience::until(&format!("the trader has died at {step}"), || {
            status = child.try_wait().unwrap();
            status.is_some()
        });
        let last = last.join().unwrap();
        assert_eq!(status.unwrap().signal(), Some(Signal::KILL.as_raw()), "{step}: {last:?}");
        patience::until("its worker has gone", || self.program.processes() == [self.sim.pid()]);
    }

    /// Lets a trader run until `done` is true of the journal, and stops it in order.
    pub(crate) fn runs_until(&self, strategy: &[&str], what: &str, done: impl Fn(&[IntentRecord]) -> bool) {
        let mut child = self.trader(strategy, None, Stdio::piped());
        let events = BufReader::new(child.stdout.take().unwrap());
        let (trading, begun) = std::sync::mpsc::channel();
        let reading = std::thread::spawn(move || {
            for line in events.lines().map_while(Result::ok) {
                if line.contains("\"event\":\"trading\"") {
                    // Only the first of them is waited for.
                    let _ = trading.send(());
                }
            }
        });
        begun.recv_timeout(patience::GIVE_UP_AFTER).expect("it trades");
        // The longest wait that settles an order in doubt, and as long again as a test waits for anything.
        patience::until_within(SETTLED_WITHIN + patience::GIVE_UP_AFTER, what, || {
            assert_eq!(child.try_wait().unwrap(), None, "it ended by itself");
            done(&self.intents())
        });
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let run = finish(child, now());
        reading.join().unwrap();
        assert_eq!(run.code, Some(0), "{run:?}");
    }

    fn journal(&self) -> Journal {
        Journal::open(self.program.state().join("journal.db")).unwrap()
    }

    pub(crate) fn intents(&self) -> Vec<IntentRecord> {
        self.journal().intents(&IntentFilter::default()).unwrap()
    }

    fn states(&self) -> Vec<StateKind> {
        self.intents().iter().map(|record| record.state.kind()).collect()
    }

    fn books(&self) -> Value {
        let control = self.control.to_str().unwrap();
        self.program.run_json(&["sim", "ctl", "--control", control, "state", "--json"]).0
    }

    /// Each intent is at the Gateway at most once and as the journal says, nothing else is, and position and money are
    /// the same to the cent.
    pub(crate) fn assert_books_agree(&self) {
        let (books, journal) = (self.books(), self.journal());
        let orders = |list: &str| books[list].as_array().unwrap().clone();
        let mut filled: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
        for order in orders("open_orders").iter().chain(&orders("completed_orders")) {
            let order_ref = order["order"]["orderRef"].as_str().unwrap().to_owned();
            filled.entry(order_ref).or_default().push(decimal(&order["filled"]));
        }
        for record in self.intents() {
            let placed = filled.remove(&record.intent.order_ref).unwrap_or_default();
            // Nothing else happens here to a market order, once all is settled.
            let is_filled = record.state.kind() == StateKind::Filled;
            assert!(is_filled || record.state.kind() == StateKind::NotPlaced, "{record:?}");
            assert_eq!(placed, if is_filled { vec![record.intent.quantity] } else { vec![] }, "{record:?}");
        }
        assert!(filled.is_empty(), "orders that nobody intended: {filled:?}");

        let holdings = journal.holdings().unwrap();
        let held: BTreeMap<&str, Decimal> =
            holdings.iter().map(|(key, holding)| (key.symbol.as_str(), holding.position.normalize())).collect();
        let positions = orders("positions");
        let at_the_gateway: BTreeMap<&str, Decimal> = positions
            .iter()
            .map(|position| (position["symbol"].as_str().unwrap(), decimal(&position["quantity"])))
            .collect();
        assert_eq!(held, at_the_gateway);
        let flow: Decimal = holdings.values().map(|holding| holding.cash).sum();
        let costs = journal.commissions(Timestamp::MIN, Timestamp::MAX).unwrap();
        let costs: Decimal = costs.iter().map(|commission| commission.amount).sum();
        let account = &books["accounts"][0];
        assert_eq!(flow - costs, decimal(&account["cash"]) - decimal(&account["initial_cash"]), "to the cent");
        assert!(journal.verify().unwrap().findings.is_empty());
    }
}

/// A figure, however JSON has it.
fn decimal(value: &Value) -> Decimal {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse::<Decimal>().unwrap_or_else(|error| panic!("{value}: {error}")).normalize()
}

pub(crate) fn all_done(intents: &[IntentRecord]) -> bool {
    let done = [StateKind::Filled, StateKind::NotPlaced, StateKind::Cancelled, StateKind::Rejected];
    intents.iter().any(|record| record.state.kind() == StateKind::Filled)
        && intents.iter().all(|record| done.contains(&record.state.kind()))
}

#[test]
fn a_death_before_the_intent_is_durable_leaves_nothing_to_settle() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "before-intent");
    assert!(stage.states().is_empty());
    assert!(stage.books()["completed_orders"].as_array().unwrap().is_empty());
    stage.runs_until(&HOLD, "the order is filled", all_done);
    assert_eq!(stage.states(), [StateKind::Filled]);
    stage.assert_books_agree();
}

#[test]
fn a_death_between_the_disk_and_the_first_byte_is_settled_as_not_placed_and_only_then_wished_again() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "after-intent");
    assert_eq!(stage.states(), [StateKind::Sent]);
    assert!(stage.books()["completed_orders"].as_array().unwrap().is_empty(), "no byte had left");
    stage.runs_until(&HOLD, "both orders are done", all_done);
    assert_eq!(stage.states(), [StateKind::NotPlaced, StateKind::Filled]);
    stage.assert_books_agree();
}

#[test]
fn a_death_while_the_order_is_with_the_worker_ends_with_one_order_filled() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "after-bytes");
    assert_eq!(stage.states(), [StateKind::Sent], "whether it arrived is a race");
    stage.runs_until(&HOLD, "all orders are done", all_done);
    stage.assert_books_agree();
}

#[test]
fn a_death_before_the_gateways_first_word_is_recorded_finds_the_order_again() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "before-answer");
    assert_eq!(stage.states(), [StateKind::Sent]);
    stage.runs_until(&HOLD, "the order is done", all_done);
    assert_eq!(stage.states(), [StateKind::Filled], "it was not wished for again");
    stage.assert_books_agree();
}

#[test]
fn a_death_before_a_fill_is_recorded_books_it_once() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "before-fill");
    assert!(stage.journal().holdings().unwrap().is_empty());
    stage.runs_until(&HOLD, "the order is done", all_done);
    assert_eq!(stage.states(), [StateKind::Filled]);
    stage.assert_books_agree();
}

#[test]
fn a_death_between_a_fill_and_what_it_makes_of_its_order_ends_filled_and_not_cancelled() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "after-fill");
    assert_eq!(stage.journal().holdings().unwrap().len(), 1);
    assert_ne!(stage.states(), [StateKind::Filled]);
    stage.runs_until(&HOLD, "the order is done", all_done);
    assert_eq!(stage.states(), [StateKind::Filled]);
    stage.assert_books_agree();
}

#[test]
fn a_death_in_the_middle_of_settling_settles_again() {
    let stage = Stage::new(&[]);
    stage.dies_at(&HOLD, "after-intent");
    stage.dies_at(&HOLD, "settling");
    stage.runs_until(&HOLD, "all orders are done", all_done);
    stage.assert_books_agree();
}

#[test]
fn a_trader_that_dies_at_one_step_after_the_other_keeps_the_gateways_books() {
    let stage = Stage::new(&[]);
    let nervous = ["--fast", "2", "--slow", "5"];
    for step in
        ["before-fill:2", "after-fill:2", "before-answer:3", "after-bytes:2", "before-intent:2", "before-answer"]
    {
        stage.dies_at(&nervous, step);
    }
    stage.runs_until(&nervous, "every order is done", all_done);
    stage.assert_books_agree();
}
