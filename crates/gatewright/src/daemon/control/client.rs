//! The commands' side of the control socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::words::{LogLine, Request};

/// How long a daemon may take to answer: it asks its workers, who have half a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Why a daemon could not be spoken to.
#[derive(Debug, Error)]
pub(crate) enum ControlError {
    /// There is none.
    #[error("no daemon runs with this state folder")]
    NotRunning,
    /// It is there and does not answer.
    #[error("the daemon did not answer within {} s", ANSWER_WITHIN.as_secs())]
    Silent,
    /// It cannot be spoken to.
    #[error("the daemon cannot be spoken to")]
    Io(#[source] io::Error),
    /// It said something else.
    #[error("the daemon is of another version: its answer does not fit")]
    Unfit(#[source] serde_json::Error),
}

/// One request to a daemon, and what it says to it.
#[derive(Debug)]
pub(crate) struct Control {
    lines: tokio::io::Lines<BufReader<UnixStream>>,
}

impl Control {
    /// Connects to the daemon at this socket and asks.
    ///
    /// # Errors
    ///
    /// [`ControlError::NotRunning`] where nobody is there.
    pub(crate) async fn ask(socket: &Path, request: &Request) -> Result<Self, ControlError> {
        let mut stream = match UnixStream::connect(socket).await {
            Ok(stream) => stream,
            Err(error) => {
                let nobody = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused);
                return Err(if nobody { ControlError::NotRunning } else { ControlError::Io(error) });
            }
        };
        let line = serde_json::to_string(request).expect("requests have text keys") + "\n";
        stream.write_all(line.as_bytes()).await.map_err(ControlError::Io)?;
        Ok(Self { lines: BufReader::new(stream).lines() })
    }

    /// The one answer.
    ///
    /// # Errors
    ///
    /// When it does not come in time, or does not fit.
    pub(crate) async fn answer<T: DeserializeOwned>(&mut self) -> Result<T, ControlError> {
        let line = timeout(ANSWER_WITHIN, self.lines.next_line()).await.map_err(|_| ControlError::Silent)?;
        let line = line.map_err(ControlError::Io)?.ok_or(ControlError::NotRunning)?;
        serde_json::from_str(&line).map_err(ControlError::Unfit)
    }

    /// The next line of the log; `None` when there are no more.
    ///
    /// # Errors
    ///
    /// When the daemon's words do not fit, or the connection breaks.
    pub(crate) async fn log_line(&mut self) -> Result<Option<String>, ControlError> {
        let line = self.lines.next_line().await.map_err(ControlError::Io)?;
        line.map(|line| serde_json::from_str::<LogLine>(&line).map(|line| line.line).map_err(ControlError::Unfit))
            .transpose()
    }

    /// Waits until the daemon has gone, for at most this long. Returns whether it has.
    pub(crate) async fn gone(&mut self, within: Duration) -> bool {
        let ended = async { while let Ok(Some(_)) = self.lines.next_line().await {} };
        timeout(within, ended).await.is_ok()
    }
}
