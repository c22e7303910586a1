//! The restart of a Gateway that is stuck, through an IBC that is the test's own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use serde_json::Value;

use crate::alert::{pager, settings, told, up};
use crate::daemon::{Daemon, status, until_well};
use crate::patience::{GIVE_UP_AFTER, until_within};
use crate::program::{Program, Sim};

/// What IBC says to an order that it has taken.
const TAKEN: &str = "IBC> OK RESTART in progress\r\nOK RESTART at 11:07 PM\r\n";

/// Two heartbeats that are missed and three handshakes that stall take three quarters of a minute by their deadlines.
const UNTIL_STUCK: std::time::Duration = GIVE_UP_AFTER.saturating_mul(4);

/// An IBC that says this to every command, and passes on what it was told.
fn ibc(says: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (commanded, commands) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&mut stream).read_line(&mut line).unwrap();
            let _ = stream.write_all(says.as_bytes());
            if commanded.send(line).is_err() {
                return;
            }
        }
    });
    (address, commands)
}

/// A Gateway that can be steered, its IBC, and a daemon that may tell the one to restart the other.
struct Stage {
    program: Program,
    sim: Sim,
    control: String,
    commands: Receiver<String>,
    told: PathBuf,
    _daemon: Daemon,
}

impl Stage {
    fn new(faults: &[&str], more: &str) -> Self {
        let program = Program::new();
        let control = program.state().join("sim.sock").display().to_string();
        let faults: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
        let sim = Sim::start(&program, &[&["--control", &control], &faults[..]].concat());
        let (address, commands) = ibc(TAKEN);
        let (pager, told) = pager(&program);
        let remedy = format!("[gateway.ibc]\naddress = \"{address}\"\nstuck_for = \"1s\"\n{more}{pager}");
        let daemon = up(&program, &settings(&program, sim.address(), &remedy));
        Self { program, sim, control, commands, told, _daemon: daemon }
    }

    /// One whose session froze, and that answers no handshake since.
    fn stuck(more: &str) -> Self {
        // Ready, a second later frozen; and whoever connects then is frozen out.
        let stage = Self::new(&["frozen-after-ready"], more);
        until_well(&stage.program);
        stage.ctl(&["fault", "on", "version-then-silent"]);
        stage
    }

    fn ctl(&self, arguments: &[&str]) {
        let run = self.program.run(&[&["sim", "ctl", "--control", &self.control], arguments].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
    }

    /// Waits for the order.
    fn ordered(&self) {
        assert_eq!(self.commands.recv_timeout(UNTIL_STUCK).unwrap(), "RESTART\n");
    }

    fn gateway(&self) -> Value {
        status(&self.program)["gateways"][0].clone()
    }

    fn until_remedy(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        until_within(UNTIL_STUCK, what, || holds(&self.gateway()["remedy"]));
    }

    fn told(&self, event: &str, cause: &str) -> usize {
        told(&self.told).iter().filter(|(told, alert)| told == event && alert["cause"] == cause).count()
    }

    fn assert_nothing_ordered(&self) {
        assert_eq!(self.commands.try_recv(), Err(TryRecvError::Empty));
    }
}

fn may_be_starting(remedy: &Value) -> bool {
    remedy["hold"] == "it may be starting or logging in"
}

#[test]
fn a_gateway_that_froze_and_answers_no_handshake_is_restarted_through_ibc_once() {
    let stage = Stage::stuck("");
    stage.ordered();
    stage.until_remedy("what came of it is known", |remedy| {
        let last = &remedy["last"];
        last["outcome"] == "ordered, for 11:07 PM" && last["proofs"].as_array().unwrap().len() == 2
    });
    let ledger = std::fs::read_to_string(stage.program.state().join("gateways/paper/restarts.json")).unwrap();
    assert!(ledger.contains("ordered, for 11:07 PM"), "{ledger}");
    // The restart works: the Gateway goes down, and the one that comes back answers.
    stage.ctl(&["fault", "off", "frozen-after-ready"]);
    stage.ctl(&["fault", "off", "version-then-silent"]);
    stage.ctl(&["restart"]);
    until_within(UNTIL_STUCK, "it serves again", || stage.gateway()["verdict"]["well"] == "yes");
    until_within(UNTIL_STUCK, "that is told", || told(&stage.told).iter().any(|(event, _)| event == "over"));
    assert_eq!(told(&stage.told).iter().filter(|(event, _)| event == "restart").count(), 1);
    assert_eq!(stage.told("raised", "waiting_for_human"), 0, "nobody has to act any more");
    assert_eq!(stage.gateway()["remedy"]["restarts_in_a_day"], 1);
    stage.assert_nothing_ordered();
}

#[test]
fn a_restart_that_was_taken_and_does_not_show_calls_a_human_and_is_not_ordered_again() {
    let stage = Stage::stuck("down_within = \"3s\"\nrestarts_a_day = 2\n");
    stage.ordered();
    until_within(GIVE_UP_AFTER, "a human is called", || stage.told("raised", "waiting_for_human") == 1);
    let verdict = stage.gateway()["verdict"].clone();
    assert_eq!((&verdict["cause"], &verdict["acts"]), (&"waiting_for_human".into(), &"human".into()), "{verdict}");
    let screen = stage.program.run(&["status"]).stdout;
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("has not gone down since") && words.contains("1 of 2 in a day"), "{screen}");
    // It is as stuck as before, and for all that is known the restart may still come.
    stage.until_remedy("it stalls on", |remedy| may_be_starting(remedy) && remedy["proofs"][0].is_string());
    stage.assert_nothing_ordered();
    assert_eq!((stage.told("raised", "waiting_for_human"), stage.told("restart", "identify_stalled")), (1, 1));
    assert_eq!(stage.gateway()["remedy"]["restarts_in_a_day"], 1);
}

#[test]
fn nothing_is_ordered_while_a_gateway_starts_or_logs_in_whatever_else_is_seen() {
    let stage = Stage::new(&["version-then-silent", "ignore-eof"], "");
    // As many dead connections as make a socket table suspicious.
    for _ in 0..3 {
        drop(TcpStream::connect(stage.sim.address()).unwrap());
    }
    stage.until_remedy("both proofs are there", |remedy| {
        may_be_starting(remedy) && remedy["proofs"].as_array().unwrap().len() == 2
    });
    stage.assert_nothing_ordered();
    // It goes down, asks for a login, and comes up without answering.
    stage.ctl(&["fault", "on", "login-wall"]);
    stage.until_remedy("what was seen is about another Gateway", |remedy| remedy["proofs"] == Value::Array(Vec::new()));
    stage.ctl(&["fault", "off", "login-wall"]);
    stage.until_remedy("it stalls again", |remedy| may_be_starting(remedy) && remedy["proofs"][0].is_string());
    stage.assert_nothing_ordered();
    assert_eq!(stage.gateway()["remedy"]["restarts_in_a_day"], 0);
}
