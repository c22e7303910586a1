//! What a Gateway says of orders: our frames, each checked with the decoders of unmodified clients.

use bytes::Bytes;

use super::frame::{Golden, by_server, from_server, goldens, payload};
use super::{sample, trim};
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::message::ServerMessage;
use crate::message::order::{CompletedOrder, OpenOrder};
use crate::text::Fields;

const FRAMES: &str = include_str!("golden/gateway.txt");

fn expected(golden: &Golden) -> ServerMessage {
    let speaks = golden.speaks;
    match golden.name {
        "open_plain" => ServerMessage::OpenOrder(Box::new(trim::open(sample::open_plain(), speaks))),
        "open_rich" => ServerMessage::OpenOrder(Box::new(trim::open(sample::open_rich(), speaks))),
        "completed_plain" => {
            ServerMessage::CompletedOrder(Box::new(trim::completed(sample::completed_plain(), speaks)))
        }
        "completed_rich" => ServerMessage::CompletedOrder(Box::new(trim::completed(sample::completed_rich(), speaks))),
        other => panic!("no sample {other}"),
    }
}

#[test]
fn our_frames_are_these() {
    for golden in goldens(FRAMES) {
        let message = expected(&golden);
        assert_eq!(by_server(&message, golden.speaks), golden.fields, "{} {}", golden.name, golden.speaks);
        assert_eq!(from_server(golden.fields, golden.speaks), message, "{} {}", golden.name, golden.speaks);
    }
}

#[test]
fn an_open_order_has_as_many_fields_as_clients_unpack() {
    for (speaks, count) in [(157, 128), (163, 131), (176, 136), (178, 135), (200, 156)] {
        let speaks = ServerVersion::new(speaks);
        let fields = by_server(&ServerMessage::OpenOrder(Box::new(sample::open_plain())), speaks);
        assert_eq!(fields.split_terminator('|').count(), count, "{speaks}");
    }
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    for golden in goldens(FRAMES) {
        let longer = format!("{}what|is|this|", golden.fields);
        assert_eq!(from_server(&longer, golden.speaks), expected(&golden), "{} {}", golden.name, golden.speaks);
    }
}

#[test]
fn a_gateway_that_leaves_out_its_word_for_no_hedge_is_understood() {
    let speaks = ServerVersion::new(178);
    let golden = goldens(FRAMES).find(|golden| golden.name == "open_plain" && golden.speaks == speaks).unwrap();
    let without = golden.fields.replace("|None||0||||?|0|0||", "|||");
    assert_eq!(without.matches('|').count() + 8, golden.fields.matches('|').count());
    assert_eq!(from_server(&without, speaks), expected(&golden));
}

#[test]
fn a_condition_of_an_unknown_type_is_an_error_that_says_where() {
    let speaks = ServerVersion::new(178);
    let golden = goldens(FRAMES).find(|golden| golden.name == "open_rich" && golden.speaks == speaks).unwrap();
    let fields = golden.fields.replace("|6|1|a|1|180.5|", "|6|2|a|1|180.5|");
    let field = fields[..fields.find("|2|a|1|180.5|").unwrap()].matches('|').count() + 1;
    let expected = ProtoError::BadField { message: 5, field, expected: "a known condition type" };
    assert_eq!(ServerMessage::decode(&payload(&fields), speaks), Err(expected));
}

#[test]
fn an_unknown_action_is_an_error_that_says_where() {
    let fields = goldens(FRAMES).next().unwrap().fields.replace("|BUY|", "|HODL|");
    let expected = ProtoError::BadField { message: 5, field: 13, expected: "an action" };
    assert_eq!(ServerMessage::decode(&payload(&fields), ServerVersion::new(157)), Err(expected));
}

#[test]
fn every_spelling_of_no_size_is_no_size() {
    let speaks = ServerVersion::new(200);
    let golden = goldens(FRAMES).find(|golden| golden.name == "open_plain" && golden.speaks == speaks).unwrap();
    let spellings =
        ["", "2147483647", "9223372036854775807", "170141183460469231731687303715884105727", "1.7976931348623157E308"];
    for spelling in spellings {
        let fields = golden.fields.replace("|-9223372036854775808|", &format!("|{spelling}|"));
        assert_eq!(from_server(&fields, speaks), expected(&golden), "{spelling}");
    }
}

#[test]
fn nothing_is_left_over() {
    for golden in goldens(FRAMES) {
        let bytes: Bytes = payload(golden.fields);
        let mut fields = Fields::new(&bytes).unwrap();
        match fields.message() {
            5 => drop(OpenOrder::decode(&mut fields, golden.speaks).unwrap()),
            _ => drop(CompletedOrder::decode(&mut fields, golden.speaks).unwrap()),
        }
        assert!(fields.is_empty(), "{} {}", golden.name, golden.speaks);
    }
}
