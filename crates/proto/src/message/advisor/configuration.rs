//! An advisor's groups and aliases, as XML.

use crate::ids::RequestId;
use crate::message::layout::layout;

layout! {
    /// 18: asks for a part of the configuration.
    pub struct FaRequest, version 1 {
        /// 1 groups, 2 profiles (until [`crate::version::FA_PROFILE_DESUPPORT`]), 3 aliases.
        pub fa_data_type: i32,
    }
}

layout! {
    /// 19 to the server: replaces a part of the configuration.
    pub struct FaReplace, version 1 {
        /// 1 groups, 2 profiles (until [`crate::version::FA_PROFILE_DESUPPORT`]), 3 aliases.
        pub fa_data_type: i32,
        /// The new configuration.
        pub xml: String,
        /// The request.
        @since REPLACE_FA_END pub req_id: RequestId,
    }
}

layout! {
    /// 16 from the server: a part of the configuration.
    pub struct ReceiveFa, version 1 {
        /// 1 groups, 2 profiles, 3 aliases.
        pub fa_data_type: i32,
        /// The configuration.
        pub xml: String,
    }
}

layout! {
    /// 103 from the server: the configuration was replaced.
    pub struct ReplaceFaEnd {
        /// The request.
        pub req_id: RequestId,
        /// What became of it.
        pub text: String,
    }
}
