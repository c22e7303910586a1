//! `gatewright doctor`.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bounded_pipe::{BoundedPipe, ended};
use crate::program::{Program, Run, Sim};
use crate::socket_table::{leave_zombies, report, zombies, zombies_by_proc};

/// What doctor promises.
const WITHIN: Duration = Duration::from_secs(1);

fn doctor(program: &Program, gateway: &str, more: &[&str]) -> (Value, Run) {
    program.run_json(&[&["doctor", "--json", "--gateway", gateway], more].concat())
}

#[test]
fn a_closed_port_is_seen_to_be_closed_at_once() {
    let program = Program::new();
    let (report, run) = doctor(&program, "127.0.0.1:1", &[]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(10), ""));
    assert_eq!((&report["listening"]["state"], &report["verdict"]), (&json!("no"), &json!("not_listening")));
    assert_eq!((&report["zombies"]["count"], &report["accept_queue"]), (&json!(0), &Value::Null));
    let ports: Vec<&String> = report["known_ports"].as_object().unwrap().keys().collect();
    assert_eq!(ports, ["4001", "4002", "7496", "7497"]);
    assert!(run.took < WITHIN, "{:?}", run.took);
}

#[test]
fn a_listening_port_is_described_and_never_touched() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let (seen, run) = doctor(&program, sim.address(), &[]);
    assert_eq!(run.code, Some(0), "{seen}");
    assert_eq!((&seen["listening"]["state"], &seen["verdict"]), (&json!("yes"), &json!("no_fault_found")));
    assert_eq!(seen["listeners"][0]["owner"]["pid"], sim.pid());
    assert_eq!(seen["accept_queue"]["depth"], 0);
    assert_eq!(seen["connections"], json!([]));
    assert_eq!(report(sim.port()).connections, [], "a look leaves nothing behind");
    assert!(run.took < WITHIN, "{:?}", run.took);
}

#[test]
fn a_program_that_is_no_gateway_is_named() {
    let program = Program::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (seen, run) = doctor(&program, &listener.local_addr().unwrap().to_string(), &[]);
    assert_eq!((run.code, &seen["verdict"]), (Some(11), &json!("foreign_listener")), "{seen}");
    assert_eq!(seen["listeners"][0]["owner"]["pid"], std::process::id());
}

#[test]
fn another_machine_is_unknown_in_every_respect() {
    let program = Program::new();
    let (seen, run) = doctor(&program, "192.0.2.1:4002", &[]);
    assert_eq!((run.code, &seen["verdict"]), (Some(22), &json!("unknown")));
    assert_eq!((&seen["listening"]["state"], &seen["zombies"]["count"]), (&json!("unknown"), &Value::Null));
    assert!(seen["known_ports"].as_object().unwrap().values().all(|state| state == "unknown"), "{seen}");
}

#[test]
fn zombies_are_counted_attributed_and_cleaned_where_permitted() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "ignore-eof"]);
    leave_zombies(sim.address(), 3);
    let (seen, run) = doctor(&program, sim.address(), &[]);
    assert_eq!((run.code, &seen["verdict"], &seen["zombies"]["count"]), (Some(12), &json!("zombies"), &json!(3)));
    for socket in seen["zombies"]["sockets"].as_array().unwrap() {
        assert_eq!((&socket["owner"]["pid"], &socket["in_accept_queue"]), (&json!(sim.pid()), &json!(false)));
    }
    assert_eq!(zombies_by_proc(sim.port()), 3);
    assert!(run.took < WITHIN, "{:?}", run.took);

    let (seen, run) = doctor(&program, sim.address(), &["--clean"]);
    let (removed, failed) = (&seen["clean"]["removed"], seen["clean"]["failed"].as_array().unwrap());
    assert_eq!(seen["clean"]["found"], 3);
    assert!(seen["clean"]["meaning"].as_str().unwrap().contains("does not wake the Gateway"));
    assert_eq!(removed.as_array().unwrap().len() + failed.len(), 3, "{seen}");
    if failed.is_empty() {
        assert_eq!((run.code, &seen["zombies"]["count"], zombies(sim.port())), (Some(0), &json!(0), 0));
    } else {
        // Without the right to remove, each is kept, and why is said.
        let refused = |failure: &Value| failure["cause"] == "not_permitted" || failure["cause"] == "not_supported";
        assert!(failed.iter().all(refused), "{seen}");
        assert_eq!((run.code, &seen["zombies"]["count"], zombies(sim.port())), (Some(12), &json!(3), 3));
    }
}

#[test]
fn cleaning_touches_nothing_that_lives() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let _client = std::net::TcpStream::connect(sim.address()).unwrap();
    let (seen, run) = doctor(&program, sim.address(), &["--clean"]);
    assert_eq!((run.code, &seen["clean"]["found"], &seen["clean"]["removed"]), (Some(0), &json!(0), &json!([])));
    assert_eq!(report(sim.port()).connections.len(), 2, "both sides of the client's connection");
}

#[test]
fn a_handshake_is_made_only_when_asked_for_and_tells_what_a_look_cannot() {
    let program = Program::new();
    let silent = Sim::start(&program, &["--fault", "version-then-silent"]);
    let (seen, run) = doctor(&program, silent.address(), &[]);
    assert_eq!((run.code, seen.get("handshake")), (Some(0), None));
    let (seen, run) = doctor(&program, silent.address(), &["--handshake", "--timeout", "1"]);
    assert_eq!((run.code, &seen["handshake"]["cause"]), (Some(13), &json!("identify_stalled")), "{seen}");

    let (seen, run) = program.run_json(&["doctor", "--json", "--sim", "--handshake"]);
    assert_eq!((run.code, &seen["handshake"]["status"]), (Some(0), &json!("ready")), "{seen}");
    assert_eq!(seen["handshake"]["accounts"], json!(["DU1234567"]));
}

/// A simulated Gateway in a network of its own, as in a container; `None` where this user may not make one.
fn contained(program: &Program) -> Option<(Child, String)> {
    let gatewright = env!("CARGO_BIN_EXE_gatewright");
    let mut child = Command::new("unshare")
        .args(["-n", gatewright, "sim", "--host", "0.0.0.0", "--port", "0", "--until-stdin-closes"])
        .env("GATEWRIGHT_STATE", program.state())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut line = String::new();
    BufReader::new(BoundedPipe::new(child.stdout.take().unwrap())).read_line(&mut line).unwrap();
    if line.is_empty() {
        ended(&mut child);
        return None;
    }
    let port = line.trim_end().rsplit(':').next().unwrap().to_owned();
    Some((child, format!("127.0.0.1:{port}")))
}

#[test]
fn a_gateway_in_a_container_is_seen_from_inside_its_network_or_it_is_said_what_that_needs() {
    let program = Program::new();
    let Some((mut sim, address)) = contained(&program) else {
        let (seen, run) = doctor(&program, "127.0.0.1:4002", &["--pid", "1"]);
        assert!(run.code == Some(22) || run.code == Some(10) || run.code == Some(0), "{seen}");
        return;
    };
    let (outside, _) = doctor(&program, &address, &[]);
    assert_eq!(outside["listening"]["state"], "no", "from outside nothing of it is seen");
    let (seen, run) = doctor(&program, &address, &["--pid", &sim.id().to_string()]);
    if run.code == Some(22) {
        assert!(seen["explanation"].as_str().unwrap().contains("CAP_SYS_ADMIN"), "{seen}");
        assert_eq!((&seen["listening"]["state"], &seen["verdict"]), (&json!("unknown"), &json!("unknown")));
    } else {
        assert_eq!((run.code, &seen["verdict"]), (Some(0), &json!("no_fault_found")), "{seen}");
        assert_eq!(seen["listeners"][0]["owner"]["pid"], sim.id());
        assert_eq!(seen["inside"]["pid"], sim.id());
    }
    drop(sim.stdin.take());
    ended(&mut sim);
    let gone = program.run(&["doctor", "--pid", &u32::MAX.to_string()]);
    assert_eq!(gone.code, Some(2), "{gone:?}");
    assert_eq!(program.run(&["doctor", "--pid", "1", "--handshake"]).code, Some(2), "a handshake is made from here");
}

#[test]
fn text_fits_eighty_columns_and_says_what_to_do() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "ignore-eof"]);
    leave_zombies(sim.address(), 2);
    for arguments in [&["--gateway", "127.0.0.1:1"][..], &["--gateway", sim.address()], &["--gateway", "192.0.2.1:1"]] {
        let run = program.run(&[&["doctor"], arguments].concat());
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
        assert!(run.stdout.contains("What to do: "), "{}", run.stdout);
    }
}
