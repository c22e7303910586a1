//! Numbers as text. Writing does without a formatter, since numbers are most of what a stream of ticks is made of.

use std::fmt::Write as _;
use std::str::FromStr;

use bytes::{BufMut, BytesMut};
use rust_decimal::Decimal;

/// A double from here on means "not set": the sentinel has been seen with fewer digits and other exponents' spelling.
const UNSET_DOUBLE_FROM: f64 = 1e307;

/// A decimal from here on, in either direction, means "not set" too: official clients write 2^127 − 1 for a size that is
/// not set (`UNSET_DECIMAL` of their 10.x), and no price, size or amount is that large in any currency. What a number of
/// the worker's JSON lines can hold ends there as well.
const UNSET_FROM: f64 = 1e20;

/// The longest number that is put together here: the digits of a `u64`, a decimal's places, sign, point and end.
const LONGEST: usize = 64;

/// The digits of 0 to 99: two at a time take half the divisions.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Appends an integer as a field.
pub(crate) fn put_integer(out: &mut BytesMut, value: i64) {
    if let Ok(digit @ 0..10) = u8::try_from(value) {
        return out.put_slice(&[b'0' + digit, 0]);
    }
    let mut field = Field::new();
    field.digits(value.unsigned_abs());
    field.sign(value < 0);
    out.put_slice(field.bytes());
}

/// Appends a decimal as a field, in plain notation, with all the places that it has.
pub(crate) fn put_decimal(out: &mut BytesMut, value: Decimal) {
    let Ok(mut rest) = u64::try_from(value.mantissa().unsigned_abs()) else {
        let _ = write!(out, "{value}\0");
        return;
    };
    let mut field = Field::new();
    if value.scale() > 0 {
        for _ in 0..value.scale() / 2 {
            field.pair(rest % 100);
            rest /= 100;
        }
        if value.scale() % 2 == 1 {
            field.digit(rest % 10);
            rest /= 10;
        }
        field.put(b'.');
    }
    field.digits(rest);
    field.sign(value.is_sign_negative());
    out.put_slice(field.bytes());
}

/// A field that is put together from its end, so that it goes out in one piece.
struct Field {
    bytes: [u8; LONGEST],
    from: usize,
}

impl Field {
    fn new() -> Self {
        Self { bytes: [0; LONGEST], from: LONGEST - 1 }
    }

    fn put(&mut self, byte: u8) {
        self.from -= 1;
        self.bytes[self.from] = byte;
    }

    fn digit(&mut self, digit: u64) {
        self.put(b'0' + digit as u8);
    }

    fn pair(&mut self, pair: u64) {
        self.from -= 2;
        self.bytes[self.from..self.from + 2].copy_from_slice(&PAIRS[pair as usize]);
    }

    fn digits(&mut self, mut rest: u64) {
        while rest >= 100 {
            self.pair(rest % 100);
            rest /= 100;
        }
        if rest < 10 { self.digit(rest) } else { self.pair(rest) }
    }

    fn sign(&mut self, negative: bool) {
        if negative {
            self.put(b'-');
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
}

/// The bytes as an integer. Java writes some integers as `5.0`, so a fraction of zeros is allowed.
pub(crate) fn integer(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?;
    if let Ok(value) = text.parse::<i64>() {
        return Some(value);
    }
    let (whole, fraction) = text.split_once('.')?;
    fraction.bytes().all(|digit| digit == b'0').then(|| whole.parse().ok()).flatten()
}

/// The bytes as an exact decimal, or `None` for the ways to say "not set".
pub(crate) fn decimal(field: &[u8]) -> Result<Option<Decimal>, ()> {
    let text = std::str::from_utf8(field).map_err(drop)?;
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(value) = Decimal::from_str_exact(text) {
        return Ok(Some(value).filter(is_small));
    }
    // Doubles come as Java prints them: 5.0E-5, NaN, Infinity, and the sentinel for "unset".
    let value = match text {
        "Infinite" | "-Infinite" => return Ok(None),
        other => f64::from_str(other).map_err(drop)?,
    };
    if !is_decimal(value) {
        return Ok(None);
    }
    Decimal::from_scientific(text).ok().or_else(|| Decimal::try_from(value).ok()).map(Some).ok_or(())
}

/// Whether a double is a number and not the sentinel for "not set".
pub(crate) fn is_set(value: f64) -> bool {
    value.is_finite() && value.abs() < UNSET_DOUBLE_FROM
}

/// Whether a double is set where an exact decimal stands.
pub(crate) fn is_decimal(value: f64) -> bool {
    value.abs() < UNSET_FROM
}

/// [`is_decimal`], where it is an exact decimal already.
fn is_small(value: &Decimal) -> bool {
    const UNSET_FROM: Decimal = Decimal::from_parts(0x6310_0000, 0x6BC7_5E2D, 5, false, 0);
    value.abs() < UNSET_FROM
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: Decimal) -> String {
        let mut out = BytesMut::new();
        put_decimal(&mut out, value);
        assert_eq!(out.split_off(out.len() - 1)[..], b"\0"[..]);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn a_decimal_keeps_its_places_and_its_sign() {
        for text in
            ["0", "0.00", "-0.05", "12.30", "1", "0.0000000000000000000000000001", "79228162514264337593543950335"]
        {
            assert_eq!(written(text.parse().unwrap()), text);
        }
    }

    #[test]
    fn what_no_price_can_be_is_not_set() {
        let most = decimal(b"99999999999999999999.5").unwrap();
        assert_eq!(most, Some("99999999999999999999.5".parse().unwrap()));
        for text in ["100000000000000000000", "-1e20", "7.9e28", "170141183460469231731687303715884105727", "1E308"] {
            assert_eq!(decimal(text.as_bytes()), Ok(None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_a_formatter_would(mantissa: i128, places in 0u32..=28, short: i64) {
            let most = (1 << 96) - 1;
            for mantissa in [mantissa % most, i128::from(short), i128::from(short % 1_000)] {
                let value = Decimal::from_i128_with_scale(mantissa, places);
                prop_assert_eq!(written(value), value.to_string());
            }
            let mut out = BytesMut::new();
            put_integer(&mut out, short);
            prop_assert_eq!(out.to_vec(), format!("{short}\0").into_bytes());
        }
    }
}
