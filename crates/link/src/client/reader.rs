//! The worker's output, line by line, to whom it concerns.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::attach::FormerAnswer;
use super::caller::Caller;
use super::events::{EventSender, GatewayEvent, LinkEvent};
use super::input::Input;
use super::line_buffer::{LineBuffer, LineTooLong};
use super::output::Output;
use super::streams::{Delivery, Streams};
use super::subscription::{StreamItem, Subscription};
use super::switchboard::{Addressee, Strays, Switchboard, Waiter};
use crate::error::LinkError;
use crate::protocol::{CallError, Event, HealthResult, Method, StreamKind, SubscribedResult, UnsubscribeParams};

/// The longest line that is read of a worker: a day of one-second bars is 10 MiB, and a reader must stop somewhere.
pub(super) const MAX_OUTPUT_LINE: usize = 64 << 20;

/// How much of a foreign line is logged.
const LOGGED: usize = 200;

/// Why nothing more is read.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// The worker closed its output: it is gone or going.
    Eof,
    /// It wrote a line that is longer than [`MAX_OUTPUT_LINE`].
    LineTooLong,
    /// The pipe failed.
    Failed(io::Error),
}

/// Reads a worker's output to its end.
pub(super) async fn read_all(mut stdout: impl AsyncRead + Unpin, dispatch: &mut Dispatch) -> ReadEnd {
    let mut buffer = LineBuffer::new(MAX_OUTPUT_LINE);
    loop {
        let space = match buffer.space() {
            Ok(space) => space,
            Err(LineTooLong) => return ReadEnd::LineTooLong,
        };
        match stdout.read_buf(space).await {
            Ok(0) => return ReadEnd::Eof,
            Ok(_) => {}
            Err(error) => return ReadEnd::Failed(error),
        }
        while let Some(line) = buffer.next_line() {
            dispatch.take(line).await;
        }
    }
}

/// Gives each line to whom it concerns.
pub(super) struct Dispatch {
    caller: Caller,
    events: EventSender,
    pub(super) streams: Streams,
    /// Who takes answers to requests that are not this link's; they are foreign where nobody does.
    pub(super) former: Option<Former>,
}

/// The way to whoever wants the answers of a former life.
pub(super) struct Former(pub(super) mpsc::Sender<FormerAnswer>);

impl Dispatch {
    pub(super) fn new(caller: Caller, events: EventSender) -> Self {
        Self { caller, events, streams: Streams::default(), former: None }
    }

    async fn take(&mut self, line: &[u8]) {
        match Output::parse(line) {
            Output::Ticks(ticks) => {
                let (id, dropped) = (ticks.subscription, ticks.dropped);
                self.deliver(id, StreamItem::Ticks(ticks), dropped).await;
            }
            Output::Event(event) => self.take_event(*event).await,
            Output::Answer { id, outcome } => self.answer(id, outcome),
            Output::Foreign => {
                self.strays().foreign.fetch_add(1, Ordering::Relaxed);
                let line = String::from_utf8_lossy(&line[..line.len().min(LOGGED)]);
                debug!(%line, "a line of the worker's output is not the protocol's");
            }
        }
    }

    async fn take_event(&mut self, event: Event) {
        match event {
            Event::Stage(stage) => self.events.send(LinkEvent::Stage(stage)),
            Event::Notice(notice) => self.events.send(LinkEvent::Notice(notice)),
            Event::SessionLost(lost) => self.events.send(LinkEvent::SessionLost(lost)),
            Event::Recovery(report) => self.events.send(LinkEvent::Gateway(GatewayEvent::Recovery(report))),
            Event::SessionInterrupted(event) => {
                self.events.send(LinkEvent::Gateway(GatewayEvent::SessionInterrupted(event)));
            }
            Event::SessionResumed(event) => self.events.send(LinkEvent::Gateway(GatewayEvent::SessionResumed(event))),
            Event::Reconciled(event) => self.events.send(LinkEvent::Gateway(GatewayEvent::Reconciled(event))),
            Event::Freshness(report) => self.events.send(LinkEvent::Gateway(GatewayEvent::Freshness(report))),
            Event::RecoveryEvent(event) => self.events.send(LinkEvent::Gateway(GatewayEvent::News(event))),
            Event::Ticks(ticks) => {
                let (id, dropped) = (ticks.subscription, ticks.dropped);
                self.deliver(id, StreamItem::Ticks(ticks), dropped).await;
            }
            Event::Bar(bar) => {
                let (id, dropped) = (bar.subscription, bar.dropped);
                self.deliver(id, StreamItem::Bar(bar), dropped).await;
            }
            Event::Account(account) => self.deliver(account.subscription, StreamItem::Account(account), 0).await,
            Event::Order { subscription, event } => self.deliver(subscription, StreamItem::Order(event), 0).await,
            Event::StreamEnded(ended) => {
                let switchboard: &Switchboard = &self.caller.switchboard;
                let expecting = || switchboard.is_subscribing();
                let delivery = self.streams.end_by_worker(ended.subscription, ended.failure, expecting);
                self.note(ended.subscription, delivery);
            }
        }
    }

    async fn deliver(&mut self, id: u64, item: StreamItem, dropped_by_worker: u64) {
        let switchboard: &Switchboard = &self.caller.switchboard;
        let delivery = self.streams.deliver(id, item, dropped_by_worker, || switchboard.is_subscribing()).await;
        self.note(id, delivery);
    }

    fn note(&self, id: u64, delivery: Delivery) {
        match delivery {
            Delivery::Done => {}
            Delivery::Stray => {
                self.strays().events.fetch_add(1, Ordering::Relaxed);
            }
            Delivery::Overflowed(client_id) => {
                warn!(subscription = id, "order events are not read; the stream is ended");
                self.caller.tell(Method::Unsubscribe, &UnsubscribeParams { client_id, subscription: id });
            }
        }
    }

    fn answer(&mut self, id: i64, outcome: Result<&RawValue, CallError>) {
        let wanted = match self.caller.switchboard.take(id) {
            Addressee::Waiting(Waiter::Call { reply, .. }) => {
                reply.send(outcome.map(ToOwned::to_owned).map_err(LinkError::Call)).is_ok()
            }
            Addressee::Waiting(Waiter::Subscribe { kind, client_id, reply }) => {
                let begun = self.begin(kind, client_id, outcome);
                give(reply, begun)
            }
            Addressee::Waiting(Waiter::Resume { sessions, reply }) => {
                let resumed = self.resume(&sessions, outcome);
                reply.send(resumed).is_ok()
            }
            Addressee::Gone => false,
            Addressee::Nobody if self.former.is_some() => self.answer_former(id, outcome),
            Addressee::Nobody => {
                self.strays().foreign.fetch_add(1, Ordering::Relaxed);
                return;
            }
        };
        if !wanted {
            self.strays().late.fetch_add(1, Ordering::Relaxed);
            debug!(id, "an answer came too late");
        }
    }

    /// Begins a stream here and now, before the next line, so that its first event finds it.
    fn begin(
        &mut self,
        kind: StreamKind,
        client_id: Option<gatewright_proto::ClientId>,
        outcome: Result<&RawValue, CallError>,
    ) -> Result<Subscription, LinkError> {
        let result: SubscribedResult = serde_json::from_str(outcome?.get())
            .map_err(|source| LinkError::Protocol { method: Method::Subscribe, source })?;
        Ok(self.streams.open(result.subscription, kind, client_id, self.caller.clone()))
    }

    /// Begins the streams that these sessions have already.
    fn resume(
        &mut self,
        sessions: &[gatewright_proto::ClientId],
        outcome: Result<&RawValue, CallError>,
    ) -> Result<Vec<Subscription>, LinkError> {
        let health: HealthResult = serde_json::from_str(outcome?.get())
            .map_err(|source| LinkError::Protocol { method: Method::Health, source })?;
        let own = health.sessions.iter().filter(|session| sessions.contains(&session.client_id));
        let ids: Vec<_> =
            own.flat_map(|session| session.subscriptions.iter().map(|id| (session.client_id, *id))).collect();
        let caller = &self.caller;
        let streams = &mut self.streams;
        Ok(ids.into_iter().map(|(client_id, id)| streams.open_resumed(id, client_id, caller.clone())).collect())
    }

    /// The answer to a request of a former life. Whether anybody takes it.
    fn answer_former(&self, id: i64, outcome: Result<&RawValue, CallError>) -> bool {
        let outcome = outcome.map_err(LinkError::Call).and_then(|result| {
            serde_json::from_str(result.get()).map_err(|source| LinkError::Protocol { method: Method::Attach, source })
        });
        self.former.as_ref().is_some_and(|Former(answers)| answers.try_send(FormerAnswer { id, outcome }).is_ok())
    }

    fn strays(&self) -> &Strays {
        &self.caller.switchboard.strays
    }
}

/// Hands over a subscription; one that nobody wants any more ends itself by being dropped. Whether it was wanted.
fn give(reply: oneshot::Sender<Result<Subscription, LinkError>>, begun: Result<Subscription, LinkError>) -> bool {
    reply.send(begun).is_ok()
}

/// The lines of a worker's standard error, as events.
pub(super) async fn read_stderr(mut stderr: impl AsyncRead + Unpin, events: EventSender) {
    /// A longer line is cut: it is for people to read.
    const MAX_STDERR_LINE: usize = 64 << 10;
    let tell = |line: &[u8]| events.send(LinkEvent::WorkerLine(String::from_utf8_lossy(line).into_owned()));
    let mut buffer = LineBuffer::new(MAX_STDERR_LINE);
    loop {
        if buffer.space().is_err() {
            tell(&buffer.take_rest());
        }
        let Ok(space) = buffer.space() else { return };
        match stderr.read_buf(space).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        while let Some(line) = buffer.next_line() {
            tell(line);
        }
    }
    let rest = buffer.take_rest();
    if !rest.is_empty() {
        tell(&rest);
    }
}

/// Writes what did not fit into the pipe, whenever there is some. Returns why it cannot any more.
pub(super) async fn flush_all(
    switchboard: Arc<Switchboard>,
    generation: u64,
    stdin: Arc<Input>,
    wake: Arc<tokio::sync::Notify>,
) -> io::Error {
    loop {
        wake.notified().await;
        loop {
            if let Err(error) = stdin.writable().await {
                return error;
            }
            match switchboard.flush(generation) {
                Ok(super::switchboard::Flushed::All) => break,
                Ok(super::switchboard::Flushed::Part) => {}
                Err(error) => return error,
            }
        }
    }
}
