//! The command: look, clean and connect where asked to, report.

use std::time::Duration;

use clap::Args;
use gatewright_sys::SysError;

use crate::cli::{GatewayArgs, SessionArgs};
use crate::clock;
use crate::command::connect;
use crate::command::doctor::report::{Cleaning, DoctorReport, Finding, Inside};
use crate::command::doctor::text;
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::look::{Look, Sight, look};
use crate::output::{self, Form, Paint};
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::target::Target;

/// How long cleaning may take; the kernel removes thousands of entries in a second.
const CLEAN_WITHIN: Duration = Duration::from_secs(5);

const CLEANING: &str = "Cleaning removes the kernel's entries of dead connections (CLOSE_WAIT, the Gateway's side of the \
API port, each checked right before) and nothing else. It does not wake the Gateway: that keeps its descriptors, and a \
Gateway that has stalled may stay stalled. Only a restart is sure to help.";

const EXAMPLES: &str = "\
Examples:
  gatewright doctor                         look at 127.0.0.1:4002, touch nothing
  gatewright doctor --gateway 127.0.0.1:7497
  gatewright doctor --json | jq .zombies.count
  gatewright doctor --clean                 remove the entries of dead connections
  gatewright doctor --handshake             also connect and see whether it serves
  sudo gatewright doctor --pid $(docker inspect -f '{{.State.Pid}}' ib-gateway)

Exit codes: 0 no fault found, 10 nothing listens, 11 another program has the port, 12 dead
connections (also what is left after --clean), 21 the Gateway does not take connections, 22 it
cannot be told. With --handshake also those of `connect`; a handshake that succeeds settles 22.";

/// Is a Gateway there, and is anything wrong with it? Touches nothing
///
/// Reads the operating system's socket table and never connects: a probe of an API port is itself what leaves a dead
/// connection behind. Each answer is yes, no or unknown. "Unknown" never means "down", and "no fault found" never means
/// "well": whether a Gateway serves, only a handshake shows. The options under Session and Real money are for
/// --handshake.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Remove the entries of dead connections from the kernel's table (needs CAP_NET_ADMIN)
    #[arg(long)]
    clean: bool,

    /// Also connect, in full, and leave in order
    #[arg(long)]
    handshake: bool,

    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    /// Look from inside this process's network namespace, as for a Gateway in a container (needs CAP_SYS_ADMIN)
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..), conflicts_with_all = ["handshake", "sim"])]
    pid: Option<u32>,

    #[command(flatten)]
    gateway: GatewayArgs,

    /// How `--handshake` connects.
    #[command(flatten)]
    session: SessionArgs,
}

/// Runs the command.
pub(crate) fn run(args: DoctorArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    if args.gateway.sim || args.handshake {
        return block_on(examine(args, environment));
    }
    let form = Form::from_flag(args.json);
    let report = passive(&args, args.gateway.endpoint(environment), form, environment)?;
    show(&report, form, environment);
    Ok(report.verdict.exit())
}

/// The part that touches nothing, and the cleaning.
fn passive(
    args: &DoctorArgs,
    gateway: Endpoint,
    form: Form,
    environment: &Environment,
) -> Result<DoctorReport, Diagnosis> {
    let (seen, clean) = match args.pid {
        None => look_and_clean(&gateway, args.clean),
        Some(pid) => match gatewright_sys::in_network_of(pid, || look_and_clean(&gateway, args.clean)) {
            Ok(seen) => seen,
            Err(error @ SysError::NoProcess { .. }) => {
                return Err(Diagnosis::new(Exit::Usage, error.to_string())
                    .with_help("Give the id that the Gateway's process has on this host, not inside its container."));
            }
            Err(error) => (Look::unseen(error.to_string()), None),
        },
    };
    if let Some(cleaning) = clean.as_ref().filter(|_| form == Form::Text) {
        output::line(text::cleaning(cleaning, Paint::new(environment.colour)));
    }
    let inside = args.pid.map(|pid| Inside { pid, program: gatewright_sys::process::program_of(pid) });
    Ok(DoctorReport { clean, ..DoctorReport::of(gateway.to_string(), seen, inside) })
}

fn look_and_clean(gateway: &Endpoint, wanted: bool) -> (Look, Option<Cleaning>) {
    let seen = look(gateway);
    if !wanted {
        return (seen, None);
    }
    let cleaning = clean(&seen);
    let seen = if cleaning.found.is_some_and(|found| found > 0) { look(gateway) } else { seen };
    (seen, Some(cleaning))
}

fn clean(seen: &Look) -> Cleaning {
    let (found, outcome) = match &seen.sight {
        Sight::Unseen { .. } => (None, gatewright_sys::CleanReport::default()),
        Sight::Seen { verdict, .. } => {
            (Some(verdict.zombies.len()), gatewright_sys::clean(&verdict.zombies, clock::now() + CLEAN_WITHIN))
        }
    };
    Cleaning { meaning: CLEANING, found, outcome }
}

async fn examine(args: DoctorArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    let mut signals = StopSignals::listen()?;
    let form = Form::from_flag(args.json);
    let target = Target::prepare(&args.gateway, environment).await?;
    let mut report = passive(&args, target.endpoint().clone(), form, environment)?;
    if form == Form::Text {
        show(&report, form, environment);
    }
    let mut exit = report.verdict.exit();
    if args.handshake {
        if form == Form::Text {
            output::line("");
        }
        let mut progress = connect::Progress::new(form, environment);
        let outcome = connect::attempt(&target, &args.session, environment, &mut progress, &mut signals).await?;
        exit = match report.verdict {
            Finding::Unknown | Finding::NoFaultFound => outcome.exit(),
            Finding::NotListening | Finding::ForeignListener | Finding::Zombies | Finding::NotAccepting => {
                if outcome.exit() == Exit::Interrupted { Exit::Interrupted } else { exit }
            }
        };
        match form {
            Form::Text => outcome.show(environment),
            Form::Json => report.handshake = Some(outcome),
        }
    }
    if form == Form::Json {
        output::json(&report);
    }
    target.release().await;
    Ok(exit)
}

fn show(report: &DoctorReport, form: Form, environment: &Environment) {
    match form {
        Form::Text => output::line(text::report(report, Paint::new(environment.colour))),
        Form::Json => output::json(report),
    }
}
