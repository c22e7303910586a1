//! The daemon's side of the control socket.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::words::{LogLine, ReloadReport, Request};
use crate::daemon::report::DaemonReport;
use crate::log::LogTail;

/// How many may speak at the same time: a person or two, and a script that followed the log and forgot.
const MAX_CLIENTS: usize = 16;

/// The longest request. Ours are less than a hundred bytes.
const MAX_REQUEST: u64 = 4096;

/// How long a client may take to say what it wants.
const ASKED_WITHIN: Duration = Duration::from_secs(2);

/// What the daemon has to answer itself.
#[derive(Debug)]
pub(crate) enum Ask {
    /// How everything is.
    Status(oneshot::Sender<DaemonReport>),
    /// Stop. The sender is dropped when everything has.
    Down(oneshot::Sender<()>),
    /// Read the settings again.
    Reload(oneshot::Sender<ReloadReport>),
}

/// The control socket. Its file goes with it.
#[derive(Debug)]
pub(crate) struct ControlServer {
    listener: UnixListener,
    path: PathBuf,
    asks: mpsc::Sender<Ask>,
    tail: LogTail,
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        // Whoever finds it finds nobody behind it; the next daemon replaces it.
        let _ = fs::remove_file(&self.path);
    }
}

impl ControlServer {
    /// Listens there, for this user alone. Only the holder of the state folder's lock may call this: what is in the
    /// place is a dead daemon's.
    ///
    /// # Errors
    ///
    /// When the socket cannot be made.
    pub(crate) fn listen(path: &Path, asks: mpsc::Sender<Ask>, tail: LogTail) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned(), asks, tail })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(&self) {
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                Some(_) = clients.join_next() => {}
                accepted = self.listener.accept(), if clients.len() < MAX_CLIENTS => {
                    match accepted {
                        Ok((stream, _)) if is_ours(&stream) => {
                            clients.spawn(serve(stream, self.asks.clone(), self.tail.clone()));
                        }
                        Ok(_) => tracing::warn!("another user tried the control socket"),
                        Err(error) => tracing::warn!(%error, "a client of the control socket was lost"),
                    }
                }
            }
        }
    }
}

/// The file's mode says the same; a descriptor that was passed on does not know it.
fn is_ours(stream: &UnixStream) -> bool {
    let us = rustix::process::geteuid().as_raw();
    stream.peer_cred().is_ok_and(|peer| peer.uid() == us || peer.uid() == 0)
}

async fn serve(stream: UnixStream, asks: mpsc::Sender<Ask>, tail: LogTail) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(MAX_REQUEST));
    if !matches!(timeout(ASKED_WITHIN, read.read_line(&mut line)).await, Ok(Ok(1..))) {
        return;
    }
    // Whoever does not speak our language gets an end, which every client understands.
    let Ok(request) = serde_json::from_str::<Request>(&line) else { return };
    // A client that left is no failure of ours.
    let _ = answer(request, &mut write, &asks, &tail).await;
}

async fn answer(
    request: Request,
    write: &mut (impl AsyncWriteExt + Unpin),
    asks: &mpsc::Sender<Ask>,
    tail: &LogTail,
) -> io::Result<()> {
    match request {
        Request::Status => {
            let (reply, answer) = oneshot::channel();
            ask(asks, Ask::Status(reply)).await?;
            say(write, &answer.await.map_err(io::Error::other)?).await
        }
        Request::Reload => {
            let (reply, answer) = oneshot::channel();
            ask(asks, Ask::Reload(reply)).await?;
            say(write, &answer.await.map_err(io::Error::other)?).await
        }
        Request::Down => {
            let (stopped, all) = oneshot::channel();
            ask(asks, Ask::Down(stopped)).await?;
            // It is dropped, not sent: the end of the connection is the answer.
            let _ = all.await;
            Ok(())
        }
        Request::Logs { lines, follow } => {
            let (last, mut coming) = tail.read(lines);
            for line in last {
                say(write, &LogLine { line }).await?;
            }
            if !follow {
                return Ok(());
            }
            while let Some(line) = coming.next().await {
                say(write, &LogLine { line }).await?;
            }
            Ok(())
        }
    }
}

async fn ask(asks: &mpsc::Sender<Ask>, what: Ask) -> io::Result<()> {
    asks.send(what).await.map_err(|_| io::ErrorKind::ConnectionAborted.into())
}

async fn say(write: &mut (impl AsyncWriteExt + Unpin), value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    write.write_all(&line).await
}
