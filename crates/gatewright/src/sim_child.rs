//! A simulated Gateway of our own, as a child process: `gatewright sim`, for as long as we live and no longer.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::exit_code::Exit;

/// How long a simulator may take until it listens. It takes milliseconds; a loaded machine takes longer.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// What the simulator's ready line begins with.
pub(crate) const READY_LINE: &str = "listening on ";

/// A running simulator. It ends when this is dropped, and also when this process dies in any way: it reads our end of a pipe.
#[derive(Debug)]
pub(crate) struct SimChild {
    child: Child,
    endpoint: Endpoint,
}

impl SimChild {
    /// Starts `gatewright sim` on a free port with further arguments, and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it cannot be started or ends before it listens; its own words are on standard error.
    pub(crate) async fn start(arguments: &[&str]) -> Result<Self, Diagnosis> {
        let failed = |error| Diagnosis::internal("cannot start the simulator", error);
        let program = std::env::current_exe().map_err(failed)?;
        let mut child = Command::new(program)
            .args(["sim", "--port", "0", "--until-stdin-closes"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C goes to the terminal's whole foreground group; the Gateway must outlive our orderly leave.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = tokio::time::timeout(READY_WITHIN, BufReader::new(stdout).read_line(&mut line)).await;
        let no_line = |what: &str| Diagnosis::new(Exit::Internal, format!("the simulator {what}"));
        read.map_err(|_| no_line("did not get ready in time"))?.map_err(failed)?;
        let endpoint = line.trim_end().strip_prefix(READY_LINE).and_then(|text| text.parse().ok());
        let endpoint = endpoint.ok_or_else(|| no_line("ended before it was ready"))?;
        Ok(Self { child, endpoint })
    }

    /// Where it listens.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it, and waits until it has gone.
    pub(crate) async fn stop(mut self) {
        // It ends by itself once its standard input does; the kill is for one that hangs.
        drop(self.child.stdin.take());
        if tokio::time::timeout(READY_WITHIN, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}
