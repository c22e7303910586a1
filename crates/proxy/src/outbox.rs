//! Bytes that wait to be written, as they will be, without being copied.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

/// A socket is written to in bursts; these many bytes are what the official Python client reads at a time, and it
/// loses a burst that ends on a multiple of them (its reader goes on until a short read, and drops what it has when
/// nothing more comes for a second).
const READ_SIZE: usize = 4096;

/// Frames that wait for a client, and the burst that they are part of.
#[derive(Debug, Default)]
pub(crate) struct ClientOutbox {
    frames: VecDeque<Bytes>,
    waiting: usize,
    /// Bytes given away since the client's socket was last idle.
    burst: usize,
    last_write: Option<Instant>,
}

impl ClientOutbox {
    /// Appends one or more whole frames.
    pub(crate) fn push(&mut self, frames: Bytes) {
        self.waiting += frames.len();
        self.frames.push_back(frames);
    }

    /// Bytes that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// What to write now. The last byte of a burst that would end on a multiple of 4096 bytes stays for `hold`, so that
    /// the burst ends before it.
    pub(crate) fn take(&mut self, now: Instant, hold: Duration) -> Option<Bytes> {
        let idle = self.last_write.is_none_or(|at| now.saturating_duration_since(at) >= hold);
        if idle {
            self.burst = 0;
        }
        let mut frames = self.frames.pop_front()?;
        if self.frames.is_empty() && (self.burst + frames.len()).is_multiple_of(READ_SIZE) {
            let last = frames.split_off(frames.len().saturating_sub(1));
            self.frames.push_front(last);
            if frames.is_empty() {
                return None;
            }
        }
        self.waiting -= frames.len();
        self.burst += frames.len();
        self.last_write = Some(now);
        Some(frames)
    }

    /// When a held byte may go.
    pub(crate) fn timeout(&self, hold: Duration) -> Option<Instant> {
        if self.frames.is_empty() { None } else { self.last_write.map(|at| at + hold) }
    }
}

/// Frames that wait for the Gateway: orders before all others.
#[derive(Debug, Default)]
pub(crate) struct GatewayOutbox {
    orders: VecDeque<Bytes>,
    others: VecDeque<Bytes>,
    waiting: usize,
}

impl GatewayOutbox {
    /// Appends an order or its cancel.
    pub(crate) fn push_order(&mut self, frame: Bytes) {
        self.waiting += frame.len();
        self.orders.push_back(frame);
    }

    /// Appends anything else.
    pub(crate) fn push(&mut self, frame: Bytes) {
        self.waiting += frame.len();
        self.others.push_back(frame);
    }

    /// Bytes that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// What to send now.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        let frame = self.orders.pop_front().or_else(|| self.others.pop_front())?;
        self.waiting -= frame.len();
        Some(frame)
    }

    /// Drops everything; returns the orders, which were certainly not sent.
    pub(crate) fn clear(&mut self) -> Vec<Bytes> {
        self.others.clear();
        self.waiting = 0;
        self.orders.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_millis(5);

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn begin() -> Instant {
        Instant::now()
    }

    fn frame(length: usize) -> Bytes {
        let mut bytes = u32::try_from(length.saturating_sub(4)).unwrap().to_be_bytes().to_vec();
        bytes.resize(length, 0);
        bytes.into()
    }

    fn pieces(frames: &[usize]) -> Vec<(u128, usize)> {
        let began = begin();
        let mut now = began;
        let mut outbox = ClientOutbox::default();
        for length in frames {
            outbox.push(frame(*length));
        }
        let mut pieces = Vec::new();
        while outbox.waiting() > 0 {
            match outbox.take(now, HOLD) {
                Some(bytes) => pieces.push(((now - began).as_millis(), bytes.len())),
                None => now = outbox.timeout(HOLD).expect("something waits"),
            }
        }
        pieces
    }

    #[test]
    fn no_burst_ends_on_a_multiple_of_4096() {
        assert_eq!(pieces(&[4095]), [(0, 4095)]);
        assert_eq!(pieces(&[4096]), [(0, 4095), (5, 1)]);
        assert_eq!(pieces(&[4000, 96]), [(0, 4000), (0, 95), (5, 1)]);
        assert_eq!(pieces(&[4000, 96, 10]), [(0, 4000), (0, 96), (0, 10)]);
        assert_eq!(pieces(&[8192, 4095, 1]), [(0, 8192), (0, 4095), (5, 1)]);
    }

    #[test]
    fn orders_overtake_everything_else() {
        let mut outbox = GatewayOutbox::default();
        outbox.push(Bytes::from_static(b"ticks"));
        outbox.push_order(Bytes::from_static(b"order"));
        assert_eq!((outbox.waiting(), outbox.take().unwrap().as_ref()), (10, &b"order"[..]));
        assert!(outbox.clear().is_empty() && outbox.waiting() == 0);
    }
}
