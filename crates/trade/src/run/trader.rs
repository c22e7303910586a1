//! The core: every decision and every journal entry, and no other I/O.
//!
//! - `deciding` – from a wish through the gate to an order or a cancel
//! - `changes` – what became of orders, booked and told
//! - `listening` – the strategies' part: bars, prices, health, time, and programs
//! - `showing` – status and summary

mod changes;
mod deciding;
mod listening;
mod showing;

pub(super) use deciding::halted_words;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use gatewright_journal::EventKind;
use gatewright_link::protocol::{Layer, OrderEvent};
use gatewright_proto::message::account::Position;
use gatewright_proto::message::contract::Contract;
use gatewright_proto::{ClientId, OrderId};
use rust_decimal::Decimal;

use super::backoff::Backoff;
use super::clock::Moment;
use super::desk::{Adopted, Desk, WarmUp};
use super::event::{Action, Event, SessionStart};
use super::report;
use super::settings::{Decider, Sending};
use crate::account::AccountId;
use crate::error::TradeError;
use crate::event::{Failing, TradeEvent};
use crate::outbox::{Change, CompleteAnswers, Explained, Outbox, WorkingOrder};
use crate::risk::{RiskLimits, SendRate, SickLayer};
use crate::strategy::BarLength;

/// How long after a doubt arises the Gateway is asked, and between two such questions.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// The longest wait between two questions about the same orders, where answers do not help.
const ASK_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// How often positions are compared with the Gateway's although nothing is in doubt. What an outage kept from us, or
/// somebody else has traded, is found within it; three lists each five minutes are nothing to a Gateway.
const COMPARE_EVERY: Duration = Duration::from_secs(300);

/// How often strategies are told the time, and the journal is asked whether trading is halted.
const TIMER_EVERY: Duration = Duration::from_secs(1);

/// Whether a session can trade.
#[derive(Debug)]
enum Phase {
    /// There is none, or it is not ready.
    Waiting,
    /// There is one.
    Ready { account: AccountId, next_valid_id: OrderId },
}

/// When the Gateway is asked about orders next.
#[derive(Debug)]
enum Asking {
    /// There is nothing to ask.
    Idle,
    /// At this moment.
    Due(Instant),
    /// An answer is awaited.
    Asked,
}

/// How a trader trades.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What no order may exceed.
    pub limits: RiskLimits,
    /// Whose orders they are.
    pub client_id: ClientId,
    /// The length of the bars that strategies are given.
    pub bar: BarLength,
    /// Whether orders are really sent.
    pub sending: Sending,
}

/// The core of a trader. [`Trader::handle`] takes what happens and returns what is to be done; it waits for nothing but the
/// journal's disk.
pub struct Trader {
    outbox: Outbox,
    desks: BTreeMap<String, Desk>,
    policy: Policy,
    phase: Phase,
    asking: Asking,
    ask_backoff: Backoff,
    /// When positions are compared next; `None` without a session.
    compare_at: Option<Instant>,
    /// Whether an execution was booked since the Gateway was asked last, so that its positions may be older than ours.
    booked_since_asked: bool,
    stopping: bool,
    started: Moment,
    sessions: u64,
    /// Why all trading is halted, as the journal said when it was asked last.
    halt: Option<String>,
    /// How many halts the journal had then, so that one that was lifted between two looks is noticed.
    halts: Option<u64>,
    /// Whether positions were asked for, and compared, since trading was halted last: a kill switch may have closed some.
    asked_since_halt: bool,
    compared_since_halt: bool,
    layers: BTreeMap<String, Layer>,
    sick: Vec<SickLayer>,
    rate: SendRate,
    timer: Option<Instant>,
    day: showing::DaySoFar,
    refusals: BTreeMap<&'static str, u64>,
    data_lost: u64,
    assumed: u64,
    account: Option<AccountId>,
    told_unsettleable: BTreeSet<String>,
    actions: Vec<Action>,
}

impl std::fmt::Debug for Trader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trader").field("phase", &self.phase).field("outbox", &self.outbox).finish_non_exhaustive()
    }
}

impl Trader {
    /// A trader without a session. `changes` is what [`Outbox::open`] made of an earlier run's orders.
    pub fn new(
        outbox: Outbox,
        changes: &[Change],
        instruments: Vec<(String, Decider)>,
        policy: Policy,
        now: Moment,
    ) -> Self {
        let assumes = policy.sending == Sending::DryRun;
        let desk =
            |(symbol, decider): (String, Decider)| (symbol.clone(), Desk::new(symbol, decider, policy.bar, assumes));
        let mut trader = Self {
            outbox,
            desks: instruments.into_iter().map(desk).collect(),
            policy,
            phase: Phase::Waiting,
            asking: Asking::Idle,
            ask_backoff: Backoff::new(ASK_AFTER, ASK_AT_LEAST_EVERY),
            compare_at: None,
            booked_since_asked: false,
            stopping: false,
            started: now,
            sessions: 0,
            halt: None,
            halts: None,
            asked_since_halt: true,
            compared_since_halt: true,
            layers: BTreeMap::new(),
            sick: listening::nothing_known(),
            rate: SendRate::default(),
            timer: None,
            day: showing::DaySoFar::default(),
            refusals: BTreeMap::new(),
            data_lost: 0,
            assumed: 0,
            account: None,
            told_unsettleable: BTreeSet::new(),
            actions: Vec::new(),
        };
        trader.take_changes(changes);
        trader
    }

    /// Takes one event; what is to be done about it, in order.
    ///
    /// # Errors
    ///
    /// The journal failed. Nothing may be sent any more.
    pub fn handle(&mut self, now: Moment, event: Event) -> Result<Vec<Action>, TradeError> {
        match event {
            Event::Ready(start) => self.ready(now, *start)?,
            Event::Lost(failure) => self.session_over(now, EventKind::SessionLost, &failure.message)?,
            Event::Closed => self.session_over(now, EventKind::SessionClosed, "the trader stopped")?,
            Event::Bar { symbol, bar } => self.bar(now, &symbol, &bar)?,
            Event::Prices { symbol, quote } => self.prices(now, &symbol, quote)?,
            Event::Health(layers) => self.health(now, layers)?,
            Event::Program(news) => self.program(now, news)?,
            Event::Order(OrderEvent::Commission(report)) => {
                self.outbox.commission(&report, now.wall)?;
                self.commission(&report);
            }
            Event::Order(event) => {
                if let OrderEvent::Open { order_id, order, .. } = &event {
                    self.outbox.saw_order_id(order.client_id, *order_id)?;
                }
                let changes = self.outbox.order_event(&event, now.wall)?;
                self.booked_since_asked |= changes.iter().any(|change| matches!(change, Change::Executed { .. }));
                self.take_changes(&changes);
                self.after(now, &changes)?;
            }
            Event::Placed { intent, answer } => {
                let changes = self.outbox.answered(intent, &answer, now.wall)?;
                self.take_changes(&changes);
            }
            Event::Cancelled { intent, answer } => {
                let changes = self.outbox.cancel_answered(intent, &answer, now.wall)?;
                self.take_changes(&changes);
                self.after(now, &changes)?;
            }
            Event::Answers(answers) => {
                self.asking = Asking::Idle;
                match answers {
                    Ok(answers) => self.answered(now, &answers)?,
                    Err(error) => {
                        self.tell(TradeEvent::Problem { failure: Failing::from(&error) });
                        self.compare_at = self.compare_at.map(|_| now.instant + ASK_AT_LEAST_EVERY);
                    }
                }
            }
            Event::DataLost { symbol, count } => {
                self.data_lost += count;
                self.tell(TradeEvent::DataLost { symbol, count });
            }
            Event::Tick => self.tick(now)?,
            Event::Stop => {
                if !self.stopping {
                    self.stopping = true;
                    self.tell(TradeEvent::Stopping { working: self.outbox.working().count() });
                    self.cancel_waiting(now);
                }
            }
        }
        self.plan_asking(now);
        self.consult();
        Ok(std::mem::take(&mut self.actions))
    }

    fn ready(&mut self, now: Moment, start: SessionStart) -> Result<(), TradeError> {
        self.sessions += 1;
        self.account = Some(start.account.clone());
        self.outbox.session_began(start.next_valid_id);
        self.take_layers(Ok(start.layers));
        self.outbox.note(EventKind::SessionReady, &format!("session {} of this run", self.sessions), now.wall)?;
        self.learn(now, &start.answers)?;
        for symbol in start.symbols {
            let recorded = self.outbox.recorded_position(start.account.as_str(), &symbol.symbol)?;
            let (gateway, cost) = held(&start.answers, &start.account, &symbol.contract);
            let Some(desk) = self.desks.get_mut(&symbol.symbol) else { continue };
            let history = TradeEvent::History {
                symbol: symbol.symbol.clone(),
                bars: symbol.history.len(),
                needed: desk.brain.warm_up_bars(),
                last: symbol.history.last().map(|bar| bar.time),
            };
            let (contract, calendar) = (symbol.contract, symbol.calendar);
            desk.warm_up(WarmUp { contract, calendar, history: symbol.history, gateway_clock: start.clock });
            let is_first = desk.book.is_none();
            let adopted = desk.adopt(gateway, cost, recorded);
            if is_first {
                let since = desk.day_began();
                let earlier = self.outbox.earlier_today(start.account.as_str(), &symbol.symbol, since, now.wall)?;
                desk.begin_day(earlier);
            }
            self.tell(history);
            self.tell_position(now, symbol.symbol, adopted)?;
        }
        if self.sessions == 1 {
            for _ in 0..self.outbox.sent_within_a_minute(now.wall)? {
                self.rate.note(now.instant);
            }
        }
        self.settle(now, &start.answers)?;
        let halts = self.halts;
        self.look_whether_halted()?;
        self.compared_since_halt |= self.halt.is_none() && self.halts == halts;
        self.phase = Phase::Ready { account: start.account, next_valid_id: start.next_valid_id };
        self.asking = Asking::Idle;
        self.compare_at = Some(now.instant + COMPARE_EVERY);
        self.tell(TradeEvent::Trading);
        self.tell_health(now)
    }

    /// Books what the answers tell of.
    fn learn(&mut self, now: Moment, answers: &CompleteAnswers) -> Result<(), TradeError> {
        let changes = self.outbox.learn(answers, now.wall)?;
        self.take_changes(&changes);
        for report in answers.executions.iter().filter_map(|report| report.commission.as_ref()) {
            self.commission(report);
        }
        Ok(())
    }

    /// Settles what the answers prove, once their executions are booked.
    fn settle(&mut self, now: Moment, answers: &CompleteAnswers) -> Result<(), TradeError> {
        let (desks, started) = (&self.desks, self.started.wall);
        let account = self.account.as_ref();
        let explained = |order: &WorkingOrder| match (desks.get(&order.symbol), account) {
            (Some(desk), Some(account)) => {
                let held = held(answers, account, &desk.contract).0;
                if desk.explains(held, order.created_at < started) { Explained::Yes } else { Explained::No }
            }
            // An instrument of an earlier run: its position is not known here, and its orders are not this run's risk.
            (None, _) | (_, None) => Explained::Unknown,
        };
        let changes = self.outbox.settle(answers, explained, now.wall)?;
        self.take_changes(&changes);
        Ok(())
    }

    /// Takes what the Gateway answered about orders, executions and positions.
    fn answered(&mut self, now: Moment, answers: &CompleteAnswers) -> Result<(), TradeError> {
        let booked_meanwhile = std::mem::take(&mut self.booked_since_asked);
        self.learn(now, answers)?;
        if booked_meanwhile {
            self.compare_at = Some(now.instant + ASK_AFTER);
        } else {
            self.compare(now, answers)?;
            self.compared_since_halt |= self.asked_since_halt;
        }
        self.settle(now, answers)
    }

    /// Compares what we count with what the Gateway holds, once the answers' executions are booked. A difference stops the
    /// instrument, and one that is gone lets it go on.
    fn compare(&mut self, now: Moment, answers: &CompleteAnswers) -> Result<(), TradeError> {
        let Some(account) = &self.account else { return Ok(()) };
        let mut news = Vec::new();
        for (symbol, desk) in &mut self.desks {
            let (gateway, cost) = held(answers, account, &desk.contract);
            let recorded = self.outbox.recorded_position(account.as_str(), symbol)?;
            let adopted = desk.adopt(gateway, cost, recorded);
            if adopted.differs {
                news.push((symbol.clone(), adopted));
            }
        }
        news.into_iter().try_for_each(|(symbol, adopted)| self.tell_position(now, symbol, adopted))
    }

    /// Tells what is held, and loudly where that stops trading.
    fn tell_position(&mut self, now: Moment, symbol: String, adopted: Adopted) -> Result<(), TradeError> {
        let halted = self.desks.get(&symbol).is_some_and(Desk::is_unexplained);
        let Adopted { own, others, differs } = adopted;
        if differs {
            let detail = format!("{symbol}: the Gateway holds {}, which is not what was expected", own + others);
            self.outbox.note(EventKind::PositionDiffers, &detail, now.wall)?;
        }
        self.tell(TradeEvent::Position { symbol: symbol.clone(), own, others, differs });
        if halted && differs {
            self.tell(report::unexplained(&symbol));
        }
        Ok(())
    }

    fn session_over(&mut self, now: Moment, kind: EventKind, why: &str) -> Result<(), TradeError> {
        self.phase = Phase::Waiting;
        self.asking = Asking::Idle;
        self.compare_at = None;
        self.outbox.note(kind, why, now.wall)?;
        for desk in self.desks.values_mut() {
            desk.session_lost();
        }
        let changes = self.outbox.session_lost(why, now.wall)?;
        self.take_changes(&changes);
        self.no_health(why);
        self.tell_health(now)
    }

    /// Asks about unsettled orders and unexplained positions while a session is ready: soon after the doubt arose, then
    /// less and less often, and when an order has been absent for long enough. Without any doubt positions are compared now
    /// and then.
    fn plan_asking(&mut self, now: Moment) {
        if !matches!(self.phase, Phase::Ready { .. }) || matches!(self.asking, Asking::Asked) {
            return;
        }
        let uncompared = !self.compared_since_halt && self.halt.is_none();
        let doubt = uncompared || self.outbox.has_unsettled() || self.desks.values().any(Desk::is_unexplained);
        let is_due = match (doubt, &self.asking) {
            (true, Asking::Idle | Asking::Asked) => {
                let wait = self.ask_backoff.failed();
                let ripe = self.outbox.settles_in(now.wall).map_or(wait, |left| left.max(ASK_AFTER));
                self.asking = Asking::Due(now.instant + wait.min(ripe));
                false
            }
            (true, Asking::Due(at)) => *at <= now.instant,
            (false, Asking::Idle | Asking::Due(_) | Asking::Asked) => {
                self.ask_backoff.succeeded();
                self.asking = Asking::Idle;
                false
            }
        };
        if is_due || self.compare_at.is_some_and(|at| at <= now.instant) {
            self.asking = Asking::Asked;
            self.compare_at = Some(now.instant + COMPARE_EVERY);
            self.booked_since_asked = false;
            self.asked_since_halt = self.halt.is_none();
            self.actions.push(Action::Ask);
        }
    }

    fn tell(&mut self, event: TradeEvent) {
        self.actions.push(Action::Tell(Box::new(event)));
    }
}

/// What an account holds of an instrument, and what a unit of it cost on average.
fn held(answers: &CompleteAnswers, account: &AccountId, contract: &Contract) -> (Decimal, Decimal) {
    let is_it =
        |position: &&Position| position.account == account.as_str() && position.contract.con_id == contract.con_id;
    // A position that changed while it was being told stands there twice; what was told last holds.
    let newest = answers.positions.iter().rev().find(is_it);
    newest.map_or((Decimal::ZERO, Decimal::ZERO), |held| (held.position, held.avg_cost.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
