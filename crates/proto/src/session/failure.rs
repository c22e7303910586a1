//! Every way in which a connection can fail: where, why, who has to act, and what to do.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::handshake::VersionRange;
use crate::ids::{ClientId, ServerVersion};
use crate::session::stage::Stage;
use crate::session::sync::SyncRequest;

/// Who has to act before a connection can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Acts {
    /// Nobody: trying again may succeed.
    Retry,
    /// Nobody, but something at the Gateway has to end by itself first.
    Wait,
    /// A human, at the Gateway or at this program's settings.
    Human,
}

/// How a connection ended that we did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedHow {
    /// The peer closed in order (FIN).
    Eof,
    /// The peer reset the connection (RST).
    Reset,
    /// The operating system gave up: no acknowledgement for too long, or no route any more.
    TimedOut,
    /// The peer keeps the connection and answers nothing, not even its clock.
    Frozen,
}

/// Why a TCP connection could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialFailure {
    /// The host answered that nothing listens there.
    Refused,
    /// The connection was opened and reset before we could use it. Linux reports both as one error of the connect.
    Reset,
    /// No route, no such host, or another error of the operating system, in its words.
    Unreachable(String),
}

/// What makes us say that a client id is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdInUseEvidence {
    /// The Gateway said so, with code 326.
    Code326,
    /// The Gateway closed right after START_API without a word, as it does for a taken id.
    ClosedAfterStartApi,
}

/// The reason, one of a closed set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The socket table shows no listener on the port.
    NotListening,
    /// The port belongs to a program that is not a Gateway.
    ForeignListener {
        /// The program, as far as it could be read.
        program: String,
    },
    /// Dead connections hang at the Gateway, and the policy is not to add to them.
    Zombies {
        /// How many.
        count: usize,
    },
    /// The socket table could not be read. A warning, never a refusal.
    InspectionUnavailable {
        /// Why.
        why: String,
    },
    /// The host answered that nothing listens there.
    Refused,
    /// No answer to the connection attempt.
    DialTimeout,
    /// The host cannot be reached.
    Unreachable {
        /// The operating system's words.
        why: String,
    },
    /// The peer closed or reset before it named its version.
    ClosedBeforeVersion {
        /// Closed or reset.
        how: ClosedHow,
    },
    /// The peer accepted and never named its version.
    VersionStalled,
    /// The peer named a version outside the range on offer.
    VersionUnsupported {
        /// What it named.
        got: ServerVersion,
        /// What was on offer.
        offered: VersionRange,
    },
    /// The peer's bytes are not the TWS API protocol.
    Malformed {
        /// What was wrong.
        what: String,
    },
    /// Another session holds the client id, or held it until a moment ago.
    ClientIdInUse {
        /// The client id.
        client_id: ClientId,
        /// How we know.
        evidence: IdInUseEvidence,
    },
    /// The peer did not send both accounts and next valid id.
    IdentifyStalled {
        /// What is missing.
        missing: &'static str,
    },
    /// The peer sent an empty list of accounts.
    NoAccounts,
    /// A request was never answered to its end.
    SyncStalled {
        /// The first one without an answer.
        request: SyncRequest,
    },
    /// The connection ended.
    Lost {
        /// How.
        how: ClosedHow,
    },
    /// We did not look at the connection for so long that the peer cannot be blamed.
    SelfStalled {
        /// How late we were.
        late: Duration,
    },
}

impl Cause {
    /// The cause's name as it stands in JSON and in documents.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotListening => "not_listening",
            Self::ForeignListener { .. } => "foreign_listener",
            Self::Zombies { .. } => "zombies",
            Self::InspectionUnavailable { .. } => "inspection_unavailable",
            Self::Refused => "refused",
            Self::DialTimeout => "dial_timeout",
            Self::Unreachable { .. } => "unreachable",
            Self::ClosedBeforeVersion { .. } => "closed_before_version",
            Self::VersionStalled => "version_stalled",
            Self::VersionUnsupported { .. } => "version_unsupported",
            Self::Malformed { .. } => "malformed",
            Self::ClientIdInUse { .. } => "client_id_in_use",
            Self::IdentifyStalled { .. } => "identify_stalled",
            Self::NoAccounts => "no_accounts",
            Self::SyncStalled { .. } => "sync_stalled",
            Self::Lost { .. } => "lost",
            Self::SelfStalled { .. } => "self_stalled",
        }
    }

    /// Every cause's name, for documents and schemas.
    pub const NAMES: [&'static str; 17] = [
        "not_listening",
        "foreign_listener",
        "zombies",
        "inspection_unavailable",
        "refused",
        "dial_timeout",
        "unreachable",
        "closed_before_version",
        "version_stalled",
        "version_unsupported",
        "malformed",
        "client_id_in_use",
        "identify_stalled",
        "no_accounts",
        "sync_stalled",
        "lost",
        "self_stalled",
    ];
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotListening => f.write_str("nothing listens on the port: the socket table shows no listener"),
            Self::ForeignListener { program } => write!(f, "the port belongs to {program}, which is not a Gateway"),
            Self::Zombies { count } => {
                write!(f, "{count} dead connection(s) hang in CLOSE_WAIT at the Gateway, a sign that it is stuck")
            }
            Self::InspectionUnavailable { why } => write!(f, "the socket table could not be read: {why}"),
            Self::Refused => f.write_str("connection refused: nothing listens on the port"),
            Self::DialTimeout => f.write_str("no answer to the TCP connection attempt"),
            Self::Unreachable { why } => write!(f, "the host cannot be reached: {why}"),
            Self::ClosedBeforeVersion { how } => {
                write!(f, "the Gateway accepted the connection and {} before naming its version", verb(*how))
            }
            Self::VersionStalled => f.write_str("the Gateway accepted the connection and never answered the greeting"),
            Self::VersionUnsupported { got, offered } => {
                write!(f, "the Gateway speaks version {got}, on offer was {} to {}", offered.min, offered.max)
            }
            Self::Malformed { what } => write!(f, "what answers is not the TWS API: {what}"),
            Self::ClientIdInUse { client_id, evidence: IdInUseEvidence::Code326 } => {
                write!(f, "client id {client_id} is already in use, says the Gateway (326)")
            }
            Self::ClientIdInUse { client_id, evidence: IdInUseEvidence::ClosedAfterStartApi } => write!(
                f,
                "the Gateway closed right after START_API, as it does when client id {client_id} is already in use"
            ),
            Self::IdentifyStalled { missing } => write!(f, "the Gateway named its version but never sent {missing}"),
            Self::NoAccounts => f.write_str("the Gateway sent an empty list of accounts"),
            Self::SyncStalled { request } => {
                write!(f, "the Gateway never finished answering the request for {request}")
            }
            Self::Lost { how } => match how {
                ClosedHow::Eof => f.write_str("the Gateway closed the connection"),
                ClosedHow::Reset => f.write_str("the Gateway reset the connection"),
                ClosedHow::TimedOut => f.write_str("the connection died: nothing was acknowledged any more"),
                ClosedHow::Frozen => f.write_str("the Gateway keeps the connection but answers nothing any more"),
            },
            Self::SelfStalled { late } => {
                write!(f, "this machine stalled us for {} ms; the Gateway is not to blame", late.as_millis())
            }
        }
    }
}

fn verb(how: ClosedHow) -> &'static str {
    match how {
        ClosedHow::Eof => "closed it",
        ClosedHow::Reset => "reset it",
        ClosedHow::TimedOut => "vanished",
        ClosedHow::Frozen => "froze",
    }
}

/// What to do about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// Who has to act.
    pub acts: Acts,
    /// Whether only a restart of the Gateway is known to help.
    pub requires_restart: bool,
    /// What to do, as sentences.
    pub text: &'static str,
}

/// A failed connection: where, why, after how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The stage that failed.
    pub stage: Stage,
    /// Why.
    pub cause: Cause,
    /// Since the stage began.
    pub after: Duration,
    /// Whether the Gateway is on this machine.
    pub local: bool,
    /// Whether the caller's own deadline cut the stage short.
    pub cut_short: bool,
}

impl Failure {
    /// Who has to act, and what to do.
    pub fn remedy(&self) -> Remedy {
        let remedy = |acts, requires_restart, text| Remedy { acts, requires_restart, text };
        if self.cut_short {
            return remedy(
                Acts::Retry,
                false,
                "The caller's own deadline ended this stage before its time. Give it more before concluding anything about \
                 the Gateway.",
            );
        }
        match &self.cause {
            Cause::NotListening | Cause::Refused => remedy(
                Acts::Human,
                false,
                "Start IB Gateway or TWS and log in, and check its API port (Gateway 4001 live, 4002 paper; TWS 7496, \
                 7497). During the Gateway's nightly restart the port is closed for up to four minutes: then just wait.",
            ),
            Cause::ForeignListener { .. } => remedy(
                Acts::Human,
                false,
                "Give the Gateway's own port with --gateway HOST:PORT, or stop that program.",
            ),
            Cause::Zombies { .. } => remedy(
                Acts::Human,
                true,
                "Restart the Gateway; that is the only sure remedy. `gatewright doctor` shows the connections and their \
                 owners; --zombies warn connects in spite of them, --zombies clean removes their entries first.",
            ),
            Cause::InspectionUnavailable { .. } => {
                remedy(Acts::Retry, false, "Nothing: the connection goes on without the look at the socket table.")
            }
            Cause::DialTimeout if self.local => remedy(
                Acts::Human,
                true,
                "The Gateway's accept queue is full: it has stopped taking connections. Restart it.",
            ),
            Cause::DialTimeout => remedy(
                Acts::Retry,
                false,
                "Check the address, and firewalls on the way. If the host is right, its Gateway has stopped taking \
                 connections and needs a restart.",
            ),
            Cause::Unreachable { .. } => remedy(Acts::Human, false, "Check the host name and the network."),
            Cause::ClosedBeforeVersion { .. } => remedy(
                Acts::Wait,
                false,
                "The Gateway is starting, or does not trust this address (API settings: trusted IPs, localhost only), \
                 or the port is a container's relay whose Gateway is down. Try again; if it stays, check those settings.",
            ),
            Cause::VersionStalled => remedy(
                Acts::Human,
                true,
                "Look for a dialog at the Gateway (accept incoming connection, paper account warning) and answer it. If \
                 there is none, the Gateway is stuck: restart it.",
            ),
            Cause::VersionUnsupported { .. } => {
                remedy(Acts::Human, false, "Use a Gateway of version 972 or later, and a matching Gatewright.")
            }
            Cause::Malformed { .. } => {
                remedy(Acts::Human, false, "Check the port: something answers there that does not speak the TWS API.")
            }
            Cause::ClientIdInUse { .. } => remedy(
                Acts::Wait,
                false,
                "Use another client id, or stop the program that holds this one. If it died, the Gateway frees the id \
                 when it notices: try again in a while.",
            ),
            Cause::IdentifyStalled { .. } => remedy(
                Acts::Human,
                true,
                "Look for a dialog at the Gateway and answer it, and see whether its login is complete. If both are \
                 well, the Gateway is stuck: restart it.",
            ),
            Cause::NoAccounts => {
                remedy(Acts::Human, false, "Complete the login at the Gateway; it has no accounts to offer yet.")
            }
            Cause::SyncStalled { .. } => remedy(
                Acts::Human,
                true,
                "The Gateway answers some requests and not this one. Try again once; if it stays, restart the Gateway. \
                 If you do not need it, leave it out with --sync.",
            ),
            Cause::Lost { how: ClosedHow::Frozen } => {
                remedy(Acts::Human, true, "The Gateway's process hangs. If it does not come back, restart it.")
            }
            Cause::Lost { .. } => remedy(Acts::Retry, false, "Connect again."),
            Cause::SelfStalled { .. } => {
                remedy(Acts::Retry, false, "Connect again, and find out what keeps this machine busy.")
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed after {} ms: {}", self.stage, self.after.as_millis(), self.cause)?;
        if self.cut_short { f.write_str(" (cut short by the caller's deadline)") } else { Ok(()) }
    }
}
