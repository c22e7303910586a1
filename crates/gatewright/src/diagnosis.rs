//! A failure as a user sees it: what happened, what to do, and the exit code that says the same to a script.

use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::exit_code::Exit;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    exit: Exit,
    code: Option<String>,
    message: String,
    help: Option<String>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    place: Option<Box<Place>>,
}

/// The line of a file that is to blame.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    at: Range<usize>,
}

impl Diagnosis {
    /// A failure, without advice yet.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), help: None, cause: None, place: None }
    }

    /// Something that should not have happened on a sound machine, for this reason.
    pub(crate) fn internal(message: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(Exit::Internal, message) }
    }

    /// Names the failure for programs, as in `gatewright::version_stalled`.
    pub(crate) fn with_code(self, name: &str) -> Self {
        Self { code: Some(format!("gatewright::{name}")), ..self }
    }

    /// Says what to do.
    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Shows the line of a file that is to blame: the file's name, its text, and where in it, in bytes.
    pub(crate) fn with_source(self, name: String, text: String, at: Range<usize>) -> Self {
        Self { place: Some(Box::new(Place { source: NamedSource::new(name, text), at })), ..self }
    }

    /// How the process ends on this.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnosis {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl Diagnostic for Diagnosis {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, place.at.start, place.at.len()))))
    }
}
