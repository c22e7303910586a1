//! Five-second bars.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::historical::bar::{traded, write_traded};
use crate::text::{FieldWriter, Fields};

/// 50 to the server: starts a stream of five-second bars.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RealTimeBarsRequest {
    /// The request.
    pub req_id: RequestId,
    /// The instrument.
    pub contract: Contract,
    /// Seconds per bar; the Gateway knows only 5.
    pub bar_size: i32,
    /// `TRADES`, `MIDPOINT`, `BID`, `ASK`.
    pub what_to_show: String,
    /// Regular trading hours only.
    pub use_rth: bool,
    /// `tag=value;` pairs.
    pub options: String,
}

impl RealTimeBarsRequest {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(3).int(self.req_id.get());
        self.contract.encode_full(fields);
        fields.int(self.bar_size).text(&self.what_to_show).bool(self.use_rth).text(&self.options);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self {
            req_id: RequestId::new(fields.i32()?),
            contract: Contract::decode_full(fields)?,
            bar_size: fields.i32()?,
            what_to_show: fields.string()?,
            use_rth: fields.bool()?,
            options: fields.string()?,
        })
    }
}

/// 50 from the server: one five-second bar.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RealTimeBar {
    /// The request.
    #[serde(skip)]
    pub req_id: RequestId,
    /// Start of the bar in seconds since 1970.
    pub time: i64,
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
    pub count: i32,
}

impl RealTimeBar {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields
            .int(3)
            .int(self.req_id.get())
            .int(self.time)
            .decimal(self.open)
            .decimal(self.high)
            .decimal(self.low)
            .decimal(self.close);
        write_traded(self.volume, fields);
        write_traded(self.average, fields);
        fields.int(self.count);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let req_id = RequestId::new(fields.i32()?);
        let time = fields.i64()?;
        let (open, high) = (fields.decimal()?, fields.decimal()?);
        let (low, close) = (fields.decimal()?, fields.decimal()?);
        let (volume, average) = traded(fields.opt_decimal()?, fields.opt_decimal()?);
        Ok(Self { req_id, time, open, high, low, close, volume, average, count: fields.i32()? })
    }
}
