//! What a model makes of an option's prices.

use rust_decimal::Decimal;

use crate::ids::RequestId;
use crate::message::layout::layout;

layout! {
    /// 21 from the server: implied volatility and greeks. What could not be computed is `None`.
    pub struct TickOptionComputation, version 6 until PRICE_BASED_VOLATILITY {
        /// The market data or calculation request.
        pub req_id: RequestId,
        /// The tick's type: 10 bid, 11 ask, 12 last, 13 model, 53 custom; 80–83 delayed.
        pub tick_type: i32,
        /// 0 return based, 1 price based.
        @since PRICE_BASED_VOLATILITY pub tick_attrib: i32,
        /// The implied volatility, as a fraction per year.
        pub implied_volatility: Option<Decimal> as NotNegative,
        /// The delta.
        pub delta: Option<Decimal> as NotMinusTwo,
        /// The option's price.
        pub option_price: Option<Decimal> as NotMinusOne,
        /// The present value of dividends expected.
        pub pv_dividend: Option<Decimal> as NotMinusOne,
        /// The gamma.
        pub gamma: Option<Decimal> as NotMinusTwo,
        /// The vega.
        pub vega: Option<Decimal> as NotMinusTwo,
        /// The theta.
        pub theta: Option<Decimal> as NotMinusTwo,
        /// The underlying's price.
        pub underlying_price: Option<Decimal> as NotMinusOne,
    }
}
