//! Starting a stream of ticks, and choosing live or delayed data.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::market_data::{ComboLeg, DeltaNeutralContract};
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 1 to the server: starts a stream of ticks, or takes one snapshot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MktDataRequest {
    /// The request.
    pub req_id: RequestId,
    /// The instrument.
    pub contract: Contract,
    /// Legs, where `contract.sec_type` is `BAG`.
    pub combo_legs: Vec<ComboLeg>,
    /// The delta-neutral part, if any.
    pub delta_neutral: Option<DeltaNeutralContract>,
    /// Comma-joined generic tick numbers.
    pub generic_ticks: String,
    /// One snapshot, then an end marker.
    pub snapshot: bool,
    /// A regulatory snapshot, which costs money.
    pub regulatory_snapshot: bool,
    /// `tag=value;` pairs.
    pub options: String,
}

impl MktDataRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.int(11).int(self.req_id.get());
        self.contract.encode_full(fields);
        ComboLeg::encode_all(&self.combo_legs, &self.contract.sec_type, fields);
        DeltaNeutralContract::encode_option(self.delta_neutral, fields);
        fields.text(&self.generic_ticks).bool(self.snapshot);
        if speaks >= version::REQ_SMART_COMPONENTS {
            fields.bool(self.regulatory_snapshot);
        }
        fields.text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let req_id = RequestId::new(fields.i32()?);
        let contract = Contract::decode_full(fields)?;
        Ok(Self {
            req_id,
            combo_legs: ComboLeg::decode_all(&contract.sec_type, fields)?,
            contract,
            delta_neutral: DeltaNeutralContract::decode_option(fields)?,
            generic_ticks: fields.string()?,
            snapshot: fields.bool()?,
            regulatory_snapshot: speaks >= version::REQ_SMART_COMPONENTS && fields.bool()?,
            options: fields.string()?,
        })
    }
}

/// 59 to the server: what to send where live data is not to be had. Does not survive a reconnect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarketDataTypeRequest {
    /// 1 live, 2 frozen, 3 delayed, 4 delayed frozen.
    pub market_data_type: i32,
}

impl MarketDataTypeRequest {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.market_data_type);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { market_data_type: fields.i32()? })
    }
}
