//! Stages as they pass: a line each, and on a terminal what is under way now.

use std::time::Duration;

use gatewright_proto::session::Stage;
use indicatif::{ProgressBar, ProgressStyle};

use crate::environment::Environment;
use crate::output::{self, Form, Paint, milliseconds};

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(80);

/// Shows stages as they pass.
#[derive(Debug)]
pub(crate) struct Progress {
    form: Form,
    paint: Paint,
    spinner: Option<ProgressBar>,
    /// A passed inspection, until the dial has confirmed it: a refused one proves the table right that showed no
    /// listener, and then it is the inspection that failed.
    held: Option<(Stage, f64)>,
}

impl Progress {
    /// Text has a line for each stage, and on a terminal a spinner for the one that is under way; JSON has nothing.
    pub(crate) fn new(form: Form, environment: &Environment) -> Self {
        // It draws on standard error, and only if that is a terminal.
        let spinner = (form == Form::Text && environment.terminal).then(|| {
            let template = if environment.colour { "  {spinner:.cyan} {msg}" } else { "  {spinner} {msg}" };
            let style = ProgressStyle::with_template(template).expect("a well-formed template");
            ProgressBar::new_spinner().with_style(style)
        });
        Self { form, paint: Paint::new(environment.colour), spinner, held: None }
    }

    /// The connection begins.
    pub(crate) fn begin(&mut self, gateway: &str, client_id: i32) {
        if self.form == Form::Text {
            output::line(format_args!("Connecting to {} as client {client_id}", self.paint.strong(gateway)));
        }
        self.under_way(Some(Stage::Inspect));
    }

    /// A stage has passed.
    pub(crate) fn passed(&mut self, stage: Stage, ms: f64) {
        self.show_held(None);
        if stage == Stage::Inspect {
            self.held = Some((stage, ms));
        } else {
            self.stage_line(&self.paint.good("✓"), stage.name(), Some(ms));
        }
        self.under_way(after(stage));
    }

    /// The session has brought what was wanted.
    pub(crate) fn leaving(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message("leaving in order");
        }
    }

    /// It is over; a stage that failed is named.
    pub(crate) fn end(&mut self, failed: Option<(&str, f64)>) {
        self.show_held(failed.map(|(stage, _)| stage));
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        if let Some((stage, ms)) = failed {
            self.stage_line(&self.paint.bad("✗"), stage, (ms > 0.0).then_some(ms));
        }
    }

    fn show_held(&mut self, failed: Option<&str>) {
        let held = self.held.take().filter(|(stage, _)| Some(stage.name()) != failed);
        if let Some((stage, ms)) = held {
            self.stage_line(&self.paint.good("✓"), stage.name(), Some(ms));
        }
    }

    fn stage_line(&self, mark: &str, stage: &str, ms: Option<f64>) {
        if self.form == Form::Json {
            return;
        }
        let time = ms.map(milliseconds).unwrap_or_default();
        let line = format!("  {mark} {stage:<12}{time:>10}");
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| output::line(line.trim_end())),
            None => output::line(line.trim_end()),
        }
    }

    fn under_way(&self, stage: Option<Stage>) {
        let Some(spinner) = &self.spinner else { return };
        spinner.set_message(stage.map_or("asking for positions", what));
        spinner.enable_steady_tick(TURN);
    }
}

/// The stage that follows.
pub(super) fn after(stage: Stage) -> Option<Stage> {
    match stage {
        Stage::Inspect => Some(Stage::Dial),
        Stage::Dial => Some(Stage::Negotiate),
        Stage::Negotiate => Some(Stage::Identify),
        Stage::Identify => Some(Stage::Sync),
        Stage::Sync | Stage::Ready => None,
    }
}

/// What a stage does, for someone who waits for it.
fn what(stage: Stage) -> &'static str {
    match stage {
        Stage::Inspect => "inspect: looking at the port without touching it",
        Stage::Dial => "dial: opening the TCP connection",
        Stage::Negotiate => "negotiate: waiting for the server's version",
        Stage::Identify => "identify: waiting for accounts and the next order id",
        Stage::Sync => "sync: waiting for positions, orders, executions, account values",
        Stage::Ready => "ready",
    }
}
