//! What the world wants its shell to do.

use bytes::Bytes;
use serde::Serialize;

/// Names one connection for as long as the simulator runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ConnId(pub u64);

/// How a connection ended on the client's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The client sent FIN.
    Eof,
    /// The connection was reset, or broke otherwise.
    Reset,
}

/// What the shell has to do, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write these bytes in one piece.
    Send(ConnId, Bytes),
    /// Write these bytes one by one.
    Trickle(ConnId, Bytes),
    /// Write what was sent before, then close. Nothing more is asked of this connection.
    Close(ConnId),
    /// Reset (RST) at once, whatever is still to be written. The world has forgotten the connection.
    Reset(ConnId),
    /// Read nothing from this connection any more, until told otherwise.
    StopReading(ConnId),
    /// Read from this connection again.
    StartReading(ConnId),
    /// Listen at this port, 0 for any free one, and no longer at the old; then say so by [`World::handle_moved`].
    ///
    /// [`World::handle_moved`]: super::World::handle_moved
    Move(u16),
}
