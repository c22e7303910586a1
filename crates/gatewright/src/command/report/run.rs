//! The command.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use gatewright_journal::{CommissionRecord, IntentFilter, Journal, JournalError, family_and_revision};
use jiff::Timestamp;

use super::curve;
use super::day::Day;
use super::markdown::{Told, markdown};
use crate::command::journal::{Day as DayName, JournalArgs, OrderReport, Sheet, Table, ZoneArgs, csv};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  gatewright report today                    Markdown on standard output
  gatewright report 2026-11-27 --zone America/New_York
  gatewright report yesterday --to reports   report, orders and fills as CSV, profit as SVG, in this folder
  gatewright report today --format csv       the fills as comma-separated values

Reads the journal only; the Gateway is not asked. Account ids are masked, except in CSV.
Exit codes: 0 reported, also a day without trades; 2 wrong arguments or a journal that this version cannot read.";

/// Report one day by the journal: orders, fills, profit, sessions, halts
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// The day: 2026-11-27, today or yesterday
    #[arg(value_name = "DATE")]
    day: DayName,

    /// In which form, on standard output
    #[arg(long, value_name = "FORM", value_enum, default_value_t = ReportForm::Markdown)]
    format: ReportForm,

    /// Write everything as files into this folder; earlier reports of the same day are written over
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    to: Option<PathBuf>,

    #[command(flatten)]
    zone: ZoneArgs,

    #[command(flatten)]
    journal: JournalArgs,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportForm {
    /// For a person
    Markdown,
    /// The fills, with what they cost
    Csv,
    /// The profit over the day, as a picture
    Svg,
}

/// Runs the command.
pub(crate) fn run(args: ReportArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let now = args.zone.now()?;
    let (date, span) = (args.day.date(&now)?, args.day.span(&now)?);
    let Some(journal) = args.journal.open_existing(environment)? else {
        output::line(args.journal.none_yet(environment)?);
        return Ok(Exit::Success);
    };
    let report = Report::read(&journal, span)?;
    let zone = now.time_zone();
    let told = |picture| Told {
        date,
        zone,
        orders: &report.orders,
        day: &report.day,
        events: &report.events,
        halts: &report.halts,
        picture,
    };
    let picture = || curve::svg(&report.day.curve, &format!("Profit on {date}, after costs"), zone);
    let Some(folder) = &args.to else {
        match args.format {
            ReportForm::Markdown => output::line(markdown(&told(None)).trim_end()),
            ReportForm::Csv => output::line(csv(&Sheet::read(&journal, Table::Executions, span)?).trim_end()),
            ReportForm::Svg => match picture() {
                Some(picture) => output::line(picture.trim_end()),
                None => {
                    return Err(Diagnosis::new(
                        Exit::Usage,
                        format!("nothing was filled on {date}, so there is no picture"),
                    ));
                }
            },
        }
        return Ok(Exit::Success);
    };
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let picture = picture();
    let picture_name = format!("{date}-equity.svg");
    let files = [
        (format!("{date}.md"), Some(markdown(&told(picture.as_ref().map(|_| picture_name.as_str()))))),
        (format!("{date}-orders.csv"), Some(csv(&Sheet::read(&journal, Table::Orders, span)?))),
        (format!("{date}-fills.csv"), Some(csv(&Sheet::read(&journal, Table::Executions, span)?))),
        (picture_name.clone(), picture),
    ];
    for (name, text) in files {
        let Some(text) = text else { continue };
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        output::line(path.display());
    }
    Ok(Exit::Success)
}

struct Report {
    orders: Vec<OrderReport>,
    day: Day,
    events: Vec<gatewright_journal::EventRecord>,
    halts: Vec<gatewright_journal::HaltTurn>,
}

impl Report {
    fn read(journal: &Journal, (from, before): (Timestamp, Timestamp)) -> Result<Self, JournalError> {
        let filter = IntentFilter { created_from: Some(from), created_before: Some(before), ..IntentFilter::default() };
        let orders = journal.intents(&filter)?.into_iter().map(|record| OrderReport::read(journal, record));
        // What was held when the day began decides what the day brought.
        let executions = journal.executions_between(Timestamp::MIN, before)?;
        let costs: BTreeMap<String, CommissionRecord> = journal
            .commissions(Timestamp::MIN, Timestamp::MAX)?
            .into_iter()
            .map(|commission| (family_and_revision(&commission.exec_id).0.to_owned(), commission))
            .collect();
        Ok(Self {
            orders: orders.collect::<Result<_, _>>()?,
            day: Day::of(&executions, &costs, from),
            events: journal.events(from, before)?,
            halts: journal.halt_turns(from, before)?,
        })
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnosis {
    Diagnosis::new(Exit::Usage, format!("cannot write {}: {error}", path.display()))
        .with_help("Name a folder that this user may write to.")
}
