//! The lines: requests and their answers, one JSON object each.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::events::Event;
use super::failure::{CallError, ErrorCode, ErrorData};
use super::seed::SeedCommand;

/// The longest line that a worker reads, in bytes. No request comes near it; a reader must stop somewhere.
pub const MAX_LINE: usize = 1 << 20;

/// What a caller names its request by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RpcId {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl fmt::Display for RpcId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// One request.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RequestLine {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// Names the request; its answer carries the same. Without it there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RpcId>,
    /// The method's name.
    pub method: String,
    /// The method's parameters; may be left out where all have defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub params: Option<Box<RawValue>>,
    /// How long the caller wants to wait for the answer, in milliseconds. May stand inside `params` as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
}

/// What a worker can read from a line.
#[derive(Debug)]
pub enum Incoming {
    /// A request of JSON-RPC.
    Rpc(RequestLine),
    /// A command of the seed's form.
    Seed(SeedCommand),
}

impl Incoming {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// The error to answer, with the id to answer it under where one could be read.
    pub fn parse(line: &[u8]) -> Result<Self, (Option<RpcId>, CallError)> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(default)]
            id: Option<RpcId>,
            #[serde(default)]
            command: Option<serde_json::Value>,
        }
        let parse = |error: serde_json::Error| CallError::new(ErrorCode::Parse, format!("not JSON: {error}"));
        let wrong = |error: serde_json::Error| CallError::new(ErrorCode::InvalidRequest, format!("{error}"));
        if let Ok(request) = serde_json::from_slice::<RequestLine>(line) {
            let error = if request.jsonrpc != "2.0" {
                CallError::new(ErrorCode::InvalidRequest, "jsonrpc must be \"2.0\"")
            } else if has_nul(line) {
                no_nul()
            } else {
                return Ok(Self::Rpc(request));
            };
            return Err((request.id, error));
        }
        let value: serde_json::Value = serde_json::from_slice(line).map_err(|error| (None, parse(error)))?;
        let head: Head = Head::deserialize(&value).map_err(|error| (None, wrong(error)))?;
        if head.command.is_some() {
            if has_nul(line) {
                return Err((None, no_nul()));
            }
            return SeedCommand::from_value(value).map(Self::Seed).map_err(|error| (None, wrong(error)));
        }
        let error = RequestLine::deserialize(&value).map_or_else(wrong, |_| {
            CallError::new(ErrorCode::InvalidRequest, "neither a JSON-RPC request nor a command")
        });
        Err((head.id, error))
    }
}

/// Whether any text in the line holds a NUL, which ends a field on the Gateway's wire. JSON can only write it so.
fn has_nul(line: &[u8]) -> bool {
    line.windows(NUL_ESCAPE.len()).any(|piece| piece == NUL_ESCAPE)
}

const NUL_ESCAPE: &[u8] = b"\\u0000";

fn no_nul() -> CallError {
    CallError::new(ErrorCode::InvalidParams, "a text with a NUL cannot be sent to a Gateway")
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Always `2.0`.
    pub jsonrpc: String,
    /// The request's name; `null` where it could not be read.
    pub id: Option<RpcId>,
    /// The method's result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<serde_json::Value>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorLine>,
}

/// An error as it stands in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorLine {
    /// See the table of codes.
    pub code: i32,
    /// What happened, for a person.
    pub message: String,
    /// The machine-readable part.
    pub data: ErrorData,
}

impl From<&CallError> for ErrorLine {
    fn from(error: &CallError) -> Self {
        Self { code: error.code.number(), message: error.data.message.clone(), data: (*error.data).clone() }
    }
}

impl From<ErrorLine> for CallError {
    fn from(line: ErrorLine) -> Self {
        Self { code: ErrorCode::from_number(line.code), data: Box::new(line.data) }
    }
}

impl Answer {
    /// A result.
    pub fn ok(id: RpcId, result: serde_json::Value) -> Self {
        Self { jsonrpc: "2.0".into(), id: Some(id), result: Some(result), error: None }
    }

    /// An error.
    pub fn error(id: Option<RpcId>, error: &CallError) -> Self {
        Self { jsonrpc: "2.0".into(), id, result: None, error: Some(error.into()) }
    }
}

/// What a client can read from a worker's line.
#[derive(Debug)]
pub enum Line {
    /// The answer to a request.
    Answer(Box<Answer>),
    /// Something said unasked.
    Event(Box<Event>),
    /// Not the protocol: another program's output, or a newer worker's event.
    Foreign,
}

impl Line {
    /// Reads one line of a worker's output.
    pub fn parse(line: &[u8]) -> Self {
        // The worker writes exactly this; everything else takes the longer way below.
        if line.starts_with(b"{\"jsonrpc\":\"2.0\",\"method\":") {
            return serde_json::from_slice(line).map_or(Self::Foreign, |event| Self::Event(Box::new(event)));
        }
        match serde_json::from_slice::<Answer>(line) {
            Ok(answer) if answer.result.is_some() || answer.error.is_some() => Self::Answer(Box::new(answer)),
            Ok(_) | Err(_) => serde_json::from_slice(line).map_or(Self::Foreign, |event| Self::Event(Box::new(event))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_request_a_command_or_an_error_with_its_id() {
        assert!(matches!(
            Incoming::parse(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#),
            Ok(Incoming::Rpc(RequestLine { id: Some(RpcId::Number(7)), .. }))
        ));
        assert!(matches!(Incoming::parse(br#"{"command": "ping"}"#), Ok(Incoming::Seed(_))));
        let (id, error) = Incoming::parse(b"hello").expect_err("not JSON");
        assert_eq!((id, error.code), (None, ErrorCode::Parse));
        let (id, error) = Incoming::parse(br#"{"id":"a","jsonrpc":"2.0"}"#).expect_err("no method");
        assert_eq!((id, error.code), (Some(RpcId::Text("a".into())), ErrorCode::InvalidRequest));
        let nul = br#"{"jsonrpc":"2.0","id":3,"method":"positions","params":{"x":"a\u0000b"}}"#;
        let (id, error) = Incoming::parse(nul).expect_err("a NUL");
        assert_eq!((id, error.code), (Some(RpcId::Number(3)), ErrorCode::InvalidParams));
        let (_, error) = Incoming::parse(b"[]").expect_err("a batch");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
    }

    #[test]
    fn every_error_code_has_a_number_of_its_own() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), code);
        }
    }
}
