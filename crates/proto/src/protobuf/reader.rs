//! Reading a body.

use rust_decimal::Decimal;

use super::body::{Body, Tag};
use super::number;
use crate::error::ProtoError;
use crate::message::order::wire::NO_SIZE;
use crate::text;

/// How many fields one message may have, lists counted by entry. An index entry takes 32 bytes, so this bounds what a
/// frame of two-byte fields can make us hold to 32 MiB; the longest answers seen have some ten thousand entries.
const MAX_FIELDS: usize = 1 << 20;

/// The longest a varint may be, in bytes.
const MAX_VARINT: usize = 10;

/// One field as it came.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32,
    Bytes(&'a [u8]),
}

/// The fields of one message by their tags.
///
/// Nothing is copied, and a message within the message is looked into only when a layout asks for it, so depth is
/// bounded by the layouts. Where a field that should be single is there twice, the last one counts.
#[derive(Debug)]
pub(crate) struct BodyReader<'a> {
    message: i32,
    fields: Vec<(Tag, Value<'a>)>,
}

impl<'a> BodyReader<'a> {
    /// Indexes the fields of `body`, which belongs to the message with that id.
    ///
    /// # Errors
    ///
    /// [`ProtoError::BadProtobuf`] when a field is cut off or is none.
    pub(crate) fn new(message: i32, body: &'a [u8]) -> Result<Self, ProtoError> {
        let mut reader = Self { message, fields: Vec::new() };
        let mut rest = body;
        while !rest.is_empty() {
            if reader.fields.len() == MAX_FIELDS {
                return Err(reader.bad("too many fields"));
            }
            let field = field(&mut rest).map_err(|what| reader.bad(what))?;
            reader.fields.push(field);
        }
        Ok(reader)
    }

    fn bad(&self, what: &'static str) -> ProtoError {
        ProtoError::BadProtobuf { message: self.message, what }
    }

    fn bad_field(&self, tag: Tag, expected: &'static str) -> ProtoError {
        ProtoError::BadField { message: self.message, field: usize::try_from(tag).unwrap_or(usize::MAX), expected }
    }

    fn last(&self, tag: Tag) -> Option<Value<'a>> {
        self.fields.iter().rev().find(|(of, _)| *of == tag).map(|(_, value)| *value)
    }

    fn varint(&self, tag: Tag) -> Result<Option<u64>, ProtoError> {
        match self.last(tag) {
            None => Ok(None),
            Some(Value::Varint(value)) => Ok(Some(value)),
            Some(Value::Fixed64(_) | Value::Fixed32 | Value::Bytes(_)) => Err(self.bad_field(tag, "an integer")),
        }
    }

    fn fixed(&self, tag: Tag) -> Result<Option<f64>, ProtoError> {
        match self.last(tag) {
            None => Ok(None),
            Some(Value::Fixed64(bytes)) => Ok(Some(f64::from_le_bytes(bytes))),
            Some(Value::Varint(_) | Value::Fixed32 | Value::Bytes(_)) => Err(self.bad_field(tag, "a double")),
        }
    }

    fn bytes(&self, tag: Tag) -> Result<Option<&'a [u8]>, ProtoError> {
        self.last(tag).map(|value| self.as_bytes(tag, value)).transpose()
    }

    fn as_bytes(&self, tag: Tag, value: Value<'a>) -> Result<&'a [u8], ProtoError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Varint(_) | Value::Fixed64(_) | Value::Fixed32 => Err(self.bad_field(tag, "text or a message")),
        }
    }

    fn all(&self, tag: Tag) -> Vec<Value<'a>> {
        self.fields.iter().filter(|(of, _)| *of == tag).map(|(_, value)| *value).collect()
    }
}

impl Body for BodyReader<'_> {
    type Error = ProtoError;

    const WRITES: bool = false;

    fn text(&mut self, tag: Tag, value: &mut String) -> Result<(), ProtoError> {
        if let Some(bytes) = self.bytes(tag)? {
            // As with text fields, no text is worth losing a session.
            *value = String::from_utf8_lossy(bytes).into_owned();
        }
        Ok(())
    }

    fn entry(&mut self, tag: Tag, value: &mut String) -> Result<(), ProtoError> {
        self.text(tag, value)
    }

    fn flag(&mut self, tag: Tag, value: &mut bool) -> Result<(), ProtoError> {
        *value = self.varint(tag)?.map_or(*value, |number| number != 0);
        Ok(())
    }

    fn maybe_long(&mut self, tag: Tag, value: &mut Option<i64>) -> Result<(), ProtoError> {
        if let Some(number) = self.varint(tag)? {
            *value = Some(number.cast_signed());
        }
        Ok(())
    }

    fn maybe_whole(&mut self, tag: Tag, value: &mut Option<i32>) -> Result<(), ProtoError> {
        if let Some(number) = self.varint(tag)? {
            *value = Some(whole(number)).filter(|number| *number != text::UNSET_INTEGER);
        }
        Ok(())
    }

    fn price(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), ProtoError> {
        if let Some(double) = self.fixed(tag)? {
            *value = number::of_double(double).map_err(|()| self.bad_field(tag, "a decimal number"))?;
        }
        Ok(())
    }

    fn size(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), ProtoError> {
        if let Some(bytes) = self.bytes(tag)? {
            *value = size(bytes).map_err(|()| self.bad_field(tag, "a decimal number"))?;
        }
        Ok(())
    }

    fn double(&mut self, tag: Tag, value: &mut Option<f64>) -> Result<(), ProtoError> {
        *value = self.fixed(tag)?.or(*value);
        Ok(())
    }

    fn refuse(&mut self, tag: Tag, expected: &'static str) -> Result<(), ProtoError> {
        Err(self.bad_field(tag, expected))
    }

    fn part<T>(
        &mut self,
        tag: Tag,
        value: &mut T,
        pass: impl FnOnce(&mut Self, &mut T) -> Result<(), ProtoError>,
    ) -> Result<(), ProtoError> {
        match self.bytes(tag)? {
            Some(bytes) => pass(&mut Self::new(self.message, bytes)?, value),
            None => Ok(()),
        }
    }

    fn list<T: Default>(
        &mut self,
        tag: Tag,
        list: &mut Vec<T>,
        mut each: impl FnMut(&mut Self, &mut T) -> Result<(), ProtoError>,
    ) -> Result<(), ProtoError> {
        list.clear();
        for value in self.all(tag) {
            let mut entry = T::default();
            each(&mut Self::new(self.message, self.as_bytes(tag, value)?)?, &mut entry)?;
            list.push(entry);
        }
        Ok(())
    }

    fn texts(&mut self, tag: Tag, list: &mut Vec<String>) -> Result<(), ProtoError> {
        list.clear();
        for value in self.all(tag) {
            list.push(String::from_utf8_lossy(self.as_bytes(tag, value)?).into_owned());
        }
        Ok(())
    }

    fn numbers(&mut self, tag: Tag, list: &mut Vec<Decimal>) -> Result<(), ProtoError> {
        list.clear();
        for value in self.all(tag) {
            let doubles = match &value {
                Value::Fixed64(double) => std::slice::from_ref(double),
                Value::Bytes(packed) => packed.as_chunks().0,
                Value::Varint(_) | Value::Fixed32 => return Err(self.bad_field(tag, "doubles")),
            };
            for double in doubles {
                let number = number::of_double(f64::from_le_bytes(*double)).ok().flatten();
                list.push(number.ok_or_else(|| self.bad_field(tag, "a decimal number"))?);
            }
        }
        Ok(())
    }

    fn wholes(&mut self, tag: Tag, list: &mut Vec<i32>) -> Result<(), ProtoError> {
        list.clear();
        for value in self.all(tag) {
            match value {
                Value::Varint(number) => list.push(whole(number)),
                Value::Bytes(mut packed) => {
                    while !packed.is_empty() {
                        list.push(whole(varint(&mut packed).map_err(|what| self.bad(what))?));
                    }
                }
                Value::Fixed64(_) | Value::Fixed32 => return Err(self.bad_field(tag, "integers")),
            }
        }
        Ok(())
    }
}

/// A size as text, of which there are more ways to say "unset" than of prices.
fn size(text: &[u8]) -> Result<Option<Decimal>, ()> {
    if NO_SIZE.contains(&text) { Ok(None) } else { crate::number::decimal(text) }
}

/// A varint as a 32-bit integer.
fn whole(number: u64) -> i32 {
    number::lower_half(number.cast_signed())
}

fn field<'a>(rest: &mut &'a [u8]) -> Result<(Tag, Value<'a>), &'static str> {
    let key = varint(rest)?;
    let tag = Tag::try_from(key >> 3).ok().filter(|tag| *tag != 0).ok_or("a field without a tag")?;
    let value = match key & 7 {
        0 => Value::Varint(varint(rest)?),
        1 => Value::Fixed64(*rest.split_first_chunk().inspect(|(_, behind)| *rest = behind).ok_or(CUT_OFF)?.0),
        2 => {
            let length = usize::try_from(varint(rest)?).map_err(|_| CUT_OFF)?;
            let (bytes, behind) = rest.split_at_checked(length).ok_or(CUT_OFF)?;
            *rest = behind;
            Value::Bytes(bytes)
        }
        5 => {
            *rest = rest.get(4..).ok_or(CUT_OFF)?;
            Value::Fixed32
        }
        _ => return Err("a field of no known wire type"),
    };
    Ok((tag, value))
}

const CUT_OFF: &str = "a field that is cut off";

fn varint(rest: &mut &[u8]) -> Result<u64, &'static str> {
    let mut number = 0;
    for (at, byte) in rest.iter().take(MAX_VARINT).enumerate() {
        // The tenth byte has room for one bit only; protobuf drops the rest.
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            *rest = &rest[at + 1..];
            return Ok(number);
        }
    }
    Err(if rest.len() < MAX_VARINT { CUT_OFF } else { "an integer that does not end" })
}
