//! Writing a body.

use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};
use rust_decimal::Decimal;

use super::body::{Body, Tag};
use super::number;

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const BYTES: u64 = 2;

/// Appends the fields of one message.
#[derive(Debug)]
pub(crate) struct BodyWriter<'a> {
    out: &'a mut BytesMut,
}

impl<'a> BodyWriter<'a> {
    /// Appends to `out`, behind the message id.
    pub(crate) fn new(out: &'a mut BytesMut) -> Self {
        Self { out }
    }

    fn key(&mut self, tag: Tag, wire_type: u64) {
        put_varint(self.out, u64::from(tag) << 3 | wire_type);
    }

    fn bytes(&mut self, tag: Tag, bytes: &[u8]) {
        self.key(tag, BYTES);
        put_varint(self.out, length(bytes.len()));
        self.out.put_slice(bytes);
    }

    /// Appends what `write` appends, behind its length.
    fn measured<T>(&mut self, tag: Tag, write: impl FnOnce(&mut Self) -> T) -> T {
        self.key(tag, BYTES);
        let start = self.out.len();
        let done = write(self);
        let written = self.out.len() - start;
        // The length goes in front, and how long it is itself is known only now.
        put_varint(self.out, length(written));
        self.out[start..].rotate_left(written);
        done
    }
}

impl Body for BodyWriter<'_> {
    type Error = Infallible;

    const WRITES: bool = true;

    fn text(&mut self, tag: Tag, value: &mut String) -> Result<(), Infallible> {
        if !value.is_empty() {
            self.bytes(tag, value.as_bytes());
        }
        Ok(())
    }

    fn entry(&mut self, tag: Tag, value: &mut String) -> Result<(), Infallible> {
        self.bytes(tag, value.as_bytes());
        Ok(())
    }

    fn flag(&mut self, tag: Tag, value: &mut bool) -> Result<(), Infallible> {
        if *value { self.maybe_long(tag, &mut Some(1)) } else { Ok(()) }
    }

    fn maybe_long(&mut self, tag: Tag, value: &mut Option<i64>) -> Result<(), Infallible> {
        if let Some(value) = *value {
            self.key(tag, VARINT);
            put_varint(self.out, value.cast_unsigned());
        }
        Ok(())
    }

    fn maybe_whole(&mut self, tag: Tag, value: &mut Option<i32>) -> Result<(), Infallible> {
        self.maybe_long(tag, &mut value.map(i64::from))
    }

    fn price(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), Infallible> {
        self.double(tag, &mut value.map(number::to_double))
    }

    fn size(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), Infallible> {
        if let Some(value) = *value {
            self.measured(tag, |body| {
                let _ = write!(body.out, "{value}");
            });
        }
        Ok(())
    }

    fn double(&mut self, tag: Tag, value: &mut Option<f64>) -> Result<(), Infallible> {
        if let Some(value) = *value {
            self.key(tag, FIXED64);
            self.out.put_f64_le(value);
        }
        Ok(())
    }

    fn refuse(&mut self, _: Tag, _: &'static str) -> Result<(), Infallible> {
        Ok(())
    }

    fn part<T>(
        &mut self,
        tag: Tag,
        value: &mut T,
        pass: impl FnOnce(&mut Self, &mut T) -> Result<(), Infallible>,
    ) -> Result<(), Infallible> {
        self.measured(tag, |body| pass(body, value))
    }

    fn list<T: Default>(
        &mut self,
        tag: Tag,
        list: &mut Vec<T>,
        mut each: impl FnMut(&mut Self, &mut T) -> Result<(), Infallible>,
    ) -> Result<(), Infallible> {
        list.iter_mut().try_for_each(|entry| self.part(tag, entry, &mut each))
    }

    fn texts(&mut self, tag: Tag, list: &mut Vec<String>) -> Result<(), Infallible> {
        list.iter_mut().try_for_each(|text| self.entry(tag, text))
    }

    fn numbers(&mut self, tag: Tag, list: &mut Vec<Decimal>) -> Result<(), Infallible> {
        if !list.is_empty() {
            self.measured(tag, |body| {
                for number in list {
                    body.out.put_f64_le(number::to_double(*number));
                }
            });
        }
        Ok(())
    }

    fn wholes(&mut self, tag: Tag, list: &mut Vec<i32>) -> Result<(), Infallible> {
        if !list.is_empty() {
            self.measured(tag, |body| {
                for number in list {
                    put_varint(body.out, i64::from(*number).cast_unsigned());
                }
            });
        }
        Ok(())
    }
}

/// No length in memory outgrows 64 bits.
fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn put_varint(out: &mut BytesMut, mut number: u64) {
    while number > 0x7F {
        let [low, ..] = number.to_le_bytes();
        out.put_u8(low | 0x80);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    out.put_u8(low);
}
