//! What a look says about a Gateway: pure.

use std::collections::BTreeMap;

use gatewright_sys::{
    AcceptQueue, CleanReport, Connection, Listener, Owner, OwnerKind, Presence, Suspicion, Verdict, Zombie,
};
use serde::Serialize;

use crate::command::connect::Outcome;
use crate::exit_code::Exit;
use crate::look::{Look, Sight};

/// Everything that `doctor` reports; its JSON is this value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DoctorReport {
    /// `HOST:PORT`.
    pub(crate) gateway: String,
    /// The process from inside whose network it was looked at; `null` for this machine's.
    pub(crate) inside: Option<Inside>,
    /// Whether something listens there.
    pub(crate) listening: Answer,
    /// What does.
    pub(crate) listeners: Vec<Listener>,
    /// The fullest accept queue; `null` where nothing listens or nothing is known.
    pub(crate) accept_queue: Option<AcceptQueue>,
    /// Both sides of every connection with the port.
    pub(crate) connections: Vec<Connection>,
    /// Dead connections at the Gateway.
    pub(crate) zombies: Zombies,
    /// Which of the usual ports something listens on.
    pub(crate) known_ports: BTreeMap<u16, Presence>,
    /// The finding.
    pub(crate) verdict: Finding,
    /// The finding in words.
    pub(crate) explanation: String,
    /// What to do.
    pub(crate) remedy: String,
    /// What limits the view or deserves to be known.
    pub(crate) notes: Vec<String>,
    /// What `--clean` did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clean: Option<Cleaning>,
    /// What `--handshake` brought, as `connect --json` reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) handshake: Option<Outcome>,
}

/// A process whose network was looked at from inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Inside {
    /// Its id.
    pub(crate) pid: u32,
    /// Its program, where that may be read.
    pub(crate) program: Option<String>,
}

/// Yes, no or unknown, and what tells us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    /// The answer.
    pub(crate) state: Presence,
    /// What tells us.
    pub(crate) evidence: String,
}

/// Dead connections at the Gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Zombies {
    /// How many; `null` where it cannot be seen.
    pub(crate) count: Option<usize>,
    /// Each of them.
    pub(crate) sockets: Vec<Zombie>,
}

/// What `--clean` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Cleaning {
    /// What cleaning does, and what it does not.
    pub(crate) meaning: &'static str,
    /// How many zombies there were; `null` where that could not be seen.
    pub(crate) found: Option<usize>,
    /// What became of each.
    #[serde(flatten)]
    pub(crate) outcome: CleanReport,
}

/// The finding, one of a closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finding {
    /// Something listens, and nothing in the socket table speaks against it. Whether it serves, only a handshake shows.
    NoFaultFound,
    /// Nothing listens.
    NotListening,
    /// A program listens that is no Gateway.
    ForeignListener,
    /// Dead connections hang at the Gateway.
    Zombies,
    /// Connections wait that the Gateway does not take.
    NotAccepting,
    /// It cannot be told.
    Unknown,
}

impl Finding {
    /// How the process ends on this finding alone.
    pub(crate) fn exit(self) -> Exit {
        match self {
            Self::NoFaultFound => Exit::Success,
            Self::NotListening => Exit::NotListening,
            Self::ForeignListener => Exit::ForeignListener,
            Self::Zombies => Exit::Zombies,
            Self::NotAccepting => Exit::NotAccepting,
            Self::Unknown => Exit::Unknown,
        }
    }
}

impl DoctorReport {
    /// The report of one look.
    pub(crate) fn of(gateway: String, look: Look, inside: Option<Inside>) -> Self {
        let Look { sight, known_ports } = look;
        match sight {
            Sight::Unseen { why } => Self {
                gateway,
                listening: Answer { state: Presence::Unknown, evidence: why.clone() },
                listeners: Vec::new(),
                accept_queue: None,
                connections: Vec::new(),
                zombies: Zombies { count: None, sockets: Vec::new() },
                known_ports,
                verdict: Finding::Unknown,
                explanation: format!("Nothing can be said about this Gateway from here: {why}."),
                remedy: if inside.is_some() {
                    "Where rights are missing, run it as root, or with CAP_SYS_ADMIN and CAP_SYS_PTRACE.".into()
                } else {
                    "Run doctor on the Gateway's own machine, or add --handshake to learn by connecting.".into()
                },
                inside,
                notes: Vec::new(),
                clean: None,
                handshake: None,
            },
            Sight::Seen { report, verdict } => {
                let finding = finding(&verdict);
                Self {
                    listening: listening(&report.listeners, report.port),
                    listeners: report.listeners,
                    accept_queue: verdict.accept_queue,
                    connections: report.connections,
                    explanation: explanation(finding, &verdict),
                    remedy: remedy(finding, &verdict, &known_ports),
                    notes: notes(finding, &verdict),
                    zombies: Zombies { count: Some(verdict.zombies.len()), sockets: verdict.zombies },
                    known_ports,
                    verdict: finding,
                    gateway,
                    inside,
                    clean: None,
                    handshake: None,
                }
            }
        }
    }
}

fn listening(listeners: &[Listener], port: u16) -> Answer {
    if listeners.is_empty() {
        let evidence = format!("no socket of this machine listens on port {port}");
        return Answer { state: Presence::No, evidence };
    }
    let each: Vec<String> = listeners
        .iter()
        .map(|listener| format!("{}, held by {}", listener.address, describe(&listener.owner)))
        .collect();
    Answer { state: Presence::Yes, evidence: each.join("; ") }
}

/// The owner with what kind of program it is.
pub(crate) fn describe(owner: &Owner) -> String {
    let kind = match owner.kind() {
        None => return owner.to_string(),
        Some(OwnerKind::Ours) => "Gatewright itself",
        Some(OwnerKind::GatewayLike) => "a Gateway or TWS by its looks",
        Some(OwnerKind::Relay) => "a relay",
        Some(OwnerKind::Foreign) => "not a Gateway by its looks",
    };
    format!("{owner}, {kind}")
}

/// The worst that there is evidence for.
fn finding(verdict: &Verdict) -> Finding {
    match verdict.listening {
        Presence::Unknown => return Finding::Unknown,
        Presence::No => return Finding::NotListening,
        Presence::Yes => {}
    }
    let queue_waits = verdict.suspicions.iter().any(|suspicion| matches!(suspicion, Suspicion::AcceptQueue { .. }));
    // What keeps connections from being served comes first: by its looks alone an owner may be taken for foreign wrongly.
    if !verdict.zombies.is_empty() {
        Finding::Zombies
    } else if queue_waits {
        Finding::NotAccepting
    } else if !verdict.foreign_listeners.is_empty() {
        Finding::ForeignListener
    } else {
        Finding::NoFaultFound
    }
}

fn explanation(finding: Finding, verdict: &Verdict) -> String {
    match finding {
        Finding::NoFaultFound => {
            "Something listens, it takes its connections, and no dead ones hang at it. That is all \
                                  that can be seen without connecting; whether it serves, only --handshake shows."
                .into()
        }
        Finding::NotListening => "Nothing listens on the port. The Gateway is not running, not logged in, or set to \
                                  another port."
            .into(),
        Finding::ForeignListener => foreign(verdict),
        Finding::Zombies => {
            let count = verdict.zombies.len();
            let (hang, whose) = match count {
                1 => ("connection hangs", "Its client has"),
                _ => ("connections hang", "Their clients have"),
            };
            let queued = match verdict.zombies_in_accept_queue {
                0 => String::new(),
                queued => format!(" {queued} of them it has not even accepted: it has stopped taking connections."),
            };
            format!(
                "{count} dead {hang} in CLOSE_WAIT at the Gateway. {whose} gone and the Gateway has not closed its side. Gateways \
                 with a few of these have been seen to stop answering new connections.{queued}"
            )
        }
        Finding::NotAccepting => {
            let depth = verdict.accept_queue.map_or(0, |queue| queue.depth);
            format!("{depth} connections wait in the accept queue: the Gateway listens and does not take them.")
        }
        Finding::Unknown => "It cannot be told whether anything listens.".into(),
    }
}

fn foreign(verdict: &Verdict) -> String {
    let owners: Vec<String> = verdict.foreign_listeners.iter().map(|listener| listener.owner.to_string()).collect();
    format!("The port belongs to {}, which does not look like a Gateway or TWS.", owners.join(" and "))
}

fn remedy(finding: Finding, verdict: &Verdict, known_ports: &BTreeMap<u16, Presence>) -> String {
    match finding {
        Finding::NoFaultFound => "Nothing to do.".into(),
        Finding::NotListening => {
            let others: Vec<String> = known_ports
                .iter()
                .filter(|(port, presence)| **presence == Presence::Yes && **port != verdict.port)
                .map(|(port, _)| port.to_string())
                .collect();
            let elsewhere = match others.as_slice() {
                [] => String::new(),
                ports => format!(" Something does listen on {}: perhaps that is the one you mean.", ports.join(", ")),
            };
            format!(
                "Start IB Gateway or TWS and log in, and check its API port (Gateway 4001 live, 4002 paper; TWS 7496, \
                 7497). During its nightly restart the port is closed for up to four minutes: then just wait.{elsewhere}"
            )
        }
        Finding::ForeignListener => "Give the Gateway's own port with --gateway HOST:PORT, or stop that program.".into(),
        Finding::Zombies => "Restart the Gateway; that is the only sure remedy. --clean removes the dead entries from the \
                             kernel's table and says what that does not do. Sessions that are still connected usually go \
                             on working: keep them."
            .into(),
        Finding::NotAccepting => "Look for a dialog at the Gateway and answer it. If there is none, the Gateway is stuck: \
                                  restart it."
            .into(),
        Finding::Unknown => "Run doctor on the Gateway's own machine, with more rights if it lacks them.".into(),
    }
}

fn notes(finding: Finding, verdict: &Verdict) -> Vec<String> {
    let mut notes = Vec::new();
    if !verdict.foreign_listeners.is_empty() && finding != Finding::ForeignListener {
        notes.push(foreign(verdict));
    }
    if !verdict.relay_listeners.is_empty() {
        notes.push(
            "A relay has the port. The Gateway behind it, and dead connections there, cannot be seen from here; run \
             doctor where the Gateway runs, or give its process by --pid where it is in a container here."
                .into(),
        );
    }
    if !verdict.unclaimed.is_empty() {
        notes.push(format!(
            "{} connection(s) of the port are in CLOSE_WAIT, but nothing listens, so it cannot be told whose they are.",
            verdict.unclaimed.len()
        ));
    }
    let unnamed = verdict.zombies.iter().filter(|zombie| matches!(zombie.owner, Owner::Unknown { .. })).count();
    if unnamed > 0 {
        notes.push(format!("The owners of {unnamed} dead connection(s) may not be read by this user; root may."));
    }
    notes
}

#[cfg(test)]
mod tests;
