//! What sessions of one worker share: the Gateway's pace, and the right to connect to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use gatewright_link::client::raw::{RawItem, RawReceiver, RawSender, RawSession};
use gatewright_link::pacing::PacingSettings;
use gatewright_link::protocol::RawSessionParams;
use gatewright_link::worker::WorkerPolicy;
use gatewright_proto::{ClientId, ClientMessage, FrameDecoder, ServerMessage, ServerVersion};
use gatewright_sim::{SimConfig, Simulator};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::socket_worker::{PATIENCE, Stage, with_policy, with_worker};

const VERSION: ServerVersion = ServerVersion::new(178);

async fn open(stage: &Stage, client_id: i32) -> (RawSender, RawReceiver) {
    let params =
        RawSessionParams { port: stage.port(), client_id: ClientId::new(client_id), ..RawSessionParams::default() };
    let (_, sender, receiver) = RawSession::open(&stage.path, params, PATIENCE).await.unwrap();
    (sender, receiver)
}

/// Reads a session until so many answers of a kind have come.
async fn count(receiver: &mut RawReceiver, wanted: usize, is_answer: impl Fn(&ServerMessage) -> bool) {
    let mut decoder = FrameDecoder::default();
    let mut seen = 0;
    while seen < wanted {
        let Some(RawItem::Frames(frames)) = receiver.next().await else { panic!("{seen} of {wanted} came") };
        decoder.extend(&frames);
        while let Some(payload) = decoder.next_frame().unwrap() {
            let message = ServerMessage::decode(&payload, VERSION).unwrap();
            if let ServerMessage::Error(error) = &message {
                assert!(![0, 100].contains(&error.code), "the Gateway minds the rate: {error:?}");
            }
            seen += usize::from(is_answer(&message));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test measures real time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn a_thousand_messages_of_five_sessions_keep_the_pace_and_none_is_lost() {
    const SESSIONS: i32 = 5;
    const EACH: usize = 200;
    let pacing = PacingSettings { messages_per_second: 400, ..PacingSettings::default() };
    with_policy(WorkerPolicy { pacing, ..WorkerPolicy::default() }, &[], |stage| async move {
        let began = now();
        let mut frame = BytesMut::new();
        ClientMessage::ReqPositions.encode(&mut frame, VERSION).unwrap();
        let mut sessions = Vec::new();
        for client_id in 1..=SESSIONS {
            let (mut sender, receiver) = open(&stage, client_id).await;
            sender.send(&frame.repeat(EACH)).unwrap();
            sessions.push((sender, receiver));
        }
        let mut program = stage.program().await;
        let health = program.call("health", json!({})).await["result"].clone();
        assert!(health["pacing"]["waiting"].as_u64().unwrap() > 0, "{}", health["pacing"]);
        assert!(health["pacing"]["sent_in_last_second"].as_u64().unwrap() <= 400);
        assert_eq!(health["recovery"]["state"], "ready");
        assert_eq!(health["recovery"]["sessions_ready"], SESSIONS);
        for (_, receiver) in &mut sessions {
            let all = count(receiver, EACH, |message| matches!(message, ServerMessage::PositionEnd));
            tokio::time::timeout(PATIENCE, all).await.expect("in time");
        }
        // At 395 a second for what is no order, the last of a thousand goes out in the third second.
        let took = now() - began;
        assert!(took >= Duration::from_secs(2), "a thousand messages took {took:?}");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

/// Starts a simulator where another one was.
pub(crate) async fn start_at(address: SocketAddr) -> Simulator {
    let listener = TcpListener::bind(address).await.unwrap();
    Simulator::start_on(listener, SimConfig::default()).await.unwrap()
}

#[tokio::test]
async fn raw_sessions_wait_for_a_scout_and_are_all_opened_when_the_gateway_is_back() {
    with_worker(&[], |stage| async move {
        let mut program = stage.program().await;
        assert_eq!(program.call("ping", json!({})).await["result"]["pong"], true);
        let (address, port, path) = (stage.simulator.addr(), stage.port(), stage.path.clone());
        stage.simulator.stop().await.unwrap();
        let params = |client_id| RawSessionParams {
            port,
            client_id: ClientId::new(client_id),
            keep_trying: true,
            ..RawSessionParams::default()
        };
        let short = RawSession::open(&path, params(9), Duration::from_millis(300)).await.unwrap_err();
        assert!(["not_listening", "waiting"].contains(&short.cause()), "{short:?}");

        let all = async {
            let [one, two, three] = [params(1), params(2), params(3)].map(|p| RawSession::open(&path, p, PATIENCE));
            tokio::join!(one, two, three)
        };
        let back = async {
            // An attempt has failed by then, and everybody hangs on the next one.
            let mut report = Value::Null;
            while report["cause"] != "not_listening" {
                report = program.event("recovery").await;
            }
            assert_eq!(report["state"], "connecting");
            let simulator = start_at(address).await;
            while report["state"] != "ready" {
                report = program.event("recovery").await;
            }
            simulator
        };
        let (opened, simulator) = Box::pin(async { tokio::join!(all, back) }).await;
        let sessions = [opened.0.unwrap(), opened.1.unwrap(), opened.2.unwrap()];
        assert_eq!(simulator.snapshot().await.unwrap().connections.len(), sessions.len());

        // The notices of a raw session are heard as well: IBKR is lost, and the sessions are kept.
        simulator.control().notice(1100, "Connectivity between IBKR and the Gateway has been lost.").await.unwrap();
        let report = program.event("recovery").await;
        assert_eq!((&report["state"], &report["cause"]), (&json!("degraded"), &json!("connectivity_lost")), "{report}");
        simulator.control().notice(1102, "Connectivity has been restored - data maintained.").await.unwrap();
        assert_eq!(program.event("recovery").await["state"], "ready");
        drop(sessions);
        simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_second_gateway_is_refused_while_sessions_with_the_first_are_kept() {
    with_worker(&[], |stage| async move {
        let _kept = open(&stage, 1).await;
        let other = RawSessionParams { port: 1, client_id: ClientId::new(2), ..RawSessionParams::default() };
        let refused = RawSession::open(&stage.path, other, PATIENCE).await.unwrap_err();
        assert_eq!(refused.cause(), "invalid_params");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}
