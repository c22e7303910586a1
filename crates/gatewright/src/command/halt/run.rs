//! The command.

use clap::Args;
use gatewright_journal::{HaltRecord, HaltScope};
use serde_json::json;

use crate::command::journal::{JournalArgs, ZoneArgs, stamp};
use crate::command::orders::halt_json;
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};

const EXAMPLES: &str = "\
Examples:
  gatewright halt                            no order goes out from now on
  gatewright halt --reason \"the feed is wrong\"
  gatewright halt --state ~/bot              the trader with this state folder

Works whether or not a trader runs: the halt is written to the journal, and no order that is not in the journal is ever
sent. It outlives every restart, and is ended by `gatewright resume --reason TEXT` and by nothing else.
Exit codes: 0 trading is halted, 1 the halt could not be written: nothing is halted.";

/// Halt trading: no order is sent any more, by any trader with this journal
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HaltArgs {
    /// Why; it stands in the journal for good
    #[arg(long, value_name = "TEXT", default_value = "halted by hand")]
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
pub(crate) fn run(args: HaltArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let now = args.zone.now()?;
    let mut journal = args.journal.open_or_make(environment)?;
    let before = journal.halted()?;
    let halt =
        HaltRecord { at: now.timestamp(), reason: args.reason, by: environment.who(), scope: HaltScope::NewOrders };
    journal.halt(&halt)?;
    let open = journal.open_intents()?.len();
    match Form::from_flag(args.json) {
        Form::Json => output::json(&json!({
            "halt": halt_json(before.as_ref().unwrap_or(&halt)),
            "was_halted": before.is_some(),
            "unsettled_orders": open,
        })),
        Form::Text => {
            output::line("✓ halted: no new order goes out, by any trader with this journal");
            if let Some(before) = before {
                let since = stamp(before.at, now.time_zone());
                output::line(format_args!("  It was halted since {since} by {}: {}", before.by, before.reason));
            }
            if open > 0 {
                output::line(format_args!("! {open} orders are not settled: `gatewright orders --open` lists them"));
            }
        }
    }
    Ok(Exit::Success)
}
