//! A scenario as its file has it.

use std::str::FromStr;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use super::kind::{AnswerKind, RequestKind};
use super::span::Span;
use crate::error::SimError;
use crate::fault::{Fault, Parameters};

/// How many rules a scenario may have: every message is shown to each.
const MAX_RULES: usize = 1_000;

/// What is to happen and when.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scenario {
    /// What it is for, for people.
    pub about: String,
    /// The faults that are on from the start.
    pub faults: Vec<Fault>,
    /// How long, how many, which.
    pub parameters: Parameters,
    /// What happens when.
    #[serde(rename = "rule")]
    pub rules: Vec<RuleText>,
}

/// One rule: when something is so, do something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleText {
    /// Its name, for logs.
    #[serde(default)]
    pub name: String,
    /// When.
    #[serde(default)]
    pub when: Trigger,
    /// What, in order.
    #[serde(rename = "do")]
    pub deeds: Vec<Deed>,
}

/// When a rule acts. With `request` or `answer` it acts on messages, else at a time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trigger {
    /// This long after the start; on messages: not before.
    pub after: Option<Span>,
    /// Again and again, this far apart.
    pub every: Option<Span>,
    /// Whose time `after` and `every` are. Default simulated.
    pub clock: Clock,
    /// On requests of this kind.
    pub request: Option<RequestKind>,
    /// On answers of this kind.
    pub answer: Option<AnswerKind>,
    /// Only of this client.
    pub client: Option<i32>,
    /// Only on the nth that matches, 1 for the first.
    #[schemars(range(min = 1))]
    pub nth: Option<u32>,
    /// With this probability, from the seed.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub probability: Option<f64>,
    /// At most so many times.
    pub times: Option<u32>,
}

/// Whose time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The Gateway's, which `--speed` drives.
    #[default]
    Simulated,
    /// The clients'.
    Wall,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Deed {
    /// The message vanishes.
    Drop,
    /// The message passes twice.
    Duplicate,
    /// The message passes later, in simulated time.
    Delay(Span),
    /// The message's connection (at a time: every one) is closed.
    Close,
    /// The message's connection (at a time: every one) is reset.
    Reset,
    /// An error about the message's request or order.
    Error {
        /// IBKR's code.
        code: i32,
        /// Its text.
        text: String,
    },
    /// A notice to every session, about no request.
    Notice {
        /// IBKR's code.
        code: i32,
        /// Its text.
        text: String,
    },
    /// A news bulletin of this text, to every session that has asked for them.
    Bulletin(String),
    /// A fault is switched on.
    Fault {
        /// Which.
        name: Fault,
        /// For how long, in simulated time; without it until something switches it off.
        #[serde(default)]
        lasting: Option<Span>,
    },
    /// A fault is switched off.
    Clear(Fault),
    /// A client's connection is closed.
    Kick(i32),
    /// The Gateway restarts, as with the fault `nightly-restart`.
    Restart,
}

impl Scenario {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// [`SimError::BadScenario`] says which rule cannot be run, and why.
    pub fn check(&self) -> Result<(), SimError> {
        let bad = |problem: String| Err(SimError::BadScenario { problem });
        if self.rules.len() > MAX_RULES {
            return bad(format!("there are more than {MAX_RULES} rules"));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            if let Err(problem) = rule.check() {
                return bad(format!("rule {} (`{}`) {problem}", index + 1, rule.name));
            }
        }
        self.parameters.check()
    }
}

impl RuleText {
    fn check(&self) -> Result<(), &'static str> {
        let when = &self.when;
        if when.request.is_some() && when.answer.is_some() {
            return Err("has a request and an answer: give it one of them");
        }
        if when.probability.is_some_and(|probability| !(0.0..=1.0).contains(&probability)) {
            return Err("has a probability that is not between 0 and 1");
        }
        if when.nth == Some(0) {
            return Err("has `nth = 0`: the first is 1");
        }
        let timed = !when.on_messages();
        if timed && when.after.is_none() && when.every.is_none() {
            return Err("never happens: give it `after`, `every`, `request` or `answer`");
        }
        if timed && (when.client.is_some() || when.nth.is_some()) {
            return Err("has `client` or `nth` without `request` or `answer`");
        }
        if when.every.is_some_and(|every| every.get().is_zero()) || (!timed && when.every.is_some()) {
            return Err("has an `every` that is 0, or that goes with messages");
        }
        let about_message =
            |deed: &Deed| matches!(deed, Deed::Drop | Deed::Duplicate | Deed::Delay(_) | Deed::Error { .. });
        if timed && self.deeds.iter().any(about_message) {
            return Err("does something to a message, but happens at a time");
        }
        Ok(())
    }
}

impl Trigger {
    /// Whether it is messages that trigger it.
    pub fn on_messages(&self) -> bool {
        self.request.is_some() || self.answer.is_some()
    }
}

impl FromStr for Scenario {
    type Err = SimError;

    /// Reads TOML.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scenario: Self =
            toml::from_str(text).map_err(|problem| SimError::BadScenario { problem: problem.to_string() })?;
        scenario.check()?;
        Ok(scenario)
    }
}

/// The JSON Schema of scenario files. Deterministic, so that a copy in `docs/` can be compared.
pub fn scenario_schema() -> serde_json::Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Scenario>().into()
}
