//! Who is told, and how often, with a program and a web server that are the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use gatewright_proto::{ClientMessage, ServerMessage};
use serde_json::Value;

use crate::api_client::ApiClient;
use crate::daemon::{Daemon, status, until_well};
use crate::patience::{GIVE_UP_AFTER, until};
use crate::program::{Program, Sim};

/// A settings' file for one Gateway, with more at its end.
pub(crate) fn settings(program: &Program, gateway: &str, more: &str) -> PathBuf {
    settings_with_proxy(program, gateway, "listen = \"off\"", more)
}

/// The same with a port for programs.
pub(crate) fn settings_with_proxy(program: &Program, gateway: &str, proxy: &str, more: &str) -> PathBuf {
    let path = program.state().join("gatewright.toml");
    let text = format!(
        "[[gateway]]\nname = \"paper\"\naddress = \"{gateway}\"\n[gateway.proxy]\n{proxy}\n{more}\n\
         [http]\nlisten = \"off\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

pub(crate) fn up(program: &Program, settings: &Path) -> Daemon {
    Daemon::ready(program.command(&["up", "--config", settings.to_str().unwrap()]))
}

/// A program that writes down what it is given, one line each.
pub(crate) fn pager(program: &Program) -> (String, PathBuf) {
    let told = program.state().join("told");
    let script = format!(
        "(printf '%s ' \"$GATEWRIGHT_ALERT_EVENT\"; cat; echo) >> {told}.new && cat {told}.new >> {told} && rm {told}.new",
        told = told.display()
    );
    (format!("[alert]\ncommand = [\"sh\", \"-c\", '''{script}''']\n"), told)
}

/// What a pager was told: the event and the alert.
pub(crate) fn told(path: &Path) -> Vec<(String, Value)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let each = text.lines().map(|line| line.split_once(' ').unwrap());
    each.map(|(event, json)| (event.to_owned(), serde_json::from_str(json).unwrap())).collect()
}

/// A web server that gives these answers in turn, the last one for ever, and passes on what is posted.
pub(crate) fn web(answers: &'static [&'static str]) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=secret", listener.local_addr().unwrap());
    let (posted, posts) = channel();
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let body = body(&mut stream);
            let answer = answers[n.min(answers.len() - 1)];
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            if posted.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, posts)
}

fn body(stream: &mut TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}

#[test]
fn a_trouble_that_needs_a_human_is_told_once_over_a_restart_of_the_daemon_too() {
    let program = Program::new();
    let sim = Sim::start(&program, &["--fault", "version-then-silent"]);
    let (pager, path) = pager(&program);
    let settings = settings(&program, sim.address(), &pager);
    let daemon = up(&program, &settings);
    until("a human is called", || !told(&path).is_empty());
    let (event, alert) = told(&path).remove(0);
    assert_eq!((event.as_str(), &alert["cause"]), ("raised", &Value::from("identify_stalled")));
    assert_eq!((&alert["gateway"], &alert["acts"]), (&Value::from("paper"), &Value::from("human")));
    assert!(alert["text"].as_str().unwrap().contains("paper: a human has to act: "), "{alert}");
    until("the delivery is known", || status(&program)["gateways"][0]["alert"]["arrived"] == true);
    assert!(program.run(&["status"]).stdout.contains("told"), "status says that somebody was told");
    assert_eq!(program.run(&["down"]).code, Some(0));
    drop(daemon);
    let daemon = up(&program, &settings);
    until("the next daemon sees it", || status(&program)["gateways"][0]["monitor"]["attempts"].as_u64() > Some(0));
    let known = &status(&program)["gateways"][0]["alert"];
    assert_eq!((&known["times"], &known["arrived"]), (&Value::from(1), &Value::from(true)));
    assert_eq!(status(&program)["alerts"]["told"], 0);
    assert_eq!(told(&path).len(), 1);
    drop(daemon);
}

#[test]
fn a_webhook_that_fails_is_tried_again() {
    let program = Program::new();
    let (url, posts) = web(&["503 Service Unavailable", "204 No Content"]);
    let hook = format!("[alert]\nwebhook = \"{url}\"\n");
    let sim = Sim::start(&program, &["--fault", "version-then-silent"]);
    let settings = settings(&program, sim.address(), &hook);
    let daemon = up(&program, &settings);
    let first = posts.recv_timeout(GIVE_UP_AFTER).unwrap();
    let second = posts.recv_timeout(GIVE_UP_AFTER).unwrap();
    assert_eq!(first, second);
    assert_eq!(first["event"], "raised");
    until("the delivery is known", || status(&program)["alerts"]["delivered"] == 1);
    let said = program.run(&["logs", "-n", "500"]).stdout + &program.run(&["status", "--json"]).stdout;
    assert!(!said.contains("secret"), "a webhook's secret is told to nobody");
    drop(daemon);
}

#[test]
fn whether_alerts_arrive_can_be_tried_without_a_daemon() {
    let program = Program::new();
    let (pager, path) = pager(&program);
    let (url, posts) = web(&["200 OK"]);
    let file = settings(&program, "127.0.0.1:4002", &format!("{pager}webhook = \"{url}\"\n"));
    let file = file.to_str().unwrap();
    let run = program.run(&["alert", "test", "--config", file]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(posts.recv_timeout(GIVE_UP_AFTER).unwrap()["event"], "test");
    assert_eq!(told(&path)[0].0, "test");
    let broken = settings(&program, "127.0.0.1:4002", "[alert]\ncommand = [\"false\"]\n");
    let (report, run) = program.run_json(&["alert", "test", "--json", "--config", broken.to_str().unwrap()]);
    assert_eq!(run.code, Some(27), "{report}");
    assert!(report["targets"][0]["failed"].as_str().unwrap().contains("exit status: 1"), "{report}");
    let nobody = settings(&program, "127.0.0.1:4002", "");
    assert_eq!(program.run(&["alert", "test", "--config", nobody.to_str().unwrap()]).code, Some(2));
}

#[test]
fn a_session_that_cannot_connect_though_others_can_is_told_once_to_a_program_and_to_a_web_server() {
    let program = Program::new();
    let control = program.state().join("sim.sock");
    let control = control.to_str().unwrap();
    let sim = Sim::start(&program, &["--control", control]);
    let (url, posts) = web(&["200 OK"]);
    let (pager, path) = pager(&program);
    let both = format!("{pager}webhook = \"{url}\"\n");
    let daemon = up(&program, &settings_with_proxy(&program, sim.address(), "listen = \"127.0.0.1:0\"", &both));
    until_well(&program);
    // Whoever is there already goes on, and keeps the daemon's knowledge of the Gateway's version.
    let mut served = ApiClient::connect(&daemon.address("proxy"), 5);
    let stalls = program.run(&["sim", "ctl", "--control", control, "fault", "on", "stall-new"]);
    assert_eq!(stalls.code, Some(0), "{stalls:?}");
    // As programs do, it comes again and again. Each time takes the proxy's whole patience.
    for _ in 0..3 {
        ApiClient::begin(&daemon.address("proxy"), 7).until_closed();
    }
    let posted = posts.recv_timeout(GIVE_UP_AFTER * 2).unwrap();
    assert_eq!(
        (&posted["event"], &posted["cause"]),
        (&Value::from("raised"), &Value::from("session_stuck")),
        "{posted}"
    );
    assert!(posted["message"].as_str().unwrap().contains("the session of client id 7 cannot connect"), "{posted}");
    assert_eq!(posted["acts"], "human");
    until("the program is told as well", || !told(&path).is_empty());
    assert_eq!(told(&path)[0].1, posted, "both are told the same");
    let screen = program.run(&["status"]);
    assert!(screen.code == Some(24) && screen.stdout.contains("client 7 · no session, 3 failed"), "{}", screen.stdout);
    served.say(&ClientMessage::ReqPositions);
    served.hear(|message| matches!(message, ServerMessage::PositionEnd).then_some(()));
    let stalls = program.run(&["sim", "ctl", "--control", control, "fault", "off", "stall-new"]);
    assert_eq!(stalls.code, Some(0), "{stalls:?}");
    let _let_in = ApiClient::connect(&daemon.address("proxy"), 7);
    let over = posts.recv_timeout(GIVE_UP_AFTER * 3).unwrap();
    assert_eq!((&over["event"], &over["id"]), (&Value::from("over"), &posted["id"]), "{over}");
    until("the program is told of the end", || told(&path).len() == 2);
    drop(daemon);
}
