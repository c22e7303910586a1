//! One Gateway under care: what was seen of it, and the restarts that it was given.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gatewright_link::protocol::LayerState;
use gatewright_proto::session::Acts;
use jiff::Timestamp;
use tracing::warn;

use super::pulse::Pulse;
use crate::config::IbcSettings;
use crate::daemon::alert::Origin;
use crate::daemon::durable;
use crate::daemon::gateway::Gateway;
use crate::daemon::instance::gateway_folder;
use crate::daemon::remedy::{Case, Decision, Evidence, Ledger, Reply, TableSight, decide};
use crate::daemon::report::{GatewayReport, RemedyReport, SocketTableReport, Verdict, age};
use crate::endpoint::Endpoint;

/// The ledger's name in the Gateway's folder.
const LEDGER: &str = "restarts.json";

/// How often the socket table is read while something is wrong. Two suspicious looks make a proof after half a minute.
const LOOK_WHEN_ILL: Duration = Duration::from_secs(10);

/// How often it is read while all is well: dead connections gather slowly.
const LOOK_WHEN_WELL: Duration = Duration::from_secs(60);

/// The ledger as it is to stand on the disk.
#[derive(Debug)]
pub(super) struct Page {
    path: PathBuf,
    ledger: Ledger,
}

impl Page {
    /// Writes it down. Blocks.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(super) fn keep(&self) -> std::io::Result<()> {
        durable::write(&self.path, &self.ledger)
    }
}

/// A restart that is to be ordered.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) server: Endpoint,
    pub(super) proofs: Vec<String>,
    /// To be on the disk before a byte is sent.
    pub(super) page: Page,
}

/// What came of an order.
#[derive(Debug)]
pub(super) enum Outcome {
    /// IBC was spoken to.
    Said(Reply),
    /// It could not be written down, so nothing was sent.
    Unwritten(String),
}

impl Outcome {
    /// Whether nothing can have come of it.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Unwritten(_) | Self::Said(Reply::Unreachable(_)))
    }

    /// Whether a restart is to be expected now.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self, Self::Said(reply) if reply.is_ordered())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(reply) => reply.fmt(f),
            Self::Unwritten(why) => write!(f, "not ordered, since it could not be written down first: {why}"),
        }
    }
}

/// One Gateway under care.
#[derive(Debug)]
pub(super) struct Ward {
    pub(super) gateway: Gateway,
    pub(super) origin: Origin,
    pub(super) ibc: Option<IbcSettings>,
    pub(super) evidence: Evidence,
    pub(super) pulse: Pulse,
    /// How it was when it was last asked after, in one sentence.
    pub(super) sentence: String,
    /// `None` where what was written down cannot be read: then nothing is ordered.
    ledger: Option<Ledger>,
    path: PathBuf,
    table: Option<(Instant, TableSight)>,
    next_look: Option<Instant>,
    /// Whether a restart is being ordered just now.
    ordering: bool,
    /// Why no restart is ordered, as last decided.
    hold: Option<String>,
    /// Since when a restart that IBC has taken has not shown.
    awaited: Option<Instant>,
    /// For how long, once that is longer than one takes.
    overdue: Option<Duration>,
}

impl Ward {
    pub(super) fn new(gateway: Gateway, state: &Path, host: &str) -> Self {
        let path = gateway_folder(state, gateway.name()).join(LEDGER);
        let ledger = match durable::read(&path) {
            Ok(ledger) => Some(ledger.unwrap_or_default()),
            Err(error) => {
                warn!(gateway = gateway.name(), path = %path.display(), %error,
                    "the restarts that were ordered before cannot be read, so none will be ordered");
                None
            }
        };
        let origin = Origin {
            gateway: gateway.name().to_owned(),
            address: gateway.address().to_string(),
            host: host.to_owned(),
        };
        Self {
            ibc: gateway.ibc().cloned(),
            origin,
            evidence: Evidence::new(gateway.ibc().map_or(Duration::ZERO, |ibc| ibc.stuck_for.value.0)),
            pulse: Pulse::default(),
            sentence: format!("{}: not known yet", gateway.name()),
            ledger,
            path,
            table: None,
            next_look: None,
            ordering: false,
            hold: None,
            awaited: None,
            overdue: None,
            gateway,
        }
    }

    /// Whether the socket table is to be read now. A look that is under way is not asked for again.
    pub(super) fn wants_look(&mut self, now: Instant, well: bool) -> bool {
        let due = self.next_look.is_none_or(|at| at <= now);
        if due {
            self.next_look = Some(now + if well { LOOK_WHEN_WELL } else { LOOK_WHEN_ILL });
        }
        due
    }

    /// What the socket table showed.
    pub(super) fn handle_look(&mut self, now: Instant, sight: TableSight) {
        self.evidence.handle_look(now, sight);
        self.table = Some((now, sight));
    }

    /// Whether a restart is to be ordered now. If so the caller orders it, once.
    pub(super) fn restart(&mut self, now: Instant, wall: Timestamp, report: &GatewayReport) -> Option<Order> {
        let ibc = self.ibc.as_ref()?;
        if self.ordering {
            return None;
        }
        let Some(ledger) = &self.ledger else {
            self.hold = Some(format!("{} cannot be read; look at it and remove it", self.path.display()));
            return None;
        };
        let case = Case {
            serves: report.sessions_ready,
            known: report.worker.loop_lag_ms.is_some(),
            starting: self.evidence.may_be_starting(now),
            other: self.evidence.is_other(),
            expected: report.expected.as_ref().map(|expected| (expected.what.clone(), expected.until)),
            late: Duration::from_secs_f64(report.worker.loop_lag_ms.unwrap_or_default().max(0.0) / 1000.0),
            proofs: self.evidence.proofs(now),
            spent_until: ledger.spent_until(wall, ibc.restarts_a_day.value),
        };
        let proofs: Vec<String> = match decide(case) {
            Decision::Hold(hold) => {
                self.hold = Some(hold.to_string());
                return None;
            }
            Decision::Restart(proofs) => proofs.iter().map(ToString::to_string).collect(),
        };
        let mut written = ledger.clone();
        written.begin(wall, proofs.clone());
        self.ledger = Some(written.clone());
        self.ordering = true;
        self.hold = None;
        self.evidence.handle_ordered(now);
        Some(Order {
            server: ibc.address.value.clone(),
            proofs,
            page: Page { path: self.path.clone(), ledger: written },
        })
    }

    /// What came of the order. Returns what is to be written down about it.
    pub(super) fn handle_ordered(&mut self, now: Instant, outcome: &Outcome) -> Option<Page> {
        self.ordering = false;
        self.awaited = outcome.is_ordered().then_some(now);
        let ledger = self.ledger.as_mut()?;
        ledger.end(outcome.to_string(), !outcome.is_nothing());
        Some(Page { path: self.path.clone(), ledger: ledger.clone() })
    }

    /// Looks at how it is: remembers it in one sentence, and whether a restart that IBC has taken shows.
    ///
    /// IBC's `OK` means ordered, not done.
    pub(super) fn judge(&mut self, now: Instant, report: &GatewayReport) {
        const AWAY: [&str; 4] = ["not_listening", "refused", "closed_before_version", "no_accounts"];
        let went = |since| {
            report.monitor.failure.as_ref().is_some_and(|failure| AWAY.contains(&failure.cause.as_str()))
                || self.table.is_some_and(|(at, sight)| at > since && sight == TableSight::Absent)
        };
        if self.awaited.is_some_and(|since| went(since) || report.sessions_ready > 0) {
            self.awaited = None;
        }
        let patience = self.ibc.as_ref().map_or(Duration::ZERO, |ibc| ibc.down_within.value.0);
        let waited = self.awaited.map(|since| now.saturating_duration_since(since));
        self.overdue = waited.filter(|waited| *waited >= patience);
        self.sentence = self.verdict(report.verdict.clone()).sentence;
    }

    /// The verdict on it, by what only its ward knows as well: a human is wanted where a restart does not show.
    pub(super) fn verdict(&self, verdict: Verdict) -> Verdict {
        let Some(waited) = self.overdue.filter(|_| verdict.well != LayerState::Yes) else { return verdict };
        Verdict {
            cause: Some("waiting_for_human".into()),
            sentence: format!(
                "{}: IBC took the order to restart the Gateway {} ago, and the Gateway has not gone down since",
                self.gateway.name(),
                age(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX))
            ),
            acts: Some(Acts::Human),
            remedy: Some("Look at the Gateway's screen: a dialog may be in the way. Restart it by hand.".into()),
            ..verdict
        }
    }

    /// The restarts, for reports.
    pub(super) fn remedy_report(&self, now: Instant, wall: Timestamp) -> Option<RemedyReport> {
        let ibc = self.ibc.as_ref()?;
        Some(RemedyReport {
            ibc: ibc.address.value.to_string(),
            hold: self.hold.clone(),
            proofs: self.evidence.proofs(now).iter().map(ToString::to_string).collect(),
            restarts_in_a_day: self.ledger.as_ref().map(|ledger| ledger.in_a_day(wall)),
            restarts_a_day: ibc.restarts_a_day.value,
            last: self.ledger.as_ref().and_then(|ledger| ledger.last().cloned()),
        })
    }

    /// What the last look at the socket table showed, for reports.
    pub(super) fn table_report(&self, now: Instant) -> Option<SocketTableReport> {
        let (at, sight) = self.table?;
        let seen_ms_ago = u64::try_from(now.saturating_duration_since(at).as_millis()).unwrap_or(u64::MAX);
        Some(SocketTableReport::of(sight, seen_ms_ago))
    }
}
