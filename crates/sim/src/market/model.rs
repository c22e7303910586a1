//! Options by the model of Black and Scholes.
//!
//! Exponentials and logarithms are worked out here, from additions, multiplications and divisions, which IEEE 754 defines
//! to the bit: a platform's own library may differ in the last digit, and bytes must not.

use crate::catalogue::Right;

/// The yearly interest rate.
const RATE: f64 = 0.04;

/// Seconds of a year.
const YEAR: f64 = 365.0 * 86_400.0;

const LN_2: f64 = std::f64::consts::LN_2;

/// One option, as far as the model needs it. Prices are in the underlying's currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    pub(crate) strike: f64,
    pub(crate) right: Right,
    /// The second at which it ends.
    pub(crate) expiry: i64,
    /// The yearly volatility.
    pub(crate) volatility: f64,
}

/// What the model says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Computed {
    pub(crate) price: f64,
    pub(crate) delta: f64,
    pub(crate) gamma: f64,
    /// Per percentage point of volatility.
    pub(crate) vega: f64,
    /// Per day.
    pub(crate) theta: f64,
}

impl Terms {
    /// Price and Greeks where the underlying stands at `under`, at a second.
    pub(crate) fn compute(&self, under: f64, second: i64) -> Computed {
        let years = (self.expiry - second).max(0) as f64 / YEAR;
        let sign = if self.right == Right::Call { 1.0 } else { -1.0 };
        let intrinsic = (sign * (under - self.strike)).max(0.0);
        let deviation = self.volatility * years.sqrt();
        if deviation <= 1e-9 || under <= 0.0 {
            let delta = if intrinsic > 0.0 { sign } else { 0.0 };
            return Computed { price: intrinsic, delta, gamma: 0.0, vega: 0.0, theta: 0.0 };
        }
        let drift = (RATE + self.volatility * self.volatility / 2.0) * years;
        let d1 = (ln(under / self.strike) + drift) / deviation;
        let d2 = d1 - deviation;
        let discounted = self.strike * exp(-RATE * years);
        let price = sign * (under * normal(sign * d1) - discounted * normal(sign * d2));
        let density = density(d1);
        let decay = under * density * self.volatility / (2.0 * years.sqrt());
        Computed {
            price: price.max(0.0),
            delta: sign * normal(sign * d1),
            gamma: density / (under * deviation),
            vega: under * density * years.sqrt() / 100.0,
            theta: -(decay + sign * RATE * discounted * normal(sign * d2)) / 365.0,
        }
    }

    /// The volatility at which the model gives `price`, or `None` where there is none.
    pub(crate) fn implied(&self, price: f64, under: f64, second: i64) -> Option<f64> {
        let at = |volatility: f64| Self { volatility, ..*self }.compute(under, second).price;
        let (mut low, mut high) = (0.001, 10.0);
        if price.is_nan() || price < at(low) || price > at(high) {
            return None;
        }
        // Halving 60 times leaves nothing of ten.
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if at(middle) < price { low = middle } else { high = middle }
        }
        Some((low + high) / 2.0)
    }
}

fn density(x: f64) -> f64 {
    const ROOT_OF_TWO_PI: f64 = 2.506_628_274_631_000_5;
    exp(-x * x / 2.0) / ROOT_OF_TWO_PI
}

/// The cumulative normal distribution, to seven digits (Abramowitz and Stegun 26.2.17).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series =
        t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = density(x) * series;
    if x < 0.0 { tail } else { 1.0 - tail }
}

fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let x = x.min(700.0);
    let halvings = (x / LN_2 + if x < 0.0 { -0.5 } else { 0.5 }) as i32;
    let rest = x - f64::from(halvings) * LN_2;
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..16 {
        term *= rest / f64::from(n);
        sum += term;
    }
    let two = if halvings < 0 { 0.5 } else { 2.0 };
    (0..halvings.unsigned_abs()).fold(sum, |sum, _| sum * two)
}

/// The natural logarithm of a positive number.
fn ln(x: f64) -> f64 {
    let (mut mantissa, mut powers) = (x, 0);
    while mantissa > 1.5 && powers < 1_100 {
        mantissa /= 2.0;
        powers += 1;
    }
    while mantissa < 0.75 && powers > -1_100 {
        mantissa *= 2.0;
        powers -= 1;
    }
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let (mut sum, mut power) = (0.0, ratio);
    for n in 0..20 {
        sum += power / f64::from(2 * n + 1);
        power *= square;
    }
    2.0 * sum + f64::from(powers) * LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_exponential_and_logarithm_are_right_to_twelve_digits() {
        for number in -300..300 {
            let x = f64::from(number) / 17.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "{x}");
            let y = x.abs() + 0.01;
            assert!((ln(y) - y.ln()).abs() < 1e-12, "{y}");
        }
    }

    #[test]
    fn calls_and_puts_are_in_parity_and_the_textbook_agrees() {
        // Hull: S = 42, K = 40, r = 10 %, σ = 20 %, half a year give 4.76; with 4 % it is 3.67.
        let call = Terms { strike: 40.0, right: Right::Call, expiry: (YEAR / 2.0) as i64, volatility: 0.2 };
        let put = Terms { right: Right::Put, ..call };
        let (c, p) = (call.compute(42.0, 0), put.compute(42.0, 0));
        let parity = c.price - p.price - (42.0 - 40.0 * (-RATE / 2.0f64).exp());
        assert!(parity.abs() < 1e-4, "{parity}");
        assert!((c.delta - p.delta - 1.0).abs() < 1e-6);
        let implied = call.implied(c.price, 42.0, 0).unwrap();
        assert!((implied - 0.2).abs() < 1e-6);
        assert_eq!(call.implied(100.0, 42.0, 0), None);
        assert_eq!(call.compute(45.0, call.expiry).price, 5.0);
    }
}
