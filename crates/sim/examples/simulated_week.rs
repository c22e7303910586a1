//! How long a week of simulated time takes with five tick streams: `cargo run --release --example simulated_week`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::market_data::MktDataRequest;
use gatewright_proto::message::start::StartApi;
use gatewright_proto::{ClientGreeting, ClientId, ClientMessage, RequestId, ServerVersion, VersionRange};
use gatewright_sim::core::{Action, ConnId, SimInstant, World};
use gatewright_sim::{MarketHours, SimConfig};

/// Monday 2026-03-02, 09:30 in New York.
const MONDAY: SimInstant = SimInstant::from_second(1_772_461_800);

const WEEK: Duration = Duration::from_secs(7 * 86_400);

#[expect(clippy::print_stdout, reason = "a figure is its purpose")]
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn main() {
    for (hours, what) in [(MarketHours::Real, "a trading week"), (MarketHours::Always, "a week that never closes")] {
        let began = std::time::Instant::now();
        let (writes, written) = simulate(SimConfig { market_hours: hours, ..SimConfig::default() });
        println!("{what} took {:.2?}: {writes} writes, {} MB", began.elapsed(), written / 1_000_000);
    }
}

/// How many writes there were, and how many bytes.
fn simulate(config: SimConfig) -> (u64, usize) {
    let mut world = World::new(config, MONDAY);
    let id = ConnId(1);
    world.handle_connected(MONDAY, id, SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
    let mut bytes = BytesMut::new();
    ClientGreeting { versions: VersionRange::new(100, 178), options: String::new() }.encode(&mut bytes);
    world.handle_bytes(MONDAY, id, &bytes);
    let start = StartApi { client_id: ClientId::new(1), optional_capabilities: String::new() };
    say(&mut world, id, &ClientMessage::StartApi(start));
    for (number, symbol) in (1..).zip(["AAPL", "MSFT", "NVDA", "TSLA", "SPY"]) {
        say(&mut world, id, &ClientMessage::ReqMktData(Box::new(ticks(number, symbol))));
    }
    let (mut writes, mut written) = (0, 0);
    while let Some((at, _)) = world.poll_timeout().filter(|(at, _)| *at <= MONDAY + WEEK) {
        world.handle_timeout(at);
        while let Some(action) = world.poll_action() {
            if let Action::Send(_, bytes) = action {
                written += bytes.len();
                writes += 1;
            }
        }
    }
    (writes, written)
}

fn say(world: &mut World, id: ConnId, message: &ClientMessage) {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes, ServerVersion::new(178)).expect("a request can be written");
    world.handle_bytes(MONDAY, id, &bytes);
}

fn ticks(number: i32, symbol: &str) -> MktDataRequest {
    MktDataRequest {
        req_id: RequestId::new(number),
        contract: Contract::stock(symbol),
        combo_legs: Vec::new(),
        delta_neutral: None,
        generic_ticks: String::new(),
        snapshot: false,
        regulatory_snapshot: false,
        options: String::new(),
    }
}
