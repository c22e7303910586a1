//! The model of a worker's shell: it moves bytes and time between the machines and the wire, and decides nothing.

mod checks;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use gatewright_link::pacing::{
    Hearing, LEDGER, LedgerWriter, Pacer, PacingSettings, SLOT, Taken, Traffic, place_port, read_ledger, read_port,
};
use gatewright_link::recovery::{Moment, Recovery, RecoveryCommand, RecoveryEvent, RecoverySettings, RecoveryState};
use gatewright_proto::session::{
    Cause, CloseMode, ClosedHow, Deadlines, DialFailure, Failure, Session, SessionEvent, SessionSettings, Stage,
};
use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerMessage};
use gatewright_sim::core::ConnId;

use crate::gateway::{NAME, PORT};
use crate::kept::{Kept, Live};
use crate::raw::{Raw, RawNews};
use crate::sabotage::Sabotage;
use crate::violation::{Broken, Checked};
use crate::wires::{FromGateway, ToGateway};

/// Now, in both units, and whether a look at the socket table shows a listener.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) at: Duration,
    pub(crate) moment: Moment,
}

/// A worker. Killed, it is dropped; what its programs want is told to the next one.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) recovery: Recovery,
    pub(crate) pacer: Pacer<Bytes>,
    /// What workers have spent, as it stands in their file.
    pub(crate) ledger: Vec<u8>,
    writer: LedgerWriter,
    /// Sessions of programs that speak the TWS API themselves.
    pub(crate) raws: BTreeMap<ClientId, Raw>,
    /// What the daemon is to be told.
    pub(crate) told: Vec<RawNews>,
    pub(crate) kept: BTreeMap<ClientId, Kept>,
    /// Whose connection it is.
    pub(crate) owners: BTreeMap<ConnId, ClientId>,
    /// Connections that were closed in order, and when they are reset at last.
    pub(crate) closing: BTreeMap<ConnId, Duration>,
    /// Attempts that were allowed and not begun yet.
    to_dial: Vec<ClientId>,
    pub(crate) out: Vec<(ConnId, ToGateway)>,
    /// How many attempts were begun.
    pub(crate) attempts: u64,
    /// Since when the state has been this one.
    state: (RecoveryState, Duration),
    /// Something has happened since what recovery tells was last checked.
    pub(crate) touched: bool,
    sabotage: Option<Sabotage>,
}

impl Worker {
    /// Starts with these sessions wanted, and with what the workers before have spent.
    pub(crate) fn new(
        now: Now,
        programs: impl Iterator<Item = (ClientId, i32)>,
        seed: u64,
        mut ledger: Vec<u8>,
        sabotage: Option<Sabotage>,
    ) -> Self {
        let mut pacer = Pacer::new(PacingSettings::default());
        pacer.inherit(&read_ledger(&ledger, now.moment.at, now.moment.wall.as_microsecond()));
        let writer = LedgerWriter::behind(&ledger);
        ledger.resize(LEDGER, 0);
        let settings = RecoverySettings { jitter_seed: seed, ..RecoverySettings::default() };
        let mut recovery = Recovery::new(settings, now.moment);
        recovery.handle_gateway(read_port(&ledger, NAME));
        let mut worker = Self {
            recovery,
            pacer,
            ledger,
            writer,
            raws: BTreeMap::new(),
            told: Vec::new(),
            kept: programs.map(|(client_id, streams)| (client_id, Kept::new(client_id, streams))).collect(),
            owners: BTreeMap::new(),
            closing: BTreeMap::new(),
            to_dial: Vec::new(),
            out: Vec::new(),
            attempts: 0,
            state: (RecoveryState::Connecting, now.at),
            touched: true,
            sabotage,
        };
        for client_id in worker.kept.keys().copied().collect::<Vec<_>>() {
            worker.recovery.handle_wanted(now.moment, client_id);
        }
        worker
    }

    /// The connections that it has, as they are when it is killed.
    pub(crate) fn connections(&self) -> impl Iterator<Item = ConnId> {
        self.owners.keys().copied().chain(self.closing.keys().copied())
    }

    /// Whether that connection is a session's that is open, so that what comes on it is heard.
    pub(crate) fn serves(&self, conn: ConnId) -> bool {
        let Some(client_id) = self.owners.get(&conn) else { return false };
        self.kept.get(client_id).is_some_and(Kept::is_ready) || self.raws.get(client_id).is_some_and(|raw| raw.opened)
    }

    /// When it wants to be called.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let sessions = self.kept.values().flat_map(|kept| {
            let session = kept.live.as_ref().and_then(|live| live.session.poll_timeout());
            [session, kept.freshness.poll_timeout()].into_iter().flatten()
        });
        let shared = [self.recovery.poll_timeout(), self.pacer.poll_timeout()];
        sessions.chain(shared.into_iter().flatten()).map(|(due, _)| due).chain(self.raw_timeout()).min()
    }

    /// The same for what is closing.
    pub(crate) fn poll_close(&self) -> Option<Duration> {
        let waits = self.raws.values().filter(|raw| !raw.opened).map(|raw| raw.by);
        self.closing.values().copied().chain(waits).min()
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Now) {
        let at = now.moment.at;
        self.touched = true;
        for kept in self.kept.values_mut() {
            if let Some(live) = &mut kept.live {
                live.session.handle_timeout(at);
            }
            kept.freshness.handle_timeout(at);
        }
        for raw in self.raws.values_mut().filter(|raw| !raw.opened) {
            if let Some(session) = &mut raw.session {
                session.handle_timeout(at);
            }
        }
        for client_id in self.raws.keys().copied().collect::<Vec<_>>() {
            self.drain_raw(now, client_id);
        }
        self.give_up_raws(now);
        self.recovery.handle_timeout(now.moment);
        let over: Vec<ConnId> = self.closing.iter().filter(|(_, by)| **by <= now.at).map(|(conn, _)| *conn).collect();
        for conn in over {
            self.closing.remove(&conn);
            self.out.push((conn, ToGateway::Reset));
        }
    }

    /// A person or a program asks for something.
    pub(crate) fn handle_command(&mut self, now: Now, command: RecoveryCommand) {
        self.touched = true;
        self.recovery.handle_command(now.moment, command);
    }

    /// A program asks so many questions at once.
    pub(crate) fn ask(&mut self, now: Now, client_id: ClientId, count: u32) -> Checked {
        let questions: Vec<ClientMessage> = match self.kept.get_mut(&client_id) {
            Some(kept) if kept.is_ready() => (0..count).map(|_| kept.question()).collect(),
            Some(_) | None => return Ok(()),
        };
        self.touched = true;
        self.send(now, client_id, &questions)
    }

    /// Something arrives from the Gateway.
    pub(crate) fn handle(&mut self, now: Now, conn: ConnId, what: FromGateway) {
        self.touched = true;
        if let FromGateway::Eof | FromGateway::Reset = what
            && self.closing.remove(&conn).is_some()
        {
            return;
        }
        let Some(kept) = self.owners.get(&conn).and_then(|client_id| self.kept.get_mut(client_id)) else {
            return self.handle_raw(now, conn, &what);
        };
        let Some(live) = kept.live.as_mut().filter(|live| live.conn == conn) else { return };
        let at = now.moment.at;
        match what {
            FromGateway::Accepted => {
                kept.witness.dialled(true);
                live.session.handle_connected(at);
            }
            FromGateway::Refused => {
                kept.witness.dialled(false);
                live.session.handle_dial_failed(at, DialFailure::Refused);
            }
            FromGateway::Bytes(bytes) => {
                kept.witness.heard(now.at);
                live.session.handle_bytes(at, &bytes);
            }
            FromGateway::Eof => self.closed(now, conn, ClosedHow::Eof),
            FromGateway::Reset => self.closed(now, conn, ClosedHow::Reset),
        }
    }

    fn closed(&mut self, now: Now, conn: ConnId, how: ClosedHow) {
        // What arrived before the end still counts.
        self.drain_sessions(now);
        let Some(client_id) = self.owners.remove(&conn) else { return };
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        if let Some(live) = &mut kept.live {
            live.session.handle_closed(now.moment.at, how);
        }
        kept.witness.closed();
    }

    /// Follows up on everything until nothing follows any more. `listens`: what the socket table shows of a port.
    pub(crate) fn drain(&mut self, now: Now, conns: &mut u64, listens: impl Fn(u16) -> Option<bool>) -> Checked {
        if !self.touched {
            return Ok(());
        }
        loop {
            self.drain_sessions(now);
            for client_id in self.raws.keys().copied().collect::<Vec<_>>() {
                self.drain_raw(now, client_id);
            }
            while let Some(suspect) = self.recovery.poll_suspect() {
                self.suspect_raw(now, suspect);
            }
            while let Some(client_id) = self.recovery.poll_dial(now.moment) {
                self.to_dial.push(client_id);
            }
            if self.sabotage == Some(Sabotage::TwoScouts) && !self.to_dial.is_empty() {
                let idle = |raw: &&Raw| raw.session.is_none();
                let idle = self.raws.values().filter(idle).map(|raw| raw.open.id.client_id);
                let idle: Vec<ClientId> = idle.filter(|client_id| !self.to_dial.contains(client_id)).collect();
                self.to_dial.extend(idle);
            }
            if self.to_dial.is_empty() {
                break;
            }
            for client_id in std::mem::take(&mut self.to_dial) {
                *conns += 1;
                self.check_scout(client_id)?;
                let listens = listens(self.port());
                if self.raws.contains_key(&client_id) {
                    self.attempts += 1;
                    self.dial_raw(now, client_id, ConnId(*conns), listens);
                } else {
                    self.dial(now, client_id, ConnId(*conns), listens);
                }
            }
        }
        self.drain_recovery(now)?;
        for client_id in self.kept.keys().copied().collect::<Vec<_>>() {
            let again = self.kept.get_mut(&client_id).map(Kept::judge_streams).unwrap_or_default();
            if self.kept.get(&client_id).is_some_and(Kept::is_ready) {
                self.send(now, client_id, &again)?;
            }
        }
        self.offer_held(now);
        self.transmit(now);
        Ok(())
    }

    /// Sends what the pace lets out.
    pub(crate) fn transmit(&mut self, now: Now) {
        while let Some((client_id, bytes)) = self.pacer.poll_transmit(now.moment.at) {
            let kept = self.kept.get(&client_id).and_then(|kept| kept.live.as_ref()).map(|live| live.conn);
            if let Some(conn) = kept.or_else(|| self.raws.get(&client_id).and_then(|raw| raw.conn)) {
                self.out.push((conn, ToGateway::Bytes(bytes)));
            }
        }
        while let Some(spending) = self.pacer.poll_spending() {
            let noted = self.writer.place(now.moment.wall.as_microsecond(), spending.what);
            self.note(noted);
        }
    }

    /// Writes for the next worker.
    fn note(&mut self, (offset, bytes): (u64, [u8; SLOT])) {
        let offset = usize::try_from(offset).unwrap_or_default();
        self.ledger[offset..offset + SLOT].copy_from_slice(&bytes);
    }

    /// Where the Gateway is taken to be.
    pub(crate) fn port(&self) -> u16 {
        self.recovery.port(PORT)
    }

    fn dial(&mut self, now: Now, client_id: ClientId, conn: ConnId, listens: Option<bool>) {
        let port = self.port();
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        self.attempts += 1;
        let mut session = Session::new(SessionSettings::new(client_id), now.moment.at);
        if listens == Some(false) {
            kept.witness.dialled(false);
            session.handle_inspection_failed(now.moment.at, Cause::NotListening);
        } else {
            session.handle_inspected(now.moment.at);
            self.owners.insert(conn, client_id);
            self.out.push((conn, ToGateway::Connect { port }));
        }
        kept.live = Some(Live { conn, session, ready: None });
    }

    fn drain_sessions(&mut self, now: Now) {
        for client_id in self.kept.keys().copied().collect::<Vec<_>>() {
            while let Some(event) = self.next_event(now, client_id) {
                self.handle_event(now, client_id, event);
            }
            self.take_bytes(now, client_id);
        }
    }

    fn next_event(&mut self, now: Now, client_id: ClientId) -> Option<SessionEvent> {
        self.kept.get_mut(&client_id)?.live.as_mut()?.session.poll_event(now.moment.at)
    }

    /// The greeting goes out at once, everything behind it in its turn, as in the worker.
    fn take_bytes(&mut self, now: Now, client_id: ClientId) {
        let Some(live) = self.kept.get_mut(&client_id).and_then(|kept| kept.live.as_mut()) else { return };
        let Some(bytes) = live.session.poll_transmit() else { return };
        if live.session.stage() == Stage::Negotiate {
            self.out.push((live.conn, ToGateway::Bytes(bytes)));
            return;
        }
        for frame in frames(bytes) {
            // A session's own few messages always find room.
            let _ = self.pacer.handle_message(now.moment.at, client_id, Traffic::Session, frame);
        }
    }

    fn handle_event(&mut self, now: Now, client_id: ClientId, event: SessionEvent) {
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        let at = now.moment.at;
        match event {
            SessionEvent::StagePassed(passed) => kept.board.handle_stage_passed(at, passed.stage),
            SessionEvent::Ready(_) => {
                kept.board.handle_stage_passed(at, Stage::Ready);
                kept.witness.ready();
                if let Some(live) = &mut kept.live {
                    live.ready = Some(now.at);
                }
                let wanted = kept.subscribe(at);
                self.recovery.handle_ready(now.moment, client_id);
                // Nothing waits yet, so there is room.
                let _ = self.send(now, client_id, &wanted);
            }
            SessionEvent::Message(message) => self.handle_message(now, client_id, &message),
            SessionEvent::Undecodable(_) => kept.board.handle_heard(at),
            SessionEvent::Failed(failure) => self.failed(now, client_id, &failure),
        }
    }

    fn handle_message(&mut self, now: Now, client_id: ClientId, message: &ServerMessage) {
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        kept.board.handle_heard(now.moment.at);
        if let Some(ended) = kept.handle_message(now.moment.at, message) {
            self.pacer.handle_ended(client_id, ended);
        }
        let ServerMessage::Error(error) = message else { return };
        if error.id == RequestId::NONE {
            kept.board.handle_notice(now.moment.at, error.code, &error.text);
            kept.witness.notice(now.at, error.code, &error.text);
            self.recovery.handle_notice(now.moment, client_id, error.code, &error.text);
        }
        if Hearing::is_about_rate(error) {
            self.pacer.handle_rate_warning(now.moment.at);
        }
    }

    fn failed(&mut self, now: Now, client_id: ClientId, failure: &Failure) {
        // What had not gone out is not sent on the next connection.
        drop(self.pacer.handle_gone(client_id));
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        let Some(live) = kept.live.take() else { return };
        kept.board.handle_failure(now.moment.at, failure);
        kept.open_questions.clear();
        if self.owners.remove(&live.conn).is_some() {
            kept.witness.closed();
            let mode = if live.ready.is_some() { CloseMode::Orderly } else { CloseMode::Reset };
            match mode {
                CloseMode::Reset => self.out.push((live.conn, ToGateway::Reset)),
                CloseMode::Orderly => {
                    self.out.push((live.conn, ToGateway::Eof));
                    self.closing.insert(live.conn, now.at + Deadlines::default().close);
                }
            }
        }
        if live.ready.is_some() {
            self.recovery.handle_lost(now.moment, client_id, failure);
        } else {
            self.recovery.handle_failed(now.moment, client_id, failure);
        }
    }

    fn drain_recovery(&mut self, now: Now) -> Checked {
        while let Some(event) = self.recovery.poll_event() {
            match event {
                RecoveryEvent::Changed(report) => self.state = (report.state, now.at),
                RecoveryEvent::Resubscribe { client_id, .. } => {
                    let Some(kept) = self.kept.get_mut(&client_id).filter(|kept| kept.is_ready()) else { continue };
                    let mut again = kept.unsubscribe();
                    again.extend(kept.subscribe(now.moment.at));
                    self.send(now, client_id, &again)?;
                }
                RecoveryEvent::FollowPort { port } => {
                    self.note(place_port(now.moment.wall.as_microsecond(), NAME, port));
                }
                RecoveryEvent::FarmDown { farm, .. } => {
                    self.kept.values_mut().for_each(|kept| kept.freshness.handle_farm_down(&farm));
                }
                RecoveryEvent::FarmBack { farm, .. } => {
                    self.kept.values_mut().for_each(|kept| kept.freshness.handle_farm_back(now.moment.at, &farm));
                }
                RecoveryEvent::SessionStuck { .. } => {}
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Now, client_id: ClientId, messages: &[ClientMessage]) -> Checked {
        // What the session has to say itself comes before.
        self.take_bytes(now, client_id);
        for message in messages {
            let Some(live) = self.kept.get_mut(&client_id).and_then(|kept| kept.live.as_mut()) else { return Ok(()) };
            if live.session.send(now.moment.at, message).is_err() {
                return Ok(());
            }
            let Some(bytes) = live.session.poll_transmit() else { continue };
            match self.pacer.handle_message(now.moment.at, client_id, Traffic::of(message), bytes) {
                Taken::Queued | Taken::Withdrawn { .. } => {}
                Taken::Full(..) => return Err(Broken::new("bounds", "a few messages found the pacer full")),
            }
        }
        Ok(())
    }
}

/// Cuts bytes that are whole frames.
pub(crate) fn frames(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let prefix = bytes.first_chunk::<4>()?;
        let length = 4 + usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
        let whole = length.min(bytes.remaining());
        Some(bytes.split_to(whole))
    })
}
