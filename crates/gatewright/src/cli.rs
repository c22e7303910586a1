//! The arguments, their help, and which command they call.

use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gatewright_link::protocol::{ConnectParams, ForeignPolicy, ZombiePolicy};
use gatewright_proto::ClientId;
use gatewright_proto::session::SyncRequest;

use crate::command::alert::AlertArgs;
use crate::command::config::ConfigCommandArgs;
use crate::command::connect::ConnectArgs;
use crate::command::doctor::DoctorArgs;
use crate::command::down::DownArgs;
use crate::command::halt::HaltArgs;
use crate::command::journal::JournalCommandArgs;
use crate::command::logs::LogsArgs;
use crate::command::orders::OrdersArgs;
use crate::command::reload::ReloadArgs;
use crate::command::report::ReportArgs;
use crate::command::resume::ResumeArgs;
use crate::command::sim::SimArgs;
use crate::command::status::StatusArgs;
use crate::command::trade::TradeArgs;
use crate::command::up::UpArgs;
use crate::command::validate::ValidateArgs;
use crate::command::worker::WorkerArgs;
use crate::command::{
    alert, config, connect, doctor, down, halt, journal, logs, orders, reload, report, resume, sim, status, trade, up,
    validate, worker,
};
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::guard::Allowed;
use crate::log;
use crate::output::{self, Broken};

const LONG_ABOUT: &str = "\
Keeps trading programs connected to Interactive Brokers' Gateway and TWS.

First steps:
  gatewright doctor               is a Gateway there, and is it well? (touches nothing)
  gatewright connect              connect in named stages; show accounts and positions
  gatewright connect --sim        the same without a Gateway or an account
  gatewright trade AAPL --sim     trade on paper against a simulated Gateway
  gatewright up                   keep sessions alive: programs connect to port 4102 instead

Every command has examples in its own --help.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, about, long_about = LONG_ABOUT, after_long_help = Exit::help())]
#[command(arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Connect(ConnectArgs),
    Doctor(DoctorArgs),
    Validate(ValidateArgs),
    Worker(WorkerArgs),
    Sim(SimArgs),
    Trade(TradeArgs),
    Orders(OrdersArgs),
    Journal(JournalCommandArgs),
    Report(ReportArgs),
    Halt(HaltArgs),
    Resume(ResumeArgs),
    Up(UpArgs),
    Status(StatusArgs),
    Logs(LogsArgs),
    Reload(ReloadArgs),
    Down(DownArgs),
    Config(ConfigCommandArgs),
    Alert(AlertArgs),
}

/// Runs the program.
pub(crate) fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are errors to clap as well; it knows which stream each belongs to.
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            if let Err(error) = error.print()
                && exit == Exit::Success
            {
                output::note_broken(&error);
            }
            return ended(exit);
        }
    };
    let read = Environment::read().and_then(|environment| {
        log::check(environment.log.as_deref())?;
        Ok(environment)
    });
    let result = read.and_then(|environment| match cli.command {
        Command::Connect(args) => connect::run(args, &environment),
        Command::Doctor(args) => doctor::run(args, &environment),
        Command::Validate(args) => validate::run(args, &environment),
        Command::Worker(args) => worker::run(args, &environment),
        Command::Sim(args) => sim::run(args, &environment),
        Command::Trade(args) => trade::run(args, &environment),
        Command::Orders(args) => orders::run(args, &environment),
        Command::Journal(args) => journal::run(args, &environment),
        Command::Report(args) => report::run(args, &environment),
        Command::Halt(args) => halt::run(args, &environment),
        Command::Resume(args) => resume::run(args, &environment),
        Command::Up(args) => up::run(args, &environment),
        Command::Status(args) => status::run(args, &environment),
        Command::Logs(args) => logs::run(args, &environment),
        Command::Reload(args) => reload::run(args, &environment),
        Command::Down(args) => down::run(args, &environment),
        Command::Config(args) => config::run(args, &environment),
        Command::Alert(args) => alert::run(args, &environment),
    });
    ended(result.unwrap_or_else(|diagnosis| {
        let exit = diagnosis.exit();
        output::failure(diagnosis);
        exit
    }))
}

/// A report that could not be written is a failure, whatever it said; a reader that has gone is none.
fn ended(exit: Exit) -> Exit {
    match output::broken() {
        None | Some(Broken::ReaderGone) => exit,
        Some(Broken::Failed(why)) => {
            let failure = Diagnosis::new(Exit::Internal, format!("standard output cannot be written to: {why}"));
            output::failure(failure.with_help("Make room where it leads to, or send it elsewhere."));
            Exit::Internal
        }
    }
}

/// Which Gateway is meant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Gateway")]
pub(crate) struct GatewayArgs {
    /// The Gateway's API port [env: GATEWRIGHT_GATEWAY] [default: 127.0.0.1:4002]
    ///
    /// IB Gateway listens on 4001 (live) and 4002 (paper), TWS on 7496 (live) and 7497 (paper).
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) gateway: Option<Endpoint>,

    /// Use a simulated Gateway, started for this run on a free port
    #[arg(long, conflicts_with = "gateway")]
    pub(crate) sim: bool,
}

impl GatewayArgs {
    /// The real Gateway that is meant where `--sim` is not given: flag, else environment, else the default.
    pub(crate) fn endpoint(&self, environment: &Environment) -> Endpoint {
        self.gateway.clone().or_else(|| environment.gateway.clone()).unwrap_or_default()
    }
}

/// How to connect.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Session")]
pub(crate) struct SessionArgs {
    /// The client id to take; each program needs its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) client_id: i32,

    /// The longest that connecting may take [default: the stages' own deadlines, 15.25 s together]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,

    /// What to do if dead connections hang in CLOSE_WAIT at the Gateway
    #[arg(long, value_enum, default_value_t = Zombies::Abort)]
    pub(crate) zombies: Zombies,

    /// Do not connect if the port belongs to a program that is neither a Gateway nor a relay
    #[arg(long)]
    pub(crate) refuse_foreign: bool,

    /// What the Gateway must answer before it counts as ready [default: all]
    ///
    /// A comma-separated list of positions, open-orders, executions and account-values; `none` asks for the Gateway's
    /// clock alone.
    #[arg(long, value_name = "LIST")]
    pub(crate) sync: Option<SyncList>,

    /// Refuse every order in this session, and do not ask for open orders while connecting
    #[arg(long)]
    pub(crate) readonly: bool,

    #[command(flatten)]
    pub(crate) money: MoneyArgs,
}

impl SessionArgs {
    /// The worker's parameters for a session with this Gateway.
    pub(crate) fn params(&self, gateway: &Endpoint) -> ConnectParams {
        ConnectParams {
            host: gateway.host.clone(),
            port: gateway.port,
            client_id: ClientId::new(self.client_id),
            readonly: self.readonly,
            timeout: self.timeout.map(|timeout| timeout.as_secs_f64()),
            zombies: self.zombies.into(),
            sync: self.sync.as_ref().map(|list| list.0.clone()),
            foreign: if self.refuse_foreign { ForeignPolicy::Abort } else { ForeignPolicy::Allow },
            live: self.money.live,
            account: self.money.account.clone(),
            ..ConnectParams::default()
        }
    }
}

/// Whether real money is meant.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Real money")]
pub(crate) struct MoneyArgs {
    /// Allow a live port (4001, 7496) or a live account; needs --account as well
    #[arg(long)]
    pub(crate) live: bool,

    /// The account that is meant; the Gateway must have it
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
}

impl MoneyArgs {
    /// The same for the guard.
    pub(crate) fn allowed(&self) -> Allowed {
        Allowed { live: self.live, account: self.account.clone() }
    }
}

/// What to do about dead connections at the Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Zombies {
    /// Do not connect
    Abort,
    /// Connect, and say so
    Warn,
    /// Remove their entries from the kernel's table first (needs CAP_NET_ADMIN)
    Clean,
}

impl From<Zombies> for ZombiePolicy {
    fn from(zombies: Zombies) -> Self {
        match zombies {
            Zombies::Abort => Self::Abort,
            Zombies::Warn => Self::Warn,
            Zombies::Clean => Self::Clean,
        }
    }
}

/// The requests of the sync stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyncList(pub(crate) Vec<SyncRequest>);

impl FromStr for SyncList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let request = |name: &str| {
            let known = SyncRequest::ALL.into_iter().find(|request| request.name() == name.trim().replace('-', "_"));
            known.ok_or_else(|| {
                format!("`{name}` is none of positions, open-orders, executions, account-values, or none")
            })
        };
        text.split(',').map(request).collect::<Result<_, _>>().map(Self)
    }
}

/// Reads a positive number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.strip_suffix('s').unwrap_or(text).parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it must be a positive number of seconds, such as 5 or 0.5".into())
}

/// A refusal of the guard as a user sees it.
impl From<crate::guard::Refusal> for Diagnosis {
    fn from(refusal: crate::guard::Refusal) -> Self {
        Self::new(Exit::LiveRefused, refusal.to_string()).with_code(refusal.cause()).with_help(refusal.remedy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sync_lists_are_read_with_either_dash_and_refused_by_name() {
        let list = |text: &str| text.parse::<SyncList>().map(|list| list.0);
        assert_eq!(list("none"), Ok(vec![]));
        assert_eq!(list("positions,open-orders"), Ok(vec![SyncRequest::Positions, SyncRequest::OpenOrders]));
        assert_eq!(list("account_values"), Ok(vec![SyncRequest::AccountValues]));
        assert!(list("positions,dividends").unwrap_err().contains("`dividends`"));
        assert!(list("").is_err());
    }

    #[test]
    fn timeouts_are_positive_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(seconds("30s"), Ok(Duration::from_secs(30)));
        for bad in ["0", "-1", "soon", "inf", "NaN", "1e300"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
