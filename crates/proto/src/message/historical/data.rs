//! The bars that were asked for, their end, and the newest bar kept up to date.

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::historical::Bar;
use crate::message::historical::bar::{traded, write_traded};
use crate::text::{FieldWriter, Fields};
use crate::version;

/// 17: the bars that were asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoricalData {
    /// The request.
    pub req_id: RequestId,
    /// First moment covered; empty from [`crate::version::HISTORICAL_DATA_END`] on.
    pub start: String,
    /// Last moment covered; empty from [`crate::version::HISTORICAL_DATA_END`] on.
    pub end: String,
    /// The bars, oldest first.
    pub bars: Vec<Bar>,
}

impl HistoricalData {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        if speaks < version::SYNT_REALTIME_BARS {
            fields.int(3);
        }
        fields.int(self.req_id.get());
        if speaks < version::HISTORICAL_DATA_END {
            fields.text(&self.start).text(&self.end);
        }
        fields.int(u32::try_from(self.bars.len()).unwrap_or(u32::MAX));
        for bar in &self.bars {
            bar.encode(fields, speaks);
        }
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        if speaks < version::SYNT_REALTIME_BARS {
            fields.skip(1)?;
        }
        let req_id = RequestId::new(fields.i32()?);
        let (mut start, mut end) = (String::new(), String::new());
        if speaks < version::HISTORICAL_DATA_END {
            (start, end) = (fields.string()?, fields.string()?);
        }
        let count = fields.count(Bar::FIELDS)?;
        let bars = (0..count).map(|_| Bar::decode(fields, speaks)).collect::<Result<_, _>>()?;
        Ok(Self { req_id, start, end, bars })
    }
}

/// 108: the bars are complete (servers from [`crate::version::HISTORICAL_DATA_END`] on).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoricalDataEnd {
    /// The request.
    pub req_id: RequestId,
    /// First moment covered.
    pub start: String,
    /// Last moment covered.
    pub end: String,
}

impl HistoricalDataEnd {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(self.req_id.get()).text(&self.start).text(&self.end);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        Ok(Self { req_id: RequestId::new(fields.i32()?), start: fields.string()?, end: fields.string()? })
    }
}

/// 90: the newest bar of a request that is kept up to date.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoricalDataUpdate {
    /// The request.
    pub req_id: RequestId,
    /// The bar as it now stands.
    pub bar: Bar,
}

impl HistoricalDataUpdate {
    /// The order of fields is its own: count first, close before high, volume last.
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        let bar = &self.bar;
        fields
            .int(self.req_id.get())
            .int(bar.bar_count)
            .text(&bar.date)
            .decimal(bar.open)
            .decimal(bar.close)
            .decimal(bar.high)
            .decimal(bar.low);
        write_traded(bar.average, fields);
        write_traded(bar.volume, fields);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        let req_id = RequestId::new(fields.i32()?);
        let bar_count = fields.i32()?;
        let date = fields.string()?;
        let (open, close) = (fields.decimal()?, fields.decimal()?);
        let (high, low) = (fields.decimal()?, fields.decimal()?);
        let average = fields.opt_decimal()?;
        let (volume, average) = traded(fields.opt_decimal()?, average);
        Ok(Self { req_id, bar: Bar { date, open, high, low, close, volume, average, bar_count } })
    }
}
