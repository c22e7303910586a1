//! IBC's command server: one line a command, plain text, no password.
//!
//! - `reply` – what it says (pure)
//! - `order` – telling it to restart the Gateway

mod order;
mod reply;

pub(crate) use order::order_restart;
pub(crate) use reply::Reply;
