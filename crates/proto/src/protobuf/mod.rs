//! Protobuf bodies, as far as the TWS API uses them: varints, doubles, texts and messages within messages.
//!
//! There is no schema and no generated code. Each message says once, in a `pass_body` beside its text layout, which
//! tag carries which value; reading and writing both follow it. Absent is not zero: a value that is absent stays as it
//! was, and one that is not set is not written.
//!
//! - `body` – what a message's description may ask for
//! - `reader`, `writer` – the two ways to answer
//! - `number` – doubles as exact decimals and back

mod body;
mod number;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use body::{Body, Speaker, Tag};
pub(crate) use reader::BodyReader;
pub(crate) use writer::BodyWriter;
