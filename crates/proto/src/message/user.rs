//! Who is logged in.

use crate::ids::RequestId;
use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 107 from the server: the brand under which the user trades (servers from [`crate::version::USER_INFO`] on).
    pub struct UserInfo {
        /// The request.
        pub req_id: RequestId,
        /// The brand, or empty.
        pub white_branding_id: String,
    }
}
