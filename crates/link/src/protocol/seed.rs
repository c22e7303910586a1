//! The older line form: `{"command": …, "params": {…}}`, answered by `{"status": …}`, one answer a line, in order.
//!
//! Programs that spoke it to the worker of the project this one began from keep working. Fields and their order are
//! theirs: `status` stands first, since their reader tells answers from log lines by that.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::failure::{CallError, ErrorCode};

/// The commands of this form.
pub const SEED_COMMANDS: [&str; 8] = [
    "connect",
    "get_accounts",
    "get_positions",
    "get_account_summary",
    "get_historical_bars",
    "disconnect",
    "ping",
    "health",
];

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedCommand {
    /// The command's name.
    pub command: String,
    /// Its parameters. Early clients of this form put them beside `command`; both places are read.
    pub params: Map<String, Value>,
}

impl SeedCommand {
    /// Reads a command from a JSON object.
    ///
    /// # Errors
    ///
    /// When it is no object, or `command` is no text.
    pub fn from_value(value: Value) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Raw {
            command: String,
            #[serde(default)]
            params: Option<Map<String, Value>>,
            #[serde(flatten)]
            beside: Map<String, Value>,
        }
        let raw = Raw::deserialize(value)?;
        let mut params = raw.beside;
        params.extend(raw.params.unwrap_or_default());
        Ok(Self { command: raw.command, params })
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum SeedAnswer {
    /// It worked.
    Success {
        /// The result.
        data: Value,
    },
    /// It did not.
    Error(SeedError),
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeedError {
    /// What happened.
    pub error: String,
    /// The kind, by the names that clients of this form know.
    pub error_type: &'static str,
    /// Whether only a restart of the Gateway is known to help.
    pub requires_restart: bool,
    /// What to do.
    pub detail: String,
}

impl From<&CallError> for SeedError {
    fn from(error: &CallError) -> Self {
        let requires_restart = error.data.requires_restart;
        let error_type = match error.code {
            _ if requires_restart => "GatewayRequiresRestartError",
            ErrorCode::Deadline => "TimeoutError",
            ErrorCode::ConnectFailed | ErrorCode::NotConnected | ErrorCode::Lost => "ConnectionError",
            ErrorCode::Parse | ErrorCode::InvalidRequest | ErrorCode::MethodNotFound | ErrorCode::InvalidParams => {
                "ValueError"
            }
            ErrorCode::Internal
            | ErrorCode::Gateway
            | ErrorCode::AlreadyConnected
            | ErrorCode::ReadOnly
            | ErrorCode::Guarded
            | ErrorCode::Undecodable
            | ErrorCode::Overloaded
            | ErrorCode::InDoubt
            | ErrorCode::ShuttingDown => "RuntimeError",
        };
        Self {
            error: error.data.message.clone(),
            error_type,
            requires_restart,
            detail: format!("[{}] {}", error.data.cause, error.data.remedy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_stands_first() {
        let answer = SeedAnswer::Success { data: serde_json::json!({"pong": true}) };
        let line = serde_json::to_string(&answer).expect("a plain value");
        assert_eq!(line, r#"{"status":"success","data":{"pong":true}}"#);
        let error = SeedAnswer::Error((&CallError::new(ErrorCode::NotConnected, "no")).into());
        assert!(serde_json::to_string(&error).expect("a plain value").starts_with(r#"{"status":"error","error":"no""#));
    }

    #[test]
    fn parameters_are_read_beside_the_command_too() {
        let value = serde_json::json!({"command": "get_historical_bars", "symbol": "AAPL"});
        assert_eq!(SeedCommand::from_value(value).expect("a command").params["symbol"], "AAPL");
    }
}
