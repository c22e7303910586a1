//! What was seen of a Gateway, and the proofs in it that it is stuck. Pure.

use std::fmt;
use std::time::{Duration, Instant};

use crate::daemon::report::age;

/// Handshakes that stalled in a row before that is a proof. One may have met a Gateway that was busy for eight seconds.
const STALLS: u32 = 3;

/// Two looks that are further apart than this do not belong together.
const LOOKS_APART: Duration = Duration::from_secs(120);

/// How long a Gateway may take to start and to log in, second factor and one relogin included (60 to 240 s and 180 s).
const BOOT_AND_LOGIN: Duration = Duration::from_secs(600);

/// What one look at the socket table showed of the Gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableSight {
    /// The table could not be read, or does not tell of this Gateway.
    Unseen,
    /// Nothing listens.
    Absent,
    /// Something listens that is no Gateway, or only relays to one.
    Other,
    /// The Gateway listens.
    Listening {
        /// Dead connections that it keeps.
        zombies: u32,
        /// Connections that it has not accepted.
        waiting: u32,
        /// Whether either is as many as makes it suspicious.
        suspicious: bool,
    },
}

/// One proof that a Gateway is stuck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It accepts connections and does not answer them: what the API shows.
    HandshakesStall {
        /// How many in a row.
        attempts: u32,
        /// For how long.
        lasted: Duration,
    },
    /// It does not take its connections, or keeps dead ones: what the kernel shows.
    SocketTable {
        /// Dead connections that it keeps.
        zombies: u32,
        /// Connections that it has not accepted.
        waiting: u32,
    },
    /// A session that had been served stopped being answered while its connection stood.
    SessionFroze {
        /// How long ago.
        ago: Duration,
    },
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HandshakesStall { attempts, lasted } => {
                write!(f, "{attempts} handshakes in a row were accepted and not answered, over {}", words(*lasted))
            }
            Self::SocketTable { zombies, waiting } => write!(
                f,
                "the socket table shows {zombies} dead connection(s) that it keeps and {waiting} that it has not accepted"
            ),
            Self::SessionFroze { ago } => {
                write!(f, "a session that was served got no answer to its heartbeats, {} ago", words(*ago))
            }
        }
    }
}

fn words(span: Duration) -> String {
    age(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// Stalls in a row.
#[derive(Debug, Clone, Copy)]
struct Stalls {
    attempts: u32,
    first: Instant,
    last: Instant,
}

/// Suspicious looks in a row.
#[derive(Debug, Clone, Copy)]
struct Looks {
    first: Instant,
    last: Instant,
    zombies: u32,
    waiting: u32,
}

/// What was seen of one Gateway since it was last well.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// How far apart the first and the last of what is seen again and again must be, so that one short hang is no proof.
    stuck_for: Duration,
    stalls: Option<Stalls>,
    froze: Option<Instant>,
    looks: Option<Looks>,
    /// Since when it has listened, as far as looks go.
    listens_since: Option<Instant>,
    /// Whether a session was ready since it came up.
    served: bool,
    /// When it was last seen to be away, starting, or logging in.
    away: Option<Instant>,
    /// Whether the last look found something else in its place.
    other: bool,
}

impl Evidence {
    /// Nothing was seen yet.
    pub(crate) fn new(stuck_for: Duration) -> Self {
        let (stalls, froze, looks, listens_since, away) = (None, None, None, None, None);
        Self { stuck_for, stalls, froze, looks, listens_since, served: false, away, other: false }
    }

    /// A session is ready: whatever was the matter is over.
    pub(crate) fn handle_ready(&mut self) {
        *self = Self { served: true, listens_since: self.listens_since, ..Self::new(self.stuck_for) };
    }

    /// A session that was ready is over. `froze`: its connection stood, and nothing was answered any more.
    pub(crate) fn handle_lost(&mut self, now: Instant, froze: bool) {
        if froze {
            self.froze = Some(now);
        } else {
            // It closed: a Gateway that restarts does so, and the one that comes back has served nobody yet.
            self.handle_away(now);
        }
    }

    /// So many attempts to connect have failed since the last word, the last one for this cause.
    pub(crate) fn handle_failed(&mut self, now: Instant, attempts: u32, cause: &str) {
        match cause {
            "version_stalled" | "identify_stalled" => {
                let stalls = self.stalls.get_or_insert(Stalls { attempts: 0, first: now, last: now });
                stalls.attempts = stalls.attempts.saturating_add(attempts);
                stalls.last = now;
            }
            // It is away, comes up, or logs in: nothing that was seen before is about what comes then.
            "not_listening" | "refused" | "closed_before_version" | "no_accounts" => self.handle_away(now),
            // It answers somehow, or the failure is nobody's or ours. It breaks the row, and the rest stands.
            _ => self.stalls = None,
        }
    }

    /// A look at the socket table.
    pub(crate) fn handle_look(&mut self, now: Instant, sight: TableSight) {
        self.other = sight == TableSight::Other;
        match sight {
            TableSight::Unseen => self.looks = None,
            TableSight::Other => {
                self.looks = None;
                self.listens_since = None;
            }
            TableSight::Absent => self.handle_away(now),
            TableSight::Listening { zombies, waiting, suspicious } => {
                self.listens_since.get_or_insert(now);
                let before = self.looks.filter(|looks| now.saturating_duration_since(looks.last) <= LOOKS_APART);
                let first = before.map_or(now, |looks| looks.first);
                self.looks = suspicious.then_some(Looks { first, last: now, zombies, waiting });
            }
        }
    }

    /// A restart was ordered: what is seen from now on is about another Gateway.
    pub(crate) fn handle_ordered(&mut self, now: Instant) {
        self.handle_away(now);
    }

    fn handle_away(&mut self, now: Instant) {
        *self = Self { away: Some(now), ..Self::new(self.stuck_for) };
    }

    /// Whether it may be starting or logging in.
    pub(crate) fn may_be_starting(&self, now: Instant) -> bool {
        let past = |since: Instant| now.saturating_duration_since(since) >= BOOT_AND_LOGIN;
        if self.served {
            return false;
        }
        match (self.listens_since, self.away) {
            (Some(since), None) => !past(since),
            (Some(since), Some(away)) => !past(since) || !past(away),
            // Nothing tells since when it has been there.
            (None, _) => true,
        }
    }

    /// Whether something else has its port.
    pub(crate) fn is_other(&self) -> bool {
        self.other
    }

    /// Everything that proves it to be stuck, by now.
    pub(crate) fn proofs(&self, now: Instant) -> Vec<Proof> {
        let stall = self.stalls.and_then(|stalls| {
            let lasted = stalls.last.saturating_duration_since(stalls.first);
            let proves = stalls.attempts >= STALLS && lasted >= self.stuck_for;
            proves.then_some(Proof::HandshakesStall { attempts: stalls.attempts, lasted })
        });
        let table = self.looks.and_then(|looks| {
            let fresh = now.saturating_duration_since(looks.last) <= LOOKS_APART;
            let proves = fresh && looks.last.saturating_duration_since(looks.first) >= self.stuck_for;
            proves.then_some(Proof::SocketTable { zombies: looks.zombies, waiting: looks.waiting })
        });
        let froze = self.froze.map(|at| Proof::SessionFroze { ago: now.saturating_duration_since(at) });
        [stall, table, froze].into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const SUSPICIOUS: TableSight = TableSight::Listening { zombies: 3, waiting: 0, suspicious: true };
    const CLEAN: TableSight = TableSight::Listening { zombies: 0, waiting: 0, suspicious: false };

    fn stalled(evidence: &mut Evidence, from: Instant) -> Instant {
        for n in 0..4 {
            evidence.handle_failed(from + n * 12 * SECOND, 1, "version_stalled");
        }
        from + 36 * SECOND
    }

    #[test]
    fn one_short_hang_is_no_proof_and_a_row_of_stalls_over_half_a_minute_is() {
        let now = crate::clock::now();
        let mut evidence = Evidence::new(30 * SECOND);
        evidence.handle_failed(now, 1, "identify_stalled");
        evidence.handle_failed(now + 20 * SECOND, 5, "identify_stalled");
        assert_eq!(evidence.proofs(now + 20 * SECOND), []);
        evidence.handle_failed(now + 30 * SECOND, 1, "version_stalled");
        let proof = Proof::HandshakesStall { attempts: 7, lasted: 30 * SECOND };
        assert_eq!(evidence.proofs(now + 30 * SECOND), [proof]);
        evidence.handle_failed(now + 31 * SECOND, 1, "client_id_in_use");
        assert_eq!(evidence.proofs(now + 31 * SECOND), [], "a Gateway that answers anything does not stall");
    }

    #[test]
    fn the_socket_table_proves_something_in_two_looks_that_belong_together() {
        let now = crate::clock::now();
        let mut evidence = Evidence::new(30 * SECOND);
        evidence.handle_look(now, SUSPICIOUS);
        evidence.handle_look(now + 15 * SECOND, SUSPICIOUS);
        assert_eq!(evidence.proofs(now + 15 * SECOND), []);
        evidence.handle_look(now + 20 * SECOND, CLEAN);
        evidence.handle_look(now + 31 * SECOND, SUSPICIOUS);
        assert_eq!(evidence.proofs(now + 31 * SECOND), [], "a clean look between begins anew");
        evidence.handle_look(now + 61 * SECOND, SUSPICIOUS);
        assert_eq!(evidence.proofs(now + 61 * SECOND), [Proof::SocketTable { zombies: 3, waiting: 0 }]);
        assert_eq!(evidence.proofs(now + 600 * SECOND), [], "an old look is no proof of the present");
        evidence.handle_look(now + 600 * SECOND, SUSPICIOUS);
        assert_eq!(evidence.proofs(now + 600 * SECOND), []);
    }

    #[test]
    fn a_gateway_that_was_away_is_another_one_and_all_proofs_are_gone() {
        let now = crate::clock::now();
        let mut evidence = Evidence::new(30 * SECOND);
        evidence.handle_ready();
        evidence.handle_lost(now, true);
        let now = stalled(&mut evidence, now);
        assert_eq!(evidence.proofs(now).len(), 2);
        assert!(!evidence.may_be_starting(now), "it has served since it came up");
        for away in ["not_listening", "refused", "closed_before_version", "no_accounts"] {
            let mut evidence = evidence.clone();
            evidence.handle_failed(now, 1, away);
            assert_eq!(evidence.proofs(now), [], "{away}");
            assert!(evidence.may_be_starting(now + 3_600 * SECOND), "{away}: nothing has listened since");
        }
        evidence.handle_look(now, TableSight::Absent);
        assert_eq!(evidence.proofs(now), []);
    }

    #[test]
    fn a_gateway_that_never_served_has_ten_minutes_from_when_it_was_first_seen() {
        let now = crate::clock::now();
        let mut evidence = Evidence::new(30 * SECOND);
        assert!(evidence.may_be_starting(now + 3_600 * SECOND), "not seen is not started long ago");
        evidence.handle_look(now, CLEAN);
        assert!(evidence.may_be_starting(now + 599 * SECOND));
        assert!(!evidence.may_be_starting(now + 600 * SECOND));
        evidence.handle_failed(now + 500 * SECOND, 1, "no_accounts");
        evidence.handle_look(now + 501 * SECOND, CLEAN);
        assert!(evidence.may_be_starting(now + 1_100 * SECOND), "it was logging in at 500 s");
        assert!(!evidence.may_be_starting(now + 1_101 * SECOND));
    }

    #[test]
    fn a_session_that_was_closed_proves_nothing() {
        let now = crate::clock::now();
        let mut evidence = Evidence::new(30 * SECOND);
        evidence.handle_ready();
        evidence.handle_lost(now, false);
        assert_eq!(evidence.proofs(now), []);
        assert!(evidence.may_be_starting(now));
    }
}
