//! What kind of data a stream carries, and its parameters.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::text::{FieldWriter, Fields};

/// 58: what kind of data this stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarketDataType {
    /// The request.
    pub req_id: RequestId,
    /// 1 live, 2 frozen, 3 delayed, 4 delayed frozen.
    pub market_data_type: i32,
}

impl MarketDataType {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(1).int(self.req_id.get()).int(self.market_data_type);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { req_id: RequestId::new(fields.i32()?), market_data_type: fields.i32()? })
    }
}

/// 81: a stream's parameters, sent once at its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TickReqParams {
    /// The request.
    pub req_id: RequestId,
    /// The smallest price step.
    pub min_tick: Option<Decimal>,
    /// The exchange map for later ticks.
    pub bbo_exchange: String,
    /// Snapshot permissions.
    pub snapshot_permissions: i32,
}

impl TickReqParams {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields
            .int(self.req_id.get())
            .opt_decimal(self.min_tick)
            .text(&self.bbo_exchange)
            .int(self.snapshot_permissions);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            min_tick: fields.opt_decimal()?,
            bbo_exchange: fields.string()?,
            snapshot_permissions: fields.i32()?,
        })
    }
}
