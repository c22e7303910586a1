//! Cash, positions and profit of one account, exact to the last digit.

use std::collections::BTreeMap;

use gatewright_proto::ConId;
use rust_decimal::Decimal;

/// Digits that a share of a cost or of a commission is cut to. What is cut off stays with the other share, so that
/// nothing is lost.
const SHARE_DIGITS: u32 = 8;

/// One account.
///
/// Whatever is traded, `cash + cost of every position = initial cash + realised profit`, exactly.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    initial: Decimal,
    cash: Decimal,
    holdings: BTreeMap<ConId, Holding>,
}

/// One position. It stays, with a quantity of zero, after it was closed: its profit belongs to the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Holding {
    /// Signed size.
    pub(super) quantity: Decimal,
    /// What it has cost, with commissions; negative for a short position, which has brought money in.
    pub(super) cost: Decimal,
    /// Profit of what was closed, after commissions.
    pub(super) realized: Decimal,
    /// What was traded on the latest day with a trade.
    pub(super) day: Day,
}

/// What was traded on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Day {
    /// The second at which it started.
    pub(super) start: i64,
    /// Signed size of all trades together.
    pub(super) quantity: Decimal,
    /// Money that came in, less what went out, commissions included.
    pub(super) flow: Decimal,
    /// Profit of what was closed.
    pub(super) realized: Decimal,
}

/// One trade to book.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trade {
    /// Signed size: what is sold is negative.
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    /// Units per contract.
    pub(super) multiplier: Decimal,
    pub(super) commission: Decimal,
    /// The second at which its day started.
    pub(super) day: i64,
}

impl Trade {
    /// What it is worth, signed: positive for what is bought.
    fn value(&self) -> Decimal {
        self.quantity * self.price * self.multiplier
    }
}

impl Holding {
    /// What was traded on the day that started then.
    pub(super) fn on(&self, start: i64) -> Day {
        if self.day.start == start { self.day } else { Day { start, ..Day::default() } }
    }

    /// The cost of one unit, or `None` when there is no position.
    pub(super) fn average_cost(&self) -> Option<Decimal> {
        self.cost.checked_div(self.quantity)
    }
}

impl Ledger {
    /// An account with nothing but cash.
    pub(super) fn new(cash: Decimal) -> Self {
        Self { initial: cash, cash, holdings: BTreeMap::new() }
    }

    /// The cash; negative when it was borrowed.
    pub(super) fn cash(&self) -> Decimal {
        self.cash
    }

    /// The cash at the start.
    pub(super) fn initial(&self) -> Decimal {
        self.initial
    }

    /// Every instrument that was ever traded.
    pub(super) fn holdings(&self) -> impl Iterator<Item = (ConId, &Holding)> {
        self.holdings.iter().map(|(con_id, holding)| (*con_id, holding))
    }

    /// One instrument's position; empty if it was never traded.
    pub(super) fn holding(&self, con_id: ConId) -> Holding {
        self.holdings.get(&con_id).copied().unwrap_or_default()
    }

    /// The profit of everything that was closed.
    pub(super) fn realized(&self) -> Decimal {
        self.holdings.values().map(|holding| holding.realized).sum()
    }

    /// Books a trade. Returns the profit that it has realised, or `None` when it only opened or added.
    pub(super) fn book(&mut self, con_id: ConId, trade: Trade) -> Option<Decimal> {
        let holding = self.holdings.entry(con_id).or_default();
        let paid = trade.value() + trade.commission;
        self.cash -= paid;
        let realized = holding.book(trade);
        let mut day = holding.on(trade.day);
        day.quantity += trade.quantity;
        day.flow -= paid;
        day.realized += realized.unwrap_or_default();
        holding.day = day;
        realized
    }
}

impl Holding {
    fn book(&mut self, trade: Trade) -> Option<Decimal> {
        let closes = self.quantity.is_sign_negative() != trade.quantity.is_sign_negative() && !self.quantity.is_zero();
        if !closes {
            self.open(trade);
            return None;
        }
        let size = self.quantity.abs().min(trade.quantity.abs());
        let closed = if trade.quantity.is_sign_negative() { -size } else { size };
        let commission = share(trade.commission, closed, trade.quantity);
        let realized = self.close(Trade { quantity: closed, commission, ..trade });
        let rest = trade.quantity - closed;
        if !rest.is_zero() {
            self.open(Trade { quantity: rest, commission: trade.commission - commission, ..trade });
        }
        Some(realized)
    }

    fn open(&mut self, trade: Trade) {
        self.quantity += trade.quantity;
        self.cost += trade.value() + trade.commission;
    }

    fn close(&mut self, trade: Trade) -> Decimal {
        let cost = share(self.cost, -trade.quantity, self.quantity);
        let proceeds = -trade.value() - trade.commission;
        let realized = proceeds - cost;
        self.quantity += trade.quantity;
        self.cost -= cost;
        self.realized += realized;
        realized
    }
}

/// `part` of `whole` of an amount; exactly all of it for the whole.
fn share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    if part == whole {
        return amount;
    }
    (amount * part).checked_div(whole).unwrap_or_default().round_dp(SHARE_DIGITS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const APPLE: ConId = ConId::new(265_598);

    fn trade(quantity: i64, price: i64, commission: i64) -> Trade {
        Trade {
            quantity: Decimal::from(quantity),
            price: Decimal::new(price, 2),
            multiplier: Decimal::ONE,
            commission: Decimal::new(commission, 2),
            day: 0,
        }
    }

    #[test]
    fn a_round_trip_realises_its_profit_less_both_commissions() {
        let mut ledger = Ledger::new(Decimal::from(1_000_000));
        assert_eq!(ledger.book(APPLE, trade(10, 25_000, 100)), None);
        assert_eq!(ledger.holding(APPLE).average_cost(), Some(Decimal::new(25_010, 2)));
        assert_eq!(ledger.book(APPLE, trade(-10, 25_100, 100)), Some(Decimal::new(800, 2)));
        assert_eq!(ledger.cash(), Decimal::new(100_000_800, 2));
        assert_eq!(ledger.holding(APPLE).average_cost(), None);
    }

    #[test]
    fn a_sale_beyond_the_position_turns_it_round() {
        let mut ledger = Ledger::new(Decimal::from(1_000));
        ledger.book(APPLE, trade(10, 1_000, 0));
        assert_eq!(ledger.book(APPLE, trade(-15, 1_100, 0)), Some(Decimal::from(10)));
        let holding = ledger.holding(APPLE);
        assert_eq!((holding.quantity, holding.cost), (Decimal::from(-5), Decimal::from(-55)));
    }

    #[test]
    fn a_day_remembers_only_its_own_trades() {
        let mut ledger = Ledger::new(Decimal::from(1_000_000));
        let on = |day, trade| Trade { day, multiplier: Decimal::from(50), ..trade };
        ledger.book(APPLE, on(1, trade(2, 500_000, 450)));
        ledger.book(APPLE, on(2, trade(-1, 500_100, 225)));
        let holding = ledger.holding(APPLE);
        assert_eq!(ledger.cash(), Decimal::from(1_000_000 - 250_000 + 50) - Decimal::new(675, 2));
        let day = holding.on(2);
        assert_eq!((day.quantity, day.flow), (Decimal::NEGATIVE_ONE, Decimal::new(25_004_775, 2)));
        assert_eq!(day.realized, Decimal::new(4_550, 2));
        assert_eq!(holding.on(3).flow, Decimal::ZERO);
    }

    proptest! {
        #[test]
        fn every_sequence_of_trades_balances_exactly(
            trades in prop::collection::vec((-500i64..500, 1i64..100_000, 0i64..1_000, 1i32..4), 1..200),
        ) {
            let start = Decimal::from(1_000_000);
            let mut ledger = Ledger::new(start);
            let mut reported = Decimal::ZERO;
            for (quantity, price, commission, con_id) in trades {
                if quantity != 0 {
                    reported += ledger.book(ConId::new(con_id), trade(quantity, price, commission)).unwrap_or_default();
                }
                let cost: Decimal = ledger.holdings().map(|(_, holding)| holding.cost).sum();
                prop_assert_eq!(ledger.cash() + cost, start + ledger.realized());
                prop_assert_eq!(ledger.realized(), reported);
                for (_, holding) in ledger.holdings() {
                    prop_assert!(!holding.quantity.is_zero() || holding.cost.is_zero());
                }
            }
        }
    }
}
