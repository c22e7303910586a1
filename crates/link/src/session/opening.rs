//! From a host's name to an open connection: resolving, inspecting, dialling, each within its stage's deadline.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gatewright_proto::session::{Cause, Deadlines, DialFailure, Session, SessionSettings, SyncRequest};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::driver::{Command, DriverSettings, End, Outlet};
use super::keeping::{self, Kept};
use super::{dial, inspect};
use crate::clock;
use crate::protocol::{ConnectParams, SessionHealth};

/// Where to dial, and what the socket table said of it.
#[derive(Debug)]
pub(super) struct Target {
    addresses: Vec<SocketAddr>,
    /// Opened already: the table showed no listener, so that only dialling could tell.
    stream: Option<TcpStream>,
}

/// The inspect stage. Without a target, the session has failed and says why.
pub(super) async fn inspect(
    session: &mut Session,
    warnings: &mut Vec<String>,
    params: &ConnectParams,
    overall: Option<Instant>,
) -> Option<Target> {
    let deadlines = Deadlines::default();
    let resolve_by = within(deadlines.dial, overall);
    let resolved = tokio::time::timeout_at(resolve_by.into(), dial::resolve(&params.host, params.port)).await;
    let addresses = match resolved {
        Ok(Ok(addresses)) => addresses,
        Ok(Err(failure)) => return not_opened(session, failure),
        Err(_) => return not_opened(session, DialFailure::Unreachable("the name was not resolved in time".into())),
    };
    let by = within(deadlines.inspect, overall);
    let mut nobody_listens = true;
    for address in &addresses {
        let findings = inspect::look(*address, params, by).await;
        nobody_listens &= findings.nobody_listens;
        warnings.extend(findings.warnings);
        if let Some(cause) = findings.refusal {
            session.handle_inspection_failed(clock::now(), cause);
            return None;
        }
    }
    let mut target = Target { addresses, stream: None };
    if nobody_listens {
        // A port that is forwarded by packet rules has no listener in the table either, and where there really is none,
        // dialling harms nobody.
        match dial_in_turn(&target.addresses, by).await {
            Some(Err(DialFailure::Refused)) => {
                session.handle_inspection_failed(clock::now(), Cause::NotListening);
                return None;
            }
            Some(Ok(stream)) => {
                warnings.push("the socket table shows no listener here: the port is forwarded".into());
                target.stream = Some(stream);
            }
            Some(Err(_)) | None => {}
        }
    }
    session.handle_inspected(clock::now());
    Some(target)
}

/// The dial stage. Without a stream, the session has failed and says why.
pub(super) async fn dial(session: &mut Session, target: Target, by: Instant) -> Option<TcpStream> {
    let dialled = match target.stream {
        Some(stream) => Some(Ok(stream)),
        None => dial_in_turn(&target.addresses, by).await,
    };
    match dialled {
        Some(Ok(stream)) => {
            session.handle_connected(clock::now());
            Some(stream)
        }
        Some(Err(failure)) => not_opened(session, failure),
        None => {
            session.handle_timeout(clock::now().max(by));
            None
        }
    }
}

fn not_opened<T>(session: &mut Session, failure: DialFailure) -> Option<T> {
    session.handle_dial_failed(clock::now(), failure);
    None
}

/// The end of a span that begins now, or the caller's deadline where that is sooner.
pub(super) fn within(span: Duration, overall: Option<Instant>) -> Instant {
    let own = clock::now() + span;
    overall.map_or(own, |overall| own.min(overall))
}

/// Answers commands while there is nothing to call yet; returns when the session is to end.
pub(super) async fn meanwhile(
    commands: &mut mpsc::Receiver<Command>,
    kept: &mut Option<Kept>,
    outlet: &impl Outlet,
    health: &SessionHealth,
) -> End {
    loop {
        let due = kept.as_ref().and_then(Kept::deadline);
        let command = tokio::select! {
            biased;
            command = commands.recv() => command,
            () = reached(due) => {
                if let Some(kept) = kept {
                    kept.give_up_callers(clock::now(), outlet);
                }
                continue;
            }
        };
        if let Err(end) = keeping::take_command(command, kept.as_mut(), outlet, health) {
            return end;
        }
    }
}

/// Waits for a moment, or for ever.
pub(super) async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// Tries the addresses in turn; `None` when the deadline passes first.
async fn dial_in_turn(addresses: &[SocketAddr], by: Instant) -> Option<Result<TcpStream, DialFailure>> {
    let mut last = None;
    for address in addresses {
        match tokio::time::timeout_at(by.into(), dial::dial(*address)).await {
            Ok(Ok(stream)) => return Some(Ok(stream)),
            Ok(Err(failure)) => last = Some(Err(failure)),
            Err(_) => return None,
        }
    }
    last
}

/// What the pure session is asked to do.
pub(super) fn session_settings(settings: &DriverSettings) -> SessionSettings {
    let params = &settings.params;
    let mut session = SessionSettings::new(params.client_id);
    if let Some(sync) = &params.sync {
        session.sync.clone_from(sync);
    } else if params.readonly {
        // A read-only Gateway answers a question for open orders with an error and, on some, a dialog.
        session.sync.retain(|request| *request != SyncRequest::OpenOrders);
    }
    session.overall = settings.overall;
    session.local = is_local(&params.host);
    session
}

pub(super) fn is_local(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip| gatewright_sys::is_local_address(ip) == gatewright_sys::Presence::Yes)
}
