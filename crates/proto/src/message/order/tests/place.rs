//! placeOrder against what unmodified clients write.

use rust_decimal::Decimal;

use super::frame::{Golden, by_client, from_client, goldens, payload};
use super::{sample, trim};
use crate::ids::ServerVersion;
use crate::message::ClientMessage;
use crate::message::order::PlaceOrder;
use crate::text::{Fields, UNSET_INTEGER};

const BY_CLIENTS: &str = include_str!("golden/place.txt");
const BY_US: &str = include_str!("golden/place_ours.txt");

/// The sample of that name as it is at that version.
fn named(name: &str, speaks: ServerVersion) -> PlaceOrder {
    let message = match name {
        "plain" => sample::plain(),
        "rich" => sample::rich(),
        "pegbest" => sample::pegbest(),
        "pegbench" => sample::pegbench(),
        "vol" => sample::vol(),
        other => panic!("no sample {other}"),
    };
    trim::placed(message, speaks)
}

/// The sample with what this client adds by itself.
fn expected(golden: &Golden) -> PlaceOrder {
    let mut message = named(golden.name, golden.speaks);
    let (writer, plain) = (golden.writer, golden.name != "rich");
    if writer != "ibapi-10.46" {
        message.contract.strike = Some(Decimal::ZERO);
    }
    if writer == "ib_async" && plain {
        message.order.open_close = "O".into();
        message.order.use_price_mgmt_algo = Some(false);
    }
    if writer == "ibapi-9.81" {
        message.order.e_trade_only = true;
        message.order.firm_quote_only = true;
    }
    if writer == "ibapi-10.46" {
        message.order.fa_profile = String::new();
        // It writes nothing into the two fields that only 187 to 189 have.
        message.order.external_user_id = String::new();
        if golden.speaks < ServerVersion::new(190) {
            message.order.manual_order_indicator = None;
        }
    }
    message
}

/// Whether two fields say the same: the same text, the same number, or both "not set".
fn same(one: &str, other: &str) -> bool {
    let value = |text: &str| {
        let number = Fields::new(format!("0\0{text}\0").as_bytes()).unwrap().opt_decimal();
        number.map(|number| number.filter(|number| *number != Decimal::from(UNSET_INTEGER)))
    };
    one == other || value(one).is_ok() && value(one) == value(other)
}

#[test]
fn what_clients_write_is_read_as_they_meant_it() {
    for golden in goldens(BY_CLIENTS) {
        let ClientMessage::PlaceOrder(message) = from_client(golden.fields, golden.speaks) else { panic!() };
        assert_eq!(*message, expected(&golden), "{} {} {}", golden.writer, golden.name, golden.speaks);
    }
}

#[test]
fn nothing_is_left_over() {
    for golden in goldens(BY_CLIENTS) {
        let payload = payload(golden.fields);
        let mut fields = Fields::new(&payload).unwrap();
        PlaceOrder::decode(&mut fields, golden.speaks).unwrap();
        assert!(fields.is_empty(), "{} {} {}", golden.writer, golden.name, golden.speaks);
    }
}

#[test]
fn what_ib_async_writes_is_written_again_byte_for_byte() {
    for golden in goldens(BY_CLIENTS).filter(|golden| golden.writer == "ib_async") {
        let message = from_client(golden.fields, golden.speaks);
        // We write an infinite offset as the official clients do.
        let expected = golden.fields.replace("|Infinite|", "|Infinity|");
        assert_eq!(by_client(&message, golden.speaks), expected, "{} {}", golden.name, golden.speaks);
    }
}

#[test]
fn we_write_the_same_fields_as_clients_do() {
    for golden in goldens(BY_CLIENTS) {
        let ours = by_client(&ClientMessage::PlaceOrder(Box::new(expected(&golden))), golden.speaks);
        let (ours, theirs) =
            (ours.split('|'), golden.fields.split('|').map(|field| field.replace("Infinite", "Infinity")));
        assert_eq!(ours.clone().count(), theirs.clone().count(), "{} {}", golden.name, golden.speaks);
        for (index, (ours, theirs)) in ours.zip(theirs).enumerate() {
            assert!(same(ours, &theirs), "{} {} field {index}: {ours:?}, {theirs:?}", golden.name, golden.speaks);
        }
    }
}

#[test]
fn our_frames_are_these() {
    for golden in goldens(BY_US) {
        let message = ClientMessage::PlaceOrder(Box::new(named(golden.name, golden.speaks)));
        assert_eq!(by_client(&message, golden.speaks), golden.fields, "{} {}", golden.name, golden.speaks);
        assert_eq!(from_client(golden.fields, golden.speaks), message, "{} {}", golden.name, golden.speaks);
    }
}

#[test]
fn a_plain_order_has_as_many_fields_as_the_official_client_gives_it() {
    for (speaks, count) in
        [(157, 110), (176, 115), (178, 114), (187, 118), (188, 118), (189, 119), (190, 117), (200, 119)]
    {
        let speaks = ServerVersion::new(speaks);
        let fields = by_client(&ClientMessage::PlaceOrder(Box::new(sample::plain())), speaks);
        assert_eq!(fields.split_terminator('|').count(), count, "{speaks}");
    }
}
