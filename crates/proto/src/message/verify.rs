//! How programs of IBKR's own prove who they are; no other client uses these.

use crate::message::layout::layout;

#[cfg(test)]
mod tests;

layout! {
    /// 65 to the server: starts a proof.
    pub struct VerifyRequest, version 1 {
        /// The program's name.
        pub api_name: String,
        /// The program's version.
        pub api_version: String,
    }
}

layout! {
    /// 66 to the server: goes on with a proof.
    pub struct VerifyMessage, version 1 {
        /// The answer.
        pub api_data: String,
    }
}

layout! {
    /// 72 to the server: starts a proof that also logs in.
    pub struct VerifyAndAuthRequest, version 1 {
        /// The program's name.
        pub api_name: String,
        /// The program's version.
        pub api_version: String,
        /// The vendor's key.
        pub opaque_isv_key: String,
    }
}

layout! {
    /// 73 to the server: goes on with such a proof.
    pub struct VerifyAndAuthMessage, version 1 {
        /// The answer.
        pub api_data: String,
        /// The answer to the challenge.
        pub xyz_response: String,
    }
}

layout! {
    /// 65 from the server: a question.
    pub struct VerifyMessageApi, version 1 {
        /// The question.
        pub api_data: String,
    }
}

layout! {
    /// 66 from the server: how a proof ended.
    pub struct VerifyCompleted, version 1 {
        /// Whether it holds.
        pub is_successful: bool,
        /// Why not.
        pub error_text: String,
    }
}

layout! {
    /// 69 from the server: a question with a challenge.
    pub struct VerifyAndAuthMessageApi, version 1 {
        /// The question.
        pub api_data: String,
        /// The challenge.
        pub xyz_challenge: String,
    }
}

layout! {
    /// 70 from the server: how such a proof ended.
    pub struct VerifyAndAuthCompleted, version 1 {
        /// Whether it holds.
        pub is_successful: bool,
        /// Why not.
        pub error_text: String,
    }
}
