//! The loop that waits: for the worker, the Gateway, the time, and whoever stops it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use gatewright_journal::{IntentId, Journal, OrderIdKey};
use gatewright_link::client::{Link, LinkEvents, LinkSettings};
use gatewright_link::protocol::{ErrorData, Layer, OrderParams, OrderResult};
use gatewright_link::{InstanceLock, LinkError};
use gatewright_proto::ClientId;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::backoff::Backoff;
use super::clock::Moment;
use super::event::{Action, Event, ProgramNews};
use super::news::{ends, tell};
use super::opening::{self, Opened, Plan};
use super::program::ProgramHandle;
use super::session::{Read, Session};
use super::settings::{Decider, Sending, TraderSettings};
use super::thread::CoreThread;
use super::trader::{Policy, Trader, halted_words};
use crate::error::TradeError;
use crate::event::{Failing, Listener, TradeEvent};
use crate::outbox::{CompleteAnswers, Outbox};
use crate::step::{Step, Watch};
use crate::strategy::StrategyEvent;
use crate::summary::Summary;

/// How often the status is told. The eye sees no more, and ages of prices are shown in tenths of seconds.
const STATUS_EVERY: Duration = Duration::from_millis(250);

/// How often the worker is asked how the connection is. It answers from memory.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

/// How long orders and commissions that are on their way may take to arrive after a stop. A market order is filled within
/// it; whatever is not is settled by the next start.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// What became of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What it came to.
    pub summary: Summary,
    /// Why it ended, where nobody had asked it to.
    pub error: Option<TradeError>,
}

/// Trades until `stop` ends, `stop_after` is over, or it cannot go on.
///
/// The first connection must succeed, so that whoever starts a trader sees at once what is wrong. From then on it comes
/// back from every loss by itself, for as long as it takes. A stop sends no new orders, lets what is on its way arrive,
/// closes the session in order and waits for the worker's end.
///
/// # Cancel safety
///
/// Dropped, it leaves as a killed program does: the worker closes the session, orders without a word are in doubt.
pub async fn run(
    settings: TraderSettings,
    link: LinkSettings,
    stop: impl Future<Output = ()>,
    listener: &mut dyn Listener,
) -> Outcome {
    let early = |error| Outcome { summary: Summary::default(), error: Some(error) };
    // Before the worker starts, so that two traders never meet at the Gateway.
    let _lock = match lock(&settings) {
        Ok(lock) => lock,
        Err(error) => return early(error),
    };
    let stop_after = settings.stop_after;
    let (core, plan, program) = match prepare(settings, listener).await {
        Ok(prepared) => prepared,
        Err(error) => return early(error),
    };
    let (link, events) = match Link::spawn(link).await {
        Ok(started) => started,
        Err(source) => return early(TradeError::Call { doing: "starting the worker", source }),
    };
    let calls = JoinSet::new();
    let mut shell = Shell { link, events, core, listener, plan, program, calls, stop_at: None, stop_after };
    let error = shell.live(stop).await.err();
    if let Some(program) = shell.program.take() {
        program.stop().await;
    }
    // Whatever the ending, the worker is gone before we say that we are.
    let exit = shell.link.stop().await;
    tracing::debug!(?exit, "the worker has gone");
    match shell.core.summary(Moment::now()).await {
        Ok(summary) => Outcome { summary, error },
        Err(gone) => early(error.unwrap_or(gone)),
    }
}

fn lock(settings: &TraderSettings) -> Result<InstanceLock, TradeError> {
    settings.check()?;
    let gateway = gateway_name(settings);
    Ok(InstanceLock::acquire(&settings.lock_dir, &gateway, settings.connect.client_id)?)
}

/// One name for one Gateway, however it is spelled: orders and locks are kept by it.
fn gateway_name(settings: &TraderSettings) -> String {
    gatewright_link::canonical_gateway(&settings.connect.host, settings.connect.port)
}

/// Everything that is needed before the worker starts: the journal first, which may forbid to trade at all, then the
/// program that decides.
async fn prepare(
    settings: TraderSettings,
    listener: &mut dyn Listener,
) -> Result<(CoreThread, Arc<Plan>, Option<ProgramHandle>), TradeError> {
    let now = Moment::now();
    let key = OrderIdKey { gateway: gateway_name(&settings), client_id: settings.connect.client_id };
    let client_id = key.client_id;
    let (mut outbox, changes) = Outbox::open(Journal::open(&settings.journal)?, key, now.wall)?;
    if let Some(halt) = outbox.halted()?.filter(|_| settings.sending == Sending::Real) {
        return Err(TradeError::Halted { why: halted_words(&halt) });
    }
    outbox.watched_by(settings.watch.clone());
    let symbols: Vec<String> = settings.instruments.iter().map(|instrument| instrument.symbol.clone()).collect();
    let needs_program = settings.instruments.iter().any(|instrument| instrument.strategy.is_none());
    let mut program = None;
    let mut hello = None;
    if let Some(wanted) = settings.program.filter(|_| needs_program) {
        let (handle, said) = ProgramHandle::start(wanted, symbols.clone(), settings.bar).await?;
        listener.hear(TradeEvent::StrategyStarted { name: said.name.clone() });
        (program, hello) = (Some(handle), Some(said));
    }
    let mut warm_up_bars = 0;
    let mut deciders = Vec::new();
    for instrument in settings.instruments {
        let decider = match (instrument.strategy, &hello) {
            (Some(strategy), _) => Decider::Own(strategy),
            (None, Some(hello)) => Decider::Program(hello.clone()),
            (None, None) => continue,
        };
        warm_up_bars = warm_up_bars.max(match &decider {
            Decider::Own(strategy) => strategy.warm_up_bars(),
            Decider::Program(hello) => hello.warm_up_bars,
        });
        deciders.push((instrument.symbol, decider));
    }
    let plan = Plan {
        connect: settings.permission.applied_to(settings.connect),
        permission: settings.permission,
        symbols,
        bar: settings.bar,
        warm_up_bars,
        watch: settings.watch,
    };
    let policy = Policy { limits: settings.limits, client_id, bar: settings.bar, sending: settings.sending };
    let trader = Trader::new(outbox, &changes, deciders, policy, now);
    let core = CoreThread::start(trader).map_err(TradeError::Thread)?;
    Ok((core, Arc::new(plan), program))
}

/// The end of a call that ran beside the loop.
enum CallEnd {
    Placed { intent: IntentId, answer: Result<OrderResult, LinkError> },
    Cancelled { intent: IntentId, answer: Result<OrderResult, LinkError> },
    Asked(Result<CompleteAnswers, LinkError>),
    Health(Result<BTreeMap<String, Layer>, LinkError>),
}

/// Why a session ended.
enum SessionEnd {
    Stopped,
    Lost(Box<ErrorData>),
}

struct Shell<'a> {
    link: Link,
    events: LinkEvents,
    core: CoreThread,
    listener: &'a mut dyn Listener,
    plan: Arc<Plan>,
    program: Option<ProgramHandle>,
    calls: JoinSet<CallEnd>,
    stop_at: Option<Instant>,
    stop_after: Option<Duration>,
}

impl Shell<'_> {
    /// Session after session, until it is stopped.
    async fn live(&mut self, stop: impl Future<Output = ()>) -> Result<(), TradeError> {
        let mut stop = pin!(stop);
        let mut backoff = Backoff::default();
        let mut has_traded = false;
        loop {
            let opened = tokio::select! {
                biased;
                () = &mut stop => return Ok(()),
                () = at(self.stop_at) => return Ok(()),
                opened = Self::opened(&self.link, &self.plan, &mut self.events, &mut *self.listener) => opened,
            };
            match opened {
                Ok(opened) => {
                    has_traded = true;
                    backoff.succeeded();
                    match self.trade(opened, &mut stop).await? {
                        SessionEnd::Stopped => return Ok(()),
                        SessionEnd::Lost(failure) => self.lost(&failure).await?,
                    }
                }
                Err(error) if !has_traded || !error.may_pass() => return Err(error),
                Err(error) => {
                    let wait = backoff.failed();
                    let in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    let failure = Failing::from(&error);
                    self.listener.hear(TradeEvent::Retrying { attempt: backoff.attempts(), in_ms, failure });
                    tokio::select! {
                        biased;
                        () = &mut stop => return Ok(()),
                        () = at(self.stop_at) => return Ok(()),
                        () = Self::waited(wait, &mut self.events, &mut *self.listener) => {}
                    }
                }
            }
        }
    }

    /// Opens a session, and tells of the stages as they pass.
    async fn opened(
        link: &Link,
        plan: &Arc<Plan>,
        events: &mut LinkEvents,
        listener: &mut dyn Listener,
    ) -> Result<Opened, TradeError> {
        let mut opening = pin!(opening::open(link.clone(), Arc::clone(plan), wall));
        loop {
            tokio::select! {
                // Events first: the stages of a connection are told before its end.
                biased;
                Some(event) = events.next() => tell(event, listener),
                opened = &mut opening => return opened,
            }
        }
    }

    /// Waits before another attempt.
    async fn waited(wait: Duration, events: &mut LinkEvents, listener: &mut dyn Listener) {
        let mut wait = pin!(sleep(wait));
        loop {
            tokio::select! {
                biased;
                () = &mut wait => return,
                Some(event) = events.next() => tell(event, listener),
            }
        }
    }

    /// Trades in one session until it is over.
    async fn trade(
        &mut self,
        opened: Opened,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> Result<SessionEnd, TradeError> {
        self.announce(&opened);
        let client_id = opened.connected.client_id;
        let mut session = Session::new(client_id, opened.day, opened.streams);
        self.decide(&session, Event::Ready(Box::new(opened.start))).await?;
        self.stop_at = self.stop_at.or_else(|| Some(Instant::from_std(Moment::now().instant) + self.stop_after?));
        let mut status = interval(STATUS_EVERY);
        status.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut health = interval(HEALTH_EVERY);
        health.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let event = tokio::select! {
                biased;
                () = &mut *stop => break,
                () = at(self.stop_at) => break,
                Some(event) = self.events.next() => {
                    if let Some(failure) = ends(&event, client_id) {
                        return Ok(SessionEnd::Lost(failure));
                    }
                    tell(event, &mut *self.listener);
                    continue;
                }
                Some(Ok(end)) = self.calls.join_next() => call_ended(end),
                news = said(&mut self.program) => Event::Program(news),
                item = session.streams.next() => match session.read(item, &mut *self.listener) {
                    Read::Event(event) => event,
                    Read::Nothing => continue,
                    Read::Over(failure) => return Ok(SessionEnd::Lost(failure)),
                },
                _ = health.tick() => {
                    let link = self.link.clone();
                    self.calls.spawn(async move { CallEnd::Health(opening::layers(&link, client_id).await) });
                    continue;
                }
                now = status.tick() => {
                    if let Some(failure) = session.needs_repair(now) {
                        self.close(client_id).await;
                        return Ok(SessionEnd::Lost(failure));
                    }
                    Event::Tick
                }
            };
            self.decide(&session, event).await?;
        }
        self.leave(&mut session).await?;
        Ok(SessionEnd::Stopped)
    }

    /// No new orders; what is on its way may arrive; then the session is closed in order.
    async fn leave(&mut self, session: &mut Session) -> Result<(), TradeError> {
        let mut quiet = self.decide(session, Event::Stop).await?;
        let mut deadline = pin!(sleep(LEAVE_WITHIN));
        while !quiet {
            let event = tokio::select! {
                biased;
                () = &mut deadline => break,
                Some(Ok(end)) = self.calls.join_next() => call_ended(end),
                item = session.streams.next() => match session.read(item, &mut *self.listener) {
                    Read::Event(event) => event,
                    Read::Nothing => continue,
                    Read::Over(_) => break,
                },
            };
            quiet = self.decide(session, event).await?;
        }
        self.close(session.client_id).await;
        self.decide(session, Event::Closed).await.map(|_| ())
    }

    async fn close(&mut self, client_id: ClientId) {
        match self.link.disconnect(opening::session(client_id)).await {
            Ok(closed) => {
                self.listener.hear(TradeEvent::Disconnected { left_in_close_wait: closed.left_in_close_wait });
            }
            Err(error) => self.listener.hear(TradeEvent::Problem { failure: Failing::from(&error) }),
        }
    }

    /// The session is over, and with it every call that ran in it.
    async fn lost(&mut self, failure: &ErrorData) -> Result<(), TradeError> {
        self.listener.hear(TradeEvent::SessionLost { failure: failure.into() });
        let mut told = Vec::new();
        // Their answers come at once now; an order that was answered in time is not in doubt.
        while let Some(end) = self.calls.join_next().await {
            if let Ok(end) = end {
                told.push(call_ended(end));
            }
        }
        told.push(Event::Lost(Box::new(failure.clone())));
        for event in told {
            for action in self.core.handle(Moment::now(), event).await?.actions? {
                match action {
                    Action::Tell(event) => self.listener.hear(*event),
                    Action::Consult(event) => self.consult(event),
                    Action::Place { .. } | Action::Cancel { .. } | Action::Ask => {}
                }
            }
        }
        Ok(())
    }

    fn announce(&mut self, opened: &Opened) {
        let connected = &opened.connected;
        self.listener.hear(TradeEvent::Connected {
            gateway: connected.gateway.clone(),
            client_id: connected.client_id,
            server_version: connected.server_version,
            account: opened.start.account.clone(),
            total_ms: connected.total_ms,
            warnings: connected.warnings.clone(),
        });
        for (symbol, details) in opened.start.symbols.iter().zip(&opened.details) {
            self.listener.hear(TradeEvent::Instrument {
                symbol: symbol.symbol.clone(),
                con_id: details.contract.con_id,
                name: details.long_name.clone(),
            });
        }
        for failure in &opened.lacking {
            self.listener.hear(TradeEvent::Problem { failure: failure.clone() });
        }
    }

    /// Has the core decide, and does what it wants done. Whether no order is on its way any more.
    async fn decide(&mut self, session: &Session, event: Event) -> Result<bool, TradeError> {
        let handled = self.core.handle(Moment::now(), event).await?;
        for action in handled.actions? {
            match action {
                Action::Tell(event) => self.listener.hear(*event),
                Action::Place { intent, params } => {
                    self.calls.spawn(place(self.link.clone(), intent, params, self.plan.watch.clone()));
                }
                Action::Cancel { intent, params } => {
                    let link = self.link.clone();
                    self.calls
                        .spawn(async move { CallEnd::Cancelled { intent, answer: link.cancel_order(params).await } });
                }
                Action::Consult(event) => self.consult(event),
                Action::Ask => {
                    let (link, client_id, day) = (self.link.clone(), session.client_id, session.day);
                    self.calls.spawn(async move { CallEnd::Asked(opening::ask(&link, client_id, day, wall).await) });
                }
            }
        }
        Ok(handled.quiet)
    }

    fn consult(&self, event: StrategyEvent) {
        if let Some(program) = &self.program {
            program.tell(event);
        }
    }
}

/// Hands an order to the worker, once, and waits for the Gateway's first word.
async fn place(link: Link, intent: IntentId, params: Box<OrderParams>, watch: Watch) -> CallEnd {
    let mut answer = pin!(link.place_order(*params));
    // The call's line is in the worker's pipe once it has been asked how far it is.
    let at_once = std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
    watch.reached(Step::AfterBytes);
    let answer = match at_once {
        Poll::Ready(answer) => answer,
        Poll::Pending => answer.await,
    };
    CallEnd::Placed { intent, answer }
}

/// What the strategy program says next, where there is one.
async fn said(program: &mut Option<ProgramHandle>) -> ProgramNews {
    match program {
        Some(program) => program.next().await,
        None => std::future::pending().await,
    }
}

fn call_ended(end: CallEnd) -> Event {
    match end {
        CallEnd::Placed { intent, answer } => Event::Placed { intent, answer },
        CallEnd::Cancelled { intent, answer } => Event::Cancelled { intent, answer },
        CallEnd::Asked(answers) => Event::Answers(answers.map(Box::new)),
        CallEnd::Health(layers) => Event::Health(layers),
    }
}

/// A moment that may never come.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn wall() -> Timestamp {
    Moment::now().wall
}
