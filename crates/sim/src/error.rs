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
    /// A starting time could not be read.
    #[error("`{text}` is no starting time")]
    BadStart {
        /// The text that was given.
        text: String,
    },
    /// The configuration cannot be run.
    #[error("setting `{setting}` {problem}")]
    BadSetting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
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
    /// The simulator has stopped, so it cannot be asked any more.
    #[error("the simulator has stopped")]
    Stopped,
}
