//! Signals, and who goes with whom.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::bounded_pipe::BoundedPipe;
use crate::patience::{self, now};
use crate::program::{Program, Sim, finish};
use crate::socket_table::assert_nothing_left;

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A `connect` that hangs in the handshake, and the rest of its output.
fn connecting(program: &Program, gateway: &str) -> (Child, BufReader<BoundedPipe>) {
    let mut child = program.command(&["connect", "--gateway", gateway]).spawn().unwrap();
    let mut stdout = BufReader::new(BoundedPipe::new(child.stdout.take().unwrap()));
    let mut line = String::new();
    while !line.contains("dial") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it had dialled");
    }
    (child, stdout)
}

#[test]
fn ctrl_c_and_sigterm_end_a_connection_in_order_at_any_stage() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)] {
        let program = Program::new();
        let sim = Sim::start(&program, &["--fault", "accept-silent"]);
        let (child, _stdout) = connecting(&program, sim.address());
        let began = now();
        send(&child, signal);
        let run = finish(child, began);
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(run.stderr.starts_with("stopped: "), "{run:?}");
        assert!(run.took.as_millis() < 2500, "{run:?}");
        assert_nothing_left(sim.port());
        assert_eq!(program.processes(), [sim.pid()], "the worker is gone");
    }
}

#[test]
fn a_worker_and_a_simulator_of_ours_go_when_we_are_killed() {
    let program = Program::new();
    let mut child = program.command(&["connect", "--sim"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(BoundedPipe::new(child.stdout.take().unwrap())).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    patience::until("both are gone", || program.processes().is_empty());
}

#[test]
fn a_worker_ends_in_order_on_a_signal_while_its_input_is_open() {
    for signal in [Signal::INT, Signal::TERM] {
        let program = Program::new();
        let mut child = program.command(&["worker"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        std::io::Write::write_all(&mut stdin, b"{\"command\": \"ping\"}\n").unwrap();
        BufReader::new(BoundedPipe::new(stdout)).read_line(&mut String::new()).unwrap();
        let began = now();
        send(&child, signal);
        let run = finish(child, began);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(run.took.as_millis() < 1500, "{run:?}");
    }
}

#[test]
fn a_simulator_ends_in_order_on_a_signal() {
    let program = Program::new();
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = program.command(&["sim", "--port", "0"]).spawn().unwrap();
        let mut stdout = BufReader::new(BoundedPipe::new(child.stdout.take().unwrap()));
        stdout.read_line(&mut String::new()).unwrap();
        send(&child, signal);
        let run = finish(child, now());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    }
}
