//! The journal, on a thread of its own because it waits for the disk: which order ids are used, which orders are about
//! to be sent, and what became of them.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::thread::JoinHandle;

use gatewright_journal::{
    EventKind, EventRecord, HaltRecord, Journal, JournalError, OrderIdKey, ProxiedAct, ProxiedEntry, ProxiedOrder,
    ProxiedOrderId, ProxiedOutcome, ProxiedRecord, ProxiedState, ProxiedWritten,
};
use gatewright_proto::{ClientId, OrderId};
use gatewright_proxy::{EntryId, Midnights, OrderAct, OrderIntent, OrderNews, PastOrder, Ticket};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tracing::{error, warn};

use crate::clock;
use crate::config::OrdersDuringHalt;

/// How many requests wait for the disk. Orders come at the Gateway's 50 a second at most, and wait two seconds.
const WAITING: usize = 4096;

/// How many of them become durable by one sync: what a Gateway takes in five seconds.
const BATCH: usize = 256;

/// What the journal is asked.
#[derive(Debug)]
enum Request {
    Mark { client_id: ClientId, at_least: OrderId },
    Intend { at: Timestamp, ticket: Ticket, intent: OrderIntent },
    Record { at: Timestamp, client_id: ClientId, order_id: Option<OrderId>, entries: Vec<EntryId>, news: OrderNews },
}

/// The journal's answers.
#[derive(Debug)]
pub(super) enum Answer {
    /// What was open when it was opened.
    Past(Vec<PastOrder>),
    /// The mark of a client id, or `None` when it cannot keep one.
    Marked { client_id: ClientId, mark: Option<OrderId> },
    /// What is about to be sent is durable there, or `None` when it cannot be.
    Recorded { client_id: ClientId, ticket: Ticket, entry: Option<EntryId> },
    /// Trading is halted, in these words, and what would trade was not written.
    Halted { client_id: ClientId, ticket: Ticket, halt: String },
}

/// The way to the journal's thread, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct ProxyJournal {
    requests: Option<mpsc::Sender<Request>>,
    answers: mpsc::Sender<Answer>,
    thread: Option<JoinHandle<()>>,
}

impl ProxyJournal {
    /// Starts the thread. The second value returns the answers, what is open first.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(super) fn start(
        path: PathBuf,
        gateway: String,
        during_halt: OrdersDuringHalt,
    ) -> io::Result<(Self, mpsc::Receiver<Answer>)> {
        let (requests, asked) = mpsc::channel(WAITING);
        let (answers, answered) = mpsc::channel(WAITING);
        let answer = answers.clone();
        let thread = std::thread::Builder::new()
            .name("gatewright-proxy-journal".into())
            .spawn(move || Keeper::open(&path, gateway, during_halt).serve(asked, &answer))?;
        Ok((Self { requests: Some(requests), answers, thread: Some(thread) }, answered))
    }

    /// Makes durable that ids up to here are used, and asks for the mark.
    pub(super) fn mark(&self, client_id: ClientId, at_least: OrderId) {
        if !self.ask(Request::Mark { client_id, at_least }) {
            // Nobody waits for a disk that does not answer.
            let _ = self.answers.try_send(Answer::Marked { client_id, mark: None });
        }
    }

    /// Makes durable what is about to be sent.
    pub(super) fn intend(&self, ticket: Ticket, intent: OrderIntent) {
        let client_id = intent.client_id;
        if !self.ask(Request::Intend { at: clock::wall(), ticket, intent }) {
            let _ = self.answers.try_send(Answer::Recorded { client_id, ticket, entry: None });
        }
    }

    /// Records what is known of an order.
    pub(super) fn record(
        &self,
        client_id: ClientId,
        order_id: Option<OrderId>,
        entries: Vec<EntryId>,
        news: OrderNews,
    ) {
        self.ask(Request::Record { at: clock::wall(), client_id, order_id, entries, news });
    }

    fn ask(&self, request: Request) -> bool {
        let Some(requests) = &self.requests else { return false };
        requests.try_send(request).inspect_err(|error| warn!(%error, "the journal does not keep up")).is_ok()
    }
}

impl Drop for ProxyJournal {
    fn drop(&mut self) {
        self.requests = None;
        // What was asked before is still written.
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the journal's thread panicked");
        }
    }
}

/// What the thread works with.
#[derive(Debug)]
struct Keeper {
    gateway: String,
    during_halt: OrdersDuringHalt,
    journal: Option<Journal>,
}

impl Keeper {
    fn open(path: &PathBuf, gateway: String, during_halt: OrdersDuringHalt) -> Self {
        let journal = Journal::open(path).inspect_err(|error| {
            error!(%error, path = %path.display(), "the journal cannot be opened: order ids are not kept, orders refused");
        });
        Self { gateway, during_halt, journal: journal.ok() }
    }

    fn serve(&mut self, mut asked: mpsc::Receiver<Request>, answers: &mpsc::Sender<Answer>) {
        if answers.blocking_send(Answer::Past(self.past())).is_err() {
            return;
        }
        while let Some(first) = asked.blocking_recv() {
            let mut batch = VecDeque::from([first]);
            while batch.len() < BATCH
                && let Ok(next) = asked.try_recv()
            {
                batch.push_back(next);
            }
            for answer in self.write(batch) {
                if answers.blocking_send(answer).is_err() {
                    return;
                }
            }
        }
    }

    fn key(&self, client_id: ClientId) -> OrderIdKey {
        OrderIdKey { gateway: self.gateway.clone(), client_id }
    }

    /// What is open since another daemon was here.
    fn past(&mut self) -> Vec<PastOrder> {
        let Some(journal) = &self.journal else { return Vec::new() };
        let open = journal.open_proxied(&self.gateway).unwrap_or_else(|error| {
            error!(%error, "the journal cannot be read: what programs had in doubt is not asked about");
            Vec::new()
        });
        let now = clock::wall();
        for (number, order) in &open {
            self.doubt(now, *number, order);
        }
        open.into_iter().map(|(number, order)| past(number, order, now)).collect()
    }

    /// Records that something is in doubt whose daemon died before it could say so.
    fn doubt(&mut self, at: Timestamp, number: ProxiedOrderId, order: &ProxiedOrder) {
        let standing = self.keep(|journal| journal.proxied_by_id(number)).flatten();
        if standing.is_some_and(|standing| standing.state() == ProxiedState::Sent) {
            let words = "in doubt: the daemon that sent it died before the Gateway acknowledged it";
            let detail = format!("{}: {words}", ProxiedRecord::subject(order.order_id));
            let event = EventRecord { at, key: order.key.clone(), kind: EventKind::OrderInDoubt, detail };
            self.keep(|journal| journal.record_event(&event));
        }
    }

    /// Writes down everything that was asked together: orders and what became of them by one sync.
    fn write(&mut self, batch: VecDeque<Request>) -> Vec<Answer> {
        let (mut entries, mut tickets, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for request in batch {
            match request {
                Request::Mark { client_id, at_least } => {
                    let key = self.key(client_id);
                    let mark = self.keep(|journal| journal.raise_order_id(&key, at_least));
                    answers.push(Answer::Marked { client_id, mark });
                }
                Request::Intend { at, ticket, intent } => {
                    tickets.push((intent.client_id, ticket));
                    entries.push(ProxiedEntry::Order(proxied(at, self.key(intent.client_id), intent)));
                }
                Request::Record { at, client_id, order_id, entries: closed, news } => {
                    let outcome = outcome(&news);
                    entries.extend(closed.into_iter().filter_map(|EntryId(number)| {
                        let order = ProxiedOrderId::new(number);
                        Some(ProxiedEntry::Outcome { order, at, outcome: outcome?, detail: news.words() })
                    }));
                    if let Some(kind) = event_kind(&news) {
                        let detail = format!("{}: {}", ProxiedRecord::subject(order_id), news.words());
                        let event = EventRecord { at, key: self.key(client_id), kind, detail };
                        self.keep(|journal| journal.record_event(&event));
                    }
                }
            }
        }
        if entries.is_empty() {
            return answers;
        }
        let written = self.keep_orders(&entries);
        // What could not be written has no number, and neither has what a halt refuses.
        let halt = written.as_ref().and_then(|written| written.halt.as_ref()).map(halt_words);
        let mut numbers = written.map(|written| written.numbers).unwrap_or_default().into_iter();
        answers.extend(tickets.into_iter().map(|(client_id, ticket)| match (numbers.next(), &halt) {
            (Some(None), Some(halt)) => Answer::Halted { client_id, ticket, halt: halt.clone() },
            (number, _) => {
                let entry = number.flatten().map(|number| EntryId(number.get()));
                Answer::Recorded { client_id, ticket, entry }
            }
        }));
        answers
    }

    /// Whether a halt stands is seen in the transaction that makes orders durable, so that none slips through beside it.
    fn keep_orders(&mut self, entries: &[ProxiedEntry]) -> Option<ProxiedWritten> {
        match self.during_halt {
            OrdersDuringHalt::Refuse => self.keep(|journal| journal.record_proxied_unless_halted(entries)),
            OrdersDuringHalt::Pass => {
                let numbers = self.keep(|journal| journal.record_proxied(entries))?;
                Some(ProxiedWritten { numbers: numbers.into_iter().map(Some).collect(), halt: None })
            }
        }
    }

    fn keep<T>(&mut self, work: impl FnOnce(&mut Journal) -> Result<T, JournalError>) -> Option<T> {
        let done = work(self.journal.as_mut()?);
        done.inspect_err(|error| error!(%error, gateway = self.gateway, "the journal failed: this is not kept")).ok()
    }
}

/// What a program is told of a halt: whose it is, why, and how it ends.
fn halt_words(halt: &HaltRecord) -> String {
    let HaltRecord { at, reason, by, .. } = halt;
    format!("trading is halted since {at:.0} by {by} ({reason}); `gatewright resume` ends that.")
}

fn outcome(news: &OrderNews) -> Option<ProxiedOutcome> {
    match news {
        OrderNews::InDoubt => None,
        OrderNews::Acknowledged => Some(ProxiedOutcome::Acknowledged),
        OrderNews::NotSent => Some(ProxiedOutcome::NotSent),
        OrderNews::Open | OrderNews::Over(_) | OrderNews::NeverReceived | OrderNews::Untraceable => {
            Some(ProxiedOutcome::Settled)
        }
    }
}

fn event_kind(news: &OrderNews) -> Option<EventKind> {
    match news {
        OrderNews::Acknowledged | OrderNews::NotSent => None,
        OrderNews::InDoubt => Some(EventKind::OrderInDoubt),
        OrderNews::Open | OrderNews::Over(_) | OrderNews::NeverReceived | OrderNews::Untraceable => {
            Some(EventKind::OrderSettled)
        }
    }
}

fn proxied(at: Timestamp, key: OrderIdKey, intent: OrderIntent) -> ProxiedOrder {
    let OrderIntent {
        client_id: _,
        server_version,
        act,
        order_id,
        order_ref,
        symbol,
        side,
        quantity,
        order_type,
        perm_id,
    } = intent;
    let act = match act {
        OrderAct::Place => ProxiedAct::Place,
        OrderAct::Cancel => ProxiedAct::Cancel,
        OrderAct::Exercise => ProxiedAct::Exercise,
        OrderAct::CancelAll => ProxiedAct::CancelAll,
    };
    ProxiedOrder { at, key, server_version, act, order_id, order_ref, symbol, side, quantity, order_type, perm_id }
}

fn past(number: ProxiedOrderId, order: ProxiedOrder, now: Timestamp) -> PastOrder {
    let listed = !Midnights::new(TimeZone::system(), now).between(order.at, now);
    let ProxiedOrder {
        key, server_version, act, order_id, order_ref, symbol, side, quantity, order_type, perm_id, ..
    } = order;
    let act = match act {
        ProxiedAct::Place => OrderAct::Place,
        ProxiedAct::Cancel => OrderAct::Cancel,
        ProxiedAct::Exercise => OrderAct::Exercise,
        ProxiedAct::CancelAll => OrderAct::CancelAll,
    };
    let client_id = key.client_id;
    let intent = OrderIntent {
        client_id,
        server_version,
        act,
        order_id,
        order_ref,
        symbol,
        side,
        quantity,
        order_type,
        perm_id,
    };
    PastOrder { entry: EntryId(number.get()), intent, listed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_together_is_answered_each_and_what_cannot_be_kept_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let intent = |order_id| OrderIntent {
            client_id: ClientId::new(7),
            server_version: gatewright_proto::ServerVersion::new(178),
            act: OrderAct::Place,
            order_id: Some(OrderId::new(order_id)),
            order_ref: String::new(),
            symbol: "AAPL".into(),
            side: "BUY".into(),
            quantity: None,
            order_type: "MKT".into(),
            perm_id: None,
        };
        let path = folder.path().join("journal.db");
        let (journal, mut answers) =
            ProxyJournal::start(path.clone(), "127.0.0.1:4002".into(), OrdersDuringHalt::Refuse).unwrap();
        assert!(matches!(answers.blocking_recv(), Some(Answer::Past(past)) if past.is_empty()));
        drop(journal);
        let mut keeper = Keeper::open(&path, "127.0.0.1:4002".into(), OrdersDuringHalt::Refuse);
        let order =
            |order_id| ProxiedEntry::Order(proxied(clock::wall(), keeper.key(ClientId::new(7)), intent(order_id)));
        let (first, second) = (order(1), order(2));
        let numbers = keeper.keep(|journal| journal.record_proxied(&[first, second])).unwrap();
        let past = keeper.past();
        assert_eq!(past.iter().map(|past| past.entry.0).collect::<Vec<_>>(), [numbers[0].get(), numbers[1].get()]);
        assert_eq!(past[1].intent, intent(2));

        // A folder is no journal.
        let (broken, mut answers) =
            ProxyJournal::start(folder.path().into(), "127.0.0.1:4002".into(), OrdersDuringHalt::Refuse).unwrap();
        assert!(matches!(answers.blocking_recv(), Some(Answer::Past(past)) if past.is_empty()));
        broken.mark(ClientId::new(7), OrderId::new(1));
        assert!(matches!(answers.blocking_recv(), Some(Answer::Marked { mark: None, .. })));
    }
}
