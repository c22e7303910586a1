//! Golden frames, checked both ways and abused.
//!
//! A frame is written with `|` where the wire has a NUL.

use std::str::FromStr;

use bytes::{Bytes, BytesMut};
use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::frame::FrameDecoder;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::{ClientMessage, ServerMessage};

/// All versions whose messages are text.
pub(crate) const ALL: std::ops::RangeInclusive<i32> = 157..=200;

/// The payload that a golden text stands for.
pub(crate) fn payload(golden: &str) -> Bytes {
    Bytes::from(golden.replace('|', "\0"))
}

/// At each version, a server message is read from these bytes, and written as these bytes.
pub(crate) fn server(versions: impl IntoIterator<Item = i32>, golden: &str, message: &ServerMessage) {
    for version in versions {
        let speaks = ServerVersion::new(version);
        let mut frame = BytesMut::new();
        message.encode(&mut frame, speaks).unwrap();
        assert_eq!(readable(frame), golden, "written at {version}");
        server_reads([version], golden, message);
    }
}

/// At each version, a server message is read from these bytes, also with a field more; damaged ones are survived.
pub(crate) fn server_reads(versions: impl IntoIterator<Item = i32>, golden: &str, message: &ServerMessage) {
    for version in versions {
        let speaks = ServerVersion::new(version);
        check(golden, message, |payload| ServerMessage::decode(payload, speaks));
    }
}

/// At each version, a client message is read from these bytes, and written as these bytes.
pub(crate) fn client(versions: impl IntoIterator<Item = i32>, golden: &str, message: &ClientMessage) {
    for version in versions {
        let speaks = ServerVersion::new(version);
        let mut frame = BytesMut::new();
        message.encode(&mut frame, speaks).unwrap();
        assert_eq!(readable(frame), golden, "written at {version}");
        client_reads([version], golden, message);
    }
}

/// At each version, a client message is read from these bytes, also with a field more; damaged ones are survived.
pub(crate) fn client_reads(versions: impl IntoIterator<Item = i32>, golden: &str, message: &ClientMessage) {
    for version in versions {
        let speaks = ServerVersion::new(version);
        check(golden, message, |payload| ClientMessage::decode(payload, speaks));
    }
}

fn readable(frame: BytesMut) -> String {
    let mut decoder = FrameDecoder::default();
    decoder.extend(&frame);
    let payload = decoder.next_frame().unwrap().unwrap();
    assert_eq!(decoder.pending(), 0);
    String::from_utf8(payload.to_vec()).unwrap().replace('\0', "|")
}

fn check<M: PartialEq + std::fmt::Debug>(golden: &str, message: &M, decode: impl Fn(&Bytes) -> Result<M, ProtoError>) {
    assert_eq!(decode(&payload(golden)).as_ref(), Ok(message), "read from {golden:?}");
    assert_eq!(decode(&payload(&format!("{golden}later|"))).as_ref(), Ok(message), "read with a field more");
    abuse(&payload(golden), decode);
}

/// Cuts a payload at every byte, and replaces each field by garbage; none of it may panic.
fn abuse<M>(payload: &Bytes, decode: impl Fn(&Bytes) -> Result<M, ProtoError>) {
    const GARBAGE: [&[u8]; 9] = [
        b"",
        b"-1",
        b"x",
        b"\xff\xfe",
        b"2147483647",
        b"9223372036854775808",
        b"1.7976931348623157E308",
        b"Infinity",
        b"-79228162514264337593543950336.00000000000000000000000000001",
    ];
    for end in 0..payload.len() {
        let _ = decode(&payload.slice(..end));
    }
    let fields: Vec<&[u8]> = payload.split(|byte| *byte == 0).collect();
    for at in 0..fields.len() {
        for garbage in GARBAGE {
            let mut fields = fields.clone();
            fields[at] = garbage;
            let _ = decode(&fields.join(&0).into());
        }
    }
}

/// An exact decimal, with the scale that it is written with.
pub(crate) fn dec(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

/// An exact decimal that is set.
pub(crate) fn some(text: &str) -> Option<Decimal> {
    Some(dec(text))
}

/// A request id.
pub(crate) fn req(id: i32) -> RequestId {
    RequestId::new(id)
}

/// A contract number.
pub(crate) fn con(id: i32) -> ConId {
    ConId::new(id)
}
