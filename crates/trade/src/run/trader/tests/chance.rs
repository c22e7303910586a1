//! Where seeds become choices.

/// Choices from a seed: the same seed, the same choices.
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        chance.draw(1);
        chance
    }

    /// A number below, by xorshift.
    pub(super) fn draw(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    pub(super) fn draw_i(&mut self, below: i64) -> i64 {
        self.draw(below.unsigned_abs()).cast_signed()
    }
}
