//! `gatewright reload`: letting the daemon read its settings again.

use clap::Args;

use crate::command::asking::DaemonArgs;
use crate::daemon::{Control, ReloadReport, Request};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};
use crate::runtime::block_on;

const EXAMPLES: &str = "\
Examples:
  gatewright config check && gatewright reload
  kill -HUP $(gatewright status --json | jq .pid)      the same; the log says what came of it

Exit codes: 0 the settings were read (and it is said which of them wait for a restart), 2 they
cannot be used and nothing was changed, 25 no daemon runs.";

/// Let the daemon read its settings again, and say what waits for a restart
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReloadArgs {
    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs the command.
pub(crate) fn run(args: ReloadArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let socket = args.daemon.socket(environment)?;
    let report: ReloadReport = block_on(async {
        let mut control = Control::ask(&socket, &Request::Reload).await?;
        Ok(control.answer().await?)
    })?;
    let exit = if report.error.is_some() { Exit::Usage } else { Exit::Success };
    match Form::from_flag(args.json) {
        Form::Json => output::json(&report),
        Form::Text => match report.error {
            Some(problem) => {
                return Err(Diagnosis::new(Exit::Usage, problem)
                    .with_help("Nothing was changed. `gatewright config check` shows the line."));
            }
            None => {
                let list = |keys: Vec<String>| if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") };
                output::line(format_args!("changed and in force: {}", list(report.applied)));
                output::line(format_args!("waits for a restart of the daemon: {}", list(report.needs_restart)));
            }
        },
    }
    Ok(exit)
}
