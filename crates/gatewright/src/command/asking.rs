//! Which daemon a command is for, and what is said where there is none.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, ConfigArgs};
use crate::daemon::{ControlError, control_socket};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;

/// Which daemon is meant: the one that owns a state folder.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Daemon")]
pub(crate) struct DaemonArgs {
    /// The daemon's state folder [env: GATEWRIGHT_STATE] [default: as for `up`]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,

    /// The daemon's settings' file, which may name the folder [env: GATEWRIGHT_CONFIG]
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    config: Option<PathBuf>,
}

impl DaemonArgs {
    /// The state folder.
    ///
    /// # Errors
    ///
    /// A usage error where the settings cannot be read.
    pub(crate) fn state_dir(&self, environment: &Environment) -> Result<PathBuf, Diagnosis> {
        let named = self.state.clone().or_else(|| environment.daemon.state.clone().filter(|_| self.config.is_none()));
        match named {
            Some(state) => Ok(state),
            None => {
                let args = ConfigArgs { config: self.config.clone(), ..ConfigArgs::default() };
                config::load(&args, environment).map(|settings| settings.state_dir.value)
            }
        }
    }

    /// Where the daemon is spoken to.
    ///
    /// # Errors
    ///
    /// As [`DaemonArgs::state_dir`].
    pub(crate) fn socket(&self, environment: &Environment) -> Result<PathBuf, Diagnosis> {
        self.state_dir(environment).map(|state| control_socket(&state))
    }
}

impl From<ControlError> for Diagnosis {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotRunning => Self::new(Exit::NoDaemon, error.to_string())
                .with_code("no_daemon")
                .with_help("Start it with `gatewright up`, or say which one is meant by --state or --config."),
            ControlError::Silent => Self::new(Exit::Unknown, error.to_string())
                .with_help("Look at its log: `gatewright logs`. It may be stopping."),
            ControlError::Io(_) | ControlError::Unfit(_) => Self::internal(
                &error.to_string(),
                std::error::Error::source(&error).map_or_else(String::new, |source| source.to_string()),
            ),
        }
    }
}
