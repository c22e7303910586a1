//! The command.

use clap::Args;

use crate::cli::{GatewayArgs, SessionArgs};
use crate::command::connect::{Progress, attempt};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::output::{self, Form};
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  gatewright connect                         a paper Gateway on this machine
  gatewright connect --sim                   a simulated one, started for this run
  gatewright connect --gateway 10.0.0.5:4002 --client-id 7
  gatewright connect --sync positions        positions must be answered, nothing else
  gatewright connect --json | jq .accounts
  gatewright connect --gateway 127.0.0.1:4001 --live --account U1234567 --readonly

Exit codes: 0 ready, 10 nothing listens, 12 dead connections at the Gateway, 13 it accepts and
does not answer, 14 client id taken, 15 closed or lost, 16 no TWS API there, 17 no accounts,
18 unreachable, 23 a request failed, 30 live trading refused, 31 locked, 130 Ctrl-C.
`gatewright --help` has them all.";

/// Connect in named stages; show accounts and positions; leave in order
///
/// The connection goes through a worker process, exactly as a trading program's does. Each stage has a deadline of its
/// own and is shown with its time when it has passed. A failure names the stage, the cause, who has to act and what to
/// do. No stage waits longer than five seconds.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConnectArgs {
    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    gateway: GatewayArgs,

    #[command(flatten)]
    session: SessionArgs,
}

/// Runs the command.
pub(crate) fn run(args: ConnectArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let form = Form::from_flag(args.json);
    block_on(async {
        let mut signals = StopSignals::listen()?;
        let target = Target::prepare(&args.gateway, environment).await?;
        let mut progress = Progress::new(form, environment);
        let outcome = attempt(&target, &args.session, environment, &mut progress, &mut signals).await?;
        target.release().await;
        let exit = outcome.exit();
        match form {
            Form::Text => outcome.show(environment),
            Form::Json => output::json(&outcome),
        }
        Ok(exit)
    })
}
