//! Records: what the stream of a raw session consists of, once it is open. Pure.
//!
//! ```text
//! u32 length of what follows · u8 kind · payload
//! kind 0, both ways            whole TWS API frames with their own length prefixes, as many as there are
//! kind 1, worker to client     a JSON note; {"lost": …} is the last record before the end
//! ```

use std::io::{self, IoSlice};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use gatewright_proto::MAX_FRAME;
use serde::{Deserialize, Serialize};

use super::failure::ErrorData;

/// Bytes of a record's length and kind.
pub(crate) const HEADER: usize = 5;

/// Bytes of a frame's own length.
pub(crate) const PREFIX: usize = 4;

/// The longest payload of a record: a frame of the longest, and one read full of others around it.
const MAX_PAYLOAD: usize = MAX_FRAME as usize + PREFIX + 128 * 1024;

/// What a record carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole frames.
    Frames,
    /// A note.
    Note,
}

/// What a worker says of a raw session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The session is over, and why.
    pub(crate) lost: ErrorData,
}

/// The peer does not keep to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadRecord;

/// The header of a record.
///
/// # Panics
///
/// A payload of 4 GiB; [`MAX_PAYLOAD`] is far below.
fn header(kind: Kind, payload: usize) -> [u8; HEADER] {
    let length = u32::try_from(payload + 1).expect("payloads are bounded far below");
    let [a, b, c, d] = length.to_be_bytes();
    let kind = match kind {
        Kind::Frames => 0,
        Kind::Note => 1,
    };
    [a, b, c, d, kind]
}

/// Appends a record.
pub(crate) fn put(out: &mut BytesMut, kind: Kind, payload: &[u8]) {
    out.reserve(HEADER + payload.len());
    out.put_slice(&header(kind, payload.len()));
    out.put_slice(payload);
}

/// Writes a record as far as `write` takes it at once; what it does not take is appended to `backlog`, behind what waits
/// there already.
///
/// # Errors
///
/// Those of `write`, but for `WouldBlock`.
pub(crate) fn send(
    backlog: &mut BytesMut,
    kind: Kind,
    payload: &[u8],
    write: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<()> {
    if !backlog.is_empty() {
        put(backlog, kind, payload);
        return Ok(());
    }
    let header = header(kind, payload.len());
    match write(&[IoSlice::new(&header), IoSlice::new(payload)]) {
        Ok(written) => {
            backlog.extend_from_slice(header.get(written..).unwrap_or_default());
            backlog.extend_from_slice(payload.get(written.saturating_sub(HEADER)..).unwrap_or_default());
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            put(backlog, kind, payload);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Takes the next whole record out of what was received, or `None` until it is whole.
pub(crate) fn take(received: &mut BytesMut) -> Result<Option<(Kind, Bytes)>, BadRecord> {
    let Some(&[a, b, c, d, kind]) = received.first_chunk::<HEADER>() else { return Ok(None) };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    let kind = match kind {
        0 => Kind::Frames,
        1 => Kind::Note,
        2.. => return Err(BadRecord),
    };
    if !(1..=MAX_PAYLOAD + 1).contains(&length) {
        return Err(BadRecord);
    }
    let payload = length - 1;
    if received.len() < HEADER + payload {
        return Ok(None);
    }
    received.advance(HEADER);
    Ok(Some((kind, received.split_to(payload).freeze())))
}

/// How many bytes at the front are whole frames, looking from `from` on, where a frame begins.
pub(crate) fn whole_frames(bytes: &[u8], from: usize) -> Result<usize, BadRecord> {
    let mut end = from;
    while let Some(length) = frame_at(bytes, end)? {
        end += length;
    }
    Ok(end)
}

/// The frames that these bytes consist of, one by one, without copying; what is not whole at the end is left out.
pub(crate) fn frames(mut bytes: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || match frame_at(&bytes, 0) {
        Ok(Some(length)) => Some(bytes.split_to(length)),
        Ok(None) | Err(BadRecord) => None,
    })
}

/// The length of the frame that begins there, prefix included, where it is whole.
pub(crate) fn frame_at(bytes: &[u8], at: usize) -> Result<Option<usize>, BadRecord> {
    let Some(prefix) = bytes.get(at..).and_then(|rest| rest.first_chunk::<PREFIX>()) else { return Ok(None) };
    let length = u32::from_be_bytes(*prefix);
    if length > MAX_FRAME {
        return Err(BadRecord);
    }
    let length = PREFIX + length as usize;
    Ok((bytes.len() - at >= length).then_some(length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_split_gives_the_same_records(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..10), cut in 0usize..600
        ) {
            let mut stream = BytesMut::new();
            for payload in &payloads {
                put(&mut stream, Kind::Frames, payload);
            }
            let (head, tail) = stream.split_at(cut.min(stream.len()));
            let mut received = BytesMut::new();
            let mut seen = Vec::new();
            for piece in [head, tail] {
                received.extend_from_slice(piece);
                while let Some((kind, payload)) = take(&mut received).expect("well-formed") {
                    prop_assert_eq!(kind, Kind::Frames);
                    seen.push(payload.to_vec());
                }
            }
            prop_assert_eq!(seen, payloads);
        }

        #[test]
        fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut received = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut received) {}
            let _ = whole_frames(&bytes, 0);
        }
    }

    #[test]
    fn what_a_socket_does_not_take_waits_in_order() {
        for takes in [0, 3, HEADER, HEADER + 2, HEADER + 4] {
            let (mut backlog, mut written) = (BytesMut::new(), BytesMut::new());
            let write = |slices: &[IoSlice<'_>]| {
                let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                written.extend_from_slice(&all[..takes]);
                if takes == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(takes) }
            };
            send(&mut backlog, Kind::Frames, b"abcd", write).expect("it only blocks");
            let never = |_: &[IoSlice<'_>]| panic!("what waits goes first");
            if !backlog.is_empty() {
                send(&mut backlog, Kind::Note, b"ef", never).expect("nothing is written");
            }
            written.unsplit(backlog);
            assert_eq!(take(&mut written), Ok(Some((Kind::Frames, Bytes::from_static(b"abcd")))), "{takes}");
        }
        let broken = |_: &[IoSlice<'_>]| Err(io::ErrorKind::BrokenPipe.into());
        assert!(send(&mut BytesMut::new(), Kind::Frames, b"x", broken).is_err());
    }

    #[test]
    fn only_whole_frames_are_counted() {
        let bytes = b"\0\0\0\x02ab\0\0\0\x01c\0\0\0\x05de";
        assert_eq!(whole_frames(bytes, 0), Ok(11));
        assert_eq!(whole_frames(bytes, 6), Ok(11));
        assert_eq!(whole_frames(&bytes[..3], 0), Ok(0));
        assert_eq!(whole_frames(b"HTTP/1.1", 0), Err(BadRecord));
    }
}
