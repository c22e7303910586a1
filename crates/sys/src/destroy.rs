//! Removing zombies, exactly.
//!
//! What `SOCK_DESTROY` does to a connection in CLOSE_WAIT, as measured: the kernel's entry goes and a reset is sent to
//! where the client was. The owner is not woken and keeps its descriptor, and a connection that was never accepted
//! keeps its place in the accept queue until the Gateway accepts it. So a Gateway that has stalled may stay stalled,
//! without the symptom.
//!
//! What keeps everything else safe: the removal names one socket by its cookie, which the kernel never gives to
//! another; just before, that socket is seen to be in CLOSE_WAIT, a state that leads only to its end; and something
//! must listen at its local address, which makes it the server's side.

use std::fs;
use std::net::SocketAddr;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inspect::{Inspection, OwnerLookup, States, inspect_with};
use crate::netlink::inet_diag::Entry;
use crate::socket_table::SocketTable;
use crate::{Presence, SysError, TcpState, Zombie};

/// The number of CAP_NET_ADMIN (`linux/capability.h`).
const CAP_NET_ADMIN: u32 = 12;

/// A connection that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destroyed {
    /// What was the Gateway's side.
    pub local: SocketAddr,
    /// What was the client's side.
    pub remote: SocketAddr,
    /// Bytes that the Gateway had not read. It may still read them: it keeps its descriptor.
    pub recv_queue: u32,
    /// Whether it was in the accept queue, where its place stays taken.
    pub in_accept_queue: bool,
}

/// What a clean-up did, one zombie at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CleanReport {
    /// Removed, and seen to be gone.
    pub removed: Vec<Destroyed>,
    /// Not removed.
    pub failed: Vec<CleanFailure>,
}

/// A zombie that was not removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CleanFailure {
    /// Which.
    pub zombie: Zombie,
    /// Why, for a program.
    pub cause: FailureCause,
    /// Why, for a reader.
    pub detail: String,
}

/// Why a zombie was not removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCause {
    /// This process lacks CAP_NET_ADMIN.
    NotPermitted,
    /// The kernel cannot (CONFIG_INET_DIAG_DESTROY).
    NotSupported,
    /// It had gone by itself.
    Gone,
    /// It was no longer a zombie of a listener, and was left alone.
    LeftAlone,
    /// The deadline passed.
    OutOfTime,
    /// Anything else.
    Failed,
}

/// Removes one zombie, after seeing that it still is one and before seeing that it is gone.
///
/// # Errors
/// [`SysError::NotPermitted`] without CAP_NET_ADMIN, [`SysError::NotSupported`] where the kernel cannot,
/// [`SysError::Gone`] if it had already gone, [`SysError::NotAZombie`] and [`SysError::NotTheGatewaysSide`] if it was
/// left alone, [`SysError::StillThere`] if it survived.
pub fn destroy(zombie: &Zombie, deadline: Instant) -> Result<Destroyed, SysError> {
    let mut table = SocketTable::open()?;
    check_side(zombie, deadline)?;
    let identity = zombie.identity();
    let found = table.find(&identity, deadline)?;
    check_still_a_zombie(zombie, &found)?;
    table.destroy(&identity, deadline)?;
    match table.find(&identity, deadline) {
        Err(SysError::Gone) => Ok(Destroyed {
            local: zombie.local,
            remote: zombie.remote,
            recv_queue: found.recv_queue,
            in_accept_queue: found.inode == 0,
        }),
        Ok(_) => Err(SysError::StillThere),
        Err(other) => Err(other),
    }
}

/// Removes these zombies, each as [`destroy`] does; one that fails does not keep the others.
pub fn clean(zombies: &[Zombie], deadline: Instant) -> CleanReport {
    let mut report = CleanReport::default();
    for zombie in zombies {
        match destroy(zombie, deadline) {
            Ok(destroyed) => report.removed.push(destroyed),
            Err(error) => report.failed.push(CleanFailure {
                zombie: zombie.clone(),
                cause: FailureCause::of(&error),
                detail: error.to_string(),
            }),
        }
    }
    report
}

/// Whether this process has the capability that removing needs. The kernel may still lack the facility, and a
/// container's capability may be one over another network than the one it is in.
pub fn removal_permitted() -> Presence {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| effective_capabilities(&status))
        .map_or(Presence::Unknown, |capabilities| Presence::seen(capabilities & (1 << CAP_NET_ADMIN) != 0))
}

impl FailureCause {
    const fn of(error: &SysError) -> Self {
        match error {
            SysError::NotPermitted { .. } => Self::NotPermitted,
            SysError::NotSupported { .. } => Self::NotSupported,
            SysError::Gone => Self::Gone,
            SysError::NotAZombie { .. } | SysError::NotTheGatewaysSide { .. } => Self::LeftAlone,
            SysError::OutOfTime { .. } => Self::OutOfTime,
            SysError::StillThere
            | SysError::NoProcess { .. }
            | SysError::Malformed { .. }
            | SysError::TooManySockets { .. }
            | SysError::Io { .. } => Self::Failed,
        }
    }
}

/// Something must listen where the zombie is: a connection without that may be anyone's outgoing one on a port that
/// happens to be the same.
fn check_side(zombie: &Zombie, deadline: Instant) -> Result<(), SysError> {
    let port = zombie.local.port();
    let listeners_only = Inspection { states: States::None, owners: OwnerLookup::Skip };
    let report = inspect_with(port, listeners_only, deadline)?;
    match report.listeners_for(zombie.local.ip()).next() {
        Some(_) => Ok(()),
        None => Err(SysError::NotTheGatewaysSide { port }),
    }
}

fn check_still_a_zombie(zombie: &Zombie, found: &Entry) -> Result<(), SysError> {
    if found.identity != zombie.identity() {
        return Err(SysError::Gone);
    }
    if found.state != TcpState::CloseWait {
        return Err(SysError::NotAZombie { state: found.state });
    }
    Ok(())
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(value.trim(), 16).ok()
}

#[cfg(test)]
mod tests;
