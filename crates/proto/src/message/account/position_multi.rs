//! Positions of one account or model, with an id.

use rust_decimal::Decimal;

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 74 to the server: asks for the positions of one account or model, then for their changes.
    pub struct PositionsMultiRequest, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The account, or empty.
        pub account: String,
        /// The model, or empty.
        pub model_code: String,
    }
}

layout! {
    /// 71: one position of such a request.
    pub struct PositionMulti, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The account.
        pub account: String,
        /// The instrument.
        pub contract: Contract as Held,
        /// Signed size; zero when a position was closed.
        pub position: Decimal,
        /// Average cost per unit, times the multiplier, including commissions.
        pub avg_cost: Option<Decimal> as OrMax,
        /// The model, or empty.
        pub model_code: String,
    }
}
