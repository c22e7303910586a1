//! A program that speaks the TWS API over a blocking socket and does nothing else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, RequestId, ServerGreeting, ServerMessage, VersionRange,
};

use crate::floor::market_data;
use crate::gateway::{VERSION, invalid};

/// Longer than anything here may take.
const GIVE_UP: Duration = Duration::from_secs(60);

/// The program.
pub(super) struct Program {
    stream: TcpStream,
    decoder: FrameDecoder,
    chunk: Vec<u8>,
}

impl Program {
    /// Connects and waits for its next order id.
    pub(super) fn connect(address: SocketAddr, client_id: i32) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GIVE_UP))?;
        let mut program = Self { stream, decoder: FrameDecoder::default(), chunk: vec![0; 64 * 1024] };
        let mut out = BytesMut::new();
        ClientGreeting { versions: VersionRange::new(157, 178), options: String::new() }.encode(&mut out);
        program.stream.write_all(&out)?;
        ServerGreeting::decode(&program.frame()?).map_err(invalid)?;
        let start = StartApi { client_id: ClientId::new(client_id), optional_capabilities: String::new() };
        program.say(&ClientMessage::StartApi(start))?;
        while !matches!(program.message()?, ServerMessage::NextValidId(_)) {}
        Ok(program)
    }

    pub(super) fn say(&mut self, message: &ClientMessage) -> io::Result<()> {
        let mut out = BytesMut::new();
        message.encode(&mut out, VERSION).map_err(invalid)?;
        self.stream.write_all(&out)
    }

    /// Asks for one stream of ticks.
    pub(super) fn subscribe(&mut self) -> io::Result<()> {
        self.say(&market_data(RequestId::new(1)))
    }

    /// The next message.
    pub(super) fn message(&mut self) -> io::Result<ServerMessage> {
        let frame = self.frame()?;
        ServerMessage::decode(&frame, VERSION).map_err(invalid)
    }

    /// Reads on until a tick comes; returns its number.
    pub(super) fn tick(&mut self) -> io::Result<u32> {
        loop {
            if let ServerMessage::TickPrice(tick) = self.message()? {
                return Ok(tick.price.and_then(|price| u32::try_from(price).ok()).unwrap_or(0));
            }
        }
    }

    fn frame(&mut self) -> io::Result<bytes::Bytes> {
        loop {
            if let Some(frame) = self.decoder.next_frame().map_err(invalid)? {
                return Ok(frame);
            }
            let length = self.stream.read(&mut self.chunk)?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.decoder.extend(&self.chunk[..length]);
        }
    }
}
