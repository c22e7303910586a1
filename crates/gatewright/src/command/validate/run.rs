//! The command.

use std::time::Instant;

use clap::Args;

use crate::cli::{GatewayArgs, SessionArgs};
use crate::clock;
use crate::command::connect::worker_command;
use crate::command::validate::step::{NotPassed, Status, Step, Suite};
use crate::command::validate::{client, direct_worker, zombies};
use crate::diagnosis::Diagnosis;
use crate::environment::Environment;
use crate::exit_code::Exit;
use crate::guard;
use crate::output::{self, Form, Paint, milliseconds};
use crate::runtime::block_on;
use crate::signal::StopSignals;
use crate::sim_child::SimChild;
use crate::target::Target;

const EXAMPLES: &str = "\
Examples:
  gatewright validate --sim         all of it against a simulated Gateway
  gatewright validate               against the paper Gateway on this machine
  gatewright validate --json | jq '.steps[] | select(.status != \"passed\")'

What it does to the Gateway: three read-only sessions, one after the other, with --client-id and the
two ids above it. Dead connections are made on a simulated port only, never at the Gateway.

Exit codes: 0 every step passed, 20 a step failed, 22 a step could not be seen (for example the
sockets of a Gateway on another machine), 30 live trading refused, 130 Ctrl-C.";

/// Prove that the parts work here: zombie detection, worker, client, nothing left behind
///
/// Each step is shown with its time. Zombie detection is tried both ways on a simulated port of its own: a clean port
/// must show none, and one that is made must be found, with its owner.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ValidateArgs {
    /// Report as one JSON value on standard output
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    gateway: GatewayArgs,

    #[command(flatten)]
    session: SessionArgs,
}

/// Runs the command.
pub(crate) fn run(args: ValidateArgs, environment: &Environment) -> Result<Exit, Diagnosis> {
    if !args.gateway.sim {
        guard::check_gateway(&args.gateway.endpoint(environment), &args.session.money.allowed())?;
    }
    block_on(async {
        let mut signals = StopSignals::listen()?;
        let target = Target::prepare(&args.gateway, environment).await?;
        let mut suite = Running::new(Form::from_flag(args.json), environment);
        suite.begin(&target);
        let ended = tokio::select! {
            biased;
            exit = signals.stopped() => Err(exit),
            result = suite.steps(&target, &args.session, environment) => Ok(result?),
        };
        let exit = match ended {
            Err(exit) => exit,
            Ok(()) => suite.end(&target),
        };
        target.release().await;
        Ok(exit)
    })
}

/// The suite while it runs.
struct Running {
    form: Form,
    paint: Paint,
    began: Instant,
    steps: Vec<Step>,
}

impl Running {
    fn new(form: Form, environment: &Environment) -> Self {
        Self { form, paint: Paint::new(environment.colour), began: clock::now(), steps: Vec::new() }
    }

    fn begin(&self, target: &Target) {
        if self.form == Form::Text {
            output::line(format_args!("Validating with Gateway {}", self.paint.strong(target.endpoint())));
        }
    }

    async fn steps(
        &mut self,
        target: &Target,
        session: &SessionArgs,
        environment: &Environment,
    ) -> Result<(), Diagnosis> {
        let gateway = target.endpoint();
        let before = zombies::at(gateway);
        let own = SimChild::start(&["--fault", "ignore-eof"]).await?;
        self.step("zombie detection: none", async { zombies::none_found(&own) }).await;
        self.step("zombie detection: one", zombies::one_found(&own)).await;
        own.stop().await;

        let worker = worker_command(environment)?;
        let id = |offset: i32| SessionArgs {
            client_id: session.client_id.saturating_add(offset),
            readonly: true,
            ..session.clone()
        };
        self.step("worker: command lines", direct_worker::seed_form(&worker, gateway, &id(0))).await;
        self.step("worker: JSON-RPC", direct_worker::json_rpc(&worker, gateway, &id(1))).await;
        self.step("client library", client::client(worker.clone(), gateway, &id(2))).await;
        self.step("no new zombies", async { zombies::none_new(gateway, &before) }).await;
        Ok(())
    }

    async fn step(&mut self, name: &'static str, step: impl Future<Output = Result<String, NotPassed>>) {
        let began = clock::now();
        let ended = Step::end(name, began, step.await);
        if self.form == Form::Text {
            output::line(ended.line(self.paint));
        }
        self.steps.push(ended);
    }

    fn end(self, target: &Target) -> Exit {
        let suite = Suite::of(target.endpoint().to_string(), self.steps, clock::ms_since(self.began));
        match self.form {
            Form::Json => output::json(&suite),
            Form::Text => {
                let passed = suite.steps.iter().filter(|step| step.status == Status::Passed).count();
                let line = format!("{passed} of {} passed in {}", suite.steps.len(), milliseconds(suite.total_ms));
                output::line(match suite.status {
                    Status::Passed => self.paint.good(line),
                    Status::Failed => self.paint.bad(line),
                    Status::Unknown => self.paint.doubtful(line),
                });
            }
        }
        suite.exit()
    }
}
