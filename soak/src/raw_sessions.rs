//! The raw sessions of a worker's model: permission, handshake, frames within the pace, and what the Gateway's words mean.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use gatewright_link::pacing::{Hearing, Taken, Traffic};
use gatewright_link::recovery::Suspect;
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::session::{Cause, ClosedHow, Deadlines, DialFailure, Failure};
use gatewright_proto::{ClientId, RequestId, ServerMessage, encoding};
use gatewright_proxy::{OpenUpstream, UpstreamFailure, UpstreamId};
use gatewright_sim::core::ConnId;

use crate::raw::{Raw, RawNews};
use crate::wires::{FromGateway, ToGateway};
use crate::worker::{Now, Worker, frames};

impl Worker {
    /// The daemon asks for a session.
    pub(crate) fn open_raw(&mut self, now: Now, open: OpenUpstream) {
        self.touched = true;
        let client_id = open.id.client_id;
        if let Some(before) = self.raws.get(&client_id).map(|raw| raw.open.id) {
            self.close_raw(now, before);
        }
        self.raws.insert(client_id, Raw::new(open, now.at));
        self.recovery.handle_wanted(now.moment, client_id);
    }

    /// The daemon does not want it any more.
    pub(crate) fn close_raw(&mut self, now: Now, id: UpstreamId) {
        self.touched = true;
        if self.raws.get(&id.client_id).is_some_and(|raw| raw.open.id == id) {
            // What was said before the end, such as cancels, still goes out where the pace allows it.
            self.transmit(now);
            self.end_raw(now, id.client_id);
        }
    }

    /// Frames of a program.
    pub(crate) fn send_raw(&mut self, now: Now, id: UpstreamId, bytes: Bytes) {
        self.touched = true;
        for frame in frames(bytes) {
            let Some(raw) = self.raws.get_mut(&id.client_id).filter(|raw| raw.open.id == id && raw.opened) else {
                return;
            };
            let Some(speaks) = raw.speaks else { return };
            let payload = frame.slice(4..);
            let traffic = match encoding::identify(&payload, speaks) {
                Ok((message, _)) => Traffic::of_frame(message, &payload, speaks),
                Err(_) => Traffic::Data,
            };
            if raw.held.is_empty() || traffic == Traffic::Order {
                self.offer(now, id.client_id, traffic, frame);
            } else {
                raw.held.push_back((traffic, frame));
            }
        }
    }

    fn offer(&mut self, now: Now, client_id: ClientId, traffic: Traffic, frame: Bytes) {
        let request = if let Traffic::EndHistorical(request) = traffic { Some(request) } else { None };
        match self.pacer.handle_message(now.moment.at, client_id, traffic, frame) {
            Taken::Queued => {}
            Taken::Withdrawn { .. } => {
                let Some(raw) = self.raws.get(&client_id) else { return };
                let (Some(request), Some(speaks)) = (request, raw.speaks) else { return };
                let text = format!(
                    "Historical Market Data Service error message:API historical data query cancelled: {request}"
                );
                let mut reply = BytesMut::new();
                let error = ServerMessage::Error(Box::new(ErrorMessage::about(request, 162, text)));
                if error.encode(&mut reply, speaks).is_ok() {
                    self.told.push(RawNews::Frames(raw.open.id, reply.freeze()));
                }
            }
            Taken::Full(traffic, frame) => {
                if let Some(raw) = self.raws.get_mut(&client_id) {
                    raw.held.push_front((traffic, frame));
                }
            }
        }
    }

    /// Hands what was held to the pace, as far as there is room.
    pub(crate) fn offer_held(&mut self, now: Now) {
        for client_id in self.raws.keys().copied().collect::<Vec<_>>() {
            while self.pacer.has_room(client_id)
                && let Some((traffic, frame)) = self.raws.get_mut(&client_id).and_then(|raw| raw.held.pop_front())
            {
                self.offer(now, client_id, traffic, frame);
            }
        }
    }

    /// A raw session may dial.
    pub(crate) fn dial_raw(&mut self, now: Now, client_id: ClientId, conn: ConnId, listens: Option<bool>) {
        let port = self.port();
        let Some(raw) = self.raws.get_mut(&client_id) else { return };
        let session = raw.begin(now.moment.at);
        if listens == Some(false) {
            session.handle_inspection_failed(now.moment.at, Cause::NotListening);
        } else {
            session.handle_inspected(now.moment.at);
            raw.conn = Some(conn);
            self.owners.insert(conn, client_id);
            self.out.push((conn, ToGateway::Connect { port }));
        }
    }

    /// Something arrives on a raw session's connection.
    pub(crate) fn handle_raw(&mut self, now: Now, conn: ConnId, what: &FromGateway) {
        let at = now.moment.at;
        let Some(client_id) = self.owners.get(&conn).copied() else { return };
        let Some(raw) = self.raws.get_mut(&client_id).filter(|raw| raw.conn == Some(conn)) else { return };
        let how = match what {
            FromGateway::Accepted => {
                if let Some(session) = &mut raw.session {
                    session.handle_connected(at);
                }
                return;
            }
            FromGateway::Refused => {
                if let Some(session) = &mut raw.session {
                    session.handle_dial_failed(at, DialFailure::Refused);
                }
                return;
            }
            FromGateway::Bytes(bytes) => return raw.handle_bytes(at, bytes),
            FromGateway::Eof => ClosedHow::Eof,
            FromGateway::Reset => ClosedHow::Reset,
        };
        // What arrived before the end still counts.
        self.drain_raw(now, client_id);
        self.owners.remove(&conn);
        let Some(raw) = self.raws.get_mut(&client_id) else { return };
        raw.conn = None;
        if raw.opened {
            self.lose_raw(now, client_id, how);
        } else {
            raw.handle_closed(at, how);
        }
    }

    fn lose_raw(&mut self, now: Now, client_id: ClientId, how: ClosedHow) {
        let Some(raw) = self.raws.get(&client_id) else { return };
        let (id, failure) = (raw.open.id, lost(how));
        self.recovery.handle_lost(now.moment, client_id, &failure);
        self.end_raw(now, client_id);
        self.told.push(RawNews::Lost(id, failure.to_string()));
    }

    /// Another session has found the Gateway frozen: this one is over as well if it has heard nothing since.
    pub(crate) fn suspect_raw(&mut self, now: Now, suspect: Suspect) {
        if self.raws.get(&suspect.client_id).is_some_and(|raw| raw.has_heard_nothing_since(suspect.since)) {
            self.lose_raw(now, suspect.client_id, ClosedHow::Frozen);
        }
    }

    /// Follows up on one raw session.
    pub(crate) fn drain_raw(&mut self, now: Now, client_id: ClientId) {
        let at = now.moment.at;
        let Some(raw) = self.raws.get_mut(&client_id) else { return };
        let ended = raw.advance(at);
        if !raw.opened
            && let Some(bytes) = raw.session.as_mut().and_then(gatewright_proto::session::Session::poll_transmit)
            && let Some(conn) = raw.conn
        {
            if raw.speaks.is_none() {
                self.out.push((conn, ToGateway::Bytes(bytes)));
            } else {
                for frame in frames(bytes) {
                    let _ = self.pacer.handle_message(at, client_id, Traffic::Session, frame);
                }
            }
        }
        match ended {
            None => {}
            Some(Ok(opened)) => {
                let id = raw.open.id;
                self.recovery.handle_ready(now.moment, client_id);
                self.told.push(RawNews::Opened(id, opened));
            }
            Some(Err(failure)) => return self.refuse_raw(now, client_id, &failure),
        }
        let Some(raw) = self.raws.get_mut(&client_id) else { return };
        let Some(whole) = raw.take_frames() else { return };
        let id = raw.open.id;
        let heard: Vec<Hearing> = frames(whole.clone()).map(|frame| raw.hear(&frame)).collect();
        for hearing in &heard {
            self.hear(now, client_id, hearing);
        }
        self.told.push(RawNews::Frames(id, whole));
    }

    /// What the Gateway's words mean for recovery and the pace.
    fn hear(&mut self, now: Now, client_id: ClientId, hearing: &Hearing) {
        match hearing {
            Hearing::Nothing => {}
            Hearing::Ended(request) => self.pacer.handle_ended(client_id, *request),
            Hearing::Error(error) => {
                if error.id == RequestId::NONE {
                    self.recovery.handle_notice(now.moment, client_id, error.code, &error.text);
                }
                if Hearing::ends_request(error) {
                    self.pacer.handle_ended(client_id, error.id);
                }
                if Hearing::is_about_rate(error) {
                    self.pacer.handle_rate_warning(now.moment.at);
                }
            }
        }
    }

    fn refuse_raw(&mut self, now: Now, client_id: ClientId, failure: &Failure) {
        let Some(raw) = self.raws.get(&client_id) else { return };
        let id = raw.open.id;
        self.recovery.handle_failed(now.moment, client_id, failure);
        self.end_raw(now, client_id);
        let (cause, message) = (failure.cause.name().to_owned(), failure.to_string());
        self.told.push(RawNews::Refused(id, UpstreamFailure { cause, message, remedy: String::new() }));
    }

    /// Attempts that have waited too long for permission.
    pub(crate) fn give_up_raws(&mut self, now: Now) {
        let waits = |raw: &&Raw| !raw.opened && raw.by <= now.at;
        let late: Vec<UpstreamId> = self.raws.values().filter(waits).map(|raw| raw.open.id).collect();
        for id in late {
            self.end_raw(now, id.client_id);
            let message = "not connected within the deadline".to_owned();
            self.told.push(RawNews::Refused(
                id,
                UpstreamFailure { cause: "waiting".into(), message, remedy: String::new() },
            ));
        }
    }

    /// Nobody wants it any more, and its connection is closed as its stage demands.
    fn end_raw(&mut self, now: Now, client_id: ClientId) {
        let Some(raw) = self.raws.remove(&client_id) else { return };
        drop(self.pacer.handle_gone(client_id));
        self.recovery.handle_gone(now.moment, client_id);
        let Some(conn) = raw.conn else { return };
        self.owners.remove(&conn);
        if raw.opened {
            self.out.push((conn, ToGateway::Eof));
            self.closing.insert(conn, now.at + Deadlines::default().close);
        } else {
            self.out.push((conn, ToGateway::Reset));
        }
    }

    /// When a raw session wants to be called.
    pub(crate) fn raw_timeout(&self) -> Option<Instant> {
        self.raws.values().filter_map(Raw::poll_timeout).min()
    }
}

fn lost(how: ClosedHow) -> Failure {
    let stage = gatewright_proto::session::Stage::Ready;
    Failure { stage, cause: Cause::Lost { how }, after: std::time::Duration::ZERO, local: true, cut_short: false }
}
