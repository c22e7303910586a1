//! Profit and loss of an account, and of one of its positions.

use gatewright_proto::ConId;
use rust_decimal::Decimal;

use super::charges::multiplier;
use super::ledger::Holding;
use super::world::World;

/// Profit and loss, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profit {
    /// Since the start of New York's day, open and closed together.
    pub daily: Decimal,
    /// Of what is held, against what it has cost.
    pub unrealized: Decimal,
    /// Of what was closed since the start of New York's day.
    pub realized: Decimal,
}

/// Profit and loss of one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PositionProfit {
    /// Signed size.
    pub position: Decimal,
    /// At the market's price, in dollars; negative for a short position.
    pub value: Decimal,
    /// Its profit and loss.
    pub profit: Profit,
}

impl World {
    /// Profit and loss of an account; `None` when there is no such account.
    pub fn profit(&self, account: &str) -> Option<Profit> {
        let ledger = self.ledgers.get(account)?;
        let mut sum = Profit::default();
        for (con_id, holding) in ledger.holdings() {
            let Some(one) = self.position_profit_of(con_id, holding) else { continue };
            sum.daily += one.profit.daily;
            sum.unrealized += one.profit.unrealized;
            sum.realized += one.profit.realized;
        }
        Some(sum)
    }

    /// Profit and loss of what an account holds of an instrument; `None` when it never had any.
    pub fn position_profit(&self, account: &str, con_id: ConId) -> Option<PositionProfit> {
        let ledger = self.ledgers.get(account)?;
        let (_, holding) = ledger.holdings().find(|(held, _)| *held == con_id)?;
        self.position_profit_of(con_id, holding)
    }

    fn position_profit_of(&self, con_id: ConId, holding: &Holding) -> Option<PositionProfit> {
        let instrument = self.catalogue.get(con_id)?;
        let units = multiplier(instrument);
        let midnight = self.new_york.start_of_day(self.now.second());
        let day = holding.on(midnight);
        let value = holding.quantity * self.last_price(con_id)? * units;
        // What was held at midnight is measured from the last price of the day before.
        let held = holding.quantity - day.quantity;
        let at_midnight = held * self.price_at(con_id, midnight - 1)? * units;
        let profit =
            Profit { daily: value - at_midnight + day.flow, unrealized: value - holding.cost, realized: day.realized };
        Some(PositionProfit { position: holding.quantity, value, profit })
    }
}
