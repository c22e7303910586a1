//! Spans of time as people write them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::SimError;

/// A span of time, written as `250ms`, `10s`, `1m 30s` or `4h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Span(Duration);

impl Span {
    /// The span as a duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(span: Duration) -> Self {
        Self(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(f, "{span:#}")
    }
}

impl FromStr for Span {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || SimError::BadSpan { text: text.to_owned() };
        let span: SignedDuration = text.parse().map_err(|_| bad())?;
        Duration::try_from(span).map(Self).map_err(|_| bad())
    }
}

impl TryFrom<String> for Span {
    type Error = SimError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A span of time.",
            "examples": ["250ms", "10s", "1m 30s", "4h"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written_as_people_do() {
        for (text, span) in [("250ms", 250), ("10s", 10_000), ("1m 30s", 90_000), ("4h", 14_400_000)] {
            let read: Span = text.parse().unwrap();
            assert_eq!((read.get(), read.to_string().as_str()), (Duration::from_millis(span), text));
        }
        assert!("-1s".parse::<Span>().is_err());
        assert_eq!("soon".parse::<Span>().unwrap_err().to_string(), "`soon` is no span of time, such as 10s or 1m 30s");
    }
}
