//! When an instrument was traded.

use crate::ids::RequestId;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 106 from the server: what a historical request for `SCHEDULE` is answered by (servers from
    /// [`crate::version::HISTORICAL_SCHEDULE`] on).
    pub struct HistoricalSchedule {
        /// The request.
        pub req_id: RequestId,
        /// First moment covered, as `YYYYMMDD-HH:MM:SS`.
        pub start_date_time: String,
        /// Last moment covered.
        pub end_date_time: String,
        /// The zone that all times are in.
        pub time_zone: String,
        /// The sessions.
        pub sessions: Vec<HistoricalSession>,
    }
}

layout! {
    /// One session.
    pub struct HistoricalSession {
        /// When it opened.
        pub start_date_time: String,
        /// When it closed.
        pub end_date_time: String,
        /// The day that it counts for, as `YYYYMMDD`.
        pub ref_date: String,
    }
}
