//! One line of a recording, and all of them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use crate::core::ConnId;
use crate::error::SimError;

/// The first line.
pub(super) const HEADER: &str = "gatewright-sim recording 1";

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Wall time since the start of the recording, to the microsecond.
    pub at: Duration,
    /// Which connection, from 1.
    pub connection: ConnId,
    /// What happened on it.
    pub happened: Happened,
}

/// What happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A client connected, from this address.
    Open(String),
    /// The client sent this.
    Received(Bytes),
    /// The Gateway sent this.
    Sent(Bytes),
    /// The client ended its side.
    Eof,
    /// The client reset.
    Reset,
    /// The Gateway closed.
    Close,
    /// The Gateway reset.
    Kill,
}

/// A whole recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    /// Its events, as they happened.
    pub events: Vec<Event>,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.at.as_secs(), self.at.subsec_micros());
        write!(f, "{seconds}.{micros:06} {} ", self.connection.0)?;
        match &self.happened {
            Happened::Open(peer) => write!(f, "open {peer}"),
            Happened::Received(bytes) => write!(f, "> {bytes:x}"),
            Happened::Sent(bytes) => write!(f, "< {bytes:x}"),
            Happened::Eof => f.write_str("eof"),
            Happened::Reset => f.write_str("reset"),
            Happened::Close => f.write_str("close"),
            Happened::Kill => f.write_str("kill"),
        }
    }
}

impl FromStr for Transcript {
    type Err = SimError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, first)| first) != Some(HEADER) {
            return Err(SimError::BadRecording { line: 1, problem: "is not `gatewright-sim recording 1`" });
        }
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let events = lines
            .map(|(index, line)| event(line).map_err(|problem| SimError::BadRecording { line: index + 1, problem }));
        Ok(Self { events: events.collect::<Result<_, _>>()? })
    }
}

fn event(line: &str) -> Result<Event, &'static str> {
    let mut fields = line.split_ascii_whitespace();
    let (seconds, micros) =
        fields.next().and_then(|at| at.split_once('.')).ok_or("has no time with a fraction of a second")?;
    let seconds: u64 = seconds.parse().map_err(|_| "has a time that is no number")?;
    let micros: u32 = micros.parse().ok().filter(|micros| *micros < 1_000_000).ok_or("has a time that is no number")?;
    let connection = fields.next().and_then(|number| number.parse().ok()).ok_or("names no connection")?;
    let what = fields.next().ok_or("says nothing")?;
    let rest = fields.next();
    let happened = match (what, rest) {
        ("open", Some(peer)) => Happened::Open(peer.into()),
        (">", Some(hex)) => Happened::Received(unhex(hex)?),
        ("<", Some(hex)) => Happened::Sent(unhex(hex)?),
        ("eof", None) => Happened::Eof,
        ("reset", None) => Happened::Reset,
        ("close", None) => Happened::Close,
        ("kill", None) => Happened::Kill,
        _ => return Err("says nothing that is known"),
    };
    if fields.next().is_some() {
        return Err("says too much");
    }
    let at = Duration::from_secs(seconds) + Duration::from_micros(u64::from(micros));
    Ok(Event { at, connection: ConnId(connection), happened })
}

fn unhex(text: &str) -> Result<Bytes, &'static str> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect::<Option<Vec<u8>>>().map(Bytes::from).ok_or("has bytes that are not in hex")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let text = "gatewright-sim recording 1\n0.000000 1 open 127.0.0.1:50123\n0.000312 1 > 415049\n\
                    0.100000 1 < 00ff\n# a comment\n7.000001 2 reset\n7.000001 1 close\n";
        let recording: Transcript = text.parse().unwrap();
        assert_eq!(recording.events.len(), 5);
        assert_eq!(recording.events[1].happened, Happened::Received(Bytes::from_static(b"API")));
        let again: String = recording.events.iter().map(|event| format!("{event}\n")).collect();
        assert_eq!(format!("{HEADER}\n{again}"), text.replace("# a comment\n", ""));
    }

    #[test]
    fn wrong_lines_are_named() {
        for (line, problem) in [
            ("1 1 eof", "has no time with a fraction of a second"),
            ("x.1 1 eof", "has a time that is no number"),
            ("0.000001 x eof", "names no connection"),
            ("0.000001 1", "says nothing"),
            ("0.000001 1 > abc", "has bytes that are not in hex"),
            ("0.000001 1 > zz", "has bytes that are not in hex"),
            ("0.000001 1 sing", "says nothing that is known"),
            ("0.000001 1 > 00 11", "says too much"),
        ] {
            let read = format!("{HEADER}\n{line}\n").parse::<Transcript>();
            assert_eq!(read.unwrap_err().to_string(), format!("line 2 of the recording {problem}"), "{line}");
        }
        assert!("".parse::<Transcript>().is_err());
    }
}
