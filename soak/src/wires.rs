//! The network between a worker and a Gateway: each connection has a delay, keeps its order, and may hang for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use gatewright_sim::core::ConnId;

/// What goes to a Gateway.
#[derive(Debug, Clone)]
pub(crate) enum ToGateway {
    Connect { port: u16 },
    Bytes(Bytes),
    Eof,
    Reset,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum FromGateway {
    Accepted,
    Refused,
    Bytes(Bytes),
    Eof,
    Reset,
}

/// The connections, and when what is sent on them arrives.
#[derive(Debug, Default)]
pub(crate) struct Wires {
    links: BTreeMap<ConnId, Link>,
}

#[derive(Debug, Default)]
struct Link {
    delay: Duration,
    /// What was sent last in each direction arrives then; nothing overtakes it.
    up: Duration,
    down: Duration,
}

impl Wires {
    /// A connection is begun.
    pub(crate) fn open(&mut self, conn: ConnId, delay: Duration) {
        self.links.insert(conn, Link { delay, ..Link::default() });
    }

    /// When something arrives at the Gateway that is sent now.
    pub(crate) fn up(&mut self, now: Duration, conn: ConnId) -> Duration {
        let link = self.links.entry(conn).or_default();
        link.up = link.up.max(now + link.delay);
        link.up
    }

    /// When something arrives at the worker that is sent now.
    pub(crate) fn down(&mut self, now: Duration, conn: ConnId) -> Duration {
        let link = self.links.entry(conn).or_default();
        link.down = link.down.max(now + link.delay);
        link.down
    }

    /// Nothing arrives anywhere until then; nothing is lost.
    pub(crate) fn hang(&mut self, until: Duration) {
        for link in self.links.values_mut() {
            link.up = link.up.max(until);
            link.down = link.down.max(until);
        }
    }

    /// A connection is over, in both directions.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        self.links.remove(&conn);
    }
}
