//! A Unix socket over which a simulator is asked and steered: one JSON object a line, one answer a line.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::control::Control;
use crate::error::SimError;

/// The longest request, in bytes: every one that exists is far shorter.
const MAX_LINE: u64 = 64 << 10;

/// How many callers are served at once. Further ones wait.
const MAX_CALLERS: usize = 32;

/// Only the owner may steer.
const MODE: u32 = 0o600;

/// A Unix socket that answers [`crate::Request`]s for as long as this lives. The file is removed with it.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    _serving: JoinSet<()>,
}

impl ControlSocket {
    /// Opens the socket, with mode 0600, and serves it as a task of the current runtime.
    ///
    /// A file that nobody answers at is replaced.
    ///
    /// # Errors
    ///
    /// [`SimError::ControlSocket`] when the path cannot be used, or another simulator answers there.
    pub fn open(path: impl Into<PathBuf>, control: Control) -> Result<Self, SimError> {
        let path = path.into();
        let listener =
            listen(&path).map_err(|source| SimError::ControlSocket { path: path.display().to_string(), source })?;
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, control));
        Ok(Self { path, _serving: serving })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The socket gets its mode before it gets its name, so that nobody else can connect in between.
fn listen(path: &Path) -> io::Result<UnixListener> {
    if BlockingStream::connect(path).is_ok() {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    let is_socket = |meta: &fs::Metadata| std::os::unix::fs::FileTypeExt::is_socket(&meta.file_type());
    if fs::symlink_metadata(path).is_ok_and(|meta| !is_socket(&meta)) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let nameless = PathBuf::from(name);
    let _ = fs::remove_file(&nameless);
    let listener = UnixListener::bind(&nameless)?;
    fs::set_permissions(&nameless, Permissions::from_mode(MODE))?;
    fs::rename(&nameless, path)?;
    Ok(listener)
}

async fn serve(listener: UnixListener, control: Control) {
    let mut callers = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if callers.len() < MAX_CALLERS => match accepted {
                Ok((stream, _)) => {
                    callers.spawn(converse(stream, control.clone()));
                }
                Err(problem) => return warn!(%problem, "the control socket cannot accept any more"),
            },
            Some(ended) = callers.join_next(), if !callers.is_empty() => {
                if let Ok(Err(problem)) = ended {
                    debug!(%problem, "a caller has gone");
                }
            }
        }
    }
}

async fn converse(stream: UnixStream, control: Control) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = String::new();
        let count = (&mut read).take(MAX_LINE).read_line(&mut line).await?;
        if count == 0 || !line.ends_with('\n') {
            return Ok(());
        }
        let answer = control.answer(&line).await;
        let mut text = serde_json::to_string(&answer).expect("an answer has text keys");
        text.push('\n');
        write.write_all(text.as_bytes()).await?;
    }
}
