//! What an observer says when an invariant is broken.

use std::fmt;
use std::time::Duration;

/// A broken invariant, with all that is needed to see it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The life's seed.
    pub seed: u64,
    /// Since that life's beginning.
    pub after: Duration,
    /// Which invariant.
    pub rule: &'static str,
    /// What was seen.
    pub what: String,
    /// The schedule that was being lived through.
    pub schedule: String,
    /// The shortest schedules that were found to break the same invariant.
    pub shortest: String,
    /// What happened last when those were lived through, oldest first.
    pub trace: Vec<String>,
    /// The command that lives through those again.
    pub again: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} after {:.6} s: {}: {}", self.seed, self.after.as_secs_f64(), self.rule, self.what)?;
        writeln!(f, "{}", self.schedule)?;
        if !self.shortest.is_empty() {
            writeln!(f, "the shortest that was found to break it:\n{}", self.shortest)?;
        }
        if !self.trace.is_empty() {
            writeln!(f, "what happened last in that:")?;
        }
        self.trace.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        write!(f, "again, with what is needed for it: {}", self.again)
    }
}

/// A broken invariant where it is found.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) what: String,
}

impl Broken {
    pub(crate) fn new(rule: &'static str, what: impl Into<String>) -> Self {
        Self { rule, what: what.into() }
    }
}

/// What a check returns.
pub(crate) type Checked = Result<(), Broken>;
