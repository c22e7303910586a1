//! Start-up messages, ids, the clock, and errors with their codes.

use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::{ClientId, OrderId, RequestId, ServerVersion};
use crate::text::{FieldWriter, Fields};
use crate::version;

mod protobuf;

/// 71: takes a client id and opens the session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StartApi {
    /// The client id to take.
    pub client_id: ClientId,
    /// Optional capabilities; empty in every client seen.
    pub optional_capabilities: String,
}

impl StartApi {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(2).int(self.client_id.get()).text(&self.optional_capabilities);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let client_id = ClientId::new(fields.i32()?);
        let optional_capabilities = if fields.is_empty() { String::new() } else { fields.string()? };
        Ok(Self { client_id, optional_capabilities })
    }
}

/// 15: the accounts that this login may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManagedAccounts {
    /// Account ids in the Gateway's order; empty when the login has none yet.
    pub accounts: Vec<String>,
}

impl ManagedAccounts {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).text(&self.list());
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self::of_list(&fields.string()?))
    }

    fn list(&self) -> String {
        self.accounts.join(",")
    }

    fn of_list(list: &str) -> Self {
        let accounts = list.split(',').map(str::trim).filter(|account| !account.is_empty());
        Self { accounts: accounts.map(str::to_owned).collect() }
    }
}

/// 9: the lowest order id that the Gateway will accept from this client. It may go down after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NextValidId {
    /// The order id.
    pub order_id: OrderId,
}

impl NextValidId {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.order_id.get());
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { order_id: OrderId::new(fields.i32()?) })
    }
}

/// 4: an error, a warning or a notice. Only the code tells which.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorMessage {
    /// The request or order that it is about, or [`RequestId::NONE`]. One number space serves both.
    pub id: RequestId,
    /// IBKR's code; 0 in the warning about the message rate.
    pub code: i32,
    /// The text, escapes resolved.
    pub text: String,
    /// JSON with reasons, for some order rejections.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advanced_order_reject_json: String,
    /// When it happened, in milliseconds since 1970, from [`version::ERROR_TIME`] on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<i64>,
}

impl ErrorMessage {
    /// A notice that belongs to no request.
    pub fn notice(code: i32, text: impl Into<String>) -> Self {
        Self::about(RequestId::NONE, code, text)
    }

    /// An error about one request or order.
    pub fn about(id: RequestId, code: i32, text: impl Into<String>) -> Self {
        Self { id, code, text: text.into(), advanced_order_reject_json: String::new(), time_ms: None }
    }

    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks < version::ERROR_TIME {
            fields.int(2);
        }
        fields.int(self.id.get()).int(self.code).escaped(&self.text);
        if speaks >= version::ADVANCED_ORDER_REJECT {
            fields.escaped(&self.advanced_order_reject_json);
        }
        if speaks >= version::ERROR_TIME {
            fields.int(self.time_ms.unwrap_or_default());
        }
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        if speaks < version::ERROR_TIME {
            fields.skip(1)?;
        }
        let id = RequestId::new(fields.i32()?);
        let code = fields.i32()?;
        let text = fields.escaped()?;
        let advanced = speaks >= version::ADVANCED_ORDER_REJECT && !fields.is_empty();
        let advanced_order_reject_json = if advanced { fields.escaped()? } else { String::new() };
        let timed = speaks >= version::ERROR_TIME && !fields.is_empty();
        let time_ms = if timed { Some(fields.i64()?).filter(|time| *time != 0) } else { None };
        Ok(Self { id, code, text, advanced_order_reject_json, time_ms })
    }
}

/// 8 to the server: asks for the next valid order id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReqIds {
    /// How many ids are wanted; the Gateway ignores it.
    pub count: i32,
}

impl ReqIds {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.count);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { count: if fields.is_empty() { 1 } else { fields.i32()? } })
    }
}

/// 14 to the server: sets how much the Gateway logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetServerLogLevel {
    /// 1 system to 5 detail.
    pub level: i32,
}

impl SetServerLogLevel {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.level);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { level: fields.i32()? })
    }
}

/// 49: the Gateway's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CurrentTime {
    /// Seconds since 1970, UTC.
    pub epoch_seconds: i64,
}

impl CurrentTime {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.epoch_seconds);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { epoch_seconds: fields.i64()? })
    }
}
