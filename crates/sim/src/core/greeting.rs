//! From the first byte to a session: greeting, START_API, start-up messages.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use gatewright_proto::message::start::{ErrorMessage, ManagedAccounts, NextValidId, StartApi};
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, ServerGreeting, ServerMessage, ServerVersion,
    version,
};
use tracing::{debug, info};

use super::action::ConnId;
use super::agenda::Due;
use super::connection::{MAX_CLIENT_FRAME, Session, Stage};
use super::world::World;
use crate::fault::Fault;

/// What clients of the oldest supported protocol speak.
const LOWEST_VERSION: i32 = 100;

/// The version of [`Fault::OldVersion`]: Gateways of 2016.
const OLD_VERSION: i32 = 76;

/// How long after the start-up messages the farm notices come, in the client's time ("a few ms", the protocol as clients show it).
const NOTICES_AFTER: Duration = Duration::from_millis(3);

/// [`Fault::CloseAfterStartApi`]: as measured (field reports g).
const CLOSE_AFTER: Duration = Duration::from_millis(4);

/// [`Fault::CloseLateAfterStartApi`]: as measured (field reports g).
const CLOSE_LATE_AFTER: Duration = Duration::from_millis(500);

/// Farms in the order in which Gateways report them (seen live).
const NOTICES: [(i32, &str); 3] = [
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
];

/// [`Fault::HighOrderIds`]: where Rust's ibapi keeps its request ids (client sources).
const HIGH_ID: i32 = 1_500_000_000;

/// [`Fault::ForeignTimeZone`]: "China standard time" as a Gateway in Chinese writes it, in GBK (client sources).
const GBK_ZONE: &[u8] = b"\xd6\xd0\xb9\xfa\xb1\xea\xd7\xbc\xca\xb1\xbc\xe4";

/// [`Fault::UnknownTimeZone`]: a name as localised Gateways write them.
const UNKNOWN_ZONE: &str = "Hora de verano romance";

/// How many bytes of a frame stand before its payload.
const LENGTH_PREFIX: usize = 4;

const HTTP_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

impl World {
    /// Takes bytes at whatever stage the connection is in.
    pub(super) fn read(&mut self, id: ConnId, bytes: &[u8]) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        match &mut connection.stage {
            Stage::Greeting(buffer) => {
                buffer.extend_from_slice(bytes);
                self.read_greeting(id);
            }
            Stage::Starting(decoder) => {
                decoder.extend(bytes);
                self.read_start(id);
            }
            Stage::Ready(session) => {
                session.decoder.extend(bytes);
                if !self.trouble.unread.contains(&id) {
                    self.read_requests(id);
                }
            }
            Stage::Mute | Stage::Leaked(_) => {}
        }
    }

    fn read_greeting(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Stage::Greeting(buffer) = &mut connection.stage else { return };
        // Behind a relay every client is on the Gateway's own machine, which needs no asking.
        if self.faults.has(Fault::AcceptDialog) && !self.faults.has(Fault::Relay) {
            return self.show_dialog(id);
        }
        let greeting = match ClientGreeting::decode(buffer) {
            Ok(None) => return,
            Ok(Some(greeting)) => greeting,
            Err(problem) => {
                // Also what a client sends that redials without a greeting (the protocol as clients show it, scmhub).
                info!(conn = id.0, %problem, "not a TWS API client");
                return self.close(id);
            }
        };
        let rest = buffer.split();
        if self.faults.has(Fault::CloseBeforeVersion) {
            return self.close(id);
        }
        if self.faults.has(Fault::Http) {
            self.send_raw(id, HTTP_ANSWER);
            return self.close(id);
        }
        if self.faults.has(Fault::GarbageVersion) {
            self.send_raw(id, b"\0\0\0\x0a\xff\xfeGatew\0\0\0");
            return self.mute(id);
        }
        let version = if self.faults.has(Fault::OldVersion) {
            OLD_VERSION
        } else {
            agreed(&greeting, self.trouble.version.unwrap_or(self.config.max_server_version))
        };
        debug!(conn = id.0, version, options = greeting.options, "greeted");
        let version = ServerVersion::new(version);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.speaks = version;
        }
        if self.faults.has(Fault::FramesBeforeGreeting) {
            let (code, text) = NOTICES[0];
            self.notice(id, code, text);
        }
        self.answer_greeting(id, version);
        if self.faults.has(Fault::EarlyFrames) {
            let (code, text) = NOTICES[0];
            self.notice(id, code, text);
        }
        if self.faults.has(Fault::VersionThenSilent) || self.faults.has(Fault::OldVersion) {
            return self.mute(id);
        }
        let mut decoder = FrameDecoder::new(MAX_CLIENT_FRAME);
        decoder.extend(&rest);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Starting(decoder);
        }
        self.read_start(id);
    }

    /// The answer is one write and the last one before START_API was read (seen live).
    fn answer_greeting(&mut self, id: ConnId, version: ServerVersion) {
        let bytes = self.reply(version);
        self.send_raw(id, &bytes);
        if let Some(connection) = self.connections.get_mut(&id)
            && self.faults.has(Fault::SplitGreeting)
        {
            connection.outbox.cut_at(bytes.len() / 2);
        }
    }

    /// The version, and the Gateway's clock with the name of its zone.
    fn reply(&self, version: ServerVersion) -> BytesMut {
        let mut connection_time = self.new_york.greeting(self.now.second());
        let mut bytes = BytesMut::new();
        if self.faults.has(Fault::ForeignTimeZone) || self.faults.has(Fault::UnknownTimeZone) {
            let without_zone = connection_time.rfind(' ').map_or(0, |at| at + 1);
            connection_time.truncate(without_zone);
        }
        if self.faults.has(Fault::ForeignTimeZone) {
            // No text can hold these bytes, so the frame is written by hand.
            let head = format!("{version}\0{connection_time}");
            bytes.put_u32(u32::try_from(head.len() + GBK_ZONE.len() + 1).expect("a short frame"));
            bytes.put_slice(head.as_bytes());
            bytes.put_slice(GBK_ZONE);
            bytes.put_u8(0);
            return bytes;
        }
        if self.faults.has(Fault::UnknownTimeZone) {
            connection_time.push_str(UNKNOWN_ZONE);
        }
        ServerGreeting { version, connection_time }.encode(&mut bytes).expect("a time has no NUL");
        bytes
    }

    fn read_start(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Stage::Starting(decoder) = &mut connection.stage else { return };
        if self.faults.has(Fault::PaperWarning) {
            return self.show_dialog(id);
        }
        let payload = match decoder.next_frame() {
            Ok(None) => return,
            Ok(Some(payload)) => payload,
            Err(problem) => {
                info!(conn = id.0, %problem, "not a frame");
                return self.close(id);
            }
        };
        match ClientMessage::decode(&payload, connection.speaks) {
            Ok(ClientMessage::StartApi(start)) => self.start(id, &start),
            Ok(other) => {
                info!(conn = id.0, message = other.id(), "the first message is not START_API");
                self.close(id);
            }
            Err(problem) => {
                info!(conn = id.0, %problem, "START_API cannot be read");
                self.close(id);
            }
        }
    }

    fn start(&mut self, id: ConnId, start: &StartApi) {
        if self.faults.has(Fault::ResetAfterStartApi) {
            return self.reset(id);
        }
        for (fault, pause) in
            [(Fault::CloseAfterStartApi, CLOSE_AFTER), (Fault::CloseLateAfterStartApi, CLOSE_LATE_AFTER)]
        {
            if self.faults.has(fault) {
                self.agenda.add(self.now + self.wire(pause), Due::Close(id));
                return self.mute(id);
            }
        }
        let taken = self.connections.values().any(|connection| connection.client() == Some(start.client_id));
        let taken = taken || self.trouble.holds(start.client_id, self.now);
        if taken || self.faults.has(Fault::ClientIdInUse) {
            info!(conn = id.0, client = start.client_id.get(), "client id is in use");
            let text = "Unable to connect as the client id is already in use. Retry with a unique client id.";
            self.send(id, &ServerMessage::Error(Box::new(self.stamped(ErrorMessage::notice(326, text)))));
            return self.close(id);
        }
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Stage::Starting(decoder) = &mut connection.stage else { return };
        let decoder = std::mem::take(decoder);
        connection.stage = Stage::Ready(Box::new(Session::new(start.client_id, decoder)));
        info!(conn = id.0, client = start.client_id.get(), "session is ready");
        self.send_start_up(id, start.client_id);
        if self.faults.has(Fault::SlowReader) {
            return self.stop_reading(id);
        }
        self.read_requests(id);
    }

    fn send_start_up(&mut self, id: ConnId, client: ClientId) {
        if self.config.download_open_orders {
            self.download_orders(id, client);
        }
        let accounts = if self.faults.has(Fault::EmptyAccounts) { Vec::new() } else { self.config.accounts.clone() };
        let accounts = ServerMessage::ManagedAccounts(ManagedAccounts { accounts });
        let ids = ServerMessage::NextValidId(NextValidId { order_id: self.next_order_id(client) });
        let mut messages = vec![(Fault::NoAccounts, accounts), (Fault::NoNextValidId, ids)];
        if self.faults.has(Fault::IdsBeforeAccounts) {
            messages.reverse();
        }
        for (without, message) in messages {
            if !self.faults.has(without) && !self.send_without_version(id, &message) {
                self.send(id, &message);
            }
        }
        let now = self.now;
        if let Some(session) = self.session_mut(id) {
            session.started = Some(now);
        }
        self.welcome_master(id, client);
        let late = self.faults.has(Fault::EarlyRequestsLost);
        let after = if late { self.parameters().farms_after.get() } else { self.wire(NOTICES_AFTER) };
        self.agenda.add(self.now + after, Due::Notices(id));
    }

    /// With [`Fault::NoVersionFields`]: sends one of the two start-up messages without its version, where its session has
    /// it as text. Says whether it did.
    fn send_without_version(&mut self, id: ConnId, message: &ServerMessage) -> bool {
        let text = self.connections.get(&id).is_some_and(|it| it.speaks <= version::LAST_TEXT);
        let mut frame = BytesMut::new();
        if !text || !self.faults.has(Fault::NoVersionFields) {
            return false;
        }
        if message.encode(&mut frame, version::LAST_TEXT).is_err() {
            return false;
        }
        let mut fields: Vec<&[u8]> = frame[LENGTH_PREFIX..].split_inclusive(|byte| *byte == 0).collect();
        fields.remove(1);
        let payload = fields.concat();
        let mut bytes = BytesMut::new();
        bytes.put_u32(u32::try_from(payload.len()).expect("a short frame"));
        bytes.put_slice(&payload);
        self.send_raw(id, &bytes);
        true
    }

    pub(super) fn send_notices(&mut self, id: ConnId) {
        if !self.tell_outage(id) {
            for (code, text) in NOTICES {
                self.notice(id, code, text);
            }
        }
        if let Some(session) = self.session_mut(id) {
            session.knows_farms = true;
        }
        self.move_port();
        self.send_odd_frames(id);
    }

    /// Frames that no client expects, by faults.
    fn send_odd_frames(&mut self, id: ConnId) {
        if self.faults.has(Fault::UnknownMessage) {
            let raw_id = self.connections.get(&id).is_some_and(|it| it.speaks > version::LAST_TEXT);
            let frame: &[u8] = if raw_id { b"\0\0\0\x09\0\0\0\xc7what\0" } else { b"\0\0\0\x09199\0what\0" };
            self.send_raw(id, frame);
        }
        if self.faults.has(Fault::EmptyFrame) {
            self.send_raw(id, b"\0\0\0\0");
        }
        if self.faults.has(Fault::OversizedFrame) {
            let mut bytes = BytesMut::new();
            bytes.put_u32(0x7fff_ffff);
            bytes.put_slice(b"4\x002\0");
            self.send_raw(id, &bytes);
        }
    }

    /// The lowest order id that a client may use.
    pub(super) fn next_order_id(&self, client: ClientId) -> OrderId {
        let lowest = if self.faults.has(Fault::HighOrderIds) { HIGH_ID } else { 1 };
        self.next_order_ids.get(&client).copied().unwrap_or_default().max(OrderId::new(lowest))
    }

    /// What is queued still goes out; after it nothing ever does.
    fn mute(&mut self, id: ConnId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.stage = Stage::Mute;
        }
    }
}

/// The version of a session: the highest that both speak; where there is none the server says its own (seen live).
fn agreed(greeting: &ClientGreeting, ours: i32) -> i32 {
    let (min, max) = (greeting.versions.min.get(), greeting.versions.max.get());
    if max < LOWEST_VERSION || min > ours { ours } else { max.min(ours) }
}
