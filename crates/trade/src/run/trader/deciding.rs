//! From a wish through the gate to an order or a cancel.

use gatewright_journal::{HaltRecord, IntentId, JournalError, OrderType, Side};
use gatewright_link::protocol::{CancelOrderParams, OrderParams};
use gatewright_proto::OrderId;
use gatewright_proto::message::order::{Action as OrderAction, Order};
use rust_decimal::Decimal;

use super::{Phase, Trader};
use crate::account::AccountId;
use crate::error::TradeError;
use crate::event::TradeEvent;
use crate::outbox::{Dispatch, OrderRequest, WorkingOrder};
use crate::position::Fill;
use crate::risk::{Passed, Proposal, Refusal, RiskView};
use crate::run::clock::Moment;
use crate::run::desk::{Desk, Wanted};
use crate::run::event::Action;
use crate::run::report;
use crate::run::settings::Sending;

/// What is to be done about a wish.
enum Step {
    Nothing,
    Cancel(IntentId, OrderId),
    Refuse(Wanted, Refusal),
    Send { wanted: Wanted, account: AccountId, floor: OrderId, passed: Passed },
}

impl Trader {
    /// Sends what is missing from the position that the strategy wants, if every gate is open; or cancels what is in its
    /// way. One order at a time: what a working one leads to is not known yet.
    pub(super) fn decide(&mut self, now: Moment, symbol: &str) -> Result<(), TradeError> {
        match self.next_step(now, symbol) {
            Step::Nothing => {}
            Step::Cancel(intent, order_id) => self.cancel(now, symbol, intent, order_id),
            Step::Refuse(wanted, refusal) => self.refused(symbol, &wanted, refusal),
            Step::Send { wanted, account, floor, passed } => {
                let dispatch = self.send(now, symbol, &wanted, floor, passed)?;
                if let Some(dispatch) = dispatch {
                    self.place(symbol, dispatch, &account);
                }
            }
        }
        Ok(())
    }

    fn next_step(&self, now: Moment, symbol: &str) -> Step {
        let Some(desk) = self.desks.get(symbol) else { return Step::Nothing };
        let mut mine = self.outbox.working().filter(|order| order.symbol == symbol);
        let to = match &self.phase {
            Phase::Ready { account, next_valid_id } => Some((account.clone(), *next_valid_id)),
            Phase::Waiting => None,
        };
        if let Some(working) = mine.find(|order| !order.is_in_doubt()) {
            let order_id = working.order_id.filter(|_| to.is_some() && desk.should_cancel(working, now.instant));
            return order_id.map_or(Step::Nothing, |order_id| Step::Cancel(working.intent, order_id));
        }
        let Some(wanted) = desk.wanted() else { return Step::Nothing };
        let account = to.as_ref().map(|(account, _)| account.clone()).or_else(|| self.account.clone());
        let account = account.unwrap_or_else(|| AccountId::new(""));
        match (self.gate(now, desk, &account, &wanted), to) {
            (Err(refusal), _) => Step::Refuse(wanted, refusal),
            (Ok(_), None) => Step::Nothing,
            (Ok(passed), Some((account, floor))) => Step::Send { wanted, account, floor, passed },
        }
    }

    /// The one gate.
    fn gate(&self, now: Moment, desk: &Desk, account: &AccountId, wanted: &Wanted) -> Result<Passed, Refusal> {
        let limits = &self.policy.limits;
        let mine = || self.outbox.working().filter(|order| order.symbol == desk.symbol);
        let view = RiskView {
            session_ready: matches!(self.phase, Phase::Ready { .. }),
            stopping: self.stopping,
            halt: self.halt.as_deref(),
            in_doubt: mine().filter(|order| order.is_in_doubt()).count(),
            unknown_position: desk.halted().or((!self.compared_since_halt).then_some("halted_meanwhile")),
            sick: &self.sick,
            market: desk.market(limits.hours),
            data_age: desk.price_age(now.instant),
            quote: desk.quote(now.instant, limits.max_data_age),
            position: desk.position(),
            working: mine().map(WorkingOrder::remaining).sum(),
            other_exposure: self.exposure(Some(&desk.symbol)),
            day_result: self.day_result(),
            orders_last_minute: self.rate.count(now.instant),
        };
        let (symbol, quantity, order_type) = (desk.symbol.as_str(), wanted.signed(), wanted.order_type);
        limits.check(&Proposal { account, symbol, quantity, order_type }, &view)
    }

    /// What our positions are worth, each without its sign and with what is working counted as filled, but for one.
    pub(super) fn exposure(&self, except: Option<&str>) -> Option<Decimal> {
        let mut sum = Decimal::ZERO;
        for desk in self.desks.values().filter(|desk| except != Some(desk.symbol.as_str())) {
            let working = self.outbox.working().filter(|order| order.symbol == desk.symbol);
            let held = working.fold(desk.position(), |sum, order| sum.saturating_add(order.remaining()));
            if !held.is_zero() {
                sum = sum.checked_add(held.checked_mul(desk.unit_value()?)?.abs())?;
            }
        }
        Some(sum)
    }

    /// What all instruments came to since the session's day began.
    pub(super) fn day_result(&self) -> Option<Decimal> {
        self.desks.values().map(Desk::day_result).sum()
    }

    pub(super) fn refused(&mut self, symbol: &str, wanted: &Wanted, refusal: Refusal) {
        let is_news = self.desks.get_mut(symbol).is_some_and(|desk| desk.refuse(&refusal));
        if is_news {
            *self.refusals.entry(refusal.limit()).or_default() += 1;
            self.day.refusals += 1;
            self.tell(TradeEvent::Refused { symbol: symbol.to_owned(), target: wanted.target, refusal });
        }
    }

    /// Makes an order durable; `None` where it ends here.
    fn send(
        &mut self,
        now: Moment,
        symbol: &str,
        wanted: &Wanted,
        floor: OrderId,
        passed: Passed,
    ) -> Result<Option<Dispatch>, TradeError> {
        if self.policy.sending == Sending::Real {
            self.look_whether_halted()?;
            if !self.compared_since_halt && self.halt.is_none() {
                self.refused(symbol, wanted, Refusal::PositionUnknown { why: "halted_meanwhile" });
                return Ok(None);
            }
        }
        let Some(desk) = self.desks.get_mut(symbol) else { return Ok(None) };
        desk.pass();
        if self.policy.sending == Sending::DryRun {
            self.assume(now, symbol, wanted);
            return Ok(None);
        }
        let request = OrderRequest {
            symbol: symbol.to_owned(),
            side: wanted.side,
            quantity: wanted.quantity,
            order_type: wanted.order_type,
            strategy: desk.brain.name().to_owned(),
            reason: wanted.reason.clone(),
        };
        let dispatch = match self.outbox.submit(request, floor, now.wall, passed) {
            Ok(dispatch) => dispatch,
            Err(TradeError::Journal(JournalError::Halted { halt })) => {
                // It was halted since the journal was asked last; the transaction is what counts.
                self.take_halt(Some(halted_words(&halt)));
                self.refused(symbol, wanted, Refusal::Halted { why: halted_words(&halt) });
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.rate.note(now.instant);
        self.day.orders += 1;
        self.tell(report::sent(&dispatch));
        Ok(Some(dispatch))
    }

    /// Hands a durable order over, once.
    fn place(&mut self, symbol: &str, dispatch: Dispatch, account: &AccountId) {
        let Some(desk) = self.desks.get(symbol) else { return };
        let contract = desk.contract.clone();
        let order = order_of(&dispatch, account);
        let (client_id, order_id) = (Some(self.policy.client_id), Some(dispatch.order_id));
        let params = Box::new(OrderParams { client_id, order_id, contract, order });
        self.actions.push(Action::Place { intent: dispatch.intent, params });
    }

    /// A dry run ends here: the order is told, and assumed to be filled at once.
    fn assume(&mut self, now: Moment, symbol: &str, wanted: &Wanted) {
        let fresh = self.policy.limits.max_data_age;
        let Some(desk) = self.desks.get_mut(symbol) else { return };
        let quote = desk.quote(now.instant, fresh);
        let side = if wanted.side == Side::Buy { quote.ask } else { quote.bid };
        let price = match wanted.order_type {
            OrderType::Market | OrderType::Stop { .. } => side.or(quote.last),
            OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => Some(limit_price),
        };
        let Some(price) = price else { return };
        self.assumed += 1;
        self.rate.note(now.instant);
        self.day.orders += 1;
        let fill = Fill { exec_id: format!("dry-{}", self.assumed), quantity: wanted.signed(), price };
        desk.fill(&fill, None);
        let book = desk.figures();
        let signal = desk.tell_fill(&fill);
        self.tell(TradeEvent::Assumed {
            symbol: symbol.to_owned(),
            side: wanted.side,
            quantity: wanted.quantity,
            price,
            reason: wanted.reason.clone(),
            book,
        });
        if let (Some(signal), Some(desk)) = (signal, self.desks.get_mut(symbol)) {
            desk.take_signal(&signal);
        }
    }

    /// Asks the journal whether trading is halted, and tells where that is news. From a halt on positions are not known,
    /// until they have been compared after its end: a kill switch closes what it finds.
    pub(super) fn look_whether_halted(&mut self) -> Result<(), TradeError> {
        let halts = self.outbox.halts_so_far()?;
        let halt = self.outbox.halted()?.map(|halt| halted_words(&halt));
        let is_news = self.halts.replace(halts).is_some_and(|known| known != halts);
        if (halt.is_some() || is_news) && self.policy.sending == Sending::Real {
            self.asked_since_halt = false;
            self.compared_since_halt = false;
        }
        self.take_halt(halt);
        Ok(())
    }

    fn take_halt(&mut self, halt: Option<String>) {
        if self.halt != halt {
            self.halt = halt.clone();
            self.tell(TradeEvent::Halt { why: halt });
        }
    }

    /// Cancels what waits at the Gateway, because nobody will be there to watch it.
    pub(super) fn cancel_waiting(&mut self, now: Moment) {
        if !matches!(self.phase, Phase::Ready { .. }) {
            return;
        }
        let waiting = self.outbox.working().filter(|order| order.may_wait() && !order.is_in_doubt());
        let waiting: Vec<_> =
            waiting.filter_map(|order| Some((order.symbol.clone(), order.intent, order.order_id?))).collect();
        for (symbol, intent, order_id) in waiting {
            self.cancel(now, &symbol, intent, order_id);
        }
    }

    fn cancel(&mut self, now: Moment, symbol: &str, intent: IntentId, order_id: OrderId) {
        let line = self.outbox.working().find(|order| order.intent == intent).map(report::line);
        if let Some(desk) = self.desks.get_mut(symbol) {
            desk.cancel_sent(now.instant);
        }
        if let Some(order) = line {
            self.tell(TradeEvent::CancelSent { order });
        }
        let client_id = Some(self.policy.client_id);
        self.actions.push(Action::Cancel { intent, params: CancelOrderParams { client_id, order_id } });
    }
}

/// Why trading is halted, for a person.
pub(in crate::run) fn halted_words(halt: &HaltRecord) -> String {
    let HaltRecord { at, reason, by, .. } = halt;
    format!("{reason} (halted by {by} at {})", at.strftime("%Y-%m-%d %H:%M:%S UTC"))
}

/// The order as the Gateway takes it.
fn order_of(dispatch: &Dispatch, account: &AccountId) -> Order {
    let request = &dispatch.request;
    let (limit, stop) = match request.order_type {
        OrderType::Market => (None, None),
        OrderType::Limit { limit_price } => (Some(limit_price), None),
        OrderType::Stop { stop_price } => (None, Some(stop_price)),
        OrderType::StopLimit { stop_price, limit_price } => (Some(limit_price), Some(stop_price)),
    };
    Order {
        action: if request.side == Side::Buy { OrderAction::Buy } else { OrderAction::Sell },
        total_quantity: request.quantity,
        order_type: request.order_type.name().into(),
        lmt_price: limit,
        aux_price: stop,
        tif: "DAY".into(),
        order_ref: dispatch.order_ref.clone(),
        account: account.as_str().into(),
        ..Order::default()
    }
}
