//! The simulator under load: connections, ticks to many clients, memory, and a week of its time.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::BytesMut;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{ClientGreeting, ClientId, ClientMessage, FrameDecoder, RequestId, ServerVersion, VersionRange};
use gatewright_sim::SimConfig;
use gatewright_sim::core::{Action, ConnId, SimInstant, World};
use gatewright_sys::process::resident_bytes;

use crate::Tools;
use crate::figures::{self, Samples, Span, Table};

const VERSION: ServerVersion = ServerVersion::new(178);
const CONNECTIONS: u32 = 500;
/// Simulated seconds a second, so fast that the simulator never rests.
const FLAT_OUT: &str = "100000";
/// Streams that each client asks for. One alone is told a few hundred times a second, however fast simulated time runs; of
/// a hundred each, clients would be reset as slow readers while the others still connect.
const STREAMS: i32 = 10;
/// How long ticks are counted.
const COUNTING: Duration = Duration::from_secs(3);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

pub(crate) fn run(tools: &Tools) -> io::Result<()> {
    let mut table = Table::default();
    connections(tools, &mut table)?;
    for clients in [1, 32, 300] {
        ticks(tools, clients, &mut table)?;
    }
    week(&mut table)?;
    table.print("The simulator under load (one process, one thread)");
    Ok(())
}

fn connections(tools: &Tools, table: &mut Table) -> io::Result<()> {
    let simulator = Simulator::start(tools, &[])?;
    let empty = resident_bytes(simulator.child.id());
    let mut samples = Samples::default();
    let mut held = Vec::new();
    for client in 0..CONNECTIONS {
        let began = figures::now();
        held.push(connect(simulator.address, i32::try_from(client).unwrap_or_default())?);
        samples.push(began.elapsed());
    }
    let full = resident_bytes(simulator.child.id());
    let rate = 1.0 / samples.median().as_secs_f64().max(1e-9);
    table.row("connect to nextValidId, one after the other", samples.to_string(), format!("{rate:.0} connections/s"));
    if let (Some(empty), Some(full)) = (empty, full) {
        let each = full.saturating_sub(empty) / u64::from(CONNECTIONS);
        #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
        let empty = empty as f64 / 1e6;
        table.row("memory, idle", format!("{empty:.1} MB"), format!("{:.1} KB a client more", each as f64 / 1e3));
    }
    Ok(())
}

fn ticks(tools: &Tools, clients: i32, table: &mut Table) -> io::Result<()> {
    let simulator = Simulator::start(tools, &["--speed", FLAT_OUT])?;
    let mut streams = Vec::new();
    for client in 0..clients {
        let mut stream = connect(simulator.address, client)?;
        for id in 1..=STREAMS {
            send(&mut stream, &subscribe(id))?;
        }
        stream.set_nonblocking(true)?;
        streams.push((stream, FrameDecoder::default()));
    }
    let began = figures::now();
    let mut buffer = vec![0; 256 * 1024];
    let mut ticks = 0u64;
    while began.elapsed() < COUNTING {
        for (stream, decoder) in &mut streams {
            match stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => decoder.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error),
            }
            while let Some(frame) = decoder.next_frame().map_err(io::Error::other)? {
                ticks += u64::from(frame.starts_with(b"1\0") || frame.starts_with(b"2\0"));
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let rate = ticks as f64 / began.elapsed().as_secs_f64();
    let resident = resident_bytes(simulator.child.id()).unwrap_or_default() / 1_000_000;
    table.row(
        format!("ticks to {clients} client(s), {STREAMS} streams each"),
        format!("{:.0} k/s", rate / 1e3),
        format!("{resident} MB"),
    );
    Ok(())
}

/// The pure core alone: one client with a stream of ticks and one of bars, for a week of simulated time.
fn week(table: &mut Table) -> io::Result<()> {
    let start = SimInstant::from_second(1_772_000_000);
    let mut world = World::new(SimConfig::default(), start);
    let id = ConnId(1);
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    world.handle_connected(start, id, peer);
    let mut hello = greeting();
    encode(&mut hello, &start_api(7))?;
    encode(&mut hello, &subscribe(1))?;
    world.handle_bytes(start, id, &hello);
    let began = figures::now();
    let mut written = 0u64;
    while let Some((due, _)) = world.poll_timeout() {
        if due.since(start) >= WEEK {
            break;
        }
        world.handle_timeout(due);
        while let Some(action) = world.poll_action() {
            written += u64::from(matches!(action, Action::Send(..)));
        }
    }
    table.row(
        "a simulated week, one tick stream, core alone",
        Span(began.elapsed()).to_string(),
        format!("{written} writes"),
    );
    Ok(())
}

struct Simulator {
    child: Child,
    address: SocketAddr,
}

impl Simulator {
    fn start(tools: &Tools, arguments: &[&str]) -> io::Result<Self> {
        let mut child = Command::new(&tools.gatewright)
            .args(["sim", "--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().rsplit(' ').next().and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| io::Error::other(format!("not a ready line: {line}")))?;
        Ok(Self { child, address })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // Our own child, which holds nothing worth keeping.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a session up to its nextValidId.
fn connect(address: SocketAddr, client: i32) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(&greeting())?;
    let mut decoder = FrameDecoder::default();
    until(&mut stream, &mut decoder, |_| true)?;
    send(&mut stream, &start_api(client))?;
    until(&mut stream, &mut decoder, |frame| frame.starts_with(b"9\0"))?;
    Ok(stream)
}

fn until(stream: &mut TcpStream, decoder: &mut FrameDecoder, wanted: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        while let Some(frame) = decoder.next_frame().map_err(io::Error::other)? {
            if wanted(&frame) {
                return Ok(());
            }
        }
        let length = stream.read(&mut buffer)?;
        if length == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        decoder.extend(&buffer[..length]);
    }
}

fn greeting() -> BytesMut {
    let mut out = BytesMut::new();
    ClientGreeting { versions: VersionRange::new(178, 178), options: String::new() }.encode(&mut out);
    out
}

fn start_api(client: i32) -> ClientMessage {
    ClientMessage::StartApi(StartApi { client_id: ClientId::new(client), optional_capabilities: String::new() })
}

fn subscribe(id: i32) -> ClientMessage {
    ClientMessage::ReqMktData(Box::new(MktDataRequest {
        req_id: RequestId::new(id),
        contract: Contract::stock("AAPL"),
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: String::new(),
        snapshot: false,
        regulatory_snapshot: false,
        options: String::new(),
    }))
}

fn send(stream: &mut TcpStream, message: &ClientMessage) -> io::Result<()> {
    let mut out = BytesMut::new();
    encode(&mut out, message)?;
    stream.write_all(&out)
}

fn encode(out: &mut BytesMut, message: &ClientMessage) -> io::Result<()> {
    message.encode(out, VERSION).map_err(io::Error::other)
}
