//! Asking for historical bars.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::market_data::ComboLeg;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 20 to the server: asks for bars up to a time, and on request for what follows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoricalDataRequest {
    /// The request.
    pub req_id: RequestId,
    /// The instrument.
    pub contract: Contract,
    /// Whether an expired contract is meant.
    pub include_expired: bool,
    /// `YYYYMMDD HH:MM:SS [zone]`, `YYYYMMDD-HH:MM:SS` for UTC; empty for now.
    pub end_date_time: String,
    /// `1 min`, `1 day`, …
    pub bar_size: String,
    /// `1 D`, `1800 S`, …
    pub duration: String,
    /// Regular trading hours only.
    pub use_rth: bool,
    /// `TRADES`, `MIDPOINT`, `BID`, `ASK`, …
    pub what_to_show: String,
    /// 1 for dates as text, 2 for seconds since 1970.
    pub format_date: i32,
    /// Legs, where `contract.sec_type` is `BAG`.
    pub combo_legs: Vec<ComboLeg>,
    /// Whether updates of the last bar follow.
    pub keep_up_to_date: bool,
    /// `tag=value;` pairs.
    pub options: String,
}

impl HistoricalDataRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks < version::SYNT_REALTIME_BARS {
            fields.int(6);
        }
        fields.int(self.req_id.get());
        self.contract.encode_full(fields);
        fields
            .bool(self.include_expired)
            .text(&self.end_date_time)
            .text(&self.bar_size)
            .text(&self.duration)
            .bool(self.use_rth)
            .text(&self.what_to_show)
            .int(self.format_date);
        ComboLeg::encode_all(&self.combo_legs, &self.contract.sec_type, fields);
        if speaks >= version::SYNT_REALTIME_BARS {
            fields.bool(self.keep_up_to_date);
        }
        fields.text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        if speaks < version::SYNT_REALTIME_BARS {
            fields.skip(1)?;
        }
        let req_id = RequestId::new(fields.i32()?);
        let contract = Contract::decode_full(fields)?;
        Ok(Self {
            req_id,
            include_expired: fields.bool()?,
            end_date_time: fields.string()?,
            bar_size: fields.string()?,
            duration: fields.string()?,
            use_rth: fields.bool()?,
            what_to_show: fields.string()?,
            format_date: fields.i32()?,
            combo_legs: ComboLeg::decode_all(&contract.sec_type, fields)?,
            contract,
            keep_up_to_date: speaks >= version::SYNT_REALTIME_BARS && fields.bool()?,
            options: fields.string()?,
        })
    }
}
