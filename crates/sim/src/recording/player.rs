//! The Gateway's side of one recorded connection, played back.

use std::collections::VecDeque;
use std::fmt;

use bytes::{Bytes, BytesMut};

use super::event::{Happened, Transcript};
use crate::core::ConnId;

/// How many bytes a difference shows, at most.
const SHOWN: usize = 64;

/// Plays the Gateway's side of one connection: bytes in, steps out. It has no clock: what the Gateway sent comes as soon
/// as the client has sent what it had sent before.
#[derive(Debug)]
pub struct Player {
    steps: VecDeque<Happened>,
    received: u64,
    waiting: BytesMut,
    different: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Write these bytes.
    Write(Bytes),
    /// Wait for so many more bytes of the client.
    Wait(usize),
    /// Wait for the client's end.
    WaitForEnd,
    /// Close.
    Close,
    /// Reset.
    Kill,
}

/// The client has sent something else than was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// After how many equal bytes of this connection.
    pub offset: u64,
    /// What was recorded from there on.
    pub recorded: Bytes,
    /// What has come instead.
    pub received: Bytes,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |bytes: &Bytes| format!("{:x}", bytes.slice(..bytes.len().min(SHOWN)));
        let (recorded, received) = (shown(&self.recorded), shown(&self.received));
        write!(f, "at byte {}: recorded {recorded}, received {received}", self.offset)
    }
}

impl Player {
    /// The Gateway's side of a connection of a recording, if it has it.
    pub fn new(recording: &Transcript, connection: ConnId) -> Option<Self> {
        let events = recording.events.iter().filter(|event| event.connection == connection);
        let mut steps: VecDeque<Happened> = events.map(|event| event.happened.clone()).collect();
        match steps.pop_front() {
            Some(Happened::Open(_)) => Some(Self { steps, received: 0, waiting: BytesMut::new(), different: false }),
            Some(_) | None => None,
        }
    }

    /// The connections of a recording, in the order in which they were made.
    pub fn connections(recording: &Transcript) -> Vec<ConnId> {
        let opened = |happened: &Happened| matches!(happened, Happened::Open(_));
        recording.events.iter().filter(|event| opened(&event.happened)).map(|event| event.connection).collect()
    }

    /// The client has sent bytes. They are compared with what was recorded, at the same places; from the first
    /// difference on they are only counted.
    pub fn handle_bytes(&mut self, bytes: &[u8]) -> Option<Difference> {
        self.waiting.extend_from_slice(bytes);
        if !self.steps.iter().any(|step| matches!(step, Happened::Received(_))) {
            // All of it is too much; a piece is enough to tell so.
            self.waiting.truncate(SHOWN);
        }
        let mut found = None;
        while let Some(Happened::Received(recorded)) = self.steps.front_mut() {
            let count = recorded.len().min(self.waiting.len());
            if count == 0 {
                break;
            }
            let (expected, got) = (recorded.split_to(count), self.waiting.split_to(count).freeze());
            if expected != got && !self.different {
                self.different = true;
                let same = expected.iter().zip(&got).take_while(|(left, right)| left == right).count();
                let offset = self.received + u64::try_from(same).unwrap_or(u64::MAX);
                found = Some(Difference { offset, recorded: expected.slice(same..), received: got.slice(same..) });
            }
            self.received += u64::try_from(count).unwrap_or(u64::MAX);
            if recorded.is_empty() {
                self.steps.pop_front();
            } else {
                break;
            }
        }
        found
    }

    /// What to do next. Every step but waiting is taken by this call.
    pub fn poll_step(&mut self) -> Step {
        match self.steps.front() {
            Some(Happened::Received(bytes)) => Step::Wait(bytes.len()),
            Some(Happened::Sent(_)) => match self.steps.pop_front() {
                Some(Happened::Sent(bytes)) => Step::Write(bytes),
                Some(_) | None => Step::Close,
            },
            Some(Happened::Open(_)) => Step::Close,
            Some(Happened::Eof | Happened::Reset) => Step::WaitForEnd,
            Some(Happened::Kill) => Step::Kill,
            Some(Happened::Close) | None => Step::Close,
        }
    }

    /// The client has ended its side; says what it had still to send.
    pub fn handle_end(&mut self) -> Option<Difference> {
        let missing = self.steps.iter().find_map(|step| match step {
            Happened::Received(bytes) => Some(bytes.clone()),
            Happened::Open(_)
            | Happened::Sent(_)
            | Happened::Eof
            | Happened::Reset
            | Happened::Close
            | Happened::Kill => None,
        });
        // What the Gateway sent after the end can still be sent.
        while let Some(step) = self.steps.pop_front() {
            if matches!(step, Happened::Eof | Happened::Reset) {
                break;
            }
        }
        missing.map(|recorded| Difference { offset: self.received, recorded, received: Bytes::new() })
    }

    /// What the client has sent beyond the recording.
    pub fn surplus(&self) -> Option<Difference> {
        let received = Bytes::copy_from_slice(&self.waiting);
        if received.is_empty() {
            return None;
        }
        Some(Difference { offset: self.received, recorded: Bytes::new(), received })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn player() -> Player {
        let text = "gatewright-sim recording 1\n0.000000 4 open x\n0.000001 4 > 414243\n0.000002 4 < 01\n\
                    0.000003 4 > 44\n0.000004 4 < 02\n0.000005 4 eof\n0.000006 4 close\n";
        let recording = text.parse().unwrap();
        assert_eq!(Player::connections(&recording), [ConnId(4)]);
        assert!(Player::new(&recording, ConnId(1)).is_none());
        Player::new(&recording, ConnId(4)).unwrap()
    }

    #[test]
    fn the_gateway_speaks_when_the_client_has_said_its_part() {
        let mut player = player();
        assert_eq!(player.poll_step(), Step::Wait(3));
        assert_eq!(player.handle_bytes(b"AB"), None);
        assert_eq!(player.poll_step(), Step::Wait(1));
        // Bytes may be cut and joined anywhere.
        assert_eq!(player.handle_bytes(b"CD"), None);
        assert_eq!(player.poll_step(), Step::Write(Bytes::from_static(&[1])));
        assert_eq!(player.handle_bytes(b""), None);
        assert_eq!(player.poll_step(), Step::Write(Bytes::from_static(&[2])));
        assert_eq!(player.poll_step(), Step::WaitForEnd);
        assert_eq!(player.handle_end(), None);
        assert_eq!(player.poll_step(), Step::Close);
        assert_eq!(player.surplus(), None);
    }

    #[test]
    fn differences_are_told_once_and_the_play_goes_on() {
        let mut player = player();
        let difference = player.handle_bytes(b"AxC").unwrap();
        assert_eq!(difference.to_string(), "at byte 1: recorded 4243, received 7843");
        assert_eq!(player.poll_step(), Step::Write(Bytes::from_static(&[1])));
        let missing = player.handle_end().unwrap();
        assert_eq!((missing.offset, missing.recorded), (3, Bytes::from_static(b"D")));
    }
}
