//! How much was traded at which price.

use rust_decimal::Decimal;

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 88 to the server: asks for a histogram.
    pub struct HistogramDataRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub contract: Contract,
        /// Whether expired contracts count.
        pub include_expired: bool,
        /// Regular trading hours only.
        pub use_rth: bool,
        /// How far back, for example `3 days`.
        pub time_period: String,
    }
}

layout! {
    /// 89 from the server: a histogram.
    pub struct HistogramData {
        /// The request.
        pub req_id: RequestId,
        /// The prices.
        pub entries: Vec<HistogramEntry>,
    }
}

layout! {
    /// What was traded at one price.
    pub struct HistogramEntry {
        /// The price.
        pub price: Decimal,
        /// How much; ib_async 2.1.0 reads only whole numbers.
        pub size: Decimal,
    }
}
