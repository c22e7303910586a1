//! Chance from a seed.

/// SplitMix64: any seed, 0 too, gives a good sequence.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, all 64 bits of it.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1; 1/65536 is finer than any timer that waits for it.
    pub(crate) fn share(&mut self) -> f64 {
        let [.., high, low] = self.draw().to_le_bytes();
        f64::from(u16::from_le_bytes([high, low])) / f64::from(u16::MAX)
    }
}
