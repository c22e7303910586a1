//! Starting a stream of every tick.

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

layout! {
    /// 97 to the server: starts a stream of every tick.
    pub struct TickByTickRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub contract: Contract,
        /// `Last`, `AllLast`, `BidAsk` or `MidPoint`.
        pub tick_type: String,
        /// How many past ticks to send first; 0 for none.
        @since TICK_BY_TICK_IGNORE_SIZE pub number_of_ticks: i32,
        /// Whether a change of only a size is left out of `BidAsk`.
        @since TICK_BY_TICK_IGNORE_SIZE pub ignore_size: bool,
    }
}
