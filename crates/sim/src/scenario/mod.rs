//! What is to happen and when: TOML files, and rules in code.
//!
//! - `file` – a scenario as its file has it
//! - `kind` – kinds of messages, by number or by name
//! - `span` – spans of time as people write them
//! - `rule` – what is done with a message that passes
//! - `script` – a rule of a file, with what it has counted

mod file;
mod kind;
mod rule;
mod script;
mod span;

#[cfg(test)]
mod tests;

pub use file::{Clock, Deed, RuleText, Scenario, Trigger, scenario_schema};
pub use kind::{AnswerKind, RequestKind};
pub use rule::{Passing, Rule, Traffic, Verdict};
pub(crate) use script::Script;
pub use span::Span;
