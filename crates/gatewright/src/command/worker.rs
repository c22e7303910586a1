//! `gatewright worker`: the process that owns the connections.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gatewright_link::pacing::PacingSettings;
use gatewright_link::protocol;
use gatewright_link::recovery::RecoverySettings;
use gatewright_link::worker::{
    self, StdioInput, StdioOutput, WorkerPolicy, WorkerSettings, WorkerSocket, stdout_reader_gone,
};

use crate::config::{RestartTime, ServerRegion};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::log::{self, LogSettings};
use crate::output;
use crate::runtime::block_on;
use crate::signal::StopSignals;

/// The log's name in its folder.
const LOG_NAME: &str = "worker.log";

const EXAMPLES: &str = r#"Examples:
  gatewright worker                          then type requests, one JSON object a line:
    {"jsonrpc":"2.0","id":1,"method":"connect","params":{"port":4002,"client_id":7}}
    {"jsonrpc":"2.0","id":2,"method":"positions"}
    {"command": "get_accounts"}
  gatewright worker --socket run/gw.sock     the same for any number of programs, on a socket
  gatewright worker --print-schema           the whole protocol as a JSON Schema

Standard output carries the protocol and nothing else. Logs go to standard error (warnings) and
to worker.log, bounded and readable by this user only, in GATEWRIGHT_STATE/logs, else
$XDG_STATE_HOME/gatewright/logs, else ~/.local/state/gatewright/logs. GATEWRIGHT_LOG sets the
level of both (error, warn, info, debug, trace). Account ids are masked.

Ends when its input has ended and every call is answered, at once when nobody reads its output
any more, on SIGTERM and on Ctrl-C: sessions are closed in order, within a second. With --socket
and without --stdio it ends on SIGTERM and Ctrl-C only.
Exit codes: 0 ended in order, 1 its input could not be read or its socket could not be bound."#;

/// Own connections to a Gateway and serve them as JSON lines on standard input and output
///
/// A program in any language starts one of these and speaks JSON-RPC 2.0 with it, one object a line. The worker owns
/// every socket: when the program dies, the worker closes its sessions in order; when the worker dies, the sockets are
/// reset, so that nothing is left in CLOSE_WAIT at the Gateway.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WorkerArgs {
    /// Print the protocol's JSON Schema and exit
    #[arg(long)]
    print_schema: bool,

    /// Serve any number of programs of this user on this Unix socket instead of standard input and output
    ///
    /// The socket gets mode 0600, in a folder of mode 0700 that is made where there is none. What a dead worker left under
    /// this name is replaced; a living one's is not.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// With --socket: serve standard input and output as well, and end when the input does
    #[arg(long, requires = "socket")]
    stdio: bool,

    /// Where the log file goes
    #[arg(long, value_name = "FOLDER")]
    log_dir: Option<PathBuf>,

    /// How many messages a second the Gateway gets at most, over all sessions
    ///
    /// A Gateway objects above 50, or above half of the account's market data lines where those are more.
    #[arg(long, value_name = "N", default_value_t = PacingSettings::default().messages_per_second,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    messages_per_second: u32,

    /// Where what was sent is noted, so that a worker that follows this one does not ask too much of the Gateway
    ///
    /// A small file for one Gateway, which the daemon gives to each of its workers.
    #[arg(long, value_name = "FILE")]
    pace_file: Option<PathBuf>,

    /// How long a program that named itself with attach may be away before its sessions are closed, in seconds; 0 for not
    #[arg(long, value_name = "SECONDS", default_value_t = WorkerPolicy::default().parking.as_secs(),
          value_parser = clap::value_parser!(u64).range(0..=86_400))]
    parking: u64,

    /// Where the account's servers stand: north_america, europe or asia; it decides when resets are expected
    #[arg(long, value_name = "REGION", default_value_t)]
    region: ServerRegion,

    /// When the Gateway restarts itself each day, as in "23:45 America/New_York"
    #[arg(long, value_name = "TIME ZONE")]
    gateway_restart: Option<RestartTime>,
}

impl WorkerArgs {
    fn policy(&self) -> WorkerPolicy {
        let pacing = PacingSettings { messages_per_second: self.messages_per_second, ..PacingSettings::default() };
        let restart = self.gateway_restart.as_ref().map(|restart| restart.daily().clone());
        let recovery = RecoverySettings { region: self.region.0, restart, ..RecoverySettings::default() };
        let (pace_file, parking) = (self.pace_file.clone(), Duration::from_secs(self.parking));
        WorkerPolicy { pacing, pace_file, recovery, parking }
    }
}

/// Runs the command.
pub(crate) fn run(args: WorkerArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    if args.print_schema {
        output::pretty_json(&protocol::protocol_schema());
        return Ok(Exit::Success);
    }
    let policy = args.policy();
    let log_dir = args.log_dir.or_else(|| environment.log_dir());
    log::start(LogSettings { filter: environment.log.clone(), file: log_dir.map(|dir| (dir, LOG_NAME)) })?;
    block_on(async {
        let mut signals = StopSignals::listen()?;
        let stop = async {
            signals.stopped().await;
        };
        let socket = args.socket.as_deref().map(bind).transpose()?;
        let socket = match socket {
            Some(socket) if !args.stdio => {
                worker::run_on_socket(socket, policy, stop).await;
                return Ok(Exit::Success);
            }
            socket => socket,
        };
        let failed = |error| Diagnosis::internal("the worker cannot use its standard streams", error);
        let settings = WorkerSettings {
            input: StdioInput::take().map_err(failed)?,
            output: StdioOutput::take().map_err(failed)?,
            stop,
            reader_gone: stdout_reader_gone(),
            policy,
        };
        let served = match socket {
            Some(socket) => worker::run_with_socket(settings, socket).await,
            None => worker::run(settings).await,
        };
        served.map_err(|error| Diagnosis::internal("the worker's input cannot be read", error))?;
        Ok(Exit::Success)
    })
}

fn bind(path: &Path) -> Result<WorkerSocket, Diagnosis> {
    WorkerSocket::bind(path).map_err(|error| {
        let remedy = error.remedy();
        Diagnosis::internal("the worker's socket cannot be bound", error).with_help(remedy)
    })
}
