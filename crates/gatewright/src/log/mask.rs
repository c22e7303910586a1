//! Account ids are masked where log lines leave the process, so that no line can forget to.

use std::io::{self, Write};

/// The fewest digits that make a word an account id: `DU1234567`, `U1234567`, `F123456`. Shorter ones are too likely
/// to be something else.
const MIN_DIGITS: usize = 5;

/// How many of an id's last characters stay, enough to tell one's own accounts apart.
const SHOWN: usize = 2;

/// A writer that masks account ids in each write. A log line comes in one write.
#[derive(Debug)]
pub(crate) struct Masked<W>(pub(crate) W);

impl<W: Write> Write for Masked<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(&mask(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text with each account id's middle replaced by `***`.
pub(crate) fn masked(text: &str) -> String {
    String::from_utf8_lossy(&mask(text.as_bytes())).into_owned()
}

/// The line with each account id's middle replaced by `***`.
fn mask(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let (head, tail) = rest.split_at(word.max(1));
        match account_prefix(head) {
            Some(prefix) => {
                out.extend_from_slice(&head[..prefix]);
                out.extend_from_slice(b"***");
                out.extend_from_slice(&head[head.len() - SHOWN..]);
            }
            None => out.extend_from_slice(head),
        }
        rest = tail;
    }
    out
}

/// How long the letters before the digits are, if the word looks like an account id.
fn account_prefix(word: &[u8]) -> Option<usize> {
    let prefix = [&b"DU"[..], b"DF", b"DI", b"U", b"F", b"I"].into_iter().find(|prefix| {
        word.strip_prefix(*prefix).is_some_and(|rest| {
            // Some ids carry one letter behind the digits, as in `DF1234567A` for an advisor's group of all accounts.
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let behind = &rest[digits..];
            digits >= MIN_DIGITS && behind.len() <= 1 && behind.iter().all(u8::is_ascii_uppercase)
        })
    });
    prefix.map(<[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        String::from_utf8(mask(line.as_bytes())).expect("masking keeps UTF-8")
    }

    #[test]
    fn account_ids_keep_their_kind_and_two_last_digits() {
        assert_eq!(masked("accounts=DU1234567,U7654321"), "accounts=DU***67,U***21");
        assert_eq!(masked(r#"{"account":"DF123456A"}"#), r#"{"account":"DF***6A"}"#);
    }

    #[test]
    fn words_that_are_no_account_ids_stay() {
        for line in ["U123", "DUMMY", "BU1234567", "1234567", "F1 F16 USD 4002", "U1234567xy", "größe ✓ I12"] {
            assert_eq!(masked(line), line);
        }
    }
}
