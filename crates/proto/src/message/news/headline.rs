//! Headlines, past ones and those of a stream.

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

layout! {
    /// 86 to the server: asks for past headlines.
    pub struct HistoricalNewsRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub con_id: ConId,
        /// Codes of providers, joined by `+`.
        pub provider_codes: String,
        /// Where to start, as `YYYY-MM-DD HH:MM:SS.0`.
        pub start_date_time: String,
        /// Where to end.
        pub end_date_time: String,
        /// How many at most; the Gateway sends no more than 300.
        pub total_results: i32,
        /// `tag=value;` pairs.
        @since NEWS_QUERY_ORIGINS pub options: String,
    }
}

layout! {
    /// 86 from the server: one past headline.
    pub struct HistoricalNews {
        /// The request.
        pub req_id: RequestId,
        /// When, as `YYYY-MM-DD HH:MM:SS.0`.
        pub time: String,
        /// The provider's code.
        pub provider_code: String,
        /// The id by which the article can be asked for.
        pub article_id: String,
        /// The headline.
        pub headline: String,
    }
}

layout! {
    /// 87: all past headlines were sent.
    pub struct HistoricalNewsEnd {
        /// The request.
        pub req_id: RequestId,
        /// Whether there are more than were asked for.
        pub has_more: bool,
    }
}

layout! {
    /// 84 from the server: a headline of a market data stream (generic tick 292).
    pub struct TickNews {
        /// The market data request.
        pub req_id: RequestId,
        /// When, in milliseconds since 1970.
        pub timestamp_ms: i64,
        /// The provider's code.
        pub provider_code: String,
        /// The id by which the article can be asked for.
        pub article_id: String,
        /// The headline.
        pub headline: String,
        /// What the provider adds.
        pub extra_data: String,
    }
}
