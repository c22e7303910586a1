//! A raw session's frames within the Gateway's pace: each is looked at no further than its class needs.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::session::Stage;
use gatewright_proto::{RequestId, ServerMessage, ServerVersion};
use tracing::warn;

use crate::clock;
use crate::gateway::{PacedSession, Wish};
use crate::health::{HealthBoard, HealthReport};
use crate::pacing::{Hearing, Taken, Traffic, message_id};
use crate::protocol::record;

/// IBKR's code for a request for history that was taken back, with the words of a real Gateway.
const HISTORY_ERROR: i32 = 162;

/// What goes from a client to the Gateway and has to wait, and what the Gateway's words mean for that.
#[derive(Debug)]
pub(crate) struct Paces<'a> {
    paced: &'a PacedSession,
    wish: &'a Wish,
    version: ServerVersion,
    /// What found the pace's queue full. It is bounded by who reads from the client.
    held: VecDeque<(Traffic, Bytes)>,
    held_bytes: usize,
    board: HealthBoard,
}

impl<'a> Paces<'a> {
    pub(crate) fn new(paced: &'a PacedSession, wish: &'a Wish, version: i32) -> Self {
        let version = ServerVersion::new(version);
        let mut board = HealthBoard::default();
        for stage in [Stage::Dial, Stage::Identify, Stage::Ready] {
            board.handle_stage_passed(clock::now(), stage);
        }
        Self { paced, wish, version, held: VecDeque::new(), held_bytes: 0, board }
    }

    /// Takes whole frames of the client. What is to be told to the client at once goes to `reply`, as frames.
    pub(super) fn handle_frames(&mut self, now: Instant, frames: Bytes, reply: &mut BytesMut) {
        for frame in record::frames(frames) {
            let traffic = self.classify(&frame);
            // What came before waits already; orders pass it.
            if self.held.is_empty() || traffic == Traffic::Order {
                self.offer(now, traffic, frame, reply);
            } else {
                self.hold_back(traffic, frame);
            }
        }
    }

    /// Appends what may go out now.
    pub(super) fn poll_transmit(&mut self, out: &mut BytesMut, reply: &mut BytesMut) {
        if !self.held.is_empty() {
            let now = clock::now();
            while self.paced.has_room()
                && let Some((traffic, frame)) = self.held.pop_front()
            {
                self.held_bytes -= frame.len();
                self.offer(now, traffic, frame, reply);
            }
        }
        while let Some(frame) = self.paced.next() {
            out.extend_from_slice(&frame);
        }
    }

    /// Takes whole frames of the Gateway.
    pub(super) fn hear(&mut self, frames: &[u8]) {
        let mut at = 0;
        self.board.handle_heard(clock::now());
        while let Ok(Some(length)) = record::frame_at(frames, at) {
            match Hearing::of_frame(&frames[at + record::PREFIX..at + length], self.version) {
                Hearing::Nothing => {}
                Hearing::Ended(request_id) => self.paced.ended(request_id),
                Hearing::Error(error) => self.hear_error(&error),
            }
            at += length;
        }
    }

    /// What is known of each layer.
    pub(super) fn health(&self) -> HealthReport {
        self.board.report(clock::now())
    }

    /// Bytes that found no room in the pace's queue.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether everything has gone out.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.paced.is_empty()
    }

    /// Waits until the Gateway was found to be frozen by a session that can tell; since when.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn frozen_since(&self) -> Instant {
        self.wish.frozen_since().await
    }

    /// Waits until something may go out that could not before.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(super) async fn arrived(&self) {
        self.paced.arrived().await;
    }

    fn classify(&self, frame: &Bytes) -> Traffic {
        let payload = &frame[record::PREFIX..];
        let Some(id) = message_id(payload, self.version) else { return Traffic::Data };
        Traffic::of_id(id).unwrap_or_else(|| Traffic::of_frame(id, &frame.slice(record::PREFIX..), self.version))
    }

    fn offer(&mut self, now: Instant, traffic: Traffic, frame: Bytes, reply: &mut BytesMut) {
        let request = if let Traffic::EndHistorical(request) = traffic { Some(request) } else { None };
        match self.paced.send(now, traffic, frame) {
            Taken::Queued => {}
            Taken::Withdrawn { .. } => {
                if let Some(request) = request {
                    self.answer_withdrawn(request, reply);
                }
            }
            Taken::Full(traffic, frame) => {
                self.held_bytes += frame.len();
                self.held.push_front((traffic, frame));
            }
        }
    }

    fn hold_back(&mut self, traffic: Traffic, frame: Bytes) {
        self.held_bytes += frame.len();
        self.held.push_back((traffic, frame));
    }

    /// A cancel met its request here: the client hears what the Gateway would have said.
    fn answer_withdrawn(&self, request: RequestId, reply: &mut BytesMut) {
        let text =
            format!("Historical Market Data Service error message:API historical data query cancelled: {request}");
        let error = ServerMessage::Error(Box::new(ErrorMessage::about(request, HISTORY_ERROR, text)));
        if let Err(error) = error.encode(reply, self.version) {
            warn!(%error, "the answer to a cancel could not be written");
        }
    }

    fn hear_error(&mut self, error: &ErrorMessage) {
        if error.id == RequestId::NONE {
            self.board.handle_notice(clock::now(), error.code, &error.text);
            self.wish.notice(error);
        }
        if Hearing::ends_request(error) {
            self.paced.ended(error.id);
        }
        if Hearing::is_about_rate(error) {
            self.paced.rate_warning(clock::now());
        }
    }
}
