//! The built-in futures: the contract months that trade on a day. Their numbers are invented.

use gatewright_proto::ConId;
use jiff::civil::{Date, Weekday, date};
use rust_decimal::Decimal;

use super::builtin::SPY;
use super::instrument::{Instrument, Kind, Pricing, Terms};
use crate::calendar::Hours;
use crate::new_york::NewYork;

/// Letters of the months in contract names.
const MONTH_LETTERS: [char; 12] = ['F', 'G', 'H', 'J', 'K', 'M', 'N', 'Q', 'U', 'V', 'X', 'Z'];

/// What a contract of a later month is dearer by per month, in ten-thousandths of the price.
const CARRY_PER_MONTH: i64 = 25;

/// One product: first number, symbol, class, exchange, name, multiplier, tick, price in ticks, its months.
struct Product {
    first: i32,
    symbol: &'static str,
    exchange: &'static str,
    name: &'static str,
    multiplier: i64,
    tick: Decimal,
    base: i64,
    volume_unit: i64,
    /// Every how many months there is a contract, and how many are listed.
    every: i8,
    listed: usize,
    follows_the_index: bool,
}

fn products() -> [Product; 3] {
    let quarter = Decimal::new(25, 2);
    let emini = Product {
        first: 640_000_000,
        symbol: "ES",
        exchange: "CME",
        name: "E-mini S&P 500",
        multiplier: 50,
        tick: quarter,
        base: 26_400,
        volume_unit: 2,
        every: 3,
        listed: 5,
        follows_the_index: true,
    };
    let oil = Product {
        first: 642_000_000,
        symbol: "CL",
        exchange: "NYMEX",
        name: "Light Sweet Crude Oil",
        multiplier: 1_000,
        tick: Decimal::new(1, 2),
        base: 6_800,
        volume_unit: 2,
        every: 1,
        listed: 12,
        follows_the_index: false,
    };
    let micro = Product {
        first: 641_000_000,
        symbol: "MES",
        name: "Micro E-Mini S&P 500 Stock Price Index",
        multiplier: 5,
        volume_unit: 3,
        ..emini
    };
    [emini, micro, oil]
}

/// Every contract that trades on a day.
pub(super) fn listed(today: Date) -> Vec<Instrument> {
    products().iter().flat_map(|product| product.listed(today)).collect()
}

impl Product {
    fn listed(&self, today: Date) -> Vec<Instrument> {
        let mut found = Vec::new();
        let (mut year, mut month) = (today.year(), today.month());
        // Far enough for the longest list: a contract can end a month before the month that it is named by.
        for distance in 0..40 {
            if month % self.every == 0 {
                let last_trade = self.last_trade(year, month);
                if last_trade >= today && found.len() < self.listed {
                    found.push(self.contract((year, month), last_trade, distance));
                }
            }
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        }
        found
    }

    fn contract(&self, (year, month): (i16, i8), last_trade: Date, distance: i64) -> Instrument {
        let letter = MONTH_LETTERS[usize::try_from(month - 1).unwrap_or_default() % 12];
        let carry = self.base * CARRY_PER_MONTH * distance / 10_000;
        let months = i32::from(year - 2000) * 12 + i32::from(month);
        // Ten index points are 1000 cents of the fund, or 40 ticks.
        let follows = Pricing::Follows { leader: SPY, up: 2, down: 5, carry };
        Instrument {
            con_id: ConId::new(self.first + months),
            kind: Kind::Future,
            symbol: self.symbol.into(),
            currency: "USD".into(),
            primary: String::new(),
            exchanges: vec![self.exchange.into()],
            long_name: self.name.into(),
            industry: String::new(),
            category: String::new(),
            subcategory: String::new(),
            isin: String::new(),
            local_symbol: format!("{}{letter}{}", self.symbol, year % 10),
            trading_class: self.symbol.into(),
            multiplier: Decimal::from(self.multiplier),
            terms: Some(Terms {
                last_trade,
                under: ConId::new(if self.follows_the_index { 416_904 } else { 0 }),
                under_type: "IND",
                option: None,
            }),
            hours: Hours::Globex,
            pricing: if self.follows_the_index { follows } else { Pricing::Own },
            min_tick: self.tick,
            base: self.base + carry,
            spread: 1,
            volume_unit: self.volume_unit,
            has_chain: false,
        }
    }

    /// The third Friday of the month; for oil about the 20th of the month before.
    fn last_trade(&self, year: i16, month: i8) -> Date {
        if self.follows_the_index {
            return date(year, month, 1).nth_weekday_of_month(3, Weekday::Friday).unwrap_or(date(year, month, 15));
        }
        let before = if month == 1 { date(year - 1, 12, 20) } else { date(year, month - 1, 20) };
        match before.weekday() {
            Weekday::Saturday => NewYork::days_later(before, -1),
            Weekday::Sunday => NewYork::days_later(before, -2),
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_of_the_index_and_months_of_oil_are_listed() {
        let all = listed(date(2026, 3, 2));
        let names = |symbol: &str| -> Vec<String> {
            all.iter().filter(|it| it.symbol == symbol).map(|it| it.local_symbol.clone()).collect()
        };
        assert_eq!(names("ES"), ["ESH6", "ESM6", "ESU6", "ESZ6", "ESH7"]);
        assert_eq!(names("MES").len(), 5);
        assert_eq!(names("CL")[..2], ["CLJ6", "CLK6"]);
        assert_eq!(all[0].last_trade_text(), "20260320");
        let later = listed(date(2026, 3, 21));
        assert_eq!(later[0].local_symbol, "ESM6");
        let same = all.iter().find(|it| it.local_symbol == "ESM6").unwrap();
        assert_eq!(same.con_id, later[0].con_id, "a contract keeps its number");
    }
}
