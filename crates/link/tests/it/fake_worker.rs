//! A worker that does what a test tells it: this test executable, run again with only the test below.
//!
//! What to do is told by the requests themselves: by the symbol of `historical_bars` and by the account of `subscribe`.
//! The test harness prints lines of its own to standard output, so that every test has foreign lines in it.

use std::future::Future;
use std::io::{BufRead, Write};
use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Duration;

use gatewright_link::client::{Link, LinkEvents, LinkSettings, RestartPolicy, WorkerCommand, WorkerStderr};
use gatewright_link::health::Market;
use gatewright_link::protocol::{BarsResult, HistoricalBarsParams, StreamKind, SubscribeParams};
use serde_json::{Value, json};

/// Its presence makes this executable a worker; its value says of which kind.
const KIND: &str = "GATEWRIGHT_FAKE_WORKER";

/// Does what it is told and exits when its input ends.
pub(crate) const OBEDIENT: &str = "obedient";
/// Exits at once.
pub(crate) const DEAD: &str = "dead";
/// Answers nothing, but exits when its input ends.
pub(crate) const MUTE: &str = "mute";
/// Answers the ping with something else.
pub(crate) const OTHER: &str = "other";
/// Like the obedient one, but stays when its input ends.
pub(crate) const STUBBORN: &str = "stubborn";

/// The exit code of a worker that was told to crash.
pub(crate) const CRASHED: i32 = 7;

/// A worker of this kind, restarted fast.
pub(crate) fn settings(kind: &str) -> LinkSettings {
    let program = std::env::current_exe().unwrap();
    // With one thread the harness would print the test's name without ending the line.
    let mut command =
        WorkerCommand::new(program, ["fake_worker::worker_main", "--exact", "--nocapture", "--test-threads=2"]);
    command.env = vec![(KIND.into(), kind.into())];
    let mut settings = LinkSettings::new(command);
    settings.restart =
        RestartPolicy { first: Duration::from_millis(20), max: Duration::from_millis(100), ..RestartPolicy::default() };
    settings.stderr = WorkerStderr::Discard;
    settings
}

/// A link to an obedient worker.
pub(crate) async fn link() -> (Link, LinkEvents) {
    Link::spawn(settings(OBEDIENT)).await.unwrap()
}

/// Tells the worker to do something.
pub(crate) fn tell(verb: &str) -> HistoricalBarsParams {
    HistoricalBarsParams { symbol: Some(verb.into()), ..HistoricalBarsParams::default() }
}

/// What came back from a verb that answers.
pub(crate) fn said(bars: BarsResult) -> String {
    bars.bars.into_iter().next().unwrap().date
}

/// Subscribes to what the verb tells.
pub(crate) fn stream(kind: StreamKind, verb: &str) -> SubscribeParams {
    SubscribeParams {
        client_id: None,
        kind,
        contract: None,
        account: verb.into(),
        generic_ticks: String::new(),
        what_to_show: String::new(),
        use_rth: false,
        market: Market::Unknown,
    }
}

/// A call that was sent and has no answer yet.
pub(crate) fn begun<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    call
}

#[test]
fn worker_main() {
    #[expect(clippy::disallowed_methods, reason = "how a test process learns that it is to be a worker")]
    let Ok(kind) = std::env::var(KIND) else { return };
    if kind == DEAD {
        exit(CRASHED);
    }
    let at_its_end = if kind == STUBBORN { park } else { || () };
    let mut worker = Worker { held: Vec::new(), subscriptions: 0, unsubscribed: Vec::new(), kind };
    for line in std::io::stdin().lock().lines() {
        worker.obey(&serde_json::from_str(&line.unwrap()).unwrap());
    }
    at_its_end();
}

struct Worker {
    kind: String,
    held: Vec<(Value, String)>,
    subscriptions: u64,
    unsubscribed: Vec<String>,
}

impl Worker {
    fn obey(&mut self, request: &Value) {
        let (id, params) = (&request["id"], &request["params"]);
        match request["method"].as_str().unwrap() {
            _ if self.kind == MUTE => {}
            "ping" if self.kind == OTHER => answer(id, &json!({ "hello": true })),
            "ping" => answer(
                id,
                &json!({ "pong": true, "version": "0", "pid": std::process::id(), "uptime_ms": 1, "loop_lag_ms": 0.0 }),
            ),
            "historical_bars" => self.act(id, params["symbol"].as_str().unwrap()),
            "subscribe" => self.subscribe(id, params["account"].as_str().unwrap()),
            "unsubscribe" => {
                self.unsubscribed.push(params["subscription"].to_string());
                answer(id, &json!({ "ended": true }));
            }
            // Which streams it was told to end.
            "accounts" => answer(id, &json!({ "accounts": self.unsubscribed })),
            // Orders are never answered.
            "place_order" | "cancel_order" => {}
            // A worker that is told to end does so when its input ends, which follows.
            "shutdown" => {}
            other => panic!("{other}"),
        }
    }

    fn act(&mut self, id: &Value, verb: &str) {
        match verb.split(':').next().unwrap() {
            "hold" => self.held.push((id.clone(), verb.into())),
            "release" => {
                for (id, verb) in std::mem::take(&mut self.held).iter().rev() {
                    bars(id, verb);
                }
                bars(id, verb);
            }
            "crash" => exit(CRASHED),
            "cut" => {
                write(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"ba"));
                exit(CRASHED);
            }
            "answer-and-crash" => {
                bars(id, verb);
                exit(CRASHED);
            }
            "noise" => {
                write("WARNING: something\n\n{\"half\": \n{\"status\":\"success\"}\n\u{1}\n");
                write("{\"jsonrpc\":\"2.0\",\"id\":999999,\"result\":{}}\n");
                bars(id, verb);
            }
            "long" => bars(id, &"x".repeat(verb.split(':').nth(1).unwrap().parse().unwrap())),
            "endless" => {
                let piece = "x".repeat(1 << 20);
                for _ in 0..66 {
                    write(&piece);
                }
            }
            "wrong" => answer(id, &json!({ "bars": 7 })),
            "stderr" => {
                std::io::stderr().write_all(b"a line for people\n").unwrap();
                bars(id, verb);
            }
            _ => bars(id, verb),
        }
    }

    fn subscribe(&mut self, id: &Value, verb: &str) {
        self.subscriptions += 1;
        let number = self.subscriptions;
        let mut words = verb.split(':');
        let what = words.next().unwrap();
        let count: u64 = words.next().map_or(0, |count| count.parse().unwrap());
        let begun = json!({ "subscription": number });
        match what {
            "early" => {
                (0..count).for_each(|n| ticks(number, 0, &[n]));
                answer(id, &begun);
            }
            "ticks" => {
                answer(id, &begun);
                (0..count).for_each(|n| ticks(number, 0, &[2 * n, 2 * n + 1]));
            }
            "thinned" => {
                answer(id, &begun);
                ticks(number, 0, &[0]);
                ticks(number, 5, &[6]);
                ticks(number, 5, &[7]);
            }
            "orders" => {
                answer(id, &begun);
                (0..count).for_each(|n| order(number, n));
            }
            "ended" => {
                answer(id, &begun);
                ticks(number, 0, &[0]);
                end(number);
            }
            "ended-early" => {
                end(number);
                answer(id, &begun);
            }
            "hold" => self.held.push((id.clone(), String::new())),
            _ => answer(id, &begun),
        }
    }
}

fn bars(id: &Value, date: &str) {
    let bar = json!({
        "date": date, "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": null, "average": null, "barCount": 1
    });
    // A held subscription is answered as one.
    let result = if date.is_empty() { json!({ "subscription": 1 }) } else { json!({ "bars": [bar] }) };
    answer(id, &result);
}

fn ticks(subscription: u64, dropped: u64, sizes: &[u64]) {
    let ticks: Vec<Value> = sizes.iter().map(|size| json!([0, null, size])).collect();
    let ticks = Value::from(ticks);
    write(&format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"ticks\",\"params\":{{\"subscription\":{subscription},\
         \"dropped\":{dropped},\"ticks\":{ticks}}}}}\n"
    ));
}

fn order(subscription: u64, number: u64) {
    let event = json!({ "type": "message", "order_id": number, "code": 399, "text": "it will not be sent until" });
    event_line("order", &json!({ "subscription": subscription, "event": event }));
}

fn end(subscription: u64) {
    let failure = json!({
        "cause": "gateway_error", "message": "no such contract", "remedy": "Correct it.", "acts": "human",
        "requires_restart": false
    });
    event_line("stream_ended", &json!({ "subscription": subscription, "failure": failure }));
}

fn event_line(method: &str, params: &Value) {
    write(&format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}\n"));
}

fn answer(id: &Value, result: &Value) {
    if !id.is_null() {
        write(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{result}}}\n"));
    }
}

fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A client that is gone is noticed by the end of the input.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

fn park() {
    loop {
        std::thread::park();
    }
}

#[expect(clippy::disallowed_methods, reason = "a crash is what the test wants")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}
