//! The ids that travel on the wire, each its own type so that one cannot be passed for another.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// Wraps the number as it stands on the wire.
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The number as it stands on the wire.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Names one API connection at a Gateway. Zero is valid: that client also sees manual orders.
    ClientId(i32)
}
id! {
    /// An order's number, unique and rising within one client id. A known number means *modify*.
    OrderId(i32)
}
id! {
    /// Correlates a request with its answers. Shares its number space with [`OrderId`] in error messages.
    RequestId(i32)
}
id! {
    /// IBKR's number for one instrument. Zero means "not given".
    ConId(i32)
}
id! {
    /// An order's number over the whole account, stable over sessions (64 bits since server version 191).
    PermId(i64)
}
id! {
    /// The protocol version that both sides agreed on; it decides every layout.
    ServerVersion(i32)
}

impl RequestId {
    /// "Belongs to no request": what the Gateway sends in notices and unsolicited executions.
    pub const NONE: Self = Self(-1);
}

impl RequestId {
    /// The id that follows, or `None` when the number space is used up.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl OrderId {
    /// The id that follows, or `None` when the number space is used up.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}
