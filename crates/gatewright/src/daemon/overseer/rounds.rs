//! The loop: asks how every Gateway is, reads the socket table, delivers alerts, orders restarts.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gatewright_link::protocol::LayerState;
use gatewright_proto::session::Acts;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use super::pulse::{sight, table_sight};
use super::ward::{Order, Outcome, Ward};
use crate::clock;
use crate::config::AlertSettings;
use crate::daemon::alert::{Alert, Book, Courier, Delivered, Target, targets};
use crate::daemon::durable;
use crate::daemon::gateway::Gateway;
use crate::daemon::remedy::{TableSight, order_restart};
use crate::daemon::report::{AlertsReport, DaemonReport, GatewayReport, Verdict};
use crate::look::look;

/// How often every Gateway is asked after. The worker answers from memory, in less than a millisecond.
const ROUND: Duration = Duration::from_secs(2);

/// How long IBC may take to answer: it waits past second 58 of a minute before it says when the Gateway restarts.
const ORDER_WITHIN: Duration = Duration::from_secs(10);

/// What has been told, in the state folder.
const BOOK: &str = "alerts.json";

/// Who looks after the Gateways. Cheap to clone; all clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Overseer {
    office: Rc<RefCell<Office>>,
}

#[derive(Debug)]
struct Office {
    wards: Vec<Ward>,
    book: Book,
    path: PathBuf,
    alert: AlertSettings,
    counts: Counts,
    /// Whether the book has something that is not on the disk, and whether it is being written.
    changed: bool,
    keeping: bool,
    /// Copies of the book that were made to be written, and which of them is on the disk.
    copies: u64,
    kept: Arc<Mutex<u64>>,
}

/// What became of alerts since the daemon started.
#[derive(Debug, Default)]
struct Counts {
    told: u64,
    delivered: u64,
    undelivered: u64,
    last_failure: Option<String>,
}

/// Something that was under way has ended.
enum Done {
    Looked(usize, TableSight),
    Ordered(usize, Vec<String>, Outcome),
    /// Something was written down, if it could be.
    Kept(std::io::Result<()>),
    /// The book was.
    BookKept(std::io::Result<()>),
}

impl Overseer {
    /// For these Gateways, with what daemons before us have told.
    pub(crate) fn new(gateways: &[Gateway], alert: AlertSettings, state: &Path) -> Self {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let path = state.join(BOOK);
        let book = durable::read::<Book>(&path).unwrap_or_else(|error| {
            warn!(path = %path.display(), %error, "what was told before cannot be read; it may be told again");
            None
        });
        let book = book.unwrap_or_default().reopened(clock::wall());
        let wards = gateways.iter().map(|gateway| Ward::new(gateway.clone(), state, &host)).collect();
        let office = Office {
            wards,
            book,
            path,
            alert,
            counts: Counts::default(),
            changed: false,
            keeping: false,
            copies: 0,
            kept: Arc::default(),
        };
        Self { office: Rc::new(RefCell::new(office)) }
    }

    /// Puts other settings for alerts in force.
    pub(crate) fn set_alert(&self, alert: AlertSettings) {
        self.office.borrow_mut().alert = alert;
    }

    /// Writes down what may not have been yet, for the next daemon. Blocks, once everything else has stopped.
    pub(crate) fn close(&self) {
        let mut office = self.office.borrow_mut();
        if (office.changed || office.keeping)
            && let Err(error) = office.copy().keep()
        {
            warn!(path = %office.path.display(), %error, "what was told cannot be written down, and may be told again");
        }
    }

    /// How all of them were when they were last asked after, in one line.
    pub(crate) fn sentence(&self) -> String {
        let office = self.office.borrow();
        office.wards.iter().map(|ward| ward.sentence.as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Adds what it knows to a report.
    pub(crate) fn complete(&self, report: &mut DaemonReport) {
        let (now, wall) = (clock::now(), clock::wall());
        let office = self.office.borrow();
        for (gateway, ward) in report.gateways.iter_mut().zip(&office.wards) {
            gateway.verdict = ward.verdict(gateway.verdict.clone());
            gateway.alert = office.book.report(&gateway.name);
            gateway.remedy = ward.remedy_report(now, wall);
            gateway.socket_table = ward.table_report(now);
        }
        report.verdict = Verdict::worst(&report.gateways);
        let counts = &office.counts;
        report.alerts = AlertsReport {
            targets: office.targets().iter().map(ToString::to_string).collect(),
            told: counts.told,
            delivered: counts.delivered,
            undelivered: counts.undelivered,
            last_failure: counts.last_failure.clone(),
        };
    }

    /// Looks after them, until it is dropped.
    pub(crate) async fn watch(&self) {
        let mut tick = interval(ROUND);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut courier = Courier::default();
        let mut errands = JoinSet::new();
        loop {
            tokio::select! {
                _ = tick.tick() => self.round(&mut courier, &mut errands).await,
                delivered = courier.next() => self.office.borrow_mut().delivered(delivered),
                Some(done) = errands.join_next() => match done {
                    Ok(done) => self.office.borrow_mut().done(done, &mut courier, &mut errands),
                    Err(panic) => warn!(%panic, "an errand for a Gateway ended by itself"),
                },
            }
            self.office.borrow_mut().keep(&mut errands);
        }
    }

    async fn round(&self, courier: &mut Courier, errands: &mut JoinSet<Done>) {
        let gateways: Vec<Gateway> = self.office.borrow().wards.iter().map(|ward| ward.gateway.clone()).collect();
        for (index, gateway) in gateways.iter().enumerate() {
            let report = gateway.report().await;
            let mut office = self.office.borrow_mut();
            office.attend(index, &report, errands);
            office.tell(index, &report, courier);
        }
    }
}

impl Office {
    /// Feeds a report to the remedy, and begins what is due.
    fn attend(&mut self, index: usize, report: &GatewayReport, errands: &mut JoinSet<Done>) {
        let (now, wall) = (clock::now(), clock::wall());
        let ward = &mut self.wards[index];
        ward.pulse.feed(now, report, &mut ward.evidence);
        ward.judge(now, report);
        if ward.wants_look(now, report.verdict.well == LayerState::Yes) {
            let endpoint = ward.gateway.address().clone();
            errands.spawn_blocking(move || Done::Looked(index, table_sight(&look(&endpoint))));
        }
        let Some(Order { server, proofs, page }) = ward.restart(now, wall, report) else { return };
        warn!(gateway = report.name, ?proofs, ibc = %server, "the Gateway is stuck; its restart is being ordered");
        errands.spawn(async move {
            let written = spawn_blocking(move || page.keep()).await;
            let outcome = match written.unwrap_or_else(|panic| Err(std::io::Error::other(panic))) {
                Ok(()) => Outcome::Said(order_restart(&server, clock::now() + ORDER_WITHIN).await),
                Err(error) => Outcome::Unwritten(error.to_string()),
            };
            Done::Ordered(index, proofs, outcome)
        });
    }

    fn done(&mut self, done: Done, courier: &mut Courier, errands: &mut JoinSet<Done>) {
        match done {
            Done::Looked(ward, sight) => self.wards[ward].handle_look(clock::now(), sight),
            Done::Ordered(ward, proofs, outcome) => self.ordered(ward, &proofs, &outcome, courier, errands),
            // An order counts as given in any case: what would be lost is the words.
            Done::Kept(Err(error)) => warn!(%error, "what came of a restart cannot be written down"),
            Done::Kept(Ok(())) => {}
            Done::BookKept(kept) => {
                self.keeping = false;
                if let Err(error) = kept {
                    warn!(path = %self.path.display(), %error, "what was told cannot be written down, and may be told again");
                }
            }
        }
    }

    /// Tells what is due about a Gateway.
    fn tell(&mut self, index: usize, report: &GatewayReport, courier: &mut Courier) {
        let ward = &mut self.wards[index];
        let sight = sight(&ward.verdict(report.verdict.clone()));
        let alert = self.book.handle(clock::wall(), &ward.origin, sight, self.alert.repeat.value.0);
        if let Some(alert) = alert {
            self.send(&alert, courier);
        }
    }

    fn ordered(
        &mut self,
        index: usize,
        proofs: &[String],
        outcome: &Outcome,
        courier: &mut Courier,
        errands: &mut JoinSet<Done>,
    ) {
        let ward = &mut self.wards[index];
        if let Some(page) = ward.handle_ordered(clock::now(), outcome) {
            errands.spawn_blocking(move || Done::Kept(page.keep()));
        }
        let acts = if outcome.is_ordered() { Acts::Wait } else { Acts::Human };
        let alert = self.book.restart(clock::wall(), &ward.origin, proofs, &outcome.to_string(), acts);
        self.send(&alert, courier);
    }

    fn send(&mut self, alert: &Alert, courier: &mut Courier) {
        let targets = self.targets();
        warn!(gateway = alert.gateway, event = alert.event.name(), cause = alert.cause, "{}", alert.message);
        self.counts.told += 1;
        self.changed = true;
        if targets.is_empty() {
            // The log and `status` are all that was asked for.
            self.book.handle_arrived(&alert.gateway, &alert.id);
        }
        let refused = courier.send(alert, &targets);
        if refused > 0 {
            self.counts.undelivered += refused as u64;
            self.counts.last_failure = Some("too many deliveries are under way".into());
        }
    }

    fn delivered(&mut self, delivered: Delivered) {
        match delivered.failed {
            None => {
                self.counts.delivered += 1;
                self.book.handle_arrived(&delivered.gateway, &delivered.id);
                self.changed = true;
            }
            Some(why) => {
                self.counts.undelivered += 1;
                self.counts.last_failure = Some(format!("{}: {why}", delivered.target));
            }
        }
    }

    fn targets(&self) -> Vec<Target> {
        targets(&self.alert.command.value, self.alert.webhook.value.as_ref())
    }

    /// Writes down what was told, where that has changed; one write at a time, so that the last one is the newest.
    fn keep(&mut self, errands: &mut JoinSet<Done>) {
        if self.changed && !self.keeping {
            (self.changed, self.keeping) = (false, true);
            let copy = self.copy();
            errands.spawn_blocking(move || Done::BookKept(copy.keep()));
        }
    }

    /// The book as it is to stand on the disk.
    fn copy(&mut self) -> BookCopy {
        self.copies += 1;
        BookCopy { number: self.copies, book: self.book.clone(), path: self.path.clone(), kept: Arc::clone(&self.kept) }
    }
}

/// The book as it was at a moment.
struct BookCopy {
    number: u64,
    book: Book,
    path: PathBuf,
    /// The number of the copy that is on the disk.
    kept: Arc<Mutex<u64>>,
}

impl BookCopy {
    /// Puts it on the disk, where none that is newer is there. Blocks.
    fn keep(self) -> std::io::Result<()> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if *kept < self.number {
            durable::write(&self.path, &self.book)?;
            *kept = self.number;
        }
        Ok(())
    }
}
