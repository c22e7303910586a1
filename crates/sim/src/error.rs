//! What can go wrong when a simulator is set up or controlled.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

/// Why a simulator could not be set up, or not be controlled.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SimError {
    /// No fault has this name.
    #[error("unknown fault `{name}`")]
    UnknownFault {
        /// The name that was given.
        name: String,
    },
    /// No kind of message has this name.
    #[error("unknown kind of message `{name}`")]
    UnknownKind {
        /// The name that was given.
        name: String,
    },
    /// A span of time could not be read.
    #[error("`{text}` is no span of time, such as 10s or 1m 30s")]
    BadSpan {
        /// The text that was given.
        text: String,
    },
    /// A scenario cannot be run.
    #[error("the scenario cannot be run: {problem}")]
    BadScenario {
        /// What is wrong, and where.
        problem: String,
    },
    /// A starting time could not be read.
    #[error("`{text}` is no starting time")]
    BadStart {
        /// The text that was given.
        text: String,
    },
    /// A file of instruments or of recorded prices cannot be read.
    #[error("{}{problem}", place(*line))]
    BadFile {
        /// The line, from 1; 0 where it is not known.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The configuration cannot be run.
    #[error("setting `{setting}` {problem}")]
    BadSetting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An order that a person was to place makes no sense to the Gateway.
    #[error("the order is refused with error {code}: {text}")]
    BadOrder {
        /// IBKR's code.
        code: i32,
        /// What a client would be told.
        text: String,
    },
    /// The port could not be opened.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system refused something about a listener that was open already.
    #[error("cannot use the listener")]
    Listener {
        /// What the operating system said.
        source: io::Error,
    },
    /// Time can only jump so far at once.
    #[error("simulated time can only be advanced by {most:?} at once")]
    TooFar {
        /// The longest jump.
        most: std::time::Duration,
    },
    /// The control socket could not be opened.
    #[error("cannot open the control socket `{path}`")]
    ControlSocket {
        /// Where.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A recording could not be written or read.
    #[error("cannot use the recording `{path}`")]
    RecordingFile {
        /// Which file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A recording has a line that is none.
    #[error("line {line} of the recording {problem}")]
    BadRecording {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The simulator has stopped, so it cannot be asked any more.
    #[error("the simulator has stopped")]
    Stopped,
}

fn place(line: usize) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}
