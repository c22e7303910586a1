//! One computation from numbers of the client's own; 21 answers it.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::text::{FieldWriter, Fields};

/// The version field of both requests.
const VERSION: i32 = 3;

/// 54: asks for the implied volatility at a price.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CalculateImpliedVolatility {
    /// The request.
    pub req_id: RequestId,
    /// The option.
    pub contract: Contract,
    /// The option's price.
    pub option_price: Decimal,
    /// The underlying's price.
    pub underlying_price: Decimal,
    /// `tag=value;` pairs.
    pub options: String,
}

/// 55: asks for the price at an implied volatility.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CalculateOptionPrice {
    /// The request.
    pub req_id: RequestId,
    /// The option.
    pub contract: Contract,
    /// The implied volatility, as a fraction per year.
    pub volatility: Decimal,
    /// The underlying's price.
    pub underlying_price: Decimal,
    /// `tag=value;` pairs.
    pub options: String,
}

impl CalculateImpliedVolatility {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get());
        self.contract.encode_full(fields);
        fields.decimal(self.option_price).decimal(self.underlying_price).text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            contract: Contract::decode_full(fields)?,
            option_price: fields.decimal()?,
            underlying_price: fields.decimal()?,
            options: options(fields)?,
        })
    }
}

impl CalculateOptionPrice {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get());
        self.contract.encode_full(fields);
        fields.decimal(self.volatility).decimal(self.underlying_price).text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            contract: Contract::decode_full(fields)?,
            volatility: fields.decimal()?,
            underlying_price: fields.decimal()?,
            options: options(fields)?,
        })
    }
}

/// The options at the end. Some clients (ib_async 2.1.0) put their count in front, the official ones do not.
fn options(fields: &mut Fields<'_>) -> Result<String, ProtoError> {
    let first = fields.string()?;
    let is_count = !first.is_empty() && first.bytes().all(|digit| digit.is_ascii_digit());
    if is_count && !fields.is_empty() { fields.string() } else { Ok(first) }
}
