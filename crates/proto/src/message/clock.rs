//! The Gateway's clock in milliseconds.

use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 109 from the server: the Gateway's clock (servers from [`crate::version::CURRENT_TIME_IN_MILLIS`] on).
    pub struct CurrentTimeInMillis {
        /// Milliseconds since 1970.
        pub epoch_millis: i64,
    }
}
