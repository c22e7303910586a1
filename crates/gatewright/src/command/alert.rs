//! `gatewright alert`: trying whether alerts arrive.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::config::{self, ConfigArgs};
use crate::daemon::{self, Tried};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};
use crate::runtime::block_on;

const EXAMPLES: &str = "\
Examples:
  gatewright alert test                      tells the command and the webhook of the settings
  gatewright alert test --config ./gatewright.toml --json

The daemon need not run. Each target is tried once, within 15 s, with an alert whose event is `test`.
Exit codes: 0 all of them took it, 2 the settings name nobody to tell, 27 one did not.";

/// Try whether alerts arrive
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AlertArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Tell everybody that the settings name, once
    Test {
        /// Report as one JSON value on standard output
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        settings: ConfigArgs,
    },
}

#[derive(Debug, Serialize)]
struct Report {
    targets: Vec<Tried>,
}

/// Runs the command.
pub(crate) fn run(args: AlertArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let Action::Test { json, settings } = args.action;
    let settings = config::load(&settings, environment)?;
    let report = Report { targets: block_on(async { Ok(daemon::try_alerts(&settings).await) })? };
    if report.targets.is_empty() {
        return Err(Diagnosis::new(Exit::Usage, "the settings name nobody to tell")
            .with_help("Give `command` or `webhook` in [alert]; `gatewright config example` shows how."));
    }
    match Form::from_flag(json) {
        Form::Json => output::json(&report),
        Form::Text => {
            for Tried { target, failed } in &report.targets {
                match failed {
                    None => output::line(format_args!("{target}: delivered")),
                    Some(why) => output::line(format_args!("{target}: not delivered: {why}")),
                }
            }
        }
    }
    let all = report.targets.iter().all(|tried| tried.failed.is_none());
    Ok(if all { Exit::Success } else { Exit::Undelivered })
}
