//! What is known of each layer, with evidence and since when. Unknown is a state of its own.

use std::collections::BTreeMap;
use std::time::Instant;

use gatewright_proto::message::start::ErrorMessage;
use gatewright_proto::message::{CodeClass, Connectivity, FarmState, classify, farm_name};

use crate::protocol::{Layer, LayerState};

/// Farms that are remembered; a Gateway knows about a dozen.
const MAX_FARMS: usize = 64;

#[derive(Debug, Clone)]
struct Known {
    state: LayerState,
    since: Instant,
    evidence: String,
}

/// The layers above the session, as the Gateway's notices paint them.
#[derive(Debug, Default)]
pub(super) struct Layers {
    known: BTreeMap<String, Known>,
}

impl Layers {
    pub(super) fn set(&mut self, layer: &str, state: LayerState, now: Instant, evidence: impl Into<String>) {
        if self.known.len() >= MAX_FARMS && !self.known.contains_key(layer) {
            return;
        }
        let evidence = evidence.into();
        let since = match self.known.get(layer) {
            Some(known) if known.state == state => known.since,
            Some(_) | None => now,
        };
        self.known.insert(layer.to_owned(), Known { state, since, evidence });
    }

    /// Draws what conclusions a notice allows.
    pub(super) fn handle(&mut self, now: Instant, error: &ErrorMessage) {
        let evidence = || format!("{}: {}", error.code, error.text);
        match classify(error.code, &error.text) {
            CodeClass::Connectivity(change) => match change {
                Connectivity::Lost | Connectivity::Broken => {
                    self.set("gateway_link", LayerState::No, now, evidence());
                }
                Connectivity::RestoredDataLost | Connectivity::RestoredDataKept => {
                    self.set("gateway_link", LayerState::Yes, now, evidence());
                }
                Connectivity::PortReset => self.set("listener", LayerState::No, now, evidence()),
            },
            CodeClass::Farm { state, .. } => {
                let name = farm_name(&error.text).unwrap_or("unnamed");
                let state = match state {
                    FarmState::Ok => LayerState::Yes,
                    FarmState::Broken => LayerState::No,
                    // Inactive farms wake up on demand, connecting ones are on their way: neither is evidence.
                    FarmState::Inactive | FarmState::Connecting => LayerState::Unknown,
                };
                self.set(&format!("farm:{name}"), state, now, evidence());
                if state == LayerState::Yes {
                    self.set("gateway_link", LayerState::Yes, now, evidence());
                }
            }
            CodeClass::CompetingSession => self.set("market_data", LayerState::No, now, evidence()),
            CodeClass::Notice
            | CodeClass::Warning
            | CodeClass::RateWarning
            | CodeClass::RateExceeded
            | CodeClass::DataAdvisory
            | CodeClass::ClientIdInUse
            | CodeClass::Historical(_)
            | CodeClass::SubscriptionLost
            | CodeClass::DepthReset
            | CodeClass::AlreadyEnded
            | CodeClass::LimitReached
            | CodeClass::UnknownContract
            | CodeClass::OrderRejected
            | CodeClass::OrderCancelled
            | CodeClass::OrderUnchanged
            | CodeClass::ClientSide
            | CodeClass::RequestError => {}
        }
    }

    pub(super) fn report(&self, now: Instant) -> BTreeMap<String, Layer> {
        let mut layers: BTreeMap<String, Layer> = ["gateway_link", "trading"]
            .into_iter()
            .map(|name| (name.to_owned(), unknown("the Gateway has not said")))
            .collect();
        for (name, known) in &self.known {
            let since = u64::try_from(now.saturating_duration_since(known.since).as_millis()).unwrap_or(u64::MAX);
            let since_ms = (known.state != LayerState::Unknown).then_some(since);
            layers.insert(name.clone(), Layer { state: known.state, since_ms, evidence: known.evidence.clone() });
        }
        layers
    }
}

fn unknown(evidence: &str) -> Layer {
    Layer { state: LayerState::Unknown, since_ms: None, evidence: evidence.to_owned() }
}
