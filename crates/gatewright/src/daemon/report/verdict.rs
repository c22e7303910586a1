//! Which layer is broken first, and who has to act.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_link::protocol::{ErrorData, Layer, LayerState};
use gatewright_link::recovery::{RecoveryReport, RecoveryState};
use gatewright_proto::session::Acts;

use gatewright_proto::ClientId;
use gatewright_proxy::LeftOutReport;

use super::text::age;
use super::value::{GatewayReport, Verdict, WorkerState};

/// The layers that a session rests on, in the order in which they carry each other. Farms and trading rest on the last.
const ORDER: [&str; 6] = ["worker", "listener", "tcp", "handshake", "session", "gateway_link"];

/// How long a farm may be down before a human is called: the resets of IBKR's servers last half an hour to an hour.
const FARM_PATIENCE: Duration = Duration::from_secs(60 * 60);

/// A session that cannot connect although others can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StuckSession {
    /// Whose; `None` for programs that did not come as far as saying it.
    pub(crate) client_id: Option<ClientId>,
    /// The cause's name.
    pub(crate) cause: String,
    /// Why, for a person.
    pub(crate) why: String,
}

impl StuckSession {
    /// The program that has failed the most of those that failed at least three times in a row, all of them since the
    /// Gateway serves: `serves` says for how long it has.
    pub(crate) fn among(left_out: &[LeftOutReport], serves: Option<Duration>) -> Option<Self> {
        let serves = u64::try_from(serves?.as_millis()).unwrap_or(u64::MAX);
        let stuck = left_out.iter().filter(|left| left.failing_ms.is_some_and(|failing| failing < serves));
        stuck.max_by_key(|left| left.failures).map(|left| Self {
            client_id: left.client_id,
            cause: left.cause.clone(),
            why: left.message.clone(),
        })
    }

    fn who(&self) -> String {
        match self.client_id {
            Some(id) => format!("the session of client id {id}"),
            None => "a program that comes anew".into(),
        }
    }

    fn remedy(&self) -> &'static str {
        if self.cause == "client_id_in_use" {
            "Look for another program with this client id, or give it another one."
        } else {
            "Look for a dialog at the Gateway. If there is none it has to be restarted, which ends the sessions that it serves."
        }
    }
}

/// Whether what is wrong ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// The Gateway is away as one that restarts.
    ExpectedBack,
    /// Recovery has called for a human.
    Human,
    /// Nothing speaks for either.
    Open,
}

impl Outlook {
    /// By what the worker's recovery says, where it is at work; else by how long the daemon's own session has been away.
    pub(crate) fn of(expected_back: bool, recovery: Option<&RecoveryReport>) -> Self {
        let own = if expected_back { Self::ExpectedBack } else { Self::Open };
        match recovery.map(|recovery| recovery.state) {
            Some(RecoveryState::WaitingForHuman) => Self::Human,
            Some(RecoveryState::GatewayRestarting) => Self::ExpectedBack,
            Some(
                RecoveryState::Connecting
                | RecoveryState::Ready
                | RecoveryState::Degraded
                | RecoveryState::Reconnecting
                | RecoveryState::Stopped,
            )
            | None => own,
        }
    }
}

impl Verdict {
    /// The conclusion from one Gateway's layers, its worker, and the failure of the daemon's own session where there is one.
    ///
    /// What is unknown is never told as broken, and a layer that is broken never as well because those above it say so.
    pub(crate) fn of(
        name: &str,
        layers: &BTreeMap<String, Layer>,
        worker: WorkerState,
        failure: Option<&ErrorData>,
        outlook: Outlook,
    ) -> Self {
        if let Some(silent) = layers.get("worker").filter(|worker| worker.state == LayerState::Unknown) {
            return Self {
                well: LayerState::Unknown,
                layer: Some("worker".into()),
                cause: Some("worker_silent".into()),
                sentence: format!("{name}: nothing is known of the Gateway: {}", silent.evidence),
                acts: Some(Acts::Retry),
                remedy: Some("Nothing to do: a worker that stays silent for half a minute is replaced.".into()),
            };
        }
        let broken = ORDER.iter().copied().find(|layer| state(layers, layer) == Some(LayerState::No));
        let farm = layers.iter().find(|(layer, known)| layer.starts_with("farm:") && known.state == LayerState::No);
        match (broken, failure, farm) {
            (Some("worker"), _, _) if worker == WorkerState::Unstartable => Self {
                well: LayerState::No,
                layer: Some("worker".into()),
                cause: Some("worker_unstartable".into()),
                sentence: format!("{name}: {}", layers["worker"].evidence),
                acts: Some(Acts::Human),
                remedy: Some("Mend what it says; it is tried again and again meanwhile.".into()),
            },
            (Some("worker"), _, _) => Self {
                well: LayerState::No,
                layer: Some("worker".into()),
                cause: Some("worker".into()),
                sentence: format!("{name}: {}", layers["worker"].evidence),
                acts: Some(Acts::Retry),
                remedy: Some("Nothing to do: the worker is being restarted.".into()),
            },
            (broken, Some(failure), _) if outlook == Outlook::ExpectedBack => Self {
                well: LayerState::No,
                layer: broken.map(str::to_owned),
                cause: Some(failure.cause.clone()),
                sentence: format!("{name}: {}; as while a Gateway starts", failure.message),
                acts: Some(Acts::Retry),
                remedy: Some("Wait: a Gateway takes up to four minutes to start. After that a human is called.".into()),
            },
            (broken, Some(failure), _) => Self {
                well: if failure.cause == "inspection_unavailable" { LayerState::Unknown } else { LayerState::No },
                layer: broken.map(str::to_owned),
                cause: Some(failure.cause.clone()),
                sentence: format!("{name}: {}", failure.message),
                acts: Some(if outlook == Outlook::Human { Acts::Human } else { failure.acts }),
                remedy: Some(failure.remedy.clone()),
            },
            (Some(layer), None, _) => Self::broken(name, layer, &layers[layer]),
            (None, None, _) if state(layers, "session") != Some(LayerState::Yes) => Self {
                well: LayerState::Unknown,
                layer: Some("session".into()),
                cause: None,
                sentence: format!("{name}: not known yet; the first session is being opened"),
                acts: Some(Acts::Wait),
                remedy: None,
            },
            (None, None, Some((layer, known))) => Self::farm(name, layer, known),
            (None, None, None) => Self {
                well: LayerState::Yes,
                layer: None,
                cause: None,
                sentence: format!("{name}: the Gateway answers"),
                acts: None,
                remedy: None,
            },
        }
    }

    fn broken(name: &str, layer: &str, known: &Layer) -> Self {
        Self {
            well: LayerState::No,
            layer: Some(layer.to_owned()),
            cause: Some(layer.split(':').next().unwrap_or(layer).to_owned()),
            sentence: format!("{name}: {layer} is broken ({})", known.evidence),
            acts: Some(Acts::Wait),
            remedy: Some("Nothing to do here: the Gateway and IBKR mend this themselves, or say more.".into()),
        }
    }

    /// A farm that is down mends itself as a rule; one that stays down for longer than a reset takes is a person's affair.
    fn farm(name: &str, layer: &str, known: &Layer) -> Self {
        let broken = Self::broken(name, layer, known);
        let lasts = known.since_ms.unwrap_or_default();
        if Duration::from_millis(lasts) < FARM_PATIENCE {
            return broken;
        }
        Self {
            sentence: format!("{}, for {}", broken.sentence, age(lasts)),
            acts: Some(Acts::Human),
            remedy: Some("Look at IBKR's system status and at the Gateway's own data connections.".into()),
            ..broken
        }
    }

    /// The same where the Gateway serves and yet a session cannot connect: what is well for others is not for that one.
    pub(crate) fn with_stuck(self, name: &str, stuck: Option<&StuckSession>) -> Self {
        let (LayerState::Yes, Some(stuck)) = (self.well, stuck) else { return self };
        Self {
            well: LayerState::No,
            layer: Some("programs".into()),
            cause: Some("session_stuck".into()),
            sentence: format!("{name}: the Gateway serves others, and {} cannot connect: {}", stuck.who(), stuck.why),
            acts: Some(Acts::Human),
            remedy: Some(stuck.remedy().into()),
        }
    }

    /// The worst of all: ill before unknown before well.
    pub(crate) fn worst(gateways: &[GatewayReport]) -> Self {
        let rank = |verdict: &Self| match verdict.well {
            LayerState::No => 0,
            LayerState::Unknown => 1,
            LayerState::Yes => 2,
        };
        let worst = gateways.iter().map(|gateway| &gateway.verdict).min_by_key(|verdict| rank(verdict));
        worst.cloned().expect("a daemon has at least one Gateway")
    }
}

fn state(layers: &BTreeMap<String, Layer>, name: &str) -> Option<LayerState> {
    layers.get(name).map(|layer| layer.state)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(states: &[(&str, LayerState)]) -> BTreeMap<String, Layer> {
        let layer = |state| Layer { state, since_ms: None, evidence: "as was seen".into() };
        states.iter().map(|(name, state)| ((*name).to_owned(), layer(*state))).collect()
    }

    fn judged(layers: &BTreeMap<String, Layer>) -> Verdict {
        Verdict::of("paper", layers, WorkerState::Running, None, Outlook::Open)
    }

    const WELL: [(&str, LayerState); 4] = [
        ("worker", LayerState::Yes),
        ("tcp", LayerState::Yes),
        ("session", LayerState::Yes),
        ("gateway_link", LayerState::Unknown),
    ];

    #[test]
    fn a_session_that_answers_is_well_though_ibkr_has_not_been_heard_of() {
        assert_eq!(judged(&layers(&WELL)).well, LayerState::Yes);
    }

    #[test]
    fn nothing_known_is_unknown_and_not_ill() {
        let verdict = judged(&layers(&[("worker", LayerState::Yes)]));
        assert_eq!(verdict.well, LayerState::Unknown);
    }

    #[test]
    fn a_worker_that_does_not_answer_is_named_and_what_was_known_before_is_not_told_as_now() {
        let silent = layers(&[("worker", LayerState::Unknown)]);
        let failure = gatewright_link::LinkError::Stopped.data();
        for failure in [None, Some(&failure)] {
            let verdict = Verdict::of("paper", &silent, WorkerState::Running, failure, Outlook::Open);
            assert_eq!((verdict.well, verdict.cause.as_deref()), (LayerState::Unknown, Some("worker_silent")));
            assert_eq!(verdict.sentence, "paper: nothing is known of the Gateway: as was seen");
        }
    }

    #[test]
    fn the_lowest_broken_layer_is_blamed() {
        let mut states = layers(&WELL);
        states.extend(layers(&[("gateway_link", LayerState::No), ("farm:usfarm", LayerState::No)]));
        let verdict = judged(&states);
        assert_eq!((verdict.well, verdict.layer.as_deref()), (LayerState::No, Some("gateway_link")));
        states.extend(layers(&[("worker", LayerState::No)]));
        assert_eq!(judged(&states).layer.as_deref(), Some("worker"));
    }

    #[test]
    fn a_farm_alone_is_named() {
        let mut states = layers(&WELL);
        states.extend(layers(&[("farm:usfarm", LayerState::No)]));
        assert_eq!(judged(&states).sentence, "paper: farm:usfarm is broken (as was seen)");
    }

    #[test]
    fn a_farm_that_stays_down_and_a_session_that_stays_out_call_a_human() {
        let acts = |since_ms| {
            let mut states = layers(&WELL);
            let layer = Layer { state: LayerState::No, since_ms: Some(since_ms), evidence: "2103".into() };
            states.insert("farm:usfarm".into(), layer);
            judged(&states).acts
        };
        assert_eq!((acts(3_599_999), acts(3_600_000)), (Some(Acts::Wait), Some(Acts::Human)));
        let stuck = StuckSession {
            client_id: Some(ClientId::new(7)),
            cause: "client_id_in_use".into(),
            why: "its client id is in use".into(),
        };
        let well = judged(&layers(&WELL));
        assert_eq!(well.clone().with_stuck("paper", None), well);
        let verdict = well.with_stuck("paper", Some(&stuck));
        assert_eq!((verdict.well, verdict.acts), (LayerState::No, Some(Acts::Human)));
        assert!(verdict.sentence.contains("client id 7 cannot connect: its client id is in use"));
        let ill = judged(&layers(&[("worker", LayerState::No)]));
        assert_eq!(ill.clone().with_stuck("paper", Some(&stuck)), ill, "what is broken below is told first");
    }

    #[test]
    fn a_program_is_stuck_that_failed_three_times_since_the_gateway_serves() {
        let left = |client_id: Option<i32>, failures, failing_ms| LeftOutReport {
            client_id: client_id.map(ClientId::new),
            failures,
            failing_ms,
            cause: "version_stalled".into(),
            message: "it never answered".into(),
            remedy: String::new(),
        };
        let serves = Some(Duration::from_secs(60));
        let both = [left(Some(7), 3, Some(59_000)), left(None, 5, Some(1000))];
        assert_eq!(StuckSession::among(&both, serves).unwrap().client_id, None, "who failed the most");
        assert_eq!(StuckSession::among(&both[..1], serves).unwrap().client_id, Some(ClientId::new(7)));
        assert_eq!(StuckSession::among(&both, None), None, "a Gateway that serves nobody is told of otherwise");
        let before = [left(Some(7), 9, Some(60_000)), left(Some(8), 2, None)];
        assert_eq!(StuckSession::among(&before, serves), None, "what failed in an outage is over");
    }

    #[test]
    fn a_gateway_that_is_expected_back_calls_nobody_and_a_worker_that_cannot_start_does() {
        let absent = ErrorData {
            cause: "not_listening".into(),
            acts: Acts::Human,
            ..gatewright_link::LinkError::Stopped.data()
        };
        let states = layers(&[("worker", LayerState::Yes), ("listener", LayerState::No)]);
        let of = |worker, outlook| Verdict::of("paper", &states, worker, Some(&absent), outlook);
        let back = of(WorkerState::Running, Outlook::ExpectedBack);
        assert_eq!((back.well, back.acts), (LayerState::No, Some(Acts::Retry)));
        assert_eq!(of(WorkerState::Running, Outlook::Open).acts, Some(Acts::Human));
        assert_eq!(of(WorkerState::Running, Outlook::of(true, None)).acts, Some(Acts::Retry));
        let states = layers(&[("worker", LayerState::No)]);
        let of = |worker| Verdict::of("paper", &states, worker, None, Outlook::Open);
        assert_eq!(of(WorkerState::Restarting).acts, Some(Acts::Retry));
        assert_eq!(of(WorkerState::Unstartable).acts, Some(Acts::Human));
        assert_eq!(of(WorkerState::Unstartable).cause.as_deref(), Some("worker_unstartable"));
    }
}
