//! The core: every decision and every journal entry, and no other I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use gatewright_journal::{IntentState, OrderType, Side, StateKind};
use gatewright_link::protocol::{OrderEvent, OrderParams};
use gatewright_proto::message::contract::Contract;
use gatewright_proto::message::execution::CommissionReport;
use gatewright_proto::message::order::{Action as OrderAction, Order};
use gatewright_proto::{ClientId, OrderId};
use rust_decimal::Decimal;

use super::backoff::Backoff;
use super::clock::Moment;
use super::desk::{Adopted, Desk};
use super::event::{Action, Event, SessionStart};
use super::report;
use super::settings::Instrument;
use crate::account::AccountId;
use crate::error::TradeError;
use crate::event::{Status, TradeEvent};
use crate::outbox::{Change, CompleteAnswers, Explained, OrderRequest, Outbox, WorkingOrder};
use crate::position::{Book, BookFigures, Counted};
use crate::risk::{RiskLimits, RiskView};
use crate::strategy::BarIn;
use crate::summary::Summary;

/// How long after a doubt arises the Gateway is asked, and between two such questions.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// The longest wait between two questions about the same orders, where answers do not help.
const ASK_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

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

/// The core of a trader. [`Trader::handle`] takes what happens and returns what is to be done; it waits for nothing but the
/// journal's disk.
pub struct Trader {
    outbox: Outbox,
    desks: BTreeMap<String, Desk>,
    limits: RiskLimits,
    client_id: ClientId,
    phase: Phase,
    asking: Asking,
    ask_backoff: Backoff,
    stopping: bool,
    started: Moment,
    sessions: u64,
    refusals: BTreeMap<&'static str, u64>,
    data_lost: u64,
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
        instruments: Vec<Instrument>,
        limits: RiskLimits,
        client_id: ClientId,
        now: Moment,
    ) -> Self {
        let desks = instruments.into_iter().map(|instrument| (instrument.symbol.clone(), Desk::new(instrument)));
        let mut trader = Self {
            outbox,
            desks: desks.collect(),
            limits,
            client_id,
            phase: Phase::Waiting,
            asking: Asking::Idle,
            ask_backoff: Backoff::new(ASK_AFTER, ASK_AT_LEAST_EVERY),
            stopping: false,
            started: now,
            sessions: 0,
            refusals: BTreeMap::new(),
            data_lost: 0,
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
            Event::Lost(failure) => self.lost(now, &failure.message)?,
            Event::Bar { symbol, bar } => self.bar(now, &symbol, &bar)?,
            Event::Price { symbol, price } => {
                if let Some(desk) = self.desks.get_mut(&symbol) {
                    desk.take_price(price, now.instant);
                }
            }
            Event::Order(OrderEvent::Commission(report)) => {
                self.outbox.commission(&report, now.wall)?;
                self.commission(&report);
            }
            Event::Order(event) => {
                if let OrderEvent::Open { order_id, order, .. } = &event {
                    self.outbox.saw_order_id(order.client_id, *order_id)?;
                }
                let changes = self.outbox.order_event(&event, now.wall)?;
                self.take_changes(&changes);
            }
            Event::Placed { intent, answer } => {
                let changes = self.outbox.answered(intent, &answer, now.wall)?;
                self.take_changes(&changes);
            }
            Event::Answers(answers) => {
                self.asking = Asking::Idle;
                if let Ok(answers) = answers {
                    self.learn(now, &answers)?;
                    self.look_again(&answers);
                    self.settle(now, &answers)?;
                }
            }
            Event::DataLost { symbol, count } => {
                self.data_lost += count;
                self.tell(TradeEvent::DataLost { symbol, count });
            }
            Event::Tick => self.tell(TradeEvent::Status(self.status(now.instant))),
            Event::Stop => {
                if !self.stopping {
                    self.stopping = true;
                    self.tell(TradeEvent::Stopping { working: self.outbox.working().count() });
                }
            }
        }
        self.plan_asking(now.instant);
        Ok(std::mem::take(&mut self.actions))
    }

    /// Whether nothing is on its way, no order and no commission, so that a stop leaves nothing behind.
    pub fn is_quiet(&self) -> bool {
        let awaits = self.desks.values().filter_map(|desk| desk.book.as_ref()).any(Book::awaits_commission);
        self.outbox.working().next().is_none() && !awaits
    }

    /// What the run came to so far.
    pub fn summary(&self, now: Moment) -> Summary {
        let duration = now.instant.saturating_duration_since(self.started.instant);
        let symbols = self.desks.iter().map(|(symbol, desk)| (symbol.clone(), desk.summary())).collect();
        let summary = Summary {
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            account: self.account.clone(),
            orders: self.outbox.tally().into_iter().map(|(state, count)| (state.name(), count)).collect(),
            symbols,
            reconnects: self.sessions.saturating_sub(1),
            in_doubt_settled: self.outbox.doubts_settled(),
            refusals: self.refusals.clone(),
            data_lost: self.data_lost,
            ..Summary::default()
        };
        summary.total()
    }

    fn ready(&mut self, now: Moment, start: SessionStart) -> Result<(), TradeError> {
        self.sessions += 1;
        self.account = Some(start.account.clone());
        self.outbox.session_began(start.next_valid_id);
        self.learn(now, &start.answers)?;
        for symbol in start.symbols {
            let recorded = self.outbox.recorded_position(start.account.as_str(), &symbol.symbol)?;
            let (gateway, cost) = held(&start.answers, &start.account, &symbol.contract);
            let Some(desk) = self.desks.get_mut(&symbol.symbol) else { continue };
            let history = TradeEvent::History {
                symbol: symbol.symbol.clone(),
                bars: symbol.history.len(),
                needed: desk.strategy.warm_up_bars(),
                last: symbol.history.last().map(|bar| bar.time),
            };
            desk.warm_up(symbol.contract, symbol.history);
            let adopted = desk.adopt(gateway, cost, recorded);
            self.tell(history);
            self.tell_position(symbol.symbol, adopted);
        }
        self.settle(now, &start.answers)?;
        self.phase = Phase::Ready { account: start.account, next_valid_id: start.next_valid_id };
        self.asking = Asking::Idle;
        self.tell(TradeEvent::Trading);
        Ok(())
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

    /// A position that was not explained may be by now.
    fn look_again(&mut self, answers: &CompleteAnswers) {
        let Some(account) = &self.account else { return };
        let mut news = Vec::new();
        for (symbol, desk) in self.desks.iter_mut().filter(|(_, desk)| desk.is_unexplained()) {
            let (gateway, cost) = held(answers, account, &desk.contract);
            let adopted = desk.adopt(gateway, cost, Decimal::ZERO);
            if adopted.differs {
                news.push((symbol.clone(), adopted));
            }
        }
        for (symbol, adopted) in news {
            self.tell_position(symbol, adopted);
        }
    }

    /// Tells what is held, and loudly where that stops trading.
    fn tell_position(&mut self, symbol: String, adopted: Adopted) {
        let halted = self.desks.get(&symbol).is_some_and(Desk::is_unexplained);
        let Adopted { own, others, differs } = adopted;
        self.tell(TradeEvent::Position { symbol: symbol.clone(), own, others, differs });
        if halted && differs {
            self.tell(report::unexplained(&symbol));
        }
    }

    fn lost(&mut self, now: Moment, why: &str) -> Result<(), TradeError> {
        self.phase = Phase::Waiting;
        self.asking = Asking::Idle;
        for desk in self.desks.values_mut() {
            desk.session_lost();
        }
        let changes = self.outbox.session_lost(why, now.wall)?;
        self.take_changes(&changes);
        Ok(())
    }

    fn bar(&mut self, now: Moment, symbol: &str, bar: &BarIn) -> Result<(), TradeError> {
        let Some(desk) = self.desks.get_mut(symbol) else { return Ok(()) };
        let signal = desk.take_bar(bar, now.instant);
        let changed = signal.as_ref().is_some_and(|signal| desk.take_signal(signal));
        self.tell(TradeEvent::Bar { symbol: symbol.to_owned(), bar: *bar });
        if let Some(signal) = signal.filter(|_| changed) {
            self.tell(TradeEvent::Signal { symbol: symbol.to_owned(), signal });
        }
        self.decide(now, symbol)
    }

    /// Sends what is missing from the position that the strategy wants, if every gate is open.
    fn decide(&mut self, now: Moment, symbol: &str) -> Result<(), TradeError> {
        let Some(desk) = self.desks.get_mut(symbol) else { return Ok(()) };
        let mine = || self.outbox.working().filter(|order| order.symbol == symbol);
        if mine().any(|order| !order.is_in_doubt()) {
            // One order at a time: what it leads to is not known yet.
            return Ok(());
        }
        let Some((side, quantity, signal)) = desk.wanted() else { return Ok(()) };
        let (target, reason) = (signal.target, signal.reason.clone());
        let view = RiskView {
            session_ready: matches!(self.phase, Phase::Ready { .. }),
            stopping: self.stopping,
            in_doubt: mine().filter(|order| order.is_in_doubt()).count(),
            halted: desk.halted(),
            data_age: desk.price_age(now.instant),
            position: desk.position(),
            working: mine().map(WorkingOrder::remaining).sum(),
        };
        let signed = if side == Side::Buy { quantity } else { -quantity };
        let (account, next_valid_id) = match (self.limits.check(signed, &view), &self.phase) {
            (Err(refusal), _) => {
                if desk.refuse(refusal.limit()) {
                    *self.refusals.entry(refusal.limit()).or_default() += 1;
                    self.tell(TradeEvent::Refused { symbol: symbol.to_owned(), target, refusal });
                }
                return Ok(());
            }
            (Ok(()), Phase::Waiting) => return Ok(()),
            (Ok(()), Phase::Ready { account, next_valid_id }) => (account.clone(), *next_valid_id),
        };
        desk.pass();
        let (strategy, contract) = (desk.strategy.name().to_owned(), desk.contract.clone());
        let request =
            OrderRequest { symbol: symbol.to_owned(), side, quantity, order_type: OrderType::Market, strategy, reason };
        let dispatch = self.outbox.submit(request, next_valid_id, now.wall)?;
        self.tell(report::sent(&dispatch));
        let order = Order {
            action: if side == Side::Buy { OrderAction::Buy } else { OrderAction::Sell },
            total_quantity: quantity,
            order_type: dispatch.request.order_type.name().into(),
            tif: "DAY".into(),
            order_ref: dispatch.order_ref,
            account: account.as_str().into(),
            ..Order::default()
        };
        let order_id = Some(dispatch.order_id);
        let params = Box::new(OrderParams { client_id: Some(self.client_id), order_id, contract, order });
        self.actions.push(Action::Place { intent: dispatch.intent, params });
        Ok(())
    }

    /// Books executions, lets refused wishes rest, and tells.
    fn take_changes(&mut self, changes: &[Change]) {
        for change in changes {
            let symbol = match change {
                Change::Moved { order, .. } | Change::Executed { order, .. } | Change::Unsettleable { order, .. } => {
                    Some(order.symbol.clone())
                }
                Change::Resurfaced { .. } => None,
            };
            let desk = symbol.and_then(|symbol| self.desks.get_mut(&symbol));
            match (change, desk) {
                (Change::Moved { order, .. }, Some(desk)) => match order.state {
                    IntentState::Rejected { .. } | IntentState::Cancelled => desk.decline(),
                    IntentState::Intended
                    | IntentState::Sent
                    | IntentState::Acknowledged
                    | IntentState::PartiallyFilled
                    | IntentState::Filled
                    | IntentState::InDoubt { .. }
                    | IntentState::NotPlaced => {}
                },
                (Change::Executed { order, fill }, Some(desk)) => {
                    // Before the first session there is no book: what the Gateway holds then has these in it already.
                    let counted = desk.book.as_mut().map(|book| book.fill(fill));
                    if counted == Some(Counted::Implausible) {
                        desk.lose_count();
                        self.tell(report::implausible(&order.symbol, &fill.exec_id));
                    }
                }
                (Change::Unsettleable { order, .. }, _) => {
                    if !self.told_unsettleable.insert(order.order_ref.clone()) {
                        continue;
                    }
                }
                (Change::Moved { .. } | Change::Executed { .. } | Change::Resurfaced { .. }, _) => {}
            }
            let figures = self.figures(change);
            self.tell(report::change(change, figures));
        }
    }

    fn figures(&self, change: &Change) -> BookFigures {
        let symbol = match change {
            Change::Executed { order, .. } => &order.symbol,
            Change::Moved { .. } | Change::Unsettleable { .. } | Change::Resurfaced { .. } => {
                return Default::default();
            }
        };
        self.desks.get(symbol).map(Desk::figures).unwrap_or_default()
    }

    fn commission(&mut self, report: &CommissionReport) {
        let Some(amount) = report.commission else { return };
        let found = self.desks.iter_mut().find_map(|(symbol, desk)| {
            let book = desk.book.as_mut().filter(|book| book.has(&report.exec_id))?;
            book.commission(&report.exec_id, amount).then(|| symbol.clone())
        });
        if let Some(symbol) = found {
            let (exec_id, currency) = (report.exec_id.clone(), report.currency.clone());
            self.tell(TradeEvent::Commission { symbol, exec_id, amount, currency });
        }
    }

    /// Asks about unsettled orders and unexplained positions while a session is ready: soon after the doubt arose, then less and less often.
    fn plan_asking(&mut self, now: Instant) {
        let unexplained = self.desks.values().any(Desk::is_unexplained);
        if !self.outbox.has_unsettled() && !unexplained {
            self.ask_backoff.succeeded();
            self.asking = Asking::Idle;
            return;
        }
        if !matches!(self.phase, Phase::Ready { .. }) {
            return;
        }
        match self.asking {
            Asking::Idle => self.asking = Asking::Due(now + self.ask_backoff.failed()),
            Asking::Due(at) if at <= now => {
                self.asking = Asking::Asked;
                self.actions.push(Action::Ask);
            }
            Asking::Due(_) | Asking::Asked => {}
        }
    }

    fn status(&self, now: Instant) -> Status {
        let symbols: Vec<_> = self.desks.values().map(|desk| desk.status(now)).collect();
        Status {
            ready: matches!(self.phase, Phase::Ready { .. }),
            working: self.outbox.working().count(),
            in_doubt: self.outbox.working().filter(|order| order.state.kind() == StateKind::InDoubt).count(),
            fills: self.desks.values().map(|desk| desk.summary().fills).sum(),
            symbols,
        }
    }

    fn tell(&mut self, event: TradeEvent) {
        self.actions.push(Action::Tell(Box::new(event)));
    }
}

/// What an account holds of an instrument, and what a unit of it cost on average.
fn held(answers: &CompleteAnswers, account: &AccountId, contract: &Contract) -> (Decimal, Decimal) {
    let ours = answers
        .positions
        .iter()
        .filter(|position| position.account == account.as_str() && position.contract.con_id == contract.con_id);
    ours.fold((Decimal::ZERO, Decimal::ZERO), |(sum, _), position| {
        (sum + position.position, position.avg_cost.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
