//! Tests over all families, and what the families' own tests share.
//!
//! - `check` – golden frames checked both ways and abused, values to build messages from
//! - `client`, `server` – messages that the two enums handle themselves, start-up messages, unknown ids
//! - `hostile` – bytes that no peer would send
//! - `round_trip` – random messages at every version

pub(super) mod check;
mod client;
mod hostile;
mod round_trip;
mod server;
