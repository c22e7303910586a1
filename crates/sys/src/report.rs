//! What one look at a port returns.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Owner, TcpState};

/// Everything the socket table had about one port at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PortReport {
    /// The port that was looked for.
    pub port: u16,
    /// Sockets that listen on it.
    pub listeners: Vec<Listener>,
    /// Connections with the port on either side. A connection within this host appears twice, once from each side.
    pub connections: Vec<Connection>,
}

/// One listening socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    /// Where it listens; IPv4-mapped IPv6 addresses are given as IPv4.
    pub address: SocketAddr,
    /// The kernel's family of the socket.
    pub family: Family,
    /// Whether an IPv6 wildcard listener refuses IPv4 (`IPV6_V6ONLY`); `false` also where the kernel does not say.
    pub v6_only: bool,
    /// Connections that the kernel completed and the owner has not accepted yet (Recv-Q).
    pub accept_queue: u32,
    /// How many of those the kernel will hold (Send-Q).
    pub backlog: u32,
    /// The socket's inode, unique on this host while the socket lives.
    pub inode: u64,
    /// The user that owns the socket.
    pub uid: u32,
    /// The process that holds it.
    pub owner: Owner,
}

/// One side of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// This side; IPv4-mapped IPv6 addresses are given as IPv4.
    pub local: SocketAddr,
    /// The other side, in the same form.
    pub remote: SocketAddr,
    /// The state of this side.
    pub state: TcpState,
    /// Bytes that arrived and were not read.
    pub recv_queue: u32,
    /// Bytes that were written and are not acknowledged.
    pub send_queue: u32,
    /// The socket's inode; 0 where no process holds a descriptor.
    pub inode: u64,
    /// The user that owns the socket.
    pub uid: u32,
    /// The process that holds it.
    pub owner: Owner,
    /// The kernel's family of the socket, which need not be that of the addresses.
    pub family: Family,
    /// The interface that the socket is bound to; 0 for none.
    pub interface: u32,
    /// The kernel's name for this very socket, never given to another.
    pub cookie: [u32; 2],
}

/// The address family that the kernel files a socket under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// `AF_INET`.
    Inet,
    /// `AF_INET6`, which includes IPv4 connections of a dual-stack listener (Java's default).
    Inet6,
}

impl Listener {
    /// Whether a connection to `target` would arrive at this listener: it listens on exactly that address, or on a
    /// wildcard that covers it.
    pub fn serves(&self, target: IpAddr) -> bool {
        let target = reached(target);
        match self.address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => target.is_ipv4(),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => target.is_ipv6() || !self.v6_only,
            exact @ (IpAddr::V4(_) | IpAddr::V6(_)) => exact == target,
        }
    }
}

impl PortReport {
    /// The listeners that a connection to `target` could arrive at.
    pub fn listeners_for(&self, target: IpAddr) -> impl Iterator<Item = &Listener> {
        self.listeners.iter().filter(move |listener| listener.serves(target))
    }

    /// The part of this report that concerns the Gateway reached at `target`: its listeners, and the connections of
    /// those listeners.
    #[must_use]
    pub fn narrowed_to(&self, target: IpAddr) -> Self {
        let listeners: Vec<Listener> = self.listeners_for(target).cloned().collect();
        let target = reached(target);
        let concerns = |side: SocketAddr| {
            let ip = side.ip().to_canonical();
            side.port() == self.port && (ip == target || listeners.iter().any(|listener| listener.serves(ip)))
        };
        let connections =
            self.connections.iter().filter(|c| concerns(c.local) || concerns(c.remote)).cloned().collect::<Vec<_>>();
        Self { port: self.port, listeners, connections }
    }

    /// What the table has of the connection whose client is `client`, from either side: what to look at after closing
    /// it.
    pub fn involving(&self, client: SocketAddr) -> impl Iterator<Item = &Connection> {
        self.connections.iter().filter(move |c| c.local == client || c.remote == client)
    }
}

/// Where a connect to `target` ends up: Linux sends the unspecified address to loopback.
fn reached(target: IpAddr) -> IpAddr {
    match target.to_canonical() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        given @ (IpAddr::V4(_) | IpAddr::V6(_)) => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(address: &str, v6_only: bool) -> Listener {
        let address: SocketAddr = address.parse().unwrap();
        let family = if address.is_ipv4() { Family::Inet } else { Family::Inet6 };
        let owner = Owner::Orphaned;
        Listener { address, family, v6_only, accept_queue: 0, backlog: 50, inode: 1, uid: 0, owner }
    }

    fn serves(address: &str, v6_only: bool, target: &str) -> bool {
        listener(address, v6_only).serves(target.parse().unwrap())
    }

    #[test]
    fn wildcard_dual_stack_and_exact_listeners_serve_what_the_kernel_would_send_them() {
        assert!(serves("0.0.0.0:1", false, "127.0.0.1"));
        assert!(serves("0.0.0.0:1", false, "::ffff:10.0.0.1"));
        assert!(!serves("0.0.0.0:1", false, "::1"));
        assert!(serves("[::]:1", false, "127.0.0.1"));
        assert!(serves("[::]:1", false, "::1"));
        assert!(!serves("[::]:1", true, "127.0.0.1"));
        assert!(serves("127.0.0.1:1", false, "127.0.0.1"));
        assert!(serves("127.0.0.1:1", false, "0.0.0.0"));
        assert!(!serves("127.0.0.1:1", false, "127.0.0.2"));
    }

    #[test]
    fn narrowing_keeps_the_target_s_listeners_and_only_their_connections() {
        let connection = |local: &str| Connection {
            local: local.parse().unwrap(),
            remote: "127.0.0.1:50000".parse().unwrap(),
            state: TcpState::Established,
            recv_queue: 0,
            send_queue: 0,
            inode: 0,
            uid: 0,
            owner: Owner::Orphaned,
            family: Family::Inet,
            interface: 0,
            cookie: [1, 0],
        };
        let report = PortReport {
            port: 4001,
            listeners: vec![listener("127.0.0.1:4001", false), listener("127.0.0.2:4001", false)],
            connections: vec![connection("127.0.0.1:4001"), connection("127.0.0.2:4001")],
        };
        let narrowed = report.narrowed_to("127.0.0.2".parse().unwrap());
        assert_eq!(narrowed.listeners, [listener("127.0.0.2:4001", false)]);
        assert_eq!(narrowed.connections, [connection("127.0.0.2:4001")]);
        assert_eq!(report.involving("127.0.0.1:50000".parse().unwrap()).count(), 2);
    }
}
