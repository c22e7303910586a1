//! What IBC's command server says to `RESTART`, line by line. Pure. By the source of IBC 3.24.1.
//!
//! `OK` means *ordered*, never *done*; a refused client is closed without a word; a prompt may stand before a reply on the
//! same line, since it is written without a line's end; lines end as on the server's system.

use std::fmt;

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The restart was ordered; when it is to be, in IBC's words, where it said so.
    Ordered(Option<String>),
    /// One was ordered before, by somebody, and is under way.
    Underway,
    /// IBC closed the connection without a word: it does not take orders from this address (`ControlFrom`).
    Refused,
    /// IBC said no, in these words.
    Rejected(String),
    /// Nothing was said in time. The order may have been taken.
    Silent,
    /// The connection could not be opened, so nothing was ordered.
    Unreachable(String),
}

impl Reply {
    /// Whether a restart is to be expected now.
    pub(crate) fn is_ordered(&self) -> bool {
        matches!(self, Self::Ordered(_) | Self::Underway)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordered(None) => f.write_str("ordered"),
            Self::Ordered(Some(when)) => write!(f, "ordered, for {when}"),
            Self::Underway => f.write_str("a restart that was ordered before is under way"),
            Self::Refused => f.write_str(
                "IBC closed the connection without a word, as it does for addresses that its ControlFrom does not name",
            ),
            Self::Rejected(words) => write!(f, "IBC refused: {words}"),
            Self::Silent => f.write_str("IBC did not answer in time; the order may have been taken"),
            Self::Unreachable(why) => write!(f, "IBC's command server was not reached: {why}"),
        }
    }
}

/// A conversation about one `RESTART`.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    reply: Option<Reply>,
    /// Whether anything was said at all.
    heard: bool,
}

impl Conversation {
    /// A line, with or without its end. Returns whether there is nothing more to wait for.
    pub(super) fn handle_line(&mut self, line: &str) -> bool {
        self.heard |= !line.is_empty();
        let line = line.trim_end_matches(['\r', '\n']);
        match split(line) {
            Some(("OK", info)) => {
                let when = info.strip_prefix("RESTART at ").map(str::to_owned);
                let known = matches!(&self.reply, Some(Reply::Ordered(Some(_))));
                if !known {
                    self.reply = Some(Reply::Ordered(when.clone()));
                }
                when.is_some()
            }
            Some(("ERROR", "RESTART already in progress")) => {
                self.reply.get_or_insert(Reply::Underway);
                true
            }
            // What follows an OK concerns its execution, and the order stands.
            Some(("ERROR", words)) => {
                self.reply.get_or_insert_with(|| Reply::Rejected(words.to_owned()));
                true
            }
            // INFO, a greeting, a prompt: nothing that decides.
            Some(_) | None => false,
        }
    }

    /// The end of the connection: what came of it all.
    pub(super) fn handle_end(self) -> Reply {
        match (self.reply, self.heard) {
            (Some(reply), _) => reply,
            (None, false) => Reply::Refused,
            (None, true) => Reply::Silent,
        }
    }

    /// The deadline: what came of it all.
    pub(super) fn handle_deadline(self) -> Reply {
        self.reply.unwrap_or(Reply::Silent)
    }
}

/// The kind of a reply and its words, behind whatever prompt there is.
fn split(line: &str) -> Option<(&str, &str)> {
    let kinds = ["OK", "ERROR", "INFO"];
    let found = kinds.into_iter().filter_map(|kind| {
        let at = line.match_indices(kind).map(|(at, _)| at).find(|at| {
            let before = line[..*at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric());
            let after = line[*at + kind.len()..].chars().next().is_none_or(|c| c == ' ');
            before && after
        })?;
        Some((at, kind))
    });
    let (at, kind) = found.min_by_key(|(at, _)| *at)?;
    Some((&line[at..at + kind.len()], line[at + kind.len()..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(lines: &[&str]) -> (Reply, bool) {
        let mut conversation = Conversation::default();
        let done = lines.iter().any(|line| conversation.handle_line(line));
        (conversation.handle_end(), done)
    }

    #[test]
    fn ok_is_ordered_and_the_gateway_says_when() {
        let when = |when: &str| Reply::Ordered(Some(when.to_owned()));
        assert_eq!(conversation(&["OK RESTART in progress\n"]), (Reply::Ordered(None), false));
        let both = ["OK RESTART in progress\n", "OK RESTART at 11:07 PM\n"];
        assert_eq!(conversation(&both), (when("11:07 PM"), true));
        let windows = ["INFO IBC Command Server\r\n", "INFO Restarting TWS\r\n", both[0], "OK RESTART at 01:00 AM\r\n"];
        assert_eq!(conversation(&windows), (when("01:00 AM"), true));
    }

    #[test]
    fn a_prompt_stands_before_the_reply_on_its_line() {
        assert_eq!(conversation(&["IBC> OK RESTART in progress\r\n"]), (Reply::Ordered(None), false));
        assert_eq!(conversation(&["ibc:ERROR Command invalid\n"]), (Reply::Rejected("Command invalid".into()), true));
        assert_eq!(conversation(&["BOOKOK> OK RESTART in progress"]).0, Reply::Ordered(None));
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(conversation(&[]), (Reply::Refused, false));
        assert_eq!(conversation(&["ERROR RESTART already in progress\n"]), (Reply::Underway, true));
        let fix = "RESTART is not valid for the FIX Gateway";
        assert_eq!(conversation(&[&format!("ERROR {fix}\n")]), (Reply::Rejected(fix.into()), true));
        assert_eq!(conversation(&["INFO IBC Command Server\n"]), (Reply::Silent, false));
        assert_eq!(Conversation::default().handle_deadline(), Reply::Silent);
    }

    #[test]
    fn an_error_behind_an_ok_does_not_take_the_order_back() {
        let (reply, _) = conversation(&["OK RESTART in progress\n", "ERROR something failed\n"]);
        assert!(reply.is_ordered(), "{reply}");
    }

    #[test]
    fn noise_is_no_reply() {
        for noise in ["", "\r\n", "HTTP/1.1 400 Bad Request", "OKAY", "TOKEN", "ERRORS", "§", "OK\u{e9}"] {
            assert!(!conversation(&[noise]).0.is_ordered(), "{noise}");
        }
    }
}
