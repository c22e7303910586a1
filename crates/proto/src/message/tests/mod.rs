//! Tests over all families, and what the families' own tests share.
//!
//! - `check` – golden frames checked both ways and abused, values to build messages from
//! - `client`, `server` – messages that the two enums handle themselves, start-up messages, unknown ids
//! - `hostile` – bytes that no peer would send
//! - `layouts` – random messages of all that are declared as layouts
//! - `sample` – where these come from
//! - `protobuf` – protobuf bodies beside the same messages as text
//! - `round_trip` – random messages at every version

pub(super) mod check;
mod client;
mod hostile;
mod layouts;
mod old_versions;
mod protobuf;
mod round_trip;
pub(super) mod sample;
mod server;
