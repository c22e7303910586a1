//! `gatewright.toml`: what it may say, and what holds once the environment and the flags have been heard.
//!
//! Defaults < file < `GATEWRIGHT_*` environment < flags. What is unknown, given twice or ambiguous is refused.
//!
//! - `place` – where the file is
//! - `file` – the file's sections as they stand in it; `value` – the kinds of values that they hold
//! - `parse` – text to sections, with the line and a suggestion where that fails; `suggest` – the nearest known word
//! - `trading` – the trader's sections
//! - `flags` – what environment and arguments say about the same settings
//! - `settings` – what holds, and where each value comes from; `resolve` – how that is decided
//! - `problem` – what is wrong with a file, and where in it

mod file;
mod flags;
mod parse;
mod place;
mod problem;
mod resolve;
mod settings;
mod suggest;
mod trading;
mod value;

pub(crate) use flags::ConfigArgs;
#[cfg(test)]
pub(crate) use flags::Overrides;
pub(crate) use place::{load, load_trading};
pub(crate) use resolve::resolve;
pub(crate) use settings::{AlertSettings, GatewaySettings, IbcSettings, Origin, Settings};
pub(crate) use trading::TradingSettings;
pub(crate) use value::{Listen, OrdersDuringHalt, Outage, ReadOnly, RestartTime, ServerRegion, Webhook};

/// A complete file with every setting explained, for `gatewright config example`.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");
