//! Frames: a u32 big-endian length, then that many bytes, in both directions.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::error::ProtoError;

/// The longest payload that is accepted, in bytes: the official clients' own cap (16 MiB − 1).
pub const MAX_FRAME: u32 = 0x00FF_FFFF;

/// Bytes of the length prefix.
pub(crate) const PREFIX: usize = 4;

/// Cuts a byte stream into frames, whatever the pieces it arrives in.
///
/// Memory grows only with bytes that were received: a length prefix alone allocates nothing.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    limit: u32,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new(MAX_FRAME)
    }
}

impl FrameDecoder {
    /// Makes a decoder that refuses payloads over `limit` bytes.
    pub fn new(limit: u32) -> Self {
        Self { buffer: BytesMut::new(), limit }
    }

    /// Takes received bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The buffer itself, for shells that read a socket straight into it.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Bytes received and not yet returned in a frame.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes received and not yet returned in a frame.
    pub fn pending_bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The next whole payload, without its prefix, or `None` until more bytes arrive.
    ///
    /// # Errors
    ///
    /// [`ProtoError::FrameTooLong`]; the stream has lost its alignment and must be closed.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, ProtoError> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*prefix);
        if length > self.limit {
            return Err(ProtoError::FrameTooLong { length, limit: self.limit });
        }
        let Ok(length) = usize::try_from(length) else {
            return Ok(None);
        };
        if self.buffer.len() < PREFIX + length {
            return Ok(None);
        }
        self.buffer.advance(PREFIX);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}

/// Appends one frame whose payload `write` produces, and fills in the prefix afterwards.
///
/// # Errors
///
/// What `write` returns, or [`ProtoError::FrameTooLong`]; `out` is then as it was before.
pub fn write_frame(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result<(), ProtoError>,
) -> Result<(), ProtoError> {
    let start = out.len();
    out.put_u32(0);
    let written = write(out).and_then(|()| {
        let length = out.len() - start - PREFIX;
        u32::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_FRAME)
            .ok_or(ProtoError::FrameTooLong { length: u32::try_from(length).unwrap_or(u32::MAX), limit: MAX_FRAME })
    });
    match written {
        Ok(length) => {
            out[start..start + PREFIX].copy_from_slice(&length.to_be_bytes());
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_oversized_prefix_is_refused_before_anything_is_allocated() {
        let mut decoder = FrameDecoder::default();
        // "HTTP": what a web server would answer.
        decoder.extend(b"HTTP/1.1 400");
        assert_eq!(decoder.next_frame(), Err(ProtoError::FrameTooLong { length: 0x4854_5450, limit: MAX_FRAME }));
        assert!(decoder.buffer.capacity() < 1024);
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let mut out = BytesMut::from(&b"before"[..]);
        let error = write_frame(&mut out, |out| {
            out.put_slice(b"half a message");
            Err(ProtoError::EmptyFrame)
        });
        assert_eq!(error, Err(ProtoError::EmptyFrame));
        assert_eq!(&out[..], b"before");
    }

    proptest! {
        #[test]
        fn any_split_of_any_stream_gives_the_same_frames(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
            cuts in prop::collection::vec(1usize..40, 1..200),
        ) {
            let mut stream = BytesMut::new();
            for payload in &payloads {
                write_frame(&mut stream, |out| { out.put_slice(payload); Ok(()) }).unwrap();
            }
            let mut decoder = FrameDecoder::default();
            let mut seen = Vec::new();
            let mut rest = &stream[..];
            let mut cuts = cuts.iter().cycle();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                rest = after;
                decoder.extend(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    seen.push(frame.to_vec());
                }
            }
            prop_assert_eq!(seen, payloads);
            prop_assert_eq!(decoder.pending(), 0);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut decoder = FrameDecoder::default();
            decoder.extend(&bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }
}
