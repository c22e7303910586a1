//! A three-valued answer.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether something is so, where not being able to tell is an answer of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It was seen to be so.
    Yes,
    /// It was looked for and seen not to be so.
    No,
    /// It could not be told; never to be read as [`Presence::No`].
    Unknown,
}

impl Presence {
    /// The presence of something that was certainly looked for.
    pub const fn seen(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        })
    }
}
