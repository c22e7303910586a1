//! Bytes on their way to one client, cut so that no client loses them.

use bytes::{Buf, Bytes, BytesMut};
use gatewright_proto::{ProtoError, ServerMessage, ServerVersion};

/// The read size of the official Python client: it loses a burst that ends on a multiple of it and is followed by
/// silence (seen live).
pub(super) const READ_SIZE: usize = 4096;

/// Up to this a burst is copied out, so that the buffer stays for the next one; a longer burst takes it along. Bursts of
/// ticks, which come thousands of times, are shorter.
const LONGEST_COPY: usize = 4 * READ_SIZE;

/// Bytes on their way to one client.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: BytesMut,
    last_frame: usize,
    held: bool,
    cut_at: Option<usize>,
    whole: bool,
}

/// What [`Outbox::flush`] found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flushed {
    /// Nothing to write.
    Nothing,
    /// Write this.
    All(Bytes),
    /// Write this now; the rest stays for [`Outbox::release`] a few milliseconds later.
    Cut(Bytes),
}

impl Outbox {
    /// Appends one message as a frame.
    pub(super) fn push(&mut self, message: &ServerMessage, speaks: ServerVersion) -> Result<(), ProtoError> {
        let start = self.bytes.len();
        message.encode(&mut self.bytes, speaks)?;
        self.last_frame = start;
        Ok(())
    }

    /// Appends bytes that are no frame.
    pub(super) fn push_raw(&mut self, bytes: &[u8]) {
        self.last_frame = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
    }

    /// Has the next write end after so many bytes; the rest waits for [`Outbox::release`].
    pub(super) fn cut_at(&mut self, length: usize) {
        self.cut_at = Some(length);
    }

    /// How many bytes wait.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether the next burst may end on a multiple of the read size, as a fault wants it.
    pub(super) fn write_whole(&mut self, whole: bool) {
        self.whole = whole;
    }

    /// Takes what may be written now.
    pub(super) fn flush(&mut self) -> Flushed {
        if self.bytes.is_empty() || self.held {
            return Flushed::Nothing;
        }
        if let Some(cut) = self.cut_at.take().filter(|cut| *cut < self.bytes.len()) {
            self.held = true;
            self.last_frame = 0;
            return Flushed::Cut(self.take_first(cut));
        }
        if self.bytes.len().is_multiple_of(READ_SIZE) && !self.whole {
            // Before the last frame where that helps, else in the middle of it: only the greeting must not be cut,
            // and it is far shorter.
            let before_last = !self.last_frame.is_multiple_of(READ_SIZE);
            let cut = if before_last { self.last_frame } else { self.bytes.len() - READ_SIZE / 2 };
            self.last_frame = 0;
            self.held = true;
            return Flushed::Cut(self.take_first(cut));
        }
        Flushed::All(self.take())
    }

    /// Ends the pause after a cut.
    pub(super) fn release(&mut self) {
        self.held = false;
    }

    /// Takes everything, pause or not: the connection is about to be closed.
    pub(super) fn take(&mut self) -> Bytes {
        self.last_frame = 0;
        self.held = false;
        self.take_first(self.bytes.len())
    }

    fn take_first(&mut self, length: usize) -> Bytes {
        if self.bytes.len() > LONGEST_COPY {
            return self.bytes.split_to(length).freeze();
        }
        let taken = Bytes::copy_from_slice(&self.bytes[..length]);
        self.bytes.advance(length);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_4096_bytes_is_cut_before_its_last_frame() {
        let mut outbox = Outbox::default();
        outbox.push_raw(&[0; 4000]);
        outbox.push_raw(&[1; 96]);
        assert_eq!(outbox.flush(), Flushed::Cut(Bytes::from(vec![0; 4000])));
        outbox.push_raw(&[2; 10]);
        assert_eq!(outbox.flush(), Flushed::Nothing);
        outbox.release();
        let Flushed::All(rest) = outbox.flush() else { panic!("the rest is due") };
        assert_eq!(rest.len(), 106);
    }

    #[test]
    fn no_piece_of_a_cut_burst_is_a_multiple_either() {
        for frames in [vec![4096], vec![8192], vec![4096, 4096], vec![4095, 1], vec![1, 4095, 4096]] {
            let mut outbox = Outbox::default();
            for length in &frames {
                outbox.push_raw(&vec![0; *length]);
            }
            let Flushed::Cut(first) = outbox.flush() else { panic!("{frames:?} is to be cut") };
            outbox.release();
            let Flushed::All(second) = outbox.flush() else { panic!("the rest is due") };
            assert!(!first.len().is_multiple_of(READ_SIZE) && !second.len().is_multiple_of(READ_SIZE), "{frames:?}");
            assert_eq!(first.len() + second.len(), frames.iter().sum::<usize>());
        }
    }

    #[test]
    fn other_bursts_go_out_whole() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.flush(), Flushed::Nothing);
        outbox.push_raw(&[0; 4095]);
        assert_eq!(outbox.flush(), Flushed::All(Bytes::from(vec![0; 4095])));
    }
}
