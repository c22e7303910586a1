//! The model of the daemon's shell round the session proxy: programs on one side, the worker on the other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gatewright_proto::{ClientId, OrderId};
use gatewright_proxy::{
    ConnectionId, EntryId, Midnights, OpenUpstream, PastOrder, Peer, Proxy, ProxyEvent, ProxySettings, Ticket,
    UpstreamFailure, UpstreamId,
};
use jiff::tz::TimeZone;

use crate::client::FromClient;
use crate::journal::Write;
use crate::raw::RawNews;
use crate::violation::{Broken, Checked};
use crate::worker::Now;

/// Bytes that may be waiting for a program beyond what may: a burst's end, or the history that was too much.
const WAITING: usize = 96 * 1024;

/// Bytes that the kernel takes for a program that does not read.
const SOCKET: usize = 4 * 1024;

/// How long a program that is being closed has for reading what waits for it, as in the daemon's shell.
const LAST_WORDS: Duration = Duration::from_secs(1);

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
    /// Connections that are closed once everything is written, or then.
    closing: BTreeMap<ConnectionId, Duration>,
    /// Programs that do not read, and what the kernel has taken for them.
    stalled: BTreeMap<u64, usize>,
    /// How much may wait for one.
    most_unread: usize,
    midnights: Midnights,
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
    pub(crate) fn new(now: Now, past: Vec<PastOrder>, settings: ProxySettings, most_unread: usize) -> Self {
        let mut proxy = Proxy::new(settings);
        proxy.handle_past_orders(now.moment.at, past);
        Self {
            proxy,
            ids: BTreeMap::new(),
            conns: BTreeMap::new(),
            closing: BTreeMap::new(),
            stalled: BTreeMap::new(),
            most_unread,
            midnights: Midnights::new(TimeZone::UTC, now.moment.wall),
            upstreams: BTreeMap::new(),
            bursts: BTreeMap::new(),
            out: Vec::new(),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.proxy.poll_timeout().map(|(due, _)| due)
    }

    /// When a program that is being closed has had its time.
    pub(crate) fn poll_close(&self) -> Option<Duration> {
        self.closing.values().copied().min()
    }

    /// Whatever comes first behind a midnight finds it passed.
    pub(crate) fn handle_clock(&mut self, now: Now) {
        if self.midnights.has_passed(now.moment.wall) {
            self.proxy.handle_midnight();
        }
    }

    /// A program reads no longer what is written to it.
    pub(crate) fn handle_stalled(&mut self, conn: u64) {
        self.stalled.insert(conn, 0);
    }

    /// It reads again.
    pub(crate) fn handle_reading(&mut self, now: Now, conn: u64) {
        if self.stalled.remove(&conn).is_some()
            && let Some(id) = self.ids.get(&conn)
        {
            self.write(now, *id);
        }
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
                    self.forget(conn);
                    self.closing.remove(&id);
                    self.proxy.handle_closed(at, id);
                }
            }
        }
    }

    fn forget(&mut self, conn: u64) {
        self.bursts.remove(&conn);
        self.stalled.remove(&conn);
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
                ProxyEvent::Close(id, _) => {
                    self.closing.insert(id, now.at + LAST_WORDS);
                }
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
        for (id, by) in std::mem::take(&mut self.closing) {
            self.write(now, id);
            if self.proxy.waiting(id) > 0 && now.at < by {
                self.closing.insert(id, by);
            } else if let Some(conn) = self.conns.remove(&id) {
                self.ids.remove(&conn);
                self.forget(conn);
                self.proxy.handle_closed(at, id);
                self.out.push(FromDaemon::Close(conn));
            }
        }
    }

    fn write(&mut self, now: Now, id: ConnectionId) {
        let Some(conn) = self.conns.get(&id) else { return };
        while self.stalled.get(conn).is_none_or(|taken| *taken < SOCKET)
            && let Some(bytes) = self.proxy.poll_transmit(now.moment.at, Peer::Client(id))
        {
            if let Some(taken) = self.stalled.get_mut(conn) {
                *taken += bytes.len();
            }
            let (burst, last) = self.bursts.entry(*conn).or_default();
            *burst = if now.at >= *last + BURST_ENDS { bytes.len() } else { *burst + bytes.len() };
            *last = now.at;
            self.out.push(FromDaemon::Bytes(*conn, bytes));
        }
    }

    /// No burst that is over ends on a multiple of 4096 bytes, and nothing waits for a program that reads.
    pub(crate) fn check(&self, now: Now) -> Checked {
        let bursts = self.bursts.iter().map(|(conn, burst)| (*conn, *burst));
        check_bursts(now.at, bursts)?;
        for (id, conn) in &self.conns {
            let most = if self.stalled.contains_key(conn) { self.most_unread + WAITING } else { WAITING };
            let waiting = self.proxy.waiting(*id);
            if waiting > most {
                return Err(Broken::new(
                    "bounds",
                    format!("{waiting} bytes wait for connection {conn}, at most {most} may"),
                ));
            }
        }
        Ok(())
    }
}

fn check_bursts(at: Duration, bursts: impl Iterator<Item = (u64, (usize, Duration))>) -> Checked {
    for (conn, (burst, last)) in bursts {
        let over = at > last + BURST_ENDS * 2;
        if over && burst > 0 && burst.is_multiple_of(4096) {
            return Err(Broken::new("bursts", format!("{burst} bytes in a row to connection {conn}")));
        }
    }
    Ok(())
}

fn gone() -> UpstreamFailure {
    UpstreamFailure {
        cause: "worker_gone".into(),
        message: "the worker is not there".into(),
        remedy: "Nothing to do: it is started again.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_that_is_over_and_ends_where_the_official_client_loses_it_is_noticed() {
        let (written, later) = (Duration::from_secs(1), Duration::from_secs(2));
        let check = |at, burst| check_bursts(at, std::iter::once((7, (burst, written))));
        assert!(check(later, 4095).is_ok() && check(later, 0).is_ok());
        assert!(check(written, 8192).is_ok(), "more may follow");
        assert_eq!(check(later, 8192).unwrap_err().rule, "bursts");
    }
}
