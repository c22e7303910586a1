//! The command.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatewright_link::client::{LinkSettings, WorkerStderr};
use gatewright_trade::run::run as trade;
use gatewright_trade::{Failing, TradeError};
use tokio::sync::Notify;

use super::args::TradeArgs;
use super::form::{Form, Writer};
use super::printer::Printer;
use super::scratch::ScratchDir;
use super::view::{Screen, Wishes};
use crate::command::connect::worker_command;
use crate::config;
use crate::diagnosis::Diagnosis;
use crate::environment::{self, Environment};
use crate::exit_code::Exit;
use crate::fail_point::FailPoint;
use crate::guard;
use crate::log::{self, LogSettings};
use crate::output;
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::sim_child::SimChild;
use crate::target::Target;

/// The log's name in its folder.
const LOG_NAME: &str = "trade.log";

/// Runs the command.
pub(crate) fn run(args: TradeArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let log_dir = environment.log_dir();
    log::start(LogSettings { filter: environment.log.clone(), file: log_dir.map(|dir| (dir, LOG_NAME)) })?;
    block_on(async {
        let mut signals = StopSignals::listen()?;
        let file = config::load_trading(args.config.as_deref(), environment)?;
        let scratch = scratch(&args)?;
        let target = target(&args, environment).await?;
        let gateway = target.endpoint().clone();
        guard::check_gateway(&gateway, &args.money.allowed())?;
        let state = state(&args, scratch.as_ref(), environment)?;
        let locks = match (&scratch, &args.state) {
            // A simulated Gateway has a port of its own each time, and its locks go with it.
            (Some(scratch), _) => scratch.path().join("locks"),
            (None, None) => environment.lock_dir().unwrap_or_else(|| state.join("locks")),
            (None, Some(_)) => state.join("locks"),
        };
        let journal = journal(&target, &state)?;
        let watch = environment.fail_point.map(FailPoint::watch).unwrap_or_default();
        let settings = args.settings(&file, &gateway, &locks, journal, watch).map_err(|error| diagnosis(&error))?;
        let link = LinkSettings { stderr: WorkerStderr::Lines, ..LinkSettings::new(worker_command(environment)?) };
        let asked = Arc::new(Notify::new());
        let title = title(&args, &target);
        let wishes = Wishes { stop: Arc::clone(&asked), journal: settings.journal.clone(), who: environment.who() };
        let screen = args.wants_screen(environment).then(|| Screen::open(&title, environment.colour, wishes).ok());
        let form = screen.flatten().map_or_else(|| Form::of(&args, environment), Form::Screen);
        let writer = Writer::new(form);
        writer.begin(&title);
        let mut printer = Printer::start(writer)?;
        let mut signal = None;
        let unheard = printer.unheard();
        let stop = async {
            tokio::select! {
                exit = signals.stopped() => signal = Some(exit),
                () = asked.notified() => signal = Some(Exit::Interrupted),
                () = unheard.notified() => {
                    output::last_note("Standard output takes nothing more, so trading stops, in order.");
                }
            }
        };
        let outcome = trade(settings, link, stop, &mut printer).await;
        target.release().await;
        let failure = outcome.error.as_ref().map(Failing::from);
        printer.finish(outcome.summary.clone(), failure)?;
        match outcome.error {
            Some(error) => Err(diagnosis(&error)),
            // Ctrl-C is how a trader ends; before it trades, it is how one gives up.
            None if outcome.summary.account.is_some() => Ok(Exit::Success),
            None => Ok(signal.unwrap_or(Exit::Success)),
        }
    })
}

fn scratch(args: &TradeArgs) -> Result<Option<ScratchDir>, Diagnosis> {
    let wanted = args.gateway.sim;
    let failed = |error| Diagnosis::internal("cannot make a temporary folder", error);
    wanted.then(ScratchDir::create).transpose().map_err(failed)
}

async fn target(args: &TradeArgs, environment: &Environment) -> Result<Target, Diagnosis> {
    if !args.gateway.sim {
        return Target::prepare(&args.gateway, environment).await;
    }
    let arguments = args.sim_arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Ok(Target::Simulated(SimChild::start(&arguments).await?))
}

fn state(args: &TradeArgs, scratch: Option<&ScratchDir>, environment: &Environment) -> Result<PathBuf, Diagnosis> {
    let given = args.state.clone().or_else(|| scratch.map(|scratch| scratch.path().to_path_buf()));
    given.or_else(|| environment.state_dir.clone()).ok_or_else(|| {
        Diagnosis::new(Exit::Usage, "there is no folder for the journal")
            .with_help(format!("Give one with --state, or set {}.", environment::STATE))
    })
}

/// The journal's file. A simulated Gateway is a world of its own that begins anew each time, with the same order and
/// execution ids, so it has a journal of its own that does too.
fn journal(target: &Target, state: &Path) -> Result<PathBuf, Diagnosis> {
    let Target::Simulated(sim) = target else { return Ok(state.join("journal.db")) };
    let name = format!("journal-sim-{}.db", sim.endpoint().port);
    for part in ["", "-wal", "-shm"] {
        match fs::remove_file(state.join(format!("{name}{part}"))) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Diagnosis::internal("cannot remove an earlier simulation's journal", error)),
        }
    }
    Ok(state.join(name))
}

fn title(args: &TradeArgs, target: &Target) -> String {
    let symbols = args.symbols.join(", ").to_uppercase();
    let client_id = args.session.client_id;
    let gateway = target.endpoint();
    match target {
        Target::Real(_) => format!("Trading {symbols} at {gateway} as client {client_id}"),
        Target::Simulated(_) => {
            let speed = args.sim.speed.map(|speed| format!(", {speed} times as fast")).unwrap_or_default();
            format!("Trading {symbols} at a simulated Gateway ({gateway}{speed}) as client {client_id}")
        }
    }
}

fn diagnosis(error: &TradeError) -> Diagnosis {
    let Failing { cause, message, remedy, .. } = Failing::from(error);
    let exit = Exit::from_cause(&cause).unwrap_or(match error {
        TradeError::Setting { .. } | TradeError::UnknownSymbol { .. } | TradeError::AmbiguousSymbol { .. } => {
            Exit::Usage
        }
        TradeError::ReadOnlyGateway => Exit::GatewayError,
        TradeError::Halted { .. } => Exit::Halted,
        TradeError::Program { .. } => Exit::StrategyFailed,
        TradeError::LiveAccount { .. } | TradeError::UnknownAccount { .. } | TradeError::AmbiguousAccount { .. } => {
            Exit::LiveRefused
        }
        TradeError::Call { .. }
        | TradeError::Journal(_)
        | TradeError::Lock(_)
        | TradeError::Thread(_)
        | TradeError::DeskGone => Exit::Internal,
    });
    Diagnosis::new(exit, message).with_code(&cause).with_help(remedy)
}
