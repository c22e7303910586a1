//! Putting both destinations behind `tracing`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::diagnosis::Diagnosis;
use crate::environment;
use crate::exit_code::Exit;
use crate::log::mask::Masked;
use crate::log::rotating_file::RotatingFile;
use crate::log::tail::LogTail;

/// What is logged where.
#[derive(Debug)]
pub(crate) struct LogSettings {
    /// `GATEWRIGHT_LOG`, for both destinations. Without it: warnings to standard error, everything from INFO on to the
    /// file.
    pub(crate) filter: Option<String>,
    /// The file's folder and name; `None` for standard error alone.
    pub(crate) file: Option<(PathBuf, &'static str)>,
}

/// Checks `GATEWRIGHT_LOG`, also for commands that log nothing themselves: the worker that they start does.
///
/// # Errors
///
/// A usage error where it cannot be read.
pub(crate) fn check(filter: Option<&str>) -> Result<(), Diagnosis> {
    filter.map(read).transpose().map(|_| ())
}

fn read(filter: &str) -> Result<EnvFilter, Diagnosis> {
    EnvFilter::try_new(filter).map_err(|error| {
        let message = format!("the environment variable {} cannot be used: {error}", environment::LOG);
        Diagnosis::new(Exit::Usage, message)
            .with_help("Give a level (error, warn, info, debug, trace) or directives such as gatewright_link=debug.")
    })
}

/// Starts to log, for the rest of the process's life.
///
/// A file that cannot be opened is a warning on standard error, never a reason not to work.
///
/// # Errors
///
/// A usage error where `GATEWRIGHT_LOG` cannot be read.
pub(crate) fn start(settings: LogSettings) -> Result<(), Diagnosis> {
    start_with(settings, None)
}

/// The same, with the last lines kept in memory for whoever follows the log.
///
/// # Errors
///
/// As [`start`].
pub(crate) fn start_with_tail(settings: LogSettings, tail: LogTail) -> Result<(), Diagnosis> {
    start_with(settings, Some(tail))
}

/// Leaves standard error alone, or uses it again: a line of a log would tear what is drawn on a terminal. The file has it.
pub(crate) fn hush(hushed: bool) {
    HUSHED.store(hushed, Ordering::SeqCst);
}

/// Whether standard error is left alone.
static HUSHED: AtomicBool = AtomicBool::new(false);

/// Standard error, unless it is to be left alone.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if HUSHED.load(Ordering::SeqCst) { Ok(bytes.len()) } else { io::stderr().write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn start_with(settings: LogSettings, tail: Option<LogTail>) -> Result<(), Diagnosis> {
    let filter = |default: LevelFilter| match &settings.filter {
        None => Ok(EnvFilter::default().add_directive(default.into())),
        Some(text) => read(text),
    };
    let to_stderr = fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(|| Masked(StandardError))
        .with_filter(filter(LevelFilter::WARN)?);
    let mut unopened = None;
    let file = settings.file.as_ref().and_then(|(dir, name)| {
        RotatingFile::open(dir, name).map_err(|error| unopened = Some((dir.join(name), error))).ok()
    });
    let to_file = match file {
        None => None,
        Some(file) => {
            let layer = fmt::layer().with_ansi(false).with_writer(Mutex::new(Masked(file)));
            Some(layer.with_filter(filter(LevelFilter::INFO)?))
        }
    };
    let to_tail = match tail {
        None => None,
        Some(tail) => {
            let layer = fmt::layer().with_ansi(false).with_writer(tail);
            Some(layer.with_filter(filter(LevelFilter::INFO)?))
        }
    };
    tracing_subscriber::registry().with(to_stderr).with(to_file).with(to_tail).init();
    if let Some((path, error)) = unopened {
        tracing::warn!(path = %path.display(), %error, "the log file cannot be opened; logging to standard error only");
    }
    Ok(())
}
