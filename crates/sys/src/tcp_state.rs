//! The kernel's TCP states.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A TCP state as Linux numbers them (`include/net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TcpState {
    /// Both sides may send.
    Established,
    /// A connect is under way.
    SynSent,
    /// A connection is arriving at a listener.
    SynRecv,
    /// We closed first and wait for the acknowledgement.
    FinWait1,
    /// We closed first, the peer has not closed yet.
    FinWait2,
    /// Closed; the address pair is kept until stray packets have died.
    TimeWait,
    /// Not connected.
    Close,
    /// The peer closed and our side has not: the state of a zombie.
    CloseWait,
    /// The peer closed first, then we did.
    LastAck,
    /// A listener.
    Listen,
    /// Both sides closed at once.
    Closing,
    /// A number that this crate does not know.
    Unknown(u8),
}

impl TcpState {
    /// The state that the kernel means by `code`.
    pub const fn from_kernel(code: u8) -> Self {
        match code {
            1 => Self::Established,
            2 => Self::SynSent,
            // 12 is TCP_NEW_SYN_RECV, the same state in the kernel's lighter representation.
            3 | 12 => Self::SynRecv,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Close,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            other => Self::Unknown(other),
        }
    }

    /// This state's bits in the state mask of a request.
    pub(crate) const fn mask(self) -> u32 {
        match self {
            Self::Established => 1 << 1,
            Self::SynSent => 1 << 2,
            Self::SynRecv => 1 << 3 | 1 << 12,
            Self::FinWait1 => 1 << 4,
            Self::FinWait2 => 1 << 5,
            Self::TimeWait => 1 << 6,
            Self::Close => 1 << 7,
            Self::CloseWait => 1 << 8,
            Self::LastAck => 1 << 9,
            Self::Listen => 1 << 10,
            Self::Closing => 1 << 11,
            Self::Unknown(_) => 0,
        }
    }
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::Unknown(code) => return write!(f, "state {code}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_code_has_a_state_and_the_known_ones_map_back_to_their_bit() {
        for code in 0..=u8::MAX {
            let state = TcpState::from_kernel(code);
            if let TcpState::Unknown(same) = state {
                assert_eq!((same, state.mask()), (code, 0));
            } else {
                assert_ne!(state.mask() & (1 << code), 0, "{state}");
            }
        }
        assert_eq!(TcpState::from_kernel(8), TcpState::CloseWait);
        assert_eq!(TcpState::CloseWait.to_string(), "CLOSE_WAIT");
    }
}
