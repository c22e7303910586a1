//! Netlink framing: the header before every message, and the kinds that end an answer (netlink(7)).

use super::Malformed;

/// `struct nlmsghdr`: length, kind, flags, sequence, port.
pub(crate) const HEADER: usize = 16;

/// `NLM_F_REQUEST`: this is a request.
pub(crate) const REQUEST: u16 = 0x01;
/// `NLM_F_ACK`: answer even if nothing went wrong.
pub(crate) const ACK: u16 = 0x04;
/// `NLM_F_DUMP`: every entry, not one.
pub(crate) const DUMP: u16 = 0x300;

const NOOP: u16 = 1;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const OVERRUN: u16 = 4;

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    /// An entry, to be read by whoever asked.
    Data { kind: u16, payload: &'a [u8] },
    /// The end of a dump; `errno` is 0 unless the dump broke off.
    Done { errno: i32 },
    /// The answer to a single request; `errno` is 0 for an acknowledgement.
    Error { errno: i32 },
    /// The kernel dropped part of the answer.
    Overrun,
}

/// The messages in one datagram that answer request `sequence`; others are passed over.
pub(crate) struct Messages<'a> {
    rest: &'a [u8],
    sequence: u32,
}

impl<'a> Messages<'a> {
    pub(crate) fn new(datagram: &'a [u8], sequence: u32) -> Self {
        Self { rest: datagram, sequence }
    }

    /// The next message of any request, as kind, sequence and payload.
    fn step(&mut self) -> Result<(u16, u32, &'a [u8]), Malformed> {
        let length = read_u32(self.rest, 0).ok_or(Malformed("a message header is cut short"))? as usize;
        let (kind, sequence) =
            read_u16(self.rest, 4).zip(read_u32(self.rest, 8)).ok_or(Malformed("a message header is cut short"))?;
        let payload = self.rest.get(HEADER..length).ok_or(Malformed("a message's length is impossible"))?;
        // The last message may come without its padding.
        self.rest = self.rest.get(align(length)..).unwrap_or_default();
        Ok((kind, sequence, payload))
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, Malformed>;

    /// Every step consumes at least a header, so this ends; after an error nothing more comes.
    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (kind, sequence, payload) = match self.step() {
                Ok(step) => step,
                Err(malformed) => {
                    self.rest = &[];
                    return Some(Err(malformed));
                }
            };
            if sequence != self.sequence {
                continue;
            }
            return Some(Ok(match kind {
                NOOP => continue,
                OVERRUN => Message::Overrun,
                ERROR => match read_i32(payload, 0) {
                    Some(code) => Message::Error { errno: code.saturating_neg() },
                    None => return Some(Err(Malformed("an error message carries no code"))),
                },
                // Old kernels end a dump without a code.
                DONE => Message::Done { errno: read_i32(payload, 0).map_or(0, |code| code.min(0).saturating_neg()) },
                kind => Message::Data { kind, payload },
            }));
        }
        None
    }
}

/// Puts a header before `body`, as one whole request. The port is left to the kernel.
pub(crate) fn request(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = HEADER + body.len();
    let mut bytes = Vec::with_capacity(length);
    let length = u32::try_from(length).expect("requests are shorter than 4 GiB");
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&sequence.to_ne_bytes());
    bytes.extend_from_slice(&0u32.to_ne_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The next multiple of 4, where the next message or attribute starts.
pub(crate) const fn align(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The native-endian number at `at`, unless the bytes end before.
pub(crate) fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

/// The native-endian number at `at`, unless the bytes end before.
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

fn read_i32(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().copied().map(i32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn messages(datagram: &[u8], sequence: u32) -> Vec<Result<Message<'_>, Malformed>> {
        Messages::new(datagram, sequence).collect()
    }

    #[test]
    fn a_datagram_with_several_messages_gives_each_of_them() {
        let mut datagram = request(20, 2, 7, b"abcde");
        datagram.extend([0; 3]);
        datagram.extend(request(20, 2, 7, b"four"));
        datagram.extend(request(DONE, 2, 7, &0i32.to_ne_bytes()));
        assert_eq!(
            messages(&datagram, 7),
            [
                Ok(Message::Data { kind: 20, payload: b"abcde" }),
                Ok(Message::Data { kind: 20, payload: b"four" }),
                Ok(Message::Done { errno: 0 }),
            ]
        );
    }

    #[test]
    fn errors_acknowledgements_and_broken_dumps_carry_a_positive_errno() {
        let error = request(ERROR, 0, 7, &(-2i32).to_ne_bytes());
        assert_eq!(messages(&error, 7), [Ok(Message::Error { errno: 2 })]);
        assert_eq!(messages(&request(ERROR, 0, 7, &[0; 20]), 7), [Ok(Message::Error { errno: 0 })]);
        let broken = request(DONE, 2, 7, &(-22i32).to_ne_bytes());
        assert_eq!(messages(&broken, 7), [Ok(Message::Done { errno: 22 })]);
        assert_eq!(messages(&request(DONE, 2, 7, b""), 7), [Ok(Message::Done { errno: 0 })]);
        assert_eq!(messages(&request(OVERRUN, 0, 7, b""), 7), [Ok(Message::Overrun)]);
    }

    #[test]
    fn answers_to_other_requests_and_fillers_are_passed_over() {
        let mut datagram = request(20, 2, 6, b"late");
        datagram.extend(request(NOOP, 0, 7, b""));
        datagram.extend(request(20, 2, 7, b"mine"));
        assert_eq!(messages(&datagram, 7), [Ok(Message::Data { kind: 20, payload: b"mine" })]);
    }

    #[test]
    fn truncated_and_impossible_lengths_are_errors_and_end_the_datagram() {
        let whole = request(20, 2, 7, b"four");
        for cut in 1..whole.len() {
            let got = messages(&whole[..cut], 7);
            assert_eq!(got.len(), 1, "cut at {cut}");
            assert!(got[0].is_err(), "cut at {cut}");
        }
        for length in [0u32, 15, 21, u32::MAX] {
            let mut bad = whole.clone();
            bad[..4].copy_from_slice(&length.to_ne_bytes());
            assert!(matches!(messages(&bad, 7)[..], [Err(_)]), "length {length}");
        }
        assert!(matches!(messages(&request(ERROR, 0, 7, b"abc"), 7)[..], [Err(_)]));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic_and_always_end(
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
            sequence: u32,
        ) {
            let steps = messages(&bytes, sequence).len();
            prop_assert!(steps <= bytes.len() / HEADER + 1);
        }

        #[test]
        fn a_damaged_answer_never_panics(at in 0usize..52, byte: u8) {
            let mut bytes = request(20, 2, 1, b"0123456789abcdef");
            bytes.extend(request(DONE, 2, 1, &0i32.to_ne_bytes()));
            bytes[at] = byte;
            let _ = messages(&bytes, 1);
        }
    }
}
