//! What breaks clients on the wire: avoided by default, each to be had as a fault.

use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::{ClientMessage, ServerMessage};

use super::table::{encoded, greeting, start_api};
use super::trouble::{plain, seconds, set};
use crate::fault::Fault;

/// Every byte that a client gets until it has its farm notices.
fn bytes(fault: Fault) -> Vec<u8> {
    let mut table = plain();
    set(&mut table, fault);
    let id = table.connect();
    table.bytes(id, &greeting(100, 178));
    table.say(id, &start_api(7));
    table.pass(seconds(1));
    table.writes.iter().flat_map(|(_, bytes)| bytes.to_vec()).collect()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_frame_may_come_before_the_handshake_reply() {
    let all = bytes(Fault::FramesBeforeGreeting);
    let first = &all[4..];
    assert!(first.starts_with(b"4\x002\x00-1\x002104\x00"), "{first:?}");
}

#[test]
fn start_up_messages_may_lack_their_version() {
    let all = bytes(Fault::NoVersionFields);
    assert!(contains(&all, b"\0\0\0\x0d15\0DU1234567\0"));
    assert!(contains(&all, b"\0\0\0\x049\x001\0"));
    assert!(!contains(&all, b"15\x001\0DU1234567\0"));
}

#[test]
fn order_ids_may_begin_where_others_keep_request_ids() {
    assert!(contains(&bytes(Fault::HighOrderIds), b"9\x001\x001500000000\0"));
}

#[test]
fn time_zones_may_be_unknown_or_no_text_at_all() {
    assert!(contains(&bytes(Fault::UnknownTimeZone), b" Hora de verano romance\0"));
    let foreign = bytes(Fault::ForeignTimeZone);
    assert!(contains(&foreign, b" \xd6\xd0\xb9\xfa\xb1\xea\xd7\xbc\xca\xb1\xbc\xe4\0"));
    // Its length is right all the same: the start-up messages follow.
    assert!(contains(&foreign, b"15\x001\0DU1234567\0"));
}

#[test]
fn odd_frames_come_after_the_start_up_messages_and_the_session_goes_on() {
    for (fault, frame) in
        [(Fault::UnknownMessage, &b"\0\0\0\x09199\0what\0"[..]), (Fault::EmptyFrame, &b"\0\0\0\0"[..])]
    {
        let all = bytes(fault);
        assert!(all.ends_with(frame), "{fault}");
    }
    let mut table = plain();
    set(&mut table, Fault::UnknownMessage);
    let id = table.start(7);
    table.pass(seconds(1));
    table.bytes(id, &encoded(&ClientMessage::ReqPositions));
    assert!(table.unread(id).ends_with(b"62\x001\0"));
}

#[test]
fn nothing_of_it_happens_unasked() {
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &ClientMessage::ReqManagedAccounts);
    assert!(
        matches!(&table.heard(id)[..], [ServerMessage::ManagedAccounts(accounts)] if !accounts.accounts.is_empty())
    );
    let notice = ErrorMessage::notice(0, "");
    assert_eq!(notice.code, 0);
    // The reply is one write with nothing behind it.
    let (_, first) = &table.writes[0];
    assert_eq!(usize::from(first[3]) + 4, first.len());
}
