use bytes::BytesMut;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::number::{of_double, to_double};
use super::{Body, BodyReader, BodyWriter};
use crate::error::ProtoError;
use crate::message::order::TagValue;

fn read<'a>(body: &'a [u8]) -> BodyReader<'a> {
    BodyReader::new(7, body).unwrap()
}

fn written(write: impl FnOnce(&mut BodyWriter<'_>)) -> BytesMut {
    let mut out = BytesMut::new();
    write(&mut BodyWriter::new(&mut out));
    out
}

#[test]
fn negative_integers_take_ten_bytes() {
    let out = written(|body| body.whole(1, &mut -1).unwrap());
    assert_eq!(&out[..], b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    let mut back = 0;
    read(&out).whole(1, &mut back).unwrap();
    assert_eq!(back, -1);
}

#[test]
fn absent_is_not_zero() {
    let (mut whole, mut size, mut text, mut price) = (5, Some(Decimal::ONE), "as it was".to_owned(), None);
    let mut body = read(b"");
    body.whole(1, &mut whole).unwrap();
    body.size(2, &mut size).unwrap();
    body.text(3, &mut text).unwrap();
    body.price(4, &mut price).unwrap();
    assert_eq!((whole, size, text.as_str(), price), (5, Some(Decimal::ONE), "as it was", None));
}

#[test]
fn unknown_fields_are_passed_over() {
    // Tags 9 to 12 in the four wire types, then tag 1.
    let body = b"\x48\x01\x51\0\0\0\0\0\0\0\0\x5a\x02hi\x65\0\0\0\0\x08\x2a";
    let mut whole = 0;
    read(body).whole(1, &mut whole).unwrap();
    assert_eq!(whole, 42);
}

#[test]
fn the_last_of_several_counts() {
    let mut whole = 0;
    read(b"\x08\x01\x08\x02").whole(1, &mut whole).unwrap();
    assert_eq!(whole, 2);
}

#[test]
fn long_parts_have_long_lengths() {
    let text = "x".repeat(300);
    let out = written(|body| {
        body.part(1, &mut text.clone(), |body, text| body.part(2, text, |body, text| body.text(3, text))).unwrap();
    });
    assert_eq!(&out[..9], b"\x0a\xb2\x02\x12\xaf\x02\x1a\xac\x02");
    let mut back = String::new();
    read(&out).part(1, &mut back, |body, back| body.part(2, back, |body, back| body.text(3, back))).unwrap();
    assert_eq!(back, text);
}

#[test]
fn integers_come_packed_or_one_by_one() {
    let mut list = Vec::new();
    read(b"\x0a\x03\x01\x96\x01\x08\x07").wholes(1, &mut list).unwrap();
    assert_eq!(list, [1, 150, 7]);
    let out = written(|body| body.wholes(1, &mut list).unwrap());
    assert_eq!(&out[..], b"\x0a\x04\x01\x96\x01\x07");
}

#[test]
fn options_are_pairs_in_text() {
    let mut text = "a=1;b=;c=x=y;".to_owned();
    let out = written(|body| body.options(6, &mut text).unwrap());
    let mut pairs = Vec::new();
    read(&out).pairs(6, &mut pairs).unwrap();
    let pair = |tag: &str, value: &str| TagValue { tag: tag.into(), value: value.into() };
    assert_eq!(pairs, [pair("a", "1"), pair("b", ""), pair("c", "x=y")]);
    let mut back = String::new();
    read(&out).options(6, &mut back).unwrap();
    assert_eq!(back, text);
}

#[test]
fn a_wrong_wire_type_is_named() {
    let mut text = String::new();
    assert_eq!(
        read(b"\x08\x01").text(1, &mut text),
        Err(ProtoError::BadField { message: 7, field: 1, expected: "text or a message" })
    );
    let mut size = None;
    assert_eq!(
        read(b"\x0a\x02ab").size(1, &mut size),
        Err(ProtoError::BadField { message: 7, field: 1, expected: "a decimal number" })
    );
}

#[test]
fn unset_sentinels_are_not_set() {
    let (mut price, mut whole, mut size) = (Some(Decimal::ONE), Some(1), Some(Decimal::ONE));
    let body =
        [&b"\x09"[..], &f64::MAX.to_le_bytes(), b"\x10\xff\xff\xff\xff\x07\x1a\x13", b"9223372036854775807"].concat();
    read(&body).price(1, &mut price).unwrap();
    read(&body).maybe_whole(2, &mut whole).unwrap();
    read(&body).size(3, &mut size).unwrap();
    assert_eq!((price, whole, size), (None, None, None));
}

#[test]
fn damage_is_an_error() {
    let what = |body: &[u8]| match BodyReader::new(7, body) {
        Err(ProtoError::BadProtobuf { message: 7, what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(b"\x08"), "a field that is cut off");
    assert_eq!(what(b"\x0a\xff\xff\xff\xff\x0f"), "a field that is cut off");
    assert_eq!(what(b"\x09\0\0"), "a field that is cut off");
    assert_eq!(what(b"\x00\x01"), "a field without a tag");
    assert_eq!(what(b"\x0b"), "a field of no known wire type");
    assert_eq!(what(&[0xff; 12]), "an integer that does not end");
    assert_eq!(what(&[0x08, 0x01].repeat((1 << 20) + 1)), "too many fields");
}

proptest! {
    #[test]
    fn what_people_write_survives_doubles(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..=12) {
        let decimal = Decimal::new(mantissa, scale);
        prop_assert_eq!(of_double(to_double(decimal)), Ok(Some(decimal)));
    }

    #[test]
    fn doubles_are_the_nearest(value in -1e15_f64..1e15) {
        let decimal = of_double(value).unwrap().unwrap();
        prop_assert_eq!(to_double(decimal), value);
    }

    #[test]
    fn any_double_is_survived(bits: u64) {
        let _ = of_double(f64::from_bits(bits)).map(|value| value.map(to_double));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(mut body) = BodyReader::new(7, &bytes) {
            let _ = body.text(1, &mut String::new());
            let _ = body.wholes(1, &mut Vec::new());
            let _ = body.texts(1, &mut Vec::new());
            let _ = body.size(1, &mut None);
            let _ = body.pairs(1, &mut Vec::new());
        }
    }
}
