//! One bar, and what a Gateway sends where there was no trade.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::ServerVersion;
use crate::text::{FieldWriter, Fields};
use crate::version;

/// One historical bar.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// As asked by `format_date`: text in the Gateway's or the instrument's zone, or seconds since 1970.
    pub date: String,
    /// First price.
    #[schemars(with = "f64")]
    pub open: Decimal,
    /// Highest price.
    #[schemars(with = "f64")]
    pub high: Decimal,
    /// Lowest price.
    #[schemars(with = "f64")]
    pub low: Decimal,
    /// Last price.
    #[schemars(with = "f64")]
    pub close: Decimal,
    /// Volume; −1 is sent where there is none, and is `None` here.
    #[schemars(with = "Option<f64>")]
    pub volume: Option<Decimal>,
    /// Volume-weighted average price; `None` where there is no volume, written as −1.
    #[schemars(with = "Option<f64>")]
    pub average: Option<Decimal>,
    /// Number of trades; −1 where there is none.
    pub bar_count: i32,
}

/// What a Gateway writes for a volume or average that a bar does not have, for example with `MIDPOINT`.
pub(super) const NONE: Decimal = Decimal::NEGATIVE_ONE;

impl Bar {
    /// How many fields one bar takes.
    pub(super) const FIELDS: usize = 8;

    /// Writes a bar as historicalData lists it.
    pub(super) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.text(&self.date).decimal(self.open).decimal(self.high).decimal(self.low).decimal(self.close);
        write_traded(self.volume, fields);
        write_traded(self.average, fields);
        if speaks < version::SYNT_REALTIME_BARS {
            fields.text("false");
        }
        fields.int(self.bar_count);
    }

    /// Reads what [`Bar::encode`] writes.
    pub(super) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let date = fields.string()?;
        let (open, high) = (fields.decimal()?, fields.decimal()?);
        let (low, close) = (fields.decimal()?, fields.decimal()?);
        let (volume, average) = traded(fields.opt_decimal()?, fields.opt_decimal()?);
        if speaks < version::SYNT_REALTIME_BARS {
            // Whether the bar has gaps, which was never used.
            fields.skip(1)?;
        }
        Ok(Self { date, open, high, low, close, volume, average, bar_count: fields.i32()? })
    }
}

/// Writes a volume or average.
pub(super) fn write_traded(value: Option<Decimal>, fields: &mut FieldWriter<'_>) {
    fields.decimal(value.unwrap_or(NONE));
}

/// A volume and an average as they were sent, as `None` where they mean "none".
///
/// An average of −1 is real where there was volume: combinations trade below zero.
pub(super) fn traded(volume: Option<Decimal>, average: Option<Decimal>) -> (Option<Decimal>, Option<Decimal>) {
    let volume = volume.filter(|volume| *volume != NONE);
    let average = average.filter(|average| volume.is_some() || *average != NONE);
    (volume, average)
}
