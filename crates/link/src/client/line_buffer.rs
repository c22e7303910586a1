//! Bytes to lines, each byte looked at once and copied only when a line is cut by the end of a read.

use std::io::BufRead;

/// How much is read at once. A pipe holds 64 KiB; more comes only from a larger one.
pub(super) const READ_SIZE: usize = 128 * 1024;

/// A buffer that grew beyond this for one long line is given back afterwards.
const KEPT_CAPACITY: usize = 1 << 20;

/// A line had more bytes than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineTooLong;

/// Bytes that were read and not yet taken as lines.
#[derive(Debug)]
pub(super) struct LineBuffer {
    bytes: Vec<u8>,
    /// Where the next line begins.
    start: usize,
    /// Up to where it was searched for its end.
    searched: usize,
    limit: usize,
}

impl LineBuffer {
    /// A buffer for lines of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, searched: 0, limit }
    }

    /// Where to append what is read: at least [`READ_SIZE`] bytes are free.
    ///
    /// # Errors
    ///
    /// When the line at hand is longer than it may be.
    pub(super) fn space(&mut self) -> Result<&mut Vec<u8>, LineTooLong> {
        let begun = self.bytes.len() - self.start;
        if begun > self.limit {
            return Err(LineTooLong);
        }
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        if begun < READ_SIZE && self.bytes.capacity() > KEPT_CAPACITY {
            self.bytes.shrink_to(READ_SIZE * 2);
        }
        if self.bytes.capacity() - self.bytes.len() < READ_SIZE {
            self.bytes.reserve(READ_SIZE);
        }
        Ok(&mut self.bytes)
    }

    /// The next complete line, without its end.
    pub(super) fn next_line(&mut self) -> Option<&[u8]> {
        // The standard library's vectorised search for a byte is reachable through this method only.
        let mut rest = &self.bytes[self.searched..];
        let passed = rest.skip_until(b'\n').unwrap_or_default();
        self.searched += passed;
        if passed == 0 || self.bytes[self.searched - 1] != b'\n' {
            return None;
        }
        let line = &self.bytes[self.start..self.searched - 1];
        self.start = self.searched;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Takes what there is of an unfinished line.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.bytes.split_off(self.start);
        *self = Self::new(self.limit);
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All lines of a text that arrives in the given pieces.
    fn lines_of(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut buffer = LineBuffer::new(1000);
        let mut lines = Vec::new();
        for piece in pieces {
            buffer.space().expect("short lines").extend_from_slice(piece);
            while let Some(line) = buffer.next_line() {
                lines.push(line.to_vec());
            }
        }
        lines
    }

    proptest! {
        #[test]
        fn any_split_of_any_text_gives_the_same_lines(text in "[a-c\n]{0,200}", cut in 0usize..200) {
            let text = text.as_bytes();
            let (head, tail) = text.split_at(cut.min(text.len()));
            let expected: Vec<Vec<u8>> = match text.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => text[..end].split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect(),
                None => Vec::new(),
            };
            prop_assert_eq!(lines_of(&[head, tail]), expected.clone());
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            prop_assert_eq!(lines_of(&bytes), expected);
        }
    }

    #[test]
    fn a_line_may_be_as_long_as_the_limit_and_no_longer() {
        let mut buffer = LineBuffer::new(10);
        buffer.space().expect("empty").extend_from_slice(b"0123456789");
        assert_eq!(buffer.next_line(), None);
        buffer.space().expect("not too long yet").extend_from_slice(b"\nx");
        assert_eq!(buffer.next_line(), Some(&b"0123456789"[..]));
        buffer.space().expect("a new line").extend_from_slice(b"0123456789");
        assert_eq!(buffer.next_line(), None);
        assert_eq!(buffer.space().err(), Some(LineTooLong));
    }

    #[test]
    fn memory_taken_for_a_long_line_is_given_back() {
        let mut buffer = LineBuffer::new(1 << 24);
        for _ in 0..64 {
            buffer.space().expect("within the limit").extend_from_slice(&[b'x'; READ_SIZE]);
            assert_eq!(buffer.next_line(), None);
        }
        buffer.space().expect("within the limit").push(b'\n');
        assert_eq!(buffer.next_line().map(<[u8]>::len), Some(64 * READ_SIZE));
        assert!(buffer.space().expect("empty").capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn the_rest_of_an_unfinished_line_can_be_taken() {
        let mut buffer = LineBuffer::new(10);
        buffer.space().expect("empty").extend_from_slice(b"a\r\nbc");
        assert_eq!(buffer.next_line(), Some(&b"a"[..]));
        assert_eq!(buffer.next_line(), None);
        assert_eq!(buffer.take_rest(), b"bc");
        assert_eq!(buffer.next_line(), None);
    }
}
