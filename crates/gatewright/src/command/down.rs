//! `gatewright down`: stopping the daemon in order.

use std::time::Duration;

use clap::Args;

use crate::command::asking::DaemonArgs;
use crate::daemon::{Control, Request};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output;
use crate::runtime::block_on;

/// How long stopping may take: two seconds for each session to close, and a busy machine.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);

const EXAMPLES: &str = "\
Examples:
  gatewright down
  gatewright down --state /tmp/gw

Comes back when nothing of the daemon runs any more: sessions closed in order, the worker gone.
Open orders stay as they are at the Gateway.
Exit codes: 0 it has stopped, 22 it did not within 20 s, 25 no daemon runs.";

/// Stop the daemon in order
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs the command.
pub(crate) fn run(args: DownArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let socket = args.daemon.socket(environment)?;
    let gone = block_on(async {
        let mut control = Control::ask(&socket, &Request::Down).await?;
        Ok(control.gone(STOPPED_WITHIN).await)
    })?;
    if gone {
        output::line("stopped");
        return Ok(Exit::Success);
    }
    let message = format!("the daemon has not stopped within {} s", STOPPED_WITHIN.as_secs());
    Err(Diagnosis::new(Exit::Unknown, message).with_help("Look at its log: `gatewright logs`."))
}
