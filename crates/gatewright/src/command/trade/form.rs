//! The five forms of output.

use std::time::{Duration, Instant};

use gatewright_trade::{Failing, Summary, TradeEvent};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::args::{SummaryForm, TradeArgs};
use super::view::Screen;
use super::{closing, line};
use crate::clock;
use crate::environment::Environment;
use crate::output::{self, Paint};

/// How often the status is written where it cannot be redrawn in place.
const STATUS_LINE_EVERY: Duration = Duration::from_secs(10);

/// How often the status is an event among others, for programs.
const STATUS_EVENT_EVERY: Duration = Duration::from_secs(1);

/// Where lines go, and in which form.
#[derive(Debug)]
pub(super) enum Form {
    /// A terminal: events above, the status redrawn in place below.
    Terminal {
        /// Colours or none.
        paint: Paint,
        /// The line that is redrawn.
        status: ProgressBar,
    },
    /// The whole terminal.
    Screen(Screen),
    /// A file or a pipe: a line for each event, and the status from time to time.
    Plain {
        /// Where the lines go.
        stream: Stream,
        /// The form of the summary.
        summary: SummaryForm,
    },
    /// A JSON object for each event.
    Json,
}

/// One of the standard streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Error,
}

impl Form {
    /// The form that the arguments and the terminal ask for.
    pub(super) fn of(args: &TradeArgs, environment: &Environment) -> Self {
        match (args.json, args.summary) {
            (true, _) => Self::Json,
            (false, SummaryForm::Json) => Self::Plain { stream: Stream::Error, summary: SummaryForm::Json },
            (false, SummaryForm::Text) if environment.terminal => {
                // It draws on standard error, and only if that is a terminal too. The last columns stay free, so that
                // the terminal's own "^C" does not break the line.
                let style = ProgressStyle::with_template("{wide_msg}  ").expect("a well-formed template");
                let status = ProgressBar::new_spinner().with_style(style);
                Self::Terminal { paint: Paint::new(environment.colour), status }
            }
            (false, SummaryForm::Text) => Self::Plain { stream: Stream::Output, summary: SummaryForm::Text },
        }
    }
}

/// Writes events and the summary in one form. Its clock is for the times at the beginning of lines only.
#[derive(Debug)]
pub(super) struct Writer {
    form: Form,
    began: Instant,
    status_at: Option<Instant>,
    /// What was last said to do, and about what, while nothing has changed for the better.
    advised: Option<Failing>,
    /// The cause of the last failed attempt to come back, while there is nothing else to say.
    retried: Option<String>,
}

impl Writer {
    pub(super) fn new(form: Form) -> Self {
        Self { form, began: clock::now(), status_at: None, advised: None, retried: None }
    }

    /// What the run is about, before anything happens.
    pub(super) fn begin(&self, title: &str) {
        match &self.form {
            Form::Terminal { paint, .. } => output::line(paint.strong(title)),
            Form::Plain { stream, .. } => stream.line(title),
            Form::Screen(_) | Form::Json => {}
        }
    }

    /// Writes an event.
    pub(super) fn event(&mut self, event: &TradeEvent) {
        let now = clock::now();
        if let Form::Screen(screen) = &self.form {
            return screen.take(event);
        }
        if let TradeEvent::Status(status) = event {
            match &self.form {
                Form::Terminal { paint, status: bar } => {
                    bar.set_message(line::status(status, *paint));
                    bar.tick();
                }
                Form::Plain { stream, .. } => {
                    let stream = *stream;
                    if self.status_is_due(now, STATUS_LINE_EVERY) {
                        stream.line(&self.stamped(now, &line::status(status, Paint::new(false))));
                    }
                }
                Form::Screen(_) => {}
                Form::Json => {
                    if self.status_is_due(now, STATUS_EVENT_EVERY) {
                        json_line(event);
                    }
                }
            }
            return;
        }
        let paint = match &self.form {
            Form::Terminal { paint, .. } => *paint,
            Form::Screen(_) | Form::Plain { .. } => Paint::new(false),
            Form::Json => return json_line(event),
        };
        let Some(text) = self.text(event, paint) else { return };
        let text = self.stamped(now, &text);
        match &self.form {
            Form::Terminal { status, .. } => status.suspend(|| output::line(text)),
            Form::Plain { stream, .. } => stream.line(&text),
            Form::Screen(_) | Form::Json => {}
        }
    }

    /// An event as a line; attempts that fail for the reason that was said last are said shortly.
    fn text(&mut self, event: &TradeEvent, paint: Paint) -> Option<String> {
        if let TradeEvent::Retrying { attempt, in_ms, failure } = event {
            if self.retried.as_ref() == Some(&failure.cause) {
                return Some(line::failed_again(*attempt, *in_ms, paint));
            }
            self.retried = Some(failure.cause.clone());
        }
        if let TradeEvent::Connected { .. } = event {
            self.retried = None;
            self.advised = None;
        }
        // Stages that pass before an attempt fails again say nothing new either.
        if self.retried.is_some() && matches!(event, TradeEvent::Stage { .. }) {
            return None;
        }
        match self.shortened(event)? {
            Some(shorter) => line::event(&shorter, paint),
            None => line::event(event, paint),
        }
    }

    /// A failure that comes again, or comes with advice that was just given, is said with nothing twice: `Some(None)` where
    /// all of it is new, `None` where none of it is.
    #[expect(clippy::option_option, reason = "three outcomes, and no name would say them better")]
    fn shortened(&mut self, event: &TradeEvent) -> Option<Option<TradeEvent>> {
        let (TradeEvent::Problem { failure }
        | TradeEvent::SessionLost { failure }
        | TradeEvent::Retrying { failure, .. }) = event
        else {
            return Some(None);
        };
        let said = self.advised.replace(failure.clone());
        if said.is_none_or(|said| said.remedy != failure.remedy || said.cause != failure.cause) {
            return Some(None);
        }
        let mut shorter = event.clone();
        let (TradeEvent::SessionLost { failure } | TradeEvent::Retrying { failure, .. }) = &mut shorter else {
            return None;
        };
        failure.remedy.clear();
        Some(Some(shorter))
    }

    /// Says that lines are missing here.
    pub(super) fn unwritten(&self, count: u64) {
        match &self.form {
            Form::Json => json_line(&Unwritten { event: "unwritten", count }),
            Form::Plain { stream, .. } => stream.line(&unwritten_words(count)),
            Form::Terminal { status, .. } => status.suspend(|| output::line(unwritten_words(count))),
            Form::Screen(screen) => screen.note(&unwritten_words(count)),
        }
    }

    /// Takes the status line away, and writes what the run came to. A failure that a person is told of on standard error
    /// is part of the JSON forms.
    pub(super) fn end(&self, summary: &Summary, failure: Option<&Failing>) {
        // A run that never got to trade came to nothing but its failure.
        let has_traded = summary.account.is_some();
        match &self.form {
            Form::Terminal { paint, status } => {
                status.finish_and_clear();
                if has_traded {
                    output::line(closing::text(summary, *paint));
                }
            }
            Form::Screen(screen) => {
                screen.close();
                if has_traded {
                    output::line(closing::text(summary, screen.paint()));
                }
            }
            Form::Plain { stream, summary: SummaryForm::Text } if has_traded => {
                stream.line(&closing::text(summary, Paint::new(false)));
            }
            Form::Plain { summary: SummaryForm::Text, .. } => {}
            Form::Plain { summary: SummaryForm::Json, .. } => {
                output::json(&Document { event: None, summary: has_traded.then_some(summary), failure });
            }
            Form::Json => {
                let event = if has_traded { "summary" } else { "failed" };
                json_line(&Document { event: Some(event), summary: has_traded.then_some(summary), failure });
            }
        }
    }

    fn status_is_due(&mut self, now: Instant, every: Duration) -> bool {
        let due = self.status_at.is_none_or(|last| now.saturating_duration_since(last) >= every);
        if due {
            self.status_at = Some(now);
        }
        due
    }

    fn stamped(&self, now: Instant, text: &str) -> String {
        format!("{} {text}", line::stamp(now.saturating_duration_since(self.began)))
    }
}

/// The summary as programs read it.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    #[serde(flatten)]
    summary: Option<&'a Summary>,
    failure: Option<&'a Failing>,
}

/// A gap in the events, as programs read it.
#[derive(Serialize)]
struct Unwritten {
    event: &'static str,
    count: u64,
}

fn unwritten_words(count: u64) -> String {
    format!("… {count} lines are missing here: the output was too slow for them")
}

impl Stream {
    fn line(self, text: &str) {
        match self {
            Self::Output => output::line(text),
            Self::Error => output::note(text),
        }
    }
}

/// One line, also on a terminal.
fn json_line(value: &impl Serialize) {
    output::line(serde_json::to_string(value).expect("events have text keys and finite numbers"));
}
