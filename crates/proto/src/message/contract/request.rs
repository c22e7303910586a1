//! Asking for the details of contracts.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 9 to the server: asks for the details of all contracts that match.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContractDetailsRequest {
    /// The request.
    pub req_id: RequestId,
    /// What to match.
    pub contract: Contract,
    /// Whether expired contracts count.
    pub include_expired: bool,
    /// `ISIN`, `CUSIP`, … or empty.
    pub sec_id_type: String,
    /// The id of that type, or empty.
    pub sec_id: String,
    /// A bond issuer, from [`crate::version::BOND_ISSUERID`] on.
    pub issuer_id: String,
}

impl ContractDetailsRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.int(8).int(self.req_id.get());
        self.contract.encode_full(fields);
        fields.bool(self.include_expired).text(&self.sec_id_type).text(&self.sec_id);
        if speaks >= version::BOND_ISSUERID {
            fields.text(&self.issuer_id);
        }
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            contract: Contract::decode_full(fields)?,
            include_expired: fields.bool()?,
            sec_id_type: fields.string()?,
            sec_id: fields.string()?,
            issuer_id: if speaks >= version::BOND_ISSUERID { fields.string()? } else { String::new() },
        })
    }
}
