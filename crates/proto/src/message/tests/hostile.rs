//! Bytes that no peer would send. Golden frames are cut and damaged by [`super::check`].

use bytes::Bytes;
use proptest::prelude::*;

use super::check::{ALL, payload};
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::{ClientMessage, ServerMessage};

#[test]
fn a_count_of_entries_that_were_not_received_is_an_error() {
    let speaks = ServerVersion::new(200);
    let bars = ServerMessage::decode(&payload("17|1001|2000000000|20260402|1|1|1|1|1|1|1|"), speaks);
    assert_eq!(bars, Err(ProtoError::BadCount { message: 17, field: 2, count: 2_000_000_000 }));
    let bars = ServerMessage::decode(&payload("17|1001|-1|"), speaks);
    assert_eq!(bars, Err(ProtoError::BadCount { message: 17, field: 2, count: -1 }));
    let legs = "1|11|13|0|IBKR|BAG|||||SMART||USD|||1000000|43645865|1|BUY|SMART|0||0|0||";
    let legs = ClientMessage::decode(&payload(legs), speaks);
    assert_eq!(legs, Err(ProtoError::BadCount { message: 1, field: 15, count: 1_000_000 }));
}

#[test]
fn a_count_within_an_entry_is_bounded_too() {
    let speaks = ServerVersion::new(200);
    let samples = ServerMessage::decode(&payload("79|45|1|265598|AAPL|STK|NASDAQ|USD|2000000000|CFD|OPT|"), speaks);
    assert_eq!(samples, Err(ProtoError::BadCount { message: 79, field: 8, count: 2_000_000_000 }));
    let chain = ServerMessage::decode(&payload("75|43|CBOE|265598|AAPL|100|0|1000000|230|"), speaks);
    assert_eq!(chain, Err(ProtoError::BadCount { message: 75, field: 7, count: 1_000_000 }));
    let ticks = ServerMessage::decode(&payload("98|53|-3|1|"), speaks);
    assert_eq!(ticks, Err(ProtoError::BadCount { message: 98, field: 2, count: -3 }));
}

#[test]
fn a_payload_without_a_whole_id_is_an_error() {
    let speaks = ServerVersion::new(176);
    assert_eq!(ServerMessage::decode(&Bytes::new(), speaks), Err(ProtoError::EmptyFrame));
    assert_eq!(ClientMessage::decode(&Bytes::from_static(b"71"), speaks), Err(ProtoError::BadMessageId));
    assert_eq!(ClientMessage::decode(&Bytes::from_static(b"\0"), speaks), Err(ProtoError::BadMessageId));
    // A protobuf frame on a session that speaks text.
    assert_eq!(
        ServerMessage::decode(&Bytes::from_static(b"\0\0\0\xd1\x08\x01"), speaks),
        Err(ProtoError::BadMessageId)
    );
}

/// Any id with fields of which many look like what the layout wants.
fn plausible() -> impl Strategy<Value = Bytes> {
    let field = prop_oneof![
        4 => "[0-9]{1,4}",
        2 => "-?[0-9]{0,6}(\\.[0-9]{1,4})?",
        1 => "(BAG|FUND|OPT|20261120 08:30 UTC|None|1|0)",
        1 => "[^\0]{0,12}",
    ];
    (0i32..112, prop::collection::vec(field, 0..160)).prop_map(|(id, fields)| {
        let mut text = format!("{id}\0");
        for field in fields {
            text.push_str(&field);
            text.push('\0');
        }
        Bytes::from(text)
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), version in ALL) {
        let (payload, speaks) = (Bytes::from(bytes), ServerVersion::new(version));
        let _ = ClientMessage::decode(&payload, speaks);
        let _ = ServerMessage::decode(&payload, speaks);
    }

    #[test]
    fn plausible_fields_never_panic_and_what_is_read_can_be_written(payload in plausible(), version in ALL) {
        let speaks = ServerVersion::new(version);
        let mut out = bytes::BytesMut::new();
        if let Ok(message) = ClientMessage::decode(&payload, speaks) {
            prop_assert_eq!(message.encode(&mut out, speaks), Ok(()));
        }
        if let Ok(message) = ServerMessage::decode(&payload, speaks) {
            prop_assert_eq!(message.encode(&mut out, speaks), Ok(()));
        }
    }

    #[test]
    fn unknown_ids_are_values_and_keep_their_bytes(id in 112i32..2000, rest in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = format!("{id}\0").into_bytes();
        bytes.extend(rest);
        let (payload, speaks) = (Bytes::from(bytes), ServerVersion::new(176));
        let from_server = ServerMessage::decode(&payload, speaks).unwrap();
        prop_assert_eq!(&from_server, &ServerMessage::Unknown { id, payload: payload.clone() });
        let from_client = ClientMessage::decode(&payload, speaks).unwrap();
        prop_assert_eq!(&from_client, &ClientMessage::Unknown { id, payload: payload.clone() });
        let mut out = bytes::BytesMut::new();
        from_server.encode(&mut out, speaks).unwrap();
        prop_assert_eq!(&out[4..], &payload[..]);
        out.clear();
        from_client.encode(&mut out, speaks).unwrap();
        prop_assert_eq!(&out[4..], &payload[..]);
    }
}
