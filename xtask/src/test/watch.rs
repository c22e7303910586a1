//! What a run of tests has said, and whether it hangs. Pure: given each line of its output, and the time.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

/// What Rust's test harness says of a test that takes its time, once, after the test's name.
const RUNS_LONG: &str = " has been running for over 60 seconds";

/// How long a run may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// In all: six times what the whole suite takes on two busy cores.
    pub(crate) whole: Duration,
    /// Without a line of output: the longest test takes two minutes, and its own waits are bounded by one each.
    pub(crate) silence: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { whole: Duration::from_secs(90 * 60), silence: Duration::from_secs(10 * 60) }
    }
}

/// Why a run counts as hanging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hang {
    /// Nothing was said for so long.
    Silent(Duration),
    /// It goes on for so long.
    Endless(Duration),
}

impl fmt::Display for Hang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent(bound) => write!(f, "no test has ended for {} s", bound.as_secs()),
            Self::Endless(bound) => write!(f, "the tests have not ended within {} s", bound.as_secs()),
        }
    }
}

/// A run as far as it has spoken.
#[derive(Debug)]
pub(crate) struct Watch {
    bounds: Bounds,
    began: Instant,
    last_word: Instant,
    running: BTreeSet<String>,
}

impl Watch {
    /// A run that begins.
    pub(crate) fn new(now: Instant, bounds: Bounds) -> Self {
        Self { bounds, began: now, last_word: now, running: BTreeSet::new() }
    }

    /// A line of its output.
    pub(crate) fn handle_line(&mut self, now: Instant, line: &str) {
        let Some(said) = line.strip_prefix("test ") else { return };
        if let Some(name) = said.strip_suffix(RUNS_LONG) {
            self.running.insert(name.to_owned());
        } else if let Some((name, _)) = said.split_once(" ... ") {
            self.running.remove(name);
        }
        // That a test takes long is no sign of progress, but is said once for each: it cannot put the end off for ever.
        self.last_word = now;
    }

    /// The tests that are known to be running: those that have been for a minute.
    pub(crate) fn running(&self) -> impl Iterator<Item = &str> {
        self.running.iter().map(String::as_str)
    }

    /// When the run hangs unless something is heard of it before.
    pub(crate) fn deadline(&self) -> Instant {
        (self.began + self.bounds.whole).min(self.last_word + self.bounds.silence)
    }

    /// Whether it hangs by now.
    pub(crate) fn hang(&self, now: Instant) -> Option<Hang> {
        if now >= self.began + self.bounds.whole {
            return Some(Hang::Endless(self.bounds.whole));
        }
        (now >= self.last_word + self.bounds.silence).then_some(Hang::Silent(self.bounds.silence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BOUNDS: Bounds = Bounds { whole: Duration::from_secs(100), silence: Duration::from_secs(10) };

    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn watch() -> (Instant, Watch) {
        let now = Instant::now();
        (now, Watch::new(now, BOUNDS))
    }

    #[test]
    fn what_runs_long_is_known_until_it_has_ended() {
        let (now, mut watch) = watch();
        for line in [
            "running 3 tests",
            "test kill::two_hundred_workers has been running for over 60 seconds",
            "test proxy::one_more has been running for over 60 seconds",
            "test orders::quick ... ok",
            "test kill::two_hundred_workers ... FAILED",
        ] {
            watch.handle_line(now, line);
        }
        assert_eq!(watch.running().collect::<Vec<_>>(), ["proxy::one_more"]);
    }

    #[test]
    fn silence_and_endlessness_are_told_apart_and_words_put_off_silence_alone() {
        let (now, mut watch) = watch();
        assert_eq!(watch.hang(now + 9 * SECOND), None);
        assert_eq!(watch.hang(now + 10 * SECOND), Some(Hang::Silent(10 * SECOND)));
        for second in (0..99).step_by(9) {
            watch.handle_line(now + second * SECOND, "test a::b ... ok");
            assert_eq!(watch.hang(now + second * SECOND), None);
        }
        assert_eq!(watch.deadline(), now + 100 * SECOND);
        assert_eq!(watch.hang(now + 100 * SECOND), Some(Hang::Endless(100 * SECOND)));
    }

    #[test]
    fn what_a_test_prints_by_itself_is_no_word_of_the_harness() {
        let (now, mut watch) = watch();
        watch.handle_line(now + 5 * SECOND, "waiting for the worker");
        assert_eq!(watch.deadline(), now + 10 * SECOND);
    }
}
