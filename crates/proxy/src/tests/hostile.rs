//! Bytes that no client sends: none of them reach the Gateway, and nobody else notices.

use std::time::Duration;

use gatewright_proto::{ClientMessage, ServerMessage};
use proptest::prelude::*;

use super::stage::{Stage, TEXT, frame, start_api};
use crate::Closing;

#[test]
fn what_does_not_greet_is_closed_and_opens_nothing() {
    let mut stage = Stage::new();
    for bytes in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\x00", b"66\x007\x00", b"\0\0\0\x0871\x002\x007\0\0"]
    {
        let id = stage.dial();
        stage.bytes(id, bytes);
        assert_eq!(stage.closed(id), Some(Closing::NotTheApi), "{bytes:?}");
    }
    assert_eq!(stage.opened, 0);
}

#[test]
fn what_does_not_begin_with_start_api_is_closed_and_opens_nothing() {
    let mut stage = Stage::new();
    let first = stage.connect(TEXT, 7);
    let opened = stage.opened;
    let speaks = stage.speaks(first);
    for bytes in [&frame(&ClientMessage::ReqPositions, speaks)[..], b"\0\0\0\x03abc", b"\xff\xff\xff\xff", b"\0\0\0\0"]
    {
        let id = stage.dial();
        stage.greet(id, TEXT);
        stage.bytes(id, bytes);
        assert_eq!(stage.closed(id), Some(Closing::Malformed), "{bytes:?}");
    }
    assert_eq!(stage.opened, opened);
}

#[test]
fn whoever_says_nothing_does_not_stay() {
    let mut stage = Stage::new();
    let silent = stage.dial();
    let half = stage.dial();
    stage.greet(half, TEXT);
    stage.pass(Duration::from_secs(11));
    assert_eq!(stage.closed(silent), Some(Closing::HandshakeStalled));
    assert_eq!(stage.closed(half), Some(Closing::HandshakeStalled));
}

#[test]
fn a_client_that_loses_its_alignment_is_closed_and_its_session_kept() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    stage.bytes(client, b"\x7f\xff\xff\xffgarbage");
    assert_eq!(stage.closed(client), Some(Closing::Malformed));
    assert!(stage.has_session(7) && stage.gateway_heard(7).is_empty());
}

#[test]
fn there_are_never_more_connections_than_the_bound() {
    let mut stage = Stage::new();
    let connections: Vec<_> = std::iter::from_fn(|| stage.proxy.handle_accepted(stage.now)).take(1000).collect();
    assert_eq!(connections.len(), crate::settings::MAX_CONNECTIONS);
    stage.proxy.handle_closed(stage.now, connections[0]);
    assert!(stage.proxy.handle_accepted(stage.now).is_some());
}

#[test]
fn a_client_that_does_not_read_is_closed_and_its_session_kept() {
    let mut stage = Stage::new();
    let client = stage.connect(TEXT, 7);
    let (id, big) = (
        client,
        ServerMessage::ScannerParameters(gatewright_proto::message::scanner::ScannerParameters {
            xml: "x".repeat(1024 * 1024),
        }),
    );
    // Nobody takes the bytes: the stage would, so the core is asked directly.
    let mut out = bytes::BytesMut::new();
    big.encode(&mut out, stage.speaks(client)).unwrap();
    let upstream = stage.upstream(7);
    let frames = out.freeze();
    let closed = (0..64).any(|_| {
        stage.proxy.handle_frames(stage.now, upstream, &frames);
        std::iter::from_fn(|| stage.proxy.poll_event())
            .any(|event| event == crate::ProxyEvent::Close(id, Closing::SlowReader))
    });
    assert!(closed && stage.has_session(7));
}

#[test]
fn a_client_that_floods_a_gateway_that_does_not_read_is_not_read_from_until_it_does() {
    let mut stage = Stage::new();
    let (client, other) = (stage.connect(TEXT, 7), stage.connect(TEXT, 8));
    let request = frame(&ClientMessage::ReqPositions, stage.speaks(client)).repeat(10_000);
    let mut fed = 0;
    while stage.proxy.may_read(client) {
        stage.proxy.handle_received(stage.now, client, &request);
        fed += request.len();
        assert!(fed < 16 * 1024 * 1024, "it is read from without end");
    }
    assert!(stage.proxy.may_read(other));
    stage.settle();
    assert!(stage.proxy.may_read(client));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_clients_never_panic_and_never_reach_the_gateway_before_start_api(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..6), greets: bool, starts: bool,
    ) {
        let mut stage = Stage::new();
        let id = stage.dial();
        if greets {
            stage.greet(id, TEXT);
            if starts {
                stage.say(id, &start_api(7));
            }
        }
        for piece in pieces {
            let Ok(length) = u32::try_from(piece.len()) else { continue };
            let mut framed = length.to_be_bytes().to_vec();
            framed.extend_from_slice(&piece);
            // The stage decodes what reaches the Gateway, so the core is fed directly.
            stage.proxy.handle_received(stage.now, id, &framed);
            stage.proxy.handle_received(stage.now, id, &piece);
        }
        if !starts || !greets {
            prop_assert!(stage.opened <= 1);
        }
        stage.proxy.handle_closed(stage.now, id);
    }

    #[test]
    fn hostile_frames_of_a_gateway_never_panic_and_pass(
        payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..20), id in 0i32..112,
    ) {
        let mut stage = Stage::new();
        let client = stage.connect(TEXT, 7);
        let mut frames = Vec::new();
        for payload in payloads {
            let mut payload = payload;
            payload.splice(0..0, format!("{id}\0").into_bytes());
            frames.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
            frames.extend_from_slice(&payload);
        }
        let upstream = stage.upstream(7);
        stage.proxy.handle_frames(stage.now, upstream, &frames.into());
        let _ = client;
    }
}
