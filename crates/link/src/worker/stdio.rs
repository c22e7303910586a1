//! Reading lines from stdin and writing bytes to stdout without ever blocking the loop.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::unix::AsyncFd;
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

/// Completes when nobody can read standard output any more: the other end of its pipe or socket is closed. Never where
/// it is a file or a terminal. Call inside a runtime.
pub async fn stdout_reader_gone() {
    let stdout = io::stdout();
    let gone = match kind(&stdout) {
        Some(FileType::Fifo) => pipe_reader_gone(&stdout).await,
        Some(FileType::Socket) => socket_peer_gone(&stdout).await,
        Some(_) | None => None,
    };
    if gone.is_none() {
        std::future::pending().await
    }
}

async fn pipe_reader_gone(stdout: &impl AsFd) -> Option<()> {
    let watched = pipe::Sender::from_owned_fd_unchecked(copy(stdout).ok()?).ok()?;
    loop {
        let ready = watched.ready(Interest::ERROR).await.ok()?;
        if ready.is_error() || ready.is_write_closed() {
            return Some(());
        }
    }
}

/// Some runtimes give their children sockets for pipes. Nobody writes into the output's other end, so that it becomes
/// readable only by being closed; where it is the input's as well, its requests are no sign.
async fn socket_peer_gone(stdout: &impl AsFd) -> Option<()> {
    #[expect(
        deprecated,
        reason = "its successor is unsafe; the descriptor is owned, and lives as long as its registration"
    )]
    let watched = AsyncFd::with_interest(copy(stdout).ok()?, Interest::READABLE).ok()?;
    loop {
        let mut ready = watched.readable().await.ok()?;
        let mut byte = [0; 1];
        match recv(&watched, &mut byte, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Some(()),
            Ok(_) => return None,
            Err(Errno::AGAIN) => ready.clear_ready(),
            Err(_) => return Some(()),
        }
    }
}

fn kind(fd: &impl AsFd) -> Option<FileType> {
    fstat(fd).ok().map(|stat| FileType::from_raw_mode(stat.st_mode))
}

fn is_pipe(fd: &impl AsFd) -> bool {
    kind(fd) == Some(FileType::Fifo)
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
