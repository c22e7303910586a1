//! Every byte of every connection, with times: written while a simulator runs, and read to play the Gateway's side.
//!
//! A recording is text, one event a line, four fields separated by blanks:
//!
//! ```text
//! gatewright-sim recording 1
//! 0.000000 1 open 127.0.0.1:50123
//! 0.000312 1 > 41504900...
//! 0.000877 1 < 0000001c...
//! 9.120044 1 eof
//! ```
//!
//! The first is wall time since the start of the recording, in seconds with six digits; the second the connection,
//! counted from 1; the third what happened: `open` with the client's address, `>` with what the client sent, `<` with
//! what the Gateway sent, both in hex, and how it ended: `eof` and `reset` by the client, `close` and `kill` (a reset)
//! by the Gateway. Lines that begin with `#` are comments.
//!
//! - `event` – one line
//! - `recorder` – writing
//! - `player` – the Gateway's side of one connection, played back

mod event;
mod player;
mod recorder;

pub use event::{Event, Happened, Transcript};
pub use player::{Difference, Player, Step};
pub(crate) use recorder::Recorder;
