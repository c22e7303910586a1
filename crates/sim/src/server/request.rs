//! What the control socket can be asked, one JSON object a line, and what it answers.

use gatewright_proto::ClientId;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::order::{Action, Order};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::control::Control;
use crate::error::SimError;
use crate::fault::Fault;
use crate::scenario::Span;

/// One request, such as `{"do":"fault","name":"stall-new","on":true}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Switch a fault.
    Fault {
        /// Which.
        name: Fault,
        /// On or off.
        on: bool,
    },
    /// List every fault, with whether it is on.
    Faults {},
    /// The whole state.
    State {},
    /// Let simulated time jump ahead.
    Advance {
        /// How far.
        span: Span,
    },
    /// Close a client's connections and free its id.
    Kick {
        /// Whose.
        client: i32,
    },
    /// Restart the Gateway.
    Restart {},
    /// Place an order for a US stock as a person does at the Gateway; answered by its permId.
    Order {
        /// `BUY` or `SELL`.
        action: Action,
        /// How many shares.
        quantity: Decimal,
        /// Of what.
        symbol: String,
        /// The limit; a market order without.
        limit: Option<Decimal>,
    },
    /// Publish a news bulletin.
    Bulletin {
        /// Its text.
        text: String,
    },
    /// Tell every session something.
    Notice {
        /// IBKR's code.
        code: i32,
        /// Its text.
        text: String,
    },
}

/// One answer: `{"ok":…}` or `{"error":"…"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It is done; with what was asked for, else null.
    Ok(Value),
    /// It is not done, and why.
    Error(String),
}

impl Control {
    /// Does what one line asks for.
    pub async fn answer(&self, line: &str) -> Answer {
        let request = match serde_json::from_str(line) {
            Ok(request) => request,
            Err(problem) => return Answer::Error(format!("not a request: {problem}")),
        };
        match self.carry_out(request).await {
            Ok(value) => Answer::Ok(value),
            Err(problem) => Answer::Error(with_causes(&problem)),
        }
    }

    /// Does what a request asks for, and gives what it asks about.
    ///
    /// # Errors
    ///
    /// What the method of [`Control`] says that it stands for.
    pub async fn carry_out(&self, request: Request) -> Result<Value, SimError> {
        match request {
            Request::Fault { name, on: true } => self.set_fault(name).await?,
            Request::Fault { name, on: false } => self.clear_fault(name).await?,
            Request::Advance { span } => self.advance(span.get()).await?,
            Request::Kick { client } => self.kick(ClientId::new(client)).await?,
            Request::Restart {} => self.restart().await?,
            Request::Bulletin { text } => self.bulletin(text).await?,
            Request::Notice { code, text } => self.notice(code, text).await?,
            Request::Order { action, quantity, symbol, limit } => {
                let order = match limit {
                    Some(limit) => Order::limit(action, quantity, limit),
                    None => Order::market(action, quantity),
                };
                let perm_id = self.order_by_hand(Contract::stock(&symbol), order).await?;
                return Ok(perm_id.get().into());
            }
            Request::State {} => return Ok(to_value(&self.snapshot().await?)),
            Request::Faults {} => {
                let on = self.snapshot().await?.faults;
                let row = |fault: &Fault| serde_json::json!({ "name": fault.name(), "on": on.contains(fault), "sees": fault.sees() });
                return Ok(Fault::all().iter().map(row).collect());
            }
        }
        Ok(Value::Null)
    }
}

fn to_value(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("a snapshot has text keys and finite numbers")
}

fn with_causes(problem: &SimError) -> String {
    let mut text = problem.to_string();
    let mut cause = std::error::Error::source(problem);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_wrong_ones_refused() {
        let read = |text| serde_json::from_str::<Request>(text);
        let on = read(r#"{"do":"fault","name":"stall-new","on":true}"#).unwrap();
        assert_eq!(on, Request::Fault { name: Fault::StallNew, on: true });
        assert_eq!(read(r#"{"do":"state"}"#).unwrap(), Request::State {});
        assert!(matches!(read(r#"{"do":"advance","span":"1h"}"#).unwrap(), Request::Advance { .. }));
        for wrong in
            [r#"{"do":"sing"}"#, r#"{"do":"fault","name":"gremlins","on":true}"#, r#"{"do":"state","x":1}"#, "[]"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
