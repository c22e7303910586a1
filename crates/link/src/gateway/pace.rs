//! What a session may send, and when: the one budget of a Gateway, shared by all its sessions.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use gatewright_proto::{ClientId, RequestId};
use tokio::sync::Notify;
use tracing::{debug, warn};

use super::pace_file::PaceFile;
use crate::clock;
use crate::pacing::{Pacer, PacingReport, PacingSettings, Taken, Traffic};

/// The pace of one Gateway. Single-threaded; all clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    pacer: RefCell<Pacer<Bytes>>,
    outboxes: RefCell<BTreeMap<ClientId, Outbox>>,
    numbers: Cell<u64>,
    /// Where what is spent is noted for the next worker.
    file: RefCell<Option<PaceFile>>,
    /// Something waits that did not before.
    waits: Notify,
}

/// What may go out of one session now.
#[derive(Debug)]
struct Outbox {
    number: u64,
    ready: VecDeque<Bytes>,
    arrived: Rc<Notify>,
}

impl Pace {
    /// An unused budget.
    pub(crate) fn new(settings: PacingSettings) -> Self {
        Self(Rc::new(Inner {
            pacer: RefCell::new(Pacer::new(settings)),
            outboxes: RefCell::default(),
            numbers: Cell::default(),
            file: RefCell::default(),
            waits: Notify::new(),
        }))
    }

    /// A budget from which is taken what earlier workers have noted in this file, and which is noted there. Without the
    /// file it is an unused one, which is said.
    pub(crate) fn noted(settings: PacingSettings, path: &Path) -> Self {
        let pace = Self::new(settings);
        match PaceFile::open(path) {
            Ok((file, spent)) => {
                pace.0.pacer.borrow_mut().inherit(&spent);
                *pace.0.file.borrow_mut() = Some(file);
            }
            Err(error) => warn!(path = %path.display(), %error, "what was sent before cannot be known"),
        }
        pace
    }

    /// A connection of this client id begins. What an earlier one of the same id has left is forgotten.
    pub(crate) fn session(&self, client_id: ClientId) -> PacedSession {
        self.forget(client_id);
        let number = self.0.numbers.get() + 1;
        self.0.numbers.set(number);
        let arrived = Rc::new(Notify::new());
        let outbox = Outbox { number, ready: VecDeque::new(), arrived: Rc::clone(&arrived) };
        self.0.outboxes.borrow_mut().insert(client_id, outbox);
        PacedSession { pace: self.clone(), client_id, number, arrived }
    }

    /// Lets out what waits when its time has come, for ever.
    pub(crate) async fn run(self) {
        loop {
            let due = self.0.pacer.borrow().poll_timeout();
            match due {
                Some((due, _)) => {
                    tokio::select! {
                        biased;
                        () = self.0.waits.notified() => {}
                        () = tokio::time::sleep_until(due.into()) => {}
                    }
                    self.distribute(clock::now(), None);
                }
                None => self.0.waits.notified().await,
            }
        }
    }

    /// What was used, and who waits for how long.
    pub(crate) fn report(&self) -> PacingReport {
        self.0.pacer.borrow().report(clock::now())
    }

    /// Notes where a Gateway has moved to (1300), for the next worker.
    pub(crate) fn note_port(&self, gateway: &str, port: u16) {
        if let Some(file) = &mut *self.0.file.borrow_mut() {
            file.note_port(gateway, port);
        }
    }

    /// Where an earlier worker has followed a Gateway to.
    pub(crate) fn noted_port(&self, gateway: &str) -> Option<u16> {
        self.0.file.borrow().as_ref()?.port(gateway)
    }

    /// Hands out what may go out now; wakes the sessions that it is for, except the one that asks.
    fn distribute(&self, now: Instant, asking: Option<ClientId>) {
        let mut pacer = self.0.pacer.borrow_mut();
        let mut outboxes = self.0.outboxes.borrow_mut();
        while let Some((client_id, bytes)) = pacer.poll_transmit(now) {
            let Some(outbox) = outboxes.get_mut(&client_id) else { continue };
            outbox.ready.push_back(bytes);
            if asking != Some(client_id) {
                outbox.arrived.notify_one();
            }
        }
        // Nothing that was taken above has left yet: the sessions' tasks go on when this one does not.
        if let Some(file) = &mut *self.0.file.borrow_mut() {
            while let Some(spending) = pacer.poll_spending() {
                file.note(spending);
            }
        }
    }

    fn forget(&self, client_id: ClientId) {
        let left = self.0.pacer.borrow_mut().handle_gone(client_id);
        if !left.is_empty() {
            debug!(client_id = client_id.get(), messages = left.len(), "not sent: the session ended before their turn");
        }
        self.0.outboxes.borrow_mut().remove(&client_id);
        self.0.waits.notify_one();
    }
}

/// One session's way through the pace. Dropped, what waits is forgotten.
#[derive(Debug)]
pub(crate) struct PacedSession {
    pace: Pace,
    client_id: ClientId,
    number: u64,
    arrived: Rc<Notify>,
}

impl PacedSession {
    /// Hands a message in: whole frames. It comes out of [`PacedSession::next`] in its turn, mostly at once.
    pub(crate) fn send(&self, now: Instant, traffic: Traffic, bytes: Bytes) -> Taken<Bytes> {
        let taken = self.pace.0.pacer.borrow_mut().handle_message(now, self.client_id, traffic, bytes);
        self.pace.distribute(now, Some(self.client_id));
        if self.pace.0.pacer.borrow().poll_timeout().is_some() {
            self.pace.0.waits.notify_one();
        }
        taken
    }

    /// What may go out now.
    pub(crate) fn next(&self) -> Option<Bytes> {
        self.pace.0.outboxes.borrow_mut().get_mut(&self.client_id)?.ready.pop_front()
    }

    /// Waits until something may go out that could not before.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Whether another message would be taken, whatever it is.
    pub(crate) fn has_room(&self) -> bool {
        self.pace.0.pacer.borrow().has_room(self.client_id)
    }

    /// Whether everything that was handed in has gone out.
    pub(crate) fn is_empty(&self) -> bool {
        self.pace.0.pacer.borrow().is_empty(self.client_id)
            && self.pace.0.outboxes.borrow().get(&self.client_id).is_none_or(|outbox| outbox.ready.is_empty())
    }

    /// The Gateway has ended a request.
    pub(crate) fn ended(&self, request_id: RequestId) {
        self.pace.0.pacer.borrow_mut().handle_ended(self.client_id, request_id);
        self.pace.0.waits.notify_one();
    }

    /// The Gateway objects to the rate, or is about to.
    pub(crate) fn rate_warning(&self, now: Instant) {
        self.pace.0.pacer.borrow_mut().handle_rate_warning(now);
        self.pace.0.waits.notify_one();
    }
}

impl Drop for PacedSession {
    fn drop(&mut self) {
        let ours = self.pace.0.outboxes.borrow().get(&self.client_id).is_some_and(|box_| box_.number == self.number);
        if ours {
            self.pace.forget(self.client_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn what_waits_for_one_session_is_let_out_in_time_and_an_order_of_another_goes_first() {
        LocalSet::new()
            .run_until(async {
                let pace = Pace::new(PacingSettings::default());
                let mut running = tokio::task::JoinSet::new();
                running.spawn_local(pace.clone().run());
                let (busy, trader) = (pace.session(ClientId::new(1)), pace.session(ClientId::new(2)));
                let now = clock::now();
                for _ in 0..100 {
                    assert_eq!(busy.send(now, Traffic::Data, Bytes::from_static(b"data")), Taken::Queued);
                }
                let at_once = std::iter::from_fn(|| busy.next()).count();
                assert_eq!(at_once, 35, "five of forty are kept for orders");
                assert!(!busy.is_empty());
                assert_eq!(trader.send(now, Traffic::Order, Bytes::from_static(b"order")), Taken::Queued);
                assert_eq!(trader.next(), Some(Bytes::from_static(b"order")), "at once");
                assert!(trader.is_empty());
                let waited = tokio::time::timeout(Duration::from_secs(20), busy.arrived());
                waited.await.expect("the task lets out what waits");
                assert!(busy.next().is_some());
                drop(busy);
                assert_eq!(pace.report().waiting, 0, "what a dead session left is no burden");
            })
            .await;
    }

    #[tokio::test]
    async fn a_worker_begins_with_what_the_one_before_it_has_spent() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pace");
        let sent = |pace: &Pace| {
            let session = pace.session(ClientId::new(1));
            for _ in 0..60 {
                session.send(clock::now(), Traffic::Data, Bytes::from_static(b"data"));
            }
            std::iter::from_fn(|| session.next()).count()
        };
        let began = clock::now();
        let first = sent(&Pace::noted(PacingSettings::default(), &path));
        // Killed: nothing is said or closed.
        let second = sent(&Pace::noted(PacingSettings::default(), &path));
        assert!(first == 35 && (second == 0 || began.elapsed() > Duration::from_millis(900)), "{first} {second}");
        assert_eq!(sent(&Pace::noted(PacingSettings::default(), folder.path())), 35, "a folder is no ledger");
    }

    #[tokio::test]
    async fn an_end_of_a_session_frees_nothing_of_its_successor() {
        let pace = Pace::new(PacingSettings::default());
        let old = pace.session(ClientId::new(1));
        let new = pace.session(ClientId::new(1));
        assert_eq!(new.send(clock::now(), Traffic::Data, Bytes::from_static(b"x")), Taken::Queued);
        drop(old);
        assert_eq!(new.next(), Some(Bytes::from_static(b"x")));
        let due = pace.0.pacer.borrow().poll_timeout();
        assert!(due.is_none_or(|(due, _)| due > clock::now() + Duration::from_secs(3600)));
    }
}
