//! Display groups: windows of TWS that show the same instrument.

use crate::ids::RequestId;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 68 to the server: asks for the changes of one group.
    pub struct SubscribeToGroupEvents, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// The group.
        pub group_id: i32,
    }
}

layout! {
    /// 69 to the server: shows another instrument.
    pub struct UpdateDisplayGroup, version 1 {
        /// The subscription.
        pub req_id: RequestId,
        /// `none`, `conId@exchange` or `combo`.
        pub contract_info: String,
    }
}

layout! {
    /// 67 from the server: the groups.
    pub struct DisplayGroupList, version 1 {
        /// The request.
        pub req_id: RequestId,
        /// Numbers joined by `|`, the most used first.
        pub groups: String,
    }
}

layout! {
    /// 68 from the server: what a group shows now.
    pub struct DisplayGroupUpdated, version 1 {
        /// The subscription.
        pub req_id: RequestId,
        /// `none`, `conId@exchange` or `combo`.
        pub contract_info: String,
    }
}
