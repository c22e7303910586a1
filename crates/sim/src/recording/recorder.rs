//! Writing a recording.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use tracing::error;

use super::event::{Event, HEADER, Happened};
use crate::core::ConnId;
use crate::error::SimError;

/// Writes events to a file. A file that cannot be written any more ends the recording, not the simulator.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: Option<BufWriter<File>>,
}

impl Recorder {
    /// A recorder that records nothing.
    pub(crate) fn off() -> Self {
        Self { file: None }
    }

    /// A recorder into a file, which is made anew.
    pub(crate) fn create(path: &Path) -> Result<Self, SimError> {
        let failed = |source| SimError::RecordingFile { path: path.display().to_string(), source };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        writeln!(file, "{HEADER}").and_then(|()| file.flush()).map_err(failed)?;
        Ok(Self { file: Some(file) })
    }

    /// Whether anything is recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.file.is_some()
    }

    /// Records an event.
    pub(crate) fn record(&mut self, at: Duration, connection: ConnId, happened: Happened) {
        let Some(file) = &mut self.file else { return };
        if let Err(problem) = writeln!(file, "{}", Event { at, connection, happened }) {
            self.give_up(&problem);
        }
    }

    /// Has everything written that was recorded, so that a simulator that is killed leaves a whole recording.
    pub(crate) fn flush(&mut self) {
        if let Some(Err(problem)) = self.file.as_mut().map(Write::flush) {
            self.give_up(&problem);
        }
    }

    fn give_up(&mut self, problem: &std::io::Error) {
        error!(%problem, "the recording cannot be written any more");
        self.file = None;
    }
}
