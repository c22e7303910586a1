//! Reading lines from stdin and writing bytes to stdout without ever blocking the loop.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::{FileType, fstat};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::unix::pipe;

use crate::protocol::MAX_LINE;

/// Standard input: the loop's own reader where it is a pipe, a helper thread's where it is a terminal or a file.
#[derive(Debug)]
pub enum StdioInput {
    /// A pipe.
    Pipe(pipe::Receiver),
    /// Anything else.
    Other(tokio::io::Stdin),
}

impl StdioInput {
    /// Takes standard input. Call once, inside a runtime.
    ///
    /// # Errors
    ///
    /// The operating system refuses a copy of the descriptor.
    pub fn take() -> io::Result<Self> {
        let stdin = io::stdin();
        if !is_pipe(&stdin) {
            return Ok(Self::Other(tokio::io::stdin()));
        }
        Ok(Self::Pipe(pipe::Receiver::from_owned_fd(copy(&stdin)?)?))
    }
}

/// Standard output: the loop's own writer where it is a pipe of its own, a helper thread's otherwise.
#[derive(Debug)]
pub enum StdioOutput {
    /// A pipe.
    Pipe(pipe::Sender),
    /// Anything else, and a pipe that is standard error as well: making that one non-blocking would cost log lines.
    Other(tokio::io::Stdout),
}

impl StdioOutput {
    /// Takes standard output. Call once, inside a runtime.
    ///
    /// # Errors
    ///
    /// The operating system refuses a copy of the descriptor.
    pub fn take() -> io::Result<Self> {
        let stdout = io::stdout();
        if !is_pipe(&stdout) || same_file(&stdout, &io::stderr()) {
            return Ok(Self::Other(tokio::io::stdout()));
        }
        Ok(Self::Pipe(pipe::Sender::from_owned_fd(copy(&stdout)?)?))
    }
}

/// Completes when nobody can read standard output any more: the other end of its pipe is closed. Never where it is not
/// a pipe. Call inside a runtime.
pub async fn stdout_reader_gone() {
    let stdout = io::stdout();
    let watched = if is_pipe(&stdout) {
        copy(&stdout).and_then(pipe::Sender::from_owned_fd_unchecked)
    } else {
        return std::future::pending().await;
    };
    let Ok(watched) = watched else { return std::future::pending().await };
    loop {
        match watched.ready(Interest::ERROR).await {
            Ok(ready) if ready.is_error() || ready.is_write_closed() => return,
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

fn is_pipe(fd: &impl AsFd) -> bool {
    fstat(fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}

fn same_file(one: &impl AsFd, other: &impl AsFd) -> bool {
    match (fstat(one), fstat(other)) {
        (Ok(one), Ok(other)) => (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino),
        (Err(_), _) | (_, Err(_)) => true,
    }
}

fn copy(fd: &impl AsFd) -> io::Result<OwnedFd> {
    fd.as_fd().try_clone_to_owned()
}

impl AsyncRead for StdioInput {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, buf),
            Self::Other(stdin) => Pin::new(stdin).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for StdioOutput {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_write(cx, buf),
            Self::Other(stdout) => Pin::new(stdout).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_flush(cx),
            Self::Other(stdout) => Pin::new(stdout).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Pipe(pipe) => Pin::new(pipe).poll_shutdown(cx),
            Self::Other(stdout) => Pin::new(stdout).poll_shutdown(cx),
        }
    }
}

/// One line of input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InputLine {
    /// A line, without its end.
    Line,
    /// A line over [`MAX_LINE`] bytes; it was read away.
    TooLong,
    /// There will be no more.
    End,
}

/// Reads the next line into `line`, never keeping more than [`MAX_LINE`] bytes of it.
///
/// # Cancel safety
///
/// What was read stays in `line` when the future is dropped, so that calling again goes on; the caller clears it.
pub(crate) async fn read_line(
    input: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    too_long: &mut bool,
) -> io::Result<InputLine> {
    loop {
        let available = input.fill_buf().await?;
        if available.is_empty() {
            let last = !line.is_empty() && !*too_long;
            return Ok(if last { InputLine::Line } else { InputLine::End });
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let piece = &available[..end.unwrap_or(available.len())];
        if line.len() + piece.len() > MAX_LINE {
            *too_long = true;
            line.clear();
        }
        if !*too_long {
            line.extend_from_slice(piece);
        }
        let used = piece.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(if *too_long { InputLine::TooLong } else { InputLine::Line });
        }
    }
}
