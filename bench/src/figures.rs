//! Samples and how they are told: medians with their range, and ratios against what was measured beside them.

use std::fmt;
use std::time::{Duration, Instant};

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time; this is its one clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Durations of one thing, measured several times.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub(crate) fn from_millis(samples: impl IntoIterator<Item = f64>) -> Self {
        Self(samples.into_iter().map(|ms| Duration::from_secs_f64(ms.max(0.0) / 1e3)).collect())
    }

    /// The value that this share of the samples does not exceed; zero without samples.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list of at most some millions of samples"
        )]
        let index = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
        sorted.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |span| Span(span).to_string();
        write!(
            f,
            "{} (p10 {}, p99 {}, n = {})",
            span(self.median()),
            span(self.quantile(0.1)),
            span(self.quantile(0.99)),
            self.len()
        )
    }
}

/// A duration in the unit that suits it.
pub(crate) struct Span(pub(crate) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_secs_f64() * 1e6;
        if micros < 1000.0 { write!(f, "{micros:.1} µs") } else { write!(f, "{:.2} ms", micros / 1e3) }
    }
}

/// How many times as long `one` takes as `other`.
pub(crate) fn ratio(one: &Samples, other: &Samples) -> f64 {
    one.median().as_secs_f64() / other.median().as_secs_f64().max(1e-9)
}

/// One benchmark's table, printed as Markdown so that it can stand in a document as it is.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<(String, String, String)>,
}

impl Table {
    pub(crate) fn row(&mut self, what: impl Into<String>, figure: impl Into<String>, against: impl Into<String>) {
        self.rows.push((what.into(), figure.into(), against.into()));
    }

    #[expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]
    pub(crate) fn print(&self, title: &str) {
        println!("\n### {title}\n\n| what | median | against |\n| --- | --- | --- |");
        for (what, figure, against) in &self.rows {
            println!("| {what} | {figure} | {against} |");
        }
    }
}
