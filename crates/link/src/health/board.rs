//! What is known of each layer, since when, and what tells us.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_proto::message::{CodeClass, Connectivity, FarmState, classify, farm_name, listed_farms};
use gatewright_proto::session::{Acts, Cause, ClosedHow, Failure, Stage};

use super::freshness::Freshness;
use super::layer_name::LayerName;
use super::report::{Diagnosis, HealthReport};
use crate::protocol::{Layer, LayerState};

/// Layers that are remembered: eight of their own, a dozen farms, and the streams of one program.
const MAX_LAYERS: usize = 1_024;

/// A session that was not heard of for this long may be dead without our knowing: two heartbeats with their waits.
const HEARD_HOLDS: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
struct Known {
    state: LayerState,
    since: Instant,
    evidence: String,
    /// Who has to act, where the state is *no*.
    acts: Acts,
}

/// The layers of one Gateway as one session sees them. Unknown is a state of its own: a layer is only *yes* or *no* with
/// evidence, and loses its evidence with the layer below that carried it.
#[derive(Debug, Default)]
pub struct HealthBoard {
    known: BTreeMap<LayerName, Known>,
    heard: Option<Instant>,
    /// The Gateway has said that it lost IBKR, and has not taken that back in this session.
    ibkr_lost: bool,
}

impl HealthBoard {
    /// A stage of connecting has passed.
    pub fn handle_stage_passed(&mut self, now: Instant, stage: Stage) {
        let evidence = match stage {
            Stage::Inspect => "a listener stands in the socket table, or the table could not say",
            Stage::Dial => "the connection was accepted",
            Stage::Negotiate => "the Gateway has named its version",
            Stage::Identify => "the Gateway has sent accounts and the next order id",
            Stage::Sync => "the Gateway has answered requests",
            Stage::Ready => "the session is ready",
        };
        match stage {
            // The table may have been unreadable, and half a handshake is none.
            Stage::Inspect | Stage::Negotiate => {}
            Stage::Dial => {
                self.set(now, LayerName::Listener, LayerState::Yes, evidence);
                self.set(now, LayerName::Tcp, LayerState::Yes, evidence);
            }
            Stage::Identify | Stage::Sync | Stage::Ready => {
                self.set(now, LayerName::of(stage), LayerState::Yes, evidence)
            }
        }
        self.heard = Some(now);
    }

    /// The Gateway said something, whatever it was.
    pub fn handle_heard(&mut self, now: Instant) {
        self.heard = Some(now);
    }

    /// Connecting failed, or a ready session was lost.
    pub fn handle_failure(&mut self, now: Instant, failure: &Failure) {
        let evidence = failure.to_string();
        self.fall(now, &evidence);
        let acts = failure.remedy().acts;
        if failure.cut_short {
            return self.set(now, LayerName::of(failure.stage), LayerState::Unknown, evidence);
        }
        let broken = match &failure.cause {
            Cause::NotListening | Cause::Refused | Cause::ForeignListener { .. } => {
                self.doubt(now, [LayerName::Tcp, LayerName::Handshake], &evidence);
                LayerName::Listener
            }
            Cause::DialTimeout | Cause::Unreachable { .. } => {
                self.doubt(now, [LayerName::Listener, LayerName::Handshake], &evidence);
                LayerName::Tcp
            }
            Cause::ClosedBeforeVersion { .. }
            | Cause::VersionStalled
            | Cause::VersionUnsupported { .. }
            | Cause::Malformed { .. }
            | Cause::IdentifyStalled { .. }
            | Cause::NoAccounts => LayerName::Handshake,
            Cause::ClientIdInUse { .. } | Cause::SyncStalled { .. } | Cause::Lost { how: ClosedHow::Frozen } => {
                LayerName::Session
            }
            Cause::Lost { how: ClosedHow::Eof | ClosedHow::Reset | ClosedHow::TimedOut } => {
                self.doubt(now, [LayerName::Listener, LayerName::Handshake], &evidence);
                LayerName::Tcp
            }
            Cause::Zombies { .. } => {
                self.doubt(now, [LayerName::Tcp, LayerName::Handshake], &evidence);
                LayerName::Session
            }
            Cause::InspectionUnavailable { .. } | Cause::SelfStalled { .. } => {
                return self.set(now, LayerName::of(failure.stage), LayerState::Unknown, evidence);
            }
        };
        self.put(now, broken, LayerState::No, evidence, acts);
    }

    /// A notice, warning or error that belongs to no request.
    pub fn handle_notice(&mut self, now: Instant, code: i32, text: &str) {
        self.heard = Some(now);
        let evidence = format!("{code}: {text}");
        match classify(code, text) {
            CodeClass::Connectivity(Connectivity::Lost | Connectivity::Broken) => {
                self.ibkr_lost = true;
                self.put(now, LayerName::GatewayLink, LayerState::No, evidence, Acts::Wait);
                self.doubt_farms(now, "the Gateway has lost IBKR since it spoke of this farm");
            }
            CodeClass::Connectivity(Connectivity::RestoredDataLost) => {
                self.ibkr_lost = false;
                self.set(now, LayerName::GatewayLink, LayerState::Yes, evidence);
            }
            CodeClass::Connectivity(Connectivity::RestoredDataKept) => self.handle_restored(now, text, evidence),
            CodeClass::Connectivity(Connectivity::PortReset) => {
                self.put(now, LayerName::Listener, LayerState::No, evidence, Acts::Retry);
            }
            CodeClass::Farm { state, .. } => {
                let farm = LayerName::Farm(farm_name(text).unwrap_or("unnamed").to_owned());
                self.handle_farm(now, farm, state, evidence);
            }
            CodeClass::CompetingSession => {
                self.put(now, LayerName::MarketData, LayerState::No, evidence, Acts::Human);
            }
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

    /// A subscription was judged.
    pub fn handle_stream(&mut self, now: Instant, name: &str, freshness: Freshness, evidence: impl Into<String>) {
        let state = match freshness {
            Freshness::Fresh => LayerState::Yes,
            Freshness::Stale => LayerState::No,
            Freshness::Unknown => LayerState::Unknown,
        };
        self.put(now, LayerName::Stream(name.to_owned()), state, evidence, Acts::Wait);
    }

    /// A subscription has ended.
    pub fn handle_stream_ended(&mut self, name: &str) {
        self.known.remove(&LayerName::Stream(name.to_owned()));
    }

    /// Whether orders are accepted was learnt: from a setting, an answer, or an order that was taken.
    pub fn handle_trading(&mut self, now: Instant, state: LayerState, evidence: impl Into<String>) {
        self.put(now, LayerName::Trading, state, evidence, Acts::Human);
    }

    /// Each layer by its name, those that were never spoken of too.
    pub fn layers(&self, now: Instant) -> BTreeMap<String, Layer> {
        let always = [
            LayerName::Listener,
            LayerName::Tcp,
            LayerName::Handshake,
            LayerName::Session,
            LayerName::GatewayLink,
            LayerName::Trading,
        ];
        let silent = always.into_iter().filter(|name| !self.known.contains_key(name));
        let silent = silent.map(|name| (name.to_string(), unknown("nothing has told yet".to_owned())));
        self.known.iter().map(|(name, known)| (name.to_string(), self.layer(now, name, known))).chain(silent).collect()
    }

    /// Each layer, and in one sentence what is wrong first.
    pub fn report(&self, now: Instant) -> HealthReport {
        HealthReport { layers: self.layers(now), diagnosis: self.diagnose(now) }
    }

    fn layer(&self, now: Instant, name: &LayerName, known: &Known) -> Layer {
        let silence = self.heard.map(|heard| now.saturating_duration_since(heard));
        let carried = matches!(name, LayerName::Session) || name.is_above_session();
        if carried && known.state == LayerState::Yes && silence.is_none_or(|silence| silence > HEARD_HOLDS) {
            let silence = silence.unwrap_or_default().as_secs();
            return unknown(format!("nothing was heard for {silence} s; before: {}", known.evidence));
        }
        let since = u64::try_from(now.saturating_duration_since(known.since).as_millis()).unwrap_or(u64::MAX);
        let since_ms = (known.state != LayerState::Unknown).then_some(since);
        Layer { state: known.state, since_ms, evidence: known.evidence.clone() }
    }

    /// What is broken first, lowest layer first.
    fn diagnose(&self, now: Instant) -> Diagnosis {
        let seen = |(name, known): (&LayerName, &Known)| (name.clone(), self.layer(now, name, known), known.acts);
        let broken = self.known.iter().map(seen).find(|(_, layer, _)| layer.state == LayerState::No);
        if let Some((name, layer, acts)) = broken {
            return Diagnosis::broken(&name.to_string(), &layer, acts);
        }
        let session =
            self.known.get(&LayerName::Session).map(|known| self.layer(now, &LayerName::Session, known).state);
        match session {
            Some(LayerState::Yes) => Diagnosis::well(),
            Some(LayerState::No | LayerState::Unknown) | None => Diagnosis::unknown("session"),
        }
    }

    fn handle_farm(&mut self, now: Instant, farm: LayerName, state: FarmState, evidence: String) {
        match state {
            FarmState::Ok => {
                // The notice may have been under way when IBKR was lost, so it does not overrule that by itself.
                let link = if self.ibkr_lost { LayerState::Unknown } else { LayerState::Yes };
                self.set(now, LayerName::GatewayLink, link, evidence.clone());
                self.set(now, farm, LayerState::Yes, evidence);
            }
            FarmState::Broken => self.put(now, farm, LayerState::No, evidence, Acts::Wait),
            // Inactive farms wake up on demand, connecting ones are on their way: neither is evidence.
            FarmState::Inactive | FarmState::Connecting => self.set(now, farm, LayerState::Unknown, evidence),
        }
    }

    fn handle_restored(&mut self, now: Instant, text: &str, evidence: String) {
        self.ibkr_lost = false;
        self.set(now, LayerName::GatewayLink, LayerState::Yes, evidence);
        let listed = listed_farms(text);
        for farm in &listed {
            self.set(now, LayerName::Farm((*farm).to_owned()), LayerState::Yes, "1102 lists it as connected");
        }
        if !listed.is_empty() {
            self.doubt_farms_but(now, &listed, "1102 does not list it as connected");
        }
    }

    fn doubt_farms(&mut self, now: Instant, evidence: &str) {
        self.doubt_farms_but(now, &[], evidence);
    }

    fn doubt_farms_but(&mut self, now: Instant, spared: &[&str], evidence: &str) {
        for (name, known) in &mut self.known {
            if let LayerName::Farm(farm) = name
                && known.state == LayerState::Yes
                && !spared.contains(&farm.as_str())
            {
                known.state = LayerState::Unknown;
                known.since = now;
                known.evidence = evidence.to_owned();
            }
        }
    }

    fn doubt<const N: usize>(&mut self, now: Instant, layers: [LayerName; N], evidence: &str) {
        for name in layers {
            self.set(now, name, LayerState::Unknown, evidence);
        }
    }

    /// The session is no more, and nobody tells of what it carried. Settings such as read-only outlive it.
    fn fall(&mut self, now: Instant, evidence: &str) {
        self.ibkr_lost = false;
        self.put(now, LayerName::Session, LayerState::No, evidence, Acts::Retry);
        for (name, known) in &mut self.known {
            if name.is_above_session() && known.state != LayerState::Unknown {
                known.state = LayerState::Unknown;
                known.since = now;
                known.evidence = format!("no session tells any more: {evidence}");
            }
        }
    }

    fn set(&mut self, now: Instant, name: LayerName, state: LayerState, evidence: impl Into<String>) {
        self.put(now, name, state, evidence, Acts::Retry);
    }

    fn put(&mut self, now: Instant, name: LayerName, state: LayerState, evidence: impl Into<String>, acts: Acts) {
        if self.known.len() >= MAX_LAYERS && !self.known.contains_key(&name) {
            return;
        }
        let since = match self.known.get(&name) {
            Some(known) if known.state == state => known.since,
            Some(_) | None => now,
        };
        self.known.insert(name, Known { state, since, evidence: evidence.into(), acts });
    }
}

fn unknown(evidence: String) -> Layer {
    Layer { state: LayerState::Unknown, since_ms: None, evidence }
}
