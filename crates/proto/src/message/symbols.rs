//! Searching instruments by a part of their symbol or name.

use crate::error::ProtoError;
use crate::ids::{ConId, RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::layout::{Codec, Plain, layout};
use crate::text::{FieldWriter, Fields};
use crate::version;

#[cfg(test)]
mod tests;

layout! {
    /// 81 to the server: searches instruments.
    pub struct MatchingSymbolsRequest {
        /// The request.
        pub req_id: RequestId,
        /// The start of a symbol, or a part of a name.
        pub pattern: String,
    }
}

layout! {
    /// 79: the instruments that were found, at most 16 or so.
    pub struct SymbolSamples {
        /// The request.
        pub req_id: RequestId,
        /// What was found, the best match first.
        pub contracts: Vec<ContractDescription>,
    }
}

/// An instrument that a search found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContractDescription {
    /// The instrument: its number, symbol, type, listing exchange and currency are sent, and nothing else.
    pub contract: Contract,
    /// The types of securities that derive from it.
    pub derivative_sec_types: Vec<String>,
    /// The company's or product's name, from [`version::BOND_ISSUERID`] on.
    pub description: String,
    /// A bond's issuer, from [`version::BOND_ISSUERID`] on.
    pub issuer_id: String,
}

impl Codec<ContractDescription> for Plain {
    const FIELDS: usize = 6;

    fn write(value: &ContractDescription, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        let contract = &value.contract;
        fields
            .int(contract.con_id.get())
            .text(&contract.symbol)
            .text(&contract.sec_type)
            .text(&contract.primary_exchange)
            .text(&contract.currency);
        <Self as Codec<Vec<String>>>::write(&value.derivative_sec_types, fields, speaks);
        if speaks >= version::BOND_ISSUERID {
            fields.text(&value.description).text(&value.issuer_id);
        }
    }

    fn read(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<ContractDescription, ProtoError> {
        let contract = Contract {
            con_id: ConId::new(fields.i32()?),
            symbol: fields.string()?,
            sec_type: fields.string()?,
            primary_exchange: fields.string()?,
            currency: fields.string()?,
            ..Contract::default()
        };
        let derivative_sec_types = <Self as Codec<Vec<String>>>::read(fields, speaks)?;
        let mut found = ContractDescription { contract, derivative_sec_types, ..ContractDescription::default() };
        if speaks >= version::BOND_ISSUERID {
            found.description = fields.string()?;
            found.issuer_id = fields.string()?;
        }
        Ok(found)
    }
}
