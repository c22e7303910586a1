//! How long the bars are that a strategy is given, and where each begins and ends. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

use crate::calendar::Calendar;

/// The length of the bars that a Gateway sends live; it has no other.
pub(crate) const LIVE: i64 = 5;

/// The length of a bar that is a trading day, whatever its sessions are.
const DAY: i64 = 86_400;

/// The lengths that there are, in seconds, with the Gateway's word for them: those that a Gateway has history of and that
/// divide an hour, and the day. Where it begins bars of two to eight hours is not documented.
const LENGTHS: [(i64, &str); 14] = [
    (5, "5 secs"),
    (10, "10 secs"),
    (15, "15 secs"),
    (30, "30 secs"),
    (60, "1 min"),
    (120, "2 mins"),
    (180, "3 mins"),
    (300, "5 mins"),
    (600, "10 mins"),
    (900, "15 mins"),
    (1200, "20 mins"),
    (1800, "30 mins"),
    (3600, "1 hour"),
    (DAY, "1 day"),
];

/// The seconds of history that one request may ask for, by IBKR's table of durations and bar sizes: half an hour of bars
/// below a minute (FN §1c has the pacing that goes with it), a day from one minute on.
const MOST_HISTORY: (i64, i64) = (1800, 86_400);

/// What of a trading day has bars, by the longest sessions of US stocks: from 4:00 to 20:00.
const HOURS_OF_A_DAY: i64 = 16 * 3600;

/// The trading days of a year, and the most days and years that may be asked for.
const DAYS_OF_A_YEAR: i64 = 250;
const MOST_DAYS: i64 = 365;
const MOST_YEARS: i64 = 10;

/// How long the bars are that a strategy is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarLength(i64);

impl BarLength {
    /// The bars as the Gateway sends them live.
    pub const LIVE: Self = Self(LIVE);

    /// Its length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.unsigned_abs())
    }

    /// The Gateway's word for it in requests for history.
    pub(crate) fn size(self) -> &'static str {
        LENGTHS.iter().find(|(seconds, _)| *seconds == self.0).map_or("5 secs", |(_, size)| size)
    }

    /// The duration to ask for to get at least `bars` of history and, where that is possible, half an hour; in the
    /// Gateway's words.
    pub(crate) fn history(self, bars: usize) -> String {
        let bars = i64::try_from(bars).unwrap_or(i64::MAX);
        if self.0 == DAY {
            // Today's is not complete.
            let days = bars.saturating_add(1);
            let years = (days / DAYS_OF_A_YEAR + 1).min(MOST_YEARS);
            return if days <= MOST_DAYS { format!("{days} D") } else { format!("{years} Y") };
        }
        let (short, long) = MOST_HISTORY;
        let most = if self.0 < 60 { short } else { long };
        let wanted = bars.saturating_mul(self.0).saturating_add(self.0).max(short);
        if wanted <= most {
            return format!("{wanted} S");
        }
        // Beyond a day durations are in days. Below a minute there is no more than half an hour to be had.
        if self.0 < 60 { format!("{most} S") } else { format!("{} D", (wanted / HOURS_OF_A_DAY + 1).min(30)) }
    }

    /// Where the bar lies that a moment is in. Bars begin at multiples of their length, counted from midnight UTC, and those
    /// of a day at the day's midnight in the instrument's own zone. The end of a session ends its last bar, however long
    /// that has been.
    pub(crate) fn span(self, at: Timestamp, calendar: &Calendar) -> BarSpan {
        if self.0 == DAY {
            let (start, end) = calendar.day_span(at);
            return BarSpan { start, end };
        }
        let second = at.as_second();
        let first = second - second.rem_euclid(self.0);
        let start = Timestamp::from_second(first).unwrap_or(at);
        let end = Timestamp::from_second(first.saturating_add(self.0)).unwrap_or(at);
        BarSpan { start, end: calendar.session_end(at).map_or(end, |closes| closes.min(end)) }
    }
}

/// Where a bar lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BarSpan {
    pub(crate) start: Timestamp,
    /// Where its last five seconds end.
    pub(crate) end: Timestamp,
}

impl Default for BarLength {
    fn default() -> Self {
        Self::LIVE
    }
}

impl fmt::Display for BarLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DAY => f.write_str("1d"),
            seconds if seconds % 3600 == 0 => write!(f, "{}h", seconds / 3600),
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

impl FromStr for BarLength {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let lengths = LENGTHS.iter().map(|(seconds, _)| Self(*seconds));
        lengths.clone().find(|length| length.to_string() == text).ok_or_else(|| {
            let all: Vec<String> = lengths.map(|length| length.to_string()).collect();
            format!("`{text}` is no length of bars; there are {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests;
