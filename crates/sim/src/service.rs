//! What the simulator does with each kind of message, as data for documents and tools. The tests of `core` hold it against
//! what the world does.

use gatewright_proto::Direction;
use gatewright_proto::kind::{Kind, kinds};

/// What the simulator does with one kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// A request that is answered, with data or with the error that its content deserves.
    Served,
    /// A request that changes something or nothing, and that a Gateway answers nothing to either.
    Taken,
    /// A request that this login may not make, or the end of one: always this error, about the request's own id where it
    /// has one.
    Denied(i32),
    /// An answer that the simulator sends.
    Sent,
    /// An answer that the simulator has no occasion to send.
    NeverSent,
}

impl Service {
    /// In words, for a table.
    pub fn words(self) -> String {
        match self {
            Self::Served => "served".into(),
            Self::Taken => "taken, no answer".into(),
            Self::Denied(code) => format!("denied, error {code}"),
            Self::Sent => "sent".into(),
            Self::NeverSent => "never sent".into(),
        }
    }
}

/// Requests that a Gateway answers nothing to: what ends a request that is answered at once, and settings.
const TAKEN: &[i32] = &[12, 13, 14, 56, 57, 59, 63, 64, 70, 71, 75, 77, 89, 90, 106, 107];

/// Requests that are denied, with their code: fundamental data and corporate events, which this login has not
/// subscribed, with their ends; advisors' configurations, since it is no advisor's; proofs of identity, which are for
/// certified programs.
const DENIED: &[(i32, i32)] = &[
    (18, 321),
    (19, 321),
    (52, 10358),
    (53, 300),
    (65, 321),
    (66, 321),
    (72, 321),
    (73, 321),
    (100, 10276),
    (101, 300),
    (102, 10276),
    (103, 300),
];

/// Answers that the simulator never sends.
const NEVER_SENT: &[i32] = &[16, 18, 47, 51, 56, 65, 66, 69, 70, 84, 91, 92, 103, 104, 105];

/// What the simulator does with a kind of message.
pub fn service(kind: &Kind) -> Service {
    let denied = DENIED.iter().find(|(id, _)| *id == kind.id).map(|(_, code)| *code);
    match (kind.direction, denied) {
        (Direction::ToClient, _) if NEVER_SENT.contains(&kind.id) => Service::NeverSent,
        (Direction::ToClient, _) => Service::Sent,
        (Direction::ToServer, Some(code)) => Service::Denied(code),
        (Direction::ToServer, None) if TAKEN.contains(&kind.id) => Service::Taken,
        (Direction::ToServer, None) => Service::Served,
    }
}

/// Every kind of message, requests first, with what the simulator does with it.
pub fn services() -> Vec<(Kind, Service)> {
    let all = kinds(Direction::ToServer).chain(kinds(Direction::ToClient));
    all.map(|kind| (kind.clone(), service(&kind))).collect()
}
