//! The simulator's core behind its port.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use gatewright_sim::core::{Action, ConnId, Entrance, How, World};
use gatewright_sim::{Fault, SimConfig};

use crate::clock::Clock;
use crate::wires::{FromGateway, ToGateway};

/// Where a Gateway listens before it moves.
pub(crate) const PORT: u16 = 4002;

/// Where it moves to, in turn with the first.
const OTHER_PORT: u16 = 4010;

/// What a worker's notes call it.
pub(crate) const NAME: &str = "127.0.0.1:4002";

/// The Gateway.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) world: World,
    port: u16,
    /// What has arrived on connections that are not read.
    unread: BTreeMap<ConnId, Vec<ToGateway>>,
}

impl Gateway {
    /// A Gateway that minds the documented limits, and leaked handshakes.
    pub(crate) fn new(seed: u64, clock: &Clock, restart_takes: Duration) -> Self {
        let mut config = SimConfig { seed, ..SimConfig::default() };
        config.faults = vec![Fault::HistoricalPacing, Fault::MarketDataLines, Fault::LeakStall, Fault::ClientLimit];
        config.scenario.parameters.restart_takes = restart_takes.into();
        Self { world: World::new(config, clock.world(Duration::ZERO)), port: PORT, unread: BTreeMap::new() }
    }

    /// Whether the host's socket table shows a listener on that port.
    pub(crate) fn listens(&self, port: u16) -> bool {
        port == self.port && self.world.entrance() != Entrance::Shut
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whether it listens elsewhere than where it is looked for first.
    pub(crate) fn has_moved(&self) -> bool {
        self.port != PORT
    }

    /// It is restarted by somebody who has set its port back.
    pub(crate) fn restart_at_first_port(&mut self) {
        self.port = PORT;
        self.world.set_fault(Fault::NightlyRestart);
    }

    /// Something arrives; what is answered by the host itself comes back.
    pub(crate) fn handle(&mut self, clock: &Clock, at: Duration, conn: ConnId, what: ToGateway) -> Option<FromGateway> {
        let now = clock.world(at);
        match what {
            ToGateway::Connect { port } if port != self.port => return Some(FromGateway::Refused),
            ToGateway::Connect { .. } => match self.world.entrance() {
                Entrance::Shut => return Some(FromGateway::Refused),
                Entrance::Full => {}
                Entrance::Open => {
                    self.world.handle_connected(now, conn, SocketAddr::from((Ipv4Addr::LOCALHOST, 50_000)));
                    return Some(FromGateway::Accepted);
                }
            },
            ToGateway::Reset => {
                self.unread.remove(&conn);
                self.world.handle_closed(now, conn, How::Reset);
            }
            what @ (ToGateway::Bytes(_) | ToGateway::Eof) => match self.unread.get_mut(&conn) {
                Some(unread) => unread.push(what),
                None => self.read(clock, at, conn, what),
            },
        }
        None
    }

    fn read(&mut self, clock: &Clock, at: Duration, conn: ConnId, what: ToGateway) {
        match what {
            ToGateway::Bytes(bytes) => self.world.handle_bytes(clock.world(at), conn, &bytes),
            ToGateway::Eof => self.world.handle_closed(clock.world(at), conn, How::Eof),
            ToGateway::Connect { .. } | ToGateway::Reset => {}
        }
    }

    /// The next thing that it sends.
    pub(crate) fn poll(&mut self, clock: &Clock, at: Duration) -> Option<(ConnId, FromGateway)> {
        loop {
            return Some(match self.world.poll_action()? {
                Action::Send(conn, bytes) => (conn, FromGateway::Bytes(bytes)),
                Action::Trickle(conn, bytes) => (conn, FromGateway::Bytes(bytes)),
                Action::Close(conn) => (conn, FromGateway::Eof),
                Action::Reset(conn) => (conn, FromGateway::Reset),
                Action::Move(_) => {
                    self.port = if self.port == PORT { OTHER_PORT } else { PORT };
                    self.world.handle_moved(clock.world(at), self.port);
                    continue;
                }
                Action::StopReading(conn) => {
                    self.unread.entry(conn).or_default();
                    continue;
                }
                Action::StartReading(conn) => {
                    for what in self.unread.remove(&conn).unwrap_or_default() {
                        self.read(clock, at, conn, what);
                    }
                    continue;
                }
            });
        }
    }
}
