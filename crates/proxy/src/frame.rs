//! One frame of either direction: its bytes as they came, and as little of its content as the proxy must know.

use bytes::Bytes;
use gatewright_proto::encoding::identify;
use gatewright_proto::{Encoding, ProtoError, ServerVersion};

/// Bytes of the length in front of a payload.
pub(crate) const PREFIX: usize = 4;

/// Bytes of an id that is not text.
const RAW_ID: usize = 4;

/// The longest a varint may be, in bytes.
const MAX_VARINT: usize = 10;

/// A whole frame with its prefix.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    bytes: Bytes,
    message: i32,
    encoding: Encoding,
}

impl Frame {
    /// Looks at the id of a whole frame, prefix included.
    ///
    /// # Errors
    ///
    /// The payload does not begin with a message id.
    pub(crate) fn read(bytes: Bytes, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let (message, encoding) = identify(bytes.get(PREFIX..).unwrap_or_default(), speaks)?;
        Ok(Self { bytes, message, encoding })
    }

    /// The message's own id, whichever way it is written.
    pub(crate) fn message(&self) -> i32 {
        self.message
    }

    /// The frame as it came, prefix included.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// What stands behind the prefix.
    pub(crate) fn payload(&self) -> Bytes {
        self.bytes.slice(PREFIX..)
    }

    /// The number that stands in this text field, where field 0 is the message id, or at tag 1 of a protobuf body,
    /// where every id of a request or order stands. `None` where there is none.
    pub(crate) fn number(&self, text_index: usize) -> Option<i32> {
        let payload = &self.bytes[PREFIX..];
        match self.encoding {
            Encoding::Text => text_number(payload, text_index),
            Encoding::TextRawId => text_number(payload.get(RAW_ID..)?, text_index.checked_sub(1)?),
            Encoding::Protobuf => first_tag(payload.get(RAW_ID..)?),
        }
    }
}

/// The id of a whole frame's message, prefix included, without keeping the frame.
///
/// # Errors
///
/// The payload does not begin with a message id.
pub(crate) fn message_id(frame: &[u8], speaks: ServerVersion) -> Result<i32, ProtoError> {
    identify(frame.get(PREFIX..).unwrap_or_default(), speaks).map(|(message, _)| message)
}

/// The length of the frame that begins there, prefix included, where it is whole.
pub(crate) fn whole_frame(bytes: &[u8]) -> Option<usize> {
    let prefix = bytes.first_chunk::<PREFIX>()?;
    let length = PREFIX + usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    (bytes.len() >= length).then_some(length)
}

fn text_number(fields: &[u8], index: usize) -> Option<i32> {
    let field = fields.split(|byte| *byte == 0).nth(index)?;
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// The integer with tag 1; the last one counts, as for every protobuf reader.
fn first_tag(mut body: &[u8]) -> Option<i32> {
    let mut found = None;
    while !body.is_empty() {
        let key = varint(&mut body)?;
        match key & 7 {
            0 => {
                let number = varint(&mut body)?;
                if key >> 3 == 1 {
                    // An int32 travels sign-extended to 64 bits, of which the lower half is the number.
                    found = Some(i32::from_le_bytes(*number.to_le_bytes().first_chunk()?));
                }
            }
            1 => body = body.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut body)?).ok()?;
                body = body.get(length..)?;
            }
            5 => body = body.get(4..)?,
            _ => return None,
        }
        if found.is_some() {
            // Tags are written in rising order by every writer seen; looking further would cost each tick.
            return found;
        }
    }
    found
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (at, byte) in rest.iter().take(MAX_VARINT).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use gatewright_proto::message::start::ErrorMessage;
    use gatewright_proto::{ClientMessage, RequestId, ServerMessage};
    use proptest::prelude::*;

    use super::*;

    fn of_client(message: &ClientMessage, speaks: i32) -> Frame {
        let mut out = BytesMut::new();
        message.encode(&mut out, ServerVersion::new(speaks)).unwrap();
        Frame::read(out.freeze(), ServerVersion::new(speaks)).unwrap()
    }

    #[test]
    fn the_id_of_a_request_is_found_in_all_three_encodings() {
        for (speaks, encoding) in [(178, Encoding::Text), (203, Encoding::TextRawId), (213, Encoding::Protobuf)] {
            let frame = of_client(&ClientMessage::CancelMktData(RequestId::new(7)), speaks);
            assert_eq!((frame.message(), frame.encoding, frame.number(2)), (2, encoding, Some(7)), "{speaks}");
        }
    }

    #[test]
    fn a_negative_id_is_found_in_protobuf() {
        let mut out = BytesMut::new();
        let error = ServerMessage::Error(Box::new(ErrorMessage::notice(2104, "farm is OK")));
        error.encode(&mut out, ServerVersion::new(213)).unwrap();
        let frame = Frame::read(out.freeze(), ServerVersion::new(213)).unwrap();
        assert_eq!(frame.number(2), Some(-1));
    }

    proptest! {
        #[test]
        fn hostile_frames_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200), speaks in 100i32..230) {
            let mut bytes = u32::try_from(payload.len()).unwrap().to_be_bytes().to_vec();
            bytes.extend_from_slice(&payload);
            prop_assert_eq!(whole_frame(&bytes), Some(bytes.len()));
            if let Ok(frame) = Frame::read(bytes.into(), ServerVersion::new(speaks)) {
                for index in 0..5 {
                    let _ = frame.number(index);
                }
            }
        }
    }
}
