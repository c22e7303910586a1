//! Clients that could not get a session though they tried, until they get one: nobody else would remember them, since
//! each attempt is a session of its own that ends with its failure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gatewright_proto::ClientId;
use serde::{Deserialize, Serialize};

use crate::event::UpstreamFailure;

/// Failures in a row before that is no accident. One may have met a Gateway that was busy, two a client id that was not
/// free again yet.
pub(crate) const IN_A_ROW: usize = 3;

/// How long a failure is remembered: a client that has not tried for so long does not want a session any more.
const REMEMBERED: Duration = Duration::from_secs(300);

/// Client ids that are remembered, the one for clients that have not said theirs included: as many as connections.
const MOST: usize = 64;

/// A client that could not get a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutReport {
    /// Its client id; `null` where it did not come as far as saying it.
    pub client_id: Option<ClientId>,
    /// How often it tried since it last had one, at least.
    pub failures: u64,
    /// Milliseconds since the first of its last three failures; `null` where there were not as many.
    pub failing_ms: Option<u64>,
    /// The last failure's cause.
    pub cause: String,
    /// The last failure, for a person.
    pub message: String,
    /// What to do, for a person.
    pub remedy: String,
}

#[derive(Debug)]
struct LeftOut {
    failures: u64,
    /// When, the last ones.
    recent: [Option<Instant>; IN_A_ROW],
    failure: UpstreamFailure,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    clients: BTreeMap<Option<ClientId>, LeftOut>,
}

impl Outside {
    /// A client could not get a session.
    pub(crate) fn refused(&mut self, now: Instant, client_id: Option<ClientId>, failure: UpstreamFailure) {
        self.clients.retain(|_, known| known.is_remembered(now));
        if self.clients.len() >= MOST && !self.clients.contains_key(&client_id) {
            return;
        }
        let known = self.clients.entry(client_id).or_insert_with(|| LeftOut {
            failures: 0,
            recent: [None; IN_A_ROW],
            failure: failure.clone(),
        });
        known.failures += 1;
        known.recent.rotate_left(1);
        known.recent[IN_A_ROW - 1] = Some(now);
        known.failure = failure;
    }

    /// It has one.
    pub(crate) fn served(&mut self, client_id: Option<ClientId>) {
        self.clients.remove(&client_id);
    }

    /// All that are remembered.
    pub(crate) fn report(&self, now: Instant) -> Vec<LeftOutReport> {
        let remembered = self.clients.iter().filter(|(_, known)| known.is_remembered(now));
        let report = |(client_id, known): (&Option<ClientId>, &LeftOut)| {
            let failing = known.recent[0].map(|at| now.saturating_duration_since(at));
            LeftOutReport {
                client_id: *client_id,
                failures: known.failures,
                failing_ms: failing.map(|length| u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
                cause: known.failure.cause.clone(),
                message: known.failure.message.clone(),
                remedy: known.failure.remedy.clone(),
            }
        };
        remembered.map(report).collect()
    }
}

impl LeftOut {
    fn is_remembered(&self, now: Instant) -> bool {
        self.recent[IN_A_ROW - 1].is_some_and(|last| now.saturating_duration_since(last) < REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(cause: &str) -> UpstreamFailure {
        UpstreamFailure { cause: cause.into(), message: format!("it was {cause}"), remedy: "Wait.".into() }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn three_failures_in_a_row_are_told_apart_from_fewer_and_a_session_ends_the_row() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let (mut outside, seven) = (Outside::default(), Some(ClientId::new(7)));
        for n in 0..2 {
            outside.refused(now + n * second, seven, failure("version_stalled"));
        }
        assert_eq!(outside.report(now + 2 * second)[0].failing_ms, None);
        outside.refused(now + 2 * second, seven, failure("client_id_in_use"));
        let report = outside.report(now + 4 * second);
        assert_eq!((report[0].failures, report[0].failing_ms), (3, Some(4000)));
        assert_eq!(report[0].message, "it was client_id_in_use");
        outside.refused(now + 3 * second, None, failure("version_stalled"));
        outside.served(seven);
        let left: Vec<_> = outside.report(now + 4 * second).iter().map(|left| left.client_id).collect();
        assert_eq!(left, [None]);
        assert!(outside.report(now + 304 * second).is_empty(), "who has not tried for long wants nothing");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test needs some moment to begin with")]
    fn client_ids_without_end_are_not_remembered_without_end() {
        let (now, mut outside) = (Instant::now(), Outside::default());
        for id in 0..1000 {
            outside.refused(now, Some(ClientId::new(id)), failure("refused"));
        }
        assert_eq!(outside.report(now).len(), MOST);
    }
}
