//! How a session stands, for reports.

use std::time::{Duration, Instant};

use super::{Session, Side, Upstream};
use crate::event::UpstreamFailure;

impl Session {
    /// Why the Gateway's side is not up, as far as it was said.
    pub(crate) fn failure(&self) -> UpstreamFailure {
        self.failure.clone().unwrap_or_else(|| UpstreamFailure {
            cause: "no_answer".into(),
            message: "the Gateway has not let it in, nor said why, in time".into(),
            remedy: "Look at the Gateway: a dialog may be open.".into(),
        })
    }

    /// How it stands, for reports.
    pub(crate) fn standing(&self, now: Instant) -> Standing {
        let ago = |at: Instant| now.saturating_duration_since(at);
        let (client, since, parked_for) = match &self.side {
            Side::Arriving { since, .. } => ("arriving", Some(ago(*since)), None),
            Side::Attached { since, .. } => ("connected", Some(ago(*since)), None),
            Side::Parked { until, .. } => ("parked", None, Some(until.saturating_duration_since(now))),
        };
        let gateway = match self.upstream {
            Upstream::Waiting { .. } => "waiting",
            Upstream::Opening { .. } | Upstream::Identifying { .. } => "opening",
            Upstream::Up { .. } => "up",
        };
        Standing {
            client,
            gateway,
            since,
            parked_for,
            subscriptions: self.requests.subscriptions(),
            questions: self.requests.questions(),
            unacknowledged: self.orders.unacknowledged(),
            in_doubt: self.settlement.doubts(),
            failure: self.failure.clone().filter(|_| !self.is_up()),
        }
    }
}

/// How a session stands.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) client: &'static str,
    pub(crate) gateway: &'static str,
    pub(crate) since: Option<Duration>,
    pub(crate) parked_for: Option<Duration>,
    pub(crate) subscriptions: usize,
    pub(crate) questions: usize,
    pub(crate) unacknowledged: usize,
    pub(crate) in_doubt: usize,
    pub(crate) failure: Option<UpstreamFailure>,
}
