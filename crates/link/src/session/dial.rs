//! The TCP connection: resolving the host, and dialling with every option set before the first packet.

use std::io;
use std::net::{IpAddr, SocketAddr};

use gatewright_proto::session::DialFailure;
use tokio::net::{TcpSocket, TcpStream, lookup_host};

/// Addresses of one host that are tried in turn.
const MAX_ADDRESSES: usize = 8;

/// The addresses of a host, in the order to try them.
pub(super) async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, DialFailure> {
    if let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let found = lookup_host((host, port)).await.map_err(|error| DialFailure::Unreachable(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = found.take(MAX_ADDRESSES).collect();
    // Gateways listen on IPv4 by default, and on both families at once where on IPv6.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() { Err(DialFailure::Unreachable(format!("{host} has no address"))) } else { Ok(addresses) }
}

/// Dials. SO_LINGER 0 is set from the start, so that even a SIGKILL resets the connection instead of leaving
/// CLOSE_WAIT at a Gateway that does not close its end.
///
/// # Cancel safety
///
/// Dropping the future resets what was opened.
pub(super) async fn dial(address: SocketAddr) -> Result<TcpStream, DialFailure> {
    let socket =
        gatewright_sys::new_gateway_socket(address).map_err(|error| DialFailure::Unreachable(error.to_string()))?;
    let socket = TcpSocket::from_std_stream(socket.into());
    socket.connect(address).await.map_err(|error| {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            DialFailure::Refused
        } else if error.kind() == io::ErrorKind::ConnectionReset {
            DialFailure::Reset
        } else {
            DialFailure::Unreachable(error.to_string())
        }
    })
}
