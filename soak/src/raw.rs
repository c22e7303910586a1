//! A raw session in the model of the worker's shell: opened as every session, then frames both ways.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use gatewright_link::pacing::{Hearing, Traffic};
use gatewright_proto::ServerVersion;
use gatewright_proto::session::{ClosedHow, Failure, Session, SessionEvent, SessionSettings, Stage};
use gatewright_proxy::{OpenUpstream, UpstreamFailure, UpstreamId, UpstreamOpened};
use gatewright_sim::core::ConnId;

/// How long an attempt may take with the wait for permission, as the daemon asks for it.
pub(crate) const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// What the daemon is told.
#[derive(Debug)]
pub(crate) enum RawNews {
    Opened(UpstreamId, UpstreamOpened),
    Refused(UpstreamId, UpstreamFailure),
    Frames(UpstreamId, Bytes),
    Lost(UpstreamId, String),
}

/// A raw session.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) open: OpenUpstream,
    /// When the daemon gives up waiting for it.
    pub(crate) by: Duration,
    pub(crate) conn: Option<ConnId>,
    /// The handshake's machine; its later stages are not a raw session's.
    pub(crate) session: Option<Session>,
    /// What came behind the greeting and is no whole frame yet.
    received: BytesMut,
    greeted: bool,
    pub(crate) speaks: Option<ServerVersion>,
    pub(crate) opened: bool,
    heard: Option<Instant>,
    /// What found no room in the pace's queue.
    pub(crate) held: VecDeque<(Traffic, Bytes)>,
}

impl Raw {
    pub(crate) fn new(open: OpenUpstream, at: Duration) -> Self {
        Self {
            open,
            by: at + OPEN_WITHIN,
            conn: None,
            session: None,
            received: BytesMut::new(),
            greeted: false,
            speaks: None,
            opened: false,
            heard: None,
            held: VecDeque::new(),
        }
    }

    pub(crate) fn begin(&mut self, now: Instant) -> &mut Session {
        let mut settings = SessionSettings::new(self.open.id.client_id);
        settings.versions = self.open.versions;
        settings.connect_options.clone_from(&self.open.connect_options);
        self.received.clear();
        self.greeted = false;
        self.session.insert(Session::new(settings, now))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.session.as_ref().filter(|_| !self.opened).and_then(Session::poll_timeout).map(|(due, _)| due)
    }

    pub(crate) fn handle_bytes(&mut self, now: Instant, bytes: &Bytes) {
        self.heard = Some(now);
        self.received.extend_from_slice(bytes);
        if !self.opened
            && let Some(session) = &mut self.session
        {
            session.handle_bytes(now, bytes);
        }
    }

    pub(crate) fn handle_closed(&mut self, now: Instant, how: ClosedHow) {
        if let Some(session) = &mut self.session {
            session.handle_closed(now, how);
        }
    }

    /// Goes on with the handshake; returns how it has ended, if it has.
    pub(crate) fn advance(&mut self, now: Instant) -> Option<Result<UpstreamOpened, Box<Failure>>> {
        while !self.opened {
            let session = self.session.as_mut()?;
            match session.poll_event(now)? {
                SessionEvent::StagePassed(passed) if passed.stage == Stage::Negotiate => {
                    self.speaks = Some(session.server_version());
                    self.greeted = true;
                    // The greeting is a frame like any other, and not the client's.
                    let _ = take_frame(&mut self.received);
                }
                SessionEvent::StagePassed(passed) if passed.stage == Stage::Identify => {
                    self.opened = true;
                    return Some(Ok(UpstreamOpened {
                        server_version: session.server_version(),
                        connection_time: session.connection_time().to_owned(),
                    }));
                }
                SessionEvent::Failed(failure) => return Some(Err(failure)),
                SessionEvent::StagePassed(_)
                | SessionEvent::Ready(_)
                | SessionEvent::Message(_)
                | SessionEvent::Undecodable(_) => {}
            }
        }
        None
    }

    /// Whole frames that came since, together.
    pub(crate) fn take_frames(&mut self) -> Option<Bytes> {
        if !self.opened {
            return None;
        }
        let mut whole = BytesMut::new();
        while let Some(frame) = take_frame(&mut self.received) {
            whole.extend_from_slice(&frame);
        }
        (!whole.is_empty()).then(|| whole.freeze())
    }

    /// What a frame of the Gateway's, prefix included, means for the pace and for recovery.
    pub(crate) fn hear(&self, frame: &Bytes) -> Hearing {
        self.speaks.map_or(Hearing::Nothing, |speaks| Hearing::of_frame(&frame[4..], speaks))
    }

    /// Whether it serves, and the Gateway has been silent in it since then.
    pub(crate) fn has_heard_nothing_since(&self, since: Instant) -> bool {
        self.opened && self.heard.is_some_and(|heard| heard < since)
    }
}

fn take_frame(bytes: &mut BytesMut) -> Option<Bytes> {
    let prefix = bytes.first_chunk::<4>()?;
    let length = 4 + usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    (bytes.len() >= length).then(|| bytes.split_to(length).freeze())
}
