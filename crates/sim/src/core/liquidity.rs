//! What is left of the sizes on show, so that two orders never take the same shares.

use std::collections::BTreeMap;

use gatewright_proto::ConId;
use rust_decimal::Decimal;

/// What orders have taken of each side of each instrument in the latest second. Sizes are new every second.
#[derive(Debug, Default)]
pub(super) struct Liquidity {
    second: i64,
    taken: BTreeMap<(ConId, Side), Decimal>,
}

/// Which side of the market an order takes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Sellers sell to it.
    Bid,
    /// Buyers buy from it.
    Ask,
}

impl Liquidity {
    /// What is left in a second of a size on show.
    pub(super) fn left(&self, second: i64, con_id: ConId, side: Side, shown: Decimal) -> Decimal {
        let taken = self.taken.get(&(con_id, side)).filter(|_| self.second == second).copied().unwrap_or_default();
        (shown - taken).max(Decimal::ZERO)
    }

    /// Takes something away.
    pub(super) fn take(&mut self, second: i64, con_id: ConId, side: Side, size: Decimal) {
        if self.second != second {
            self.taken.clear();
            self.second = second;
        }
        *self.taken.entry((con_id, side)).or_default() += size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_gone_until_the_next_second() {
        let mut liquidity = Liquidity::default();
        let apple = ConId::new(265_598);
        liquidity.take(5, apple, Side::Ask, Decimal::from(30));
        assert_eq!(liquidity.left(5, apple, Side::Ask, Decimal::from(100)), Decimal::from(70));
        assert_eq!(liquidity.left(5, apple, Side::Ask, Decimal::from(20)), Decimal::ZERO);
        assert_eq!(liquidity.left(5, apple, Side::Bid, Decimal::from(100)), Decimal::from(100));
        assert_eq!(liquidity.left(6, apple, Side::Ask, Decimal::from(100)), Decimal::from(100));
    }
}
