//! For tests: a listener that leaks connections on demand, and waiting for the socket table without sleeping.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::{PortReport, Verdict, clock, inspect, verdict};

/// What a client sends first: the API prefix and a version range.
pub(crate) const HELLO: &[u8; 17] = b"API\0\0\0\0\x09v157..178";

/// How often a condition is looked at before a test gives up; with [`PAUSE`], at least ten seconds.
const LOOKS: u32 = 2_000;
const PAUSE: Duration = Duration::from_millis(5);

/// A listener with its own port. It accepts only when told to, and never closes what it has accepted.
pub(crate) struct LeakyGateway {
    listener: TcpListener,
    accepted: Vec<TcpStream>,
}

impl LeakyGateway {
    pub(crate) fn new() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        Self { listener, accepted: Vec::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address().port()
    }

    /// A client that has sent its first bytes.
    pub(crate) fn client(&self) -> TcpStream {
        self.client_at(self.address())
    }

    pub(crate) fn client_at(&self, address: SocketAddr) -> TcpStream {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(HELLO).unwrap();
        client
    }

    /// Clients that send their first bytes and go.
    pub(crate) fn leave_zombies(&self, count: usize) {
        (0..count).for_each(|_| drop(self.client()));
    }

    /// Closes its side of everything it has accepted after reading what each client says first.
    pub(crate) fn close_accepted(&mut self) {
        for mut connection in self.accepted.drain(..) {
            connection.read_exact(&mut [0; HELLO.len()]).unwrap();
        }
    }

    pub(crate) fn accept(&mut self, count: usize) {
        for _ in 0..count {
            self.accepted.push(self.listener.accept().unwrap().0);
        }
    }

    /// Reads each accepted connection to its end, which must have come, and closes it: closing with unread bytes would
    /// reset it.
    pub(crate) fn read_and_close_accepted(&mut self) {
        for mut connection in self.accepted.drain(..) {
            connection.read_to_end(&mut Vec::new()).unwrap();
        }
    }

    pub(crate) fn report(&self) -> PortReport {
        inspect(self.port(), soon()).unwrap()
    }

    pub(crate) fn verdict(&self) -> Verdict {
        verdict(&self.report(), &crate::Thresholds::default())
    }

    /// The verdict once it has so many zombies.
    pub(crate) fn verdict_with_zombies(&self, count: usize) -> Verdict {
        poll_until("the zombies are in the table", || self.verdict().zombies.len() == count);
        self.verdict()
    }
}

/// A deadline that no test is meant to reach.
pub(crate) fn soon() -> Instant {
    clock::now() + Duration::from_secs(30)
}

/// Looks until the condition holds. Between two looks it waits for a datagram that never comes: the table announces
/// nothing.
pub(crate) fn poll_until(what: &str, mut condition: impl FnMut() -> bool) {
    let (silent, _other_end) = UnixDatagram::pair().unwrap();
    silent.set_read_timeout(Some(PAUSE)).unwrap();
    for _ in 0..LOOKS {
        if condition() {
            return;
        }
        silent.recv(&mut [0]).unwrap_err();
    }
    panic!("gave up waiting until {what}");
}
