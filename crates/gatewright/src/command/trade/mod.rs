//! `gatewright trade`: trades symbols with a strategy until it is stopped, and says what it came to.
//!
//! - `args` – the arguments, and the settings that they make
//! - `strategy` – which strategy, and its parameters
//! - `limits` – what no order may exceed
//! - `run` – the command
//! - `scratch` – a state folder that lives as long as a simulated Gateway
//! - `printer` – events on their way to the screen, without holding the trader up
//! - `form` – the five forms of output
//! - `line` – an event as a line of text (pure)
//! - `closing` – the summary for a person (pure)
//! - `view` – the trader on a whole terminal

mod args;
mod closing;
mod form;
mod limits;
mod line;
mod printer;
mod run;
mod scratch;
mod strategy;
mod view;

pub(crate) use args::TradeArgs;
pub(crate) use run::run;
