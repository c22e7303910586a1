//! What goes wrong, and when.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use gatewright_sim::Fault;

use crate::chance::Chance;

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A fault of the Gateway's, for a while.
    Fault(Fault, Duration),
    /// 2110, and 1102 after a while.
    ServerBroken(Duration),
    /// The network resets connections: all, or those whose number is odd.
    Resets { all: bool },
    /// The network hangs.
    Hang(Duration),
    /// The worker is killed, and started again after a while.
    WorkerKilled(Duration),
    /// The daemon is killed, and its worker with it; both are started again after a while.
    DaemonKilled(Duration),
    /// A program is killed, and back with the same client id and no memory after a while.
    ClientKilled(Duration),
    /// A program asks for much and does not read for a while.
    StopsReading(Duration),
    /// A second program connects with a client id that is in use.
    Twin,
    /// A program asks so many questions at once.
    Questions(u32),
    /// Somebody asks to try again now.
    RetryNow,
    /// The Gateway moves to another port (1300), as soon as a session is there to be told; where nobody was told by the
    /// end, a person sets the port back.
    PortMoved(Duration),
}

/// A trouble and when it comes, after the schedule's beginning.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    /// Its place in the schedule as it was drawn, by which it can be chosen again.
    pub(crate) place: usize,
    /// Troubles that make one together are left away together: some never end without the others.
    pub(crate) group: usize,
    pub(crate) at: Duration,
    pub(crate) trouble: Trouble,
}

/// What goes wrong in one stretch of a life; after it everything has to be well again.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) number: u64,
    pub(crate) incidents: Vec<Incident>,
}

/// Faults in the order of a session's stages, as a schedule may have them; all of them end.
const FAULTS: [Fault; 22] = [
    Fault::Refuse,
    Fault::BacklogFull,
    Fault::CloseOnAccept,
    Fault::ResetOnAccept,
    Fault::AcceptSilent,
    Fault::StallNew,
    Fault::CloseBeforeVersion,
    Fault::VersionThenSilent,
    Fault::CloseAfterStartApi,
    Fault::ResetAfterStartApi,
    Fault::ClientIdInUse,
    Fault::NoAccounts,
    Fault::NoNextValidId,
    Fault::IdsBeforeAccounts,
    Fault::FrozenAfterReady,
    Fault::Trickle,
    Fault::SplitBytes,
    Fault::SlowRelease,
    Fault::FarmFlap,
    Fault::OutageLost,
    Fault::OutageKept,
    Fault::LoginWall,
];

impl Schedule {
    /// A short one: one to four troubles within two minutes.
    pub(crate) fn short(number: u64, chance: &mut Chance) -> Self {
        let mut incidents = Vec::new();
        let mut at = Duration::ZERO;
        for _ in 0..=chance.below(4) {
            at += chance.between(Duration::from_millis(1), Duration::from_secs(25));
            incidents.push(trouble(chance).into_iter().map(|(later, trouble)| (at + later, trouble)).collect());
        }
        Self::of(number, incidents)
    }

    fn of(number: u64, groups: Vec<Vec<(Duration, Trouble)>>) -> Self {
        let troubles = groups.into_iter().enumerate();
        let mut troubles: Vec<_> = troubles
            .flat_map(|(group, troubles)| troubles.into_iter().map(move |(at, trouble)| (at, group, trouble)))
            .collect();
        troubles.sort_by_key(|(at, ..)| *at);
        let incident = |(place, (at, group, trouble))| Incident { place, group, at, trouble };
        Self { number, incidents: troubles.into_iter().enumerate().map(incident).collect() }
    }

    /// A month, from a Tuesday morning: each night the Gateway's restart with what surrounds it, each Sunday a login that
    /// waits for a human, and by day whatever else comes.
    pub(crate) fn month(chance: &mut Chance) -> Self {
        let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
        let mut by_days = Vec::new();
        let mut incidents = Vec::new();
        let mut add = |at, trouble| incidents.push(vec![(at, trouble)]);
        for day in 0..30u32 {
            // Lives begin at ten in the morning, so that the night's restart is thirteen hours and three quarters away.
            let night = hour * 24 * day + hour * 13 + minute * 45;
            let around = |chance: &mut Chance| chance.between(Duration::ZERO, minute * 40);
            add(night + chance.between(Duration::ZERO, minute), Trouble::Fault(Fault::NightlyRestart, Duration::ZERO));
            add(night + around(chance), Trouble::Fault(Fault::FarmFlap, chance.seconds(5, 600)));
            let outage = if chance.one_in(2) { Fault::OutageLost } else { Fault::OutageKept };
            add(night + around(chance), Trouble::Fault(outage, chance.seconds(1, 900)));
            if day % 7 == 4 {
                // Saturday night to Sunday: somebody has to log in again.
                add(night + hour, Trouble::Fault(Fault::LoginWall, hour + chance.seconds(0, 6 * 3_600)));
            }
            let mut by_day = hour * 24 * day;
            for _ in 0..chance.below(3) {
                by_day += chance.between(minute, hour * 3);
                by_days.push(trouble(chance).into_iter().map(|(later, trouble)| (by_day + later, trouble)).collect());
            }
        }
        incidents.append(&mut by_days);
        Self::of(1, incidents)
    }

    /// From so long before each trouble's beginning until so long after its end.
    pub(crate) fn spans(&self, before: Duration, after: Duration) -> Vec<Range<Duration>> {
        let span =
            |incident: &Incident| incident.at.saturating_sub(before)..incident.at + incident.trouble.lasts() + after;
        self.incidents.iter().map(span).collect()
    }

    /// When its last trouble is over.
    pub(crate) fn length(&self) -> Duration {
        self.incidents.iter().map(|incident| incident.at + incident.trouble.lasts()).max().unwrap_or_default()
    }
}

impl Trouble {
    /// What it is, without its length.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Fault(fault, _) => fault.name(),
            Self::ServerBroken(_) => "server-broken",
            Self::Resets { .. } => "resets by the network",
            Self::Hang(_) => "a network that hangs",
            Self::WorkerKilled(_) => "worker killed",
            Self::DaemonKilled(_) => "daemon killed",
            Self::ClientKilled(_) => "program killed",
            Self::Questions(_) => "many questions at once",
            Self::RetryNow => "somebody asks to try again",
            Self::StopsReading(_) => "a program that does not read",
            Self::Twin => "a second program with a client id in use",
            Self::PortMoved(_) => "the Gateway moves to another port",
        }
    }

    pub(crate) fn lasts(&self) -> Duration {
        match self {
            Self::Fault(_, lasting)
            | Self::ServerBroken(lasting)
            | Self::Hang(lasting)
            | Self::WorkerKilled(lasting)
            | Self::DaemonKilled(lasting)
            | Self::PortMoved(lasting)
            | Self::StopsReading(lasting)
            | Self::ClientKilled(lasting) => *lasting,
            Self::Resets { .. } | Self::Questions(_) | Self::RetryNow | Self::Twin => Duration::ZERO,
        }
    }
}

/// A trouble, with those that make it one: a client id is only slow to be released after a loss.
fn trouble(chance: &mut Chance) -> Vec<(Duration, Trouble)> {
    let second = Duration::from_secs(1);
    let one = |trouble| vec![(Duration::ZERO, trouble)];
    match chance.below(24) {
        0 | 1 => one(Trouble::Fault(Fault::NightlyRestart, Duration::ZERO)),
        2 => one(Trouble::WorkerKilled(chance.between(Duration::from_millis(20), 3 * second))),
        3 => one(Trouble::Resets { all: chance.one_in(2) }),
        4 => one(Trouble::Hang(chance.between(second / 10, 40 * second))),
        5 => one(Trouble::Questions(u32::try_from(1 + chance.below(50)).unwrap_or(1))),
        6 => one(Trouble::ServerBroken(chance.seconds(1, 60))),
        7 => one(Trouble::RetryNow),
        8 => {
            let until = chance.seconds(5, 40);
            vec![
                (Duration::ZERO, Trouble::Fault(Fault::HalfOpen, until)),
                (second, Trouble::Resets { all: chance.one_in(2) }),
                (until + second, Trouble::Fault(Fault::NightlyRestart, Duration::ZERO)),
            ]
        }
        9 => vec![
            (Duration::ZERO, Trouble::Fault(Fault::OutageStale, chance.seconds(1, 60))),
            (chance.seconds(61, 300), Trouble::Fault(Fault::NightlyRestart, Duration::ZERO)),
        ],
        16 | 17 => one(Trouble::ClientKilled(chance.between(Duration::from_millis(1), 90 * second))),
        18 => one(Trouble::DaemonKilled(chance.between(second / 10, 5 * second))),
        20 => one(Trouble::Twin),
        21 => one(Trouble::StopsReading(chance.between(second / 10, 60 * second))),
        22 => one(Trouble::Fault(Fault::LateCommission, chance.seconds(5, 60))),
        19 => {
            let mut moves = one(Trouble::PortMoved(chance.seconds(5, 60)));
            // Who is told of the port may be killed right behind it.
            if chance.one_in(2) {
                let later = chance.between(Duration::from_millis(1), 5 * second);
                moves.push((later, Trouble::WorkerKilled(chance.between(Duration::from_millis(20), second))));
            }
            moves
        }
        10 => vec![
            (Duration::ZERO, Trouble::Fault(Fault::SlowRelease, chance.seconds(2, 20))),
            (second, Trouble::WorkerKilled(second / 10)),
        ],
        11 => {
            let lasting = chance.seconds(5, 60);
            vec![
                (Duration::ZERO, Trouble::Fault(Fault::StallNew, lasting)),
                (second, Trouble::Resets { all: chance.one_in(4) }),
            ]
        }
        _ => {
            let fault = FAULTS[usize::try_from(chance.below(FAULTS.len() as u64)).unwrap_or(0)];
            let mut both = one(Trouble::Fault(fault, chance.between(second / 10, 60 * second)));
            // What concerns new connections needs some.
            if chance.one_in(2) {
                both.push((second / 10, Trouble::Resets { all: chance.one_in(2) }));
            }
            both
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault, lasting) => write!(f, "{fault} for {:.3} s", lasting.as_secs_f64()),
            Self::ServerBroken(lasting) => write!(f, "server-broken (2110) for {:.3} s", lasting.as_secs_f64()),
            Self::Resets { all: true } => f.write_str("every connection is reset by the network"),
            Self::Resets { all: false } => f.write_str("every second connection is reset by the network"),
            Self::Hang(lasting) => write!(f, "the network hangs for {:.3} s", lasting.as_secs_f64()),
            Self::WorkerKilled(lasting) => write!(f, "the worker is killed, back after {:.3} s", lasting.as_secs_f64()),
            Self::DaemonKilled(lasting) => write!(f, "the daemon is killed, back after {:.3} s", lasting.as_secs_f64()),
            Self::ClientKilled(lasting) => write!(f, "a program is killed, back after {:.3} s", lasting.as_secs_f64()),
            Self::Questions(count) => write!(f, "{count} questions at once"),
            Self::RetryNow => f.write_str("somebody asks to try again now"),
            Self::StopsReading(lasting) => write!(f, "a program does not read for {:.3} s", lasting.as_secs_f64()),
            Self::Twin => f.write_str("a second program with a client id that is in use"),
            Self::PortMoved(lasting) => write!(f, "1300: another port within {:.3} s", lasting.as_secs_f64()),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schedule {}:", self.number)?;
        for incident in &self.incidents {
            write!(f, "\n  {:10.3} s  {}", incident.at.as_secs_f64(), incident.trouble)?;
        }
        Ok(())
    }
}
