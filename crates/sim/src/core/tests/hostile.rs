//! Bytes from the wire never panic and never grow memory beyond what was received.

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

use super::table::{Ended, Table, encoded, greeting, start_api};
use crate::config::SimConfig;

fn framed(payload: &[u8]) -> BytesMut {
    let mut frame = BytesMut::new();
    frame.put_u32(u32::try_from(payload.len()).unwrap());
    frame.put_slice(payload);
    frame
}

/// A message id with fields that are numbers, words and nonsense.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        "[0-9]{0,4}",
        "-?[0-9]{1,12}(\\.[0-9]{1,3})?",
        "(AAPL|STK|SMART|USD|BUY|LMT|MKT|1 D|1 min|TRADES|DU1234567|All)",
        "[ -~]{0,12}",
    ];
    (0..110i32, prop::collection::vec(field, 0..130)).prop_map(|(id, fields)| {
        let mut payload = format!("{id}\0");
        for field in fields {
            payload.push_str(&field);
            payload.push('\0');
        }
        payload.into_bytes()
    })
}

proptest! {
    #[test]
    fn any_bytes_from_the_start_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600), polite in any::<bool>()) {
        let mut table = Table::new(SimConfig::default());
        let id = table.connect();
        if polite {
            table.bytes(id, &greeting(100, 178));
        }
        table.bytes(id, &bytes);
        table.pass(Duration::from_secs(5));
        table.ready(7);
    }

    #[test]
    fn any_messages_in_a_session_are_survived(messages in prop::collection::vec(message(), 1..20)) {
        let mut table = Table::new(SimConfig::default());
        let id = table.connect();
        table.bytes(id, &greeting(100, 178));
        table.bytes(id, &encoded(&start_api(1)));
        for payload in messages {
            table.bytes(id, &framed(&payload));
        }
        table.pass(Duration::from_secs(5));
        // Whatever was said, the session is still there.
        prop_assert_eq!(table.ended.get(&id), None::<&Ended>);
        table.ready(7);
    }
}
