//! A world with scripted clients round it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, ServerGreeting, ServerMessage, ServerVersion, VersionRange,
};

use crate::config::SimConfig;
use crate::core::{Action, ConnId, How, SimInstant, World};

/// What every scripted client speaks unless it says otherwise.
pub(super) const SPEAKS: ServerVersion = ServerVersion::new(178);

/// Monday 2026-03-02, 09:30 in New York.
pub(super) const MONDAY: SimInstant = SimInstant::from_second(1_772_461_800);

/// The port that is free at this table.
pub(super) const FREE_PORT: u16 = 40_010;

/// How a connection was ended by the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Closed,
    Reset,
}

/// A world with scripted clients round it.
pub(super) struct Table {
    pub(super) world: World,
    pub(super) now: SimInstant,
    /// Every write of every connection, in order.
    pub(super) writes: Vec<(ConnId, Bytes)>,
    pub(super) ended: BTreeMap<ConnId, Ended>,
    heard: BTreeMap<ConnId, FrameDecoder>,
    next: u64,
}

impl Table {
    pub(super) fn new(config: SimConfig) -> Self {
        config.check().unwrap();
        Self {
            world: World::new(config, MONDAY),
            now: MONDAY,
            writes: Vec::new(),
            ended: BTreeMap::new(),
            heard: BTreeMap::new(),
            next: 1,
        }
    }

    /// Connects without a word.
    pub(super) fn connect(&mut self) -> ConnId {
        let id = ConnId(self.next);
        self.next += 1;
        self.world.handle_connected(self.now, id, SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
        self.act();
        id
    }

    /// Sends raw bytes.
    pub(super) fn bytes(&mut self, id: ConnId, bytes: &[u8]) {
        self.world.handle_bytes(self.now, id, bytes);
        self.act();
    }

    /// Sends one request.
    pub(super) fn say(&mut self, id: ConnId, message: &ClientMessage) {
        self.bytes(id, &encoded(message));
    }

    /// The client's side has ended.
    pub(super) fn end(&mut self, id: ConnId, how: How) {
        self.world.handle_closed(self.now, id, how);
        self.act();
    }

    /// Lets time pass, with everything that is due in it.
    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some((at, _)) = self.world.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.world.handle_timeout(self.now);
            self.act();
        }
        self.now = end;
    }

    /// Connects, greets and takes a client id.
    pub(super) fn start(&mut self, client: i32) -> ConnId {
        let id = self.connect();
        self.bytes(id, &greeting(100, 178));
        self.say(id, &start_api(client));
        id
    }

    /// A client whose start-up messages were all read.
    pub(super) fn ready(&mut self, client: i32) -> ConnId {
        let id = self.start(client);
        self.pass(Duration::from_millis(10));
        self.greeting_heard(id).expect("a greeting");
        let start_up: Vec<i32> = self.heard(id).iter().map(ServerMessage::id).collect();
        assert_eq!(start_up, [15, 9, 4, 4, 4]);
        id
    }

    /// The greeting, if the first frame that was not read yet is one.
    pub(super) fn greeting_heard(&mut self, id: ConnId) -> Option<ServerGreeting> {
        let frame = self.heard.get_mut(&id)?.next_frame().unwrap()?;
        ServerGreeting::decode(&frame).ok()
    }

    /// Every message since the last call.
    pub(super) fn heard(&mut self, id: ConnId) -> Vec<ServerMessage> {
        let Some(decoder) = self.heard.get_mut(&id) else { return Vec::new() };
        let mut messages = Vec::new();
        while let Some(frame) = decoder.next_frame().unwrap() {
            messages.push(ServerMessage::decode(&frame, SPEAKS).unwrap());
        }
        messages
    }

    /// Bytes that were written and not read by the calls above.
    pub(super) fn unread(&self, id: ConnId) -> &[u8] {
        self.heard.get(&id).map_or(&[], FrameDecoder::pending_bytes)
    }

    fn act(&mut self) {
        while let Some(action) = self.world.poll_action() {
            match action {
                Action::Send(id, bytes) | Action::Trickle(id, bytes) => {
                    assert!(!self.ended.contains_key(&id), "a write after the end");
                    self.heard.entry(id).or_default().extend(&bytes);
                    self.writes.push((id, bytes));
                }
                Action::Close(id) => assert_eq!(self.ended.insert(id, Ended::Closed), None),
                Action::StopReading(_) | Action::StartReading(_) => {}
                Action::Move(port) => self.world.handle_moved(self.now, if port == 0 { FREE_PORT } else { port }),
                Action::Reset(id) => assert_eq!(self.ended.insert(id, Ended::Reset), None),
            }
        }
    }
}

/// `API\0` and a version range.
pub(super) fn greeting(min: i32, max: i32) -> Bytes {
    let mut out = BytesMut::new();
    ClientGreeting { versions: VersionRange::new(min, max), options: String::new() }.encode(&mut out);
    out.freeze()
}

pub(super) fn start_api(client: i32) -> ClientMessage {
    ClientMessage::StartApi(StartApi { client_id: ClientId::new(client), optional_capabilities: String::new() })
}

pub(super) fn encoded(message: &ClientMessage) -> Bytes {
    let mut out = BytesMut::new();
    message.encode(&mut out, SPEAKS).unwrap();
    out.freeze()
}

/// The ids of messages.
pub(super) fn ids(messages: &[ServerMessage]) -> Vec<i32> {
    messages.iter().map(ServerMessage::id).collect()
}

/// The (id, code) of the errors among messages.
pub(super) fn errors(messages: &[ServerMessage]) -> Vec<(i32, i32)> {
    messages
        .iter()
        .filter_map(|message| match message {
            ServerMessage::Error(error) => Some((error.id.get(), error.code)),
            _ => None,
        })
        .collect()
}
