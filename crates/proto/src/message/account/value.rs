//! Account values: of the one stream of a connection, of a summary, and with an id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::text::{FieldWriter, Fields};

/// 6 from the server: one value of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AccountValue {
    /// The value's name, for example `NetLiquidation`.
    pub key: String,
    /// The value as text: most are numbers, some are not.
    pub value: String,
    /// The currency; empty where it makes no sense, `BASE` for totals.
    pub currency: String,
    /// The account.
    pub account: String,
}

impl AccountValue {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(2).text(&self.key).text(&self.value).text(&self.currency).text(&self.account);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            key: fields.string()?,
            value: fields.string()?,
            currency: fields.string()?,
            account: fields.string()?,
        })
    }
}

/// 8: when the account values were last computed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdateTime {
    /// `HH:MM` on the Gateway's clock.
    pub time: String,
}

impl AccountUpdateTime {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).text(&self.time);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { time: fields.string()? })
    }
}

/// 54: the account's values and portfolio were sent once in full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountDownloadEnd {
    /// The account.
    pub account: String,
}

impl AccountDownloadEnd {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).text(&self.account);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { account: fields.string()? })
    }
}

/// 63 from the server: one tagged value of one account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AccountSummary {
    /// The request.
    #[serde(skip)]
    pub req_id: RequestId,
    /// The account.
    pub account: String,
    /// The value's name.
    pub tag: String,
    /// The value as text.
    pub value: String,
    /// The currency; empty where it makes no sense.
    pub currency: String,
}

impl AccountSummary {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.req_id.get()).text(&self.account).text(&self.tag).text(&self.value).text(&self.currency);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            account: fields.string()?,
            tag: fields.string()?,
            value: fields.string()?,
            currency: fields.string()?,
        })
    }
}

/// 73: one value of one account, with an id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdateMulti {
    /// The request.
    pub req_id: RequestId,
    /// The account.
    pub account: String,
    /// The model code; empty for none.
    pub model_code: String,
    /// The value's name.
    pub key: String,
    /// The value as text.
    pub value: String,
    /// The currency.
    pub currency: String,
}

impl AccountUpdateMulti {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields
            .int(1)
            .int(self.req_id.get())
            .text(&self.account)
            .text(&self.model_code)
            .text(&self.key)
            .text(&self.value)
            .text(&self.currency);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            account: fields.string()?,
            model_code: fields.string()?,
            key: fields.string()?,
            value: fields.string()?,
            currency: fields.string()?,
        })
    }
}
