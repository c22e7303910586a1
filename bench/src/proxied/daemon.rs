//! A daemon with a state folder of its own, killed when it is dropped.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::Tools;

/// A running `gatewright up`.
pub(super) struct Daemon {
    child: Child,
    state: TempDir,
    program: String,
    /// Where programs connect.
    pub(super) proxy: SocketAddr,
}

impl Daemon {
    /// Starts one for this Gateway and waits until it is ready.
    pub(super) fn start(tools: &Tools, gateway: SocketAddr) -> io::Result<Self> {
        let state = TempDir::new()?;
        let mut command = Self::command(&tools.gatewright, &state);
        command.args(["up", "--gateway", &gateway.to_string(), "--proxy", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let mut proxy = None;
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if line.starts_with("proxy") {
                proxy = line.rsplit(' ').next().and_then(|address| address.parse().ok());
            }
            if line == "ready" {
                break;
            }
        }
        let proxy = proxy.ok_or_else(|| io::Error::other("the daemon did not say where its proxy is"))?;
        Ok(Self { child, state, program: tools.gatewright.clone(), proxy })
    }

    fn command(program: &str, state: &TempDir) -> Command {
        let mut command = Command::new(program);
        command
            .env("GATEWRIGHT_STATE", state.path())
            .env("XDG_CONFIG_HOME", state.path())
            .env("GATEWRIGHT_CONFIG", "")
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// What `status --json` says.
    pub(super) fn status(&self) -> io::Result<Value> {
        let output = Self::command(&self.program, &self.state).args(["status", "--json"]).output()?;
        serde_json::from_slice(&output.stdout).map_err(io::Error::other)
    }

    /// The daemon's process and its worker's.
    pub(super) fn processes(&self) -> io::Result<(u32, u32)> {
        let status = self.status()?;
        let worker = status["gateways"][0]["worker_pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        Ok((self.child.id(), worker.ok_or_else(|| io::Error::other("no worker"))?))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Its worker ends with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
