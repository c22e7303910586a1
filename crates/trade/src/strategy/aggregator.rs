//! Making bars of the Gateway's five-second ones. Pure.

use jiff::Timestamp;

use super::bar::BarIn;
use super::bar_length::{BarLength, BarSpan, LIVE};
use crate::calendar::Calendar;

/// Makes bars of the Gateway's five-second ones.
#[derive(Debug, Clone)]
pub(crate) struct Aggregator {
    length: BarLength,
    growing: Option<BarIn>,
}

impl Aggregator {
    pub(crate) fn new(length: BarLength) -> Self {
        Self { length, growing: None }
    }

    /// Goes on from what history has of the bar in which live ones begin. The two overlap by an unknown part, so the
    /// bar's volume is not known.
    pub(crate) fn begin_with(&mut self, unfinished: Option<BarIn>) {
        self.growing = unfinished.map(|bar| BarIn { volume: None, ..bar });
    }

    /// Takes the next five-second bar; the bar that it completes, if it does. A bar is complete with its last five seconds,
    /// or when they are missing with the first ones after it.
    pub(crate) fn take(&mut self, bar: &BarIn, calendar: &Calendar) -> Option<BarIn> {
        if self.length == BarLength::LIVE {
            return Some(*bar);
        }
        let BarSpan { start, end } = self.length.span(bar.time, calendar);
        let cut_short = self.growing.take_if(|growing| growing.time < start);
        let grown = match self.growing {
            Some(growing) => joined(growing, bar),
            None => BarIn { time: start, ..*bar },
        };
        let ends = bar.time.as_second().saturating_add(LIVE) >= end.as_second();
        // One bar is told at a time. Where one was cut short and its successor is complete at once, the successor comes
        // with the next five seconds.
        self.growing = if ends && cut_short.is_none() { None } else { Some(grown) };
        cut_short.or(ends.then_some(grown))
    }

    /// The start of the bar that `at` lies in.
    pub(crate) fn start_of(&self, at: Timestamp, calendar: &Calendar) -> Timestamp {
        self.length.span(at, calendar).start
    }
}

fn joined(so_far: BarIn, next: &BarIn) -> BarIn {
    BarIn {
        time: so_far.time,
        open: so_far.open,
        high: so_far.high.max(next.high),
        low: so_far.low.min(next.low),
        close: next.close,
        volume: so_far.volume.zip(next.volume).map(|(one, other)| one.saturating_add(other)),
    }
}

#[cfg(test)]
mod tests;
