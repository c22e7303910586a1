//! One tick of a stream of every tick.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::layout::layout;
use crate::text::{FieldWriter, Fields};

/// 99: one tick.
#[derive(Debug, Clone, PartialEq)]
pub struct TickByTick {
    /// The request.
    pub req_id: RequestId,
    /// When, in seconds since 1970.
    pub time: i64,
    /// What.
    pub data: TickByTickData,
}

/// What a tick says, by the type of its stream.
#[derive(Debug, Clone, PartialEq)]
pub enum TickByTickData {
    /// 1: A trade that sets the last price.
    Last(TickByTickLast),
    /// 2: Any trade.
    AllLast(TickByTickLast),
    /// 3: The best bid and ask.
    BidAsk(TickByTickBidAsk),
    /// 4: The middle between bid and ask.
    MidPoint(Decimal),
}

layout! {
    /// A trade.
    pub struct TickByTickLast {
        /// The price.
        pub price: Decimal,
        /// The size.
        pub size: Decimal,
        /// Bit 0 past limit, bit 1 unreported.
        pub attributes: i32,
        /// Where.
        pub exchange: String,
        /// The exchange's codes of special conditions.
        pub special_conditions: String,
    }
}

layout! {
    /// The best bid and ask.
    pub struct TickByTickBidAsk {
        /// The bid.
        pub bid_price: Decimal,
        /// The ask.
        pub ask_price: Decimal,
        /// The bid's size.
        pub bid_size: Decimal,
        /// The ask's size.
        pub ask_size: Decimal,
        /// Bit 0 bid past low, bit 1 ask past high.
        pub attributes: i32,
    }
}

impl TickByTickData {
    /// The number of the tick's type.
    pub fn tick_type(&self) -> i32 {
        match self {
            Self::Last(_) => 1,
            Self::AllLast(_) => 2,
            Self::BidAsk(_) => 3,
            Self::MidPoint(_) => 4,
        }
    }
}

impl TickByTick {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, speaks: ServerVersion) {
        fields.int(self.req_id.get()).int(self.data.tick_type()).int(self.time);
        match &self.data {
            TickByTickData::Last(trade) | TickByTickData::AllLast(trade) => trade.encode(fields, speaks),
            TickByTickData::BidAsk(quote) => quote.encode(fields, speaks),
            TickByTickData::MidPoint(price) => {
                fields.decimal(*price);
            }
        }
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, speaks: ServerVersion) -> Result<Self, ProtoError> {
        let req_id = RequestId::new(fields.i32()?);
        let tick_type = fields.i32()?;
        let time = fields.i64()?;
        let data = match tick_type {
            1 => TickByTickData::Last(TickByTickLast::decode(fields, speaks)?),
            2 => TickByTickData::AllLast(TickByTickLast::decode(fields, speaks)?),
            3 => TickByTickData::BidAsk(TickByTickBidAsk::decode(fields, speaks)?),
            4 => TickByTickData::MidPoint(fields.decimal()?),
            _ => {
                let message = fields.message();
                return Err(ProtoError::BadField { message, field: 2, expected: "a tick-by-tick type" });
            }
        };
        Ok(Self { req_id, time, data })
    }
}
