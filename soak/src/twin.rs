//! A second program with a client id that is in use: somebody has started the same thing twice.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, ServerGreeting, ServerMessage, ServerVersion, VersionRange,
};

use crate::client::{Client, FromClient};
use crate::violation::{Broken, Checked};

/// How soon a twin is to be told: the proxy waits a quarter of a second for the end of the first one.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// Such a program. It tries once.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) id: ClientId,
    pub(crate) conn: u64,
    /// The connection of the first one.
    beside: u64,
    decoder: FrameDecoder,
    speaks: Option<ServerVersion>,
    /// When it said which client id it wants.
    named: Option<Duration>,
    pub(crate) over: bool,
    pub(crate) out: Vec<(u64, FromClient)>,
}

impl Twin {
    /// Connects beside a program that is there.
    pub(crate) fn beside(first: &Client, versions: VersionRange, conn: u64) -> Option<Self> {
        let beside = first.conn.filter(|_| first.is_ready())?;
        let mut greeting = BytesMut::new();
        ClientGreeting { versions, options: String::new() }.encode(&mut greeting);
        let out = vec![(conn, FromClient::Connect), (conn, FromClient::Bytes(greeting.freeze()))];
        let (decoder, speaks, named) = (FrameDecoder::default(), None, None);
        Some(Self { id: first.id, conn, beside, decoder, speaks, named, over: false, out })
    }

    /// Whether the first one is still there, and has been all the time.
    fn is_beside(&self, first: Option<u64>) -> bool {
        first == Some(self.beside)
    }

    /// Bytes for it. `first`: the connection of the program with this client id.
    pub(crate) fn handle_bytes(&mut self, at: Duration, bytes: &Bytes, first: Option<u64>) -> Checked {
        self.decoder.extend(bytes);
        while let Some(frame) = self.decoder.next_frame().map_err(|error| Broken::new("framing", error.to_string()))? {
            let Some(speaks) = self.speaks else {
                let greeting =
                    ServerGreeting::decode(&frame).map_err(|error| Broken::new("greeting", error.to_string()))?;
                self.speaks = Some(greeting.version);
                self.named = Some(at);
                let start = StartApi { client_id: self.id, optional_capabilities: String::new() };
                let mut out = BytesMut::new();
                ClientMessage::StartApi(start)
                    .encode(&mut out, greeting.version)
                    .expect("START_API can be written at every version");
                self.out.push((self.conn, FromClient::Bytes(out.freeze())));
                continue;
            };
            let message = ServerMessage::decode(&frame, speaks)
                .map_err(|error| Broken::new("framing", format!("a frame that no client can read: {error}")))?;
            let refused = matches!(&message, ServerMessage::Error(error) if error.code == 326);
            if !refused && self.is_beside(first) {
                let what = format!("a second program with client id {} is told {message:?}", self.id);
                return Err(Broken::new("twins", what));
            }
            // It is told, or has become the first one; either way that was its try.
            self.leave();
        }
        Ok(())
    }

    /// Its connection was closed.
    pub(crate) fn handle_closed(&mut self, first: Option<u64>) -> Checked {
        let untold = !self.over && self.is_beside(first);
        self.over = true;
        if untold {
            let what = format!("a second program with client id {} is closed without a word", self.id);
            return Err(Broken::new("twins", what));
        }
        Ok(())
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.out.push((self.conn, FromClient::Closed));
        }
    }

    /// It is told in time.
    pub(crate) fn check(&self, at: Duration, first: Option<u64>) -> Checked {
        let late = self.named.is_some_and(|named| named + TOLD_WITHIN < at);
        if late && !self.over && self.is_beside(first) {
            return Err(Broken::new("twins", format!("a second program with client id {} is told nothing", self.id)));
        }
        Ok(())
    }
}
