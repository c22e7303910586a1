//! What is wrong with a file, and where in it.

use std::fmt;
use std::ops::Range;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong, as a fragment.
    pub(crate) message: String,
    /// Where, in bytes; `None` for the file as a whole.
    pub(crate) at: Option<Range<usize>>,
    /// What to do.
    pub(crate) help: String,
}

impl Problem {
    /// Something wrong at a place of the file.
    pub(crate) fn at(at: Option<Range<usize>>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), at, help: help.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The number of the line that holds a byte of the text, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}
