//! Where seeds become choices.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Choices from a seed: the same seed, the same choices.
#[derive(Debug)]
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// Choices of one kind; another `kind` is independent of them.
    pub(crate) fn new(seed: u64, kind: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(kind);
        Self(rng)
    }

    /// A number below `limit`, which is at least 1.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit.max(1)
    }

    /// Whether something that happens once in so many times happens now.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A span of whole milliseconds, both ends included.
    pub(crate) fn between(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let width = u64::try_from(longest.saturating_sub(shortest).as_millis()).unwrap_or(u64::MAX - 1);
        shortest + Duration::from_millis(self.below(width + 1))
    }

    /// A span of whole seconds, both ends included.
    pub(crate) fn seconds(&mut self, fewest: u64, most: u64) -> Duration {
        Duration::from_secs(fewest + self.below(most.saturating_sub(fewest) + 1))
    }
}
