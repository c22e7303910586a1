//! `gatewright resume`: the only way back from a halt.

use clap::Args;
use gatewright_journal::ResumeRecord;
use serde_json::json;

use crate::command::journal::{JournalArgs, ZoneArgs, stamp};
use crate::command::orders::halt_json;
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};

const EXAMPLES: &str = "\
Examples:
  gatewright resume --reason \"the feed was wrong; it is right again\"
  gatewright resume --reason \"test over\" --state ~/bot

Sends nothing by itself. A trader that runs goes on, one that refused to start can be started.
Exit codes: 0 orders may be sent again, or nothing was halted; 2 no reason was given.";

/// Allow orders again after a halt
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ResumeArgs {
    /// Why trading may go on; it stands in the journal for good
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    zone: ZoneArgs,

    #[command(flatten)]
    journal: JournalArgs,
}

/// Runs the command.
pub(crate) fn run(args: ResumeArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let now = args.zone.now()?;
    let resumed = match args.journal.open_existing(environment)? {
        None => None,
        Some(journal) if journal.halted()?.is_none() => None,
        Some(mut journal) => {
            let resume = ResumeRecord { at: now.timestamp(), reason: args.reason, by: environment.who() };
            Some(journal.resume(&resume)?)
        }
    };
    match Form::from_flag(args.json) {
        Form::Json => output::json(&json!({ "resumed": resumed.is_some(), "halt": resumed.as_ref().map(halt_json) })),
        Form::Text => output::line(match resumed {
            None => "Nothing was halted.".to_owned(),
            Some(halt) => format!(
                "✓ orders may be sent again; they had been halted since {} by {}: {}",
                stamp(halt.at, now.time_zone()),
                halt.by,
                halt.reason
            ),
        }),
    }
    Ok(Exit::Success)
}
