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
        @since SERVICE_DATA_TYPE pub listing_exchange: String,
        /// `Deep`, `Deep2` or empty. Below the version that names it only whether it is `Deep2` is said (official client).
        pub service_data_type: String as DataKind,
        /// The aggregated group; nothing for none.
        @since SERVICE_DATA_TYPE pub agg_group: Option<i32> as IntOrMax,
    }
}
