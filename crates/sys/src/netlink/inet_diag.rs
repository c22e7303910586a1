//! Requests to and entries from the kernel's table of TCP sockets (`linux/inet_diag.h`, sock_diag(7)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Malformed;
use super::message::{self, ACK, DUMP, REQUEST, align, read_u16};
use crate::{Family, TcpState};

/// `SOCK_DIAG_BY_FAMILY`: the kind of a request for entries, and of each entry.
pub(crate) const BY_FAMILY: u16 = 20;
/// `SOCK_DESTROY`: the kind of a request to remove one.
pub(crate) const DESTROY: u16 = 21;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
/// `INET_DIAG_REQ_BYTECODE`: the attribute with the filter program.
const BYTECODE: u16 = 1;
/// `INET_DIAG_SKV6ONLY`: an entry's attribute with `IPV6_V6ONLY`.
const SKV6ONLY: u16 = 11;

/// `struct inet_diag_sockid`: ports, addresses, interface, cookie.
const SOCKET_ID: usize = 48;
/// `struct inet_diag_req_v2`: 8 bytes, then the socket id.
const REQUEST_BODY: usize = 8 + SOCKET_ID;
/// `struct inet_diag_msg`: 4 bytes, the socket id, then five 32-bit numbers.
const ENTRY: usize = 4 + SOCKET_ID + 20;

/// `INET_DIAG_NOCOOKIE` in both halves would mean "whichever socket has these addresses".
const NO_COOKIE: [u32; 2] = [u32::MAX; 2];

/// Codes of the filter program: jump, and comparisons of the source (local) or destination (remote) port.
mod op {
    pub(super) const JUMP: u8 = 1;
    pub(super) const LOCAL_GE: u8 = 2;
    pub(super) const LOCAL_LE: u8 = 3;
    pub(super) const REMOTE_GE: u8 = 4;
    pub(super) const REMOTE_LE: u8 = 5;
}

/// Which sockets a dump is to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) family: Family,
    /// A bit for each wanted state, see [`TcpState::mask`].
    pub(crate) states: u32,
    pub(crate) port: u16,
}

/// One socket, exactly: its addresses and the kernel's cookie for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) family: Family,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) interface: u32,
    pub(crate) cookie: [u32; 2],
}

/// One socket of the kernel's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) identity: Identity,
    pub(crate) state: TcpState,
    pub(crate) recv_queue: u32,
    pub(crate) send_queue: u32,
    pub(crate) uid: u32,
    pub(crate) inode: u32,
    pub(crate) v6_only: bool,
}

/// A request for every socket of one family that has the port on either side.
pub(crate) fn dump_request(sequence: u32, query: Query) -> Vec<u8> {
    let mut body = Vec::with_capacity(REQUEST_BODY + 4 + 36);
    body.extend_from_slice(&[family_code(query.family), IPPROTO_TCP, 0, 0]);
    body.extend_from_slice(&query.states.to_ne_bytes());
    body.extend_from_slice(&[0; SOCKET_ID]);
    let program = either_port(query.port);
    body.extend_from_slice(&(4 + program.len() as u16).to_ne_bytes());
    body.extend_from_slice(&BYTECODE.to_ne_bytes());
    body.extend_from_slice(&program);
    message::request(BY_FAMILY, REQUEST | DUMP, sequence, &body)
}

/// A request for the entry of exactly this socket.
pub(crate) fn find_request(sequence: u32, identity: &Identity) -> Vec<u8> {
    message::request(BY_FAMILY, REQUEST, sequence, &exact_body(identity))
}

/// A request to remove exactly this socket.
///
/// # Panics
/// If the identity has no cookie: the kernel looks an address pair up among connections and then among *listeners*, and
/// only the cookie keeps it from destroying the listener of a connection that has just gone.
pub(crate) fn destroy_request(sequence: u32, identity: &Identity) -> Vec<u8> {
    assert_ne!(identity.cookie, NO_COOKIE, "a socket is only ever destroyed by its cookie");
    message::request(DESTROY, REQUEST | ACK, sequence, &exact_body(identity))
}

fn exact_body(identity: &Identity) -> [u8; REQUEST_BODY] {
    let mut body = [0; REQUEST_BODY];
    body[0] = family_code(identity.family);
    body[1] = IPPROTO_TCP;
    body[4..8].copy_from_slice(&u32::MAX.to_ne_bytes());
    body[8..10].copy_from_slice(&identity.local.port().to_be_bytes());
    body[10..12].copy_from_slice(&identity.remote.port().to_be_bytes());
    body[12..28].copy_from_slice(&address_bytes(identity.family, identity.local.ip()));
    body[28..44].copy_from_slice(&address_bytes(identity.family, identity.remote.ip()));
    body[44..48].copy_from_slice(&identity.interface.to_ne_bytes());
    body[48..52].copy_from_slice(&identity.cookie[0].to_ne_bytes());
    body[52..56].copy_from_slice(&identity.cookie[1].to_ne_bytes());
    body
}

/// The filter program "local port == port, or remote port == port".
///
/// Each operation is `code, yes, no`: how many bytes to go forward when it holds and when not; running exactly to the
/// end accepts, 4 bytes past it rejects. A comparison is followed by 4 bytes with its port. Pairs of ≥ and ≤ serve as
/// ==, which only newer kernels have.
fn either_port(port: u16) -> [u8; 36] {
    let steps: [(u8, u8, u16); 9] = [
        (op::LOCAL_GE, 8, 20), // else try the remote port, at 20
        (0, 0, port),
        (op::LOCAL_LE, 8, 12),
        (0, 0, port),
        (op::JUMP, 4, 20),      // accepted
        (op::REMOTE_GE, 8, 20), // else rejected
        (0, 0, port),
        (op::REMOTE_LE, 8, 12),
        (0, 0, port),
    ];
    let mut program = [0; 36];
    for ((code, yes, no), bytes) in steps.into_iter().zip(program.chunks_exact_mut(4)) {
        bytes[0] = code;
        bytes[1] = yes;
        bytes[2..].copy_from_slice(&no.to_ne_bytes());
    }
    program
}

/// Reads one entry.
pub(crate) fn decode_entry(payload: &[u8]) -> Result<Entry, Malformed> {
    let fixed: &[u8; ENTRY] = payload.first_chunk().ok_or(Malformed("a socket entry is cut short"))?;
    let family = match fixed[0] {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        _ => return Err(Malformed("a socket entry has an address family that was not asked for")),
    };
    let number = |at: usize| u32::from_ne_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let identity = Identity {
        family,
        local: SocketAddr::new(read_address(family, &fixed[8..24]), u16::from_be_bytes([fixed[4], fixed[5]])),
        remote: SocketAddr::new(read_address(family, &fixed[24..40]), u16::from_be_bytes([fixed[6], fixed[7]])),
        interface: number(40),
        cookie: [number(44), number(48)],
    };
    Ok(Entry {
        identity,
        state: TcpState::from_kernel(fixed[1]),
        recv_queue: number(56),
        send_queue: number(60),
        uid: number(64),
        inode: number(68),
        v6_only: attribute(&payload[ENTRY..], SKV6ONLY).and_then(|value| value.first()).is_some_and(|flag| *flag != 0),
    })
}

/// The value of the first attribute of this kind; damaged attributes end the search.
fn attribute(mut rest: &[u8], kind: u16) -> Option<&[u8]> {
    loop {
        let length = usize::from(read_u16(rest, 0)?);
        let value = rest.get(4..length)?;
        if read_u16(rest, 2)? == kind {
            return Some(value);
        }
        rest = rest.get(align(length)..)?;
    }
}

const fn family_code(family: Family) -> u8 {
    match family {
        Family::Inet => AF_INET,
        Family::Inet6 => AF_INET6,
    }
}

/// An address as 16 bytes, the way its family has it: IPv4 in the first four, or mapped into IPv6.
fn address_bytes(family: Family, ip: IpAddr) -> [u8; 16] {
    match (family, ip) {
        (Family::Inet, IpAddr::V4(ip)) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
        (Family::Inet6, IpAddr::V4(ip)) => ip.to_ipv6_mapped().octets(),
        // An IPv6 address in the IPv4 family does not come from the kernel; as zeros it finds nothing.
        (Family::Inet, IpAddr::V6(_)) => [0; 16],
        (Family::Inet6, IpAddr::V6(ip)) => ip.octets(),
    }
}

fn read_address(family: Family, bytes: &[u8]) -> IpAddr {
    let octets: [u8; 16] = *bytes.first_chunk().expect("addresses are cut from an entry in 16 bytes");
    match family {
        Family::Inet => IpAddr::V4(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3])),
        Family::Inet6 => IpAddr::V6(Ipv6Addr::from(octets)).to_canonical(),
    }
}

#[cfg(test)]
mod tests;
