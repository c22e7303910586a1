//! What is done wrong on purpose, to see that an observer notices: an invariant that nothing can break proves nothing.

use bytes::{Bytes, BytesMut};
use gatewright_proto::message::start::NextValidId;
use gatewright_proto::{OrderId, ServerMessage, ServerVersion};

/// From here on message ids are those of protobuf messages, this much higher.
const PROTOBUF: i32 = 200;

/// Copies of one message that no pace would let out.
const FAR_TOO_MANY: usize = 60;

/// One way of doing it wrong. None of them is ever used outside tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Every order leaves twice.
    OrdersTwice,
    /// Heartbeats leave by the dozen.
    Flood,
    /// Connections of a killed worker stay open.
    Undead,
    /// The ends of streams never leave.
    CancelsLost,
    /// The last word on a question never reaches its program.
    AnswersLost,
    /// Programs are handed order id 1, again and again.
    IdsAgain,
    /// The answer to a greeting comes in two pieces.
    GreetingsCut,
    /// Somebody is always due and does nothing.
    Spinning,
    /// A worker that is killed never comes back.
    NoSuccessor,
}

impl Sabotage {
    /// What leaves for the Gateway in place of these bytes, which are one frame or a greeting.
    pub(crate) fn upward(self, bytes: Bytes) -> Vec<Bytes> {
        match self {
            Self::OrdersTwice if is(&bytes, 3) => vec![bytes.clone(), bytes],
            Self::Flood if is(&bytes, 49) => vec![bytes; FAR_TOO_MANY],
            Self::CancelsLost if is(&bytes, 51) => Vec::new(),
            Self::OrdersTwice
            | Self::Flood
            | Self::CancelsLost
            | Self::Undead
            | Self::AnswersLost
            | Self::IdsAgain
            | Self::GreetingsCut
            | Self::Spinning
            | Self::NoSuccessor => vec![bytes],
        }
    }

    /// What reaches a program in place of these bytes. `greets`: they are the answer to its greeting.
    pub(crate) fn downward(self, mut bytes: Bytes, greets: bool) -> Vec<Bytes> {
        match self {
            Self::AnswersLost if is(&bytes, 52) => Vec::new(),
            Self::IdsAgain if is(&bytes, 9) => {
                let version = if is_protobuf(&bytes) { ServerVersion::new(226) } else { ServerVersion::new(178) };
                let mut out = BytesMut::new();
                let again = ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(1) });
                again.encode(&mut out, version).expect("it can be written at every version");
                vec![out.freeze()]
            }
            Self::GreetingsCut if greets => {
                let first = bytes.split_to(5);
                vec![first, bytes]
            }
            Self::AnswersLost
            | Self::IdsAgain
            | Self::GreetingsCut
            | Self::OrdersTwice
            | Self::Flood
            | Self::CancelsLost
            | Self::Undead
            | Self::Spinning
            | Self::NoSuccessor => vec![bytes],
        }
    }
}

/// Whether the first frame is this message, as text or as protobuf.
fn is(bytes: &Bytes, message: i32) -> bool {
    let Some(payload) = bytes.get(4..) else { return false };
    payload.starts_with(format!("{message}\0").as_bytes()) || payload.starts_with(&(message + PROTOBUF).to_be_bytes())
}

fn is_protobuf(bytes: &Bytes) -> bool {
    bytes.get(4) == Some(&0)
}
