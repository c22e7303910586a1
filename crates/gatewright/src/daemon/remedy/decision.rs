//! Whether a Gateway is to be restarted, and why not. Pure: a table of reasons, in the order in which they are told.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::evidence::Proof;

/// Everything that the decision is taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    /// Sessions of anybody that are ready.
    pub(crate) serves: usize,
    /// Whether anything of this Gateway could be learnt from the worker at this time.
    pub(crate) known: bool,
    /// Whether it may be starting or logging in.
    pub(crate) starting: bool,
    /// Whether something else has its port.
    pub(crate) other: bool,
    /// A reset that is expected at this time, and until when.
    pub(crate) expected: Option<(String, Timestamp)>,
    /// How late our own worker was at the most in the last minute.
    pub(crate) late: Duration,
    /// What proves that it is stuck.
    pub(crate) proofs: Vec<Proof>,
    /// Until when the budget allows none; `None` where it allows one.
    pub(crate) spent_until: Option<Timestamp>,
}

/// How late our own loop may be. A handshake's shortest deadline is three seconds.
const LATE: Duration = Duration::from_millis(500);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Order a restart, on these proofs.
    Restart(Vec<Proof>),
    /// Do nothing, for this reason.
    Hold(Hold),
}

/// Why no restart is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It serves sessions, which a restart would end.
    Serves(usize),
    /// The worker does not tell: what is unknown is not stuck.
    Unknown,
    /// Something else has its port.
    Other,
    /// It may be starting or logging in. Whoever is restarted then starts from the beginning.
    Starting,
    /// A reset is expected until then, after which such things mend themselves.
    Expected(String, Timestamp),
    /// We were late ourselves, so that silence is no evidence.
    Late(Duration),
    /// Nothing proves it to be stuck.
    NoProof,
    /// One proof alone; never enough.
    OneProof(Proof),
    /// Two proofs of the same kind of seeing, without a handshake that stalled.
    NoStall,
    /// The day's restarts are spent until then.
    Spent(Timestamp),
}

/// Decides.
///
/// Handshakes that stall are one of the proofs in every case: a Gateway that takes new connections needs no restart, whatever
/// else is seen. The other comes from the kernel or from a session that had been served.
pub(crate) fn decide(case: Case) -> Decision {
    let Case { serves, known, starting, other, expected, late, mut proofs, spent_until } = case;
    let stall = proofs.iter().any(|proof| matches!(proof, Proof::HandshakesStall { .. }));
    Decision::Hold(match (expected, spent_until) {
        _ if serves > 0 => Hold::Serves(serves),
        _ if !known => Hold::Unknown,
        _ if proofs.is_empty() => Hold::NoProof,
        _ if other => Hold::Other,
        _ if starting => Hold::Starting,
        _ if late > LATE => Hold::Late(late),
        _ if proofs.len() == 1 => Hold::OneProof(proofs.remove(0)),
        _ if !stall => Hold::NoStall,
        (Some((what, until)), _) => Hold::Expected(what, until),
        (None, Some(until)) => Hold::Spent(until),
        (None, None) => return Decision::Restart(proofs),
    })
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serves(1) => f.write_str("it serves a session"),
            Self::Serves(sessions) => write!(f, "it serves {sessions} sessions"),
            Self::Unknown => f.write_str("the worker does not tell how it is"),
            Self::Other => f.write_str("its port belongs to something else"),
            Self::Starting => f.write_str("it may be starting or logging in"),
            Self::Expected(what, until) => write!(f, "expected now: {what}, until {until:.0}"),
            Self::Late(late) => write!(f, "this machine kept us waiting for {} ms", late.as_millis()),
            Self::NoProof => f.write_str("nothing proves that it is stuck"),
            Self::OneProof(proof) => write!(f, "one proof is not enough: {proof}"),
            Self::NoStall => f.write_str("no handshake has stalled"),
            Self::Spent(until) => write!(f, "the restarts that are allowed are spent until {until:.0}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STALL: Proof = Proof::HandshakesStall { attempts: 3, lasted: Duration::from_secs(40) };
    const TABLE: Proof = Proof::SocketTable { zombies: 4, waiting: 2 };
    const FROZE: Proof = Proof::SessionFroze { ago: Duration::from_secs(90) };

    fn stuck(proofs: &[Proof]) -> Case {
        Case {
            serves: 0,
            known: true,
            starting: false,
            other: false,
            expected: None,
            late: Duration::ZERO,
            proofs: proofs.to_vec(),
            spent_until: None,
        }
    }

    #[test]
    fn two_proofs_of_which_one_is_a_stall_restart_and_nothing_less_does() {
        for proofs in [&[STALL, TABLE][..], &[STALL, FROZE], &[STALL, TABLE, FROZE]] {
            assert_eq!(decide(stuck(proofs)), Decision::Restart(proofs.to_vec()));
        }
        assert_eq!(decide(stuck(&[])), Decision::Hold(Hold::NoProof));
        for proof in [STALL, TABLE, FROZE] {
            assert_eq!(decide(stuck(std::slice::from_ref(&proof))), Decision::Hold(Hold::OneProof(proof)));
        }
        assert_eq!(decide(stuck(&[TABLE, FROZE])), Decision::Hold(Hold::NoStall));
    }

    #[test]
    fn of_all_cases_only_those_without_any_reason_against_it_restart() {
        let until = Timestamp::UNIX_EPOCH;
        for bits in 0_u32..1 << 10 {
            let bit = |n: u32| bits & (1 << n) != 0;
            let proofs = [(7, STALL), (8, TABLE), (9, FROZE)];
            let proofs: Vec<Proof> = proofs.into_iter().filter(|(n, _)| bit(*n)).map(|(_, proof)| proof).collect();
            let case = Case {
                serves: usize::from(bit(0)),
                known: !bit(1),
                starting: bit(2),
                other: bit(3),
                expected: bit(4).then(|| ("a reset".to_owned(), until)),
                late: if bit(5) { Duration::from_secs(1) } else { Duration::ZERO },
                proofs: proofs.clone(),
                spent_until: bit(6).then_some(until),
            };
            let against = bits & 0b111_1111 != 0;
            let enough = bit(7) && (bit(8) || bit(9));
            let restarts = decide(case) == Decision::Restart(proofs);
            assert_eq!(restarts, enough && !against, "{bits:010b}");
        }
    }
}
