//! One connection of a client, from its first byte to its START_API. Nothing of it reaches the Gateway before: a
//! malformed frame there has wedged a real one.

use std::time::Instant;

use bytes::BytesMut;
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{ClientGreeting, ClientId, ClientMessage, ServerGreeting, ServerVersion};

use crate::event::Closing;
use crate::frame::{Frame, PREFIX, whole_frame};
use crate::held::Held;
use crate::outbox::ClientOutbox;
use crate::settings::{MAX_CLIENT_FRAME, MAX_HELD};

/// How far a connection has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// Its greeting is not whole yet.
    Greeting,
    /// It has greeted, and which version it is to be told is being learned.
    Learning { greeting: ClientGreeting },
    /// It was told its version; START_API is to come.
    Naming { options: String, speaks: ServerVersion },
    /// Its client id has another connection, whose end may be about to be noticed.
    Contending { until: Instant, options: String, speaks: ServerVersion, start: StartApi },
    /// It is the client of that session.
    Joined { client_id: ClientId, speaks: ServerVersion },
    /// It is being closed; nothing more is read.
    Closing,
}

/// What has come from a client that has a session.
#[derive(Debug)]
pub(crate) enum Arrived {
    /// A message that may pass.
    Message(Frame),
    /// A message that waits for the client's own limit.
    Held,
    /// No whole message, or no room for one that would wait.
    Nothing,
}

/// One connection of a client.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) since: Instant,
    pub(crate) stage: Stage,
    pub(crate) buffer: BytesMut,
    pub(crate) outbox: ClientOutbox,
    /// It is known that there is something to write.
    pub(crate) told: bool,
    /// What its own message limit holds back.
    pub(crate) held: Held,
    /// Reading from it was stopped, and it has to be told when that is over.
    pub(crate) stopped: bool,
}

impl Connection {
    /// A connection that has said nothing yet, and may say so many messages a second.
    pub(crate) fn new(now: Instant, per_second: Option<u32>) -> Self {
        Self {
            since: now,
            stage: Stage::Greeting,
            buffer: BytesMut::new(),
            outbox: ClientOutbox::default(),
            told: false,
            held: Held::new(now, per_second),
            stopped: false,
        }
    }

    /// The greeting, once it is whole.
    pub(crate) fn greeting(&mut self) -> Result<Option<ClientGreeting>, Closing> {
        ClientGreeting::decode(&mut self.buffer).map_err(|_| Closing::NotTheApi)
    }

    /// Answers the greeting, in one piece.
    pub(crate) fn answer(&mut self, greeting: ClientGreeting, speaks: ServerVersion, connection_time: String) {
        let mut out = BytesMut::new();
        let reply = ServerGreeting { version: speaks, connection_time };
        reply.encode(&mut out).expect("the Gateway's clock came as a field of text and holds no NUL");
        self.outbox.push(out.freeze());
        self.stage = Stage::Naming { options: greeting.options, speaks };
    }

    /// The next whole frame.
    pub(crate) fn frame(&mut self, speaks: ServerVersion) -> Result<Option<Frame>, Closing> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else { return Ok(None) };
        if u32::from_be_bytes(*prefix) as usize > MAX_CLIENT_FRAME {
            return Err(Closing::Malformed);
        }
        let Some(length) = whole_frame(&self.buffer) else { return Ok(None) };
        let frame = self.buffer.split_to(length).freeze();
        Frame::read(frame, speaks).map(Some).map_err(|_| Closing::Malformed)
    }

    /// The next message that may pass now: one that has waited long enough, else one that has just come.
    pub(crate) fn next_message(&mut self, now: Instant, speaks: ServerVersion) -> Result<Arrived, Closing> {
        if let Some(frame) = self.held.release(now) {
            return Ok(Arrived::Message(frame));
        }
        if self.held.bytes() >= MAX_HELD {
            return Ok(Arrived::Nothing);
        }
        let Some(frame) = self.frame(speaks)? else { return Ok(Arrived::Nothing) };
        Ok(self.held.pass(now, frame).map_or(Arrived::Held, Arrived::Message))
    }

    /// START_API, once it is whole. Nothing else may come first.
    pub(crate) fn start_api(&mut self, speaks: ServerVersion) -> Result<Option<StartApi>, Closing> {
        let Some(frame) = self.frame(speaks)? else { return Ok(None) };
        match ClientMessage::decode(&frame.payload(), speaks) {
            Ok(ClientMessage::StartApi(start)) => Ok(Some(start)),
            _ => Err(Closing::Malformed),
        }
    }
}
