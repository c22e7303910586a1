//! One instrument: its strategy, its prices and its book. Pure.

use std::time::{Duration, Instant};

use gatewright_journal::{OrderType, Side};
use gatewright_proto::message::contract::Contract;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::brain::Brain;
use super::settings::Decider;
use crate::calendar::Calendar;
use crate::day::{DayResult, EarlierToday};
use crate::event::SymbolStatus;
use crate::outbox::WorkingOrder;
use crate::position::{Book, BookFigures, Counted, Fill, own_part};
use crate::risk::{HoursRule, Market, Quote, Refusal};
use crate::strategy::{Aggregator, BarIn, BarLength, FillIn, Signal, StrategyEvent};
use crate::summary::SymbolSummary;

/// How long the Gateway has for a cancel before it is asked for again.
const CANCEL_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// One instrument at work.
pub(super) struct Desk {
    pub(super) symbol: String,
    pub(super) contract: Contract,
    pub(super) brain: Brain,
    pub(super) book: Option<Book>,
    calendar: Calendar,
    day: DayResult,
    aggregator: Aggregator,
    /// What the Gateway holds beyond our own part.
    others: Decimal,
    /// By how much the position differed at the run's start from what our executions of earlier runs explain.
    inherited: Decimal,
    /// By how much the position has moved since then without an execution of ours that we know of, and without an
    /// explanation in the journal.
    gap: Decimal,
    /// What the journal counted as ours at the run's start and the Gateway did not show.
    missing: Decimal,
    /// Whether an execution came that could not be counted, so that nobody here knows what is held.
    uncounted: bool,
    /// Whether nothing is really sent, so that the book is an assumption and the Gateway knows nothing of it.
    assumes: bool,
    /// The session's history, until the first live bar tells where it ends.
    history: Option<Vec<BarIn>>,
    bars: u64,
    /// The start of the last five-second bar.
    last_live: Option<Timestamp>,
    last_bar: Option<Timestamp>,
    /// The Gateway's clock when the session began.
    gateway_clock: Option<Timestamp>,
    /// The last prices and when they came. Gone when the session is: old prices never pass for fresh ones.
    quote: Quote,
    priced_at: Option<Instant>,
    quoted_at: Option<Instant>,
    /// The last price of any session, for valuing only.
    last_price: Option<Decimal>,
    signal: Option<Signal>,
    /// A wish for which the Gateway refused an order. The same is not tried again.
    declined: Option<Signal>,
    refused: Option<Refusal>,
    cancelling: Option<Instant>,
}

/// The Gateway's position as it differs from what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Adopted {
    pub(super) own: Decimal,
    pub(super) others: Decimal,
    pub(super) differs: bool,
}

/// What a session begins with.
pub(super) struct WarmUp {
    pub(super) contract: Contract,
    pub(super) calendar: Calendar,
    pub(super) history: Vec<BarIn>,
    pub(super) gateway_clock: Timestamp,
}

/// The order that would lead to what the strategy wants.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wanted {
    pub(super) side: Side,
    pub(super) quantity: Decimal,
    pub(super) order_type: OrderType,
    pub(super) target: Decimal,
    pub(super) reason: String,
}

impl Wanted {
    /// How much, signed.
    pub(super) fn signed(&self) -> Decimal {
        if self.side == Side::Buy { self.quantity } else { -self.quantity }
    }
}

impl Desk {
    pub(super) fn new(symbol: String, decider: Decider, bar: BarLength, assumes: bool) -> Self {
        Self {
            contract: Contract::stock(&symbol),
            brain: Brain::new(decider),
            symbol,
            book: None,
            calendar: Calendar::default(),
            day: DayResult::default(),
            aggregator: Aggregator::new(bar),
            others: Decimal::ZERO,
            inherited: Decimal::ZERO,
            gap: Decimal::ZERO,
            missing: Decimal::ZERO,
            uncounted: false,
            assumes,
            history: None,
            bars: 0,
            last_live: None,
            last_bar: None,
            gateway_clock: None,
            quote: Quote::default(),
            priced_at: None,
            quoted_at: None,
            last_price: None,
            signal: None,
            declined: None,
            refused: None,
            cancelling: None,
        }
    }

    /// From here on the strategy knows nothing but this history and the live bars that follow it.
    pub(super) fn warm_up(&mut self, start: WarmUp) {
        self.contract = start.contract;
        self.calendar = start.calendar;
        self.history = Some(start.history);
        self.gateway_clock = Some(start.gateway_clock);
        self.last_live = None;
        self.last_bar = None;
        self.forget_prices();
        self.declined = None;
        self.refused = None;
    }

    /// The run begins within a day of which earlier runs have left this.
    pub(super) fn begin_day(&mut self, earlier: EarlierToday) {
        self.day.begin(self.calendar.day(self.market_time()), earlier);
    }

    /// When the day of the Gateway's clock began.
    pub(super) fn day_began(&self) -> Timestamp {
        self.calendar.day_began(self.market_time())
    }

    /// Takes the Gateway's word for what is held. `recorded` is what the journal counts as ours by now: executions and
    /// explanations.
    pub(super) fn adopt(&mut self, gateway: Decimal, average_cost: Decimal, recorded: Decimal) -> Adopted {
        let (own, differs) = match &mut self.book {
            None => {
                let own = own_part(gateway, recorded);
                self.inherited = gateway - recorded;
                self.missing = recorded - own;
                self.book = Some(Book::opened_with(own, average_cost));
                (own, own != recorded)
            }
            Some(book) if self.assumes => return Adopted { own: book.position(), others: self.others, differs: false },
            Some(book) => {
                // By the journal and not by the book: an answer that was too old must not take away for good what is there,
                // and what a kill switch has closed is not in the book.
                let own = own_part(gateway, recorded - self.missing);
                let moved = gateway - book.position() - self.others;
                self.gap = gateway - recorded - self.inherited;
                book.hold(own, average_cost);
                (own, !moved.is_zero())
            }
        };
        self.others = gateway - own;
        Adopted { own, others: self.others, differs }
    }

    /// Whether our executions explain what the Gateway holds, for an order that an earlier run left or one of this run.
    pub(super) fn explains(&self, gateway: Decimal, from_earlier_run: bool) -> bool {
        if self.assumes {
            return self.inherited.is_zero();
        }
        let gap = self.gap + gateway - self.position() - self.others;
        let all = self.inherited + gap;
        all.is_zero() || (!from_earlier_run && gap.is_zero())
    }

    /// Whether the position has moved by something that our executions do not explain.
    pub(super) fn is_unexplained(&self) -> bool {
        !self.gap.is_zero() && !(self.inherited + self.gap).is_zero()
    }

    /// Books an execution, perhaps in the place of an earlier one; whether it could be counted. Before the first session there is no book: what the Gateway holds
    /// then has these in it already.
    pub(super) fn fill(&mut self, fill: &Fill, instead_of: Option<&Fill>) -> bool {
        let Some(book) = &mut self.book else { return true };
        let counted = match instead_of {
            Some(was) => book.correct(was, fill),
            None => book.fill(fill),
        };
        if counted == Counted::Implausible {
            self.uncounted = true;
            return false;
        }
        true
    }

    /// Why nothing may be sent until a person has looked, if so.
    pub(super) fn halted(&self) -> Option<&'static str> {
        match (self.uncounted, self.is_unexplained()) {
            (true, _) => Some("implausible_execution"),
            (false, true) => Some("unexplained_position"),
            (false, false) => None,
        }
    }

    /// The session is over: its prices are history.
    pub(super) fn session_lost(&mut self) {
        self.forget_prices();
        self.cancelling = None;
    }

    fn forget_prices(&mut self) {
        self.quote = Quote::default();
        self.priced_at = None;
        self.quoted_at = None;
    }

    /// Takes live prices: those that are absent are not known anew. What the strategy makes of them.
    pub(super) fn take_quote(&mut self, news: Quote, now: Instant) -> Option<Signal> {
        if let Some(last) = news.last {
            self.take_price(last, now);
        }
        if news.bid.is_some() || news.ask.is_some() {
            self.quoted_at = Some(now);
        }
        self.quote.bid = news.bid.or(self.quote.bid);
        self.quote.ask = news.ask.or(self.quote.ask);
        // Before the first live bar the strategy has not started.
        let has_started = self.history.is_none();
        if has_started { self.brain.on_tick(&self.symbol, &self.quote) } else { None }
    }

    fn take_price(&mut self, price: Decimal, now: Instant) {
        let before = self.last_price.map(|last| (self.figures(), last));
        self.quote.last = Some(price);
        self.priced_at = Some(now);
        self.last_price = Some(price);
        let (day, figures) = (self.calendar.day(self.market_time()), self.figures());
        self.day.price(day, price, before.as_ref().map(|(figures, last)| (figures, *last)), &figures);
    }

    /// Takes a live five-second bar: the bar that it completes, and what the strategy wants then. Repeated bars are passed
    /// over.
    pub(super) fn take_bar(&mut self, live: &BarIn, now: Instant) -> (Option<BarIn>, Option<Signal>) {
        if self.last_live.is_some_and(|last| live.time <= last) {
            return (None, None);
        }
        self.last_live = Some(live.time);
        self.take_price(live.close, now);
        let mut wish = None;
        if let Some(mut history) = self.history.take() {
            // Live bars were asked for before history, so the two overlap; the last historical one may be half a bar.
            let first = self.aggregator.start_of(live.time, &self.calendar);
            // A Gateway begins a session's first bar when the session begins, wherever that is in its bar.
            for past in &mut history {
                past.time = self.aggregator.start_of(past.time, &self.calendar);
            }
            self.aggregator.begin_with(history.iter().rev().find(|past| past.time == first).copied());
            history.retain(|past| past.time < first);
            wish = self.brain.on_start(&self.symbol, history, self.position());
        }
        let Some(bar) = self.aggregator.take(live, &self.calendar) else { return (None, wish) };
        if self.last_bar.is_some_and(|last| bar.time <= last) {
            return (None, wish);
        }
        self.last_bar = Some(bar.time);
        self.bars += 1;
        (Some(bar), self.brain.on_bar(&self.symbol, &bar).or(wish))
    }

    /// Tells the strategy of an execution; what it makes of it.
    pub(super) fn tell_fill(&mut self, fill: &Fill) -> Option<Signal> {
        if self.history.is_some() {
            return None;
        }
        let fill = FillIn { quantity: fill.quantity, price: fill.price, position: self.position() };
        self.brain.on_fill(&self.symbol, &fill)
    }

    /// A strategy that has begun anew is told what it missed.
    pub(super) fn start_over(&mut self) -> Option<StrategyEvent> {
        let has_started = self.history.is_none() && self.last_live.is_some();
        has_started.then(|| self.brain.start_again(&self.symbol, self.position())).flatten()
    }

    /// Remembers what the strategy wants; whether it changed its mind.
    pub(super) fn take_signal(&mut self, signal: &Signal) -> bool {
        let changed = self.signal.as_ref().is_none_or(|known| !known.wants_same(signal));
        if changed {
            self.declined = None;
            self.refused = None;
        }
        self.signal = Some(signal.clone());
        changed
    }

    /// The strategy is gone, and what it wanted counts no more.
    pub(super) fn forget_signal(&mut self) {
        self.signal = None;
    }

    /// The order that would lead to what the strategy wants, where nothing is working.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let signal = self.signal.as_ref()?;
        if self.declined.as_ref().is_some_and(|declined| declined.wants_same(signal)) {
            return None;
        }
        let missing = signal.target.checked_sub(self.position())?;
        let side = if missing.is_sign_negative() { Side::Sell } else { Side::Buy };
        let order_type = signal.limit.map_or(OrderType::Market, |limit_price| OrderType::Limit { limit_price });
        let (target, reason) = (signal.target, signal.reason.clone());
        (!missing.is_zero()).then(|| Wanted { side, quantity: missing.abs(), order_type, target, reason })
    }

    /// Whether a working order is in the way of what the strategy wants, so that it is to be cancelled now. Market orders
    /// are not: they are filled before a cancel arrives.
    pub(super) fn should_cancel(&self, order: &WorkingOrder, now: Instant) -> bool {
        let serves = self
            .wanted()
            .is_some_and(|wanted| wanted.order_type == order.order_type && wanted.signed() == order.remaining());
        let asked = self.cancelling.is_some_and(|at| now.saturating_duration_since(at) < CANCEL_AGAIN_AFTER);
        // Without an opinion the strategy may still want it; without a strategy nobody does.
        let has_opinion = self.signal.is_some() || self.brain.is_down();
        order.may_wait() && has_opinion && !serves && !asked
    }

    /// A cancel goes out.
    pub(super) fn cancel_sent(&mut self, now: Instant) {
        self.cancelling = Some(now);
    }

    /// An order is dead. Unless we wanted that, the Gateway would not have it: not again until the strategy changes its
    /// mind.
    pub(super) fn order_died(&mut self) {
        if self.cancelling.take().is_none() {
            self.declined = self.signal.clone();
        }
    }

    /// A limit stands in the way; whether that is news.
    pub(super) fn refuse(&mut self, refusal: &Refusal) -> bool {
        let known = self.refused.replace(refusal.clone());
        known.is_none_or(|known| !known.is_same_news(refusal))
    }

    /// Nothing stands in the way any more.
    pub(super) fn pass(&mut self) {
        self.refused = None;
        // Whatever was being cancelled is gone.
        self.cancelling = None;
    }

    pub(super) fn position(&self) -> Decimal {
        self.book.as_ref().map_or(Decimal::ZERO, Book::position)
    }

    /// Position and money, with what is open valued at the last price of any session.
    pub(super) fn figures(&self) -> BookFigures {
        self.book.as_ref().map_or_else(|| Book::default().figures(None), |book| book.figures(self.last_price))
    }

    /// What a unit is worth, for adding up only: at the last price of any session, else at what it had cost.
    pub(super) fn unit_value(&self) -> Option<Decimal> {
        self.last_price.or_else(|| self.figures().average_price)
    }

    /// What the day came to.
    pub(super) fn day_result(&self) -> Option<Decimal> {
        self.day.result(&self.figures())
    }

    /// The last prices; a bid and an ask that have not moved for longer than `fresh` are not believed any more.
    pub(super) fn quote(&self, now: Instant, fresh: Duration) -> Quote {
        let is_fresh = self.quoted_at.is_some_and(|at| now.saturating_duration_since(at) <= fresh);
        if is_fresh { self.quote } else { Quote { last: self.quote.last, ..Quote::default() } }
    }

    /// How old the last price is.
    pub(super) fn price_age(&self, now: Instant) -> Option<Duration> {
        self.priced_at.map(|came| now.saturating_duration_since(came))
    }

    /// Whether the market is open, by the Gateway's clock as the last bar showed it.
    pub(super) fn market(&self, rule: HoursRule) -> Market {
        self.calendar.market(self.market_time(), rule)
    }

    /// The end of the last bar, else the Gateway's clock when the session began. In a simulation neither is our own clock.
    fn market_time(&self) -> Timestamp {
        let length = SignedDuration::try_from(BarLength::LIVE.duration()).unwrap_or_default();
        let ended = self.last_live.map(|start| start.checked_add(length).unwrap_or(start));
        ended.or(self.gateway_clock).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn status(&self, now: Instant, rule: HoursRule) -> SymbolStatus {
        SymbolStatus {
            symbol: self.symbol.clone(),
            price: self.quote.last,
            price_age: self.price_age(now),
            bid: self.quote.bid,
            ask: self.quote.ask,
            bar_time: self.last_bar,
            target: self.signal.as_ref().map(|signal| signal.target),
            signal: self.signal.clone(),
            refused: self.refused.clone(),
            halted: self.halted(),
            market: self.market(rule),
            day_result: self.day_result(),
            book: self.figures(),
        }
    }

    pub(super) fn summary(&self) -> SymbolSummary {
        SymbolSummary {
            book: self.figures(),
            last_price: self.last_price,
            day_result: self.day_result(),
            fills: self.book.as_ref().map_or(0, Book::fills),
            bars: self.bars,
            halted: self.halted(),
        }
    }
}
