//! One description of a layout, for reading and writing.
//!
//! Order messages have up to 160 fields, many of them there only when another has a certain value. A layout that is
//! written down twice drifts apart, so these are functions over [`Wire`], which either sets each value from the next
//! field or appends it as the next field. Writing takes `&mut` as well and changes nothing.

use std::convert::Infallible;

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{ClientId, ConId, OrderId, PermId, RequestId};
use crate::text::{FieldWriter, Fields, UNSET_DOUBLE, UNSET_INTEGER};

/// What is written where a value is not set. It is read as not set again, but for the zeros: those are values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unset {
    /// Nothing, as clients do and Gateways do in most fields.
    Empty,
    /// `0`.
    Zero,
    /// `0.0`.
    ZeroPoint,
    /// The largest integer or double.
    Max,
    /// The smallest 64-bit integer, a Gateway's unset size.
    MinLong,
}

impl Unset {
    fn integer(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Zero | Self::ZeroPoint => "0",
            Self::Max => "2147483647",
            Self::MinLong => UNSET_SIZE,
        }
    }

    fn decimal(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Zero => "0",
            Self::ZeroPoint => "0.0",
            Self::Max => UNSET_DOUBLE,
            Self::MinLong => UNSET_SIZE,
        }
    }
}

const UNSET_SIZE: &str = "-9223372036854775808";

/// What stands for "no size" besides nothing and the largest double: the limits of the integers that Gateways keep
/// sizes in, and of the decimals that the official Python client does (up to 10.46).
pub(crate) const NO_SIZE: [&[u8]; 4] =
    [b"2147483647", b"9223372036854775807", UNSET_SIZE.as_bytes(), b"170141183460469231731687303715884105727"];

/// An id that is one integer on the wire.
pub(crate) trait Id: Copy {
    /// Wraps the number.
    fn wrap(number: i32) -> Self;
    /// The number.
    fn number(self) -> i32;
}

macro_rules! ids {
    ($($id:ident)*) => {
        $(impl Id for $id {
            fn wrap(number: i32) -> Self {
                Self::new(number)
            }

            fn number(self) -> i32 {
                self.get()
            }
        })*
    };
}

ids! { ClientId ConId OrderId RequestId }

/// Passes values to or from the fields of one message, in order.
pub(crate) trait Wire {
    /// What can go wrong.
    type Error;

    /// Whether there may be another field: always when writing.
    fn more(&self) -> bool;
    /// A field of no meaning.
    fn constant(&mut self, written: &str) -> Result<(), Self::Error>;
    /// Text.
    fn text(&mut self, value: &mut String) -> Result<(), Self::Error>;
    /// `1` or `0`.
    fn flag(&mut self, value: &mut bool) -> Result<(), Self::Error>;
    /// An integer; nothing is 0.
    fn whole(&mut self, value: &mut i32) -> Result<(), Self::Error>;
    /// A 64-bit integer; nothing is 0.
    fn long(&mut self, value: &mut i64) -> Result<(), Self::Error>;
    /// An integer that may be unset.
    fn maybe_whole(&mut self, value: &mut Option<i32>, unset: Unset) -> Result<(), Self::Error>;
    /// A price or amount that may be unset.
    fn price(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Self::Error>;
    /// A size that may be unset: as a price, with more ways to say "unset".
    fn size(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Self::Error>;
    /// A price or amount that may be infinite, which is then `None` and `true`.
    fn price_or_infinity(
        &mut self,
        value: &mut Option<Decimal>,
        infinite: &mut bool,
        unset: Unset,
    ) -> Result<(), Self::Error>;
    /// A number that was never exact.
    fn float(&mut self, value: &mut Option<f64>, unset: Unset) -> Result<(), Self::Error>;
    /// One of several words; `expected` says which, as a noun.
    fn word<T: Clone>(
        &mut self,
        value: &mut T,
        as_word: fn(&T) -> &'static str,
        from_word: fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<(), Self::Error>;
    /// A count and that many entries, each of at least `fields_each` fields.
    fn list<T: Default>(
        &mut self,
        list: &mut Vec<T>,
        fields_each: usize,
        each: impl FnMut(&mut Self, &mut T) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;

    /// An id.
    fn id(&mut self, value: &mut impl Id) -> Result<(), Self::Error> {
        let mut number = value.number();
        self.whole(&mut number)?;
        *value = Id::wrap(number);
        Ok(())
    }

    /// An order's number over the account, which needs 64 bits.
    fn perm_id(&mut self, value: &mut PermId) -> Result<(), Self::Error> {
        let mut number = value.get();
        self.long(&mut number)?;
        *value = PermId::new(number);
        Ok(())
    }

    /// An amount; unset is 0.
    fn amount(&mut self, value: &mut Decimal) -> Result<(), Self::Error> {
        let mut set = Some(*value);
        self.size(&mut set, Unset::Zero)?;
        *value = set.unwrap_or_default();
        Ok(())
    }
}

impl Wire for Fields<'_> {
    type Error = ProtoError;

    fn more(&self) -> bool {
        !self.is_empty()
    }

    fn constant(&mut self, _: &str) -> Result<(), ProtoError> {
        self.skip(1)
    }

    fn text(&mut self, value: &mut String) -> Result<(), ProtoError> {
        *value = self.string()?;
        Ok(())
    }

    fn flag(&mut self, value: &mut bool) -> Result<(), ProtoError> {
        *value = self.bool()?;
        Ok(())
    }

    fn whole(&mut self, value: &mut i32) -> Result<(), ProtoError> {
        *value = self.i32()?;
        Ok(())
    }

    fn long(&mut self, value: &mut i64) -> Result<(), ProtoError> {
        *value = self.i64()?;
        Ok(())
    }

    fn maybe_whole(&mut self, value: &mut Option<i32>, _: Unset) -> Result<(), ProtoError> {
        *value = self.opt_i32()?;
        Ok(())
    }

    fn price(&mut self, value: &mut Option<Decimal>, _: Unset) -> Result<(), ProtoError> {
        *value = self.opt_decimal()?;
        Ok(())
    }

    fn size(&mut self, value: &mut Option<Decimal>, _: Unset) -> Result<(), ProtoError> {
        let unset = NO_SIZE.contains(&self.clone().raw()?);
        *value = if unset { self.skip(1).map(|()| None)? } else { self.opt_decimal()? };
        Ok(())
    }

    fn price_or_infinity(
        &mut self,
        value: &mut Option<Decimal>,
        infinite: &mut bool,
        _: Unset,
    ) -> Result<(), ProtoError> {
        // The official clients write the one, ib_async writes the other.
        *infinite = [&b"Infinity"[..], b"Infinite"].contains(&self.clone().raw()?);
        *value = self.opt_decimal()?;
        Ok(())
    }

    fn float(&mut self, value: &mut Option<f64>, _: Unset) -> Result<(), ProtoError> {
        *value = self.opt_f64()?;
        Ok(())
    }

    fn word<T: Clone>(
        &mut self,
        value: &mut T,
        _: fn(&T) -> &'static str,
        from_word: fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<(), ProtoError> {
        let before = self.clone();
        let word = self.string()?;
        *value = from_word(&word).ok_or_else(|| unexpected(&before, expected))?;
        Ok(())
    }

    fn list<T: Default>(
        &mut self,
        list: &mut Vec<T>,
        fields_each: usize,
        mut each: impl FnMut(&mut Self, &mut T) -> Result<(), ProtoError>,
    ) -> Result<(), ProtoError> {
        list.clear();
        for _ in 0..self.count(fields_each)? {
            let mut entry = T::default();
            each(self, &mut entry)?;
            list.push(entry);
        }
        Ok(())
    }
}

/// The error for the next field of `fields`, whose index is that of the missing field behind the last one less what
/// remains.
fn unexpected(fields: &Fields<'_>, expected: &'static str) -> ProtoError {
    let behind = match fields.clone().skip(usize::MAX) {
        Err(ProtoError::MissingField { field, .. }) => field,
        Ok(()) | Err(_) => 0,
    };
    ProtoError::BadField { message: fields.message(), field: behind.saturating_sub(fields.remaining()), expected }
}

impl Wire for FieldWriter<'_> {
    type Error = Infallible;

    fn more(&self) -> bool {
        true
    }

    fn constant(&mut self, written: &str) -> Result<(), Infallible> {
        self.text(written);
        Ok(())
    }

    fn text(&mut self, value: &mut String) -> Result<(), Infallible> {
        self.text(value);
        Ok(())
    }

    fn flag(&mut self, value: &mut bool) -> Result<(), Infallible> {
        self.bool(*value);
        Ok(())
    }

    fn whole(&mut self, value: &mut i32) -> Result<(), Infallible> {
        self.int(*value);
        Ok(())
    }

    fn long(&mut self, value: &mut i64) -> Result<(), Infallible> {
        self.int(*value);
        Ok(())
    }

    fn maybe_whole(&mut self, value: &mut Option<i32>, unset: Unset) -> Result<(), Infallible> {
        match value.filter(|value| *value != UNSET_INTEGER) {
            Some(value) => self.int(value),
            None => self.text(unset.integer()),
        };
        Ok(())
    }

    fn price(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Infallible> {
        match *value {
            Some(value) => self.decimal(value),
            None => self.text(unset.decimal()),
        };
        Ok(())
    }

    fn size(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Infallible> {
        self.price(value, unset)
    }

    fn price_or_infinity(
        &mut self,
        value: &mut Option<Decimal>,
        infinite: &mut bool,
        unset: Unset,
    ) -> Result<(), Infallible> {
        if *infinite { self.constant("Infinity") } else { self.price(value, unset) }
    }

    fn float(&mut self, value: &mut Option<f64>, unset: Unset) -> Result<(), Infallible> {
        match *value {
            Some(value) => self.opt_f64(Some(value)),
            None => self.text(unset.decimal()),
        };
        Ok(())
    }

    fn word<T: Clone>(
        &mut self,
        value: &mut T,
        as_word: fn(&T) -> &'static str,
        _: fn(&str) -> Option<T>,
        _: &'static str,
    ) -> Result<(), Infallible> {
        self.text(as_word(value));
        Ok(())
    }

    fn list<T: Default>(
        &mut self,
        list: &mut Vec<T>,
        _: usize,
        mut each: impl FnMut(&mut Self, &mut T) -> Result<(), Infallible>,
    ) -> Result<(), Infallible> {
        // No list in memory outgrows an i64, nor does a frame that holds one.
        self.int(i64::try_from(list.len()).unwrap_or(i64::MAX));
        list.iter_mut().try_for_each(|entry| each(self, entry))
    }
}
