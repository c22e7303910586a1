//! Which accounts belong together.

use crate::message::layout::layout;

layout! {
    /// 78 from the server: the families of this login's accounts.
    pub struct FamilyCodes {
        /// One entry per account.
        pub family_codes: Vec<FamilyCode>,
    }
}

layout! {
    /// The family of one account.
    pub struct FamilyCode {
        /// The account, or `*` for all.
        pub account_id: String,
        /// The family, or empty.
        pub family_code: String,
    }
}
