//! How far the history of an instrument goes back.

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 87 to the server: asks for the earliest moment of which there is data.
    pub struct HeadTimestampRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub contract: Contract,
        /// Whether expired contracts count.
        pub include_expired: bool,
        /// Regular trading hours only.
        pub use_rth: bool,
        /// `TRADES`, `MIDPOINT`, `BID`, `ASK`, …
        pub what_to_show: String,
        /// 1 for text, 2 for seconds since 1970.
        pub format_date: i32,
    }
}

layout! {
    /// 88: the earliest moment of which there is data.
    pub struct HeadTimestamp {
        /// The request.
        pub req_id: RequestId,
        /// The moment, in the format that was asked for.
        pub head_timestamp: String,
    }
}
