//! A stand-in for a Gateway that goes away and comes back on the same port, and notes when what happened.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use gatewright_proto::message::market_data::TickPrice;
use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
use rust_decimal::Decimal;

use crate::figures;
use crate::gateway::{VERSION, answers, greeted, hear, invalid};

/// A Gateway that is there or not.
pub(super) struct Gateway {
    address: SocketAddr,
    running: Option<Running>,
    notes: Arc<Notes>,
}

struct Running {
    stopping: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    thread: thread::JoinHandle<()>,
}

/// What is noted by all connections together.
#[derive(Default)]
pub(super) struct Notes {
    /// When each stamped tick was written, by its number.
    pub(super) sent: Mutex<Vec<Instant>>,
    /// Market data requests since the Gateway came last, and START_APIs.
    pub(super) subscriptions: AtomicU32,
    pub(super) sessions: AtomicU32,
    /// When the last session began.
    pub(super) session_began: Mutex<Option<Instant>>,
    /// How far apart stamped ticks are, in microseconds, and how many; none for just one tick.
    pub(super) apart: AtomicU32,
    pub(super) stamped: AtomicU32,
}

impl Gateway {
    pub(super) fn start() -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut gateway = Self { address, running: None, notes: Arc::default() };
        gateway.come()?;
        Ok(gateway)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn notes(&self) -> &Notes {
        &self.notes
    }

    /// Listens; when this returns, programs can connect.
    pub(super) fn come(&mut self) -> io::Result<()> {
        let listener = TcpListener::bind(self.address)?;
        self.address = listener.local_addr()?;
        self.notes.subscriptions.store(0, Ordering::SeqCst);
        self.notes.sessions.store(0, Ordering::SeqCst);
        let (stopping, streams) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stop, all, notes) = (Arc::clone(&stopping), Arc::clone(&streams), Arc::clone(&self.notes));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(copy) = stream.try_clone() {
                    locked(&all).push(copy);
                }
                let notes = Arc::clone(&notes);
                // A client that hangs up ends its thread; nobody waits for it.
                thread::spawn(move || serve(stream, &notes));
            }
        });
        self.running = Some(Running { stopping, streams, thread });
        Ok(())
    }

    /// Closes its port and every connection.
    pub(super) fn go(&mut self) -> io::Result<()> {
        let Some(running) = self.running.take() else { return Ok(()) };
        running.stopping.store(true, Ordering::SeqCst);
        // The thread waits for somebody to come.
        drop(TcpStream::connect(self.address)?);
        running.thread.join().map_err(|_| io::Error::other("the listener's thread panicked"))?;
        for stream in locked(&running.streams).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        Ok(())
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, notes: &Notes) -> io::Result<()> {
    let mut decoder = greeted(&mut stream)?;
    let mut chunk = vec![0; 64 * 1024];
    let mut out = BytesMut::new();
    loop {
        while let Some(frame) = decoder.next_frame().map_err(invalid)? {
            let message = ClientMessage::decode(&frame, VERSION).map_err(invalid)?;
            if let ClientMessage::ReqMktData(request) = &message {
                tick(&mut stream, request.req_id, 0)?;
                notes.subscriptions.fetch_add(1, Ordering::SeqCst);
                stamp(&mut stream, request.req_id, notes)?;
                continue;
            }
            out.clear();
            for answer in answers(&message) {
                answer.encode(&mut out, VERSION).map_err(invalid)?;
            }
            stream.write_all(&out)?;
            if matches!(message, ClientMessage::StartApi(_)) {
                notes.sessions.fetch_add(1, Ordering::SeqCst);
                *locked(&notes.session_began) = Some(figures::now());
            }
        }
        hear(&mut stream, &mut chunk, &mut decoder)?;
    }
}

/// Ticks at a steady pace, each with its number as its price.
#[expect(clippy::disallowed_methods, reason = "a load generator has to keep its pace")]
fn stamp(stream: &mut TcpStream, request: RequestId, notes: &Notes) -> io::Result<()> {
    let apart = Duration::from_micros(u64::from(notes.apart.load(Ordering::SeqCst)));
    for number in 1..=notes.stamped.load(Ordering::SeqCst) {
        thread::sleep(apart);
        locked(&notes.sent).push(figures::now());
        tick(stream, request, number)?;
    }
    Ok(())
}

fn tick(stream: &mut TcpStream, req_id: RequestId, number: u32) -> io::Result<()> {
    let mut out = BytesMut::new();
    let (price, size) = (Some(Decimal::from(number)), Some(Decimal::ONE));
    let tick = TickPrice { req_id, tick_type: 4, price, size, attributes: 0 };
    ServerMessage::TickPrice(tick).encode(&mut out, VERSION).map_err(invalid)?;
    stream.write_all(&out)
}
