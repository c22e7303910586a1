//! Why a method failed, in a form that a program can act on and a person can read.

use std::fmt;

use gatewright_proto::ClientId;
use gatewright_proto::session::{Acts, Failure, Stage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// JSON-RPC error codes; the first five are the standard's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The line is not JSON.
    Parse,
    /// The line is not a request.
    InvalidRequest,
    /// No such method.
    MethodNotFound,
    /// The parameters do not fit the method.
    InvalidParams,
    /// A defect of the worker.
    Internal,
    /// The connection failed; `cause` tells why.
    ConnectFailed,
    /// There is no such session.
    NotConnected,
    /// The deadline passed without an answer.
    Deadline,
    /// The Gateway answered with an error; `gateway_code` is its code.
    Gateway,
    /// The session was lost while the call was in flight.
    Lost,
    /// The session exists already.
    AlreadyConnected,
    /// Orders are refused in a read-only session.
    ReadOnly,
    /// The order is for an account that this session may not trade.
    Guarded,
    /// Part of the Gateway's answer could not be read: what is left of it is no answer.
    Undecodable,
    /// A bound was reached: too many calls or streams at once.
    Overloaded,
    /// An order was written and nothing was heard of it: it may or may not exist.
    InDoubt,
    /// The worker is going away.
    ShuttingDown,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 17] = [
        Self::Parse,
        Self::InvalidRequest,
        Self::MethodNotFound,
        Self::InvalidParams,
        Self::Internal,
        Self::ConnectFailed,
        Self::NotConnected,
        Self::Deadline,
        Self::Gateway,
        Self::Lost,
        Self::AlreadyConnected,
        Self::ReadOnly,
        Self::Guarded,
        Self::Undecodable,
        Self::Overloaded,
        Self::InDoubt,
        Self::ShuttingDown,
    ];

    /// The number on the line.
    pub fn number(self) -> i32 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::Internal => -32603,
            Self::ConnectFailed => -32001,
            Self::NotConnected => -32002,
            Self::Deadline => -32003,
            Self::Gateway => -32004,
            Self::Lost => -32005,
            Self::AlreadyConnected => -32006,
            Self::ReadOnly => -32007,
            Self::Overloaded => -32008,
            Self::InDoubt => -32009,
            Self::ShuttingDown => -32010,
            Self::Guarded => -32011,
            Self::Undecodable => -32012,
        }
    }

    /// The code with that number; a number of a newer worker counts as a defect.
    pub fn from_number(number: i32) -> Self {
        Self::ALL.into_iter().find(|code| code.number() == number).unwrap_or(Self::Internal)
    }

    /// The cause's name where the code alone tells it.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Parse => "parse_error",
            Self::InvalidRequest => "invalid_request",
            Self::MethodNotFound => "method_not_found",
            Self::InvalidParams => "invalid_params",
            Self::Internal => "internal",
            Self::ConnectFailed => "connect_failed",
            Self::NotConnected => "not_connected",
            Self::Deadline => "deadline",
            Self::Gateway => "gateway_error",
            Self::Lost => "lost",
            Self::AlreadyConnected => "already_connected",
            Self::ReadOnly => "read_only",
            Self::Overloaded => "overloaded",
            Self::InDoubt => "in_doubt",
            Self::ShuttingDown => "shutting_down",
            Self::Guarded => "live_guard",
            Self::Undecodable => "undecodable",
        }
    }
}

/// The machine-readable part of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorData {
    /// One of a closed set of names.
    pub cause: String,
    /// What happened, for a person.
    pub message: String,
    /// What to do, for a person.
    pub remedy: String,
    /// Who has to act.
    pub acts: Acts,
    /// Whether only a restart of the Gateway is known to help.
    pub requires_restart: bool,
    /// The stage that failed, for connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How long the stage had lasted, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
    /// IBKR's code, where the Gateway answered with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_code: Option<i32>,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The code.
    pub code: ErrorCode,
    /// The rest. Boxed so that a `Result` stays small.
    pub data: Box<ErrorData>,
}

impl CallError {
    /// An error whose cause is its code's.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let (acts, remedy) = remedy(code);
        Self {
            code,
            data: Box::new(ErrorData {
                cause: code.cause().into(),
                message: message.into(),
                remedy: remedy.into(),
                acts,
                requires_restart: false,
                stage: None,
                after_ms: None,
                gateway_code: None,
            }),
        }
    }

    /// The Gateway's own error.
    pub fn gateway(code: i32, text: &str) -> Self {
        let mut error = Self::new(ErrorCode::Gateway, format!("the Gateway answered {code}: {text}"));
        error.data.gateway_code = Some(code);
        error
    }

    /// The client id has a session of another client of the same worker.
    pub fn client_id_in_use(client_id: ClientId) -> Self {
        let mut error = Self::new(
            ErrorCode::ConnectFailed,
            format!("client id {client_id} is in use: another program has its session in this worker"),
        );
        error.data.cause = "client_id_in_use".into();
        error.data.acts = Acts::Wait;
        error.data.remedy = "Use another client id, or stop the program that holds this one.".into();
        error
    }

    /// A session's failure, while connecting or afterwards.
    pub fn session(code: ErrorCode, failure: &Failure) -> Self {
        Self { code, data: Box::new(ErrorData::from(failure)) }
    }
}

impl From<&Failure> for ErrorData {
    fn from(failure: &Failure) -> Self {
        let remedy = failure.remedy();
        Self {
            cause: failure.cause.name().into(),
            message: failure.to_string(),
            remedy: remedy.text.into(),
            acts: remedy.acts,
            requires_restart: remedy.requires_restart,
            stage: Some(failure.stage),
            after_ms: Some(u64::try_from(failure.after.as_millis()).unwrap_or(u64::MAX)),
            gateway_code: None,
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.data.message)
    }
}

impl std::error::Error for CallError {}

fn remedy(code: ErrorCode) -> (Acts, &'static str) {
    match code {
        ErrorCode::Parse | ErrorCode::InvalidRequest | ErrorCode::MethodNotFound | ErrorCode::InvalidParams => {
            (Acts::Human, "Correct the request; docs/worker-protocol.schema.json describes every method.")
        }
        ErrorCode::Internal => (Acts::Human, "This is a defect of Gatewright; the worker's log has the details."),
        ErrorCode::ConnectFailed => (Acts::Retry, "Connect again."),
        ErrorCode::NotConnected => (Acts::Retry, "Call connect first."),
        ErrorCode::Deadline => (Acts::Retry, "Ask again, with more time if the request is a large one."),
        ErrorCode::Gateway => (Acts::Human, "The code and text are the Gateway's; correct the request."),
        ErrorCode::Lost => (Acts::Retry, "Connect again, then ask again."),
        ErrorCode::AlreadyConnected => (Acts::Human, "Use the session that exists, or disconnect it first."),
        ErrorCode::ReadOnly => (Acts::Human, "Connect without readonly to place orders."),
        ErrorCode::Guarded => {
            (Acts::Human, "Paper by default: to trade real money, connect with live = true and account = the account.")
        }
        ErrorCode::Undecodable => {
            (Acts::Human, "Look at the Gateway's own window for the truth, and report this with the worker's log.")
        }
        ErrorCode::Overloaded => (Acts::Wait, "Wait for answers before asking for more."),
        ErrorCode::InDoubt => {
            (Acts::Wait, "Do not send it again: ask open_orders and executions first, they settle what became of it.")
        }
        ErrorCode::ShuttingDown => (Acts::Retry, "Start a new worker."),
    }
}
