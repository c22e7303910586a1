//! Health as it is shown.

use std::collections::BTreeMap;

use gatewright_proto::session::Acts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Layer, LayerState};

/// Every layer, and the sentence that sums them up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HealthReport {
    /// Each layer by its name: `listener`, `tcp`, `handshake`, `session`, `gateway_link`, `market_data`, `farm:…`,
    /// `stream:…`, `trading`.
    pub layers: BTreeMap<String, Layer>,
    /// What is wrong first, and who has to act.
    pub diagnosis: Diagnosis,
}

/// What is wrong first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnosis {
    /// *Yes*: nothing is known to be wrong. *No*: `layer` is broken. *Unknown*: nothing tells.
    pub state: LayerState,
    /// The lowest layer that is broken, or the one that nothing is known of.
    pub layer: Option<String>,
    /// Who has to act; `null` when nobody has to.
    pub acts: Option<Acts>,
    /// All of it in one sentence.
    pub sentence: String,
}

impl Diagnosis {
    pub(super) fn broken(name: &str, layer: &Layer, acts: Acts) -> Self {
        let who = match acts {
            Acts::Retry => "nobody has to act, attempts go on",
            Acts::Wait => "nobody has to act, it should end by itself",
            Acts::Human => "a human has to act",
        };
        let since = layer.since_ms.unwrap_or_default() / 1000;
        Self {
            state: LayerState::No,
            layer: Some(name.to_owned()),
            acts: Some(acts),
            sentence: format!("{name} is broken since {since} s ({}); {who}", layer.evidence),
        }
    }

    pub(super) fn well() -> Self {
        let sentence = "nothing is known to be wrong".to_owned();
        Self { state: LayerState::Yes, layer: None, acts: None, sentence }
    }

    pub(super) fn unknown(name: &str) -> Self {
        let sentence = format!("nothing tells how the {name} is");
        Self { state: LayerState::Unknown, layer: Some(name.to_owned()), acts: None, sentence }
    }
}
