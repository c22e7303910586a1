//! The TWS API wire and session, both directions, as pure values and state machines.
//!
//! Bytes or events and a `now` go in; bytes, events and the next deadline come out. There is no runtime, socket,
//! clock, environment or database here, so a test can run every stall of a handshake in no time at all.
//!
//! Start with [`FrameDecoder`], [`ClientMessage`], [`ServerMessage`] and [`session::Session`].
//!
//! - `account_id` – paper or real money
//! - `ids` – newtypes for every id on the wire
//! - `version` – server versions that change a layout
//! - `frame` – length-prefixed frames, cut from any split of a stream
//! - `handshake` – the greeting of either side
//! - `encoding` – in which of three encodings a message travels at which version
//! - [`kind`] – every message as data: its name, and which versions have it
//! - `number` – numbers as text
//! - `text` – NUL-terminated fields
//! - `protobuf` – tagged fields, from server version 201 on
//! - `message` – every message, one file per family
//! - `session` – the life of a session as a state machine with a table of deadlines

mod account_id;
pub mod encoding;
mod error;
mod frame;
mod handshake;
mod ids;
pub mod kind;
pub mod message;
mod number;
mod protobuf;
pub mod session;
mod text;
pub mod version;

pub use account_id::is_paper_account;
pub use encoding::{Direction, Encoding, encoding};
pub use error::ProtoError;
pub use frame::{FrameDecoder, MAX_FRAME, write_frame};
pub use handshake::{API_PREFIX, ClientGreeting, MAX_GREETING, MAX_SERVER_REPLY, ServerGreeting, VersionRange};
pub use ids::{ClientId, ConId, OrderId, PermId, RequestId, ServerVersion};
pub use message::{ClientMessage, ServerMessage};
pub use text::{FieldWriter, Fields, UNSET_DOUBLE, UNSET_INTEGER};
