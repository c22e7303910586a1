//! Bulletins of IBKR and the exchanges.

use crate::message::layout::layout;

layout! {
    /// 12 to the server: starts the stream of bulletins.
    pub struct NewsBulletinsRequest, version 1 {
        /// Whether to send those of today as well, and not only new ones.
        pub all_messages: bool,
    }
}

layout! {
    /// 14 from the server: a bulletin.
    pub struct NewsBulletin, version 1 {
        /// The bulletin's number.
        pub message_id: i32,
        /// 1 for news, 2 an exchange is no longer available, 3 it is available again.
        pub message_type: i32,
        /// The text.
        pub text: String,
        /// The exchange it came from.
        pub origin_exchange: String,
    }
}
