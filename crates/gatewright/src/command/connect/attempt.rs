//! One connection from guard to orderly leave, through a worker process of its own.

use std::ffi::OsString;
use std::time::Duration;

use gatewright_link::client::{Link, LinkEvent, LinkEvents, LinkSettings, WorkerCommand};
use gatewright_link::protocol::{ConnectedResult, SessionParams, StageEvent, StageMs};
use gatewright_link::{InstanceLock, LinkError, LockError, canonical_gateway};
use gatewright_proto::ClientId;
use gatewright_proto::message::account::Position;
use gatewright_proto::session::SyncRequest;

use crate::cli::SessionArgs;
use crate::command::connect::Progress;
use crate::command::connect::outcome::{Attempted, Outcome, Ready};
use crate::diagnosis::Diagnosis;
use crate::endpoint::Endpoint;
use crate::environment::{self, Environment};
use crate::guard;
use crate::output;
use crate::signal::StopSignals;
use crate::target::Target;

/// How long leaving may take: a Gateway closes its side in milliseconds, and one that never does is left by a reset.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);

/// This very program as a worker, with the state folder that this process uses.
///
/// # Errors
///
/// When the operating system does not tell where this program is.
pub(crate) fn worker_command(environment: &Environment) -> Result<WorkerCommand, Diagnosis> {
    let program =
        std::env::current_exe().map_err(|error| Diagnosis::internal("cannot find this program's own file", error))?;
    let mut command = WorkerCommand::new(program, ["worker"]);
    if let Some(state) = &environment.state_dir {
        command.env.push((OsString::from(environment::STATE), state.clone().into_os_string()));
    }
    Ok(command)
}

/// Connects, asks for positions, leaves in order. A signal ends it at any moment, in order too.
///
/// # Errors
///
/// Only what keeps us from trying; a connection that fails is an outcome.
pub(crate) async fn attempt(
    target: &Target,
    session: &SessionArgs,
    environment: &Environment,
    progress: &mut Progress,
    signals: &mut StopSignals,
) -> Result<Outcome, Diagnosis> {
    let gateway = target.endpoint();
    let mut attempted = Attempted { gateway: gateway.to_string(), client_id: session.client_id, stages: Vec::new() };
    if let Err(refusal) = guard::check_gateway(gateway, &session.money.allowed()) {
        return Ok(Outcome::from(attempted.refused_by_guard(&refusal)));
    }
    // Nobody else knows a simulated Gateway that was started for this run.
    let locked = match target {
        Target::Real(_) => lock(gateway, session.client_id, environment),
        Target::Simulated(_) => Ok(None),
    };
    let _lock = match locked {
        Ok(lock) => lock,
        Err(held) => return Ok(Outcome::from(attempted.locked(&held))),
    };
    progress.begin(&attempted.gateway, session.client_id);
    let settings = LinkSettings::new(worker_command(environment)?);
    let (link, mut events) = match Link::spawn(settings).await {
        Ok(spawned) => spawned,
        Err(error) => {
            progress.end(None);
            return Ok(Outcome::from(attempted.without_answer(&error)));
        }
    };
    let used = tokio::select! {
        biased;
        exit = signals.stopped() => Err(exit),
        used = follow(use_session(&link, gateway, session), &mut events, &mut attempted.stages, progress) => Ok(used),
    };
    let mut left = None;
    if let Ok(Ok((connected, _))) = &used {
        progress.leaving();
        left = tokio::select! {
            biased;
            _ = signals.stopped() => None,
            left = leave(&link, connected.client_id) => left,
        };
    }
    // The worker closes its sessions in order when it is stopped, whatever stage they are in; how it then exits changes
    // nothing about what the session brought.
    let _ = link.stop().await;
    let outcome = match used {
        Err(exit) => Outcome::from(attempted.interrupted(exit)),
        Ok(Ok((connected, positions))) => match guard::check_accounts(&connected.accounts, &session.money.allowed()) {
            Ok(()) => Outcome::Ready(Box::new(Ready::of(connected, positions, left))),
            Err(refusal) => Outcome::from(attempted.refused_by_guard(&refusal)),
        },
        Ok(Err(error)) => Outcome::from(attempted.without_answer(&error)),
    };
    progress.end(outcome.failed_stage());
    Ok(outcome)
}

/// Leaves in order. Returns how many sockets of ours the Gateway still held in CLOSE_WAIT afterwards, where that was seen.
async fn leave(link: &Link, client_id: ClientId) -> Option<usize> {
    let leaving = link.with_deadline(LEAVE_WITHIN);
    let disconnected = leaving.disconnect(SessionParams { client_id: Some(client_id) }).await;
    disconnected.ok().and_then(|disconnected| disconnected.left_in_close_wait)
}

/// One program for each client id of a Gateway. A lock that cannot be had for want of a file is not worth failing for:
/// the Gateway itself refuses a second session.
fn lock(gateway: &Endpoint, client_id: i32, environment: &Environment) -> Result<Option<InstanceLock>, LockError> {
    let Some(dir) = environment.lock_dir() else { return Ok(None) };
    let gateway = canonical_gateway(&gateway.host, gateway.port);
    match InstanceLock::acquire(&dir, &gateway, ClientId::new(client_id)) {
        Ok(lock) => Ok(Some(lock)),
        Err(held @ LockError::Held { .. }) => Err(held),
        Err(error @ LockError::File { .. }) => {
            output::note(format_args!("warning: no lock is held for this client id: {error}"));
            Ok(None)
        }
    }
}

/// Everything that is asked of the session.
async fn use_session(
    link: &Link,
    gateway: &Endpoint,
    session: &SessionArgs,
) -> Result<(ConnectedResult, Option<Vec<Position>>), LinkError> {
    let params = session.params(gateway);
    let wants_positions = params.sync.as_ref().is_none_or(|list| list.contains(&SyncRequest::Positions));
    let connected = link.connect(params).await?;
    // Nothing is asked of an account that the guard will refuse.
    let allowed = guard::check_accounts(&connected.accounts, &session.money.allowed()).is_ok();
    let positions = if wants_positions && allowed {
        Some(link.positions(SessionParams { client_id: Some(connected.client_id) }).await?.positions)
    } else {
        None
    };
    Ok((connected, positions))
}

/// Runs a call to its end and shows stages as they pass.
async fn follow<T>(
    call: impl Future<Output = T>,
    events: &mut LinkEvents,
    stages: &mut Vec<StageMs>,
    progress: &mut Progress,
) -> T {
    let mut call = std::pin::pin!(call);
    loop {
        tokio::select! {
            biased;
            // Events first: those that came before the answer belong before it.
            Some(event) = events.next() => {
                if let LinkEvent::Stage(StageEvent { stage, ms, .. }) = event {
                    stages.push(StageMs { stage, ms });
                    progress.passed(stage, ms);
                }
            }
            done = &mut call => return done,
        }
    }
}

impl Ready {
    fn of(connected: ConnectedResult, positions: Option<Vec<Position>>, left: Option<usize>) -> Self {
        let mut warnings = connected.warnings;
        if let Some(left @ 1..) = left {
            warnings.push(format!("after leaving, {left} socket(s) of ours still hang in CLOSE_WAIT at the Gateway"));
        }
        Self {
            gateway: connected.gateway,
            client_id: connected.client_id.get(),
            server_version: connected.server_version,
            accounts: connected.accounts,
            positions,
            stages: connected.stages,
            total_ms: connected.total_ms,
            warnings,
        }
    }
}
