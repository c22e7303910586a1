//! Input that no Gateway and no client would write: errors, never a panic, never memory for what was not received.

use bytes::Bytes;
use proptest::prelude::*;

use super::frame::{goldens, payload};
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::{ClientMessage, ServerMessage};

/// Frames of clients, then frames of a Gateway.
const FILES: [&str; 2] = [include_str!("golden/place.txt"), include_str!("golden/gateway.txt")];

const GARBAGE: [&[u8]; 9] =
    [b"", b"x", b"-1", b"2147483647", b"9223372036854775808", b"9e999", b"NaN", b"\xff\xfe", b"1.5"];

/// Reads as a Gateway would, then as a client would, and says what was wrong for each.
fn read(payload: &Bytes, speaks: ServerVersion) -> [Option<ProtoError>; 2] {
    [ClientMessage::decode(payload, speaks).err(), ServerMessage::decode(payload, speaks).err()]
}

#[test]
fn a_frame_cut_anywhere_is_an_error() {
    for (reader, frames) in FILES.into_iter().enumerate() {
        for golden in goldens(frames) {
            let whole = payload(golden.fields);
            for length in 0..whole.len() {
                let error = read(&whole.slice(..length), golden.speaks)[reader].clone();
                assert!(error.is_some(), "{} {} cut at {length}", golden.name, golden.speaks);
            }
        }
    }
}

#[test]
fn garbage_in_any_field_does_no_harm() {
    for frames in FILES {
        for golden in goldens(frames) {
            let whole = payload(golden.fields);
            let fields: Vec<&[u8]> = whole.split(|byte| *byte == 0).collect();
            for index in 1..fields.len() {
                for garbage in GARBAGE {
                    let mut fields = fields.clone();
                    fields[index] = garbage;
                    let _ = read(&Bytes::from(fields.join(&0)), golden.speaks);
                }
            }
        }
    }
}

#[test]
fn a_count_of_what_was_not_received_is_refused() {
    let golden = goldens(FILES[1]).find(|golden| golden.name == "open_plain").unwrap();
    let fields = golden.fields.replace("|2147483647|2147483647|||0||IB|", "|2147483647|2147483647||||IB|");
    assert_ne!(fields, golden.fields);
    // The count of legs stands three fields before the scale sizes.
    let at = fields.find("|0|0|0|2147483647|2147483647|").unwrap();
    let many = format!("{}|2000000000{}", &fields[..at], &fields[at + 2..]);
    let error = read(&payload(&many), golden.speaks)[1].clone();
    assert!(matches!(error, Some(ProtoError::BadCount { count: 2_000_000_000, .. })), "{error:?}");
}

proptest! {
    #[test]
    fn noise_behind_an_id_does_no_harm(
        id in prop::sample::select(vec!["3", "4", "5", "7", "11", "15", "58", "59", "99", "101"]),
        noise in prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>(), b'0'..=b'9'], 0..600),
        speaks in 157..=200,
    ) {
        let mut bytes = id.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend(noise);
        let _ = read(&Bytes::from(bytes), ServerVersion::new(speaks));
    }
}
