//! Arbitrary messages for tests: a [`Wire`] that fills every value of a layout from arbitrary bytes.
//!
//! The result holds exactly what that layout carries at that version, so writing and reading it must give it back.

use std::convert::Infallible;
use std::fmt;

use bytes::BytesMut;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::wire::{Unset, Wire};
use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::text::{FieldWriter, Fields};

/// Texts on which layouts depend, and texts that are hard to carry.
const TEXTS: [&str; 20] = [
    "",
    "",
    "BAG",
    "STK",
    "IBKRATS",
    "SMART",
    "PEG BEST",
    "PEGBEST",
    "PEG MID",
    "PEG BENCH",
    "TRAIL LIMIT",
    "None",
    "?",
    "LMT",
    "0",
    "1.5",
    "a=b;c=d;",
    "Größe €",
    "\u{1}\n",
    "Infinity",
];

/// Words of every field that takes only certain words.
const WORDS: [&str; 12] = ["BUY", "SELL", "SSHORT", "SLONG", "1", "3", "4", "5", "6", "7", "a", "o"];

/// Fills values from bytes; from zeros once these have run out, which is where shrinking leads.
pub(crate) struct Scramble<'a>(pub(crate) &'a [u8]);

impl Scramble<'_> {
    fn byte(&mut self) -> u8 {
        let Some((byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *byte
    }

    fn number(&mut self) -> i64 {
        let bytes = [self.byte(), self.byte(), self.byte(), self.byte()];
        i64::from(i32::from_le_bytes(bytes).wrapping_add(i32::from(bytes[0] % 2)))
    }

    fn decimal(&mut self) -> Decimal {
        let scale = u32::from(self.byte() % 9);
        Decimal::new(self.number(), scale)
    }

    /// Whether to set a value that would be read back as not set.
    fn set(&mut self, unset: Unset) -> bool {
        matches!(unset, Unset::Zero | Unset::ZeroPoint) || self.byte() % 2 == 1
    }
}

impl Wire for Scramble<'_> {
    type Error = Infallible;

    fn more(&self) -> bool {
        true
    }

    fn constant(&mut self, _: &str) -> Result<(), Infallible> {
        Ok(())
    }

    fn text(&mut self, value: &mut String) -> Result<(), Infallible> {
        *value = TEXTS[usize::from(self.byte()) % TEXTS.len()].to_owned();
        Ok(())
    }

    fn flag(&mut self, value: &mut bool) -> Result<(), Infallible> {
        *value = self.byte() % 2 == 1;
        Ok(())
    }

    fn whole(&mut self, value: &mut i32) -> Result<(), Infallible> {
        *value = i32::try_from(self.number()).unwrap_or_default();
        Ok(())
    }

    fn long(&mut self, value: &mut i64) -> Result<(), Infallible> {
        *value = self.number() * 1_000_003;
        Ok(())
    }

    fn maybe_whole(&mut self, value: &mut Option<i32>, unset: Unset) -> Result<(), Infallible> {
        let number = i32::try_from(self.number()).ok().filter(|number| *number != i32::MAX).unwrap_or_default();
        *value = self.set(unset).then_some(number);
        Ok(())
    }

    fn price(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Infallible> {
        let number = self.decimal();
        *value = self.set(unset).then_some(number);
        Ok(())
    }

    fn size(&mut self, value: &mut Option<Decimal>, unset: Unset) -> Result<(), Infallible> {
        self.price(value, unset)?;
        *value = value.map(|size| if size == Decimal::from(i32::MAX) { Decimal::ONE } else { size });
        Ok(())
    }

    fn price_or_infinity(
        &mut self,
        value: &mut Option<Decimal>,
        infinite: &mut bool,
        unset: Unset,
    ) -> Result<(), Infallible> {
        self.price(value, unset)?;
        self.flag(infinite)?;
        *value = value.filter(|_| !*infinite);
        Ok(())
    }

    fn float(&mut self, value: &mut Option<f64>, unset: Unset) -> Result<(), Infallible> {
        let number = i32::try_from(self.number()).unwrap_or_default();
        *value = self.set(unset).then_some(f64::from(number) / 1024.0);
        Ok(())
    }

    fn word<T: Clone>(
        &mut self,
        value: &mut T,
        _: fn(&T) -> &'static str,
        from_word: fn(&str) -> Option<T>,
        expected: &'static str,
    ) -> Result<(), Infallible> {
        let first = usize::from(self.byte()) % WORDS.len();
        let from_there = WORDS.iter().cycle().skip(first).take(WORDS.len());
        *value = from_there.copied().find_map(from_word).expect(expected);
        Ok(())
    }

    fn list<T: Default>(
        &mut self,
        list: &mut Vec<T>,
        _: usize,
        mut each: impl FnMut(&mut Self, &mut T) -> Result<(), Infallible>,
    ) -> Result<(), Infallible> {
        *list = (0..self.byte() % 4).map(|_| T::default()).collect();
        list.iter_mut().try_for_each(|entry| each(self, entry))
    }
}

/// Writes the message, reads it, and wants the same back with nothing left over.
pub(crate) fn survives<T: PartialEq + fmt::Debug>(
    message: &T,
    speaks: ServerVersion,
    encode: fn(&T, &mut FieldWriter<'_>, ServerVersion),
    decode: fn(&mut Fields<'_>, ServerVersion) -> Result<T, ProtoError>,
) -> Result<(), TestCaseError> {
    let mut payload = BytesMut::new();
    let mut writer = FieldWriter::new(&mut payload, 0);
    encode(message, &mut writer, speaks);
    prop_assert_eq!(writer.finish(), Ok(()));
    let mut fields = Fields::new(&payload).unwrap();
    let read = decode(&mut fields, speaks);
    prop_assert_eq!(read.as_ref(), Ok(message));
    prop_assert!(fields.is_empty());
    Ok(())
}
