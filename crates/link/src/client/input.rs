//! The way into a worker: its standard input, or its socket.

use std::io;

use tokio::net::unix::{OwnedWriteHalf, pipe};

/// Where requests are written. Dropped, the worker sees the end of its input.
#[derive(Debug)]
pub(super) enum Input {
    /// The standard input of a worker of our own.
    Pipe(pipe::Sender),
    /// A connection to the socket of a worker that serves others too.
    Socket(OwnedWriteHalf),
}

impl Input {
    /// Writes what there is room for at once.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Pipe(pipe) => pipe.try_write(bytes),
            Self::Socket(socket) => socket.try_write(bytes),
        }
    }

    /// Waits until there is room.
    pub(super) async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Pipe(pipe) => pipe.writable().await,
            Self::Socket(socket) => socket.writable().await,
        }
    }

    /// Whether the worker ends with the link.
    pub(super) fn is_ours_alone(&self) -> bool {
        match self {
            Self::Pipe(_) => true,
            Self::Socket(_) => false,
        }
    }
}
