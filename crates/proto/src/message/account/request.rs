//! Asking for account values, summaries and the portfolio.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::text::{FieldWriter, Fields};

/// 6 to the server: starts or stops the one stream of account values and portfolio of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdatesRequest {
    /// Start or stop.
    pub subscribe: bool,
    /// The account; empty for the login's only one. A second account silently replaces the first.
    pub account: String,
}

impl AccountUpdatesRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(2).bool(self.subscribe).text(&self.account);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { subscribe: fields.bool()?, account: fields.string()? })
    }
}

/// 62 to the server: asks for tagged values of a group of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountSummaryRequest {
    /// The request.
    pub req_id: RequestId,
    /// `All`, or the name of an advisor's group.
    pub group: String,
    /// Comma-joined tags such as `NetLiquidation,TotalCashValue`.
    pub tags: String,
}

impl AccountSummaryRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.req_id.get()).text(&self.group).text(&self.tags);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { req_id: RequestId::new(fields.i32()?), group: fields.string()?, tags: fields.string()? })
    }
}

/// 76 to the server: asks for values of one account, with an id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdatesMultiRequest {
    /// The request.
    pub req_id: RequestId,
    /// The account.
    pub account: String,
    /// The model code; empty for none.
    pub model_code: String,
    /// Whether only the currency ledger and NetLiquidation are wanted.
    pub ledger_and_nlv: bool,
}

impl AccountUpdatesMultiRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.req_id.get()).text(&self.account).text(&self.model_code).bool(self.ledger_and_nlv);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            account: fields.string()?,
            model_code: fields.string()?,
            ledger_and_nlv: fields.bool()?,
        })
    }
}
