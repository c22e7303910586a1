//! From a host's name to an open connection: resolving, inspecting, dialling, each within its stage's deadline.

use std::net::SocketAddr;
use std::time::Instant;

use gatewright_proto::session::{Cause, DialFailure, Session, SessionSettings, SyncRequest};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::driver::{Command, DriverSettings, End, Outlet, not_ready};
use super::{dial, inspect};
use crate::clock;
use crate::protocol::ConnectParams;

/// Where to dial, and what the socket table said of it.
#[derive(Debug)]
pub(super) struct Target {
    addresses: Vec<SocketAddr>,
    /// No listener was seen at any of them.
    nobody_listens: bool,
}

/// The inspect stage. Without a target, the session has failed and says why.
pub(super) async fn inspect(
    session: &mut Session,
    warnings: &mut Vec<String>,
    params: &ConnectParams,
    by: Instant,
) -> Option<Target> {
    let resolved = tokio::time::timeout_at(by.into(), dial::resolve(&params.host, params.port)).await;
    let failure = match resolved {
        Ok(Ok(addresses)) => {
            let mut target = Target { addresses, nobody_listens: true };
            for address in &target.addresses {
                let findings = inspect::look(*address, params, by).await;
                target.nobody_listens &= findings.nobody_listens;
                warnings.extend(findings.warnings);
                if let Some(cause) = findings.refusal {
                    session.handle_inspection_failed(clock::now(), cause);
                    return None;
                }
            }
            session.handle_inspected(clock::now());
            return Some(target);
        }
        Ok(Err(failure)) => failure,
        Err(_) => DialFailure::Unreachable("the name was not resolved in time".into()),
    };
    session.handle_dial_failed(clock::now(), failure);
    None
}

/// The dial stage. Without a stream, the session has failed and says why.
pub(super) async fn dial(
    session: &mut Session,
    warnings: &mut Vec<String>,
    target: &Target,
    by: Instant,
) -> Option<TcpStream> {
    match dial_in_turn(&target.addresses, by).await {
        Some(Ok(stream)) => {
            if target.nobody_listens {
                warnings.push("the socket table shows no listener here: the port is forwarded".into());
            }
            session.handle_connected(clock::now());
            return Some(stream);
        }
        // Two proofs agree: the table shows nobody, and nobody answered.
        Some(Err(DialFailure::Refused)) if target.nobody_listens => {
            session.handle_inspection_failed(clock::now(), Cause::NotListening);
        }
        Some(Err(failure)) => session.handle_dial_failed(clock::now(), failure),
        None => session.handle_timeout(clock::now().max(by)),
    }
    None
}

/// Answers commands while there is nothing to call yet; returns when the session is to end.
pub(super) async fn refuse_calls(commands: &mut mpsc::Receiver<Command>, outlet: &impl Outlet) -> End {
    loop {
        match commands.recv().await {
            Some(Command::Call { id, .. }) => outlet.answer(id, Err(not_ready())),
            // Whoever asked is told nothing by the reply's being dropped, and reports the session as unknown.
            Some(Command::Health(_)) => {}
            Some(Command::Disconnect { id, by }) => return End::Asked { id, by },
            None => return End::Asked { id: None, by: None },
        }
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

fn is_local(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip| gatewright_sys::is_local_address(ip) == gatewright_sys::Presence::Yes)
}
