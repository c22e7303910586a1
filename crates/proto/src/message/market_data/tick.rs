//! Prices, sizes, numbers and texts of a stream.

use rust_decimal::Decimal;

use crate::error::ProtoError;
use crate::ids::{RequestId, ServerVersion};
use crate::message::market_data::tick_type;
use crate::text::{FieldWriter, Fields};

/// The version field of every tick.
const VERSION: i32 = 6;

/// 1 from the server: a price, usually with its size.
///
/// "No quote" is sent as a price of −1 ("When tickPrice and tickSize are reported as -1, this indicates that there is
/// no data currently available", IBKR's TWS API documentation, Receiving Market Data), in practice with a size of 0
/// (ib_async 2.1.0, `wrapper.py`). Combinations, futures and index values can cost −1 as well, so only a bid, ask or
/// last price of exactly −1 whose size is 0, −1 or absent is read as "no quote".
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TickPrice {
    /// The request.
    pub req_id: RequestId,
    /// The tick's type, see [`tick_type`]: 1 bid, 2 ask, 4 last, 6 high, 7 low, 9 close, 14 open; 66–76 delayed.
    pub tick_type: i32,
    /// The price; `None` for "no quote", or where not sent.
    pub price: Option<Decimal>,
    /// The size; `None` for "no quote", or where not sent.
    pub size: Option<Decimal>,
    /// Bit 0 can auto-execute, bit 1 past limit, bit 2 pre-open.
    pub attributes: i32,
}

impl TickPrice {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get()).int(self.tick_type);
        if self.price.is_none() && is_quote(self.tick_type) {
            fields.decimal(NOTHING).decimal(self.size.unwrap_or_default());
        } else {
            fields.opt_decimal(self.price).opt_decimal(self.size);
        }
        fields.int(self.attributes);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let req_id = RequestId::new(fields.i32()?);
        let tick_type = fields.i32()?;
        let mut price = fields.opt_decimal()?;
        let mut size = fields.opt_decimal()?.filter(is_set);
        if is_quote(tick_type) && price.is_none_or(|price| price == NOTHING) && size.is_none_or(is_nothing) {
            (price, size) = (None, None);
        }
        Ok(Self { req_id, tick_type, price, size, attributes: fields.i32()? })
    }
}

/// 2 from the server: a size.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TickSize {
    /// The request.
    pub req_id: RequestId,
    /// The tick's type, see [`tick_type`]: 0 bid size, 3 ask size, 5 last size, 8 volume, 69–74 the same delayed.
    pub tick_type: i32,
    /// The size; `None` where not sent, or sent as −1 where no size can be negative.
    pub size: Option<Decimal>,
}

impl TickSize {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get()).int(self.tick_type);
        match self.size {
            None if is_quote_size(self.tick_type) => fields.decimal(NOTHING),
            size => fields.opt_decimal(size),
        };
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        let req_id = RequestId::new(fields.i32()?);
        let tick_type = fields.i32()?;
        let size = fields.opt_decimal()?.filter(is_set);
        Ok(Self { req_id, tick_type, size: size.filter(|size| *size != NOTHING || !is_quote_size(tick_type)) })
    }
}

/// 45: a number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TickGeneric {
    /// The request.
    pub req_id: RequestId,
    /// The tick's type, for example 49 halted.
    pub tick_type: i32,
    /// The number.
    pub value: Option<Decimal>,
}

impl TickGeneric {
    pub(crate) fn encode(self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get()).int(self.tick_type).opt_decimal(self.value);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { req_id: RequestId::new(fields.i32()?), tick_type: fields.i32()?, value: fields.opt_decimal()? })
    }
}

/// 46: a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TickString {
    /// The request.
    pub req_id: RequestId,
    /// The tick's type, for example 45 last timestamp.
    pub tick_type: i32,
    /// The text.
    pub value: String,
}

impl TickString {
    pub(crate) fn encode(&self, fields: &mut FieldWriter<'_>, _: ServerVersion) {
        fields.int(VERSION).int(self.req_id.get()).int(self.tick_type).text(&self.value);
    }

    pub(crate) fn decode(fields: &mut Fields<'_>, _: ServerVersion) -> Result<Self, ProtoError> {
        fields.skip(1)?;
        Ok(Self { req_id: RequestId::new(fields.i32()?), tick_type: fields.i32()?, value: fields.string()? })
    }
}

/// What a Gateway writes where there is no data.
pub(super) const NOTHING: Decimal = Decimal::NEGATIVE_ONE;

/// Whether the size beside a price of −1 lets that price mean "no quote".
pub(super) fn is_nothing(size: Decimal) -> bool {
    size.is_zero() || size == NOTHING
}

/// Whether a size is none of the integers that mean "not set" to the official Python client.
fn is_set(size: &Decimal) -> bool {
    const UNSET: [i128; 3] = [i64::MAX as i128, i64::MIN as i128, i32::MAX as i128];
    size.scale() != 0 || !UNSET.contains(&size.mantissa())
}

/// Whether the tick is a bid, ask or last price, live or delayed.
pub(super) const fn is_quote(tick_type: i32) -> bool {
    use tick_type::{ASK, BID, DELAYED_ASK, DELAYED_BID, DELAYED_LAST, LAST};
    matches!(tick_type, BID | ASK | LAST | DELAYED_BID | DELAYED_ASK | DELAYED_LAST)
}

/// Whether the tick is a bid, ask or last size or the volume, live or delayed. Imbalances, for one, can be negative.
pub(super) const fn is_quote_size(tick_type: i32) -> bool {
    use tick_type::{ASK_SIZE, BID_SIZE, DELAYED_ASK_SIZE, DELAYED_BID_SIZE, DELAYED_LAST_SIZE, DELAYED_VOLUME};
    use tick_type::{LAST_SIZE, VOLUME};
    matches!(
        tick_type,
        BID_SIZE
            | ASK_SIZE
            | LAST_SIZE
            | VOLUME
            | DELAYED_BID_SIZE
            | DELAYED_ASK_SIZE
            | DELAYED_LAST_SIZE
            | DELAYED_VOLUME
    )
}
