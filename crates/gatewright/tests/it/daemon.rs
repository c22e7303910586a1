//! `gatewright up` and the commands that speak to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bounded_pipe::{BoundedPipe, ended};
use crate::patience::{GIVE_UP_AFTER, now, until, until_within};
use crate::program::{Program, Run, Sim, finish};

/// A daemon with a state folder of its own. It is killed with the test, however that ends.
pub(crate) struct Daemon {
    child: Option<Child>,
    stdout: BufReader<BoundedPipe>,
    lines: Vec<String>,
}

impl Daemon {
    /// Starts one for this Gateway, on free ports, and waits until it is ready.
    pub(crate) fn start(program: &Program, gateway: &str, arguments: &[&str]) -> Self {
        let mut command = program.command(&["up", "--gateway", gateway, "--proxy", "127.0.0.1:0"]);
        command.args(["--http", "127.0.0.1:0"]).args(arguments);
        Self::ready(command)
    }

    /// Waits until what was started is ready.
    pub(crate) fn ready(mut command: Command) -> Self {
        let mut child = command.env("GATEWRIGHT_LOG", "info").stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = BufReader::new(BoundedPipe::new(child.stdout.take().unwrap()));
        let mut lines = Vec::new();
        while lines.last().is_none_or(|line| line != "ready") {
            let mut line = String::new();
            assert!(stdout.read_line(&mut line).unwrap() > 0, "it ended before it was ready: {lines:?}");
            lines.push(line.trim_end().to_owned());
        }
        Self { child: Some(child), stdout, lines }
    }

    /// The address behind `… listening on` in the line that begins so.
    pub(crate) fn address(&self, what: &str) -> String {
        let line = self.lines.iter().find(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{:?}", self.lines));
        line.rsplit(' ').next().unwrap().to_owned()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// How it ended.
    pub(crate) fn ended(mut self) -> Run {
        let run = finish(self.child.take().unwrap(), now());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        Run { stdout: rest, ..run }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal to a process of ours.
pub(crate) fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// What `status --json` says.
pub(crate) fn status(program: &Program) -> Value {
    program.run_json(&["status", "--json"]).0
}

/// Waits until the daemon's own session is ready.
pub(crate) fn until_well(program: &Program) -> Value {
    until("the daemon is well", || status(program)["verdict"]["well"] == "yes");
    status(program)
}

fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let code = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (code, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[test]
fn a_daemon_says_where_it_is_and_how_everything_is_and_leaves_nothing_behind() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    let report = until_well(&program);
    let gateway = &report["gateways"][0];
    assert_eq!(gateway["gateway"], sim.address());
    for layer in ["worker", "tcp", "handshake", "session"] {
        assert_eq!(gateway["layers"][layer]["state"], "yes", "{layer}: {report}");
    }
    assert_eq!(gateway["layers"]["trading"]["state"], "unknown");
    assert_eq!(gateway["monitor"]["accounts"][0], "DU***67", "accounts are masked");
    assert!(program.processes().contains(&u32::try_from(gateway["worker_pid"].as_u64().unwrap()).unwrap()));

    let http = daemon.address("http");
    assert_eq!(report["http"], http.as_str());
    let (code, health) = get(&http, "/health");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((code, &health["verdict"]["well"]), (200, &Value::from("yes")));
    let (code, metrics) = get(&http, "/metrics");
    assert_eq!(code, 200);
    assert!(metrics.contains("gatewright_layer_well{gateway=\"gateway\",layer=\"session\"} 1"), "{metrics}");
    assert!(!metrics.contains("layer=\"trading\""), "what is not known has no sample:\n{metrics}");
    let (code, page) = get(&http, "/");
    assert!(code == 200 && page.contains("the Gateway answers"), "{page}");
    assert_eq!(get(&http, "/nowhere").0, 404);

    let screen = program.run(&["status"]);
    assert_eq!(screen.code, Some(0));
    assert!(screen.stdout.lines().count() <= 40 && screen.stdout.lines().all(|line| line.chars().count() <= 80));
    assert!(screen.stdout.starts_with("✓ gateway: the Gateway answers"), "{}", screen.stdout);

    let down = program.run(&["down"]);
    assert_eq!((down.code, down.stdout.as_str()), (Some(0), "stopped\n"), "{down:?}");
    let run = daemon.ended();
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""));
    until("the worker has gone", || program.processes() == [sim.pid()]);
    crate::socket_table::assert_nothing_left(sim.port());
    assert_eq!(program.run(&["status"]).code, Some(25));
    assert_eq!(program.run(&["down"]).code, Some(25));
}

#[test]
fn a_killed_worker_is_replaced_and_the_session_is_back() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let _daemon = Daemon::start(&program, sim.address(), &[]);
    let first = until_well(&program)["gateways"][0]["worker_pid"].as_u64().unwrap();
    send(u32::try_from(first).unwrap(), Signal::KILL);
    until("another worker serves", || {
        let report = status(&program);
        let gateway = &report["gateways"][0];
        gateway["worker_pid"].as_u64().is_some_and(|pid| pid != first) && gateway["verdict"]["well"] == "yes"
    });
    let report = status(&program);
    assert_eq!(report["gateways"][0]["worker"]["generation"], 2);
    assert_eq!(report["gateways"][0]["worker"]["last_end"], "signal: 9 (SIGKILL)");
}

#[test]
fn a_worker_that_hangs_is_told_and_replaced() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let _daemon = Daemon::start(&program, sim.address(), &[]);
    let first = until_well(&program)["gateways"][0]["worker_pid"].as_u64().unwrap();
    send(u32::try_from(first).unwrap(), Signal::STOP);
    until("its silence is told", || status(&program)["verdict"]["cause"] == "worker_silent");
    assert_eq!(status(&program)["verdict"]["well"], "unknown");
    until_within(GIVE_UP_AFTER * 3, "another worker serves", || {
        let gateway = status(&program)["gateways"][0].clone();
        gateway["worker"]["generation"] == 2 && gateway["verdict"]["well"] == "yes"
    });
    assert!(!program.processes().contains(&u32::try_from(first).unwrap()));
}

#[test]
fn a_gateway_that_is_not_there_is_told_with_who_has_to_act_and_found_when_it_comes() {
    let program = Program::new();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let daemon = Daemon::start(&program, &format!("127.0.0.1:{port}"), &[]);
    until("the absence is seen", || status(&program)["verdict"]["well"] == "no");
    let run = program.run(&["status"]);
    assert_eq!(run.code, Some(24), "{run:?}");
    assert!(run.stdout.contains("who has to act: "), "{}", run.stdout);
    assert_eq!(get(&daemon.address("http"), "/health").0, 503);
    let mut sim = program.command(&["sim", "--port", &port, "--until-stdin-closes"]);
    let mut sim = sim.stdin(Stdio::piped()).spawn().unwrap();
    until_well(&program);
    drop(sim.stdin.take());
    assert!(ended(&mut sim).success());
    until("the loss is seen", || status(&program)["verdict"]["well"] != "yes");
}

#[test]
fn what_the_state_folder_holds_is_for_its_user_alone_and_for_one_daemon() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    let mode = |path: &str| std::fs::metadata(program.state().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("control.sock"), 0o600);
    assert_eq!(mode("gateways/gateway/worker.sock"), 0o600);
    assert_eq!(mode("gateways/gateway"), 0o700);
    assert_eq!(mode("logs/daemon.log"), 0o600);
    let second = program.run(&["up", "--gateway", sim.address(), "--proxy", "127.0.0.1:0", "--http", "off"]);
    assert_eq!(second.code, Some(31), "{second:?}");
    assert!(second.stderr.contains(&format!("pid {}", daemon.pid())), "{}", second.stderr);
    // A killed daemon keeps nobody from the next.
    daemon.signal(Signal::KILL);
    drop(daemon);
    Daemon::start(&program, sim.address(), &[]).signal(Signal::TERM);
}

#[test]
fn logs_are_shown_followed_and_left_behind() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let daemon = Daemon::start(&program, sim.address(), &[]);
    until_well(&program);
    let mut follower = program.command(&["logs", "-f", "-n", "0"]).spawn().unwrap();
    let lines = BufReader::new(BoundedPipe::new(follower.stdout.take().unwrap())).lines();
    let (seen, followed) = channel();
    thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| seen.send(line)));
    // Nothing announces that a follower is there; each reload is one more line.
    until("the follower has seen a reload", || {
        assert_eq!(program.run(&["reload"]).code, Some(0));
        followed.try_iter().any(|line: String| line.contains("settings read again"))
    });
    assert!(program.run(&["logs", "-n", "500"]).stdout.contains("session ready"));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended().code, Some(0));
    assert_eq!(finish(follower, now()).code, Some(0), "a follower ends with the daemon");
    let left = program.run(&["logs"]);
    assert!(left.code == Some(0) && left.stdout.contains("stopping"), "{left:?}");
}

#[test]
fn a_service_manager_hears_of_readiness_life_reload_and_the_end() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let path = program.state().join("notify.sock");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut command = program.command(&["up", "--gateway", sim.address(), "--proxy", "off", "--http", "off"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "100000");
    let daemon = Daemon::ready(command);
    let mut buffer = [0; 256];
    let mut heard = |wanted: &str| {
        loop {
            let length = manager.recv(&mut buffer).unwrap_or_else(|error| panic!("no {wanted}: {error}"));
            if String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == wanted) {
                return;
            }
        }
    };
    heard("READY=1");
    heard("WATCHDOG=1");
    heard("WATCHDOG=1");
    heard("STATUS=gateway: the Gateway answers");
    daemon.signal(Signal::HUP);
    heard("RELOADING=1");
    // With it comes READY=1, in the same datagram: how the Gateways are is not forgotten over a reload.
    heard("STATUS=gateway: the Gateway answers");
    daemon.signal(Signal::INT);
    heard("STOPPING=1");
    assert_eq!(daemon.ended().code, Some(0));
}

#[test]
fn settings_that_changed_are_put_in_force_or_named_as_waiting() {
    let program = Program::new();
    let sim = Sim::start(&program, &[]);
    let file = program.state().join("gatewright.toml");
    let write = |rest: &str| {
        let text = format!(
            "[[gateway]]\naddress = \"{}\"\n[gateway.proxy]\nlisten = \"off\"\n[http]\nlisten = \"off\"\n{rest}",
            sim.address()
        );
        std::fs::write(&file, text).unwrap();
    };
    write("");
    let daemon = Daemon::ready(program.command(&["up", "--config", file.to_str().unwrap()]));
    write("[alert]\ncommand = [\"true\"]\n");
    let (report, run) = program.run_json(&["reload", "--json"]);
    assert_eq!((run.code, report["applied"][0].as_str()), (Some(0), Some("alert.command")));
    std::fs::write(&file, "[[gateway]]\nadress = \"127.0.0.1:1\"\n").unwrap();
    let refused = program.run(&["reload"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("adress"), "{}", refused.stderr);
    drop(daemon);
}

#[test]
fn several_gateways_are_served_side_by_side() {
    let program = Program::new();
    let (one, other) = (Sim::start(&program, &[]), Sim::start(&program, &["--seed", "2"]));
    let file = program.state().join("gatewright.toml");
    let section = |name: &str, sim: &Sim| {
        let address = sim.address();
        format!("[[gateway]]\nname = \"{name}\"\naddress = \"{address}\"\n[gateway.proxy]\nlisten = \"127.0.0.1:0\"\n")
    };
    std::fs::write(&file, section("one", &one) + &section("other", &other) + "[http]\nlisten = \"off\"\n").unwrap();
    let _daemon = Daemon::ready(program.command(&["up", "--config", file.to_str().unwrap()]));
    until("both are well", || {
        let report = status(&program);
        report["gateways"].as_array().unwrap().iter().all(|gateway| gateway["verdict"]["well"] == "yes")
    });
    drop(other);
    until("only the other is ill", || {
        let report = status(&program);
        report["gateways"][0]["verdict"]["well"] == "yes" && report["gateways"][1]["verdict"]["well"] == "no"
    });
    assert_eq!(status(&program)["verdict"]["well"], "no");
}
