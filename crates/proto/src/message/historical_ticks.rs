//! Past ticks, one by one.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::contract::Contract;
use crate::message::layout::{Codec, Plain, layout};
use crate::text::{FieldWriter, Fields};

#[cfg(test)]
mod tests;

layout! {
    /// 96 to the server: asks for up to 1000 past ticks.
    pub struct HistoricalTicksRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub contract: Contract,
        /// Whether expired contracts count.
        pub include_expired: bool,
        /// The first moment; empty where `end_date_time` is given.
        pub start_date_time: String,
        /// The last moment; empty where `start_date_time` is given.
        pub end_date_time: String,
        /// How many; all ticks of the last second are sent also where they are more.
        pub number_of_ticks: i32,
        /// `TRADES`, `MIDPOINT` or `BID_ASK`.
        pub what_to_show: String,
        /// Regular trading hours only.
        pub use_rth: bool,
        /// Whether a change of only a size is left out of `BID_ASK`.
        pub ignore_size: bool,
        /// `tag=value;` pairs.
        pub options: String,
    }
}

layout! {
    /// 96 from the server: middles between bid and ask.
    pub struct HistoricalTicks {
        /// The request.
        pub req_id: RequestId,
        /// In order of time.
        pub ticks: Vec<HistoricalTick>,
        /// Whether these are the last of the request.
        pub done: bool,
    }
}

layout! {
    /// 97 from the server: bids and asks.
    pub struct HistoricalTicksBidAsk {
        /// The request.
        pub req_id: RequestId,
        /// In order of time.
        pub ticks: Vec<HistoricalTickBidAsk>,
        /// Whether these are the last of the request.
        pub done: bool,
    }
}

layout! {
    /// 98 from the server: trades.
    pub struct HistoricalTicksLast {
        /// The request.
        pub req_id: RequestId,
        /// In order of time.
        pub ticks: Vec<HistoricalTickLast>,
        /// Whether these are the last of the request.
        pub done: bool,
    }
}

/// A past middle between bid and ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoricalTick {
    /// When, in seconds since 1970.
    pub time: i64,
    /// The price.
    pub price: Decimal,
    /// The size, 0 for a middle.
    pub size: Decimal,
}

/// Between time and price stands a field that no client reads.
impl Codec<HistoricalTick> for Plain {
    const FIELDS: usize = 4;

    fn write(value: &HistoricalTick, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(value.time).int(0).decimal(value.price).decimal(value.size);
    }

    fn read(fields: &mut Fields<'_>, _: ServerVersion) -> Result<HistoricalTick, ProtoError> {
        let time = fields.i64()?;
        fields.skip(1)?;
        Ok(HistoricalTick { time, price: fields.decimal()?, size: fields.decimal()? })
    }
}

layout! {
    /// A past bid and ask.
    pub struct HistoricalTickBidAsk {
        /// When, in seconds since 1970.
        pub time: i64,
        /// Bit 0 ask past high, bit 1 bid past low.
        pub attributes: i32,
        /// The bid.
        pub price_bid: Decimal,
        /// The ask.
        pub price_ask: Decimal,
        /// The bid's size.
        pub size_bid: Decimal,
        /// The ask's size.
        pub size_ask: Decimal,
    }
}

layout! {
    /// A past trade.
    pub struct HistoricalTickLast {
        /// When, in seconds since 1970.
        pub time: i64,
        /// Bit 0 past limit, bit 1 unreported.
        pub attributes: i32,
        /// The price.
        pub price: Decimal,
        /// The size.
        pub size: Decimal,
        /// Where.
        pub exchange: String,
        /// The exchange's codes of special conditions.
        pub special_conditions: String,
    }
}
