//! `gatewright sim`: a simulated Gateway for real TWS API clients.

mod ctl;
mod list;
mod replay;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use gatewright_proto::ClientId;
use gatewright_sim::scenario::Span;
use gatewright_sim::{
    ControlSocket, Fault, Listing, MarketHours, PriceRecording, Scenario, SimConfig, SimError, Simulator, Start,
    scenario_schema,
};
use rust_decimal::Decimal;
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
  gatewright sim --list-messages
  gatewright sim --scenario scenarios/nightly.toml --control /tmp/sim.sock --record session.txt
  gatewright sim ctl --control /tmp/sim.sock fault on stall-new
  gatewright sim replay session.txt --port 0
  gatewright sim --speed 60 --start 2026-03-02T09:30

Connect anything to it: `gatewright connect --gateway 127.0.0.1:4002`, ib_async, the official ibapi.

Standard output has exactly one line, when the port is open: `listening on HOST:PORT`. The same
--seed, --start and requests give the same bytes. Exit codes: 0 ended in order (Ctrl-C, SIGTERM),
1 the port cannot be opened, 2 wrong arguments.";

/// Simulate a Gateway that real TWS API clients connect to, and that fails on request
///
/// It speaks the TWS API, as text and as protobuf: handshake, accounts, positions, market data, history, orders with fills and
/// commissions against seeded synthetic prices. Faults are the stalls and traps that real Gateways have been reported
/// with, each by itself and with its source.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct SimArgs {
    #[command(subcommand)]
    command: Option<SimCommand>,

    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 4002)]
    port: u16,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,

    /// Misbehave in this way; may be given several times
    #[arg(long = "fault", value_name = "NAME", value_parser = fault)]
    faults: Vec<Fault>,

    /// Let happen what this TOML file says: at times, on messages, by chance
    ///
    /// `scenarios/` has examples, docs/scenario.schema.json the schema. Parameters of faults are set there as well.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,

    /// Print the JSON Schema of scenario files and exit
    #[arg(long)]
    print_scenario_schema: bool,

    /// Listen on this Unix socket (mode 0600) for `gatewright sim ctl`
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,

    /// Record every byte of every connection into this file; `gatewright sim replay` plays it back
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// List the faults and exit
    #[arg(long)]
    list_faults: bool,

    /// List the messages, since which server version each exists, and what the simulator does with it, and exit
    #[arg(long, conflicts_with = "list_faults")]
    list_messages: bool,

    /// With --list-faults or --list-messages: as JSON
    #[arg(long)]
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

    /// Whether markets close: `always` open, or `real` sessions, weekends and holidays
    #[arg(long, value_name = "always|real", default_value = "always")]
    market_hours: MarketHours,

    /// Add the instruments of this file: TOML (`[[instrument]]` tables), or CSV under a header line
    ///
    /// Keys: symbol and price; type (STK, ETF, FUT, CASH, IND), con_id, currency, exchange, name, tick, spread,
    /// multiplier, expiry (YYYYMMDD), lot, hours (stock, option, globex, forex), options (true lists a chain).
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// Play recorded prices of a symbol; may be given several times
    ///
    /// A CSV file with a header line, or a Parquet file (*.parquet) with these columns: time, open, high, low, close and perhaps volume for bars; time, price and perhaps
    /// size for ticks. Times are seconds since 1970, UTC with Z, New York's without, or days. Choose a moment inside the
    /// file with --start.
    #[arg(long = "replay", value_name = "SYMBOL=FILE", value_parser = replay_of)]
    replays: Vec<(String, PathBuf)>,

    /// The accounts of the login, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',', default_value = "DU1234567")]
    accounts: Vec<String>,

    /// Dollars in each account
    #[arg(long, value_name = "AMOUNT", default_value = "1000000")]
    cash: Decimal,

    /// Tell this client of every client's orders unasked, as the Gateway's master client
    #[arg(long, value_name = "CLIENT")]
    master_client_id: Option<i32>,

    /// Answer orders that name no time in force by warning 10349, as a Gateway with an order preset does
    #[arg(long)]
    tif_preset: bool,

    /// Tell each client of its open orders before anything else, as a Gateway that is set to
    #[arg(long)]
    download_open_orders: bool,

    /// Give a connection up whose client has not read for so long, as a Gateway's "timeout to send bulk data to API"
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = ctl::span)]
    bulk_data_timeout: Span,

    /// The highest server version to agree on: text up to 200, protobuf from 201 to 226
    #[arg(long, visible_alias = "server-version", value_name = "VERSION", default_value_t = 226)]
    max_server_version: i32,

    /// With --fault stall-new: how many ready sessions there may be before new connections stall
    #[arg(long, value_name = "N", default_value_t = 1)]
    stall_after: usize,

    /// End when standard input does: then it cannot outlive whoever started it
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
enum SimCommand {
    Ctl(ctl::CtlArgs),
    Replay(replay::ReplayArgs),
}

/// Runs the command.
pub(crate) fn run(mut args: SimArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    match args.command.take() {
        Some(SimCommand::Ctl(args)) => return ctl::run(args),
        Some(SimCommand::Replay(args)) => return replay::run(&args),
        None => {}
    }
    if args.print_scenario_schema {
        output::pretty_json(&scenario_schema());
        return Ok(Exit::Success);
    }
    if args.list_faults {
        list::faults(Form::from_flag(args.json));
        return Ok(Exit::Success);
    }
    if args.list_messages {
        list::messages(Form::from_flag(args.json));
        return Ok(Exit::Success);
    }
    if args.json {
        return Err(Diagnosis::new(Exit::Usage, "--json is for --list-faults and --list-messages".to_owned()));
    }
    log::start(LogSettings { filter: environment.log.clone(), file: None })?;
    let until_stdin_closes = args.until_stdin_closes;
    let scenario = args.scenario.as_deref().map(read_scenario).transpose()?.unwrap_or_default();
    let listings = args.catalogue.as_deref().map(read_catalogue).transpose()?.unwrap_or_default();
    let replays = args.replays.iter().map(read_prices).collect::<Result<_, _>>()?;
    let control = args.control.clone();
    block_on(async move {
        let mut signals = StopSignals::listen()?;
        let mut simulator = Simulator::start(SimConfig { scenario, listings, replays, ..args.config() }).await?;
        let control = control.map(|path| ControlSocket::open(path, simulator.control())).transpose()?;
        output::line(format_args!("{READY_LINE}{}", simulator.addr()));
        tokio::select! {
            _ = signals.stopped() => {}
            () = stdin_closed(), if until_stdin_closes => {}
            ended = simulator.ended() => return ended.map(|()| Exit::Success).map_err(Diagnosis::from),
        }
        drop(control);
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
            record: self.record,
            market_hours: self.market_hours,
            max_server_version: self.max_server_version,
            master_client_id: self.master_client_id.map(ClientId::new),
            tif_preset: self.tif_preset,
            download_open_orders: self.download_open_orders,
            bulk_data_timeout: self.bulk_data_timeout.get(),
            stall_after: self.stall_after,
            ..SimConfig::default()
        }
    }
}

impl From<SimError> for Diagnosis {
    fn from(error: SimError) -> Self {
        match error {
            SimError::UnknownFault { .. }
            | SimError::BadStart { .. }
            | SimError::BadScenario { .. }
            | SimError::BadRecording { .. }
            | SimError::BadFile { .. }
            | SimError::BadSetting { .. } => Self::new(Exit::Usage, error.to_string()),
            SimError::Listen { .. } => Self::internal("the simulator cannot start", error)
                .with_help("Give a free port with --port, or --port 0 for any free one."),
            SimError::ControlSocket { .. } => Self::internal("the simulator cannot be steered", error)
                .with_help("Give a path that nothing else uses."),
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

fn replay_of(text: &str) -> Result<(String, PathBuf), String> {
    let (symbol, file) = text.split_once('=').ok_or("give it as SYMBOL=FILE")?;
    Ok((symbol.to_owned(), file.into()))
}

fn read(what: &str, path: &Path) -> Result<String, Diagnosis> {
    fs::read_to_string(path)
        .map_err(|error| Diagnosis::internal(&format!("cannot read the {what} `{}`", path.display()), error))
}

fn read_catalogue(path: &Path) -> Result<Vec<Listing>, Diagnosis> {
    let text = read("catalogue", path)?;
    let csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    Ok(if csv { Listing::from_csv(&text)? } else { Listing::from_toml(&text)? })
}

fn read_prices((symbol, path): &(String, PathBuf)) -> Result<(String, Arc<PriceRecording>), Diagnosis> {
    let parquet = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"));
    let recording = if parquet {
        let file = fs::read(path)
            .map_err(|error| Diagnosis::internal(&format!("cannot read the prices `{}`", path.display()), error))?;
        PriceRecording::from_parquet(file.into())?
    } else {
        PriceRecording::from_csv(&read("prices", path)?)?
    };
    Ok((symbol.clone(), Arc::new(recording)))
}

fn read_scenario(path: &Path) -> Result<Scenario, Diagnosis> {
    let text = fs::read_to_string(path)
        .map_err(|error| Diagnosis::internal(&format!("cannot read the scenario `{}`", path.display()), error))?;
    Ok(text.parse::<Scenario>()?)
}

fn fault(name: &str) -> Result<Fault, String> {
    name.parse().map_err(|error: SimError| format!("{error}; `gatewright sim --list-faults` has them all"))
}
