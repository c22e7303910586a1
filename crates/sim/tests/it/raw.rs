//! A client that knows nothing but bytes.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, ServerGreeting, ServerMessage, ServerVersion, VersionRange,
};
use gatewright_sim::Simulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing here takes longer unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What scripted clients speak.
pub(crate) const SPEAKS: ServerVersion = ServerVersion::new(178);

/// A client that knows nothing but bytes.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    decoder: FrameDecoder,
}

impl Raw {
    /// Connects without a word.
    pub(crate) async fn connect(simulator: &Simulator) -> Self {
        Self::connect_to(simulator.addr()).await
    }

    /// The same to any address.
    pub(crate) async fn connect_to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, decoder: FrameDecoder::default() }
    }

    /// Connects, greets and takes a client id; returns when both start-up messages are there.
    pub(crate) async fn ready(simulator: &Simulator, client: i32) -> Self {
        let mut raw = Self::connect(simulator).await;
        raw.greet().await;
        raw.start(client).await;
        raw.until(9).await;
        raw
    }

    /// Sends a greeting and reads the answer.
    pub(crate) async fn greet(&mut self) -> ServerGreeting {
        self.write(&greeting()).await;
        ServerGreeting::decode(&self.frame().await.unwrap()).unwrap()
    }

    /// Sends START_API.
    pub(crate) async fn start(&mut self, client: i32) {
        let (client_id, optional_capabilities) = (ClientId::new(client), String::new());
        self.say(&ClientMessage::StartApi(StartApi { client_id, optional_capabilities })).await;
    }

    /// Sends one request.
    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        let mut out = BytesMut::new();
        message.encode(&mut out, SPEAKS).unwrap();
        self.write(&out).await;
    }

    /// Sends bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> ServerMessage {
        ServerMessage::decode(&self.frame().await.unwrap(), SPEAKS).unwrap()
    }

    /// Everything up to and with the first message of this id.
    pub(crate) async fn until(&mut self, id: i32) -> Vec<ServerMessage> {
        let mut seen = Vec::new();
        loop {
            seen.push(self.message().await);
            if seen.last().map(ServerMessage::id) == Some(id) {
                return seen;
            }
        }
    }

    /// The next frame, or how the connection has ended instead.
    pub(crate) async fn frame(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Ok(frame);
            }
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(self.decoder.buffer_mut()));
            if read.await.expect("an answer in time")? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// How the connection ends: everything before is read and forgotten.
    pub(crate) async fn end(&mut self) -> io::ErrorKind {
        loop {
            if let Err(end) = self.frame().await {
                return end.kind();
            }
        }
    }
}

pub(crate) fn greeting() -> BytesMut {
    let mut out = BytesMut::new();
    ClientGreeting { versions: VersionRange::new(100, 178), options: String::new() }.encode(&mut out);
    out
}
