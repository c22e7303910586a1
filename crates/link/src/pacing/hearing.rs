//! What the Gateway's words mean for the pace: requests that have ended, and objections to the rate. Pure.

use bytes::Bytes;
use gatewright_proto::encoding::{FIRST_RAW_ID, PROTOBUF_OFFSET};
use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, classify};
use gatewright_proto::{RequestId, ServerMessage, ServerVersion};

/// The ids of errors, and of the first answers to requests for history.
const ERROR: i32 = 4;
const HISTORY: [i32; 3] = [17, 88, 108];

/// A message id in text has three digits; a longer first field is none.
const ID_DIGITS: usize = 12;

/// What one message of the Gateway means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearing {
    /// Nothing.
    Nothing,
    /// This request for history is no longer open.
    Ended(RequestId),
    /// A notice, warning or error.
    Error(Box<ErrorMessage>),
}

impl Hearing {
    /// Reads a typed message.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else means anything here, new messages neither")]
    pub fn of(message: &ServerMessage) -> Self {
        match message {
            ServerMessage::Error(error) => Self::Error(error.clone()),
            ServerMessage::HistoricalData(data) => Self::Ended(data.req_id),
            ServerMessage::HistoricalDataEnd(end) => Self::Ended(end.req_id),
            ServerMessage::HeadTimestamp(head) => Self::Ended(head.req_id),
            _ => Self::Nothing,
        }
    }

    /// Reads a frame's payload, no further than it must.
    pub fn of_frame(payload: &[u8], version: ServerVersion) -> Self {
        let Some(id) = message_id(payload, version) else { return Self::Nothing };
        if id == ERROR {
            return match ServerMessage::decode(&Bytes::copy_from_slice(payload), version) {
                Ok(ServerMessage::Error(error)) => Self::Error(error),
                Ok(_) | Err(_) => Self::Nothing,
            };
        }
        if !HISTORY.contains(&id) {
            return Self::Nothing;
        }
        request_id(payload, version).map_or(Self::Nothing, Self::Ended)
    }

    /// Whether an error ends the request that it names.
    pub fn ends_request(error: &ErrorMessage) -> bool {
        error.id.get() >= 0 && !Self::advises(error)
    }

    /// Whether an error leaves the request that it names alive.
    pub(crate) fn advises(error: &ErrorMessage) -> bool {
        matches!(
            classify(error.code, &error.text),
            CodeClass::Notice
                | CodeClass::Warning
                | CodeClass::RateWarning
                | CodeClass::DataAdvisory
                | CodeClass::DepthReset
                | CodeClass::Connectivity(_)
                | CodeClass::Farm { .. }
        )
    }

    /// Whether an error is about the rate of messages.
    pub fn is_about_rate(error: &ErrorMessage) -> bool {
        matches!(classify(error.code, &error.text), CodeClass::RateWarning | CodeClass::RateExceeded)
    }
}

/// The message's id as the text protocol numbers it.
pub(crate) fn message_id(payload: &[u8], version: ServerVersion) -> Option<i32> {
    if version >= FIRST_RAW_ID {
        let id = i32::from_be_bytes(*payload.first_chunk()?);
        return Some(if id > PROTOBUF_OFFSET { id - PROTOBUF_OFFSET } else { id });
    }
    // Asked of each tick: digit by digit costs a third of what a number's general reader does.
    let mut id = 0_i32;
    for (index, byte) in payload.iter().take(ID_DIGITS).enumerate() {
        match byte {
            0 if index > 0 => return Some(id),
            b'0'..=b'9' => id = id.checked_mul(10)?.checked_add(i32::from(byte - b'0'))?,
            _ => return None,
        }
    }
    None
}

/// The first field behind the message id, where answers to requests for history name their request.
fn request_id(payload: &[u8], version: ServerVersion) -> Option<RequestId> {
    let body = if version >= FIRST_RAW_ID {
        let id = i32::from_be_bytes(*payload.first_chunk()?);
        let body = payload.get(4..)?;
        if id > PROTOBUF_OFFSET {
            return varint_of_field_one(body);
        }
        body
    } else {
        let end = payload.iter().position(|byte| *byte == 0)?;
        payload.get(end + 1..)?
    };
    let end = body.iter().take(ID_DIGITS).position(|byte| *byte == 0)?;
    std::str::from_utf8(&body[..end]).ok()?.parse().ok().map(RequestId::new)
}

/// Protobuf writers put field 1 first; whoever does not is simply not understood.
fn varint_of_field_one(body: &[u8]) -> Option<RequestId> {
    let (tag, rest) = body.split_first()?;
    if *tag != 0x08 {
        return None;
    }
    let mut value: u64 = 0;
    for (index, byte) in rest.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(index).ok()?)?;
        if byte & 0x80 == 0 {
            return i32::try_from(value).ok().map(RequestId::new);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: ServerVersion = ServerVersion::new(178);
    const PROTOBUF: ServerVersion = ServerVersion::new(222);

    #[test]
    fn the_end_of_a_request_for_history_is_read_in_each_encoding() {
        let ended = |id| Hearing::Ended(RequestId::new(id));
        let read = |bytes: &'static [u8], version| Hearing::of_frame(bytes, version);
        assert_eq!(read(b"17\x0042\x0020261127\0", TEXT), ended(42));
        assert_eq!(read(b"\0\0\0\x1142\0rest\0", ServerVersion::new(201)), ended(42));
        assert_eq!(read(&[0, 0, 1, 52, 0x08, 0xac, 0x02, 0x12, 0x00], PROTOBUF), ended(300));
        assert_eq!(read(b"1\x006\x0042\0", TEXT), Hearing::Nothing);
        assert_eq!(read(b"17\0no number\0", TEXT), Hearing::Nothing);
    }

    #[test]
    fn ids_are_read_in_both_spellings() {
        assert_eq!(message_id(b"15\x001\0", TEXT), Some(15));
        assert_eq!(message_id(b"108\0rest\0", TEXT), Some(108));
        for bad in [&b"no id at all"[..], b"", b"\0", b"15", b"1x\0", b"99999999999\0", b"123456789012\0"] {
            assert_eq!(message_id(bad, TEXT), None, "{bad:?}");
        }
        assert_eq!(message_id(&[0, 0, 0, 215], ServerVersion::new(207)), Some(15));
        assert_eq!(message_id(&[0, 0, 0, 15, b'1', 0], ServerVersion::new(201)), Some(15));
        assert_eq!(message_id(&[0, 0], ServerVersion::new(201)), None);
    }

    #[test]
    fn an_error_says_whether_it_ends_its_request_or_is_about_the_rate() {
        let error = |id, code, text: &str| {
            let bytes = format!("4\x002\0{id}\0{code}\0{text}\0\0");
            let Hearing::Error(error) = Hearing::of_frame(bytes.as_bytes(), TEXT) else { panic!("an error") };
            error
        };
        let refused = error(42, 162, "Historical Market Data Service error message:no data");
        assert!(Hearing::ends_request(&refused) && !Hearing::is_about_rate(&refused));
        let rate = error(-1, 100, "Max rate of messages per second has been exceeded");
        assert!(!Hearing::ends_request(&rate) && Hearing::is_about_rate(&rate));
        assert!(!Hearing::ends_request(&error(42, 10167, "Displaying delayed market data.")));
    }

    proptest! {
        #[test]
        fn hostile_frames_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), version in 150i32..230) {
            let _ = Hearing::of_frame(&bytes, ServerVersion::new(version));
        }
    }
}
