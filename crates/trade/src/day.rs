//! What one instrument came to since the session's day began. Pure.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::position::BookFigures;

/// What executions of the same day came to before this run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EarlierToday {
    /// Received minus paid, without commissions.
    pub cash_flow: Decimal,
    /// What was bought minus what was sold.
    pub quantity: Decimal,
    /// Commissions.
    pub commissions: Decimal,
}

/// What one instrument came to since the session's day began: realised, unrealised and commissions, over all runs of the
/// day. What was held from the day before counts from the last price before the day, or from the first one that this run
/// has seen of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DayResult {
    day: Option<Date>,
    earlier: EarlierToday,
    /// The book's total, and the price that it was valued at, when the day began for this run.
    base: Option<(Decimal, Decimal)>,
}

impl DayResult {
    /// The run begins within a day, of which earlier runs have left this.
    pub(crate) fn begin(&mut self, day: Date, earlier: EarlierToday) {
        if self.day.is_none() {
            *self = Self { day: Some(day), earlier, base: None };
        }
    }

    /// A price has come, on this day. `before` are the book's figures at the price before it, `at_it` those at it.
    pub(crate) fn price(
        &mut self,
        day: Date,
        price: Decimal,
        before: Option<(&BookFigures, Decimal)>,
        at_it: &BookFigures,
    ) {
        if self.day.is_some_and(|known| known < day) {
            // The night's gap belongs to the new day.
            let base = before.and_then(|(figures, price)| Some((total(figures)?, price)));
            *self = Self { day: Some(day), earlier: EarlierToday::default(), base };
        }
        if self.base.is_none() {
            self.base = total(at_it).map(|total| (total, price));
        }
    }

    /// What the day came to by these figures; `None` where something held has no price.
    pub(crate) fn result(&self, figures: &BookFigures) -> Option<Decimal> {
        let EarlierToday { cash_flow, quantity, commissions } = self.earlier;
        let Some((base, price)) = self.base else {
            // Nothing has had a price yet: what was closed is known all the same.
            return (quantity.is_zero() && figures.position.is_zero()).then_some(cash_flow - commissions);
        };
        let since = total(figures)? - base;
        let before = quantity.checked_mul(price)?.checked_add(cash_flow)?;
        since.checked_add(before)?.checked_sub(commissions)
    }
}

/// A book's whole result since it was opened.
fn total(figures: &BookFigures) -> Option<Decimal> {
    let open = figures.unrealised?;
    figures.realised.checked_add(open)?.checked_sub(figures.commissions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{Book, Fill};

    fn fill(book: &mut Book, exec_id: &str, quantity: i64, price: i64) {
        book.fill(&Fill { exec_id: exec_id.into(), quantity: quantity.into(), price: price.into() });
    }

    fn day(number: i8) -> Date {
        Date::constant(2026, 3, number)
    }

    struct World {
        book: Book,
        result: DayResult,
        last: Option<Decimal>,
    }

    impl World {
        fn new(position: i64, average: i64, earlier: EarlierToday) -> Self {
            let mut result = DayResult::default();
            result.begin(day(2), earlier);
            Self { book: Book::opened_with(position.into(), average.into()), result, last: None }
        }

        fn price(&mut self, on: Date, price: i64) -> Option<Decimal> {
            let price = Decimal::from(price);
            let old = self.last.replace(price).map(|last| (self.book.figures(Some(last)), last));
            let figures = self.book.figures(Some(price));
            self.result.price(on, price, old.as_ref().map(|(figures, last)| (figures, *last)), &figures);
            self.result.result(&figures)
        }
    }

    #[test]
    fn a_day_begins_at_nothing_and_counts_what_is_open_and_closed() {
        let mut world = World::new(0, 0, EarlierToday::default());
        assert_eq!(world.price(day(2), 100), Some(0.into()));
        fill(&mut world.book, "a", 10, 100);
        assert_eq!(world.price(day(2), 90), Some((-100).into()));
        fill(&mut world.book, "b", -10, 80);
        assert_eq!(world.price(day(2), 100), Some((-200).into()), "closed");
        world.book.commission("a", 3.into());
        assert_eq!(world.price(day(2), 100), Some((-203).into()));
    }

    #[test]
    fn what_was_lost_before_a_restart_is_still_lost() {
        // Bought 10 at 100, sold 4 at 90, then restarted at 80: −40 −6 × 20 −2.
        let earlier = EarlierToday { cash_flow: (-640).into(), quantity: 6.into(), commissions: 2.into() };
        let mut world = World::new(6, 100, earlier);
        assert_eq!(world.result.result(&world.book.figures(None)), None, "no price yet");
        assert_eq!(world.price(day(2), 80), Some((-162).into()));
        assert_eq!(world.price(day(2), 81), Some((-156).into()));
    }

    #[test]
    fn a_new_day_forgets_the_old_one_but_not_the_nights_gap() {
        let mut world = World::new(10, 50, EarlierToday::default());
        assert_eq!(world.price(day(2), 100), Some(0.into()), "what was held before counts from the first price seen");
        assert_eq!(world.price(day(2), 90), Some((-100).into()));
        assert_eq!(world.price(day(3), 85), Some((-50).into()));
        assert_eq!(world.price(day(3), 95), Some(50.into()));
    }

    #[test]
    fn losses_that_are_closed_are_known_without_a_price() {
        let earlier = EarlierToday { cash_flow: (-70).into(), quantity: 0.into(), commissions: 2.into() };
        let world = World::new(0, 0, earlier);
        assert_eq!(world.result.result(&world.book.figures(None)), Some((-72).into()));
    }
}
