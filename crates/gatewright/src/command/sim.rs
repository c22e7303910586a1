//! `gatewright sim`: a simulated Gateway for real TWS API clients.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use gatewright_sim::{Fault, SimConfig, SimError, Simulator, Start};
use rust_decimal::Decimal;
use serde::Serialize;
use tokio::io::AsyncReadExt;

use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::log::{self, LogSettings};
use crate::output::{self, Form};
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::sim_child::READY_LINE;

const EXAMPLES: &str = "\
Examples:
  gatewright sim                             on 127.0.0.1:4002, as a paper Gateway would be
  gatewright sim --port 0                    on a free port, which the one line on stdout names
  gatewright sim --fault version-then-silent
  gatewright sim --fault ignore-eof --fault trickle --seed 7
  gatewright sim --list-faults
  gatewright sim --speed 60 --start 2026-03-02T09:30

Connect anything to it: `gatewright connect --gateway 127.0.0.1:4002`, ib_async, the official ibapi.

Standard output has exactly one line, when the port is open: `listening on HOST:PORT`. The same
--seed, --start and requests give the same bytes. Exit codes: 0 ended in order (Ctrl-C, SIGTERM),
1 the port cannot be opened, 2 wrong arguments.";

/// Simulate a Gateway that real TWS API clients connect to, and that fails on request
///
/// It speaks the TWS API's text protocol: handshake, accounts, positions, market data, history, orders with fills and
/// commissions against seeded synthetic prices. Faults are the stalls and traps that real Gateways have been reported
/// with, each by itself and with its source.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SimArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 4002)]
    port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// Misbehave in this way; may be given several times
    #[arg(long = "fault", value_name = "NAME", value_parser = fault)]
    faults: Vec<Fault>,

    /// List the faults and exit
    #[arg(long)]
    list_faults: bool,

    /// With --list-faults: as JSON
    #[arg(long, requires = "list_faults")]
    json: bool,

    /// Decides every price, id and delay
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Simulated seconds per second
    #[arg(long, value_name = "N", default_value_t = 1)]
    speed: u32,

    /// When simulated time starts: `now`, a UTC time with Z, or New York's without
    #[arg(long, value_name = "TIME", default_value = "now")]
    start: Start,

    /// The accounts of the login, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',', default_value = "DU1234567")]
    accounts: Vec<String>,

    /// Dollars in each account
    #[arg(long, value_name = "AMOUNT", default_value = "1000000")]
    cash: Decimal,

    /// The highest server version to agree on, at most 200
    #[arg(long, value_name = "VERSION", default_value_t = 178)]
    max_server_version: i32,

    /// With --fault stall-new: how many ready sessions there may be before new connections stall
    #[arg(long, value_name = "N", default_value_t = 1)]
    stall_after: usize,

    /// End when standard input does: then it cannot outlive whoever started it
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// Runs the command.
pub(crate) fn run(args: SimArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    if args.list_faults {
        list_faults(Form::from_flag(args.json));
        return Ok(Exit::Success);
    }
    log::start(LogSettings { filter: environment.log.clone(), file: None })?;
    let until_stdin_closes = args.until_stdin_closes;
    block_on(async move {
        let mut signals = StopSignals::listen()?;
        let mut simulator = Simulator::start(args.config()).await?;
        output::line(format_args!("{READY_LINE}{}", simulator.addr()));
        tokio::select! {
            _ = signals.stopped() => {}
            () = stdin_closed(), if until_stdin_closes => {}
            ended = simulator.ended() => return ended.map(|()| Exit::Success).map_err(Diagnosis::from),
        }
        simulator.stop().await?;
        Ok(Exit::Success)
    })
}

impl SimArgs {
    fn config(self) -> SimConfig {
        SimConfig {
            listen: SocketAddr::new(self.host, self.port),
            seed: self.seed,
            accounts: self.accounts,
            cash: self.cash,
            speed: self.speed,
            start: self.start,
            faults: self.faults,
            max_server_version: self.max_server_version,
            stall_after: self.stall_after,
            ..SimConfig::default()
        }
    }
}

impl From<SimError> for Diagnosis {
    fn from(error: SimError) -> Self {
        match error {
            SimError::UnknownFault { .. } | SimError::BadStart { .. } | SimError::BadSetting { .. } => {
                Self::new(Exit::Usage, error.to_string())
            }
            SimError::Listen { .. } => Self::internal("the simulator cannot start", error)
                .with_help("Give a free port with --port, or --port 0 for any free one."),
            SimError::Listener { .. } | SimError::Stopped | _ => Self::internal("the simulator cannot go on", error),
        }
    }
}

/// Reads standard input to its end; what comes before it means nothing.
async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 256];
    while stdin.read(&mut ignored).await.is_ok_and(|count| count > 0) {}
}

fn fault(name: &str) -> Result<Fault, String> {
    name.parse().map_err(|error: SimError| format!("{error}; `gatewright sim --list-faults` has them all"))
}

fn list_faults(form: Form) {
    #[derive(Serialize)]
    struct Row {
        name: &'static str,
        sees: &'static str,
        source: &'static str,
    }
    let faults = Fault::all().iter();
    match form {
        Form::Json => {
            let rows = faults.map(|fault| Row { name: fault.name(), sees: fault.sees(), source: fault.source() });
            output::json(&rows.collect::<Vec<_>>());
        }
        Form::Text => {
            let rows = faults.map(|fault| vec![fault.name().to_owned(), fault.sees().to_owned()]);
            output::line(output::table(&["FAULT", "WHAT A CLIENT SEES"], rows, &[]).trim_end());
        }
    }
}
