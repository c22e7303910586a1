//! The model of the daemon's shell round the session proxy: programs on one side, the worker on the other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatewright_proto::{ClientId, OrderId};
use gatewright_proxy::{
    ConnectionId, EntryId, OpenUpstream, PastOrder, Peer, Proxy, ProxyEvent, ProxySettings, Ticket, UpstreamFailure,
    UpstreamId,
};

use crate::client::FromClient;
use crate::journal::Write;
use crate::raw::RawNews;
use crate::violation::{Broken, Checked};
use crate::worker::Now;

/// Bytes that a program which reads everything at once may ever have waiting: one burst's end.
const WAITING: usize = 64 * 1024;

/// What the daemon wants done.
#[derive(Debug)]
pub(crate) enum FromDaemon {
    /// Bytes for a program.
    Bytes(u64, Bytes),
    /// Its connection is closed.
    Close(u64),
    Open(OpenUpstream),
    CloseUpstream(UpstreamId),
    Frames(UpstreamId, Bytes),
    /// Make durable.
    Write(Write),
}

/// A daemon. Killed, it is dropped with all connections of its programs.
#[derive(Debug)]
pub(crate) struct Daemon {
    proxy: Proxy,
    ids: BTreeMap<u64, ConnectionId>,
    conns: BTreeMap<ConnectionId, u64>,
    closing: Vec<ConnectionId>,
    /// Sessions that are open or being opened, and which of them are open.
    upstreams: BTreeMap<UpstreamId, bool>,
    /// Bytes in a row to each program, and when the last of them went.
    bursts: BTreeMap<u64, (usize, Duration)>,
    pub(crate) out: Vec<FromDaemon>,
}

/// A burst is over after so long without a byte.
const BURST_ENDS: Duration = Duration::from_millis(5);

impl Daemon {
    /// It begins with what the journal has open.
    pub(crate) fn new(now: Now, past: Vec<PastOrder>) -> Self {
        let mut proxy = Proxy::new(ProxySettings::default());
        proxy.handle_past_orders(now.moment.at, past);
        Self {
            proxy,
            ids: BTreeMap::new(),
            conns: BTreeMap::new(),
            closing: Vec::new(),
            upstreams: BTreeMap::new(),
            bursts: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.proxy.poll_timeout().map(|(due, _)| due)
    }

    pub(crate) fn handle_timeout(&mut self, now: Now) {
        self.proxy.handle_timeout(now.moment.at);
    }

    /// The connections of programs, as they are when it is killed.
    pub(crate) fn connections(&self) -> Vec<u64> {
        self.ids.keys().copied().collect()
    }

    /// Something arrives from a program.
    pub(crate) fn handle_client(&mut self, now: Now, conn: u64, what: FromClient) {
        let at = now.moment.at;
        match what {
            FromClient::Connect => match self.proxy.handle_accepted(at) {
                Some(id) => {
                    self.ids.insert(conn, id);
                    self.conns.insert(id, conn);
                }
                None => self.out.push(FromDaemon::Close(conn)),
            },
            FromClient::Bytes(bytes) => {
                if let Some(id) = self.ids.get(&conn) {
                    self.proxy.handle_received(at, *id, &bytes);
                }
            }
            FromClient::Closed => {
                if let Some(id) = self.ids.remove(&conn) {
                    self.conns.remove(&id);
                    self.bursts.remove(&conn);
                    self.proxy.handle_closed(at, id);
                }
            }
        }
    }

    /// The worker tells of a session.
    pub(crate) fn handle_raw(&mut self, now: Now, news: RawNews) {
        let at = now.moment.at;
        match news {
            RawNews::Opened(id, opened) => {
                self.upstreams.insert(id, true);
                self.proxy.handle_opened(at, id, &opened);
            }
            RawNews::Refused(id, failure) => {
                self.upstreams.remove(&id);
                self.proxy.handle_refused(at, id, failure);
            }
            RawNews::Frames(id, frames) => self.proxy.handle_frames(at, id, &frames),
            RawNews::Lost(id, why) => {
                self.upstreams.remove(&id);
                self.proxy.handle_lost(at, id, &why);
            }
        }
    }

    /// The worker is no more, or not there yet.
    pub(crate) fn handle_worker_gone(&mut self, now: Now) {
        for (id, open) in std::mem::take(&mut self.upstreams) {
            let why = "the worker ended it";
            if open {
                self.proxy.handle_lost(now.moment.at, id, why);
            } else {
                self.proxy.handle_refused(now.moment.at, id, gone());
            }
        }
    }

    /// There is no worker to open a session.
    pub(crate) fn refuse(&mut self, now: Now, id: UpstreamId) {
        self.upstreams.remove(&id);
        self.proxy.handle_refused(now.moment.at, id, gone());
    }

    /// The journal has made a mark durable.
    pub(crate) fn handle_marked(&mut self, now: Now, client_id: ClientId, mark: OrderId) {
        self.proxy.handle_marked(now.moment.at, client_id, Some(mark));
    }

    /// The journal has what is about to be sent.
    pub(crate) fn handle_recorded(&mut self, now: Now, client_id: ClientId, ticket: Ticket, entry: EntryId) {
        self.proxy.handle_recorded(now.moment.at, client_id, ticket, Some(entry));
    }

    /// Takes everything that follows.
    pub(crate) fn drain(&mut self, now: Now) {
        let at = now.moment.at;
        while let Some(event) = self.proxy.poll_event() {
            match event {
                ProxyEvent::Open(open) => {
                    self.upstreams.insert(open.id, false);
                    self.out.push(FromDaemon::Open(open));
                }
                ProxyEvent::CloseUpstream(id) => {
                    self.upstreams.remove(&id);
                    self.out.push(FromDaemon::CloseUpstream(id));
                }
                ProxyEvent::Transmit(Peer::Client(id)) => self.write(now, id),
                ProxyEvent::Transmit(Peer::Gateway(id)) => {
                    if self.upstreams.get(&id) == Some(&true) {
                        while let Some(frames) = self.proxy.poll_transmit(at, Peer::Gateway(id)) {
                            self.out.push(FromDaemon::Frames(id, frames));
                        }
                    }
                }
                ProxyEvent::Close(id, _) => self.closing.push(id),
                ProxyEvent::Mark { client_id, at_least } => {
                    self.out.push(FromDaemon::Write(Write::Mark(client_id, at_least)));
                }
                ProxyEvent::Intend { ticket, intent } => {
                    self.out.push(FromDaemon::Write(Write::Intend(ticket, Box::new(intent))));
                }
                ProxyEvent::Record { entries, news, .. } => {
                    self.out.push(FromDaemon::Write(Write::Close(entries, news)));
                }
                ProxyEvent::Readable(_) => {}
            }
        }
        for id in std::mem::take(&mut self.closing) {
            self.write(now, id);
            if self.proxy.waiting(id) > 0 {
                self.closing.push(id);
            } else if let Some(conn) = self.conns.remove(&id) {
                self.ids.remove(&conn);
                self.bursts.remove(&conn);
                self.proxy.handle_closed(at, id);
                self.out.push(FromDaemon::Close(conn));
            }
        }
    }

    fn write(&mut self, now: Now, id: ConnectionId) {
        while let Some(bytes) = self.proxy.poll_transmit(now.moment.at, Peer::Client(id)) {
            let Some(conn) = self.conns.get(&id) else { return };
            let (burst, last) = self.bursts.entry(*conn).or_default();
            *burst = if now.at >= *last + BURST_ENDS { bytes.len() } else { *burst + bytes.len() };
            *last = now.at;
            self.out.push(FromDaemon::Bytes(*conn, bytes));
        }
    }

    /// No burst that is over ends on a multiple of 4096 bytes, and nothing waits for a program that reads.
    pub(crate) fn check(&self, now: Now) -> Checked {
        for (conn, (burst, last)) in &self.bursts {
            let over = now.at > *last + BURST_ENDS * 2;
            if over && *burst > 0 && burst.is_multiple_of(4096) {
                return Err(Broken::new("bursts", format!("{burst} bytes in a row to connection {conn}")));
            }
        }
        match self.conns.keys().find(|id| self.proxy.waiting(**id) > WAITING) {
            Some(id) => {
                Err(Broken::new("bounds", format!("{} bytes wait for a program that reads", self.proxy.waiting(*id))))
            }
            None => Ok(()),
        }
    }
}

fn gone() -> UpstreamFailure {
    UpstreamFailure {
        cause: "worker_gone".into(),
        message: "the worker is not there".into(),
        remedy: "Nothing to do: it is started again.".into(),
    }
}
