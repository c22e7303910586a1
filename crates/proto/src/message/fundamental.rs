//! Fundamental data of a company, which newer Gateways refuse (10358).

use crate::error::ProtoError;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::layout::layout;
use crate::text::{FieldWriter, Fields};

#[cfg(test)]
mod tests;

/// 52 to the server: asks for a report.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FundamentalDataRequest {
    /// The request.
    pub req_id: RequestId,
    /// The stock: number, symbol, type, exchanges, currency and local symbol are sent, and nothing else.
    pub contract: Contract,
    /// `ReportsFinSummary`, `ReportSnapshot`, …
    pub report_type: String,
    /// `tag=value;` pairs.
    pub options: String,
}

impl FundamentalDataRequest {
    /// In front of the options stands their count.
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        let pairs = self.options.split(';').filter(|pair| !pair.is_empty()).count();
        let contract = &self.contract;
        fields
            .int(2)
            .int(self.req_id.get())
            .int(contract.con_id.get())
            .text(&contract.symbol)
            .text(&contract.sec_type)
            .text(&contract.exchange)
            .text(&contract.primary_exchange)
            .text(&contract.currency)
            .text(&contract.local_symbol)
            .text(&self.report_type)
            .int(u32::try_from(pairs).unwrap_or(u32::MAX))
            .text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let req_id = RequestId::new(fields.i32()?);
        let contract = Contract {
            con_id: ConId::new(fields.i32()?),
            symbol: fields.string()?,
            sec_type: fields.string()?,
            exchange: fields.string()?,
            primary_exchange: fields.string()?,
            currency: fields.string()?,
            local_symbol: fields.string()?,
            ..Contract::default()
        };
        let report_type = fields.string()?;
        fields.skip(1)?;
        Ok(Self { req_id, contract, report_type, options: fields.string()? })
    }
}

layout! {
    /// 51 from the server: a report.
    pub struct FundamentalData, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The report as XML.
        pub data: String,
    }
}
