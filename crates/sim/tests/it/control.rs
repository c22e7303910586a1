//! Steering, recording and replay on real sockets.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use gatewright_proto::{ClientId, ClientMessage};
use gatewright_sim::recording::Transcript;
use gatewright_sim::scenario::{Passing, Traffic, Verdict};
use gatewright_sim::{ControlSocket, Fault, Replay, SimConfig, SimError, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::raw::{PATIENCE, Raw};

async fn ask(stream: &mut BufReader<UnixStream>, request: &Value) -> Value {
    stream.write_all(format!("{request}\n").as_bytes()).await.unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap()
}

#[tokio::test]
async fn the_control_socket_steers_and_tells() {
    let folder = std::env::temp_dir().join(format!("gatewright-sim-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let socket = ControlSocket::open(folder.join("control"), simulator.control()).unwrap();
    assert_eq!(std::fs::metadata(socket.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let taken = ControlSocket::open(socket.path(), simulator.control());
    assert!(matches!(taken, Err(SimError::ControlSocket { .. })));

    let mut raw = Raw::ready(&simulator, 7).await;
    let mut caller = BufReader::new(UnixStream::connect(socket.path()).await.unwrap());
    let on = json!({ "do": "fault", "name": "stall-new", "on": true });
    assert_eq!(ask(&mut caller, &on).await, json!({ "ok": null }));
    let state = ask(&mut caller, &json!({ "do": "state" })).await;
    assert_eq!(state["ok"]["faults"], json!(["stall-new"]));
    assert_eq!(state["ok"]["connections"][0]["client"], json!(7));
    assert_eq!(state["ok"]["connections"][0]["sent"]["9"], json!(1));
    assert!(ask(&mut caller, &json!({ "do": "sing" })).await["error"].is_string());
    ask(&mut caller, &json!({ "do": "notice", "code": 2110, "text": "broken" })).await;
    ask(&mut caller, &json!({ "do": "advance", "span": "1h" })).await;
    ask(&mut caller, &json!({ "do": "kick", "client": 7 })).await;
    assert_eq!(raw.end().await, std::io::ErrorKind::UnexpectedEof);
    simulator.stop().await.unwrap();
    drop(socket);
    assert!(!folder.join("control").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_restart_shuts_the_port_and_opens_it_again() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let control = simulator.control();
    let mut raw = Raw::ready(&simulator, 7).await;
    control.restart().await.unwrap();
    assert_eq!(raw.end().await, std::io::ErrorKind::ConnectionReset);
    let refused = tokio::net::TcpStream::connect(simulator.addr()).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    control.advance(Duration::from_secs(34)).await.unwrap();
    Raw::ready(&simulator, 7).await;
    assert!(matches!(control.advance(Duration::MAX).await, Err(SimError::TooFar { .. })));
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn rules_can_be_added_while_it_runs_and_clients_kicked() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let control = simulator.control();
    let mut raw = Raw::ready(&simulator, 7).await;
    let rule = |passing: &Passing<'_>| match passing.traffic {
        Traffic::Request(ClientMessage::ReqPositions) => Verdict::Drop,
        Traffic::Request(_) | Traffic::Answer(_) => Verdict::Pass,
    };
    control.add_rule(rule).await.unwrap();
    raw.say(&ClientMessage::ReqPositions).await;
    raw.say(&ClientMessage::ReqOpenOrders).await;
    let heard = raw.until(53).await;
    assert!(heard.iter().all(|message| message.id() != 62));
    control.kick(ClientId::new(7)).await.unwrap();
    assert_eq!(raw.end().await, std::io::ErrorKind::UnexpectedEof);
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn a_reader_that_stops_leaves_the_connection_and_answers_later() {
    let simulator = Simulator::start(SimConfig::default()).await.unwrap();
    let mut raw = Raw::ready(&simulator, 7).await;
    simulator.set_fault(Fault::SlowReader).await.unwrap();
    raw.say(&ClientMessage::ReqPositions).await;
    let held = simulator.until(PATIENCE, |state| state.connections.len() == 1).await.unwrap();
    assert!(held.is_some());
    simulator.clear_fault(Fault::SlowReader).await.unwrap();
    raw.until(62).await;
    simulator.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_recorded_is_played_back_and_differences_are_told() {
    let file = std::env::temp_dir().join(format!("gatewright-recording-{}", std::process::id()));
    let config = SimConfig { record: Some(file.clone()), ..SimConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let mut raw = Raw::ready(&simulator, 7).await;
    raw.say(&ClientMessage::ReqPositions).await;
    raw.until(62).await;
    drop(raw);
    simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap().unwrap();
    simulator.stop().await.unwrap();
    let transcript: Transcript = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    std::fs::remove_file(&file).unwrap();

    for (client, differences) in [(7, 0), (8, 1)] {
        let replay = Replay::open(([127, 0, 0, 1], 0).into(), &transcript).unwrap();
        let address = replay.addr();
        let mut played = Vec::new();
        let playing = replay.run(|replayed| played.push(replayed));
        let client = async {
            let mut raw = Raw::connect_to(address).await;
            raw.greet().await;
            raw.start(client).await;
            raw.until(9).await;
            raw.say(&ClientMessage::ReqPositions).await;
            raw.until(62).await;
        };
        let both = async { tokio::join!(playing, client) };
        let (ended, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();
        ended.unwrap();
        assert_eq!(played.len(), 1);
        assert_eq!(played[0].differences.len(), differences, "{played:?}");
    }
}
