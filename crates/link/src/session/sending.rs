//! What leaves a session for the Gateway, within its pace, and what the Gateway's words mean for that.

use std::io;
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use gatewright_proto::message::{CodeClass, classify};
use gatewright_proto::session::{ClosedHow, Stage};
use gatewright_proto::{ClientId, RequestId, ServerMessage};
use tokio::net::TcpStream;
use tracing::{debug, info};

use super::driver::{Driver, Outlet, closed_how};
use crate::pacing::{Hearing, Taken, Traffic};
use crate::protocol::record;

/// Bytes that wait for a Gateway which does not read. A session writes a few hundred a second.
const MAX_UNSENT: usize = 4 * 1024 * 1024;

impl<O: Outlet> Driver<O> {
    /// What the session itself has to say: the greeting at once, everything behind it in its turn.
    pub(super) fn pace_own(&mut self, now: Instant) {
        let Some(bytes) = self.session.poll_transmit() else { return };
        if self.session.stage() == Stage::Negotiate {
            self.put(bytes);
        } else {
            for frame in record::frames(bytes) {
                self.pace(now, Traffic::Session, frame);
            }
        }
    }

    /// Hands a message to the pace, behind those that it had no room for; orders pass them.
    pub(super) fn pace(&mut self, now: Instant, traffic: Traffic, bytes: Bytes) {
        if self.held.is_empty() || traffic == Traffic::Order {
            self.offer(now, traffic, bytes);
        } else {
            self.held.push_back((traffic, bytes));
        }
    }

    fn offer(&mut self, now: Instant, traffic: Traffic, bytes: Bytes) {
        match self.paced.send(now, traffic, bytes) {
            Taken::Queued => {}
            // Its caller has given up, and nothing of it was sent.
            Taken::Withdrawn { .. } => debug!("a request was taken back before its turn"),
            Taken::Full(traffic, bytes) => self.held.push_front((traffic, bytes)),
        }
    }

    /// Takes what may go out now.
    pub(super) fn take_paced(&mut self, now: Instant) {
        while self.paced.has_room()
            && let Some((traffic, bytes)) = self.held.pop_front()
        {
            self.offer(now, traffic, bytes);
        }
        while let Some(bytes) = self.paced.next() {
            self.put(bytes);
        }
    }

    fn put(&mut self, bytes: Bytes) {
        if self.unsent.is_empty() {
            self.unsent = bytes;
        } else {
            let mut joined = BytesMut::from(&self.unsent[..]);
            joined.extend_from_slice(&bytes);
            self.unsent = joined.freeze();
        }
    }

    /// What a message means to others than the exchange.
    pub(super) fn hear(&mut self, now: Instant, message: &ServerMessage) {
        match Hearing::of(message) {
            Hearing::Nothing => {}
            Hearing::Ended(request_id) => self.paced.ended(request_id),
            Hearing::Error(error) => {
                log_error(self.client_id(), error.code, &error.text);
                if error.id == RequestId::NONE
                    && let Some(kept) = &self.kept
                {
                    kept.wish.notice(&error);
                }
                if Hearing::ends_request(&error) {
                    self.paced.ended(error.id);
                }
                if Hearing::is_about_rate(&error) {
                    self.paced.rate_warning(now);
                }
            }
        }
    }

    pub(super) fn write(&mut self, stream: &TcpStream) {
        while !self.unsent.is_empty() {
            match stream.try_write(&self.unsent) {
                Ok(written) => self.unsent.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.unsent.clear();
                    self.closed = Some(closed_how(&error));
                }
            }
        }
        if self.unsent.len() > MAX_UNSENT {
            self.closed = Some(ClosedHow::Frozen);
        }
    }
}

fn log_error(client_id: ClientId, code: i32, text: &str) {
    match classify(code, text) {
        CodeClass::Farm { .. } | CodeClass::Notice => debug!(client_id = client_id.get(), code, text, "notice"),
        CodeClass::Connectivity(_)
        | CodeClass::Warning
        | CodeClass::RateWarning
        | CodeClass::RateExceeded
        | CodeClass::DataAdvisory
        | CodeClass::CompetingSession
        | CodeClass::ClientIdInUse
        | CodeClass::Historical(_)
        | CodeClass::SubscriptionLost
        | CodeClass::DepthReset
        | CodeClass::AlreadyEnded
        | CodeClass::LimitReached
        | CodeClass::UnknownContract
        | CodeClass::OrderRejected
        | CodeClass::OrderCancelled
        | CodeClass::OrderUnchanged
        | CodeClass::ClientSide
        | CodeClass::RequestError => info!(client_id = client_id.get(), code, text, "the Gateway says"),
    }
}
