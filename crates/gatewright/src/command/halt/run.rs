//! The command: the halt first, then the rest.

use gatewright_journal::{HaltRecord, HaltScope, Journal};

use super::args::HaltArgs;
use super::cancel::cancel_open;
use super::flatten::Desk;
use super::plan::Reach;
use super::session::Session;
use super::settling::record_ended;
use super::told::Told;
use crate::command::journal::stamp;
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::guard;
use crate::output::{Form, Paint};
use crate::runtime::block_on;
use crate::signal::StopSignals;

/// Runs the command.
pub(crate) fn run(args: HaltArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let now = args.zone.now()?;
    let mut journal = args.journal.open_or_make(environment)?;
    let before = journal.halted()?;
    let reason = args.reason.clone();
    let halt = HaltRecord { at: now.timestamp(), reason, by: environment.who(), scope: args.scope() };
    journal.halt(&halt)?;

    let mut told = Told::new(Form::from_flag(args.json), Paint::new(environment.colour));
    told.done("halted: no new order goes out, by any trader with this journal");
    if let Some(before) = &before {
        let since = stamp(before.at, now.time_zone());
        told.note(&format!("it was halted already, since {since} by {}: {}", before.by, before.reason));
    }
    let mut refused = None;
    match halt.scope {
        HaltScope::NewOrders => {
            let open = journal.open_intents()?.len();
            if open > 0 {
                told.note(&format!("{open} orders are not settled: `gatewright orders --open` lists them"));
            }
        }
        HaltScope::CancelOpen | HaltScope::Flatten => {
            refused = block_on(act(&args, environment, &mut journal, &mut told))?;
        }
    }
    let exit = told.end(&halt, before.as_ref());
    Ok(refused.unwrap_or(exit))
}

/// Cancels and closes. How the process is to end where it was not even tried.
async fn act(
    args: &HaltArgs,
    environment: &Environment,
    journal: &mut Journal,
    told: &mut Told,
) -> Result<Option<Exit>, Diagnosis> {
    let gateway = args.gateway.clone().or_else(|| environment.gateway.clone()).unwrap_or_default();
    if let Err(refusal) = guard::check_gateway(&gateway, &args.money.allowed()) {
        told.not_done(format!("nothing was cancelled or closed: {refusal}. {}", refusal.remedy()));
        return Ok(Some(Exit::LiveRefused));
    }
    let mut signals = StopSignals::listen()?;
    let session = tokio::select! {
        biased;
        exit = signals.stopped() => {
            told.not_done("stopped before anything was cancelled or closed");
            return Ok(Some(exit));
        }
        session = Session::open(args, &gateway, environment) => session,
    };
    let session = match session {
        Ok(session) => session,
        Err(why) => {
            told.not_done(format!("nothing was cancelled or closed: there is no session with {gateway}: {why}"));
            return Ok(None);
        }
    };
    let exit = tokio::select! {
        biased;
        exit = signals.stopped() => {
            told.not_done("stopped on the way: ask `gatewright orders --open` and TWS what is open");
            Ok(Some(exit))
        }
        done = with(&session, args, environment, journal, told) => done,
    };
    session.close().await;
    exit
}

async fn with(
    session: &Session,
    args: &HaltArgs,
    environment: &Environment,
    journal: &mut Journal,
    told: &mut Told,
) -> Result<Option<Exit>, Diagnosis> {
    told.done(format!("connected to {} as client {}", session.connected.gateway, session.client_id()));
    if let Err(refusal) = guard::check_accounts(&session.connected.accounts, &args.money.allowed()) {
        told.not_done(format!("nothing was cancelled or closed: {refusal}. {}", refusal.remedy()));
        return Ok(Some(Exit::LiveRefused));
    }
    let reach = if args.everything { Reach::Everything } else { Reach::Ours };
    let open = cancel_open(session, journal, reach, args.yes, told).await?;
    if open.is_some() {
        record_ended(session, journal, || args.journal.open_or_make(environment), told).await?;
    }
    if args.flatten {
        match open {
            Some(open) => Desk { session, journal, args, environment }.flatten(&open, told).await?,
            None => told.not_done("close: it is not known what is open, and an open order could turn a position round"),
        }
    }
    Ok(None)
}
