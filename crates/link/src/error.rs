//! Why something asked of a link did not work.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use gatewright_proto::session::Acts;
use thiserror::Error;

use crate::protocol::{CallError, ErrorCode, ErrorData, Method};

/// What became of a call that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFate {
    /// Not a byte of it was sent.
    NotSent,
    /// It was sent, and the worker died before it answered: it may or may not have taken effect.
    Unanswered(Method),
}

/// Why a worker process could not be put to use.
#[derive(Debug, Error)]
pub enum StartFailure {
    /// The operating system did not start it.
    #[error("it could not be started")]
    Spawn(#[source] io::Error),
    /// It ended, or closed its output, before it had answered the first ping.
    #[error("it ended before it answered a ping: {status}")]
    Ended {
        /// The process's end in the operating system's words.
        status: String,
    },
    /// It runs and did not answer the first ping; it was killed.
    #[error("it did not answer a ping within {} ms and was killed", after.as_millis())]
    Silent {
        /// How long it was waited for.
        after: Duration,
    },
    /// It answered the first ping with an error or with something else; it was killed.
    #[error("it does not speak this protocol and was killed: {answer}")]
    NotAWorker {
        /// What was wrong with the answer.
        answer: String,
    },
    /// Its socket cannot be reached.
    #[error("its socket cannot be reached")]
    Unreachable(#[source] io::Error),
    /// The link was stopped while the worker was starting; it was killed.
    #[error("the link was stopped meanwhile")]
    Stopped,
}

/// Why a worker's socket could not be bound.
#[derive(Debug, Error)]
pub enum SocketError {
    /// A living worker has it.
    #[error("a worker has the socket {} already", path.display())]
    Held {
        /// The socket.
        path: PathBuf,
    },
    /// Others than its owner may look into the folder, or the folder is another user's.
    #[error("the folder {} has mode {mode:03o}; others must not look into it", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The socket, its lock file or its folder cannot be used.
    #[error("the socket {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl SocketError {
    /// What to do, as sentences for a person.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Held { .. } => "Use that worker, or give this one another socket with --socket.",
            Self::Folder { .. } => "Make a folder of its own for the socket, with mode 0700.",
            Self::File { .. } => "Choose a path that this user may write to and that is shorter than 100 bytes.",
        }
    }
}

/// Why something asked of a link did not work.
#[derive(Debug, Error)]
pub enum LinkError {
    /// The worker answered with an error.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is no worker at the moment, or it died under the call.
    #[error("the worker is gone ({status})")]
    WorkerDied {
        /// How the last worker ended, in the operating system's words.
        status: String,
        /// When the next one starts; `None` where there will be none, or where it is starting already.
        restart_in: Option<Duration>,
        /// What became of the call.
        fate: CallFate,
    },
    /// The worker could not be put to use.
    #[error("worker {} cannot be used", program.display())]
    WorkerStart {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        why: StartFailure,
    },
    /// The worker lives and let the deadline pass without even saying so.
    #[error("the worker did not answer {} within {} ms", method.name(), after.as_millis())]
    Silent {
        /// The call.
        method: Method,
        /// How long it was waited for.
        after: Duration,
    },
    /// A bound of this client was reached; the call was not sent.
    #[error("more than {limit} {what}")]
    Overloaded {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The link was stopped; the call was not sent.
    #[error("the link was stopped")]
    Stopped,
    /// The worker answered something that does not fit the method.
    #[error("the worker's answer to {} does not fit", method.name())]
    Protocol {
        /// The call.
        method: Method,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// The parameters cannot be written as JSON; the call was not sent.
    #[error("the parameters of {} cannot be written", method.name())]
    Params {
        /// The call.
        method: Method,
        /// What cannot be written.
        #[source]
        source: serde_json::Error,
    },
}

impl LinkError {
    /// The cause, as one of a closed set of names.
    pub fn cause(&self) -> &str {
        match self {
            Self::Call(error) => &error.data.cause,
            Self::WorkerDied { .. } => "worker_died",
            Self::WorkerStart { .. } => "worker_unstartable",
            Self::Silent { .. } => "worker_silent",
            Self::Overloaded { .. } => "overloaded",
            Self::Stopped => "stopped",
            Self::Protocol { .. } => "protocol",
            Self::Params { .. } => "invalid_params",
        }
    }

    /// Who has to act.
    pub fn acts(&self) -> Acts {
        match self {
            Self::Call(error) => error.data.acts,
            _ if self.in_doubt() => Acts::Wait,
            Self::WorkerDied { .. } | Self::Silent { .. } => Acts::Retry,
            Self::Overloaded { .. } => Acts::Wait,
            Self::WorkerStart { .. } | Self::Stopped | Self::Protocol { .. } | Self::Params { .. } => Acts::Human,
        }
    }

    /// What to do, as sentences for a person.
    pub fn remedy(&self) -> &str {
        match self {
            Self::Call(error) => &error.data.remedy,
            _ if self.in_doubt() => {
                "Do not send it again: once a session is ready, ask open_orders and executions; they settle it."
            }
            Self::WorkerDied { restart_in: Some(_), .. } => {
                "Nothing to do: the worker is being restarted. Connect again when it has started."
            }
            Self::WorkerDied { .. } => "Connect again when a worker has started.",
            Self::WorkerStart { .. } => {
                "Check that the program can be run by hand: `gatewright worker` waits for input."
            }
            Self::Silent { .. } => "Ask again; if it stays silent, stop the link and start a new one.",
            Self::Overloaded { .. } => "Wait for answers before asking for more.",
            Self::Stopped => "Start a new link.",
            Self::Protocol { .. } => "The worker is not of this client's version; use the same build for both.",
            Self::Params { .. } => "Correct the parameters: not every number can be written as JSON.",
        }
    }

    /// Whether only a restart of the Gateway is known to help.
    pub fn requires_restart(&self) -> bool {
        matches!(self, Self::Call(error) if error.data.requires_restart)
    }

    /// Whether an order may have been placed or cancelled although this error was returned. Then nothing may be sent
    /// again before the Gateway has been asked.
    pub fn in_doubt(&self) -> bool {
        match self {
            Self::Call(error) => error.code == ErrorCode::InDoubt,
            Self::WorkerDied { fate: CallFate::Unanswered(method), .. }
            | Self::Silent { method, .. }
            | Self::Protocol { method, .. } => {
                matches!(method, Method::PlaceOrder | Method::CancelOrder | Method::GlobalCancel)
            }
            Self::WorkerDied { fate: CallFate::NotSent, .. }
            | Self::WorkerStart { .. }
            | Self::Overloaded { .. }
            | Self::Stopped
            | Self::Params { .. } => false,
        }
    }

    /// The same in the form in which a worker reports its errors, with the whole chain of causes as the message.
    pub fn data(&self) -> ErrorData {
        if let Self::Call(error) = self {
            return (*error.data).clone();
        }
        ErrorData {
            cause: self.cause().into(),
            message: chain(self),
            remedy: self.remedy().into(),
            acts: self.acts(),
            requires_restart: false,
            stage: None,
            after_ms: None,
            gateway_code: None,
        }
    }
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_without_an_answer_is_in_doubt_and_nothing_else_is() {
        let died = |fate| LinkError::WorkerDied { status: "signal: 9".into(), restart_in: None, fate };
        assert!(died(CallFate::Unanswered(Method::PlaceOrder)).in_doubt());
        assert!(LinkError::Silent { method: Method::CancelOrder, after: Duration::from_secs(1) }.in_doubt());
        assert!(LinkError::from(CallError::new(ErrorCode::InDoubt, "no word")).in_doubt());
        assert!(!died(CallFate::Unanswered(Method::Positions)).in_doubt());
        assert!(!died(CallFate::NotSent).in_doubt());
        assert_eq!(died(CallFate::Unanswered(Method::PlaceOrder)).acts(), Acts::Wait);
    }

    #[test]
    fn the_data_form_tells_the_whole_chain_once() {
        let why = StartFailure::Spawn(io::Error::other("no such file"));
        let data = LinkError::WorkerStart { program: "w".into(), why }.data();
        assert_eq!(data.message, "worker w cannot be used: it could not be started: no such file");
        assert_eq!(data.cause, "worker_unstartable");
    }
}
