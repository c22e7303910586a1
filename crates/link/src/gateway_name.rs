//! One name for one Gateway, however it is spelled: locks and journals are kept by it.

use std::net::{IpAddr, ToSocketAddrs};

/// `HOST:PORT` with every spelling of this machine's loopback as `127.0.0.1`, and other hosts in lower case as given.
///
/// A name that is no address is looked up, which may take as long as the resolver does; where it leads to this machine
/// is all that is taken from the answer, since other addresses may change under a name that stays the same.
pub fn canonical_gateway(host: &str, port: u16) -> String {
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if is_loopback(&host, port) {
        return format!("127.0.0.1:{port}");
    }
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn is_loopback(host: &str, port: u16) -> bool {
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback(),
        Err(_) if host == "localhost" => true,
        Err(_) => (host, port)
            .to_socket_addrs()
            .is_ok_and(|mut addresses| addresses.any(|address| address.ip().to_canonical().is_loopback())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_loopback_is_one_gateway() {
        for host in ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]", "127.0.0.2", "::ffff:127.0.0.1"] {
            assert_eq!(canonical_gateway(host, 4002), "127.0.0.1:4002", "{host}");
        }
    }

    #[test]
    fn other_hosts_keep_their_name() {
        assert_eq!(canonical_gateway("10.0.0.7", 4001), "10.0.0.7:4001");
        assert_eq!(canonical_gateway("[2001:DB8::1]", 4001), "[2001:db8::1]:4001");
    }
}
