//! The table itself: one netlink socket, one request at a time.

use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recvfrom, send, socket_with};

use super::Operation;
use crate::netlink::Malformed;
use crate::netlink::inet_diag::{self, Entry, Identity, Query};
use crate::netlink::message::{Message, Messages};
use crate::{SysError, TcpState};

/// The kernel writes datagrams of at most 32 KiB for a dump (`netlink_dump`); twice that is never too short.
const DATAGRAM_LIMIT: usize = 64 * 1024;

/// Entries of one dump: four times the ports that one client address can have, at about 100 bytes each.
const ENTRY_LIMIT: usize = 4 * 65_536;

/// An open way to the socket table of this process's network namespace.
pub(crate) struct SocketTable {
    socket: OwnedFd,
    buffer: Vec<u8>,
    sequence: u32,
}

impl SocketTable {
    pub(crate) fn open() -> Result<Self, SysError> {
        let socket =
            socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG))
                .map_err(|errno| Operation::List.refused(errno.raw_os_error()))?;
        Ok(Self { socket, buffer: vec![0; DATAGRAM_LIMIT], sequence: 0 })
    }

    /// Every socket that matches the query. A socket that moves while the table is read may come twice.
    pub(crate) fn list(&mut self, query: Query, deadline: Instant) -> Result<Vec<Entry>, SysError> {
        let sequence = self.next_sequence();
        let mut entries = Vec::new();
        let request = inet_diag::dump_request(sequence, query);
        self.exchange(Operation::List, sequence, &request, deadline, |message| match message {
            Message::Data { payload, .. } if entries.len() < ENTRY_LIMIT => {
                entries.push(inet_diag::decode_entry(payload).map_err(malformed)?);
                Ok(Progress::More)
            }
            Message::Data { .. } => Err(SysError::TooManySockets { limit: ENTRY_LIMIT }),
            Message::Done { errno: 0 } => Ok(Progress::Complete),
            Message::Done { errno } | Message::Error { errno } => Err(Operation::List.refused(errno)),
            Message::Overrun => Err(SysError::Malformed { what: "the kernel dropped part of it" }),
        })?;
        Ok(entries)
    }

    /// The entry of exactly this socket, or [`SysError::Gone`].
    pub(crate) fn find(&mut self, identity: &Identity, deadline: Instant) -> Result<Entry, SysError> {
        let sequence = self.next_sequence();
        let request = inet_diag::find_request(sequence, identity);
        let mut found = None;
        self.exchange(Operation::Find, sequence, &request, deadline, |message| match message {
            Message::Data { payload, .. } => {
                found = Some(inet_diag::decode_entry(payload).map_err(malformed)?);
                Ok(Progress::Complete)
            }
            Message::Error { errno } => Err(Operation::Find.refused(errno)),
            Message::Done { .. } | Message::Overrun => Err(SysError::Malformed { what: "not an entry" }),
        })?;
        // The kernel compares cookies itself; a listener found in the connection's place must not pass here either.
        found
            .filter(|entry| entry.identity.cookie == identity.cookie && entry.state != TcpState::Listen)
            .ok_or(SysError::Gone)
    }

    /// Removes exactly this socket and returns when the kernel has done so.
    pub(crate) fn destroy(&mut self, identity: &Identity, deadline: Instant) -> Result<(), SysError> {
        let sequence = self.next_sequence();
        let request = inet_diag::destroy_request(sequence, identity);
        self.exchange(Operation::Destroy, sequence, &request, deadline, |message| match message {
            Message::Error { errno: 0 } => Ok(Progress::Complete),
            Message::Error { errno } => Err(Operation::Destroy.refused(errno)),
            Message::Data { .. } => Ok(Progress::More),
            Message::Done { .. } | Message::Overrun => Err(SysError::Malformed { what: "not an acknowledgement" }),
        })
    }

    fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Sends one request and hands over the messages of its answer until one completes it.
    fn exchange(
        &mut self,
        operation: Operation,
        sequence: u32,
        request: &[u8],
        deadline: Instant,
        mut take: impl FnMut(Message<'_>) -> Result<Progress, SysError>,
    ) -> Result<(), SysError> {
        let refused = |errno: Errno| operation.refused(errno.raw_os_error());
        operation.time_left(deadline)?;
        // An unconnected netlink socket sends to the kernel.
        send(&self.socket, request, SendFlags::empty()).map_err(refused)?;
        loop {
            set_socket_timeout(&self.socket, Timeout::Recv, Some(operation.time_left(deadline)?)).map_err(refused)?;
            let (length, sender) = match recvfrom(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, length, sender)) => (length, sender),
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(refused(errno)),
            };
            let datagram = self
                .buffer
                .get(..length)
                .ok_or(SysError::Malformed { what: "it is longer than the kernel's limit" })?;
            // Any process may write to a netlink socket; only port 0 is the kernel.
            if sender.and_then(|sender| SocketAddrNetlink::try_from(sender).ok()).is_none_or(|from| from.pid() != 0) {
                continue;
            }
            for message in Messages::new(datagram, sequence) {
                match take(message.map_err(malformed)?)? {
                    Progress::Complete => return Ok(()),
                    Progress::More => {}
                }
            }
        }
    }
}

/// Whether an answer has ended.
enum Progress {
    More,
    Complete,
}

fn malformed(Malformed(what): Malformed) -> SysError {
    SysError::Malformed { what }
}
