//! What was done and what was not: as it happens for a person, at the end for a program.

use std::io::{self, BufRead, IsTerminal};

use gatewright_journal::HaltRecord;
use serde_json::json;

use crate::command::orders::halt_json;
use crate::exit_code::Exit;
use crate::output::{self, Form, Paint};

/// Everything that was told.
#[derive(Debug)]
pub(super) struct Told {
    form: Form,
    paint: Paint,
    done: Vec<String>,
    not_done: Vec<String>,
}

impl Told {
    pub(super) fn new(form: Form, paint: Paint) -> Self {
        Self { form, paint, done: Vec::new(), not_done: Vec::new() }
    }

    /// Something that was asked for is so now.
    pub(super) fn done(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.show(&self.paint.good("✓"), &text);
        self.done.push(text);
    }

    /// Something that was asked for is not so.
    pub(super) fn not_done(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.show(&self.paint.bad("✗"), &text);
        self.not_done.push(text);
    }

    /// Something that a person should know.
    pub(super) fn note(&self, text: &str) {
        self.show(&self.paint.doubtful("!"), text);
    }

    fn show(&self, mark: &str, text: &str) {
        if self.form == Form::Text {
            let mut lines = String::new();
            output::wrapped(&mut lines, &format!("{mark} "), text);
            output::line(lines.trim_end());
        }
    }

    /// Asks whether to go on, where somebody sits at a terminal and has not said so already.
    pub(super) fn may_go_on(&self, yes: bool, question: &str) -> bool {
        if yes || !io::stdin().is_terminal() {
            return true;
        }
        output::note(format_args!("{question} Go on? [y/N]"));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// Ends the report with the halt that stands: `before` if one stood already.
    pub(super) fn end(self, halt: &HaltRecord, before: Option<&HaltRecord>) -> Exit {
        let complete = self.not_done.is_empty();
        if self.form == Form::Json {
            let report = json!({ "halt": halt_json(before.unwrap_or(halt)), "was_halted": before.is_some(), "complete": complete, "done": self.done, "not_done": self.not_done });
            output::json(&report);
        } else if !complete {
            output::line("\nTrading is halted. Not everything else was done: see above, then say it again.");
        }
        if complete { Exit::Success } else { Exit::HaltIncomplete }
    }
}
