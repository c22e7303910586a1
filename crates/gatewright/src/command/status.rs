//! `gatewright status`: how everything is, on one screen.

use clap::Args;
use gatewright_link::protocol::LayerState;

use crate::command::asking::DaemonArgs;
use crate::daemon::{Control, DaemonReport, Request, text};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form, Paint};
use crate::runtime::block_on;

const EXAMPLES: &str = "\
Examples:
  gatewright status                          which layer is broken, and who has to act
  gatewright status --json | jq .gateways[0].worker_pid
  gatewright status --state /var/lib/gatewright

Exit codes: 0 all is well, 22 it is not known, 24 something is broken, 25 no daemon runs.";

/// Show how the daemon and its Gateways are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatusArgs {
    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs the command.
pub(crate) fn run(args: StatusArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let socket = args.daemon.socket(environment)?;
    let report: DaemonReport = block_on(async {
        let mut control = Control::ask(&socket, &Request::Status).await?;
        Ok(control.answer().await?)
    })?;
    match Form::from_flag(args.json) {
        Form::Json => output::json(&report),
        Form::Text => output::line(text(&report, Paint::new(environment.colour))),
    }
    Ok(match report.verdict.well {
        LayerState::Yes => Exit::Success,
        LayerState::Unknown => Exit::Unknown,
        LayerState::No => Exit::Ill,
    })
}
