//! The older line form: commands become calls, one at a time, and results take the shapes its clients know.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use crate::protocol::{CallError, ErrorCode, Method, SEED_COMMANDS, SeedAnswer, SeedCommand};
use crate::session::exchange::CallResult;

/// Commands that wait for their turn. A client of this form waits for each answer, so it never has two.
const MAX_WAITING: usize = 256;

/// Commands in the order they came; the first is under way.
#[derive(Debug, Default)]
pub(crate) struct SeedQueue {
    spoken: bool,
    current: Option<SeedCommand>,
    waiting: VecDeque<SeedCommand>,
}

impl SeedQueue {
    /// Whether this form was ever used with this worker.
    pub(crate) fn is_spoken(&self) -> bool {
        self.spoken
    }

    /// Takes a command.
    ///
    /// # Errors
    ///
    /// Too many wait already.
    pub(crate) fn push(&mut self, command: SeedCommand) -> Result<(), CallError> {
        self.spoken = true;
        if self.waiting.len() >= MAX_WAITING {
            return Err(CallError::new(ErrorCode::Overloaded, format!("{MAX_WAITING} commands wait already")));
        }
        self.waiting.push_back(command);
        Ok(())
    }

    /// The next command to begin, if none is under way.
    pub(crate) fn begin(&mut self) -> Option<SeedCommand> {
        if self.current.is_some() {
            return None;
        }
        self.current = self.waiting.pop_front();
        self.current.clone()
    }

    /// The command under way has ended.
    pub(crate) fn answer(&mut self, result: Result<CallResult, CallError>) -> SeedAnswer {
        let command = self.current.take();
        match result {
            Ok(result) => SeedAnswer::Success { data: data(command.as_ref(), result) },
            Err(error) => SeedAnswer::Error((&error).into()),
        }
    }
}

/// The method and parameters that a command stands for.
///
/// # Errors
///
/// There is no such command.
pub(crate) fn method(command: &SeedCommand) -> Result<(Method, Map<String, Value>), CallError> {
    let mut params = command.params.clone();
    let method = match command.command.as_str() {
        "connect" => {
            // Its default, and its only mode for most of its life.
            params.entry("readonly").or_insert(Value::Bool(true));
            Method::Connect
        }
        "get_accounts" => Method::Accounts,
        "get_positions" => Method::Positions,
        "get_account_summary" => Method::AccountSummary,
        "get_historical_bars" => Method::HistoricalBars,
        "disconnect" => Method::Disconnect,
        "ping" => Method::Ping,
        "health" => Method::Health,
        other => {
            let known = SEED_COMMANDS.join(", ");
            let text = format!("unknown command {other}; there are {known}");
            return Err(CallError::new(ErrorCode::MethodNotFound, text));
        }
    };
    Ok((method, params))
}

fn data(command: Option<&SeedCommand>, result: CallResult) -> Value {
    match result {
        CallResult::Connected(connected) => json!({
            "connected": true,
            "accounts": connected.accounts,
            "client_id": connected.client_id,
            "server_version": connected.server_version,
            "total_ms": connected.total_ms,
        }),
        CallResult::Disconnected(_) => json!({ "connected": false, "disconnected": true }),
        CallResult::Positions(positions) => json!({
            "positions": positions.positions.iter().map(|position| json!({
                "account": position.account,
                "contract": {
                    "symbol": position.contract.symbol,
                    "secType": position.contract.sec_type,
                    "exchange": position.contract.exchange,
                    "currency": position.contract.currency,
                },
                "position": position.position,
                "avgCost": position.avg_cost,
            })).collect::<Vec<_>>(),
        }),
        CallResult::AccountSummary(summary) => {
            let values: Map<String, Value> = summary
                .values
                .into_iter()
                .map(|value| (format!("{}_{}", value.tag, value.currency), Value::String(value.value)))
                .collect();
            json!({ "summary": values })
        }
        CallResult::Ping(ping) => json!({ "pong": true, "pid": ping.pid, "uptime_ms": ping.uptime_ms }),
        CallResult::Health(health) => {
            let connected = health.sessions.iter().any(|session| session.connected);
            json!({ "connected": connected, "health": health })
        }
        CallResult::Accounts(_)
        | CallResult::Bars(_)
        | CallResult::ContractDetails(_)
        | CallResult::OpenOrders(_)
        | CallResult::CompletedOrders(_)
        | CallResult::GlobalCancel(_)
        | CallResult::Executions(_)
        | CallResult::Subscribed(_)
        | CallResult::Unsubscribed(_)
        | CallResult::Order(_) => plain(command, &result),
    }
}

/// Results whose shape is the same in both forms.
fn plain(command: Option<&SeedCommand>, result: &CallResult) -> Value {
    serde_json::to_value(result).unwrap_or_else(|error| {
        tracing::error!(%error, ?command, "a result could not be written as JSON");
        Value::Null
    })
}
