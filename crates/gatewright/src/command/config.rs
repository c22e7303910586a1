//! `gatewright config`: looking at the settings without using them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::{self, ConfigArgs};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};

const EXAMPLES: &str = "\
Examples:
  gatewright config example > ~/.config/gatewright/gatewright.toml
  gatewright config check                    the file that `up` would read
  gatewright config check ./gatewright.toml
  gatewright config show                     every setting, and who set it
  gatewright config show --gateway 127.0.0.1:7497 --json

Defaults < file < GATEWRIGHT_* environment < flags. What is unknown, given twice or ambiguous is
refused, with its line.
Exit codes: 0 the settings can be used, 2 they cannot.";

/// Check and show the settings of `gatewright up`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConfigCommandArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check a file: unknown, repeated and impossible settings are refused with their line
    Check {
        /// The file [default: the one that `up` would read]
        file: Option<PathBuf>,
    },
    /// Show what holds, and where each value comes from
    Show {
        /// Report as one JSON value on standard output
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        settings: ConfigArgs,
    },
    /// Print a complete file with every setting explained
    Example,
}

/// Runs the command.
pub(crate) fn run(args: ConfigCommandArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    match args.action {
        Action::Example => output::line(config::EXAMPLE.trim_end()),
        Action::Check { file } => check(file, environment)?,
        Action::Show { json, settings } => show(Form::from_flag(json), &settings, environment)?,
    }
    Ok(Exit::Success)
}

fn check(file: Option<PathBuf>, environment: &Environment) -> Result<(), Diagnosis> {
    let settings = config::load(&ConfigArgs { config: file, ..ConfigArgs::default() }, environment)?;
    let gateways: Vec<String> = settings
        .gateways
        .iter()
        .map(|gateway| format!("{} at {}", gateway.name.value, gateway.address.value))
        .collect();
    match &settings.file {
        Some(path) => output::line(format_args!("{} can be used: {}", path.display(), gateways.join(", "))),
        None => output::line(format_args!("no file; the defaults can be used: {}", gateways.join(", "))),
    }
    Ok(())
}

fn show(form: Form, args: &ConfigArgs, environment: &Environment) -> Result<(), Diagnosis> {
    let settings = config::load(args, environment)?;
    let rows = settings.rows();
    match form {
        Form::Json => {
            let values: serde_json::Map<_, _> = rows
                .into_iter()
                .map(|(key, value, origin)| (key, serde_json::json!({ "value": value, "from": origin.to_string() })))
                .collect();
            let file = settings.file.as_ref().map(|path| path.display().to_string());
            output::json(&serde_json::json!({ "file": file, "settings": values }));
        }
        Form::Text => {
            let file = settings.file.as_ref().map_or("none".into(), |path| path.display().to_string());
            output::line(format_args!("File: {file}\n"));
            let rows = rows.into_iter().map(|(key, value, origin)| vec![key, value, origin.to_string()]);
            output::line(output::table(&["SETTING", "VALUE", "FROM"], rows, &[]).trim_end());
        }
    }
    Ok(())
}
