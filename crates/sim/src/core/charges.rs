//! What trading costs: commissions, multipliers and margins.

use rust_decimal::Decimal;

use crate::catalogue::Instrument;

/// Dollars per share.
const PER_SHARE: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// The least that an order of shares or options costs, in dollars.
const LEAST: Decimal = Decimal::ONE;

/// Dollars per futures contract, exchange fees included.
const PER_FUTURE: Decimal = Decimal::from_parts(225, 0, 0, false, 2);

/// Dollars per option contract.
const PER_OPTION: Decimal = Decimal::from_parts(65, 0, 0, false, 2);

/// Of the value of a currency trade: 0.2 basis points.
const OF_CURRENCY: Decimal = Decimal::from_parts(2, 0, 0, false, 5);

/// The least that a currency order costs, in dollars.
const LEAST_CURRENCY: Decimal = Decimal::TWO;

/// Margins as parts of a position's value.
struct Rates {
    initial: Decimal,
    maintenance: Decimal,
}

/// Reg T for what was bought.
const LONG: Rates =
    Rates { initial: Decimal::from_parts(50, 0, 0, false, 2), maintenance: Decimal::from_parts(25, 0, 0, false, 2) };

/// Reg T for what was sold short.
const SHORT: Rates =
    Rates { initial: Decimal::from_parts(50, 0, 0, false, 2), maintenance: Decimal::from_parts(30, 0, 0, false, 2) };

/// An index future's, roughly.
const FUTURE: Rates =
    Rates { initial: Decimal::from_parts(10, 0, 0, false, 2), maintenance: Decimal::from_parts(9, 0, 0, false, 2) };

/// A major currency pair's.
const CURRENCY: Rates =
    Rates { initial: Decimal::from_parts(3, 0, 0, false, 2), maintenance: Decimal::from_parts(3, 0, 0, false, 2) };

/// An option that was bought is paid in full.
const OPTION: Rates = Rates { initial: Decimal::ONE, maintenance: Decimal::ONE };

/// On top of its value, an option that was sold needs this part of what it may have to deliver.
const OF_STRIKE: Decimal = Decimal::from_parts(15, 0, 0, false, 2);

/// What one instrument's position has to be covered by, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Margin {
    /// What has to be there to open it.
    pub(super) initial: Decimal,
    /// What has to stay there to keep it.
    pub(super) maintenance: Decimal,
}

/// Units per contract.
pub(super) fn multiplier(instrument: &Instrument) -> Decimal {
    match instrument.sec_type() {
        "FUT" | "OPT" | "FOP" => instrument.multiplier,
        _ => Decimal::ONE,
    }
}

/// What an order costs that has traded `quantity`, the sum of price times quantity of which is `turnover`.
pub(super) fn commission(instrument: &Instrument, quantity: Decimal, turnover: Decimal) -> Decimal {
    let fee = match instrument.sec_type() {
        "CASH" => (turnover * OF_CURRENCY).max(LEAST_CURRENCY).round_dp(2),
        "FUT" | "FOP" => quantity * PER_FUTURE,
        "OPT" => (quantity * PER_OPTION).max(LEAST),
        _ => (quantity * PER_SHARE).max(LEAST),
    };
    fee.normalize()
}

/// The margin of a position of `quantity` at `price`.
pub(super) fn margin(instrument: &Instrument, quantity: Decimal, price: Decimal) -> Margin {
    let units = multiplier(instrument);
    let value = (quantity * price * units).abs();
    let rates = match instrument.sec_type() {
        "CASH" => CURRENCY,
        "FUT" => FUTURE,
        "OPT" | "FOP" => OPTION,
        _ if quantity.is_sign_negative() => SHORT,
        _ => LONG,
    };
    let mut margin = Margin { initial: value * rates.initial, maintenance: value * rates.maintenance };
    if matches!(instrument.sec_type(), "OPT" | "FOP") && quantity.is_sign_negative() {
        let strike = instrument.contract("").strike.unwrap_or_default();
        let more = (quantity * strike * units * OF_STRIKE).abs();
        margin = Margin { initial: margin.initial + more, maintenance: margin.maintenance + more };
    }
    margin
}
