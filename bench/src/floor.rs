//! The floor: a blocking socket that writes and reads the same messages and does nothing else.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::BytesMut;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::session::{Session, SessionEvent, SessionSettings};
use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerVersion};

use crate::figures;

/// Connects and takes the connection to where the Gateway has answered the four requests of the sync stage. The
/// messages are counted, not understood.
pub(crate) fn connect(address: SocketAddr) -> io::Result<Duration> {
    let (to_send, to_receive) = script();
    let began = figures::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 * 1024];
    for (send, receive) in to_send.iter().zip(to_receive) {
        stream.write_all(send)?;
        let mut received = 0;
        let mut frames = 0;
        while frames < receive {
            let length = stream.read(&mut buffer[received..])?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            received += length;
            frames = count_frames(&buffer[..received]);
        }
    }
    Ok(began.elapsed())
}

/// What a session writes in each of its three turns, and how many frames answer it.
fn script() -> ([Vec<u8>; 3], [usize; 3]) {
    let now = figures::now();
    let mut session = Session::new(SessionSettings::new(ClientId::new(900)), now);
    session.handle_inspected(now);
    session.handle_connected(now);
    let mut turns = [Vec::new(), Vec::new(), Vec::new()];
    turns[0] = session.poll_transmit().map(|bytes| bytes.to_vec()).unwrap_or_default();
    session.handle_bytes(now, b"\0\0\0\x1a178\x0020261124 09:30:00 EST\0");
    drain(&mut session);
    turns[1] = session.poll_transmit().map(|bytes| bytes.to_vec()).unwrap_or_default();
    session.handle_bytes(now, b"\0\0\0\x0f15\x001\0DU1234567\0\0\0\0\x069\x001\x001\0");
    drain(&mut session);
    turns[2] = session.poll_transmit().map(|bytes| bytes.to_vec()).unwrap_or_default();
    assert!(turns.iter().all(|turn| !turn.is_empty()), "each turn writes something");
    (turns, [1, 2, 4])
}

fn drain(session: &mut Session) {
    while let Some(event) = session.poll_event(figures::now()) {
        assert!(!matches!(event, SessionEvent::Failed(_)), "the script is what a session expects: {event:?}");
    }
}

fn count_frames(mut bytes: &[u8]) -> usize {
    let mut frames = 0;
    while let Some((prefix, rest)) = bytes.split_first_chunk::<4>() {
        let Some(after) = rest.get(u32::from_be_bytes(*prefix) as usize..) else { break };
        bytes = after;
        frames += 1;
    }
    frames
}

/// Reads a flood and only counts its bytes; returns how long the ticks took.
pub(crate) fn drink(address: SocketAddr, ticks: u32) -> io::Result<Duration> {
    let (to_send, _) = script();
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 256 * 1024];
    for send in &to_send[..2] {
        stream.write_all(send)?;
        let _ = stream.read(&mut buffer)?;
    }
    let mut request = BytesMut::new();
    market_data(RequestId::new(1)).encode(&mut request, ServerVersion::new(178)).map_err(io::Error::other)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let began = figures::now();
    stream.write_all(&request)?;
    let mut frames = 0;
    let mut rest = 0;
    while frames < ticks as usize {
        let length = stream.read(&mut buffer[rest..])?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let filled = rest + length;
        let mut at = 0;
        while let Some(prefix) = buffer[at..filled].first_chunk::<4>() {
            let end = at + 4 + u32::from_be_bytes(*prefix) as usize;
            if end > filled {
                break;
            }
            // The id of the handshake's last messages is longer than one digit, or not 1.
            frames += usize::from(buffer[at + 4..end].starts_with(b"1\0"));
            at = end;
        }
        buffer.copy_within(at..filled, 0);
        rest = filled - at;
    }
    Ok(began.elapsed())
}

/// Asks for one stock's ticks.
pub(crate) fn market_data(request: RequestId) -> ClientMessage {
    ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: request,
        contract: Contract::stock("AAPL"),
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: String::new(),
        snapshot: false,
        regulatory_snapshot: false,
        options: String::new(),
    }))
}
