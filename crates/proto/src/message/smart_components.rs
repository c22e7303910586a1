//! Which exchanges the letters of a smart-routed quote stand for.

use crate::ids::RequestId;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 83 to the server: asks for the exchanges of one map.
    pub struct SmartComponentsRequest {
        /// The request.
        pub req_id: RequestId,
        /// The map, as the parameters of a stream name it.
        pub bbo_exchange: String,
    }
}

layout! {
    /// 82 from the server: the exchanges of one map.
    pub struct SmartComponents {
        /// The request.
        pub req_id: RequestId,
        /// The exchanges.
        pub components: Vec<SmartComponent>,
    }
}

layout! {
    /// One exchange of a map.
    pub struct SmartComponent {
        /// Its bit.
        pub bit_number: i32,
        /// The exchange.
        pub exchange: String,
        /// Its letter.
        pub exchange_letter: String,
    }
}
