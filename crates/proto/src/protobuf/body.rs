//! What a message's description may ask for.

use rust_decimal::Decimal;

use super::number;
use crate::ids::PermId;
use crate::message::order::TagValue;
use crate::message::order::wire::Id;

/// The number of a field within its message.
pub(crate) type Tag = u32;

/// Who writes a message that both sides send parts of, hence what is written where a value is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// A client.
    Client,
    /// A Gateway.
    Gateway,
}

/// Passes values to or from the tagged fields of one message.
///
/// Reading sets a value when its tag is there and leaves it as it was otherwise. Writing takes `&mut` as well and
/// changes nothing; its order is the order of the calls, for which ascending tags are the official serializers' order.
pub(crate) trait Body: Sized {
    /// What can go wrong.
    type Error;

    /// Whether values are written, not read.
    const WRITES: bool;

    /// Text; an empty one is not written.
    fn text(&mut self, tag: Tag, value: &mut String) -> Result<(), Self::Error>;
    /// A boolean; false is not written.
    fn flag(&mut self, tag: Tag, value: &mut bool) -> Result<(), Self::Error>;
    /// An integer that may be unset.
    fn maybe_long(&mut self, tag: Tag, value: &mut Option<i64>) -> Result<(), Self::Error>;
    /// An integer of 32 bits that may be unset.
    fn maybe_whole(&mut self, tag: Tag, value: &mut Option<i32>) -> Result<(), Self::Error>;
    /// A price or an amount of money that may be unset: a double.
    fn price(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), Self::Error>;
    /// A size that may be unset: a decimal as text.
    fn size(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), Self::Error>;
    /// A double as it is.
    fn double(&mut self, tag: Tag, value: &mut Option<f64>) -> Result<(), Self::Error>;
    /// Fails, for a field whose value makes no sense; when writing there is no such field.
    fn refuse(&mut self, tag: Tag, expected: &'static str) -> Result<(), Self::Error>;
    /// A message within the message, which is written also when it is empty.
    fn part<T>(
        &mut self,
        tag: Tag,
        value: &mut T,
        pass: impl FnOnce(&mut Self, &mut T) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;
    /// Any number of messages within the message.
    fn list<T: Default>(
        &mut self,
        tag: Tag,
        list: &mut Vec<T>,
        each: impl FnMut(&mut Self, &mut T) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;
    /// Any number of texts.
    fn texts(&mut self, tag: Tag, list: &mut Vec<String>) -> Result<(), Self::Error>;
    /// Any number of prices, packed into one field as proto3 does.
    fn numbers(&mut self, tag: Tag, list: &mut Vec<Decimal>) -> Result<(), Self::Error>;
    /// Any number of integers, packed into one field as proto3 does.
    fn wholes(&mut self, tag: Tag, list: &mut Vec<i32>) -> Result<(), Self::Error>;

    /// A message within the message that may be missing.
    fn maybe_part<T: Default>(
        &mut self,
        tag: Tag,
        value: &mut Option<T>,
        pass: impl FnOnce(&mut Self, &mut T) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error> {
        if Self::WRITES {
            return value.as_mut().map_or(Ok(()), |value| self.part(tag, value, pass));
        }
        let mut read = None;
        self.part(tag, &mut read, |body, read| pass(body, read.get_or_insert_default()))?;
        *value = read.or(value.take());
        Ok(())
    }

    /// A number that was never exact and may be unset.
    fn float(&mut self, tag: Tag, value: &mut Option<f64>) -> Result<(), Self::Error> {
        self.double(tag, value)?;
        *value = value.filter(|value| crate::number::is_set(*value));
        Ok(())
    }

    /// A boolean, written also when it is false.
    fn yes_or_no(&mut self, tag: Tag, value: &mut bool) -> Result<(), Self::Error> {
        let mut number = i32::from(*value);
        self.whole(tag, &mut number)?;
        *value = number != 0;
        Ok(())
    }

    /// An integer that is written as 0 when it is not set. It is read as it is sent.
    fn maybe_whole_or_zero(&mut self, tag: Tag, value: &mut Option<i32>) -> Result<(), Self::Error> {
        if Self::WRITES {
            return self.maybe_whole(tag, &mut Some(value.unwrap_or_default()));
        }
        self.maybe_whole(tag, value)
    }

    /// An integer, written also when it is 0.
    fn whole(&mut self, tag: Tag, value: &mut i32) -> Result<(), Self::Error> {
        let mut set = Some(i64::from(*value));
        self.maybe_long(tag, &mut set)?;
        *value = set.map_or(*value, number::lower_half);
        Ok(())
    }

    /// An integer for which absent is 0.
    fn whole_unless_zero(&mut self, tag: Tag, value: &mut i32) -> Result<(), Self::Error> {
        if Self::WRITES && *value == 0 { Ok(()) } else { self.whole(tag, value) }
    }

    /// A 64-bit integer, written also when it is 0.
    fn long(&mut self, tag: Tag, value: &mut i64) -> Result<(), Self::Error> {
        let mut set = Some(*value);
        self.maybe_long(tag, &mut set)?;
        *value = set.unwrap_or(*value);
        Ok(())
    }

    /// An id, written also when it is 0.
    fn id(&mut self, tag: Tag, value: &mut impl Id) -> Result<(), Self::Error> {
        let mut number = value.number();
        self.whole(tag, &mut number)?;
        *value = Id::wrap(number);
        Ok(())
    }

    /// An id for which absent is 0.
    fn id_unless_zero(&mut self, tag: Tag, value: &mut impl Id) -> Result<(), Self::Error> {
        if Self::WRITES && value.number() == 0 { Ok(()) } else { self.id(tag, value) }
    }

    /// An order's number over the account, written also when it is 0.
    fn perm_id(&mut self, tag: Tag, value: &mut PermId) -> Result<(), Self::Error> {
        let mut number = value.get();
        self.long(tag, &mut number)?;
        *value = PermId::new(number);
        Ok(())
    }

    /// A size, written also when it is 0: some clients refuse a message without it.
    fn amount(&mut self, tag: Tag, value: &mut Decimal) -> Result<(), Self::Error> {
        let mut set = Some(*value);
        self.size(tag, &mut set)?;
        *value = set.unwrap_or(*value);
        Ok(())
    }

    /// A price or an amount of money, written also when it is 0.
    fn number(&mut self, tag: Tag, value: &mut Decimal) -> Result<(), Self::Error> {
        let mut set = Some(*value);
        self.price(tag, &mut set)?;
        *value = set.unwrap_or(*value);
        Ok(())
    }

    /// A price that is written as 0 when it is not set. It is read as it is sent: a zero is a value.
    fn price_or_zero(&mut self, tag: Tag, value: &mut Option<Decimal>) -> Result<(), Self::Error> {
        if Self::WRITES {
            return self.price(tag, &mut Some(value.unwrap_or_default()));
        }
        self.price(tag, value)
    }

    /// A price or an amount of which a client writes 0 and a Gateway nothing where there is none.
    fn number_of(&mut self, tag: Tag, value: &mut Decimal, speaker: Speaker) -> Result<(), Self::Error> {
        let silent = Self::WRITES && speaker == Speaker::Gateway && value.is_zero();
        if silent { Ok(()) } else { self.number(tag, value) }
    }

    /// A price that may be infinite, which is then `None` and `true`.
    fn price_or_infinity(
        &mut self,
        tag: Tag,
        value: &mut Option<Decimal>,
        infinite: &mut bool,
    ) -> Result<(), Self::Error> {
        let mut double = Some(f64::INFINITY).filter(|_| *infinite);
        if !Self::WRITES || *infinite {
            self.double(tag, &mut double)?;
            *infinite = double == Some(f64::INFINITY);
        }
        if *infinite { Ok(()) } else { self.price(tag, value) }
    }

    /// A map of texts, in the order of the list.
    fn pairs(&mut self, tag: Tag, list: &mut Vec<TagValue>) -> Result<(), Self::Error> {
        self.list(tag, list, |body, pair| {
            body.entry(1, &mut pair.tag)?;
            body.entry(2, &mut pair.value)
        })
    }

    /// A key or a value of a map, which is written also when it is empty.
    fn entry(&mut self, tag: Tag, value: &mut String) -> Result<(), Self::Error>;

    /// Options that are a map here and `tag=value;` pairs in text, which is how they are kept.
    fn options(&mut self, tag: Tag, text: &mut String) -> Result<(), Self::Error> {
        let pairs = text.split(';').filter(|pair| !pair.is_empty());
        let mut list = pairs.map(pair_of).collect();
        self.pairs(tag, &mut list)?;
        if !Self::WRITES && !list.is_empty() {
            *text = list.iter().map(|pair| format!("{}={};", pair.tag, pair.value)).collect();
        }
        Ok(())
    }

    /// A number that is kept as text. Text that is no number does not travel.
    fn number_as_text(&mut self, tag: Tag, text: &mut String) -> Result<(), Self::Error> {
        let mut number = text.trim().parse().ok();
        self.price(tag, &mut number)?;
        if let Some(number) = number.filter(|_| !Self::WRITES) {
            *text = number.normalize().to_string();
        }
        Ok(())
    }
}

fn pair_of(text: &str) -> TagValue {
    let (tag, value) = text.split_once('=').unwrap_or((text, ""));
    TagValue { tag: tag.to_owned(), value: value.to_owned() }
}
