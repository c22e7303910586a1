//! Looking at a Gateway's port from outside, through the operating system alone. Nothing here connects to anything.

use std::collections::{BTreeMap, HashSet};
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use gatewright_sys::{Inspection, OwnerLookup, PortReport, Presence, States, SysError, TcpState, Thresholds, Verdict};

use crate::clock;
use crate::endpoint::{Endpoint, KNOWN_PORTS};

/// How long the whole look may take; `doctor` promises to answer within a second.
const LOOK_WITHIN: Duration = Duration::from_millis(800);

/// A connection that is still in CLOSE_WAIT after this long is a zombie and not one that is just being closed.
const SETTLE: Duration = Duration::from_millis(150);

/// How much of that a host's name may take to be resolved. Addresses take nothing.
const RESOLVE_WITHIN: Duration = Duration::from_millis(300);

/// What could be seen of a Gateway's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The socket table, as far as it concerns this Gateway, and what it says.
    Seen {
        /// The sockets.
        report: PortReport,
        /// What they say.
        verdict: Box<Verdict>,
    },
    /// The table is not to be had, or would not tell about this Gateway.
    Unseen {
        /// Why.
        why: String,
    },
}

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// The Gateway's own port.
    pub(crate) sight: Sight,
    /// Which of the usual ports something listens on, at the same address.
    pub(crate) known_ports: BTreeMap<u16, Presence>,
}

impl Look {
    /// A look that shows nothing, and why.
    pub(crate) fn unseen(why: String) -> Self {
        let known_ports = KNOWN_PORTS.iter().map(|&port| (port, Presence::Unknown)).collect();
        Self { sight: Sight::Unseen { why }, known_ports }
    }
}

/// Looks. Blocks the thread for well under a second.
pub(crate) fn look(gateway: &Endpoint) -> Look {
    let deadline = clock::now() + LOOK_WITHIN;
    match addresses(gateway).and_then(on_this_machine) {
        Err(why) => Look::unseen(why),
        Ok(addresses) => {
            let (address, sight) = look_at(gateway.port, &addresses, deadline);
            let known_ports = KNOWN_PORTS.iter().map(|&port| (port, listens(port, address, deadline))).collect();
            Look { sight, known_ports }
        }
    }
}

/// The addresses that the host's name stands for, never none.
fn addresses(gateway: &Endpoint) -> Result<Vec<IpAddr>, String> {
    if let Ok(address) = gateway.host.parse() {
        return Ok(vec![address]);
    }
    // A resolver has its own idea of patience, so it gets a thread that may outlive our interest.
    let (sender, receiver) = mpsc::sync_channel(1);
    let (host, port) = (gateway.host.clone(), gateway.port);
    thread::spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs();
        let _ = sender.send(found.map(|found| found.map(|address| address.ip()).collect::<Vec<_>>()));
    });
    let host = &gateway.host;
    match receiver.recv_timeout(RESOLVE_WITHIN) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err(format!("the name {host} has no address")),
        Ok(Err(error)) => Err(format!("the name {host} could not be resolved: {error}")),
        Err(_) => Err(format!("the name {host} was not resolved in time")),
    }
}

/// Only this machine's sockets are in this machine's table.
fn on_this_machine(addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, String> {
    let (mut local, mut unsure) = (Vec::new(), false);
    for &address in &addresses {
        match gatewright_sys::is_local_address(address) {
            Presence::Yes => local.push(address),
            Presence::Unknown => unsure = true,
            Presence::No => {}
        }
    }
    let first = addresses[0];
    match (local.is_empty(), unsure) {
        (false, _) => Ok(local),
        (true, true) => Err(format!("it could not be told whether {first} is this machine")),
        (true, false) => Err(format!("{first} is another machine, whose socket table cannot be read from here")),
    }
}

/// The port at the first address where something listens; at the first one if nothing does.
fn look_at(port: u16, addresses: &[IpAddr], deadline: Instant) -> (IpAddr, Sight) {
    let first = addresses[0];
    match settled(port, deadline) {
        Err(error) => (first, Sight::Unseen { why: format!("the socket table could not be read: {error}") }),
        Ok(report) => {
            let listened = addresses.iter().copied().find(|address| report.listeners_for(*address).next().is_some());
            let address = listened.unwrap_or(first);
            let report = report.narrowed_to(address);
            let verdict = Box::new(gatewright_sys::verdict(&report, &Thresholds::default()));
            (address, Sight::Seen { report, verdict })
        }
    }
}

/// The table, without those in CLOSE_WAIT that were merely on their way out.
#[expect(clippy::disallowed_methods, reason = "the kernel announces no state changes: looking again is the only way")]
fn settled(port: u16, deadline: Instant) -> Result<PortReport, SysError> {
    let in_close_wait = |report: &PortReport| -> HashSet<[u32; 2]> {
        let waiting = report.connections.iter().filter(|connection| connection.state == TcpState::CloseWait);
        waiting.map(|connection| connection.cookie).collect()
    };
    let first = gatewright_sys::inspect(port, deadline)?;
    let suspects = in_close_wait(&first);
    if suspects.is_empty() || clock::now() + SETTLE >= deadline {
        return Ok(first);
    }
    thread::sleep(SETTLE);
    let mut second = gatewright_sys::inspect(port, deadline)?;
    second.connections.retain(|c| c.state != TcpState::CloseWait || suspects.contains(&c.cookie));
    Ok(second)
}

fn listens(port: u16, address: IpAddr, deadline: Instant) -> Presence {
    let listeners_only = Inspection { states: States::None, owners: OwnerLookup::Skip };
    gatewright_sys::inspect_with(port, listeners_only, deadline)
        .map_or(Presence::Unknown, |report| Presence::seen(report.listeners_for(address).next().is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(host: &str) -> Sight {
        look(&Endpoint { host: host.into(), port: 4002 }).sight
    }

    #[test]
    fn another_machine_s_port_is_unknown_and_never_closed() {
        // TEST-NET-1 (RFC 5737) is nobody's address.
        let Sight::Unseen { why } = sight("192.0.2.1") else { panic!("it cannot be seen") };
        assert!(why.contains("another machine"), "{why}");
        assert!(
            look(&Endpoint { host: "192.0.2.1".into(), port: 4002 })
                .known_ports
                .values()
                .all(|presence| *presence == Presence::Unknown)
        );
    }

    #[test]
    fn a_name_that_does_not_exist_is_unknown_too() {
        let Sight::Unseen { why } = sight("no-such-host.invalid") else { panic!("it cannot be seen") };
        assert!(why.contains("no-such-host.invalid"), "{why}");
    }
}
