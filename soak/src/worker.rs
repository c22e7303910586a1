//! The model of a worker's shell: it moves bytes and time between the machines and the wire, and decides nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use gatewright_link::pacing::{LEDGER, LedgerWriter, Pacer, PacingSettings, SLOT, Taken, Traffic, read_ledger};
use gatewright_link::recovery::{Moment, Recovery, RecoveryCommand, RecoveryEvent, RecoverySettings, RecoveryState};
use gatewright_proto::message::{CodeClass, classify};
use gatewright_proto::session::{
    Cause, CloseMode, ClosedHow, Deadlines, DialFailure, Failure, Session, SessionEvent, SessionSettings, Stage,
};
use gatewright_proto::{ClientId, ClientMessage, RequestId, ServerMessage};
use gatewright_sim::core::ConnId;

use crate::gateway::PORT;
use crate::kept::{Kept, Live};
use crate::raw::{Raw, RawNews};
use crate::violation::{Broken, Checked};
use crate::wires::{FromGateway, ToGateway};

/// After a ready session recovery may still be told of IBKR by notices that are under way.
const WORDS_UNDER_WAY: Duration = Duration::from_secs(1);

/// Farms that work for so long mean that IBKR is back, whether or not the Gateway ever says so.
const BACK_UNSAID: Duration = Duration::from_secs(30);

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
    pub(crate) port: u16,
    /// How many attempts were begun.
    pub(crate) attempts: u64,
    /// Since when the state has been this one.
    state: (RecoveryState, Duration),
    /// Something has happened since what recovery tells was last checked.
    pub(crate) touched: bool,
}

impl Worker {
    /// Starts with these sessions wanted, and with what the workers before have spent.
    pub(crate) fn new(
        now: Now,
        programs: impl Iterator<Item = (ClientId, i32)>,
        seed: u64,
        mut ledger: Vec<u8>,
    ) -> Self {
        let mut pacer = Pacer::new(PacingSettings::default());
        pacer.inherit(&read_ledger(&ledger, now.moment.at, now.moment.wall.as_microsecond()));
        let writer = LedgerWriter::behind(&ledger);
        ledger.resize(LEDGER, 0);
        let settings = RecoverySettings { jitter_seed: seed, ..RecoverySettings::default() };
        let mut worker = Self {
            recovery: Recovery::new(settings, now.moment),
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
            port: PORT,
            attempts: 0,
            state: (RecoveryState::Connecting, now.at),
            touched: true,
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
            while let Some(client_id) = self.recovery.poll_dial(now.moment) {
                self.to_dial.push(client_id);
            }
            if self.to_dial.is_empty() {
                break;
            }
            for client_id in std::mem::take(&mut self.to_dial) {
                *conns += 1;
                self.check_scout(client_id)?;
                let listens = listens(self.port);
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
            let (offset, bytes) = self.writer.place(now.moment.wall.as_microsecond(), spending.what);
            let offset = usize::try_from(offset).unwrap_or_default();
            self.ledger[offset..offset + SLOT].copy_from_slice(&bytes);
        }
    }

    /// While no session is ready, one dials at a time.
    fn check_scout(&self, client_id: ClientId) -> Checked {
        let ready = self.kept.values().any(Kept::is_ready) || self.raws.values().any(|raw| raw.opened);
        let kept = self.kept.values().filter(|kept| kept.live.is_some() && !kept.is_ready()).map(|kept| kept.client_id);
        let raw = self.raws.values().filter(|raw| raw.conn.is_some() && !raw.opened).map(|raw| raw.open.id.client_id);
        match kept.chain(raw).next().filter(|_| !ready) {
            Some(twin) => {
                let what = format!("client id {client_id} is to dial while {twin} does, and none is ready");
                Err(Broken::new("one scout", what))
            }
            None => Ok(()),
        }
    }

    fn dial(&mut self, now: Now, client_id: ClientId, conn: ConnId, listens: Option<bool>) {
        let Some(kept) = self.kept.get_mut(&client_id) else { return };
        self.attempts += 1;
        let mut session = Session::new(SessionSettings::new(client_id), now.moment.at);
        if listens == Some(false) {
            kept.witness.dialled(false);
            session.handle_inspection_failed(now.moment.at, Cause::NotListening);
        } else {
            session.handle_inspected(now.moment.at);
            self.owners.insert(conn, client_id);
            self.out.push((conn, ToGateway::Connect { port: self.port }));
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
        if matches!(classify(error.code, &error.text), CodeClass::RateWarning | CodeClass::RateExceeded) {
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
                RecoveryEvent::FollowPort { port } => self.port = port,
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

    /// What recovery tells must be so.
    pub(crate) fn check_recovery(&mut self, now: Now) -> Checked {
        if !std::mem::take(&mut self.touched) {
            return Ok(());
        }
        let report = self.recovery.report(now.moment);
        let broken = |what: String| Err(Broken::new("recovery", format!("{what}; it says {report:?}")));
        let opened = self.raws.values().filter(|raw| raw.opened).count();
        let ready = self.kept.values().filter(|kept| kept.is_ready()).count() + opened;
        let wanted = self.kept.len() + self.raws.len();
        if report.sessions_ready != ready || report.sessions_wanted != wanted {
            return broken(format!("{ready} of {wanted} sessions are ready"));
        }
        if ready < wanted && self.recovery.poll_timeout().is_none() {
            return broken("sessions are missing, and nothing is to happen".into());
        }
        let well = report.state == RecoveryState::Ready;
        if (well || report.state == RecoveryState::Degraded) && ready == 0 {
            return broken("no session is ready".into());
        }
        let settled = self.state.1 + WORDS_UNDER_WAY < now.at;
        let told = |kept: &Kept| {
            let unsaid = kept.witness.works_since.is_some_and(|since| since + BACK_UNSAID <= now.at);
            kept.witness.link == Some(false) && !unsaid
        };
        if well && settled && opened == 0 && self.kept.values().filter(|kept| kept.is_ready()).all(told) {
            return broken("every session was told that IBKR is lost".into());
        }
        Ok(())
    }

    /// Queues keep their bounds.
    pub(crate) fn check_bounds(&self, now: Now) -> Checked {
        let report = self.pacer.report(now.moment.at);
        let most = PacingSettings::default().max_waiting * 2;
        match report.sessions.iter().find(|session| session.waiting + session.orders_waiting > most) {
            Some(session) => Err(Broken::new("bounds", format!("{session:?}"))),
            None => Ok(()),
        }
    }

    /// Health is what an observer knows.
    pub(crate) fn check_health(&self, now: Now) -> Checked {
        self.kept.values().try_for_each(|kept| kept.witness.check(now.at, &kept.board.report(now.moment.at)))
    }

    /// Whether every session is ready and recovery says so.
    pub(crate) fn is_well(&self) -> bool {
        self.state.0 == RecoveryState::Ready && self.kept.values().all(|kept| kept.is_ready())
    }

    /// Where recovery stands, for the trace.
    pub(crate) fn state(&self) -> RecoveryState {
        self.state.0
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
