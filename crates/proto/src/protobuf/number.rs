//! Doubles as exact decimals and back.

use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::number::is_decimal;

/// Powers of ten that a price step is likely to need; each is exact as a double.
const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Integers up to this are exact as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The lower half of an integer, as protobuf reads 32-bit integers.
pub(super) fn lower_half(number: i64) -> i32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

/// The shortest decimal that is this double, as people wrote it; `None` for "not set", as in text.
///
/// # Errors
///
/// A number that no [`Decimal`] can hold.
pub(super) fn of_double(value: f64) -> Result<Option<Decimal>, ()> {
    if !is_decimal(value) {
        return Ok(None);
    }
    for (power, scale) in POWERS.iter().zip(0..) {
        let scaled = (value * power).round();
        // The division rounds to the nearest double, so equality says that this decimal reads as `value`.
        if scaled.abs() < EXACT && scaled / power == value {
            return Ok(scaled.to_i64().map(|mantissa| Decimal::new(mantissa, scale)));
        }
    }
    let text = format!("{value:e}");
    Decimal::from_scientific(&text).or_else(|_| Decimal::from_str(&format!("{value}"))).map(Some).map_err(drop)
}

/// The double nearest to this decimal.
pub(super) fn to_double(value: Decimal) -> f64 {
    let power = usize::try_from(value.scale()).ok().and_then(|scale| POWERS.get(scale));
    match (value.mantissa().to_f64(), power) {
        (Some(mantissa), Some(power)) if mantissa.abs() < EXACT => mantissa / power,
        _ => f64::from_str(&value.to_string()).unwrap_or_default(),
    }
}
