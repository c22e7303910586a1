//! The table of what is served says what the world does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use gatewright_proto::kind::{Kind, kinds};
use gatewright_proto::{Direction, FrameDecoder, ServerMessage, ServerVersion};

use super::table::{Table, greeting};
use crate::config::SimConfig;
use crate::service::{Service, service};

/// The newest version, at which nearly everything is protobuf, and a message without a body is one in which nothing is set.
const NEWEST: ServerVersion = ServerVersion::new(226);

/// Binding and cancelling all orders, to which there is no answer where there are no orders.
const ABOUT_ORDERS: [i32; 2] = [15, 58];

/// Sends such a message on a ready session, and returns what comes back within ten seconds.
fn answers(kind: &Kind) -> Vec<ServerMessage> {
    let mut table = Table::new(SimConfig::default());
    let id = table.connect();
    table.bytes(id, &greeting(100, NEWEST.get()));
    table.bytes(id, &frame(71));
    table.pass(Duration::from_millis(10));
    let before = table.unread(id).len();
    table.bytes(id, &frame(kind.id));
    table.pass(Duration::from_secs(10));
    let mut heard = FrameDecoder::default();
    heard.extend(&table.unread(id)[before..]);
    let mut messages = Vec::new();
    while let Some(payload) = heard.next_frame().unwrap() {
        messages.push(ServerMessage::decode(&payload, NEWEST).unwrap());
    }
    messages
}

/// A message in which nothing is set, but for the switch of account updates: off is the end of a stream.
fn frame(id: i32) -> BytesMut {
    let body: &[u8] = if id == 6 { &[8, 1] } else { &[] };
    let mut frame = BytesMut::new();
    frame.put_u32(4 + u32::try_from(body.len()).unwrap());
    frame.put_i32(200 + id);
    frame.put_slice(body);
    frame
}

#[test]
fn every_request_is_answered_as_the_table_says() {
    // What opens the session was sent already, and what is never protobuf has no message in which nothing is set.
    let requests = kinds(Direction::ToServer).filter(|kind| kind.id != 71 && kind.protobuf_from.is_some());
    let mut wrong = Vec::new();
    for kind in requests {
        let answers = answers(&kind);
        let codes: Vec<(i32, String)> = answers
            .iter()
            .filter_map(|message| match message {
                ServerMessage::Error(error) => Some((error.code, error.text.clone())),
                _ => None,
            })
            .collect();
        let unserved = |text: &str| text.contains("Unknown message id");
        let is_so = match service(&kind) {
            Service::Served if ABOUT_ORDERS.contains(&kind.id) => answers.is_empty(),
            Service::Served => !answers.is_empty() && !codes.iter().any(|(_, text)| unserved(text)),
            Service::Taken => answers.is_empty(),
            Service::Denied(code) => codes.len() == 1 && codes[0].0 == code && !unserved(&codes[0].1),
            Service::Sent | Service::NeverSent => false,
        };
        if !is_so {
            wrong.push(format!("{}: {:?}, but {answers:?}", kind.name, service(&kind)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_never_sent_is_mentioned_nowhere() {
    let sources = sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path());
    for kind in kinds(Direction::ToClient) {
        let variant = kind.name[..1].to_uppercase() + &kind.name[1..];
        let mentioned = sources.iter().any(|text| {
            let ends = |rest: &str| !rest.starts_with(|letter: char| letter.is_alphanumeric());
            text.split("ServerMessage::").skip(1).any(|rest| rest.strip_prefix(&variant).is_some_and(ends))
        });
        assert_eq!(mentioned, service(&kind) == Service::Sent, "{}", kind.name);
    }
}

/// The texts of the simulator's sources without their tests.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            texts.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}
