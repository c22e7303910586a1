//! Seeded noise: a number for any (seed, place), without state and the same on every machine.

/// Mixes three numbers into one that looks random (the finaliser of splitmix64, applied twice).
pub(crate) fn mix(seed: u64, place: i64, salt: u64) -> u64 {
    let place = u64::from_ne_bytes(place.to_ne_bytes());
    scramble(scramble(seed ^ salt.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(place))
}

fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A number from 0 to `below` − 1.
pub(crate) fn pick(seed: u64, place: i64, salt: u64, below: u32) -> i64 {
    i64::try_from(mix(seed, place, salt) % u64::from(below.max(1))).unwrap_or(0)
}

/// Smooth noise between −1 and 1: random at multiples of a period, a smooth curve between them.
///
/// Only additions, multiplications and divisions, which IEEE 754 defines to the bit. What it has worked out last is
/// kept, since places are mostly asked for one after the other; it never changes the answer.
#[derive(Debug, Clone)]
pub(crate) struct Smooth {
    period: i64,
    salt: u64,
    known: Option<(i64, f64, f64)>,
}

impl Smooth {
    /// Noise of one period; `salt` tells several apart.
    pub(crate) fn new(period: i64, salt: u64) -> Self {
        Self { period, salt, known: None }
    }

    /// The noise at a place.
    pub(crate) fn at(&mut self, seed: u64, at: i64) -> f64 {
        let cell = at.div_euclid(self.period);
        let (from, to) = match self.known {
            Some((known, from, to)) if known == cell => (from, to),
            _ => {
                let (from, to) = (lattice(seed, cell, self.salt), lattice(seed, cell + 1, self.salt));
                self.known = Some((cell, from, to));
                (from, to)
            }
        };
        let part = at.rem_euclid(self.period) as f64 / self.period as f64;
        let eased = part * part * (3.0 - 2.0 * part);
        from + (to - from) * eased
    }
}

/// The top 53 bits fill a double's mantissa exactly.
fn lattice(seed: u64, cell: i64, salt: u64) -> f64 {
    const HALF_RANGE: f64 = (1u64 << 52) as f64;
    (mix(seed, cell, salt) >> 11) as f64 / HALF_RANGE - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_noise_is_bounded_and_has_no_jumps() {
        let mut noise = Smooth::new(90, 1);
        let mut before = noise.at(7, -5_000);
        for at in -4_999..5_000 {
            let value = noise.at(7, at);
            assert_eq!(value.to_bits(), Smooth::new(90, 1).at(7, at).to_bits());
            assert!((-1.0..=1.0).contains(&value));
            assert!((value - before).abs() < 0.06, "{at}");
            before = value;
        }
    }
}
