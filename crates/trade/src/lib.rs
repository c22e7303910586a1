//! Strategies, risk limits, the outbox and the run loop of a trader.
//!
//! A trader connects through a worker, warms its strategies up, and sends market and limit orders until it is stopped. It comes back
//! from every lost connection and every dead worker by itself, and never sends an order twice.
//!
//! It does not print, read settings or handle signals: it tells a [`Listener`] and is given a future that ends when it is
//! to stop. It does not look at sockets: the worker inspects before it connects.
//!
//! - `account` – which account may be traded (pure)
//! - `calendar` – when an instrument trades (pure)
//! - `day` – what the session's day came to (pure)
//! - `error` – why a trader could not start or go on
//! - `event` – what a trader tells while it runs
//! - `gateway_time` – times as a Gateway writes them (pure)
//! - `outbox` – the way of an order: durable, sent once, settled after doubt
//! - `position` – what is held and what it earned (pure)
//! - `risk` – the gate that every order passes (pure)
//! - `run` – the run loop
//! - `step` – the steps of an order's way, for whoever wants to be there (pure)
//! - `strategy` – what decides (pure)
//! - `summary` – what a run came to

mod account;
mod calendar;
mod day;
mod error;
mod event;
mod gateway_time;
pub mod outbox;
mod position;
mod risk;
pub mod run;
mod step;
pub mod strategy;
mod summary;

pub use account::{AccountId, Permission};
pub use calendar::Calendar;
pub use day::EarlierToday;
pub use error::TradeError;
pub use event::{Failing, Listener, OrderLine, OrderStatusLine, Status, SymbolStatus, TradeEvent};
pub use gatewright_journal::{Side, StateKind};
pub use position::{Book, BookFigures, Counted, Fill, own_part};
pub use risk::{
    HoursRule, Market, Passed, Proposal, Quote, Refusal, RiskLimits, RiskUsage, RiskView, SickLayer, UnknownHealth,
};
pub use step::{Step, Watch};
pub use summary::{DaySummary, Summary, SymbolSummary};
