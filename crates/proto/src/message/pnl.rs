//! Profit and loss, of an account and of single positions.

use rust_decimal::Decimal;

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 92 to the server: starts a stream of an account's profit and loss.
    pub struct PnlRequest {
        /// The request.
        pub req_id: RequestId,
        /// The account.
        pub account: String,
        /// The model, or empty.
        pub model_code: String,
    }
}

layout! {
    /// 94 to the server: starts a stream of one position's profit and loss.
    pub struct PnlSingleRequest {
        /// The request.
        pub req_id: RequestId,
        /// The account.
        pub account: String,
        /// The model, or empty.
        pub model_code: String,
        /// The instrument.
        pub con_id: ConId,
    }
}

layout! {
    /// 94 from the server: an account's profit and loss in its base currency.
    pub struct Pnl {
        /// The request.
        pub req_id: RequestId,
        /// Since the close of the day before.
        pub daily_pnl: Option<Decimal> as OrMax,
        /// Of what is held.
        @since UNREALIZED_PNL pub unrealized_pnl: Option<Decimal> as OrMax,
        /// Of what was closed today.
        @since REALIZED_PNL pub realized_pnl: Option<Decimal> as OrMax,
    }
}

layout! {
    /// 95 from the server: one position's profit and loss.
    pub struct PnlSingle {
        /// The request.
        pub req_id: RequestId,
        /// Signed size.
        pub position: Decimal,
        /// Since the close of the day before.
        pub daily_pnl: Option<Decimal> as OrMax,
        /// Of what is held.
        @since UNREALIZED_PNL pub unrealized_pnl: Option<Decimal> as OrMax,
        /// Of what was closed today.
        @since REALIZED_PNL pub realized_pnl: Option<Decimal> as OrMax,
        /// What the position is worth.
        pub value: Option<Decimal> as OrMax,
    }
}
