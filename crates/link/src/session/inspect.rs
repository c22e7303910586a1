//! The passive look at the port before dialling: what the socket table says for and against a connection.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gatewright_proto::session::Cause;
use gatewright_sys::{
    Inspection, Owner, OwnerLookup, PortReport, Presence, States, SysError, Thresholds, Verdict, Zombie,
};

use crate::clock;
use crate::protocol::{ConnectParams, ForeignPolicy, ZombiePolicy};

/// A connection that is still in CLOSE_WAIT after this long is a zombie and not one that is just being closed.
const SETTLE: Duration = Duration::from_millis(150);

/// How soon the table is read again while a suspect may still settle; each time twice as long.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// What the look found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Why not to connect.
    pub(super) refusal: Option<Cause>,
    /// The table shows no listener. A refused connection confirms it; an accepted one means that the port is
    /// forwarded by other means.
    pub(super) nobody_listens: bool,
    /// What was noticed.
    pub(super) warnings: Vec<String>,
}

/// Looks at the port, without touching it.
pub(super) async fn look(target: SocketAddr, params: &ConnectParams, deadline: Instant) -> Findings {
    let mut findings = Findings::default();
    if gatewright_sys::is_local_address(target.ip()) != Presence::Yes {
        return findings;
    }
    let verdict = match settled(target, deadline).await {
        Ok(verdict) => verdict,
        Err(error) => {
            findings.warnings.push(format!("the socket table could not be read ({error}); zombies are unknown"));
            return findings;
        }
    };
    if params.foreign == ForeignPolicy::Abort {
        findings.refusal = foreign(target, deadline);
    }
    findings.nobody_listens = verdict.listening == Presence::No;
    if let Some(queue) = &verdict.accept_queue
        && queue.depth > 0
    {
        findings.warnings.push(format!(
            "{} connection(s) wait in the Gateway's accept queue: it is slow to take connections, or has stopped",
            queue.depth
        ));
    }
    if verdict.zombies.len() >= params.zombie_threshold.max(1) {
        judge_zombies(&verdict.zombies, params.zombies, deadline, &mut findings);
    }
    findings
}

fn judge_zombies(zombies: &[Zombie], policy: ZombiePolicy, deadline: Instant, findings: &mut Findings) {
    let count = zombies.len();
    match policy {
        ZombiePolicy::Abort => findings.refusal = Some(Cause::Zombies { count }),
        ZombiePolicy::Warn => {
            findings.warnings.push(format!("{count} zombie(s) in CLOSE_WAIT at the Gateway, ignored as asked"));
        }
        ZombiePolicy::Clean => {
            let report = gatewright_sys::clean(zombies, deadline);
            findings.warnings.push(format!(
                "{} of {count} zombie(s) removed from the kernel's table; the Gateway itself was not woken and keeps \
                 its descriptors",
                report.removed.len()
            ));
            findings.warnings.extend(report.failed.iter().map(|failure| format!("not removed: {}", failure.detail)));
        }
    }
}

/// The verdict, once no suspect is merely on its way out any more.
async fn settled(target: SocketAddr, deadline: Instant) -> Result<Verdict, SysError> {
    let settle_by = (clock::now() + SETTLE).min(deadline);
    let mut suspects: Option<Vec<[u32; 2]>> = None;
    let mut pause = LOOK_AGAIN;
    loop {
        let mut verdict = gatewright_sys::verdict(&table(target, deadline)?, &Thresholds::default());
        verdict.zombies.retain(|zombie| suspects.as_ref().is_none_or(|known| known.contains(&zombie.cookie)));
        if verdict.zombies.is_empty() || clock::now() >= settle_by {
            return Ok(verdict);
        }
        suspects = Some(verdict.zombies.iter().map(|zombie| zombie.cookie).collect());
        // The kernel announces no state changes: reading again is the only way to see a suspect go.
        tokio::time::sleep_until((clock::now() + pause).min(settle_by).into()).await;
        pause *= 2;
    }
}

/// The program that owns the port, where it is known to be no Gateway and no relay.
fn foreign(target: SocketAddr, deadline: Instant) -> Option<Cause> {
    let inspection = Inspection { states: States::None, owners: OwnerLookup::Find };
    let report = gatewright_sys::inspect_with(target.port(), inspection, deadline).ok()?;
    let verdict = gatewright_sys::verdict(&report.narrowed_to(target.ip()), &Thresholds::default());
    verdict.foreign_listeners.iter().find_map(|listener| match &listener.owner {
        Owner::Known { program, pid, .. } => Some(Cause::ForeignListener { program: format!("{program} (pid {pid})") }),
        Owner::Orphaned | Owner::Unknown { .. } => None,
    })
}

fn table(target: SocketAddr, deadline: Instant) -> Result<PortReport, SysError> {
    let inspection = Inspection { states: States::CloseWait, owners: OwnerLookup::Skip };
    gatewright_sys::inspect_with(target.port(), inspection, deadline).map(|report| report.narrowed_to(target.ip()))
}

/// Sockets of ours that the Gateway still holds in CLOSE_WAIT; `None` where that cannot be seen.
pub(super) fn left_in_close_wait(ours: SocketAddr, gateway: SocketAddr, deadline: Instant) -> Option<usize> {
    if gatewright_sys::is_local_address(gateway.ip()) != Presence::Yes {
        return None;
    }
    let report = table(gateway, deadline).ok()?;
    let verdict = gatewright_sys::verdict(&report, &Thresholds::default());
    Some(verdict.zombies.iter().filter(|zombie| zombie.remote == ours).count())
}
