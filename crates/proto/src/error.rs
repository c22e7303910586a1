//! What can be wrong with bytes from the wire, or with a message that we are asked to write.

use thiserror::Error;

/// Why bytes could not be read, or a value not be written, as the TWS API protocol.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProtoError {
    /// A length prefix announced more than [`crate::MAX_FRAME`] bytes; the stream cannot be trusted any further.
    #[error("frame of {length} bytes announced, the limit is {limit}")]
    FrameTooLong {
        /// The announced payload length in bytes.
        length: u32,
        /// The limit in bytes.
        limit: u32,
    },
    /// A frame had no payload, hence no message id.
    #[error("frame without a message id")]
    EmptyFrame,
    /// The message id was not a decimal number.
    #[error("message id is not a number")]
    BadMessageId,
    /// The first bytes of a connection were not a TWS API greeting.
    #[error("not a TWS API greeting: {what}")]
    BadGreeting {
        /// Which part was wrong.
        what: &'static str,
    },
    /// The server's answer to the greeting was not a version and a time.
    #[error("not a server version reply: {what}")]
    BadServerReply {
        /// Which part was wrong.
        what: &'static str,
    },
    /// A message ended before this field.
    #[error("message {message} ends before field {field}")]
    MissingField {
        /// The message id.
        message: i32,
        /// The field's index, where index 0 is the message id.
        field: usize,
    },
    /// A field did not hold what the layout wants there.
    #[error("message {message} field {field} is not {expected}")]
    BadField {
        /// The message id.
        message: i32,
        /// The field's index, where index 0 is the message id, or its tag.
        field: usize,
        /// What was wanted, as a noun.
        expected: &'static str,
    },
    /// A count field announced more entries than the message has bytes.
    #[error("message {message} field {field} announces {count} entries")]
    BadCount {
        /// The message id.
        message: i32,
        /// The field's index, where index 0 is the message id.
        field: usize,
        /// The announced number of entries.
        count: i64,
    },
    /// The message does not exist at the negotiated server version.
    #[error("message {message} needs server version {needs}, the session speaks {speaks}")]
    NotInVersion {
        /// The message id.
        message: i32,
        /// The first version that has it.
        needs: i32,
        /// The session's version.
        speaks: i32,
    },
    /// A protobuf body is damaged.
    #[error("message {message} has {what} in its protobuf body")]
    BadProtobuf {
        /// The message id.
        message: i32,
        /// What is there, as a noun.
        what: &'static str,
    },
    /// The message is protobuf at this version, and this crate does not know its body.
    #[error("message {message} is protobuf at server version {speaks}, and its body is not known here")]
    NoProtobuf {
        /// The message id.
        message: i32,
        /// The session's version.
        speaks: i32,
    },
    /// A text value cannot travel: it holds a NUL, which ends fields on the wire.
    #[error("message {message} has a text value with a NUL")]
    NulInText {
        /// The message id.
        message: i32,
    },
}

impl ProtoError {
    /// The id of the message that broke its layout, where it could be read.
    pub fn message(&self) -> Option<i32> {
        match self {
            Self::MissingField { message, .. }
            | Self::BadField { message, .. }
            | Self::BadCount { message, .. }
            | Self::NotInVersion { message, .. }
            | Self::BadProtobuf { message, .. }
            | Self::NoProtobuf { message, .. }
            | Self::NulInText { message } => Some(*message),
            Self::FrameTooLong { .. }
            | Self::EmptyFrame
            | Self::BadMessageId
            | Self::BadGreeting { .. }
            | Self::BadServerReply { .. } => None,
        }
    }
}
