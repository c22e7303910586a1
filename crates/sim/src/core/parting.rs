//! Faults of connections: who is turned away, who waits for a dialog, whose end is not noticed, where writes are cut.

use ::core::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use gatewright_proto::ServerMessage;
use gatewright_proto::message::start::ErrorMessage;
use rand_chacha::rand_core::Rng;
use tracing::debug;

use super::action::{Action, ConnId, How};
use super::agenda::Due;
use super::connection::{Connection, Stage};
use super::filling::Match;
use super::outbox::READ_SIZE;
use super::world::World;
use crate::fault::{Fault, TurnedAway};

/// How long a relay keeps a client's side open once the client has sent its FIN, in the client's time: what socat waits
/// by default (gnzsnz#336).
const RELAY_LINGERS: Duration = Duration::from_millis(500);

/// The longest piece of a write that [`Fault::SplitBytes`] cuts, in bytes: shorter than most frames.
const LONGEST_PIECE: u32 = 32;

/// What becomes of a connection that was just accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Welcome {
    /// It is closed at once.
    Closed,
    /// It is reset at once.
    Reset,
    /// It is never answered.
    Silence,
    /// It is served.
    Served,
}

impl World {
    /// What becomes of a connection that was just accepted.
    pub(super) fn welcome(&mut self) -> Welcome {
        if self.faults.has(Fault::ResetOnAccept) {
            return Welcome::Reset;
        }
        // Only a relay lets a client connect while the Gateway refuses.
        if self.faults.has(Fault::CloseOnAccept) || self.refuses() {
            return Welcome::Closed;
        }
        if self.trouble.failing_connects > 0 {
            self.trouble.failing_connects -= 1;
            return Welcome::Reset;
        }
        let most = usize::try_from(self.parameters().max_clients).unwrap_or(usize::MAX);
        if self.faults.has(Fault::ClientLimit) && self.connections.len() >= most {
            return match self.parameters().turned_away {
                TurnedAway::Close => Welcome::Closed,
                TurnedAway::Reset => Welcome::Reset,
                TurnedAway::Silence => Welcome::Silence,
            };
        }
        let stalls = self.faults.has(Fault::StallNew) && self.ready_sessions() >= self.config.stall_after;
        if stalls || self.is_stalled_by_leaks() || self.faults.has(Fault::AcceptSilent) {
            return Welcome::Silence;
        }
        Welcome::Served
    }

    /// Where the Gateway sees a client: behind a relay all of them are on its own machine.
    pub(super) fn seen_as(&self, peer: SocketAddr) -> SocketAddr {
        if self.faults.has(Fault::Relay) { SocketAddr::from((Ipv4Addr::LOCALHOST, peer.port())) } else { peer }
    }

    /// Whether new connections stall because too many sockets have leaked.
    fn is_stalled_by_leaks(&self) -> bool {
        let leaked = self.connections.values().filter(|it| matches!(it.stage, Stage::Leaked(_))).count();
        let most = usize::try_from(self.parameters().leaks_to_stall).unwrap_or(usize::MAX);
        self.faults.has(Fault::LeakStall) && leaked >= most
    }

    /// A client has gone, in a way that the Gateway may fail to notice.
    pub(super) fn part(&mut self, id: ConnId, how: How) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.outer_is_gone {
            return;
        }
        let client = connection.client();
        let unfinished = !matches!(connection.stage, Stage::Ready(_));
        if self.faults.has(Fault::HalfOpen) && !unfinished {
            return debug!(conn = id.0, "its end is not noticed");
        }
        if how == How::Eof && unfinished && self.faults.has(Fault::LeakStall) {
            return self.leak(id);
        }
        if how == How::Reset && !unfinished && self.faults.has(Fault::Relay) {
            // The relay's own connection to the Gateway stays, and nobody ends it.
            connection.stage = Stage::Leaked(client);
            connection.outer_is_gone = true;
            return;
        }
        if let Some(client) = client.filter(|_| self.faults.has(Fault::SlowRelease)) {
            let until = self.now + self.parameters().release_after.get();
            self.trouble.held_ids.retain(|_, end| self.now < *end);
            self.trouble.held_ids.insert(client, until);
        }
        match how {
            How::Eof => self.close(id),
            How::Reset => self.forget(id),
        }
    }

    /// The Gateway ignores that a client has gone: its socket stays in CLOSE_WAIT. Behind a relay that is the relay's own
    /// connection, inside the container, and the client's side is closed all the same.
    pub(super) fn leak(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.stage = Stage::Leaked(connection.client());
        if self.faults.has(Fault::Relay) {
            self.agenda.add(self.now + self.wire(RELAY_LINGERS), Due::RelayCloses(id));
        }
    }

    /// The relay closes the client's side of a connection that the Gateway has leaked.
    pub(super) fn close_outer(&mut self, id: ConnId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !std::mem::replace(&mut connection.outer_is_gone, true) {
            self.push_action(Action::Close(id));
        }
    }

    /// The relay is killed: what it held is closed on both sides, and it comes back later.
    pub(super) fn kill_relay(&mut self, fault: Fault, back_after: Duration) {
        let held = |it: &&Connection| !matches!(it.stage, Stage::Leaked(_)) || !it.outer_is_gone;
        let ids: Vec<ConnId> = self.connections.iter().filter(|(_, it)| held(it)).map(|(id, _)| *id).collect();
        for id in ids {
            self.close(id);
        }
        self.agenda.add(self.now + back_after, Due::FaultEnds(fault));
    }

    /// A dialog keeps a connection waiting.
    pub(super) fn show_dialog(&mut self, id: ConnId) {
        self.agenda.add_once(self.now + self.parameters().dialog_after.get(), Due::DialogEnds(id));
    }

    /// Nobody has answered the dialog.
    pub(super) fn end_dialog(&mut self, id: ConnId) {
        let waits = self.connections.get(&id).is_some_and(|connection| match connection.stage {
            Stage::Greeting(_) => self.faults.has(Fault::AcceptDialog),
            Stage::Starting(_) => self.faults.has(Fault::PaperWarning),
            Stage::Ready(_) | Stage::Mute | Stage::Leaked(_) => false,
        });
        if waits {
            debug!(conn = id.0, "API is not accepted");
            self.close(id);
        }
    }

    /// A write, whole or cut by a fault.
    pub(super) fn pieces(&mut self, mut bytes: Bytes) -> Vec<Bytes> {
        if !self.faults.has(Fault::SplitBytes) {
            return vec![bytes];
        }
        let mut pieces = Vec::new();
        while !bytes.is_empty() {
            let length = usize::try_from(self.trouble.rng.next_u32() % LONGEST_PIECE + 1).unwrap_or(1);
            pieces.push(bytes.split_to(length.min(bytes.len())));
        }
        pieces
    }

    /// With [`Fault::AlignedBurst`]: fills what waits for a session up to a multiple of a client's read size.
    pub(super) fn fill_burst(&mut self, id: ConnId) {
        let on = self.faults.has(Fault::AlignedBurst);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let on = on && matches!(connection.stage, Stage::Ready(_)) && connection.outbox.len() > 0;
        connection.outbox.write_whole(on);
        if !on || connection.outbox.len().is_multiple_of(READ_SIZE) {
            return;
        }
        let (waiting, speaks) = (connection.outbox.len(), connection.speaks);
        let Some(empty) = self.notice_of(0, speaks) else { return };
        let wanted = waiting.saturating_add(empty).next_multiple_of(READ_SIZE) - waiting;
        // The length of a notice grows with its text byte by byte, but for the length fields of newer encodings.
        let fits = (wanted - empty).saturating_sub(8)..=(wanted - empty);
        let length = fits.rev().find(|length| self.notice_of(*length, speaks) == Some(wanted));
        if let Some(length) = length {
            let notice = self.filler(length);
            self.queue(id, &notice);
        }
    }

    fn filler(&self, length: usize) -> ServerMessage {
        ServerMessage::Error(Box::new(self.stamped(ErrorMessage::notice(2104, "x".repeat(length)))))
    }

    fn notice_of(&self, length: usize, speaks: gatewright_proto::ServerVersion) -> Option<usize> {
        let mut out = bytes::BytesMut::new();
        self.filler(length).encode(&mut out, speaks).ok()?;
        Some(out.len())
    }

    /// The order fills at the market's price, whatever its own is.
    pub(super) fn fill_at_market(&mut self, key: super::book::OrderKey) {
        let second = self.now.second();
        let Some(order) = self.book.get(key) else { return };
        let Some(instrument) = self.catalogue.get(order.con_id) else { return };
        let Some(path) = self.paths.get(&order.con_id) else { return };
        let quote = path.quote(second, 0);
        let price = instrument.price(if order.order.action.is_sell() { quote.bid } else { quote.ask });
        let quantity = order.remaining();
        self.fill(key, Match { price, quantity, second, last_liquidity: 2 });
    }
}
