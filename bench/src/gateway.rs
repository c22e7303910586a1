//! A stand-in for a Gateway that costs next to nothing: prepared bytes, one thread a connection.
//!
//! It answers what ib_async and this project's own sessions ask while connecting, and floods ticks as fast as its
//! client takes them. It is no simulator: nothing in it would notice a client that misbehaves.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::market_data::TickPrice;
use gatewright_proto::message::order::OrderStatus;
use gatewright_proto::message::start::{CurrentTime, ManagedAccounts, NextValidId};
use gatewright_proto::{
    ClientGreeting, ClientId, ClientMessage, FrameDecoder, OrderId, PermId, RequestId, ServerGreeting, ServerMessage,
    ServerVersion,
};
use rust_decimal::Decimal;

use crate::figures;

pub(crate) const VERSION: ServerVersion = ServerVersion::new(178);

/// Ticks in one prepared write.
const BURST: u32 = 512;

/// What to send once market data are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flood {
    /// Ticks in all.
    pub(crate) ticks: u32,
    /// Ticks a second; `None` for as fast as they are taken.
    pub(crate) per_second: Option<u32>,
}

/// A running stand-in. It ends with the process.
#[derive(Debug)]
pub(crate) struct StandIn {
    address: SocketAddr,
    last_order: Arc<Mutex<Option<Instant>>>,
}

impl StandIn {
    pub(crate) fn start(flood: Flood) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let last_order = Arc::default();
        let note = Arc::clone(&last_order);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let note = Arc::clone(&note);
                thread::spawn(move || {
                    // A client that hangs up ends its thread; nobody waits for it.
                    let _ = serve(stream, flood, &note);
                });
            }
        });
        Ok(Self { address, last_order })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// When the last order was read.
    pub(crate) fn last_order(&self) -> Option<Instant> {
        *self.last_order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(mut stream: TcpStream, flood: Flood, last_order: &Mutex<Option<Instant>>) -> io::Result<()> {
    let mut decoder = greeted(&mut stream)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut out = BytesMut::new();
    loop {
        while let Some(frame) = decoder.next_frame().map_err(invalid)? {
            let message = ClientMessage::decode(&frame, VERSION).map_err(invalid)?;
            if let ClientMessage::ReqMktData(request) = &message {
                send_ticks(&mut stream, request.req_id, flood)?;
                continue;
            }
            if matches!(message, ClientMessage::PlaceOrder(_)) {
                *last_order.lock().unwrap_or_else(PoisonError::into_inner) = Some(figures::now());
            }
            out.clear();
            for answer in answers(&message) {
                answer.encode(&mut out, VERSION).map_err(invalid)?;
            }
            stream.write_all(&out)?;
        }
        hear(&mut stream, &mut chunk, &mut decoder)?;
    }
}

/// Waits for a client's greeting and answers it; what came behind the greeting is in the decoder.
pub(crate) fn greeted(stream: &mut TcpStream) -> io::Result<FrameDecoder> {
    stream.set_nodelay(true)?;
    let mut received = BytesMut::with_capacity(64 * 1024);
    let mut chunk = vec![0; 64 * 1024];
    while ClientGreeting::decode(&mut received).map_err(invalid)?.is_none() {
        let length = read(stream, &mut chunk)?;
        received.extend_from_slice(&chunk[..length]);
    }
    let mut out = BytesMut::new();
    let greeting = ServerGreeting { version: VERSION, connection_time: "20261124 09:30:00 EST".into() };
    greeting.encode(&mut out).map_err(invalid)?;
    stream.write_all(&out)?;
    let mut decoder = FrameDecoder::default();
    decoder.extend(&received);
    Ok(decoder)
}

/// Waits for more of what a client says.
pub(crate) fn hear(stream: &mut TcpStream, chunk: &mut [u8], decoder: &mut FrameDecoder) -> io::Result<()> {
    let length = read(stream, chunk)?;
    decoder.extend(&chunk[..length]);
    Ok(())
}

fn read(stream: &mut TcpStream, chunk: &mut [u8]) -> io::Result<usize> {
    let length = stream.read(chunk)?;
    if length == 0 { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(length) }
}

pub(crate) fn invalid(error: gatewright_proto::ProtoError) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else is asked is not asked while connecting")]
pub(crate) fn answers(message: &ClientMessage) -> Vec<ServerMessage> {
    match message {
        ClientMessage::StartApi(_) => vec![
            ServerMessage::ManagedAccounts(ManagedAccounts { accounts: vec!["DU1234567".into()] }),
            ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(1) }),
        ],
        ClientMessage::ReqPositions => vec![ServerMessage::PositionEnd],
        ClientMessage::ReqOpenOrders => vec![ServerMessage::OpenOrderEnd],
        ClientMessage::ReqCompletedOrders(_) => vec![ServerMessage::CompletedOrdersEnd],
        ClientMessage::ReqExecutions(request) => vec![ServerMessage::ExecDetailsEnd(request.req_id)],
        ClientMessage::ReqAccountSummary(request) => vec![ServerMessage::AccountSummaryEnd(request.req_id)],
        ClientMessage::ReqAccountUpdatesMulti(request) => vec![ServerMessage::AccountUpdateMultiEnd(request.req_id)],
        ClientMessage::ReqAccountUpdates(request) => {
            let end = gatewright_proto::message::account::AccountDownloadEnd { account: request.account.clone() };
            vec![ServerMessage::AccountDownloadEnd(end)]
        }
        ClientMessage::PlaceOrder(place) => vec![ServerMessage::OrderStatus(Box::new(OrderStatus {
            order_id: place.order_id,
            status: "Submitted".into(),
            filled: Decimal::ZERO,
            remaining: place.order.total_quantity,
            avg_fill_price: None,
            perm_id: PermId::new(1_000_000_000 + i64::from(place.order_id.get())),
            parent_id: OrderId::new(0),
            last_fill_price: None,
            client_id: ClientId::new(6),
            why_held: String::new(),
            mkt_cap_price: None,
        }))],
        ClientMessage::ReqIds(_) => vec![ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(1) })],
        ClientMessage::ReqCurrentTime => vec![ServerMessage::CurrentTime(CurrentTime { epoch_seconds: 1 })],
        _ => Vec::new(),
    }
}

fn send_ticks(stream: &mut TcpStream, request: RequestId, flood: Flood) -> io::Result<()> {
    let burst = burst(request).map_err(invalid)?;
    let began = figures::now();
    let mut sent = 0;
    while sent < flood.ticks {
        if let Some(per_second) = flood.per_second {
            pace(began, sent, per_second);
        }
        stream.write_all(&burst)?;
        sent += BURST;
    }
    Ok(())
}

/// Keeps to a rate. The wait is what is measured against, not a way to wait for something.
#[expect(clippy::disallowed_methods, reason = "a load generator has to keep its pace")]
fn pace(began: Instant, sent: u32, per_second: u32) {
    let due = began + Duration::from_secs_f64(f64::from(sent) / f64::from(per_second));
    thread::sleep(due.saturating_duration_since(figures::now()));
}

fn burst(request: RequestId) -> Result<Bytes, gatewright_proto::ProtoError> {
    let mut out = BytesMut::new();
    for index in 0..BURST {
        let tick = TickPrice {
            req_id: request,
            tick_type: 4,
            price: Some(Decimal::new(18_700 + i64::from(index), 2)),
            size: Some(Decimal::from(100)),
            attributes: 0,
        };
        ServerMessage::TickPrice(tick).encode(&mut out, VERSION)?;
    }
    Ok(out.freeze())
}

/// How many ticks a flood really sends: whole bursts.
pub(crate) fn rounded(ticks: u32) -> u32 {
    ticks.div_ceil(BURST) * BURST
}
