//! The processes of a run of tests: all that inherit a mark from it, whoever their parents are by now.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The environment variable whose value is one run's own.
pub(crate) const MARK_VARIABLE: &str = "GATEWRIGHT_TEST_RUN";

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Started {
    pub(crate) pid: u32,
    /// Its arguments, for a person.
    pub(crate) command: String,
}

/// Every process with this mark, the youngest last. Where there is no /proc, none is found.
pub(crate) fn with_mark(mark: &str) -> Vec<Started> {
    let wanted = format!("{MARK_VARIABLE}={mark}");
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut started: Vec<Started> = pids
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
        })
        .map(|pid| Started { pid, command: command(Path::new(&format!("/proc/{pid}/cmdline"))) })
        .collect();
    started.sort_by_key(|process| process.pid);
    started
}

fn command(path: &Path) -> String {
    let arguments = std::fs::read(path).unwrap_or_default();
    let words = arguments.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// Ends these, each by its id.
pub(crate) fn end(started: &[Started]) -> Result<(), Failure> {
    if started.is_empty() {
        return Ok(());
    }
    let ids = started.iter().map(|process| process.pid.to_string());
    // One that has ended meanwhile is no failure.
    let ended = Command::new("kill").arg("-KILL").args(ids).stderr(Stdio::null()).status();
    ended.map(drop).map_err(|source| Failure::new(format!("cannot end the processes of the tests: {source}")))
}
