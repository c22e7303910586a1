//! The arguments, and the settings that they make.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::limits::LimitArgs;
use super::strategy::StrategyArgs;
use crate::cli::{GatewayArgs, MoneyArgs, Zombies};
use crate::command::halt::RESERVED_CLIENT_IDS;
use crate::config::TradingSettings;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use clap::{Args, ValueEnum};
use gatewright_link::protocol::ConnectParams;
use gatewright_proto::ClientId;
use gatewright_trade::run::{Instrument, ProgramSettings, Sending, TraderSettings};
use gatewright_trade::{AccountId, Permission, TradeError, Watch};

const EXAMPLES: &str = "\
Examples:
  gatewright trade AAPL --sim                        a simulated Gateway, started for this run
  gatewright trade AAPL --sim --speed 60 --for 30s   half an hour of trading in half a minute
  gatewright trade AAPL MSFT --quantity 5            the paper Gateway on this machine
  gatewright trade AAPL --fast 12 --slow 48 --state ~/bot
  gatewright trade AAPL --sim --for 10s --summary json | jq .net_profit

What it does: takes the lock of its client id, starts a worker, connects in named stages, checks
that the account is a paper one, asks for half an hour of history, then trades on live five-second
bars: long while the fast average of closes is above the slow one, flat otherwise, by market
orders. Each order is on the disk before it is sent, and is sent once. When the session or the
worker is lost it comes back by itself and asks the Gateway what became of its orders.

Ctrl-C and SIGTERM: no new orders, what is on its way arrives, the session is closed in order, the
position stays as it is, the summary is printed. Shares that were there before are left alone.

Exit codes: 0 ended as asked (--for, Ctrl-C or SIGTERM while trading), 130 or 143 stopped before
trading began, 2 wrong arguments or symbol, 30 live trading refused, 31 locked, and those of
`gatewright connect` if the first connection fails. `gatewright --help` has them all.";

/// Trade symbols on the paper account with a built-in strategy
///
/// Shows each stage, order, fill and reconnect as it happens, and on a terminal a status line with price and age,
/// position and profit. Prints a summary at the end.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TradeArgs {
    /// The US stocks to trade
    #[arg(value_name = "SYMBOL", required = true)]
    pub(super) symbols: Vec<String>,

    /// Stop by itself after this long, counted from the first moment of trading: 30s, 5m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(super) stop_after: Option<Duration>,

    /// The folder for journal and lock [default: the state folder; with --sim one that is removed afterwards]
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,

    // As an attribute: documentation would take a section's name for a link.
    #[arg(
        long,
        value_name = "FILE",
        help = "The settings' file, of which [risk] and [trade] are read [env: GATEWRIGHT_CONFIG] [default: \
                gatewright.toml in ~/.config/gatewright, if there is one]"
    )]
    pub(super) config: Option<PathBuf>,

    /// On a terminal, write events as lines instead of using the whole of it
    #[arg(long)]
    pub(super) lines: bool,

    /// Report every event as one JSON object a line, the summary last
    #[arg(long, conflicts_with = "summary")]
    pub(super) json: bool,

    /// The form of the summary; with `json` it is all that standard output has, and lines go to standard error
    #[arg(long, value_name = "FORM", value_enum, default_value_t = SummaryForm::Text)]
    pub(super) summary: SummaryForm,

    /// Do everything but send: orders are told, and assumed to be filled at the price that they were checked at
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) strategy: StrategyArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(flatten)]
    pub(super) gateway: GatewayArgs,

    #[command(flatten)]
    pub(super) sim: SimulatedArgs,

    #[command(flatten)]
    pub(super) session: TradeSessionArgs,

    #[command(flatten)]
    pub(super) money: MoneyArgs,
}

/// The form of the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryForm {
    /// For a person
    Text,
    /// One JSON document
    Json,
}

/// What the simulated Gateway is like.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "With --sim")]
pub(super) struct SimulatedArgs {
    /// Simulated seconds per second
    #[arg(long, value_name = "N", requires = "sim", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) speed: Option<u32>,

    /// Decides every price and delay
    #[arg(long, value_name = "N", requires = "sim")]
    pub(super) seed: Option<u64>,
}

/// How to connect.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Session")]
pub(super) struct TradeSessionArgs {
    /// The client id to take; each program needs its own, and orders belong to the one that placed them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(0..))]
    pub(super) client_id: i32,

    /// What to do if dead connections hang in CLOSE_WAIT at the Gateway
    #[arg(long, value_enum, default_value_t = Zombies::Abort)]
    zombies: Zombies,
}

impl TradeArgs {
    /// The trader's settings for this Gateway, with its state in these places; arguments stand above the file.
    ///
    /// # Errors
    ///
    /// The first argument that cannot be traded with.
    pub(super) fn settings(
        &self,
        file: &TradingSettings,
        gateway: &Endpoint,
        lock_dir: &Path,
        journal: PathBuf,
        watch: Watch,
    ) -> Result<TraderSettings, TradeError> {
        if RESERVED_CLIENT_IDS.contains(&self.session.client_id) {
            let problem = "is one of 9990 to 9997, which are the kill switch's own: it must not find them taken";
            return Err(TradeError::Setting { setting: "client id", problem });
        }
        let (instruments, program) = self.instruments(file)?;
        let limits = self.limits.limits(file, self.sim.speed.unwrap_or(1));
        if self.strategy.most(file) > limits.max_order_size || self.strategy.most(file) > limits.max_position {
            let problem = "is above --max-order or --max-position, so that no order would ever be sent";
            return Err(TradeError::Setting { setting: "quantity", problem });
        }
        let settings = TraderSettings {
            connect: ConnectParams {
                host: gateway.host.clone(),
                port: gateway.port,
                client_id: ClientId::new(self.session.client_id),
                zombies: self.session.zombies.into(),
                live: self.money.live,
                account: self.money.account.clone(),
                ..ConnectParams::default()
            },
            permission: self.permission(),
            instruments,
            program,
            bar: self.strategy.bar(file),
            sending: if self.dry_run { Sending::DryRun } else { Sending::Real },
            limits,
            lock_dir: lock_dir.to_path_buf(),
            journal,
            stop_after: self.stop_after,
            watch,
        };
        settings.check()?;
        Ok(settings)
    }

    /// Whether the whole terminal is to be used: somebody has to see it and to have keys.
    pub(super) fn wants_screen(&self, environment: &Environment) -> bool {
        let for_a_person = !self.json && self.summary == SummaryForm::Text && !self.lines;
        for_a_person && environment.terminal && std::io::stdin().is_terminal()
    }

    /// The simulator's arguments.
    pub(super) fn sim_arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        if let Some(speed) = self.sim.speed {
            arguments.extend(["--speed".into(), speed.to_string()]);
        }
        if let Some(seed) = self.sim.seed {
            arguments.extend(["--seed".into(), seed.to_string()]);
        }
        arguments
    }

    fn permission(&self) -> Permission {
        match (self.money.live, &self.money.account) {
            (true, Some(account)) => Permission::Live(AccountId::new(account)),
            (false, Some(account)) => Permission::PaperAccount(AccountId::new(account)),
            // `--live` alone has been refused by the guard.
            (_, None) => Permission::Paper,
        }
    }

    fn instruments(&self, file: &TradingSettings) -> Result<(Vec<Instrument>, Option<ProgramSettings>), TradeError> {
        let instrument =
            |symbol: &String| Ok(Instrument { symbol: symbol.to_uppercase(), strategy: self.strategy.strategy(file)? });
        let instruments: Result<_, TradeError> = self.symbols.iter().map(instrument).collect();
        Ok((instruments?, self.strategy.program(file)))
    }
}

/// Reads `30s`, `5m`, `2h`, or a bare number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let length = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        _ => 1.0,
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * length).filter(|seconds| *seconds > 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "it must be a length of time such as 30s, 5m or 2h".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for bad in ["", "s", "0", "-3s", "1d", "soon", "1e300h"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
