//! Corporate events of Wall Street Horizon (servers from [`crate::version::WSH_CALENDAR`] on).

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 102 to the server: asks for events.
    pub struct WshEventDataRequest {
        /// The request.
        pub req_id: RequestId,
        /// The instrument; nothing where `filter` says which.
        pub con_id: Option<ConId> as IntOrMax,
        /// A filter as JSON.
        @since WSH_EVENT_DATA_FILTERS pub filter: String,
        /// Whether to fill from the watchlist.
        @since WSH_EVENT_DATA_FILTERS pub fill_watchlist: bool,
        /// Whether to fill from the portfolio.
        @since WSH_EVENT_DATA_FILTERS pub fill_portfolio: bool,
        /// Whether to fill with competitors.
        @since WSH_EVENT_DATA_FILTERS pub fill_competitors: bool,
        /// First day, as `YYYYMMDD`.
        @since WSH_EVENT_DATA_FILTERS_DATE pub start_date: String,
        /// Last day.
        @since WSH_EVENT_DATA_FILTERS_DATE pub end_date: String,
        /// How many at most, up to 100.
        @since WSH_EVENT_DATA_FILTERS_DATE pub total_limit: Option<i32> as IntOrMax,
    }
}

layout! {
    /// 104 from the server: what filters may name.
    pub struct WshMetaData {
        /// The request.
        pub req_id: RequestId,
        /// As JSON.
        pub data_json: String,
    }
}

layout! {
    /// 105 from the server: events.
    pub struct WshEventData {
        /// The request.
        pub req_id: RequestId,
        /// As JSON.
        pub data_json: String,
    }
}
