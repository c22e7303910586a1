//! What is done wrong on purpose, to see that an observer notices: an invariant that nothing can break proves nothing.

use bytes::{Bytes, BytesMut};
use gatewright_link::health::HealthReport;
use gatewright_link::protocol::LayerState;
use gatewright_link::recovery::{RecoveryReport, RecoveryState};
use gatewright_proto::message::start::NextValidId;
use gatewright_proto::{OrderId, ServerMessage, ServerVersion};

use crate::worker::frames;

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
    /// A worker that is killed leaves nothing of what it knew.
    NotesLost,
    /// Executions reach their program twice.
    ExecutionsTwice,
    /// They never do.
    ExecutionsLost,
    /// What they have cost never does.
    CommissionsLost,
    /// What is held never does.
    PositionsLost,
    /// The first program is taken for gone when a second one with its client id comes.
    TakeOver,
    /// Programs are disconnected when the Gateway goes.
    ThrownOut,
    /// Whatever a program does not read is kept for it.
    Hoarding,
    /// Orders are said to be durable before they are.
    Undurable,
    /// Every session that may dial some day dials now.
    TwoScouts,
    /// Streams are never asked for, and said to be fresh.
    SilentStreams,
    /// Health says yes of what is dead.
    HealthFlatters,
    /// Health says no of what nobody knows.
    HealthDespairs,
    /// Recovery says that every session is ready.
    ReadyAnyway,
}

/// Which message goes how often instead of once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    Upward(i32, usize),
    Downward(i32, usize),
    AsItIs,
}

impl Sabotage {
    fn copies(self) -> Copies {
        match self {
            Self::OrdersTwice => Copies::Upward(3, 2),
            Self::Flood => Copies::Upward(49, FAR_TOO_MANY),
            Self::CancelsLost => Copies::Upward(51, 0),
            Self::SilentStreams => Copies::Upward(50, 0),
            Self::AnswersLost => Copies::Downward(52, 0),
            Self::ExecutionsTwice => Copies::Downward(11, 2),
            Self::ExecutionsLost => Copies::Downward(11, 0),
            Self::CommissionsLost => Copies::Downward(59, 0),
            Self::PositionsLost => Copies::Downward(61, 0),
            Self::Undead
            | Self::IdsAgain
            | Self::GreetingsCut
            | Self::Spinning
            | Self::NoSuccessor
            | Self::NotesLost
            | Self::TakeOver
            | Self::ThrownOut
            | Self::Hoarding
            | Self::Undurable
            | Self::TwoScouts
            | Self::HealthFlatters
            | Self::HealthDespairs
            | Self::ReadyAnyway => Copies::AsItIs,
        }
    }

    /// What leaves for the Gateway in place of these bytes, which are one frame or a greeting.
    pub(crate) fn upward(self, bytes: Bytes) -> Vec<Bytes> {
        match self.copies() {
            Copies::Upward(message, copies) if is(&bytes, message) => vec![bytes; copies],
            Copies::Upward(..) | Copies::Downward(..) | Copies::AsItIs => vec![bytes],
        }
    }

    /// What reaches a program in place of these bytes. `greets`: they are the answer to its greeting.
    pub(crate) fn downward(self, mut bytes: Bytes, greets: bool) -> Vec<Bytes> {
        if greets {
            if self != Self::GreetingsCut {
                return vec![bytes];
            }
            let first = bytes.split_to(5);
            return vec![first, bytes];
        }
        let tampered = frames(bytes).flat_map(|frame| match self.copies() {
            Copies::Downward(message, copies) if is(&frame, message) => vec![frame; copies],
            Copies::AsItIs if self == Self::IdsAgain && is(&frame, 9) => vec![first_id(&frame)],
            Copies::Upward(..) | Copies::Downward(..) | Copies::AsItIs => vec![frame],
        });
        tampered.collect()
    }

    /// What is said of health in place of this.
    pub(crate) fn alter_health(self, report: &mut HealthReport) {
        for layer in report.layers.values_mut() {
            match (self, layer.state) {
                (Self::HealthFlatters, LayerState::No) => layer.state = LayerState::Yes,
                (Self::HealthDespairs, LayerState::Unknown) => layer.state = LayerState::No,
                (_, LayerState::Yes | LayerState::No | LayerState::Unknown) => {}
            }
        }
    }

    /// What recovery says in place of this.
    pub(crate) fn alter_recovery(self, report: &mut RecoveryReport) {
        if self == Self::ReadyAnyway {
            report.state = RecoveryState::Ready;
            report.sessions_ready = report.sessions_wanted;
        }
    }
}

fn first_id(frame: &Bytes) -> Bytes {
    let version = if is_protobuf(frame) { ServerVersion::new(226) } else { ServerVersion::new(178) };
    let mut out = BytesMut::new();
    let again = ServerMessage::NextValidId(NextValidId { order_id: OrderId::new(1) });
    again.encode(&mut out, version).expect("it can be written at every version");
    out.freeze()
}

/// Whether the first frame is this message, as text or as protobuf.
pub(crate) fn is(bytes: &Bytes, message: i32) -> bool {
    let Some(payload) = bytes.get(4..) else { return false };
    payload.starts_with(format!("{message}\0").as_bytes()) || payload.starts_with(&(message + PROTOBUF).to_be_bytes())
}

fn is_protobuf(bytes: &Bytes) -> bool {
    bytes.get(4) == Some(&0)
}
