//! Which journal is meant, and what is said where it cannot be used.

use std::path::{Path, PathBuf};

use clap::Args;
use gatewright_journal::{Journal, JournalError};

use crate::diagnosis::Diagnosis;
use crate::environment::{self, Environment};
use crate::exit_code::Exit;

/// The journal's name in its folder.
pub(crate) const JOURNAL_NAME: &str = "journal.db";

/// Which journal is meant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Journal")]
pub(crate) struct JournalArgs {
    /// The trader's state folder, which has the journal [env: GATEWRIGHT_STATE] [default: the state folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,

    /// The journal's file itself, for example that of a simulation
    #[arg(long, value_name = "FILE", conflicts_with = "state")]
    journal: Option<PathBuf>,
}

impl JournalArgs {
    /// The journal's file, whether or not it is there.
    ///
    /// # Errors
    ///
    /// A usage error where neither arguments nor environment name a folder.
    pub(crate) fn path(&self, environment: &Environment) -> Result<PathBuf, Diagnosis> {
        if let Some(journal) = &self.journal {
            return Ok(journal.clone());
        }
        let state = self.state.clone().or_else(|| environment.state_dir.clone());
        state.map(|state| state.join(JOURNAL_NAME)).ok_or_else(|| {
            Diagnosis::new(Exit::Usage, "there is no folder for the journal")
                .with_help(format!("Give one with --state, or set {}.", environment::STATE))
        })
    }

    /// Opens the journal to read it; `None` where there is none yet, and none is made.
    ///
    /// # Errors
    ///
    /// The journal cannot be used, or a folder was named that is not there.
    pub(crate) fn open_existing(&self, environment: &Environment) -> Result<Option<Journal>, Diagnosis> {
        let path = self.path(environment)?;
        if path.exists() {
            return open(&path).map(Some);
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let named = self.state.is_some() || self.journal.is_some();
        match folder {
            Some(folder) if named && !folder.is_dir() => {
                let missing = Diagnosis::new(Exit::Usage, format!("there is no folder {}", folder.display()));
                Err(missing.with_help("Name the folder that the trader was given by --state."))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// Opens the journal to write to it; makes it, and its folder, where there is none.
    ///
    /// # Errors
    ///
    /// The journal or its folder cannot be made or used.
    pub(crate) fn open_or_make(&self, environment: &Environment) -> Result<Journal, Diagnosis> {
        let path = self.path(environment)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            let failed = |error| Diagnosis::internal("cannot make the journal's folder", error);
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        open(&path)
    }

    /// What is said where there is no journal yet.
    ///
    /// # Errors
    ///
    /// As [`Self::path`].
    pub(crate) fn none_yet(&self, environment: &Environment) -> Result<String, Diagnosis> {
        let path = self.path(environment)?;
        Ok(format!("No journal yet: {} is written by the first `gatewright trade`.", path.display()))
    }
}

fn open(path: &Path) -> Result<Journal, Diagnosis> {
    Journal::open(path).map_err(|error| told(&error, &format!("{}: ", path.display())))
}

fn told(error: &JournalError, place: &str) -> Diagnosis {
    let cause = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    Diagnosis::new(exit(error), format!("{place}{error}{cause}")).with_code("journal").with_help(error.remedy())
}

fn exit(error: &JournalError) -> Exit {
    match error {
        JournalError::NotAJournal { .. }
        | JournalError::NewerSchema { .. }
        | JournalError::UnknownIntent { .. }
        | JournalError::NotHalted
        | JournalError::NoReason => Exit::Usage,
        JournalError::Damaged { .. } => Exit::JournalDamaged,
        JournalError::Halted { .. } => Exit::Halted,
        JournalError::File { .. }
        | JournalError::Lock { .. }
        | JournalError::NoWriteAheadLog { .. }
        | JournalError::DiskFull { .. }
        | JournalError::Database { .. }
        | JournalError::OrderIdsExhausted { .. }
        | JournalError::InvalidIntent { .. }
        | JournalError::DuplicateOrderRef { .. }
        | JournalError::AlreadyAssigned { .. }
        | JournalError::NotIntended { .. }
        | JournalError::StateMoved { .. }
        | JournalError::IllegalTransition { .. } => Exit::Internal,
    }
}

impl From<JournalError> for Diagnosis {
    fn from(error: JournalError) -> Self {
        told(&error, "")
    }
}
