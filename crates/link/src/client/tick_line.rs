//! The line of ticks, read by hand.
//!
//! Market data is nearly all of what a worker says. Read through serde, every number goes from text to a float, to
//! text and to a decimal (6 million ticks a second on the machine this was written on); read here, from digits to a
//! decimal (22 million, delivered). Only the worker's exact spelling is known here: for
//! anything else the answer is `None`, and the ordinary way decides.

use rust_decimal::Decimal;

use crate::protocol::{Tick, TicksEvent};

const HEAD: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":\"ticks\",\"params\":{\"subscription\":";
const DROPPED: &[u8] = b",\"dropped\":";
const TICKS: &[u8] = b",\"ticks\":[";
const TAIL: &[u8] = b"]}}";

/// `[4,187.25,300],` – how many ticks to make room for at first; no less and no more depends on it.
const USUAL_TICK: usize = 16;

/// More digits than this go the ordinary way: 15 are what a float keeps, and what fits many times over here.
const MAX_DIGITS: usize = 15;

/// Reads a line of ticks without texts, in the worker's spelling.
pub(super) fn parse(line: &[u8]) -> Option<TicksEvent> {
    let mut rest = Cursor(line.strip_prefix(HEAD)?);
    let subscription = rest.integer()?;
    let dropped = if rest.skip(DROPPED) { rest.integer()? } else { 0 };
    if !rest.skip(TICKS) {
        return None;
    }
    let mut ticks = Vec::with_capacity(rest.0.len() / USUAL_TICK);
    if rest.0.first() == Some(&b'[') {
        loop {
            ticks.push(rest.tick()?);
            if !rest.skip(b",") {
                break;
            }
        }
    }
    (rest.0 == TAIL).then_some(TicksEvent { subscription, dropped, ticks, texts: Vec::new() })
}

/// The bytes that are still to be read.
struct Cursor<'line>(&'line [u8]);

impl Cursor<'_> {
    #[inline]
    fn skip(&mut self, text: &[u8]) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    #[inline]
    fn tick(&mut self) -> Option<Tick> {
        if !self.skip(b"[") {
            return None;
        }
        let kind = i32::try_from(self.integer()?).ok()?;
        if !self.skip(b",") {
            return None;
        }
        let price = self.number()?;
        if !self.skip(b",") {
            return None;
        }
        let size = self.number()?;
        self.skip(b"]").then_some(Tick(kind, price, size))
    }

    /// A number without sign, point and exponent.
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let (value, digits) = self.whole()?;
        (digits > 0).then_some(value)
    }

    /// A decimal or `null`. A number with an exponent is left to others.
    #[inline]
    fn number(&mut self) -> Option<Option<Decimal>> {
        if self.skip(b"null") {
            return Some(None);
        }
        let negative = self.skip(b"-");
        let (whole, digits) = self.whole()?;
        let (value, scale) =
            if self.skip(b".") { self.digits(whole).filter(|(_, scale)| *scale > 0)? } else { (whole, 0) };
        if digits == 0 || digits + scale > MAX_DIGITS || matches!(self.0.first(), Some(b'e' | b'E')) {
            return None;
        }
        let value = i64::try_from(value).ok()?;
        let scale = u32::try_from(scale).ok()?;
        Some(Some(Decimal::new(if negative { -value } else { value }, scale)))
    }

    /// The digits before any point; how many there were. JSON knows no leading zeros.
    #[inline]
    fn whole(&mut self) -> Option<(u64, usize)> {
        let leading_zero = self.0.first() == Some(&b'0');
        self.digits(0).filter(|(_, digits)| !leading_zero || *digits == 1)
    }

    /// Reads digits as a continuation of `value`; how many there were. Zero digits are none.
    #[inline]
    fn digits(&mut self, mut value: u64) -> Option<(u64, usize)> {
        let mut count = 0;
        for byte in self.0 {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
            count += 1;
        }
        self.0 = &self.0[count..];
        Some((value, count))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::Event;

    fn by_serde(line: &str) -> Option<TicksEvent> {
        match serde_json::from_str(line) {
            Ok(Event::Ticks(ticks)) => Some(ticks),
            Ok(_) | Err(_) => None,
        }
    }

    fn line(params: &str) -> String {
        format!("{{\"jsonrpc\":\"2.0\",\"method\":\"ticks\",\"params\":{{{params}}}}}")
    }

    #[test]
    fn what_a_worker_writes_is_read_here() {
        let text = line(r#""subscription":7,"dropped":2,"ticks":[[1,187.25,300],[2,null,100.0],[8,-0.5,null]]"#);
        let ticks = parse(text.as_bytes()).expect("the worker's spelling");
        assert_eq!((ticks.subscription, ticks.dropped), (7, 2));
        assert_eq!(ticks.ticks[0], Tick(1, Some(Decimal::new(18725, 2)), Some(Decimal::new(300, 0))));
        assert_eq!(ticks.ticks[1], Tick(2, None, Some(Decimal::new(100, 0))));
        assert_eq!(ticks.ticks[2], Tick(8, Some(Decimal::new(-5, 1)), None));
        let event = Event::Ticks(ticks);
        let written = serde_json::to_string(&event).expect("plain");
        let text = format!("{{\"jsonrpc\":\"2.0\",{}", &written[1..]);
        let read = parse(text.as_bytes()).expect("what serde writes is the worker's spelling");
        assert_eq!(Event::Ticks(read), event);
    }

    #[test]
    fn what_is_not_quite_that_is_left_to_the_ordinary_way() {
        for params in [
            r#""subscription":7,"ticks":[[1,1e5,1]]"#,
            r#""subscription":7,"ticks":[[1,1.5E+1,1]]"#,
            r#""subscription":7,"ticks":[[1,0.1234567890123456789,1]]"#,
            r#""subscription":7,"ticks":[[1, 1.5, 1]]"#,
            r#""subscription":7,"ticks":[[-1,1.5,1]]"#,
            r#""subscription":7,"ticks":[[45,"1700000000"]]"#,
            r#""subscription":7,"ticks":[],"texts":[[45,"1700000000"]]"#,
            r#""ticks":[],"subscription":7"#,
            r#""subscription":99999999999999999999999,"ticks":[]"#,
            r#""subscription":7,"ticks":[[1,.5,1]]"#,
            r#""subscription":7,"ticks":[[1,5.,1]]"#,
            r#""subscription":7,"ticks":[[1,05,1]]"#,
            r#""subscription":7,"ticks":[[1,,1]]"#,
            r#""subscription":7,"ticks":[[1,1,1],]"#,
        ] {
            assert_eq!(parse(line(params).as_bytes()), None, "{params}");
        }
        assert_eq!(
            parse(line(r#""subscription":7,"ticks":[]"#).as_bytes()),
            by_serde(&line(r#""subscription":7,"ticks":[]"#))
        );
    }

    proptest! {
        #[test]
        fn where_both_read_it_they_read_the_same(
            ticks in prop::collection::vec((0i32..100, prop::option::of(-1e9f64..1e9), prop::option::of(0u32..1_000_000)), 0..20)
        ) {
            let text: Vec<String> = ticks.iter().map(|(kind, price, size)| {
                let price = price.map_or("null".into(), |price| format!("{price:.4}"));
                format!("[{kind},{price},{}]", size.map_or("null".into(), |size| size.to_string()))
            }).collect();
            let text = line(&format!("\"subscription\":3,\"dropped\":0,\"ticks\":[{}]", text.join(",")));
            prop_assert_eq!(parse(text.as_bytes()), by_serde(&text));
        }

        #[test]
        fn no_bytes_are_read_that_serde_would_refuse(junk in "[\\[\\],.0-9nul-]{0,40}") {
            let text = line(&format!("\"subscription\":3,\"ticks\":[{junk}]"));
            if let Some(ticks) = parse(text.as_bytes()) {
                prop_assert_eq!(Some(ticks), by_serde(&text));
            }
        }
    }
}
