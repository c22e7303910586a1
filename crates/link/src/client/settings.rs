//! Which worker to run, and what it is allowed to take.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::restart::RestartPolicy;

/// How to start a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program, for example this one.
    pub program: PathBuf,
    /// Its arguments, for example `worker`.
    pub args: Vec<OsString>,
    /// Variables added to the environment that it inherits.
    pub env: Vec<(OsString, OsString)>,
}

impl WorkerCommand {
    /// A program with its arguments and nothing added to the environment.
    pub fn new(program: impl Into<PathBuf>, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect(), env: Vec::new() }
    }
}

/// What becomes of a worker's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkerStderr {
    /// It is this program's own.
    #[default]
    Inherit,
    /// It is thrown away.
    Discard,
    /// Each line is a [`super::LinkEvent::WorkerLine`].
    Lines,
}

impl WorkerStderr {
    pub(super) fn stdio(self) -> Stdio {
        match self {
            Self::Inherit => Stdio::inherit(),
            Self::Discard => Stdio::null(),
            Self::Lines => Stdio::piped(),
        }
    }
}

/// How a link behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// The worker.
    pub command: WorkerCommand,
    /// When it is started again after it died.
    pub restart: RestartPolicy,
    /// How long a call may take, unless [`super::Link::with_deadline`] says otherwise.
    pub call_deadline: Duration,
    /// How long a worker may take to close its sessions and exit before it is killed.
    pub stop_within: Duration,
    /// What becomes of its standard error.
    pub stderr: WorkerStderr,
}

impl LinkSettings {
    /// Settings for a worker, everything else as documented: 10 s a call, 1.5 s to stop.
    pub fn new(command: WorkerCommand) -> Self {
        Self {
            command,
            restart: RestartPolicy::default(),
            call_deadline: Duration::from_secs(10),
            stop_within: Duration::from_millis(1500),
            stderr: WorkerStderr::default(),
        }
    }
}
