//! What a report says about a Gateway: pure.
//!
//! A zombie is a connection whose client has gone (CLOSE_WAIT) and whose Gateway's side still stands. The Gateway's
//! side is the one whose *local* port is the API port while something listens there: Linux gives no outgoing connection
//! a port that has a listener. A client's own leak, with the API port on the remote side, is never one.
//!
//! What this cannot see: anything in another network namespace (a container's), and a listener that exists only as a
//! packet rule. So a [`Presence::No`] for the listener says that no socket of this host listens, not that a connect
//! would fail.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::netlink::inet_diag::Identity;
use crate::{Connection, Family, Listener, Owner, OwnerKind, PortReport, Presence, TcpState};

/// From how much on evidence is a suspicion. One project's observation, so both are settings (field reports).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thresholds {
    /// Zombies.
    pub zombies: u32,
    /// Connections in a listener's accept queue.
    pub accept_queue: u32,
}

impl Default for Thresholds {
    /// Three zombies: with three or four the seed saw its Gateway stop answering. Two in the accept queue: a Gateway
    /// that works takes each connection at once, and one may just be arriving while we look.
    fn default() -> Self {
        Self { zombies: 3, accept_queue: 2 }
    }
}

/// What a report says about a Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The API port.
    pub port: u16,
    /// Whether a socket of this network namespace listens on it.
    pub listening: Presence,
    /// Listeners held by a program that is neither a Gateway, nor ours, nor a relay. Listeners of unknown owner are not
    /// among them.
    pub foreign_listeners: Vec<Listener>,
    /// Listeners held by a relay: the Gateway is elsewhere, and so are its zombies.
    pub relay_listeners: Vec<Listener>,
    /// Listeners held by Gatewright itself: a session proxy or the simulator.
    pub our_listeners: Vec<Listener>,
    /// The fullest accept queue, if anything listens.
    pub accept_queue: Option<AcceptQueue>,
    /// Connections that their client has left and the Gateway has not closed.
    pub zombies: Vec<Zombie>,
    /// How many of the zombies the Gateway has not even accepted.
    pub zombies_in_accept_queue: u32,
    /// How many of the zombies some process holds.
    pub zombies_owned: u32,
    /// CLOSE_WAIT connections on the port while nothing listens there: it cannot be told whose side they are, so they
    /// are nobody's zombies.
    pub unclaimed: Vec<Connection>,
    /// Client's sides of connections to the port that Gatewright holds, in any state.
    pub ours: Vec<Connection>,
    /// What reached its threshold. None means that nothing was found, not that the Gateway is well.
    pub suspicions: Vec<Suspicion>,
}

/// How full a listener's accept queue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AcceptQueue {
    /// Connections that wait to be accepted.
    pub depth: u32,
    /// How many can.
    pub backlog: u32,
}

/// Evidence that reached its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Suspicion {
    /// The Gateway keeps dead connections.
    Zombies {
        /// How many.
        count: u32,
        /// From how many on it is suspicious.
        threshold: u32,
    },
    /// The Gateway does not accept connections.
    AcceptQueue {
        /// How many wait.
        depth: u32,
        /// From how many on it is suspicious.
        threshold: u32,
    },
}

/// A dead connection that a Gateway keeps: its side, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Zombie {
    /// The Gateway's side; its port is the API port.
    pub local: SocketAddr,
    /// The client's side, which has gone.
    pub remote: SocketAddr,
    /// Who holds it.
    pub owner: Owner,
    /// Bytes from the client that were never read; its end counts as one.
    pub recv_queue: u32,
    /// Whether it waits in the accept queue, so that the Gateway has never seen it.
    pub in_accept_queue: bool,
    /// The kernel's family of the socket.
    pub family: Family,
    /// The interface that the socket is bound to; 0 for none.
    pub interface: u32,
    /// The kernel's name for this very socket.
    pub cookie: [u32; 2],
}

impl Zombie {
    fn of(connection: &Connection) -> Self {
        Self {
            local: connection.local,
            remote: connection.remote,
            owner: connection.owner.clone(),
            recv_queue: connection.recv_queue,
            // A process that closes its side leaves CLOSE_WAIT by that, so without a process it can only be in the
            // queue.
            in_accept_queue: connection.inode == 0,
            family: connection.family,
            interface: connection.interface,
            cookie: connection.cookie,
        }
    }

    pub(crate) const fn identity(&self) -> Identity {
        Identity {
            family: self.family,
            local: self.local,
            remote: self.remote,
            interface: self.interface,
            cookie: self.cookie,
        }
    }
}

impl Verdict {
    /// The verdict where the port could not be looked at.
    pub fn unknown(port: u16) -> Self {
        let report = PortReport { port, listeners: Vec::new(), connections: Vec::new() };
        Self { listening: Presence::Unknown, ..verdict(&report, &Thresholds::default()) }
    }
}

/// Judges a report. For a host with several addresses, judge [`PortReport::narrowed_to`] the Gateway's.
pub fn verdict(report: &PortReport, thresholds: &Thresholds) -> Verdict {
    let held_by = |kind: OwnerKind| -> Vec<Listener> {
        report.listeners.iter().filter(|listener| listener.owner.kind() == Some(kind)).cloned().collect()
    };
    let close_wait: Vec<&Connection> = report
        .connections
        .iter()
        .filter(|connection| connection.state == TcpState::CloseWait && connection.local.port() == report.port)
        .collect();
    let (zombies, unclaimed): (Vec<Zombie>, Vec<Connection>) = if report.listeners.is_empty() {
        (Vec::new(), close_wait.into_iter().cloned().collect())
    } else {
        (close_wait.into_iter().map(Zombie::of).collect(), Vec::new())
    };
    let ours = report
        .connections
        .iter()
        .filter(|connection| {
            connection.remote.port() == report.port && connection.owner.kind() == Some(OwnerKind::Ours)
        })
        .cloned()
        .collect();
    let accept_queue = report
        .listeners
        .iter()
        .map(|listener| AcceptQueue { depth: listener.accept_queue, backlog: listener.backlog })
        .max_by_key(|queue| queue.depth);
    let queued = zombies.iter().filter(|zombie| zombie.in_accept_queue).count();
    Verdict {
        port: report.port,
        listening: Presence::seen(!report.listeners.is_empty()),
        foreign_listeners: held_by(OwnerKind::Foreign),
        relay_listeners: held_by(OwnerKind::Relay),
        our_listeners: held_by(OwnerKind::Ours),
        accept_queue,
        zombies_in_accept_queue: count(queued),
        zombies_owned: count(zombies.len() - queued),
        suspicions: suspicions(count(zombies.len()), accept_queue, thresholds),
        zombies,
        unclaimed,
        ours,
    }
}

/// A threshold of 0 is never reached by nothing at all: without evidence there is no suspicion.
fn suspicions(zombies: u32, accept_queue: Option<AcceptQueue>, thresholds: &Thresholds) -> Vec<Suspicion> {
    let depth = accept_queue.map_or(0, |queue| queue.depth);
    let zombies = (zombies >= thresholds.zombies.max(1))
        .then_some(Suspicion::Zombies { count: zombies, threshold: thresholds.zombies });
    let queue = (depth >= thresholds.accept_queue.max(1))
        .then_some(Suspicion::AcceptQueue { depth, threshold: thresholds.accept_queue });
    zombies.into_iter().chain(queue).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
