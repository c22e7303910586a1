//! What a line of a worker's output means.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::tick_line;
use crate::protocol::{Answer, CallError, Event, Line, RpcId, TicksEvent};

/// A worker's notifications begin like this; anything else takes the longer way.
const NOTIFICATION: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":";

/// What one line means.
#[derive(Debug)]
pub(super) enum Output<'line> {
    /// The answer to a request, its result not yet read.
    Answer {
        /// The request.
        id: i64,
        /// The result, as it stands on the line.
        outcome: Result<&'line RawValue, CallError>,
    },
    /// Ticks, the commonest of events.
    Ticks(TicksEvent),
    /// Any event.
    Event(Box<Event>),
    /// Not the protocol, or not an answer to this client.
    Foreign,
}

/// An answer with its parts left as text, so that only the one who waits for it reads the result.
#[derive(Deserialize)]
struct AnswerLine<'line> {
    id: Option<RpcId>,
    #[serde(borrow)]
    result: Option<&'line RawValue>,
    #[serde(borrow)]
    error: Option<&'line RawValue>,
}

impl<'line> Output<'line> {
    /// Reads one line. Never fails: what is not understood is foreign.
    pub(super) fn parse(line: &'line [u8]) -> Self {
        if line.starts_with(NOTIFICATION) {
            if let Some(ticks) = tick_line::parse(line) {
                return Self::Ticks(ticks);
            }
            return serde_json::from_slice(line).map_or(Self::Foreign, Self::of_event);
        }
        // Cheap for the lines of other programs, which a JSON parser would otherwise look at twice.
        if line.first() != Some(&b'{') {
            return Self::Foreign;
        }
        match serde_json::from_slice::<AnswerLine<'line>>(line) {
            Ok(AnswerLine { id: Some(RpcId::Number(id)), result: Some(result), error: None }) => {
                Self::Answer { id, outcome: Ok(result) }
            }
            Ok(AnswerLine { id: Some(RpcId::Number(id)), error: Some(_), .. }) => {
                let error = serde_json::from_slice::<Answer>(line).ok().and_then(|answer| answer.error);
                error.map_or(Self::Foreign, |error| Self::Answer { id, outcome: Err(error.into()) })
            }
            Ok(_) | Err(_) => match Line::parse(line) {
                Line::Event(event) => Self::of_event(*event),
                Line::Answer(_) | Line::Foreign => Self::Foreign,
            },
        }
    }

    fn of_event(event: Event) -> Self {
        match event {
            Event::Ticks(ticks) => Self::Ticks(ticks),
            Event::Stage(_)
            | Event::Bar(_)
            | Event::Account(_)
            | Event::Order { .. }
            | Event::Notice(_)
            | Event::SessionLost(_)
            | Event::StreamEnded(_)
            | Event::Recovery(_)
            | Event::RecoveryEvent(_)
            | Event::SessionInterrupted(_)
            | Event::SessionResumed(_)
            | Event::Reconciled(_)
            | Event::Freshness(_) => Self::Event(Box::new(event)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ErrorCode;

    #[test]
    fn answers_are_matched_by_number_and_keep_their_result_as_text() {
        let line = br#"{"jsonrpc":"2.0","id":7,"result":{"accounts":["DU1"]}}"#;
        let Output::Answer { id: 7, outcome: Ok(result) } = Output::parse(line) else { panic!("an answer") };
        assert_eq!(result.get(), r#"{"accounts":["DU1"]}"#);
        // Order and space are the worker's affair.
        let line = br#" {"result": {}, "id": 8, "jsonrpc": "2.0"} "#.trim_ascii();
        assert!(matches!(Output::parse(line), Output::Answer { id: 8, outcome: Ok(_) }));
    }

    #[test]
    fn errors_are_read_whole() {
        let error = CallError::gateway(200, "No security definition");
        let line = serde_json::to_vec(&Answer::error(Some(RpcId::Number(9)), &error)).expect("plain");
        let Output::Answer { id: 9, outcome: Err(read) } = Output::parse(&line) else { panic!("an error") };
        assert_eq!(read, error);
        assert_eq!(read.code, ErrorCode::Gateway);
    }

    #[test]
    fn events_are_read_in_the_workers_spelling_and_in_any_other() {
        let worker = br#"{"jsonrpc":"2.0","method":"notice","params":{"client_id":1,"id":-1,"code":2104,"text":"ok"}}"#;
        let other = br#"{"params": {"client_id": 1, "id": -1, "code": 2104, "text": "ok"}, "method": "notice"}"#;
        for line in [&worker[..], &other[..]] {
            let Output::Event(event) = Output::parse(line) else { panic!("an event") };
            assert!(matches!(*event, Event::Notice(notice) if notice.code == 2104));
        }
    }

    #[test]
    fn everything_else_is_foreign() {
        for line in [
            "",
            "running 1 test",
            "{}",
            "null",
            "[1]",
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}",
            "{\"jsonrpc\":\"2.0\",\"id\":\"seven\",\"result\":{}}",
            "{\"jsonrpc\":\"2.0\",\"id\":7}",
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\"bad\"}",
            "{\"jsonrpc\":\"2.0\",\"method\":\"of_a_newer_worker\",\"params\":{}}",
            "{\"jsonrpc\":\"2.0\",\"method\":\"ticks\",\"params\":{\"subscription\":1,\"ticks\":[[1,",
            "{\"status\":\"success\",\"data\":{}}",
            "\u{fe}\u{0}",
        ] {
            assert!(matches!(Output::parse(line.as_bytes()), Output::Foreign), "{line}");
        }
        assert!(matches!(Output::parse(b"{\"a\":\xff\xff}"), Output::Foreign));
    }
}
