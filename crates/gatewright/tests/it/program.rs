//! Running `gatewright`, and simulated Gateways as processes.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::bounded_pipe::BoundedPipe;
use crate::patience::{self, now};

/// `gatewright` with a state folder of its own.
pub(crate) struct Program {
    state: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// From start to end, as seen from outside.
    pub(crate) took: Duration,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { state: tempfile::tempdir().unwrap() }
    }

    /// The state folder.
    pub(crate) fn state(&self) -> &Path {
        self.state.path()
    }

    /// A command, in an environment that is the same on every machine.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        command
            .args(arguments)
            .env("GATEWRIGHT_STATE", self.state())
            .env_remove("GATEWRIGHT_GATEWAY")
            .env_remove("GATEWRIGHT_LOG")
            .env_remove("GATEWRIGHT_PROXY")
            .env_remove("GATEWRIGHT_HTTP")
            .env_remove("GATEWRIGHT_FAIL_POINT")
            // Whoever runs the tests may have settings of their own.
            .env("GATEWRIGHT_CONFIG", "")
            .env("XDG_CONFIG_HOME", self.state())
            .env_remove("NOTIFY_SOCKET")
            .env_remove("COLUMNS")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        finish(self.command(arguments).spawn().unwrap(), now())
    }

    /// Runs a command whose standard output is one JSON value.
    pub(crate) fn run_json(&self, arguments: &[&str]) -> (Value, Run) {
        let run = self.run(arguments);
        let parsed = serde_json::from_str(&run.stdout);
        (parsed.unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{run:?}")), run)
    }

    /// The processes that run with this state folder, by their ids.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let ours = format!("GATEWRIGHT_STATE={}", self.state().display());
        let ids =
            std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(|id| {
            let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == ours.as_bytes())
        })
        .collect()
    }
}

/// Waits for a process whose output is piped, and reads all of it.
pub(crate) fn finish(mut child: Child, began: std::time::Instant) -> Run {
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let give_up = began + patience::GIVE_UP_AFTER * 2;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if now() > give_up {
            child.kill().unwrap();
            panic!("it did not end: {:?}", stdout.map(|thread| thread.join().unwrap()));
        }
        patience::pause(Duration::from_millis(1));
    };
    let took = now() - began;
    let text = |thread: Option<JoinHandle<String>>| thread.map(|thread| thread.join().unwrap()).unwrap_or_default();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr), took }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// A simulated Gateway in a process of its own. It ends with the test, however that ends.
pub(crate) struct Sim {
    child: Child,
    _stdin: ChildStdin,
    address: String,
}

impl Sim {
    pub(crate) fn start(program: &Program, arguments: &[&str]) -> Self {
        let mut command = program.command(&["sim", "--port", "0", "--until-stdin-closes"]);
        let child = command.args(arguments).stdin(Stdio::piped()).stderr(Stdio::inherit());
        // Its clients are killed and its faults are wanted: neither is worth a warning among the tests' output.
        let mut child = child.env("GATEWRIGHT_LOG", "error").spawn().unwrap();
        let mut line = String::new();
        BufReader::new(BoundedPipe::new(child.stdout.take().unwrap())).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| panic!("said {line:?}"));
        Self { _stdin: child.stdin.take().unwrap(), address: address.to_owned(), child }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
