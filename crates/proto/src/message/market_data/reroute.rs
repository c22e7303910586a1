//! Where to ask instead: an instrument without data of its own, such as a CFD.

use crate::ids::{ConId, RequestId};
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 91 from the server: the ticks are to be had elsewhere.
    pub struct RerouteMktDataReq {
        /// The request.
        pub req_id: RequestId,
        /// The instrument that has them.
        pub con_id: ConId,
        /// Its exchange.
        pub exchange: String,
    }
}

layout! {
    /// 92 from the server: the book is to be had elsewhere.
    pub struct RerouteMktDepthReq {
        /// The request.
        pub req_id: RequestId,
        /// The instrument that has it.
        pub con_id: ConId,
        /// Its exchange.
        pub exchange: String,
    }
}
