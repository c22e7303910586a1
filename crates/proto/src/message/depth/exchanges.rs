//! Which exchanges have a book.

use crate::message::layout::layout;

layout! {
    /// 80: the exchanges that have a book.
    pub struct MktDepthExchanges {
        /// One entry per exchange and type of security.
        pub descriptions: Vec<DepthMktDataDescription>,
    }
}

layout! {
    /// The book of one exchange for one type of security.
    pub struct DepthMktDataDescription {
        /// The exchange.
        pub exchange: String,
        /// The type of security.
        pub sec_type: String,
        /// The listing exchange, or empty.
        pub listing_exchange: String,
        /// `Deep`, `Deep2` or empty.
        pub service_data_type: String,
        /// The aggregated group; nothing for none.
        pub agg_group: Option<i32> as IntOrMax,
    }
}
