//! Everything that a command says: reports on standard output, failures on standard error.
//!
//! A reader that has gone (`gatewright doctor | head -1`) is no failure of ours: what cannot be written is let go. Any other
//! failure to write a report is remembered, and the program ends with it.

use std::fmt;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::diagnosis::Diagnosis;

/// How wide text may be: the narrowest terminal that is common.
pub(crate) const WIDTH: u16 = 80;

/// How long standard error may take, where nothing else is left to wait for.
const STDERR_WITHIN: Duration = Duration::from_secs(1);

/// What first went wrong on standard output.
static BROKEN: Mutex<Option<Broken>> = Mutex::new(None);

/// Why standard output takes nothing more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Its reader has gone.
    ReaderGone,
    /// It cannot be written to, for example because the disk is full.
    Failed(String),
}

/// Why standard output takes nothing more, if so.
pub(crate) fn broken() -> Option<Broken> {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Remembers what first went wrong on standard output.
pub(crate) fn note_broken(error: &io::Error) {
    let gone = error.kind() == ErrorKind::BrokenPipe;
    let broken = if gone { Broken::ReaderGone } else { Broken::Failed(error.to_string()) };
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(broken);
}

/// The form in which a command reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For a person.
    Text,
    /// For a program: one JSON value on standard output, and nothing else there.
    Json,
}

impl Form {
    /// The form that `--json` asks for.
    pub(crate) const fn from_flag(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Writes one line to standard output.
pub(crate) fn line(text: impl fmt::Display) {
    if let Err(error) = write(&mut io::stdout().lock(), &format!("{text}\n")) {
        note_broken(&error);
    }
}

/// Writes one JSON value to standard output: indented for a terminal, on one line for a program.
pub(crate) fn json(value: &impl Serialize) {
    let text =
        if io::stdout().is_terminal() { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    line(text.expect("reports have text keys and finite numbers"));
}

/// Writes an indented JSON value to standard output, wherever that leads.
pub(crate) fn pretty_json(value: &serde_json::Value) {
    line(format_args!("{value:#}"));
}

/// Writes a failure to standard error: what happened, why, what to do.
pub(crate) fn failure(diagnosis: Diagnosis) {
    to_stderr(format!("{:?}", miette::Report::new(diagnosis)));
}

/// Writes one line to standard error.
pub(crate) fn note(text: impl fmt::Display) {
    // There is nowhere to tell of it.
    let _ = write(&mut io::stderr().lock(), &format!("{text}\n"));
}

/// Writes one line to standard error as the last thing to do: whoever does not read it does not keep us.
pub(crate) fn last_note(text: impl fmt::Display) {
    to_stderr(format!("{text}\n"));
}

fn to_stderr(text: String) {
    let (done, wait) = mpsc::channel();
    let write = move || {
        // There is nowhere to tell of it.
        let _ = write(&mut io::stderr().lock(), &text);
        let _ = done.send(());
    };
    if thread::Builder::new().name("gatewright-stderr".into()).spawn(write).is_ok() {
        let _ = wait.recv_timeout(STDERR_WITHIN);
    }
}

/// In one write, so that lines of several processes do not mix.
fn write(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
}

/// Colours for a terminal, and none elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// With colours or without.
    pub(crate) const fn new(on: bool) -> Self {
        Self { on }
    }

    /// Something that is as it should be.
    pub(crate) fn good(self, text: impl fmt::Display) -> String {
        self.wrap("32", text)
    }

    /// Something that is not.
    pub(crate) fn bad(self, text: impl fmt::Display) -> String {
        self.wrap("31", text)
    }

    /// Something that could not be told, or needs a look.
    pub(crate) fn doubtful(self, text: impl fmt::Display) -> String {
        self.wrap("33", text)
    }

    /// Something that stands out.
    pub(crate) fn strong(self, text: impl fmt::Display) -> String {
        self.wrap("1", text)
    }

    fn wrap(self, code: &str, text: impl fmt::Display) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

/// A table without lines, wrapped to the width, each row indented by two.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>, numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH - 1);
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in numbers {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    // The cells' own padding is the second column of the indent.
    table.lines().map(|line| format!(" {}\n", line.trim_end())).collect()
}

/// Words in lines of at most [`WIDTH`], all beginning under the first one's first word.
pub(crate) fn wrapped(text: &mut String, head: &str, words: &str) {
    let indent = visible(head);
    let mut line = head.to_owned();
    let mut length = indent;
    for word in words.split_whitespace() {
        let wide = visible(word);
        if length > indent && length + 1 + wide > usize::from(WIDTH) {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(indent);
            length = indent;
        }
        if length > indent {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += wide;
    }
    text.push_str(&line);
    text.push('\n');
}

/// How many columns a text takes: escape sequences take none.
fn visible(text: &str) -> usize {
    let mut escaped = false;
    text.chars()
        .filter(|&character| {
            let counts = !escaped && character != '\x1b';
            escaped = (escaped || character == '\x1b') && character != 'm';
            counts
        })
        .count()
}

/// A duration as people read it: `0.42 ms`, `12.3 ms`, `3.00 s`.
pub(crate) fn milliseconds(ms: f64) -> String {
    match ms {
        _ if ms < 10.0 => format!("{ms:.2} ms"),
        _ if ms < 1000.0 => format!("{ms:.1} ms"),
        _ => format!("{:.2} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_or_so() {
        let written: Vec<String> = [0.0, 0.424, 9.99, 12.34, 999.4, 3000.0].map(milliseconds).into();
        assert_eq!(written, ["0.00 ms", "0.42 ms", "9.99 ms", "12.3 ms", "999.4 ms", "3.00 s"]);
    }

    #[test]
    fn paint_is_off_unless_it_is_on() {
        assert_eq!(Paint::new(false).bad("x"), "x");
        assert_eq!(Paint::new(true).bad("x"), "\x1b[31mx\x1b[0m");
    }
}
