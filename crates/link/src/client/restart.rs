//! When the next worker starts. Pure: it is given the time and a seed.

use std::time::{Duration, Instant};

/// No wait is longer, whatever the policy says: a day is for ever here, and can be added to any clock.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait before a worker that died is started again.
///
/// A worker that dies once is followed at once. Of those that die in a row the n-th after it waits `first × factorⁿ⁻¹`, at
/// most `max`, and between half of that and all of it by chance, so that programs that died together do not come back
/// together. It is never given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// The wait after a second death, or after a first worker that could not be started.
    pub first: Duration,
    /// The longest wait.
    pub max: Duration,
    /// What a wait is multiplied by for the next; 0 counts as 1.
    pub factor: u32,
    /// A worker that lived this long has settled: after it the waits begin anew.
    pub settled_after: Duration,
    /// What chance is drawn from.
    pub jitter_seed: u64,
}

impl Default for RestartPolicy {
    /// At once, 100 ms, doubled up to 30 s, anew after a minute of life.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(100),
            max: Duration::from_secs(30),
            factor: 2,
            settled_after: Duration::from_secs(60),
            jitter_seed: 0,
        }
    }
}

/// Whether a reason is new to whoever reads about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Say it.
    New,
    /// It was the last thing said.
    Known,
}

/// Where the succession of workers stands.
#[derive(Debug)]
enum Phase {
    Running { since: Instant },
    Waiting { until: Instant },
}

/// The succession of workers: when each starts, and which reasons are news.
#[derive(Debug)]
pub(super) struct Succession {
    policy: RestartPolicy,
    phase: Phase,
    /// The next wait before chance, grown at each use; nothing after a worker that had settled.
    next: Duration,
    chance: u64,
    told: Option<String>,
}

impl Succession {
    /// Begins with a worker that runs since `now`.
    pub(super) fn new(policy: RestartPolicy, now: Instant) -> Self {
        let policy = RestartPolicy { max: policy.max.min(LONGEST_WAIT), ..policy };
        let phase = Phase::Running { since: now };
        Self { policy, phase, next: Duration::ZERO, chance: policy.jitter_seed, told: None }
    }

    /// A worker started and answered.
    pub(super) fn handle_started(&mut self, now: Instant) {
        self.phase = Phase::Running { since: now };
        self.told = None;
    }

    /// The running worker died. Returns how long to wait.
    pub(super) fn handle_died(&mut self, now: Instant) -> Duration {
        if let Phase::Running { since } = self.phase
            && now.saturating_duration_since(since) >= self.policy.settled_after
        {
            self.next = Duration::ZERO;
        }
        self.wait(now)
    }

    /// A worker could not be started. Returns how long to wait, and whether the reason is news.
    pub(super) fn handle_unstartable(&mut self, now: Instant, why: &str) -> (Duration, Telling) {
        let telling = if self.told.as_deref() == Some(why) { Telling::Known } else { Telling::New };
        self.told = Some(why.to_owned());
        // What failed a moment ago fails again.
        self.next = self.next.max(self.first());
        (self.wait(now), telling)
    }

    /// When the next worker is to be started; `None` while one runs.
    pub(super) fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        match self.phase {
            Phase::Running { .. } => None,
            Phase::Waiting { until } => Some((until, "restart of the worker")),
        }
    }

    fn wait(&mut self, now: Instant) -> Duration {
        let full = self.next;
        self.next = full.saturating_mul(self.policy.factor.max(1)).clamp(self.first(), self.policy.max);
        let half = full / 2;
        // 1/65536 is finer than any timer that waits for it.
        let share = u32::from(self.draw());
        let wait = half + (full - half).mul_f64(f64::from(share) / f64::from(u16::MAX));
        self.phase = Phase::Waiting { until: now + wait };
        wait
    }

    fn first(&self) -> Duration {
        self.policy.first.min(self.policy.max)
    }

    /// SplitMix64: any seed, 0 too, gives a good sequence.
    fn draw(&mut self) -> u16 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [.., high, low] = (z ^ (z >> 31)).to_le_bytes();
        u16::from_le_bytes([high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const POLICY: RestartPolicy = RestartPolicy {
        first: Duration::from_millis(100),
        max: Duration::from_secs(10),
        factor: 2,
        settled_after: Duration::from_secs(60),
        jitter_seed: 7,
    };

    /// Dies at once, again and again, in virtual time. Returns the waits.
    fn crash_loop(policy: RestartPolicy, times: usize) -> Vec<Duration> {
        let mut now = clock::now();
        let mut succession = Succession::new(policy, now);
        let mut waits = Vec::new();
        for _ in 0..times {
            waits.push(succession.handle_died(now));
            let (until, _) = succession.poll_timeout().expect("it waits");
            now = until;
            succession.handle_started(now);
            assert_eq!(succession.poll_timeout(), None);
        }
        waits
    }

    #[test]
    fn waits_grow_to_the_longest_and_never_end() {
        let waits = crash_loop(POLICY, 1000);
        assert_eq!(waits[0], Duration::ZERO, "one death is made good at once");
        for (n, wait) in waits[1..].iter().enumerate() {
            let full = POLICY.first.saturating_mul(1 << n.min(20)).min(POLICY.max);
            assert!(*wait >= full / 2 && *wait <= full, "wait {n}: {wait:?} of {full:?}");
        }
    }

    #[test]
    fn the_same_seed_waits_the_same_and_another_does_not() {
        assert_eq!(crash_loop(POLICY, 20), crash_loop(POLICY, 20));
        assert_ne!(crash_loop(POLICY, 20), crash_loop(RestartPolicy { jitter_seed: 8, ..POLICY }, 20));
    }

    #[test]
    fn a_worker_that_lived_a_while_starts_the_waits_anew() {
        let now = clock::now();
        let mut succession = Succession::new(POLICY, now);
        for _ in 0..10 {
            succession.handle_died(now);
            succession.handle_started(now);
        }
        let almost = now + POLICY.settled_after - Duration::from_millis(1);
        assert!(succession.handle_died(almost) >= POLICY.max / 2);
        succession.handle_started(almost);
        assert_eq!(succession.handle_died(almost + POLICY.settled_after), Duration::ZERO);
    }

    #[test]
    fn a_worker_that_cannot_be_started_is_not_tried_again_at_once() {
        let now = clock::now();
        let mut succession = Succession::new(POLICY, now);
        assert_eq!(succession.handle_died(now), Duration::ZERO);
        assert!(succession.handle_unstartable(now, "no such file").0 >= POLICY.first / 2);
        let mut first = Succession::new(POLICY, now);
        assert!(first.handle_unstartable(now, "no such file").0 >= POLICY.first / 2);
    }

    #[test]
    fn a_reason_is_news_once_until_a_worker_has_run() {
        let now = clock::now();
        let mut succession = Succession::new(POLICY, now);
        succession.handle_died(now);
        let news: Vec<Telling> = (0..330).map(|_| succession.handle_unstartable(now, "no such file").1).collect();
        assert_eq!(news.iter().filter(|telling| **telling == Telling::New).count(), 1);
        assert_eq!(succession.handle_unstartable(now, "permission denied").1, Telling::New);
        succession.handle_started(now);
        assert_eq!(succession.handle_unstartable(now, "permission denied").1, Telling::New);
    }

    #[test]
    fn extreme_settings_do_not_panic() {
        let policy = RestartPolicy { first: Duration::ZERO, max: Duration::ZERO, factor: 0, ..POLICY };
        assert_eq!(crash_loop(policy, 3), [Duration::ZERO; 3]);
        let policy = RestartPolicy { first: Duration::from_secs(5), max: Duration::from_secs(1), ..POLICY };
        assert!(crash_loop(policy, 3).iter().all(|wait| *wait <= Duration::from_secs(1)));
        let policy = RestartPolicy { first: Duration::MAX, max: Duration::MAX, factor: u32::MAX, ..POLICY };
        assert!(crash_loop(policy, 3).iter().all(|wait| *wait <= LONGEST_WAIT));
    }
}
