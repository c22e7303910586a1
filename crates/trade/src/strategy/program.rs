//! The conversation with a strategy that is a program of its own: JSON, one object a line. Pure.
//!
//! Every line to the program carries an `id`, and the program answers each with one line that carries the same. There is
//! never more than one unanswered, so that a program may be as simple as a loop over its input. An answer has a deadline; a
//! program that misses it, or says what cannot be understood, is at fault and talked to no more. See `docs/strategies.md`.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::bar_length::BarLength;
use super::event::StrategyEvent;
use super::signal::Signal;

/// The version of this conversation, told in the greeting.
pub const PROTOCOL: u32 = 1;

/// The longest line of a program. An answer with a wish for each of 50 instruments is a tenth of it.
pub const MAX_LINE: usize = 64 << 10;

/// How many events may wait for a program: at the most instruments and five-second bars a minute's worth. One that is
/// further behind is late, whatever its single answers take.
const MAX_WAITING: usize = 1_024;

/// The longest name of a strategy; it stands in every order's row.
const MAX_NAME: usize = 40;

/// The most characters of a reason that are kept.
const MAX_REASON: usize = 200;

/// The most past bars that a program may ask for: a day of minutes.
const MAX_WARM_UP: usize = 1_440;

/// How many characters of a line that was not understood are shown.
const SHOWN: usize = 80;

/// What the first line is called where its answer is late.
const GREETING: &str = "the greeting";

/// What the conversation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkSettings {
    /// The instruments' symbols.
    pub symbols: Vec<String>,
    /// The length of the bars.
    pub bar: BarLength,
    /// How long an answer may take.
    pub deadline: Duration,
    /// How long the answer to the greeting may take, in which a program loads what it needs.
    pub greeting: Duration,
}

/// What a program says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// A short name, kept with every order.
    pub name: String,
    /// How many past bars it needs.
    pub warm_up_bars: usize,
}

/// What a program has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is there.
    Hello(Hello),
    /// It wants this.
    Wish {
        /// The instrument.
        symbol: String,
        /// The wish.
        signal: Signal,
    },
}

/// Why a program is talked to no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It did not answer in time.
    Late {
        /// What it was told.
        what: &'static str,
        /// How long it had, in milliseconds.
        deadline_ms: u128,
    },
    /// Too many events wait for it.
    Behind,
    /// It said what cannot be understood.
    Malformed {
        /// The beginning of the line.
        line: String,
        /// What is wrong with it.
        why: String,
    },
    /// A line is too long.
    TooLong,
    /// It answered what it had not been told.
    Unasked {
        /// The answer's id.
        id: u64,
    },
    /// It wants something of an instrument that is not traded.
    UnknownSymbol {
        /// The symbol.
        symbol: String,
    },
    /// It ended, or closed its output.
    Ended {
        /// How.
        how: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { what, deadline_ms } => write!(f, "it did not answer {what} within {deadline_ms} ms"),
            Self::Behind => write!(f, "it is {MAX_WAITING} events behind"),
            Self::Malformed { line, why } => write!(f, "it wrote a line that is no answer ({why}): {line}"),
            Self::TooLong => write!(f, "it wrote a line of more than {MAX_LINE} bytes"),
            Self::Unasked { id } => write!(f, "it answered {id}, which it had not been told"),
            Self::UnknownSymbol { symbol } => write!(f, "it wants something of {symbol}, which is not traded"),
            Self::Ended { how } => write!(f, "it ended ({how})"),
        }
    }
}

/// One conversation, from a program's start to its end.
#[derive(Debug)]
pub struct Talk {
    settings: TalkSettings,
    greeted: bool,
    next_id: u64,
    /// What has not been answered yet.
    open: Option<Open>,
    waiting: VecDeque<StrategyEvent>,
    transmit: Option<String>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    what: &'static str,
    until: Instant,
}

#[derive(Serialize)]
struct Told<'a, T> {
    id: u64,
    #[serde(flatten)]
    what: &'a T,
}

#[derive(Serialize)]
#[serde(tag = "event", rename = "hello")]
struct Greeting<'a> {
    protocol: u32,
    symbols: &'a [String],
    bar: String,
    deadline_ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HelloAnswer {
    id: u64,
    name: String,
    #[serde(default)]
    warm_up_bars: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    id: u64,
    #[serde(default)]
    signals: Vec<SignalOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalOf {
    symbol: String,
    target: rust_decimal::Decimal,
    #[serde(default)]
    limit: Option<rust_decimal::Decimal>,
    #[serde(default)]
    reason: String,
}

impl Talk {
    /// Begins with a greeting, which is to be answered like everything else.
    pub fn begin(settings: TalkSettings, now: Instant) -> Self {
        let deadline_ms = u64::try_from(settings.deadline.as_millis()).unwrap_or(u64::MAX);
        let bar = settings.bar.to_string();
        let greeting = Greeting { protocol: PROTOCOL, symbols: &settings.symbols, bar, deadline_ms };
        let line = line_of(0, &greeting);
        let open = Some(Open { id: 0, what: GREETING, until: now + settings.greeting });
        Self { settings, greeted: false, next_id: 1, open, waiting: VecDeque::new(), transmit: Some(line) }
    }

    /// Takes an event for the program.
    ///
    /// # Errors
    ///
    /// The program is too far behind.
    pub fn handle_event(&mut self, now: Instant, event: StrategyEvent) -> Result<(), Fault> {
        self.waiting.retain(|waiting| !waiting.is_superseded_by(&event));
        self.waiting.push_back(event);
        if self.waiting.len() > MAX_WAITING {
            return Err(Fault::Behind);
        }
        self.go_on(now);
        Ok(())
    }

    /// Takes a line of the program.
    ///
    /// # Errors
    ///
    /// The line is no answer to what was told.
    pub fn handle_line(&mut self, now: Instant, line: &str) -> Result<Vec<Said>, Fault> {
        let said = if self.greeted { self.answer(line)? } else { vec![Said::Hello(self.hello(line)?)] };
        self.open = None;
        self.go_on(now);
        Ok(said)
    }

    /// Time has passed.
    ///
    /// # Errors
    ///
    /// An answer is overdue.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Fault> {
        match &self.open {
            Some(open) if open.until <= now => {
                let had = if open.what == GREETING { self.settings.greeting } else { self.settings.deadline };
                Err(Fault::Late { what: open.what, deadline_ms: had.as_millis() })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The next line to the program, with its end.
    pub fn poll_transmit(&mut self) -> Option<String> {
        self.transmit.take()
    }

    /// When an answer is overdue, and which.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.open.as_ref().map(|open| (open.until, open.what))
    }

    fn go_on(&mut self, now: Instant) {
        if !self.greeted || self.open.is_some() {
            return;
        }
        let Some(event) = self.waiting.pop_front() else { return };
        let id = self.next_id;
        self.next_id += 1;
        let what = match event {
            StrategyEvent::Start { .. } => "a start",
            StrategyEvent::Bar { .. } => "a bar",
            StrategyEvent::Tick { .. } => "a tick",
            StrategyEvent::Fill { .. } => "a fill",
            StrategyEvent::Health { .. } => "the health",
            StrategyEvent::Timer { .. } => "the timer",
        };
        self.transmit = Some(line_of(id, &event));
        self.open = Some(Open { id, what, until: now + self.settings.deadline });
    }

    fn hello(&mut self, line: &str) -> Result<Hello, Fault> {
        let HelloAnswer { id, name, warm_up_bars } = parsed(line)?;
        self.expect(id)?;
        let name = name.trim().to_owned();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
            let why = format!("a name is up to {MAX_NAME} letters, digits, spaces, `-`, `_` and `.`");
            return Err(Fault::Malformed { line: shown(line), why });
        }
        if warm_up_bars > MAX_WARM_UP {
            let why = format!("at most {MAX_WARM_UP} bars of history can be asked for");
            return Err(Fault::Malformed { line: shown(line), why });
        }
        self.greeted = true;
        Ok(Hello { name, warm_up_bars })
    }

    fn answer(&self, line: &str) -> Result<Vec<Said>, Fault> {
        let Answer { id, signals } = parsed(line)?;
        self.expect(id)?;
        let wish = |SignalOf { symbol, target, limit, reason }| {
            if !self.settings.symbols.contains(&symbol) {
                return Err(Fault::UnknownSymbol { symbol: shown(&symbol) });
            }
            let reason = reason.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
            Ok(Said::Wish { symbol, signal: Signal { target, limit, reason } })
        };
        signals.into_iter().map(wish).collect()
    }

    fn expect(&self, id: u64) -> Result<(), Fault> {
        match &self.open {
            Some(open) if open.id == id => Ok(()),
            Some(_) | None => Err(Fault::Unasked { id }),
        }
    }
}

fn parsed<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Fault> {
    serde_json::from_str(line).map_err(|error| Fault::Malformed { line: shown(line), why: error.to_string() })
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

fn line_of(id: u64, what: &impl Serialize) -> String {
    let mut line = serde_json::to_string(&Told { id, what }).expect("events have text keys and finite numbers");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests;
