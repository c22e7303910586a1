//! What a day came to, from executions and their costs. Pure.
//!
//! The journal has no market prices, so what is open is valued at the price of the last fill in its symbol. Money of
//! several currencies is not added up: a symbol is taken to trade in one, and the report says so.

use std::collections::BTreeMap;

use gatewright_journal::{CommissionRecord, ExecutionRecord, Side, family_and_revision};
use gatewright_trade::{Book, BookFigures, Fill};
use jiff::Timestamp;
use rust_decimal::Decimal;

/// One account's symbol in one day.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SymbolDay {
    pub(super) fills: usize,
    pub(super) bought: Decimal,
    pub(super) sold: Decimal,
    /// The position when the day began.
    pub(super) before: Decimal,
    /// The position when it ended, or by now.
    pub(super) after: Decimal,
    pub(super) realised: Decimal,
    /// What changed in the value of what is open.
    pub(super) unrealised: Decimal,
    pub(super) commissions: Decimal,
}

impl SymbolDay {
    /// What the day brought, after costs.
    pub(super) fn net(&self) -> Decimal {
        self.realised + self.unrealised - self.commissions
    }
}

/// A day.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Day {
    /// By account and symbol.
    pub(super) symbols: BTreeMap<(String, String), SymbolDay>,
    /// What the day had brought after each fill, after costs.
    pub(super) curve: Vec<(Timestamp, Decimal)>,
    /// Fills whose figures cannot be right, and that were left out.
    pub(super) implausible: usize,
}

impl Day {
    /// Adds everything up. `executions` are all up to the day's end, oldest first, with what each cost by its id
    /// without the revision; the day begins at
    /// `begin`.
    pub(super) fn of(
        executions: &[ExecutionRecord],
        costs: &BTreeMap<String, CommissionRecord>,
        begin: Timestamp,
    ) -> Self {
        let mut day = Self::default();
        let mut books: BTreeMap<(String, String), Held> = BTreeMap::new();
        for execution in executions {
            let key = (execution.account.clone(), execution.symbol.clone());
            let held = books.entry(key.clone()).or_default();
            let is_today = execution.at >= begin;
            if is_today && held.opening.is_none() {
                held.opening = Some(held.figures());
            }
            let quantity = match execution.side {
                Side::Buy => execution.quantity,
                Side::Sell => -execution.quantity,
            };
            let counted =
                held.book.fill(&Fill { exec_id: execution.exec_id.clone(), quantity, price: execution.price });
            if counted == gatewright_trade::Counted::Implausible {
                day.implausible += 1;
                continue;
            }
            held.last_price = Some(execution.price);
            if let Some(cost) = costs.get(family_and_revision(&execution.exec_id).0) {
                held.book.commission(&cost.exec_id, cost.amount);
            }
            if is_today {
                let symbol = day.symbols.entry(key).or_default();
                symbol.fills += 1;
                symbol.bought += quantity.max(Decimal::ZERO);
                symbol.sold += (-quantity).max(Decimal::ZERO);
                let so_far = books.values().map(Held::since_opening).sum();
                day.curve.push((execution.at, so_far));
            }
        }
        for (key, symbol) in &mut day.symbols {
            if let Some(held) = books.get(key) {
                held.tell(symbol);
            }
        }
        day
    }

    /// All symbols together.
    pub(super) fn total(&self) -> SymbolDay {
        self.symbols.values().fold(SymbolDay::default(), |sum, symbol| SymbolDay {
            fills: sum.fills + symbol.fills,
            bought: sum.bought + symbol.bought,
            sold: sum.sold + symbol.sold,
            before: sum.before + symbol.before,
            after: sum.after + symbol.after,
            realised: sum.realised + symbol.realised,
            unrealised: sum.unrealised + symbol.unrealised,
            commissions: sum.commissions + symbol.commissions,
        })
    }
}

/// A symbol's book over all days, and what it was when the day began.
#[derive(Debug, Default)]
struct Held {
    book: Book,
    last_price: Option<Decimal>,
    opening: Option<BookFigures>,
}

impl Held {
    fn figures(&self) -> BookFigures {
        self.book.figures(self.last_price)
    }

    /// What it has brought since the day began; nothing before its first fill of the day.
    fn since_opening(&self) -> Decimal {
        let mut symbol = SymbolDay::default();
        self.tell(&mut symbol);
        symbol.net()
    }

    fn tell(&self, symbol: &mut SymbolDay) {
        let Some(opening) = self.opening else { return };
        let now = self.figures();
        symbol.before = opening.position;
        symbol.after = now.position;
        symbol.realised = now.realised - opening.realised;
        symbol.unrealised = now.unrealised.unwrap_or_default() - opening.unrealised.unwrap_or_default();
        symbol.commissions = now.commissions - opening.commissions;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use gatewright_proto::PermId;

    use super::*;

    pub(crate) fn fill(exec_id: &str, second: i64, side: Side, quantity: i64, price: i64) -> ExecutionRecord {
        ExecutionRecord {
            exec_id: exec_id.into(),
            intent: None,
            perm_id: PermId::new(1),
            account: "DU1234567".into(),
            symbol: "AAPL".into(),
            side,
            quantity: Decimal::from(quantity),
            price: Decimal::from(price),
            at: Timestamp::from_second(second).unwrap(),
        }
    }

    fn costs(of: &[ExecutionRecord]) -> BTreeMap<String, CommissionRecord> {
        let cost = |execution: &ExecutionRecord| {
            let exec_id = execution.exec_id.clone();
            let record = CommissionRecord { exec_id, amount: Decimal::ONE, currency: "USD".into(), at: execution.at };
            (family_and_revision(&execution.exec_id).0.to_owned(), record)
        };
        of.iter().map(cost).collect()
    }

    #[test]
    fn a_day_counts_from_its_own_beginning() {
        let executions = [
            fill("a.01", 50, Side::Buy, 10, 100),
            fill("b.01", 100, Side::Sell, 4, 110),
            fill("c.01", 200, Side::Buy, 4, 105),
        ];
        let day = Day::of(&executions, &costs(&executions), Timestamp::from_second(100).unwrap());
        let symbol = &day.symbols[&("DU1234567".to_owned(), "AAPL".to_owned())];
        assert_eq!((symbol.fills, symbol.before, symbol.after), (2, Decimal::TEN, Decimal::TEN));
        assert_eq!((symbol.bought, symbol.sold, symbol.commissions), (4.into(), 4.into(), 2.into()));
        // Four were sold for ten more than they cost; of the ten that are open, six are worth five more each.
        assert_eq!((symbol.realised, symbol.unrealised, symbol.net()), (40.into(), 30.into(), 68.into()));
        let curve: Vec<Decimal> = day.curve.iter().map(|(_, net)| *net).collect();
        assert_eq!(curve, [Decimal::from(40 + 60 - 1), 68.into()]);
        assert_eq!(day.total(), symbol.clone());
    }

    #[test]
    fn a_day_without_fills_came_to_nothing() {
        let before = [fill("a.01", 50, Side::Buy, 10, 100)];
        let day = Day::of(&before, &BTreeMap::new(), Timestamp::from_second(100).unwrap());
        assert_eq!(day, Day::default());
    }
}
