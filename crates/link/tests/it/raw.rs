//! Raw sessions: frames byte for byte, both ways, and both ends told of the other's.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use gatewright_link::LinkError;
use gatewright_link::client::raw::{RawItem, RawReceiver, RawSession};
use gatewright_link::protocol::RawSessionParams;
use gatewright_proto::{ClientId, ClientMessage, FrameDecoder, ServerMessage, ServerVersion};
use gatewright_sim::Fault;
use serde_json::json;

use crate::socket_worker::{PATIENCE, Stage, with_worker};

fn params(stage: &Stage, client_id: i32) -> RawSessionParams {
    RawSessionParams { port: stage.port(), client_id: ClientId::new(client_id), ..RawSessionParams::default() }
}

/// The frames of a session, one by one.
struct Frames {
    receiver: RawReceiver,
    decoder: FrameDecoder,
    version: ServerVersion,
}

impl Frames {
    fn new(receiver: RawReceiver, version: i32) -> Self {
        Self { receiver, decoder: FrameDecoder::default(), version: ServerVersion::new(version) }
    }

    async fn next(&mut self) -> ServerMessage {
        loop {
            if let Some(payload) = self.decoder.next_frame().unwrap() {
                return ServerMessage::decode(&payload, self.version).unwrap();
            }
            let item = tokio::time::timeout(PATIENCE, self.receiver.next()).await.expect("in time");
            let Some(RawItem::Frames(frames)) = item else { panic!("{item:?}") };
            self.decoder.extend(&frames);
        }
    }

    async fn until(&mut self, wanted: impl Fn(&ServerMessage) -> bool) -> ServerMessage {
        loop {
            let message = self.next().await;
            if wanted(&message) {
                return message;
            }
        }
    }
}

fn frame(message: &ClientMessage, version: i32) -> BytesMut {
    let mut out = BytesMut::new();
    message.encode(&mut out, ServerVersion::new(version)).unwrap();
    out
}

async fn cause(path: &Path, params: RawSessionParams) -> String {
    let error = RawSession::open(path, params, PATIENCE).await.unwrap_err();
    assert!(matches!(error, LinkError::Call(_)), "{error:?}");
    error.cause().to_owned()
}

#[tokio::test]
async fn frames_go_through_from_identification_on_in_text_and_in_protobuf() {
    with_worker(&[], |stage| async move {
        for (client_id, min_version, max_version) in [(1, 157, 178), (2, 176, 176), (3, 201, 226)] {
            let params = RawSessionParams { min_version, max_version, ..params(&stage, client_id) };
            let (opened, mut sender, receiver) = RawSession::open(&stage.path, params, PATIENCE).await.unwrap();
            assert!((min_version..=max_version).contains(&opened.server_version), "{opened:?}");
            assert_eq!(opened.accounts, ["DU1234567"]);
            assert!(!opened.connection_time.is_empty());
            let mut frames = Frames::new(receiver, opened.server_version);
            let accounts = frames.until(|message| matches!(message, ServerMessage::ManagedAccounts(_))).await;
            let ServerMessage::ManagedAccounts(accounts) = accounts else { unreachable!() };
            assert_eq!(accounts.accounts, opened.accounts);
            let next = frames.until(|message| matches!(message, ServerMessage::NextValidId(_))).await;
            let ServerMessage::NextValidId(next) = next else { unreachable!() };
            assert_eq!(next.order_id, opened.next_valid_id);

            // Several frames in one record.
            let mut both = frame(&ClientMessage::ReqPositions, opened.server_version);
            both.extend_from_slice(&frame(&ClientMessage::ReqCurrentTime, opened.server_version));
            sender.send(&both).unwrap();
            sender.flush().await.unwrap();
            frames.until(|message| matches!(message, ServerMessage::PositionEnd)).await;
            frames.until(|message| matches!(message, ServerMessage::CurrentTime(_))).await;
        }
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_raw_session_that_cannot_be_opened_says_why() {
    with_worker(&[Fault::ClientIdInUse], |stage| async move {
        assert_eq!(cause(&stage.path, params(&stage, 1)).await, "client_id_in_use");
        stage.simulator.clear_fault(Fault::ClientIdInUse).await.unwrap();
        let live = RawSessionParams { account: Some("U1".into()), live: true, ..params(&stage, 1) };
        assert_eq!(cause(&stage.path, live).await, "live_guard");
        let (_, _sender, _receiver) = RawSession::open(&stage.path, params(&stage, 1), PATIENCE).await.unwrap();
        assert_eq!(cause(&stage.path, params(&stage, 1)).await, "client_id_in_use");
        let mut program = stage.program().await;
        let taken = program.call("connect", json!({ "port": stage.port(), "client_id": 1 })).await;
        assert_eq!(taken["error"]["data"]["cause"], "client_id_in_use");
        let late = program.call("raw_session", json!({})).await;
        assert_eq!(late["error"]["data"]["cause"], "invalid_request");

        let port = stage.port();
        stage.simulator.stop().await.unwrap();
        let nobody = RawSessionParams { port, client_id: ClientId::new(9), ..RawSessionParams::default() };
        assert_eq!(cause(&stage.path, nobody).await, "not_listening");
        let missing = RawSession::open(Path::new("/nonexistent/socket"), RawSessionParams::default(), PATIENCE).await;
        assert_eq!(missing.unwrap_err().cause(), "worker_unstartable");
    })
    .await;
}

#[tokio::test]
async fn a_silent_gateway_ends_the_attempt_at_the_callers_deadline() {
    with_worker(&[Fault::AcceptSilent], |stage| async move {
        let short = std::time::Duration::from_millis(200);
        let error = RawSession::open(&stage.path, params(&stage, 1), short).await.unwrap_err();
        assert_eq!(error.cause(), "version_stalled");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn each_side_is_told_when_the_other_ends() {
    with_worker(&[], |stage| async move {
        let (_, sender, receiver) = RawSession::open(&stage.path, params(&stage, 1), PATIENCE).await.unwrap();
        drop((sender, receiver));
        let gone = stage.simulator.until(PATIENCE, |state| state.connections.is_empty()).await.unwrap();
        assert_eq!(gone.expect("the session is closed").close_wait, 0);

        let (_, mut sender, mut receiver) = RawSession::open(&stage.path, params(&stage, 1), PATIENCE).await.unwrap();
        stage.simulator.stop().await.unwrap();
        let lost = loop {
            match receiver.next().await.unwrap() {
                RawItem::Frames(_) => {}
                RawItem::Lost(lost) => break lost,
            }
        };
        assert_eq!(lost.cause, "lost");
        assert_eq!(receiver.next().await, None);
        // Whether the socket still takes it or not, it is no reason to panic.
        let _ = sender.send(b"\0\0\0\x01x");
    })
    .await;
}

#[tokio::test]
async fn half_a_frame_in_a_record_ends_the_session_and_never_reaches_the_gateway() {
    with_worker(&[], |stage| async move {
        let (_, mut sender, mut receiver) = RawSession::open(&stage.path, params(&stage, 1), PATIENCE).await.unwrap();
        sender.send(&Bytes::from_static(b"\0\0\0\x09half")).unwrap();
        let lost = loop {
            match receiver.next().await.unwrap() {
                RawItem::Frames(_) => {}
                RawItem::Lost(lost) => break lost,
            }
        };
        assert_eq!(lost.cause, "invalid_request");
        stage.simulator.stop().await.unwrap();
    })
    .await;
}
