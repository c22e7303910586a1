//! A program with the client library that dies and comes back to a worker of its own machine.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatewright_link::LinkError;
use gatewright_link::client::{AttachSettings, Attached, Ending, Link, StreamItem};
use gatewright_proto::ClientId;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use crate::bounded_pipe::BoundedPipe;
use crate::daemon::{Daemon, send, until_well};
use crate::patience::{GIVE_UP_AFTER, until};
use crate::program::{Program, Sim};

/// A worker in a process of its own, on a socket. It ends with the test, however that ends.
struct Worker(Child);

impl Worker {
    fn start(program: &Program, socket: &Path) -> Self {
        let mut command = program.command(&["worker", "--socket", socket.to_str().unwrap()]);
        let worker = Self(command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap());
        until("the worker listens", || UnixStream::connect(socket).is_ok());
        worker
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn life() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

async fn attach(socket: &Path) -> Attached {
    Link::attach(AttachSettings::new(socket, "strategy")).await.unwrap()
}

#[test]
fn a_program_that_comes_back_has_its_session_its_streams_and_its_answers() {
    let program = Program::new();
    // The one request that stays in flight: this Gateway never ends it.
    let sim = Sim::start(&program, &["--fault", "no-executions-end"]);
    let socket = program.state().join("run/worker.sock");
    let mut worker = Worker::start(&program, &socket);
    // The first life speaks for itself, so that it can end as a killed program does: without a word.
    let first = UnixStream::connect(&socket).unwrap();
    first.set_read_timeout(Some(GIVE_UP_AFTER)).unwrap();
    let lines = BufReader::new(&first).lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut ask = |id: i64, method: &str, params: Value| {
        writeln!(&first, "{}", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).unwrap();
        if method == "executions" {
            Value::Null
        } else {
            lines.find(|line| line["id"] == id).unwrap()["result"].clone()
        }
    };
    assert_eq!(ask(1, "attach", json!({"client": "strategy"}))["resumed"], false);
    ask(2, "connect", json!({"port": sim.port(), "client_id": 5, "sync": []}));
    let contract = json!({"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"});
    let stream = ask(3, "subscribe", json!({"kind": "ticks", "contract": contract}))["subscription"].as_u64().unwrap();
    ask(4, "executions", json!({"deadline_ms": 3_000}));
    // It was read once a later request is answered.
    ask(5, "ping", json!({}));
    drop(first);

    let second = life();
    second.block_on(async {
        let mut here = attach(&socket).await;
        assert_eq!(here.link.worker_pid(), Some(worker.0.id()));
        assert!(here.resumed && here.away.is_some_and(|away| away < Duration::from_secs(30)));
        assert_eq!(here.sessions, [ClientId::new(5)]);
        let [own] = &mut here.subscriptions[..] else { panic!("{:?}", here.subscriptions) };
        assert_eq!(own.id(), stream);
        for _ in 0..3 {
            assert!(matches!(own.next().await, Some(StreamItem::Ticks(_))), "its ticks go on");
        }
        assert_eq!(here.in_flight, [4]);
        let answer = here.answers.next().await.expect("it ends by its own deadline");
        assert_eq!(answer.id, 4);
        assert!(matches!(answer.outcome, Err(LinkError::Call(error)) if error.data.cause == "deadline"));
        // The name is this one's as long as it lives.
        let other = AttachSettings { within: Duration::from_millis(200), ..AttachSettings::new(&socket, "strategy") };
        let refused = Link::attach(other).await.unwrap_err();
        assert_eq!(refused.data().cause, "already_connected");
        // To leave is not to end: the worker and the session stay for the next life.
        assert_eq!(here.link.stop().await.unwrap().ending, Ending::Left);
        assert_eq!(attach(&socket).await.sessions, [ClientId::new(5)]);
        // A worker that dies ends the link.
        let mut here = attach(&socket).await;
        send(worker.0.id(), Signal::KILL);
        while here.events.next().await.is_some() {}
        assert!(here.link.ping(Default::default()).await.is_err());
    });
    worker.0.wait().unwrap();
}

/// A program in another language: attaches under a name, subscribes, asks what is never answered, and says so.
const OTHER_LANGUAGE: &str = r#"
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
lines = connection.makefile("rw")
def send(number, method, params):
    lines.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
    lines.flush()
def call(number, method, params):
    send(number, method, params)
    while True:
        line = json.loads(lines.readline())
        if line.get("id") == number:
            return line["result"]
call(1, "attach", {"client": "strategy"})
call(2, "connect", {"port": int(sys.argv[2]), "client_id": 5, "sync": []})
contract = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
stream = call(3, "subscribe", {"kind": "ticks", "contract": contract})["subscription"]
send(4, "executions", {"deadline_ms": 5000})
call(5, "ping", {})
print(stream, flush=True)
sys.stdin.read()
"#;

#[test]
fn a_program_that_is_killed_finds_its_session_its_stream_and_its_answer_at_the_daemons_worker() {
    let Some(python) = crate::proxy::python() else { return };
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "no-executions-end"]);
    let _daemon = Daemon::start(&program, sim.address(), &[]);
    until_well(&program);
    let socket = program.state().join("gateways/gateway/worker.sock");
    let mut command = Command::new(python);
    command.args(["-B", "-c", OTHER_LANGUAGE, socket.to_str().unwrap(), &sim.port().to_string()]);
    let mut killed = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(BoundedPipe::new(killed.stdout.take().unwrap())).read_line(&mut line).unwrap();
    let stream: u64 = line.trim().parse().unwrap_or_else(|error| panic!("{error}: {line:?}"));
    killed.kill().unwrap();
    killed.wait().unwrap();

    life().block_on(async {
        let mut here = attach(&socket).await;
        assert!(here.resumed && here.sessions == [ClientId::new(5)], "{here:?}");
        let [own] = &mut here.subscriptions[..] else { panic!("{:?}", here.subscriptions) };
        assert_eq!(own.id(), stream);
        assert!(matches!(own.next().await, Some(StreamItem::Ticks(_))), "its ticks go on");
        assert_eq!(here.in_flight, [4]);
        let answer = here.answers.next().await.expect("it ends by its own deadline");
        assert!(answer.id == 4 && answer.outcome.is_err(), "{answer:?}");
    });
}
