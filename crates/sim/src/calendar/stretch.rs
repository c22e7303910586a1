//! Whether a market is open, asked thousands of times within one session.

use std::cell::Cell;

use super::hours::{Hours, Which};
use crate::new_york::NewYork;

/// How long a market that has no next session counts as closed before it is looked at again, in seconds.
const LOOK_AGAIN: i64 = 86_400;

/// A stretch of time in which a market is open throughout, or closed throughout.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: i64,
    /// The second after its last one.
    to: i64,
    open: bool,
}

/// For each kind of market, the stretch that was asked about last. It never changes an answer.
#[derive(Debug, Default)]
pub(crate) struct Stretches {
    known: [[Cell<Option<Stretch>>; 2]; 4],
}

impl Stretches {
    /// Whether the market is open in a second.
    pub(crate) fn is_open(&self, hours: Hours, clock: &NewYork, second: i64, which: Which) -> bool {
        self.stretch(hours, clock, second, which).open
    }

    /// Where the market is closed in a second: until when at least, which is its next opening if it has one.
    pub(crate) fn closed_until(&self, hours: Hours, clock: &NewYork, second: i64, which: Which) -> Option<i64> {
        let stretch = self.stretch(hours, clock, second, which);
        (!stretch.open).then_some(stretch.to)
    }

    fn stretch(&self, hours: Hours, clock: &NewYork, second: i64, which: Which) -> Stretch {
        let market = match hours {
            Hours::UsStock => 0,
            Hours::UsOption => 1,
            Hours::Globex => 2,
            Hours::Forex => 3,
        };
        let known = &self.known[market][usize::from(which == Which::Extended)];
        if let Some(stretch) = known.get().filter(|it| it.from <= second && second < it.to) {
            return stretch;
        }
        let stretch = match hours.session_at(clock, second, which) {
            Some((_, (from, to))) => Stretch { from, to, open: true },
            None => {
                let to = hours.next_open(clock, second, which).unwrap_or(second.saturating_add(LOOK_AGAIN));
                Stretch { from: second, to, open: false }
            }
        };
        known.set(Some(stretch));
        stretch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_would_be_looked_up() {
        let clock = NewYork::default();
        // From the Friday before the clocks are put forward, in steps that hit every edge.
        let start = clock.parse("20260306 00:00:00").unwrap();
        for hours in [Hours::UsStock, Hours::UsOption, Hours::Globex, Hours::Forex] {
            for which in [Which::Regular, Which::Extended] {
                let stretches = Stretches::default();
                for second in (start..start + 5 * 86_400).step_by(900) {
                    for second in [second - 1, second, second - 40_000] {
                        let looked_up = hours.is_open(&clock, second, which);
                        assert_eq!(stretches.is_open(hours, &clock, second, which), looked_up, "{hours:?} {second}");
                    }
                }
            }
        }
    }
}
