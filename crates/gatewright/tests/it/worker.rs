//! `gatewright worker`, the process. Its protocol has tests in `gatewright-link`.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bounded_pipe::{BoundedPipe, ended};
use crate::patience;
use crate::program::{Program, Sim, finish};
use crate::socket_table::assert_nothing_left;

#[test]
fn the_schema_is_printed_with_every_method() {
    let program = Program::new();
    let run = program.run(&["worker", "--print-schema"]);
    let schema: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(schema["x-methods"]["connect"]["params"].is_object());
    assert!(run.stdout.ends_with("}\n"));
    assert_eq!(run.stdout, program.run(&["worker", "--print-schema"]).stdout, "it is the same each time");
}

#[test]
fn standard_output_is_pure_protocol_and_logs_are_masked_bounded_and_private() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let mut child = program.command(&["worker"]).env("GATEWRIGHT_LOG", "trace").stdin(Stdio::piped()).spawn().unwrap();
    let began = patience::now();
    let mut stdin = child.stdin.take().unwrap();
    let params = json!({"port": sim.port(), "client_id": 3});
    writeln!(stdin, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": "connect", "params": params})).unwrap();
    writeln!(stdin, "{}", json!({"jsonrpc": "2.0", "id": 2, "method": "ping"})).unwrap();
    writeln!(stdin, "{}", json!({"command": "ping"})).unwrap();
    writeln!(stdin, "not json").unwrap();
    // Its input stays open until it has answered, since a worker whose input ends closes what is still connecting.
    let stdout = child.stdout.take().unwrap();
    let mut lines = BufReader::new(BoundedPipe::new(stdout)).lines();
    let mut seen = Vec::new();
    while !seen.iter().any(|line: &Value| line["id"] == 1) {
        let line = lines.next().expect("it answers before it ends").unwrap();
        seen.push(serde_json::from_str(&line).unwrap_or_else(|_| panic!("not the protocol: {line}")));
    }
    drop(stdin);
    for line in lines {
        seen.push(serde_json::from_str(&line.unwrap()).unwrap());
    }
    let run = finish(child, began);
    assert_eq!(run.code, Some(0), "{run:?}");
    let connected = seen.iter().find(|line| line["id"] == 1).unwrap();
    assert_eq!(connected["result"]["accounts"], json!(["DU1234567"]));
    assert!(seen.iter().any(|line| line["status"] == "success"), "{seen:?}");

    let logs = program.state().join("logs");
    let file = logs.join("worker.log");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&logs), mode(&file)), (0o700, 0o600));
    let log = std::fs::read_to_string(file).unwrap();
    assert!(!log.is_empty());
    assert!(!log.contains("DU1234567") && !run.stderr.contains("DU1234567"), "account ids are masked");
    assert_nothing_left(sim.port());
}

#[test]
fn a_state_folder_that_cannot_be_written_costs_the_log_and_nothing_else() {
    let program = Program::new();
    let file = program.state().join("file");
    std::fs::write(&file, "").unwrap();
    let run = program.command(&["worker", "--log-dir"]).arg(file.join("logs")).output().unwrap();
    assert!(run.status.success());
    assert!(String::from_utf8(run.stderr).unwrap().contains("the log file cannot be opened"));
}

#[test]
fn a_log_level_that_cannot_be_read_is_a_usage_error() {
    let program = Program::new();
    let run = program.command(&["worker"]).env("GATEWRIGHT_LOG", "gatewright=loud").output().unwrap();
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn a_worker_on_a_socket_that_is_killed_leaves_nothing_and_its_successor_takes_the_socket() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "ignore-eof"]);
    let socket = program.state().join("run/worker.sock");
    let path = socket.to_str().unwrap();
    let start = || {
        let child = program.command(&["worker", "--socket", path]).stdin(Stdio::null()).spawn().unwrap();
        let mut stream = None;
        patience::until("the worker listens", || {
            stream = UnixStream::connect(&socket).ok();
            stream.is_some()
        });
        (child, stream.unwrap())
    };
    let ask = |stream: &UnixStream, method: &str, client_id: u32| {
        let params = json!({"port": sim.port(), "client_id": client_id, "zombies": "warn"});
        writeln!(&*stream, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).unwrap();
        stream.set_read_timeout(Some(patience::GIVE_UP_AFTER)).unwrap();
        let lines = BufReader::new(stream).lines().map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
        lines.take_while(|line| line["id"] != 1).for_each(drop);
    };
    let (mut child, stream) = start();
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    ask(&stream, "connect", 1);
    ask(&UnixStream::connect(&socket).unwrap(), "raw_session", 2);
    let second = program.run(&["worker", "--socket", path]);
    assert_eq!(second.code, Some(1), "{second:?}");
    assert!(second.stderr.contains("has the socket"), "{second:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_nothing_left(sim.port());

    let (mut child, stream) = start();
    ask(&stream, "connect", 1);
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
    assert!(ended(&mut child).success());
    assert!(!socket.exists());
    assert_nothing_left(sim.port());
}
