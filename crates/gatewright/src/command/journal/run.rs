//! The command.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gatewright_journal::{Journal, Verified};
use jiff::Timestamp;
use serde_json::json;

use super::columnar::parquet;
use super::entry::{Entry, entries};
use super::export::{self, ExportForm};
use super::place::JournalArgs;
use super::sheet::{Sheet, Table};
use super::show::Shown;
use super::span::{Day, ZoneArgs, stamp};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};

/// How many entries are listed unless more are asked for: two screens.
const LISTED: u32 = 100;

const EXAMPLES: &str = "\
Examples:
  gatewright journal list                    what happened, the newest hundred entries
  gatewright journal list --day yesterday --all
  gatewright journal show 12                 an order's whole history, with the evidence for each step
  gatewright journal show gw-1-60a2f-3       the same by its reference
  gatewright journal show p7                 what a program behind the proxy ordered, and what settled it
  gatewright journal export --format csv --output orders.csv
  gatewright journal export --table executions --format json --day today
  gatewright journal export --table executions --format parquet --output fills.parquet
  gatewright journal verify                  is the file sound, and does everything in it add up?

Exit codes: 0 done, 2 wrong arguments or a journal that this version cannot read, 26 the journal is
damaged or holds what it should not.";

/// Look into the journal: what happened, one order's history, export, verify
///
/// The journal is the file in which every order is durable before it is sent. Nothing in it is ever changed or deleted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct JournalCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List what happened, in its order: orders, their steps, fills, sessions, halts, programs' orders
    List {
        /// Only of this day: 2026-11-27, today or yesterday
        #[arg(long, value_name = "DATE")]
        day: Option<Day>,

        /// List all, and not only the newest hundred
        #[arg(long)]
        all: bool,

        /// Report as one JSON value on standard output
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        zone: ZoneArgs,

        #[command(flatten)]
        journal: JournalArgs,
    },
    /// Show one order with its whole history and the evidence for each step
    Show {
        /// The order's number in the journal, with a `p` before it for a program's, or its reference
        #[arg(value_name = "ID")]
        id: String,

        /// Report as one JSON value on standard output
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        zone: ZoneArgs,

        #[command(flatten)]
        journal: JournalArgs,
    },
    /// Write a table down for other programs
    Export {
        /// In which form
        #[arg(long, value_name = "FORM", value_enum)]
        format: ExportForm,

        /// Which table
        #[arg(long, value_name = "TABLE", value_enum, default_value_t = Table::Orders)]
        table: Table,

        /// Only of this day: 2026-11-27, today or yesterday
        #[arg(long, value_name = "DATE")]
        day: Option<Day>,

        /// To this file, which must not be there yet [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,

        #[command(flatten)]
        zone: ZoneArgs,

        #[command(flatten)]
        journal: JournalArgs,
    },
    /// Check the whole file: is it undamaged, and does everything in it add up?
    Verify {
        /// Report as one JSON value on standard output
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        journal: JournalArgs,
    },
}

/// Runs the command.
pub(crate) fn run(args: JournalCommandArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    match args.action {
        Action::List { day, all, json, zone, journal } => {
            let form = Form::from_flag(json);
            let Some(open) = journal.open_existing(environment)? else { return none(&journal, environment, form) };
            list(&open, day, all, form, &zone)
        }
        Action::Show { id, json, zone, journal } => {
            let open = journal.open_existing(environment)?;
            let open = open.map_or_else(|| Err(missing(&journal, environment)), Ok)?;
            let shown = Shown::find(&open, &id)?;
            match Form::from_flag(json) {
                Form::Json => output::json(&shown.json()),
                Form::Text => output::line(shown.text(&zone.now()?)),
            }
            Ok(Exit::Success)
        }
        Action::Export { format, table, day, output, zone, journal } => {
            let open = journal.open_existing(environment)?;
            let open = open.map_or_else(|| Err(missing(&journal, environment)), Ok)?;
            let sheet = Sheet::read(&open, table, span(day, &zone)?)?;
            export(&sheet, format, output.as_deref())
        }
        Action::Verify { json, journal } => {
            let form = Form::from_flag(json);
            let Some(open) = journal.open_existing(environment)? else { return none(&journal, environment, form) };
            Ok(verify(&open.verify()?, form))
        }
    }
}

fn span(day: Option<Day>, zone: &ZoneArgs) -> Result<(Timestamp, Timestamp), Diagnosis> {
    day.map_or(Ok((Timestamp::MIN, Timestamp::MAX)), |day| day.span(&zone.now()?))
}

fn none(journal: &JournalArgs, environment: &Environment, form: Form) -> Result<Exit, Diagnosis> {
    match form {
        Form::Json => output::json(&json!(null)),
        Form::Text => output::line(journal.none_yet(environment)?),
    }
    Ok(Exit::Success)
}

fn missing(journal: &JournalArgs, environment: &Environment) -> Diagnosis {
    match journal.none_yet(environment) {
        Ok(text) => Diagnosis::new(Exit::Usage, text).with_help("Name another folder with --state."),
        Err(error) => error,
    }
}

fn list(journal: &Journal, day: Option<Day>, all: bool, form: Form, zone: &ZoneArgs) -> Result<Exit, Diagnosis> {
    let newest = (!all).then_some(LISTED);
    let entries = entries(journal, span(day, zone)?, newest)?;
    match form {
        Form::Json => output::json(&entries),
        Form::Text if entries.is_empty() => output::line("Nothing happened then."),
        Form::Text => {
            let now = zone.now()?;
            let row = |entry: &Entry| {
                let program = entry.program_order.map(|order| format!("p{order}"));
                let order = entry.order.map(|order| order.to_string()).or(program).unwrap_or_default();
                vec![stamp(entry.at, now.time_zone()), order, entry.kind.replace('_', " "), entry.text.clone()]
            };
            let table = output::table(&["WHEN", "ORDER", "WHAT", "EVIDENCE"], entries.iter().map(row), &[1]);
            output::line(table.trim_end());
            if !all && entries.len() == LISTED as usize {
                output::line("\n  There may be older ones: --all lists them.");
            }
        }
    }
    Ok(Exit::Success)
}

fn export(sheet: &Sheet, format: ExportForm, to: Option<&Path>) -> Result<Exit, Diagnosis> {
    let text = match (format, to) {
        (ExportForm::Csv, _) => export::csv(sheet).into_bytes(),
        (ExportForm::Json, _) => format!("{:#}\n", export::json(sheet)).into_bytes(),
        (ExportForm::Parquet, Some(_)) => parquet(sheet)?,
        (ExportForm::Parquet, None) => {
            return Err(Diagnosis::new(Exit::Usage, "Parquet is no text for standard output")
                .with_help("Name a file with --output."));
        }
    };
    let Some(path) = to else {
        output::line(String::from_utf8_lossy(&text).trim_end());
        return Ok(Exit::Success);
    };
    let failed = |error: std::io::Error| {
        Diagnosis::new(Exit::Usage, format!("cannot write {}: {error}", path.display()))
            .with_help("Name a file that is not there yet, in a folder that this user may write to.")
    };
    let mut file = fs::File::create_new(path).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    output::note(format_args!("{} rows in {}", sheet.rows.len(), path.display()));
    Ok(Exit::Success)
}

fn verify(verified: &Verified, form: Form) -> Exit {
    let Verified { intents, transitions, executions, findings } = verified;
    match form {
        Form::Json => output::json(&json!({
            "orders": intents,
            "transitions": transitions,
            "executions": executions,
            "findings": findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        Form::Text => {
            for finding in findings {
                output::line(format_args!("✗ {finding}"));
            }
            let sound = if findings.is_empty() { "✓ the journal is sound" } else { "✗ the journal is not sound" };
            output::line(format_args!(
                "{sound}: {intents} orders, {transitions} transitions, {executions} executions looked at"
            ));
        }
    }
    if findings.is_empty() { Exit::Success } else { Exit::JournalDamaged }
}
