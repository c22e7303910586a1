//! Greeting, START_API, start-up messages, client ids.

use std::time::Duration;

use gatewright_proto::ClientMessage;

use super::table::{Ended, Table, encoded, errors, greeting, ids, start_api};
use crate::config::SimConfig;
use crate::core::How;

fn table() -> Table {
    Table::new(SimConfig::default())
}

#[test]
fn a_connection_set_cut_at_every_byte_works() {
    let mut table = table();
    let id = table.connect();
    let bytes = [greeting(100, 178), encoded(&start_api(7)), encoded(&ClientMessage::ReqPositions)].concat();
    for byte in bytes {
        table.bytes(id, &[byte]);
    }
    assert_eq!(table.greeting_heard(id).unwrap().version.get(), 178);
    assert_eq!(ids(&table.heard(id)), [15, 9, 62]);
}

#[test]
fn a_connection_set_in_one_piece_works() {
    let mut table = table();
    let id = table.connect();
    let bytes = [greeting(100, 178), encoded(&start_api(7)), encoded(&ClientMessage::ReqPositions)].concat();
    table.bytes(id, &bytes);
    table.pass(Duration::from_millis(5));
    table.greeting_heard(id).unwrap();
    assert_eq!(ids(&table.heard(id)), [15, 9, 62, 4, 4, 4]);
}

#[test]
fn the_answer_is_one_write_and_nothing_follows_before_start_api() {
    let mut table = table();
    let id = table.connect();
    table.bytes(id, &greeting(157, 178));
    table.pass(Duration::from_secs(3_600));
    assert_eq!(table.writes.len(), 1);
    let answer = table.greeting_heard(id).unwrap();
    assert_eq!(answer.connection_time, "20260302 09:30:00 EST");
}

#[test]
fn accounts_and_id_come_in_one_write_and_the_notices_in_the_next() {
    let mut table = table();
    let id = table.start(7);
    table.pass(Duration::from_millis(2));
    assert_eq!(table.writes.len(), 2);
    table.pass(Duration::from_millis(2));
    assert_eq!(table.writes.len(), 3);
    table.greeting_heard(id).unwrap();
    let heard = table.heard(id);
    assert_eq!(ids(&heard), [15, 9, 4, 4, 4]);
    assert_eq!(errors(&heard), [(-1, 2104), (-1, 2106), (-1, 2158)]);
}

#[test]
fn versions_are_agreed_on_or_ours_is_named() {
    for (min, max, agreed) in
        [(100, 157, 157), (157, 178, 178), (100, 225, 225), (187, 193, 193), (213, 230, 226), (50, 99, 226)]
    {
        let mut table = table();
        let id = table.connect();
        table.bytes(id, &greeting(min, max));
        assert_eq!(table.greeting_heard(id).unwrap().version.get(), agreed, "v{min}..{max}");
    }
}

#[test]
fn what_is_no_client_is_closed() {
    let frames = [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"66\x007\0",
        b"API\0\xff\xff\xff\xffv100",
        b"API\0\0\0\0\x04nope",
        b"\0\0\0\x0871\x002\x007\0\0",
    ];
    for bytes in frames {
        let mut table = table();
        let id = table.connect();
        table.bytes(id, bytes);
        assert_eq!(table.ended.get(&id), Some(&Ended::Closed), "{bytes:?}");
        assert!(table.writes.is_empty());
    }
}

#[test]
fn what_is_no_start_api_is_closed_without_a_session() {
    for bytes in [&encoded(&ClientMessage::ReqPositions)[..], b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x0371\0"] {
        let mut table = table();
        let id = table.connect();
        table.bytes(id, &greeting(100, 178));
        table.bytes(id, bytes);
        assert_eq!(table.ended.get(&id), Some(&Ended::Closed), "{bytes:?}");
        assert_eq!(table.writes.len(), 1);
    }
}

#[test]
fn a_client_id_is_taken_until_its_connection_ends() {
    let mut table = table();
    let first = table.ready(7);
    let second = table.start(7);
    table.greeting_heard(second).unwrap();
    assert_eq!(errors(&table.heard(second)), [(-1, 326)]);
    assert_eq!(table.ended.get(&second), Some(&Ended::Closed));
    table.ready(8);

    table.end(first, How::Eof);
    assert_eq!(table.ended.get(&first), Some(&Ended::Closed));
    let third = table.ready(7);
    // After a reset there is nothing left to close.
    table.end(third, How::Reset);
    assert_eq!(table.ended.get(&third), None);
    table.ready(7);
}

#[test]
fn clock_requests_that_come_too_fast_are_dropped() {
    let mut table = table();
    let id = table.ready(7);
    for (wait, answers) in [(0, 1), (4_000, 0), (300, 1), (4_200, 0)] {
        table.pass(Duration::from_millis(wait));
        table.say(id, &ClientMessage::ReqCurrentTime);
        assert_eq!(table.heard(id).len(), answers, "after {wait} ms");
    }
}

#[test]
fn a_stream_that_loses_its_frames_is_closed() {
    let mut table = table();
    let id = table.ready(7);
    table.bytes(id, b"\x7f\xff\xff\xff");
    assert_eq!(table.ended.get(&id), Some(&Ended::Closed));
    assert!(table.unread(id).is_empty());
}
