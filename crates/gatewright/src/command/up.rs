//! `gatewright up`: the daemon.

use clap::Args;

use crate::config::{self, ConfigArgs};
use crate::daemon::{self, LOG_NAME, Launch};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::log::{self, LogSettings, LogTail};
use crate::runtime::block_on;

const EXAMPLES: &str = "\
Examples:
  gatewright up                              the Gateway at 127.0.0.1:4002; programs connect to 4102
  gatewright up --gateway 127.0.0.1:7497     TWS; programs connect to 7597
  gatewright up --gateway 127.0.0.1:4002 --proxy 127.0.0.1:0 --http off --state /tmp/gw
  gatewright up --config ./gatewright.toml   several Gateways, alerts: see `config example`
  gatewright up --gateway 127.0.0.1:4001 --live --account U1234567

Then, from elsewhere: `gatewright status`, `gatewright logs -f`, `gatewright down`.

Runs in the foreground and prints where it listens, a line each, then `ready`. Under systemd it
speaks Type=notify and the watchdog; packaging/ has a unit. Ctrl-C and SIGTERM stop it in order,
SIGHUP reads the settings again and says what waits for a restart.
Exit codes: 0 stopped in order, 1 something cannot be served, 2 wrong settings, 30 live trading
refused, 31 a daemon with this state folder runs already.";

/// Keep a Gateway's sessions alive for every program on this machine
///
/// Programs connect to Gatewright's port as they would to the Gateway's own. Their sessions outlive a crash of the
/// program, of Gatewright's worker, and the Gateway's nightly restart. One daemon serves one or several Gateways.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UpArgs {
    #[command(flatten)]
    settings: ConfigArgs,
}

/// Runs the command.
pub(crate) fn run(args: UpArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let read = || config::load(&args.settings, environment);
    let settings = read()?;
    let tail = LogTail::new();
    let logs = settings.state_dir.value.join("logs");
    let to = LogSettings { filter: environment.log.clone(), file: Some((logs, LOG_NAME)) };
    log::start_with_tail(to, tail.clone())?;
    let launch = Launch { settings, read_again: &read, service: &environment.service, tail };
    block_on(daemon::run(launch))
}
