//! An account's values at the market's prices.

use std::sync::Arc;

use gatewright_proto::ConId;
use rust_decimal::{Decimal, RoundingStrategy};

use super::charges::{Margin, margin, multiplier};
use super::ledger::{Holding, Ledger};
use super::world::World;
use crate::catalogue::Instrument;

/// How much can be bought per dollar available, within a day.
const DAY_LEVERAGE: Decimal = Decimal::from_parts(4, 0, 0, false, 0);

/// One position at the market's price.
#[derive(Debug, Clone)]
pub(super) struct Valued {
    pub(super) instrument: Arc<Instrument>,
    pub(super) holding: Holding,
    pub(super) price: Decimal,
    pub(super) value: Decimal,
    pub(super) margin: Margin,
    pub(super) unrealized: Decimal,
}

/// An account at the market's prices.
#[derive(Debug, Clone)]
pub(super) struct Valuation {
    pub(super) cash: Decimal,
    pub(super) stock: Decimal,
    pub(super) gross: Decimal,
    pub(super) margin: Margin,
    pub(super) unrealized: Decimal,
    pub(super) realized: Decimal,
    pub(super) positions: Vec<Valued>,
}

/// One value as clients see it: name, text, currency.
pub(super) type Row = (&'static str, String, &'static str);

impl World {
    /// An account at the prices of now; `None` when there is no such account.
    pub(super) fn valuation(&self, account: &str) -> Option<Valuation> {
        let ledger = self.ledgers.get(account)?;
        let positions: Vec<Valued> =
            ledger.holdings().filter_map(|(con_id, holding)| self.valued(con_id, *holding)).collect();
        Some(Valuation::of(ledger, positions))
    }

    /// The last price of an instrument now.
    pub(super) fn last_price(&self, con_id: ConId) -> Option<Decimal> {
        self.price_at(con_id, self.now.second())
    }

    /// The last price of an instrument in a second.
    pub(super) fn price_at(&self, con_id: ConId, second: i64) -> Option<Decimal> {
        let ticks = self.paths.get(&con_id)?.last(second);
        Some(self.catalogue.get(con_id)?.price(ticks))
    }

    fn valued(&self, con_id: ConId, holding: Holding) -> Option<Valued> {
        let instrument = self.catalogue.get(con_id)?.clone();
        let price = self.last_price(con_id)?;
        let value = holding.quantity * price * multiplier(&instrument);
        let margin = margin(&instrument, holding.quantity, price);
        Some(Valued { instrument, holding, price, value, margin, unrealized: value - holding.cost })
    }
}

impl Valuation {
    fn of(ledger: &Ledger, positions: Vec<Valued>) -> Self {
        let sum = |what: fn(&Valued) -> Decimal| positions.iter().map(what).sum::<Decimal>();
        Self {
            cash: ledger.cash(),
            stock: sum(|position| position.value),
            gross: sum(|position| position.value.abs()),
            margin: Margin {
                initial: sum(|position| position.margin.initial),
                maintenance: sum(|position| position.margin.maintenance),
            },
            unrealized: sum(|position| position.unrealized),
            realized: ledger.realized(),
            positions,
        }
    }

    /// Cash and positions together.
    pub(super) fn net_liquidation(&self) -> Decimal {
        self.cash + self.stock
    }

    /// What has to be there to open what is held.
    pub(super) fn initial_margin(&self) -> Decimal {
        self.margin.initial
    }

    /// What has to stay there to keep what is held.
    pub(super) fn maintenance_margin(&self) -> Decimal {
        self.margin.maintenance
    }

    /// The part of it that is no margin; none of an account that is worth nothing.
    pub(super) fn cushion(&self) -> Option<Decimal> {
        (self.net_liquidation() - self.maintenance_margin()).checked_div(self.net_liquidation())
    }

    /// What can serve as margin for something new.
    pub(super) fn available(&self) -> Decimal {
        self.net_liquidation() - self.initial_margin()
    }

    /// The same account with another quantity of something, traded at `price` for a commission.
    pub(super) fn with(
        &self,
        instrument: &Instrument,
        held: Decimal,
        then: Decimal,
        price: Decimal,
        fee: Decimal,
    ) -> Self {
        let mut changed = self.clone();
        let units = price * multiplier(instrument);
        let (before, after) = (margin(instrument, held, price), margin(instrument, then, price));
        changed.stock += (then - held) * units;
        changed.cash -= (then - held) * units + fee;
        changed.gross += (then.abs() - held.abs()) * units;
        changed.margin.initial += after.initial - before.initial;
        changed.margin.maintenance += after.maintenance - before.maintenance;
        changed
    }

    /// Everything that account updates say, in their order.
    pub(super) fn rows(&self, account: &str) -> Vec<Row> {
        let net = self.net_liquidation();
        let excess = net - self.maintenance_margin();
        let cushion = excess.checked_div(net).unwrap_or_default().round_dp(6).normalize();
        let usd = |name, value: Decimal| (name, money(value), "USD");
        let base = |name, value: Decimal| (name, money(value), "BASE");
        let mut rows = vec![
            ("AccountCode", account.to_owned(), ""),
            ("AccountReady", "true".into(), ""),
            ("AccountType", "INDIVIDUAL".into(), ""),
            ("Currency", "BASE".into(), "BASE"),
            ("Currency", "USD".into(), "USD"),
            ("Cushion", cushion.to_string(), ""),
            ("DayTradesRemaining", "-1".into(), ""),
            ("ExchangeRate", "1.00".into(), "BASE"),
            ("ExchangeRate", "1.00".into(), "USD"),
            ("Leverage-S", money(self.gross.checked_div(net).unwrap_or_default()), ""),
            ("NetLiquidationByCurrency", money(net), "BASE"),
            ("NetLiquidationByCurrency", money(net), "USD"),
            ("RealCurrency", "USD".into(), "BASE"),
            ("RealCurrency", "USD".into(), "USD"),
            ("TradingType-S", "STKCASH".into(), ""),
        ];
        rows.extend([
            usd("AccruedCash", Decimal::ZERO),
            usd("AvailableFunds", self.available()),
            usd("BuyingPower", (self.available() * DAY_LEVERAGE).max(Decimal::ZERO)),
            usd("EquityWithLoanValue", net),
            usd("ExcessLiquidity", excess),
            usd("FullAvailableFunds", self.available()),
            usd("FullExcessLiquidity", excess),
            usd("FullInitMarginReq", self.initial_margin()),
            usd("FullMaintMarginReq", self.maintenance_margin()),
            usd("GrossPositionValue", self.gross),
            usd("InitMarginReq", self.initial_margin()),
            usd("LookAheadAvailableFunds", self.available()),
            usd("LookAheadExcessLiquidity", excess),
            usd("LookAheadInitMarginReq", self.initial_margin()),
            usd("LookAheadMaintMarginReq", self.maintenance_margin()),
            usd("MaintMarginReq", self.maintenance_margin()),
            usd("NetLiquidation", net),
            usd("RegTEquity", net),
            usd("RegTMargin", self.initial_margin()),
            usd("SettledCash", self.cash),
            usd("TotalCashValue", self.cash),
        ]);
        for row in [base as fn(&'static str, Decimal) -> Row, usd] {
            rows.extend([
                row("CashBalance", self.cash),
                row("TotalCashBalance", self.cash),
                row("StockMarketValue", self.stock),
                row("UnrealizedPnL", self.unrealized),
                row("RealizedPnL", self.realized),
            ]);
        }
        rows
    }
}

/// Dollars and cents.
pub(super) fn money(value: Decimal) -> String {
    let mut cents = value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    cents.rescale(2);
    cents.to_string()
}
