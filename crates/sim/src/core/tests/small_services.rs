//! Small services: bulletins, display groups, advisors, settings, and what a Gateway sends unasked.

use bytes::{BufMut, Bytes, BytesMut};
use gatewright_proto::message::advisor::{FaReplace, FaRequest};
use gatewright_proto::message::display_group::{SubscribeToGroupEvents, UpdateDisplayGroup};
use gatewright_proto::message::news::NewsBulletinsRequest;
use gatewright_proto::message::order::{Action as Way, Order};
use gatewright_proto::{ClientMessage, FrameDecoder, RequestId, ServerMessage, ServerVersion};
use rust_decimal::Decimal;

use super::table::{Table, errors, greeting, ids};
use super::trading::{far, place, seconds as wait};
use super::trouble::{plain, seconds, with};
use crate::config::SimConfig;
use crate::core::{ConnId, How};

fn bulletins(all_messages: bool) -> ClientMessage {
    ClientMessage::ReqNewsBulletins(NewsBulletinsRequest { all_messages })
}

#[test]
fn bulletins_come_to_who_has_asked_for_them_and_todays_on_request() {
    let mut table = plain();
    let (one, two) = (table.ready(1), table.ready(2));
    table.say(one, &bulletins(false));
    table.world.publish_bulletin("The exchange is open.");
    table.pass(seconds(1));
    table.say(one, &ClientMessage::CancelNewsBulletins);
    table.world.publish_bulletin("The exchange is closed.");
    table.say(two, &bulletins(true));
    let texts = |table: &mut Table, id| -> Vec<(i32, String)> {
        let bulletin = |message| match message {
            ServerMessage::NewsBulletin(it) => Some((it.message_id, it.text)),
            _ => None,
        };
        table.heard(id).into_iter().filter_map(bulletin).collect()
    };
    assert_eq!(texts(&mut table, one), [(1, "The exchange is open.".into())]);
    let both = [(1, "The exchange is open.".to_owned()), (2, "The exchange is closed.".to_owned())];
    assert_eq!(texts(&mut table, two), both);
    table.pass(seconds(86_400));
    let late = table.ready(3);
    table.say(late, &bulletins(true));
    assert_eq!(texts(&mut table, late), [], "yesterday's are gone");
}

#[test]
fn a_scenario_publishes_bulletins() {
    let mut table = with("[[rule]]\nwhen = { after = \"5s\" }\ndo = [{ bulletin = \"Halted.\" }]");
    let id = table.ready(7);
    table.say(id, &bulletins(false));
    table.pass(seconds(5));
    assert_eq!(ids(&table.heard(id)), [14]);
}

fn shown(messages: &[ServerMessage]) -> Vec<(i32, &str)> {
    fn of(message: &ServerMessage) -> Option<(i32, &str)> {
        match message {
            ServerMessage::DisplayGroupUpdated(it) => Some((it.req_id.get(), it.contract_info.as_str())),
            _ => None,
        }
    }
    messages.iter().filter_map(of).collect()
}

fn watch(request: i32, group_id: i32) -> ClientMessage {
    ClientMessage::SubscribeToGroupEvents(SubscribeToGroupEvents { req_id: RequestId::new(request), group_id })
}

fn show(request: i32, contract_info: &str) -> ClientMessage {
    let contract_info = contract_info.to_owned();
    ClientMessage::UpdateDisplayGroup(Box::new(UpdateDisplayGroup { req_id: RequestId::new(request), contract_info }))
}

#[test]
fn display_groups_are_listed_watched_and_changed() {
    let mut table = plain();
    let (one, two) = (table.ready(1), table.ready(2));
    table.say(one, &ClientMessage::QueryDisplayGroups(RequestId::new(9)));
    let heard = table.heard(one);
    let ServerMessage::DisplayGroupList(list) = &heard[0] else { panic!("{heard:?}") };
    assert_eq!(list.groups, "1|2|3|4|5|6|7");
    table.say(one, &watch(10, 3));
    table.say(two, &watch(20, 3));
    table.say(two, &watch(21, 4));
    assert_eq!(shown(&table.heard(one)), [(10, "none")]);
    assert_eq!(shown(&table.heard(two)), [(20, "none"), (21, "none")]);
    table.say(one, &show(10, "265598@SMART"));
    assert_eq!(shown(&table.heard(one)), [(10, "265598@SMART")]);
    assert_eq!(shown(&table.heard(two)), [(20, "265598@SMART")]);
    table.say(two, &ClientMessage::UnsubscribeFromGroupEvents(RequestId::new(20)));
    table.say(one, &show(10, "none"));
    assert_eq!(table.heard(two), []);
    // What means nothing is refused under its id.
    table.heard(one);
    for message in [show(11, "none"), show(10, "4711@SMART"), show(10, "hello"), watch(12, 8)] {
        table.say(one, &message);
    }
    assert_eq!(errors(&table.heard(one)), [(11, 321), (10, 321), (10, 321), (12, 321)]);
}

#[test]
fn a_login_that_is_no_advisors_is_told_so() {
    let mut table = plain();
    let id = table.ready(7);
    table.say(id, &ClientMessage::RequestFa(FaRequest { fa_data_type: 1 }));
    let replace = FaReplace { fa_data_type: 1, xml: String::new(), req_id: RequestId::new(5) };
    table.say(id, &ClientMessage::ReplaceFa(Box::new(replace)));
    assert_eq!(errors(&table.heard(id)), [(-1, 321), (5, 321)]);
}

/// A session at server version 226, and the payloads that it gets.
fn newest(table: &mut Table) -> ConnId {
    let id = table.connect();
    table.bytes(id, &greeting(100, 226));
    table.bytes(id, b"\0\0\0\x06\0\0\x01\x0f\x08\x07");
    table.pass(seconds(1));
    id
}

fn payloads(table: &Table, id: ConnId) -> Vec<Bytes> {
    let mut decoder = FrameDecoder::default();
    decoder.extend(table.unread(id));
    std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
}

fn protobuf(message: i32, body: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u32(u32::try_from(body.len() + 4).unwrap());
    frame.put_i32(message + 200);
    frame.put_slice(body);
    frame.freeze()
}

#[test]
fn settings_are_told_over_the_api() {
    let mut table = Table::new(SimConfig { listen: "127.0.0.1:4002".parse().unwrap(), ..SimConfig::default() });
    let id = newest(&mut table);
    table.bytes(id, &protobuf(108, b"\x08\x2a"));
    let answer = payloads(&table, id).pop().unwrap();
    assert_eq!(answer[..4], 310i32.to_be_bytes());
    assert_eq!(answer[4..6], b"\x08\x2a"[..], "it names its request");
    let has = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    assert!(has(b"\x0a\x0511:45\x12\x02PM\x1a\x07restart"), "when it restarts");
    assert!(has(b"\x40\xa2\x1f"), "its port");
    assert!(has(b"\x98\x01\x1e"), "how long a client may not read");
}

#[test]
fn what_is_newer_than_the_simulator_is_refused_under_its_own_id() {
    let mut table = plain();
    let id = newest(&mut table);
    let before = payloads(&table, id).len();
    // Nothing is left to end by these two.
    table.bytes(id, &protobuf(106, b"\x08\x05"));
    table.bytes(id, &protobuf(107, b"\x08\x05"));
    assert_eq!(payloads(&table, id).len(), before);
    table.bytes(id, &protobuf(109, b"\x08\x2b"));
    let answer = payloads(&table, id).pop().unwrap();
    let ServerMessage::Error(error) = ServerMessage::decode(&answer, ServerVersion::new(226)).unwrap() else {
        panic!("an error")
    };
    assert_eq!((error.id.get(), error.code), (43, 321));
}

#[test]
fn open_orders_may_come_before_anything_else() {
    let mut table = Table::new(SimConfig { download_open_orders: true, ..SimConfig::default() });
    let id = table.ready(7);
    place(&mut table, id, 1, far(5));
    place(&mut table, id, 2, Order::market(Way::Buy, Decimal::ONE));
    wait(&mut table, 2);
    table.end(id, How::Eof);
    let id = table.start(7);
    table.greeting_heard(id).unwrap();
    assert_eq!(ids(&table.heard(id)), [5, 3, 53, 15, 9]);
    // Who has none is told nothing of it.
    table.ready(8);
}
