//! The session proxy with programs that know nothing of it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::bounded_pipe::BoundedPipe;
use crate::daemon::{Daemon, send, status};
use crate::patience::until;
use crate::program::{Program, Sim};

/// The Python with the foreign clients; `cargo xtask test` sets it.
const PYTHON: &str = "GATEWRIGHT_FOREIGN_PYTHON";

/// When the Gateway's clock begins, as `tests/foreign/steps.py` knows it too: no story hangs on when it is told.
const TRADING_DAY: [&str; 2] = ["--start", "2026-03-04T15:10:30Z"];

#[expect(clippy::disallowed_methods, reason = "the test is told by xtask where the foreign clients are")]
pub(crate) fn python() -> Option<OsString> {
    let python = std::env::var_os(PYTHON);
    if python.is_none() {
        println!("skipped: {PYTHON} is not set; run `cargo xtask test`");
    }
    python
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/foreign").join(name)
}

/// A simulated Gateway that can be steered, and a daemon in front of it.
struct Stage {
    program: Program,
    sim: Sim,
    daemon: Daemon,
    control: String,
}

impl Stage {
    fn new(arguments: &[&str]) -> Self {
        let program = Program::new();
        let control = program.state().join("sim.sock").display().to_string();
        let sim = Sim::start(&program, &[&["--control", &control], arguments].concat());
        let daemon = Daemon::start(&program, sim.address(), &[]);
        Self { program, sim, daemon, control }
    }

    fn proxy(&self) -> (String, String) {
        split(&self.daemon.address("proxy"))
    }

    /// Steers the Gateway.
    fn ctl(&self, arguments: &[&str]) {
        let run = self.program.run(&[&["sim", "ctl", "--control", &self.control], arguments].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
    }

    /// What `status` says of the program with the client id of the stories.
    fn client(&self) -> Option<Value> {
        let report = status(&self.program);
        let clients = report["gateways"][0]["proxy"]["clients"].as_array()?.clone();
        clients.into_iter().find(|client| client["client_id"] == 7)
    }

    fn until_client(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        until(what, || self.client().is_some_and(|client| holds(&client)));
    }

    fn worker(&self) -> Option<u32> {
        status(&self.program)["gateways"][0]["worker_pid"].as_u64()?.try_into().ok()
    }
}

fn split(address: &str) -> (String, String) {
    let (host, port) = address.rsplit_once(':').unwrap();
    (host.into(), port.into())
}

/// A program with ticks and an open order. It is killed with the test.
struct Survivor {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<BoundedPipe>,
    order: String,
}

impl Survivor {
    fn start(python: &OsString, (host, port): &(String, String), order: Option<&str>) -> Self {
        let mut command = Command::new(python);
        command.arg("-B").arg(script("survival_story.py")).args([host, port]);
        if let Some(order) = order {
            command.args(["--order", order]);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) =
            (child.stdin.take().unwrap(), BufReader::new(BoundedPipe::new(child.stdout.take().unwrap())));
        let mut survivor = Self { child, stdin, stdout, order: String::new() };
        survivor.order = survivor.wait_for("settled ").expect("it connects, has ticks and an open order");
        survivor
    }

    /// What stands behind the word in the next line that begins with it; what went wrong otherwise.
    fn wait_for(&mut self, word: &str) -> Result<String, String> {
        let mut told = String::new();
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).unwrap() == 0 {
                return Err(told);
            }
            if let Some(rest) = line.strip_prefix(word) {
                return Ok(rest.trim_end().to_owned());
            }
            told.push_str(&line);
        }
    }

    fn does(&mut self, command: &str, answer: &str) -> Result<String, String> {
        // A program that has ended says why on its output.
        let _ = writeln!(self.stdin, "{command}");
        self.wait_for(answer)
    }

    /// Ticks go on, and the order is its own; in the end it can cancel it.
    fn goes_on(&mut self) {
        self.does("again", "alive").unwrap_or_else(|told| panic!("{told}"));
    }

    fn ends(&mut self) {
        self.does("cancel", "cancelled").unwrap_or_else(|told| panic!("{told}"));
        self.does("quit", "nothing").unwrap_err();
    }
}

impl Drop for Survivor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a client tell one of its stories to a fresh simulator, through the proxy.
fn told(client: &str, subjects: &[&str], sim: &[&str]) {
    let Some(python) = python() else { return };
    for subject in subjects {
        let stage = Stage::new(&[&TRADING_DAY[..], sim].concat());
        let (host, port) = stage.proxy();
        let mut command = Command::new(&python);
        command.arg("-B").arg(script(client)).args([&host, &port, "--control", &stage.control]).arg(subject);
        let output = command.output().unwrap();
        let (steps, problem) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{subject}: steps that went well:\n{steps}\n{problem}");
    }
}

#[test]
fn ib_async_does_through_the_proxy_what_it_does_without() {
    told("ib_async_story.py", &["fresh", "account", "contracts", "orders", "families", "binding"], &[]);
}

#[test]
fn ib_async_watches_and_looks_back_through_the_proxy() {
    told("ib_async_story.py", &["market", "history", "news"], &[]);
    told("ib_async_story.py", &["read-only"], &["--fault", "read-only"]);
    told("ib_async_story.py", &["many-accounts"], &["--accounts", "DU1000001,DU1000002,DU1000003"]);
    told("ib_async_story.py", &["master"], &["--master-client-id", "5"]);
}

#[test]
fn ibapi_does_through_the_proxy_what_it_does_without() {
    told("ibapi_story.py", &["fresh", "account", "contracts", "orders", "families", "news", "binding"], &[]);
}

#[test]
fn ibapi_watches_and_looks_back_through_the_proxy() {
    told("ibapi_story.py", &["market", "history"], &[]);
    told("ibapi_story.py", &["read-only"], &["--fault", "read-only"]);
    told("ibapi_story.py", &["many-accounts"], &["--accounts", "DU1000001,DU1000002,DU1000003"]);
    told("ibapi_story.py", &["master"], &["--master-client-id", "5"]);
}

#[test]
fn a_program_survives_the_death_of_the_worker() {
    let Some(python) = python() else { return };
    let stage = Stage::new(&TRADING_DAY);
    let mut program = Survivor::start(&python, &stage.proxy(), None);
    let worker = stage.worker().unwrap();
    send(worker, Signal::KILL);
    stage.until_client("the session is back", |client| client["gateway"] == "up" && client["outages"] == 1);
    program.goes_on();
    assert_ne!(stage.worker(), Some(worker));
    program.ends();
}

#[test]
fn a_program_survives_the_nightly_restart() {
    let Some(python) = python() else { return };
    let stage = Stage::new(&TRADING_DAY);
    let mut program = Survivor::start(&python, &stage.proxy(), None);
    // An order that was placed just before a restart is lost by the Gateway itself, so some time passes first.
    stage.ctl(&["advance", "10m"]);
    // Ids go back, as after some restarts: what the program is told never does.
    stage.ctl(&["restart"]);
    stage.until_client("the loss is noticed", |client| client["outages"] == 1 && client["gateway"] != "up");
    // The port stays closed for a minute of the simulator's time.
    stage.ctl(&["advance", "5m"]);
    stage.until_client("the session is back", |client| client["gateway"] == "up" && client["outages"] == 1);
    program.goes_on();
    program.ends();
}

#[test]
fn a_program_that_is_killed_finds_its_session_where_it_left_it() {
    let Some(python) = python() else { return };
    let stage = Stage::new(&TRADING_DAY);
    let first = Survivor::start(&python, &stage.proxy(), None);
    let order = first.order.clone();
    drop(first);
    stage.until_client("it is parked", |client| client["client"] == "parked" && client["subscriptions"] == 0);
    let mut second = Survivor::start(&python, &stage.proxy(), Some(&order));
    second.goes_on();
    let client = stage.client().unwrap();
    assert_eq!((&client["resumed"], &client["outages"]), (&Value::from(1), &Value::from(0)), "{client}");
    second.ends();
}

#[test]
fn a_program_returns_to_a_gateway_that_lets_nobody_in() {
    let Some(python) = python() else { return };
    let stage = Stage::new(&TRADING_DAY);
    let first = Survivor::start(&python, &stage.proxy(), None);
    let order = first.order.clone();
    stage.ctl(&["fault", "on", "stall-new"]);
    drop(first);
    stage.until_client("it is parked", |client| client["client"] == "parked");
    let mut second = Survivor::start(&python, &stage.proxy(), Some(&order));
    second.goes_on();
    second.ends();
    assert_eq!(stage.sim.address(), status(&stage.program)["gateways"][0]["gateway"]);
}

#[test]
fn the_same_program_straight_at_the_gateway_does_not_survive() {
    let Some(python) = python() else { return };
    let stage = Stage::new(&[]);
    let gateway = split(stage.sim.address());
    let mut program = Survivor::start(&python, &gateway, None);
    stage.ctl(&["restart"]);
    assert!(program.does("again", "alive").is_err(), "this is what the proxy is for");
}

#[test]
fn what_is_not_the_api_is_closed_and_never_reaches_the_gateway() {
    let stage = Stage::new(&[]);
    let mut stream = TcpStream::connect(stage.daemon.address("proxy")).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut answer);
    assert!(answer.is_empty());
    assert!(status(&stage.program)["gateways"][0]["proxy"]["clients"].as_array().unwrap().is_empty());
}
