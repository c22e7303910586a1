//! Option chains: expiries and strikes round a price. Numbers are made from the terms, so that a contract keeps its own.

use gatewright_proto::ConId;
use jiff::civil::{Date, Weekday, date};
use rust_decimal::Decimal;

use super::instrument::{Instrument, Kind, Pricing, Right, Terms};
use crate::calendar::{Hours, Which};
use crate::new_york::NewYork;

/// How many Fridays ahead have an expiry.
const WEEKS: i64 = 4;

/// How many months ahead have an expiry on their third Friday.
const MONTHS: usize = 6;

/// How many strikes there are on each side of the one at the money.
const STRIKES_A_SIDE: i64 = 10;

/// Strikes that one expiry can number.
const STRIKE_NUMBERS: i64 = 4_096;

/// Where options can be routed.
pub(crate) const OPTION_EXCHANGES: [&str; 6] = ["SMART", "AMEX", "BOX", "CBOE", "ISE", "PHLX"];

/// Shares per contract.
const SHARES: Decimal = Decimal::ONE_HUNDRED;

/// The options on `under` that are listed on `today`, where it stands at `price`; `chain` numbers the underlyings.
pub(crate) fn listed(under: &Instrument, price: Decimal, today: Date, chain: i32) -> Vec<Instrument> {
    let step = strike_step(price);
    let middle = (price / step).round();
    let mut found = Vec::new();
    for expiry in expiries(today) {
        for offset in -STRIKES_A_SIDE..=STRIKES_A_SIDE {
            let number = middle + Decimal::from(offset);
            if number <= Decimal::ZERO {
                continue;
            }
            for right in [Right::Call, Right::Put] {
                found.extend(contract(under, expiry, (number, number * step), right, chain));
            }
        }
    }
    found
}

/// Five dollars for most shares, one for cheap ones, and half a dollar for those below ten.
fn strike_step(price: Decimal) -> Decimal {
    if price >= Decimal::ONE_HUNDRED {
        Decimal::from(5)
    } else if price >= Decimal::TEN {
        Decimal::ONE
    } else {
        Decimal::new(5, 1)
    }
}

/// The next Fridays and the next third Fridays, oldest first; a Thursday where the Friday is a holiday.
pub(crate) fn expiries(today: Date) -> Vec<Date> {
    let clock = NewYork::default();
    let to_friday = (4 - i64::from(today.weekday().to_monday_zero_offset())).rem_euclid(7);
    let friday = NewYork::days_later(today, to_friday);
    let mut days: Vec<Date> = (0..WEEKS).map(|week| NewYork::days_later(friday, 7 * week)).collect();
    let (mut year, mut month) = (today.year(), today.month());
    for _ in 0..=MONTHS {
        days.extend(date(year, month, 1).nth_weekday_of_month(3, Weekday::Friday).ok());
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    let open = |day: Date| Hours::UsOption.session(&clock, day, Which::Regular).is_some();
    let mut days: Vec<Date> =
        days.into_iter().map(|day| if open(day) { day } else { NewYork::days_later(day, -1) }).collect();
    days.retain(|day| *day >= today);
    days.sort_unstable();
    days.dedup();
    days
}

fn contract(
    under: &Instrument,
    last_trade: Date,
    (number, strike): (Decimal, Decimal),
    right: Right,
    chain: i32,
) -> Option<Instrument> {
    let days = i64::from(i32::from(last_trade.year() - 2000) * 372 + i32::from(last_trade.month()) * 31)
        + i64::from(last_trade.day());
    let number = i64::try_from(number).ok().filter(|number| *number < STRIKE_NUMBERS)?;
    let place = (days * STRIKE_NUMBERS + number) * 2 + i64::from(right == Right::Put);
    // 54 years of days take 165 million numbers.
    let con_id = i32::try_from(i64::from(chain) * 180_000_000 + 800_000_000 + place).ok()?;
    let thousandths = (strike * Decimal::ONE_THOUSAND).normalize();
    let thousandths = i64::try_from(thousandths).ok()?;
    let letter = right.letter();
    Some(Instrument {
        con_id: ConId::new(con_id),
        kind: Kind::Option,
        symbol: under.symbol.clone(),
        currency: under.currency.clone(),
        primary: String::new(),
        exchanges: OPTION_EXCHANGES.map(Into::into).to_vec(),
        local_symbol: format!("{:<6}{}{letter}{thousandths:08}", under.symbol, last_trade.strftime("%y%m%d")),
        trading_class: under.symbol.clone(),
        isin: String::new(),
        multiplier: SHARES,
        terms: Some(Terms {
            last_trade,
            under: under.con_id,
            under_type: under.sec_type(),
            option: Some((strike.normalize(), right)),
        }),
        hours: Hours::UsOption,
        pricing: Pricing::Model,
        min_tick: Decimal::new(1, 2),
        base: 100,
        spread: 2,
        volume_unit: 1,
        has_chain: false,
        ..under.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_chain_lies_round_the_price_and_its_numbers_differ() {
        let today = date(2026, 3, 2);
        let catalogue = Catalogue::new(&[], today);
        let apple = catalogue.get(ConId::new(265_598)).unwrap();
        let all = listed(apple, Decimal::from(250), today, 0);
        assert_eq!(all.len(), expiries(today).len() * 21 * 2);
        let mut numbers: Vec<ConId> = all.iter().map(|it| it.con_id).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all.len());
        assert!(all.iter().any(|it| it.local_symbol == "AAPL  260320C00250000"));
    }

    #[test]
    fn expiries_are_fridays_but_for_holidays() {
        let days: Vec<String> = expiries(date(2026, 3, 2)).iter().map(ToString::to_string).collect();
        assert_eq!(days[..5], ["2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27", "2026-04-17"]);
        // Good Friday.
        assert_eq!(expiries(date(2026, 4, 1))[0], date(2026, 4, 2));
    }
}
