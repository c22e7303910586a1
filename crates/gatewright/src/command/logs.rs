//! `gatewright logs`: the daemon's log, and with `-f` as it grows.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use clap::Args;

use crate::command::asking::DaemonArgs;
use crate::daemon::{Control, ControlError, LOG_NAME, Request, control_socket};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output;
use crate::runtime::block_on;
use crate::signal::StopSignals;

/// How much of a dead daemon's log is looked at: more than a thousand lines.
const LOOKED_AT: u64 = 1 << 20;

const EXAMPLES: &str = "\
Examples:
  gatewright logs                            the last 50 lines
  gatewright logs -n 500 | grep worker
  gatewright logs -f                         and whatever comes, until Ctrl-C or the daemon's end

Where no daemon runs, the last lines that it left in its file are shown. The workers' own logs are
beside that file, in logs/NAME/worker.log of the state folder. Account ids are masked.
Exit codes: 0 shown, 25 no daemon runs and there is no file, 130 Ctrl-C.";

/// Show the daemon's log
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LogsArgs {
    /// Go on with what comes
    #[arg(short, long)]
    follow: bool,

    /// How many of the last lines, at most 1000
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    lines: usize,

    #[command(flatten)]
    daemon: DaemonArgs,
}

/// Runs the command.
pub(crate) fn run(args: LogsArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let state = args.daemon.state_dir(environment)?;
    let request = Request::Logs { lines: args.lines, follow: args.follow };
    block_on(async {
        let mut signals = StopSignals::listen()?;
        match Control::ask(&control_socket(&state), &request).await {
            Ok(control) => tokio::select! {
                exit = signals.stopped() => Ok(exit),
                shown = show(control) => shown,
            },
            Err(ControlError::NotRunning) => {
                let path = state.join("logs").join(LOG_NAME);
                let lines = last_lines(&path, args.lines).map_err(|_| Diagnosis::from(ControlError::NotRunning))?;
                output::note("no daemon runs; this is what the last one left:");
                for line in lines {
                    output::line(line);
                }
                Ok(Exit::Success)
            }
            Err(error) => Err(error.into()),
        }
    })
}

async fn show(mut control: Control) -> Result<Exit, Diagnosis> {
    while let Some(line) = control.log_line().await? {
        output::line(line);
        if output::broken().is_some() {
            break;
        }
    }
    Ok(Exit::Success)
}

fn last_lines(path: &Path, count: usize) -> io::Result<VecDeque<String>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT)))?;
    let mut lines = VecDeque::new();
    for line in BufReader::new(file.take(LOOKED_AT)).split(b'\n') {
        if lines.len() == count {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&line?).into_owned());
    }
    lines.truncate(count);
    Ok(lines)
}
