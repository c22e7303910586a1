//! The kill switch, thrown from outside while traders run, are dead, or were never there.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, Stdio};

use gatewright_journal::{Evidence, Intent, Journal, OrderIdKey, OrderType, Side};
use gatewright_proto::{ClientId, OrderId};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::bounded_pipe::BoundedPipe;
use crate::patience::now;
use crate::program::{Program, Sim, finish};

/// A trader whose averages cross every few bars, up to its first fill.
fn trading(program: &Program, sim: &Sim, more: &[&str]) -> (Child, BufReader<BoundedPipe>) {
    let fixed = ["trade", "AAPL", "--gateway", sim.address(), "--json", "--fast", "2", "--slow", "5"];
    let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
    let mut child = program.command(&arguments).spawn().unwrap();
    let mut lines = BufReader::new(BoundedPipe::new(child.stdout.take().unwrap()));
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

/// A worker with a session of its own, as a trader or another program has one. It ends with the test.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<BoundedPipe>>,
}

impl Worker {
    fn connected(program: &Program, sim: &Sim, client_id: i32) -> Self {
        let mut child = program.command(&["worker"]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut worker = Self { child, stdin, lines: BufReader::new(BoundedPipe::new(stdout)).lines() };
        worker.call("connect", json!({ "port": sim.port(), "client_id": client_id }));
        worker
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        writeln!(self.stdin, "{}", json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).unwrap();
        loop {
            let line = self.lines.next().expect("it answers").unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap();
            if answer["id"] == 1 {
                assert!(answer["error"].is_null(), "{method}: {answer:#}");
                return answer["result"].clone();
            }
        }
    }

    /// Bids far below the market, so that the order stays open.
    fn bid(&mut self, order_ref: &str) -> i32 {
        let contract = json!({ "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" });
        let order = json!({
            "action": "BUY", "totalQuantity": 10, "orderType": "LMT", "lmtPrice": 1, "orderRef": order_ref,
        });
        let placed = self.call("place_order", json!({ "contract": contract, "order": order }));
        i32::try_from(placed["order_id"].as_i64().unwrap()).unwrap()
    }

    fn open_orders(&mut self) -> usize {
        self.call("all_open_orders", json!({}))["orders"].as_array().unwrap().len()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes an order of client 1 to the program's journal, as its trader would have.
fn journaled(program: &Program, sim: &Sim, order_ref: &str) {
    let mut journal = Journal::open(program.state().join("journal.db")).unwrap();
    let intent = Intent {
        order_ref: order_ref.into(),
        symbol: "AAPL".into(),
        side: Side::Buy,
        quantity: Decimal::TEN,
        order_type: OrderType::Limit { limit_price: Decimal::ONE },
        strategy: "a test".into(),
        reason: "to be cancelled".into(),
        created_at: Timestamp::UNIX_EPOCH,
    };
    let key = OrderIdKey { gateway: sim.address().to_owned(), client_id: ClientId::new(1) };
    journal.record_outgoing(&intent, &key, OrderId::new(1), Evidence::default()).unwrap();
}

fn halt(program: &Program, sim: &Sim, more: &[&str]) -> (Value, Option<i32>) {
    let fixed = ["halt", "--json", "--gateway", sim.address()];
    let arguments: Vec<&str> = fixed.iter().chain(more).copied().collect();
    let (report, run) = program.run_json(&arguments);
    (report, run.code)
}

fn texts<'a>(report: &'a Value, field: &str) -> Vec<&'a str> {
    report[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn a_dead_traders_open_order_is_cancelled() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    journaled(&program, &sim, "gw-1-a-1");
    Worker::connected(&program, &sim, 1).bid("gw-1-a-1");
    let mut eye = Worker::connected(&program, &sim, 50);
    assert_eq!(eye.open_orders(), 1, "it outlives its client");
    let (report, code) = halt(&program, &sim, &["--cancel-open"]);
    assert_eq!((code, &report["complete"]), (Some(0), &true.into()), "{report:#}");
    assert!(texts(&report, "done").contains(&"1 open orders cancelled, and none is left"), "{report:#}");
    assert_eq!(eye.open_orders(), 0);
    let (report, _) = program.run_json(&["orders", "--json"]);
    assert_eq!(report["orders"][0]["state"], "cancelled", "the journal knows, without its trader: {report:#}");
}

/// Buys at once, then waits with a limit far above the market to sell.
const HOLDS_AND_WAITS: &str = "\
import json, sys
for line in sys.stdin:
    event = json.loads(line)
    answer = {'id': event['id']}
    if event['event'] == 'hello':
        answer['name'] = 'holds and waits'
        held, limit = False, None
    if event['event'] == 'fill':
        held = True
    if event['event'] == 'bar':
        wish = {'symbol': 'AAPL', 'target': 0 if held else 10}
        if held:
            limit = limit or round(event['close'] + 6, 2)
            wish['limit'] = limit
        answer['signals'] = [wish]
    print(json.dumps(answer), flush=True)
";

#[test]
fn a_running_traders_waiting_order_is_cancelled_and_its_position_closed_while_it_holds_its_client_id() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "60"]);
    let script = program.state().join("strategy.py");
    std::fs::write(&script, HOLDS_AND_WAITS).unwrap();
    let command = format!("python3 {}", script.display());
    let (mut child, lines) = trading(&program, &sim, &["--strategy-cmd", &command]);
    drop(std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop)));
    let mut eye = Worker::connected(&program, &sim, 50);
    crate::patience::until("its order waits", || eye.open_orders() > 0);

    let (report, code) = halt(&program, &sim, &["--cancel-open", "--flatten", "--reason", "smoke"]);
    assert_eq!((code, &report["complete"]), (Some(0), &true.into()), "{report:#}");
    assert_eq!(eye.open_orders(), 0);
    assert_eq!(eye.call("positions", json!({}))["positions"], json!([]));
    assert_eq!(child.try_wait().unwrap(), None, "the trader runs on, and sends nothing");
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    child.stdout = None;
    assert_eq!(finish(child, now()).code, Some(0));

    let (report, _) = program.run_json(&["orders", "--json"]);
    let states: Vec<&str> = texts_of(&report["orders"], "state");
    let done = ["filled", "cancelled", "not_placed"];
    assert!(states.iter().all(|state| done.contains(state)) && states.contains(&"cancelled"), "{report:#}");
    assert_eq!(program.run(&["journal", "verify"]).code, Some(0));
    let (again, code) = halt(&program, &sim, &["--cancel-open", "--flatten"]);
    assert_eq!(code, Some(0), "{again:#}");
    assert!(texts(&again, "done").contains(&"nothing is held by this journal's traders"), "{again:#}");
}

fn texts_of<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn another_programs_order_is_left_alone_unless_everything_is_meant() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    journaled(&program, &sim, "gw-1-a-1");
    Worker::connected(&program, &sim, 1).bid("gw-1-a-1");
    let mut other = Worker::connected(&program, &sim, 5);
    other.bid("");
    assert_eq!(other.open_orders(), 2);

    let (report, code) = halt(&program, &sim, &["--cancel-open"]);
    assert_eq!(code, Some(0), "{report:#}");
    assert_eq!(other.open_orders(), 1, "ours was cancelled as the client that had placed it: {report:#}");
    let (report, code) = halt(&program, &sim, &["--cancel-open"]);
    assert_eq!((code, other.open_orders()), (Some(0), 1), "{report:#}");
    let (report, code) = halt(&program, &sim, &["--cancel-open", "--everything"]);
    assert_eq!((code, other.open_orders()), (Some(0), 0), "{report:#}");
}

#[test]
fn an_order_whose_client_id_is_taken_among_others_is_told_as_not_cancelled() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    journaled(&program, &sim, "gw-1-a-1");
    let mut trader = Worker::connected(&program, &sim, 1);
    trader.bid("gw-1-a-1");
    let mut other = Worker::connected(&program, &sim, 5);
    other.bid("");
    let (report, code) = halt(&program, &sim, &["--cancel-open"]);
    assert_eq!((code, &report["complete"]), (Some(28), &false.into()), "{report:#}");
    assert!(texts(&report, "not_done").iter().any(|text| text.contains("--everything")), "{report:#}");
    assert_eq!(other.open_orders(), 2);
}

#[test]
fn a_trader_that_runs_is_flattened_and_knows_it_when_it_starts_again() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--speed", "60"]);
    let (mut child, lines) = trading(&program, &sim, &["--for", "30s"]);
    let (report, code) = halt(&program, &sim, &["--flatten", "--reason", "smoke"]);
    assert_eq!(code, Some(0), "{report:#}");
    let (connected, _) = program.run_json(&["connect", "--json", "--gateway", sim.address(), "--client-id", "50"]);
    let positions = connected["positions"].as_array().unwrap();
    assert!(positions.iter().all(|position| position["position"] == 0.0), "{positions:#?}");
    let _ = child.kill();
    let _ = child.wait();
    drop(lines);

    let (report, code) = halt(&program, &sim, &["--flatten"]);
    assert_eq!(code, Some(0), "{report:#}");
    assert!(texts(&report, "done").contains(&"nothing is held by this journal's traders"), "{report:#}");
    let verified = program.run(&["journal", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(program.run(&["resume", "--reason", "the test goes on"]).code, Some(0));
    let again = program.run(&["trade", "AAPL", "--gateway", sim.address(), "--for", "1s"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("position 0") && !again.stdout.contains("not what was expected"), "{again:?}");
}

#[test]
fn shares_that_nobody_here_bought_are_left_alone_unless_everything_is_meant() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let mut other = Worker::connected(&program, &sim, 5);
    let contract = json!({ "symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD" });
    let order = json!({ "action": "SELL", "totalQuantity": 7, "orderType": "MKT" });
    other.call("place_order", json!({ "contract": contract, "order": order }));
    let mut held = || other.call("positions", json!({}))["positions"][0]["position"].clone();
    crate::patience::until("the order fills", || held() == -7.0);
    let (report, code) = halt(&program, &sim, &["--flatten"]);
    assert_eq!((code, held()), (Some(0), json!(-7.0)), "{report:#}");
    let (report, code) = halt(&program, &sim, &["--flatten", "--everything"]);
    assert_eq!((code, held()), (Some(0), Value::Null), "{report:#}");
}

#[test]
fn the_halt_stands_whatever_becomes_of_the_rest() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let first = Worker::connected(&program, &sim, 9990);
    let (report, code) = halt(&program, &sim, &["--cancel-open"]);
    assert_eq!(code, Some(0), "{report:#}");
    assert!(texts(&report, "done").iter().any(|text| text.ends_with("as client 9991")), "{report:#}");
    drop(first);

    let address = sim.address().to_owned();
    drop(sim);
    let program = Program::new();
    let (report, run) = program.run_json(&["halt", "--flatten", "--json", "--gateway", &address]);
    assert_eq!(run.code, Some(28), "{report:#}");
    let (report, run) = program.run_json(&["halt", "--flatten", "--json", "--gateway", "127.0.0.1:4001"]);
    assert_eq!(run.code, Some(30), "{report:#}");
    let (report, _) = program.run_json(&["orders", "--json"]);
    assert!(report["halted"].is_object());
}
