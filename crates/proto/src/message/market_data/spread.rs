//! Ticks of exchanges for physicals, and the hedge of delta-neutral orders.

use rust_decimal::Decimal;

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 47: a tick of an exchange for physical. It never travels as protobuf.
    pub struct TickEfp, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The tick's type, 38 to 44.
        pub tick_type: i32,
        /// Annualised basis points.
        pub basis_points: Decimal,
        /// The same for people.
        pub formatted_basis_points: String,
        /// The future's price that is implied.
        pub implied_futures_price: Decimal,
        /// Days until the future's last trade.
        pub hold_days: i32,
        /// The future's last trade date.
        pub future_last_trade_date: String,
        /// What dividends do to the basis points.
        pub dividend_impact: Decimal,
        /// Dividends until the future's last trade.
        pub dividends_to_last_trade_date: Decimal,
    }
}

layout! {
    /// 56 from the server: the hedge that a delta-neutral request got. It never travels as protobuf.
    pub struct DeltaNeutralValidation, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The hedging instrument.
        pub con_id: ConId,
        /// The delta.
        pub delta: Decimal,
        /// The price.
        pub price: Decimal,
    }
}
