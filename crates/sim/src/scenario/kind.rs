//! Kinds of messages, by number or by name.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::SimError;

/// A kind as a file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i32),
    Name(String),
}

macro_rules! kinds {
    ($(#[$doc:meta])* $kind:ident, $($number:literal $name:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "Written", try_from = "Written")]
        pub struct $kind(i32);

        impl $kind {
            const NAMES: &[(i32, &str)] = &[$(($number, $name),)*];

            /// The kind with this message id.
            pub const fn new(message: i32) -> Self {
                Self(message)
            }

            /// The message id.
            pub const fn get(self) -> i32 {
                self.0
            }
        }

        impl From<$kind> for Written {
            fn from(kind: $kind) -> Self {
                let known = $kind::NAMES.iter().find(|(number, _)| *number == kind.0);
                known.map_or(Self::Number(kind.0), |(_, name)| Self::Name((*name).into()))
            }
        }

        impl TryFrom<Written> for $kind {
            type Error = SimError;

            fn try_from(written: Written) -> Result<Self, Self::Error> {
                match written {
                    Written::Number(number) => Ok(Self(number)),
                    Written::Name(name) => {
                        let known = Self::NAMES.iter().find(|(_, known)| *known == name);
                        known.map(|(number, _)| Self(*number)).ok_or(SimError::UnknownKind { name })
                    }
                }
            }
        }

        impl JsonSchema for $kind {
            fn schema_name() -> Cow<'static, str> {
                stringify!($kind).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "description": "A kind of message, by name or by its number in the TWS API.",
                    "anyOf": [{ "type": "integer" }, { "type": "string", "enum": [$($name),*] }],
                })
            }
        }
    };
}

kinds! {
    /// A kind of request, a client's message: by number, or by name in a file.
    RequestKind,
    1 "market-data", 2 "cancel-market-data", 3 "place-order", 4 "cancel-order", 5 "open-orders", 6 "account-updates",
    7 "executions", 8 "ids", 9 "contract-details", 10 "market-depth", 15 "auto-open-orders", 16 "all-open-orders",
    17 "managed-accounts", 20 "historical-data", 22 "scanner", 25 "cancel-historical-data", 49 "current-time",
    50 "real-time-bars", 58 "global-cancel", 59 "market-data-type", 61 "positions", 62 "account-summary",
    64 "cancel-positions", 76 "account-updates-multi", 78 "option-chain", 81 "matching-symbols", 87 "head-timestamp",
    92 "pnl", 94 "pnl-single", 96 "historical-ticks", 97 "tick-by-tick", 99 "completed-orders",
}

kinds! {
    /// A kind of answer, a Gateway's message: by number, or by name in a file.
    AnswerKind,
    1 "tick-price", 2 "tick-size", 3 "order-status", 4 "error", 5 "open-order", 6 "account-value", 7 "portfolio-value",
    9 "next-valid-id", 10 "contract-details", 11 "execution", 15 "managed-accounts", 17 "historical-data",
    46 "tick-string", 49 "current-time", 50 "real-time-bar", 52 "contract-details-end", 53 "open-order-end",
    54 "account-download-end", 55 "executions-end", 57 "snapshot-end", 59 "commission-report", 61 "position",
    62 "position-end", 63 "account-summary", 64 "account-summary-end", 90 "historical-data-update",
    99 "tick-by-tick", 101 "completed-order", 102 "completed-orders-end",
}
