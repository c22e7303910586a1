//! Text payloads: fields that each end in a NUL, the first one the message id.

use std::fmt::Write as _;
use std::str::FromStr;

use bytes::{BufMut, BytesMut};
use rust_decimal::Decimal;

use crate::encoding;
use crate::error::ProtoError;
use crate::number::{self, decimal, integer};

/// The integer that official clients write for "not set".
pub const UNSET_INTEGER: i32 = i32::MAX;

/// The double that official clients write for "not set", as Java prints it.
pub const UNSET_DOUBLE: &str = "1.7976931348623157E308";

/// Reads the fields of one text payload in order.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
    message: i32,
    next: usize,
}

impl<'a> Fields<'a> {
    /// Starts behind the message id, at field index 1.
    ///
    /// # Errors
    ///
    /// [`ProtoError::EmptyFrame`] or [`ProtoError::BadMessageId`].
    pub fn new(payload: &'a [u8]) -> Result<Self, ProtoError> {
        if payload.is_empty() {
            return Err(ProtoError::EmptyFrame);
        }
        let end = payload.iter().position(|byte| *byte == 0).ok_or(ProtoError::BadMessageId)?;
        let message = integer(&payload[..end]).and_then(|id| i32::try_from(id).ok()).ok_or(ProtoError::BadMessageId)?;
        Ok(Self { rest: &payload[end + 1..], message, next: 1 })
    }

    /// Starts behind a message id of four raw bytes, as payloads have from server version 201 on. Fields count from 1
    /// all the same.
    ///
    /// # Errors
    ///
    /// [`ProtoError::EmptyFrame`] or [`ProtoError::BadMessageId`].
    pub fn new_raw_id(payload: &'a [u8]) -> Result<Self, ProtoError> {
        let (message, rest) = encoding::raw_id(payload)?;
        Ok(Self { rest, message, next: 1 })
    }

    /// The message id.
    pub fn message(&self) -> i32 {
        self.message
    }

    /// Whether all fields were read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many fields are left.
    pub fn remaining(&self) -> usize {
        self.rest.iter().filter(|byte| **byte == 0).count()
    }

    /// Passes over `count` fields.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`].
    pub fn skip(&mut self, count: usize) -> Result<(), ProtoError> {
        for _ in 0..count {
            self.raw()?;
        }
        Ok(())
    }

    /// The next field's bytes, as they are.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`].
    pub fn raw(&mut self) -> Result<&'a [u8], ProtoError> {
        let missing = ProtoError::MissingField { message: self.message, field: self.next };
        let end = self.rest.iter().position(|byte| *byte == 0).ok_or(missing)?;
        let field = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        self.next += 1;
        Ok(field)
    }

    /// The next field as text; bytes that are not UTF-8 are replaced, since no text is worth losing a session.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`].
    pub fn string(&mut self) -> Result<String, ProtoError> {
        self.raw().map(|field| String::from_utf8_lossy(field).into_owned())
    }

    /// The next field as text with `\uXXXX` escapes resolved, as servers from version 153 write messages and names.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`].
    pub fn escaped(&mut self) -> Result<String, ProtoError> {
        self.string().map(|text| if text.contains("\\u") { unescape(&text) } else { text })
    }

    /// The next field as an integer; empty means `None`, and so does the "unset" sentinel.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn opt_i32(&mut self) -> Result<Option<i32>, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        if field.is_empty() {
            return Ok(None);
        }
        let value = integer(field).and_then(|value| i32::try_from(value).ok()).ok_or(self.bad(at, "an integer"))?;
        Ok(Some(value).filter(|value| *value != UNSET_INTEGER))
    }

    /// The next field as an integer; empty means 0.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn i32(&mut self) -> Result<i32, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        if field.is_empty() {
            return Ok(0);
        }
        integer(field).and_then(|value| i32::try_from(value).ok()).ok_or(self.bad(at, "an integer"))
    }

    /// The next field as a 64-bit integer; empty means 0.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn i64(&mut self) -> Result<i64, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        if field.is_empty() {
            return Ok(0);
        }
        integer(field).ok_or(self.bad(at, "an integer"))
    }

    /// The next field as a boolean: `0` or empty is false, other integers and `true` are true.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn bool(&mut self) -> Result<bool, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        match field {
            b"" | b"0" | b"false" => Ok(false),
            b"1" | b"true" => Ok(true),
            other => integer(other).map(|value| value != 0).ok_or(self.bad(at, "a boolean")),
        }
    }

    /// The next field as an exact decimal; empty, the "unset" sentinel, NaN, the infinities and whatever is
    /// 10^20 or more mean `None`.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn opt_decimal(&mut self) -> Result<Option<Decimal>, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        decimal(field).map_err(|()| self.bad(at, "a decimal number"))
    }

    /// The next field as an exact decimal; empty means 0.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`], or [`ProtoError::BadField`] also where the field says "unset".
    pub fn decimal(&mut self) -> Result<Decimal, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        if field.is_empty() {
            return Ok(Decimal::ZERO);
        }
        decimal(field).ok().flatten().ok_or(self.bad(at, "a decimal number"))
    }

    /// The next field as a floating-point number; empty, "unset" and NaN mean `None`.
    ///
    /// # Errors
    ///
    /// [`ProtoError::MissingField`] or [`ProtoError::BadField`].
    pub fn opt_f64(&mut self) -> Result<Option<f64>, ProtoError> {
        let at = self.next;
        let field = self.raw()?;
        if field.is_empty() {
            return Ok(None);
        }
        let value = std::str::from_utf8(field).ok().and_then(|text| f64::from_str(text).ok());
        let value = value.ok_or(self.bad(at, "a number"))?;
        Ok(Some(value).filter(|value| number::is_set(*value)))
    }

    /// The next field as the number of entries that follow, each of at least `fields_each` fields.
    ///
    /// # Errors
    ///
    /// [`ProtoError::BadCount`] when the rest of the message cannot hold that many, so that nothing is allocated for
    /// entries that were not received.
    pub fn count(&mut self, fields_each: usize) -> Result<usize, ProtoError> {
        let at = self.next;
        let count = self.i64()?;
        let fits = usize::try_from(count)
            .ok()
            .filter(|count| count.checked_mul(fields_each.max(1)).is_some_and(|fields| fields <= self.rest.len()));
        fits.ok_or(ProtoError::BadCount { message: self.message, field: at, count })
    }

    fn bad(&self, field: usize, expected: &'static str) -> ProtoError {
        ProtoError::BadField { message: self.message, field, expected }
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        let digits = rest.get(at + 2..at + 6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        if at > 0 || digits.is_none() {
            flush(&mut units, &mut out);
        }
        out.push_str(&rest[..at]);
        match digits {
            Some(unit) => {
                units.push(unit);
                rest = &rest[at + 6..];
            }
            None => {
                out.push_str("\\u");
                rest = &rest[at + 2..];
            }
        }
    }
    flush(&mut units, &mut out);
    out.push_str(rest);
    out
}

/// Neighbouring escapes may be halves of one character, so they are decoded together.
fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.push_str(&String::from_utf16_lossy(units));
    units.clear();
}

/// Appends the fields of one text payload in order.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    out: &'a mut BytesMut,
    message: i32,
    nul: bool,
}

impl<'a> FieldWriter<'a> {
    /// Starts a payload with its message id.
    pub fn new(out: &'a mut BytesMut, message: i32) -> Self {
        let mut writer = Self { out, message, nul: false };
        writer.int(message);
        writer
    }

    /// Starts a payload with its message id as four raw bytes, as payloads have from server version 201 on.
    pub fn new_raw_id(out: &'a mut BytesMut, message: i32) -> Self {
        out.put_i32(message);
        Self { out, message, nul: false }
    }

    /// Ends the payload.
    ///
    /// # Errors
    ///
    /// [`ProtoError::NulInText`] when any text held a NUL.
    pub fn finish(self) -> Result<(), ProtoError> {
        if self.nul { Err(ProtoError::NulInText { message: self.message }) } else { Ok(()) }
    }

    /// Appends text as it is.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.nul |= value.as_bytes().contains(&0);
        self.out.put_slice(value.as_bytes());
        self.out.put_u8(0);
        self
    }

    /// Appends text as ASCII, everything else as `\uXXXX`, as servers from version 153 do.
    pub fn escaped(&mut self, value: &str) -> &mut Self {
        if value.is_ascii() {
            return self.text(value);
        }
        let mut text = String::with_capacity(value.len() + 8);
        for unit in value.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte) if byte.is_ascii() => text.push(char::from(byte)),
                Ok(_) | Err(_) => {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
        self.text(&text)
    }

    /// Appends an integer.
    pub fn int(&mut self, value: impl Into<i64>) -> &mut Self {
        number::put_integer(self.out, value.into());
        self
    }

    /// Appends an integer, or nothing for "not set".
    pub fn opt_int(&mut self, value: Option<i32>) -> &mut Self {
        match value {
            Some(value) => self.int(value),
            None => self.empty(),
        }
    }

    /// Appends `1` or `0`.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.int(i32::from(value))
    }

    /// Appends a decimal in plain notation.
    pub fn decimal(&mut self, value: Decimal) -> &mut Self {
        number::put_decimal(self.out, value);
        self
    }

    /// Appends a decimal, or nothing for "not set".
    pub fn opt_decimal(&mut self, value: Option<Decimal>) -> &mut Self {
        match value {
            Some(value) => self.decimal(value),
            None => self.empty(),
        }
    }

    fn empty(&mut self) -> &mut Self {
        self.out.put_u8(0);
        self
    }

    /// Appends a decimal, or the largest double for "not set", as a Gateway does where clients insist on a number.
    pub fn decimal_or_max(&mut self, value: Option<Decimal>) -> &mut Self {
        match value {
            Some(value) => self.decimal(value),
            None => self.text(UNSET_DOUBLE),
        }
    }

    /// Appends a floating-point number, or nothing for "not set".
    pub fn opt_f64(&mut self, value: Option<f64>) -> &mut Self {
        if let Some(value) = value {
            let _ = write!(self.out, "{value}");
        }
        self.out.put_u8(0);
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(payload: &'static [u8]) -> Fields<'static> {
        Fields::new(payload).unwrap()
    }

    #[test]
    fn unset_is_not_a_number() {
        for unset in [&b"1\0\0"[..], b"1\x001.7976931348623157E308\0", b"1\x001.7976931348623157e+308\0", b"1\0NaN\0"] {
            assert_eq!(fields(Box::leak(unset.into())).opt_decimal(), Ok(None), "{unset:?}");
        }
        assert_eq!(fields(b"1\x002147483647\0").opt_i32(), Ok(None));
    }

    #[test]
    fn doubles_in_java_notation_are_exact() {
        assert_eq!(fields(b"1\x005.0E-5\0").decimal(), Ok(Decimal::new(5, 5)));
        assert_eq!(fields(b"1\x000.1\0").decimal(), Ok(Decimal::new(1, 1)));
        assert_eq!(fields(b"1\x001.0E7\0").decimal(), Ok(Decimal::from(10_000_000)));
    }

    #[test]
    fn a_count_beyond_the_message_is_refused() {
        assert_eq!(
            fields(b"17\x002000000000\0a\0").count(8),
            Err(ProtoError::BadCount { message: 17, field: 1, count: 2_000_000_000 })
        );
    }

    #[test]
    fn a_nul_in_text_is_an_error_and_not_two_fields() {
        let mut out = BytesMut::new();
        let mut writer = FieldWriter::new(&mut out, 3);
        writer.text("AA\0PL");
        assert_eq!(writer.finish(), Err(ProtoError::NulInText { message: 3 }));
    }

    proptest! {
        #[test]
        fn escapes_round_trip(text in "[^\0\\\\]{0,40}") {
            let mut out = BytesMut::new();
            let mut writer = FieldWriter::new(&mut out, 4);
            writer.escaped(&text);
            writer.finish().unwrap();
            prop_assert!(out.is_ascii());
            prop_assert_eq!(Fields::new(&out).unwrap().escaped().unwrap(), text);
        }

        #[test]
        fn hostile_fields_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(mut fields) = Fields::new(&bytes) {
                let _ = fields.clone().opt_decimal();
                let _ = fields.clone().opt_f64();
                let _ = fields.clone().escaped();
                let _ = fields.clone().count(3);
                let _ = fields.bool();
            }
        }
    }
}
