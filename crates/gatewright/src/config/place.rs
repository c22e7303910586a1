//! Where the file is, and reading it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::flags::Overrides;
use super::problem::{Problem, line_of};
use super::resolve::resolve_trading;
use super::settings::Settings;
use super::trading::TradingSettings;
use super::{ConfigArgs, resolve};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;

/// The longest file that is read. A hundred Gateways fit.
const MAX_LENGTH: u64 = 1 << 20;

/// Where the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where somebody said; it must be there.
    Named(PathBuf),
    /// Where it is if nobody says so; it need not be there.
    Usual(PathBuf),
    /// Nowhere: there is no home.
    Nowhere,
}

impl Place {
    /// The argument, else the environment, else the usual place.
    pub(crate) fn of(named: Option<&Path>, environment: &Environment) -> Self {
        let variables = &environment.daemon;
        match (named.or(variables.config.as_deref()), &variables.usual_config) {
            (Some(path), _) => Self::Named(path.to_owned()),
            (None, Some(path)) => Self::Usual(path.clone()),
            (None, None) => Self::Nowhere,
        }
    }

    /// The file's path and text; `None` where there is no file and none was named.
    ///
    /// # Errors
    ///
    /// A usage error where it cannot be read.
    pub(crate) fn read(&self) -> Result<Option<(PathBuf, String)>, Diagnosis> {
        let (path, needed) = match self {
            Self::Named(path) => (path, true),
            Self::Usual(path) => (path, false),
            Self::Nowhere => return Ok(None),
        };
        match read_bounded(path) {
            Ok(text) => Ok(Some((path.clone(), text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !needed => Ok(None),
            Err(error) => Err(Diagnosis::new(Exit::Usage, format!("{} cannot be read: {error}", path.display()))
                .with_help("Name a file that is there and that this user may read.")),
        }
    }
}

fn read_bounded(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_LENGTH {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    fs::read_to_string(path)
}

/// What holds for these arguments.
///
/// # Errors
///
/// A usage error that shows the line that is wrong.
pub(crate) fn load(args: &ConfigArgs, environment: &Environment) -> Result<Settings, Diagnosis> {
    let file = Place::of(args.config.as_deref(), environment).read()?;
    let given = file.as_ref().map(|(path, text)| (path.clone(), text.as_str()));
    resolve(given, &Overrides::of(args, environment)).map_err(|problem| diagnosis(problem, file))
}

/// What holds for the trader, of the file that is named, else of the usual one.
///
/// # Errors
///
/// A usage error that shows the line that is wrong.
pub(crate) fn load_trading(named: Option<&Path>, environment: &Environment) -> Result<TradingSettings, Diagnosis> {
    let file = Place::of(named, environment).read()?;
    let text = file.as_ref().map_or("", |(_, text)| text.as_str());
    resolve_trading(text).map_err(|problem| diagnosis(problem, file.clone()))
}

fn diagnosis(problem: Problem, file: Option<(PathBuf, String)>) -> Diagnosis {
    match file {
        None => Diagnosis::new(Exit::Usage, problem.message).with_help(problem.help),
        Some((path, text)) => {
            let place = match &problem.at {
                Some(at) => format!("{}:{}", path.display(), line_of(&text, at.start)),
                None => path.display().to_string(),
            };
            let diagnosis =
                Diagnosis::new(Exit::Usage, format!("{place}: {}", problem.message)).with_help(problem.help);
            match problem.at {
                Some(at) => diagnosis.with_source(path.display().to_string(), text, at),
                None => diagnosis,
            }
        }
    }
    .with_code("config")
}
