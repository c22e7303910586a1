//! Starting and ending a stream of market depth.

use crate::ids::RequestId;
use crate::message::contract::Contract;
use crate::message::layout::layout;

layout! {
    /// 10 to the server: starts a stream of market depth.
    pub struct MktDepthRequest, version 5 {
        /// The request.
        pub req_id: RequestId,
        /// The instrument.
        pub contract: Contract as Deep,
        /// How many rows each side may have.
        pub num_rows: i32,
        /// Rows of all exchanges together, each with its exchange.
        @since SMART_DEPTH pub is_smart_depth: bool,
        /// `tag=value;` pairs.
        pub options: String,
    }
}

layout! {
    /// 11 to the server: ends a stream of market depth.
    pub struct CancelMktDepth, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// As it was asked for.
        @since SMART_DEPTH pub is_smart_depth: bool,
    }
}
