//! What the kernel says of a port, asked in two independent ways.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use gatewright_sys::{PortReport, Thresholds};

use crate::patience::{self, now};

/// All sockets of a port.
pub(crate) fn report(port: u16) -> PortReport {
    gatewright_sys::inspect(port, now() + Duration::from_secs(5)).unwrap()
}

/// Dead connections at the Gateway's side, as `gatewright-sys` counts them.
pub(crate) fn zombies(port: u16) -> usize {
    gatewright_sys::verdict(&report(port), &Thresholds::default()).zombies.len()
}

/// The same from `/proc/net/tcp` and `/proc/net/tcp6`, which `gatewright-sys` does not read.
pub(crate) fn zombies_by_proc(port: u16) -> usize {
    const CLOSE_WAIT: &str = "08";
    let local = format!(":{port:04X}");
    let count = |path: &str| {
        let table = std::fs::read_to_string(path).unwrap_or_default();
        table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .filter(|fields| fields[1].ends_with(&local) && fields[3] == CLOSE_WAIT)
            .count()
    };
    count("/proc/net/tcp") + count("/proc/net/tcp6")
}

/// Waits until no connection of the port is left in any state, and then counts what is in CLOSE_WAIT: nothing may be.
pub(crate) fn assert_nothing_left(port: u16) {
    patience::until("all connections are gone", || report(port).connections.is_empty());
    assert_eq!((zombies(port), zombies_by_proc(port)), (0, 0));
}

/// Leaves dead connections at a simulated Gateway that ignores their end, as a client does that greets and goes.
pub(crate) fn leave_zombies(address: &str, count: usize) {
    for _ in 0..count {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"API\0\0\0\0\x09v157..178").unwrap();
        // What is not read would turn the close into a reset.
        assert!(client.read(&mut [0; 256]).unwrap() > 0);
        client.shutdown(Shutdown::Write).unwrap();
    }
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    patience::until("the dead connections are in the table", || zombies(port) == count);
}
