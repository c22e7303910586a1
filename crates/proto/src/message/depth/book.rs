//! Changes of single rows of a book.

use rust_decimal::Decimal;

use crate::ids::RequestId;
use crate::message::layout::layout;

layout! {
    /// 12: one row changed; the book of one exchange.
    pub struct MarketDepth, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The row, 0 the best.
        pub position: i32,
        /// 0 insert, 1 update, 2 delete.
        pub operation: i32,
        /// 0 ask, 1 bid.
        pub side: i32,
        /// The price.
        pub price: Decimal,
        /// The size.
        pub size: Decimal,
    }
}

layout! {
    /// 13: one row changed; a book whose rows say whose they are.
    pub struct MarketDepthL2, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The row, 0 the best.
        pub position: i32,
        /// The market maker, or the exchange where the book is a smart one.
        pub market_maker: String,
        /// 0 insert, 1 update, 2 delete.
        pub operation: i32,
        /// 0 ask, 1 bid.
        pub side: i32,
        /// The price.
        pub price: Decimal,
        /// The size.
        pub size: Decimal,
        /// Whether `market_maker` is an exchange.
        @since SMART_DEPTH pub is_smart_depth: bool,
    }
}
