//! Calls in, messages out; messages in, answers and events out. Pure: no socket, no clock.
//!
//! Every call has a deadline and ends exactly once. Answers are matched by request id; the few requests that carry
//! none (positions, open orders) run one at a time, and one that was given up blocks its kind until its end marker
//! has passed, so that a late answer can never pass for a fresh one.
//!
//! - `call` – what can be asked, and what is answered
//! - `core` – the exchange itself
//! - `fresh` – whether streams get what they should
//! - `guard` – which accounts may be traded
//! - `incoming` – messages of the Gateway
//! - `by_id` – requests that carry an id
//! - `single` – requests that carry none
//! - `orders` – placing and cancelling
//! - `streams` – subscriptions
//! - `reconcile` – what has become of orders while the session was away
//! - `replay` – what a kept session asks when it is ready again

mod by_id;
mod call;
mod core;
mod fresh;
mod guard;
mod incoming;
mod orders;
mod reconcile;
mod replay;
mod single;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use call::{Call, CallId, CallResult, Output};
pub(crate) use core::Exchange;
