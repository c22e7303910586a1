//! One instrument: its strategy, its prices and its book. Pure.

use std::time::Instant;

use gatewright_journal::Side;
use gatewright_proto::message::contract::Contract;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::settings::Instrument;
use crate::event::SymbolStatus;
use crate::position::{Book, BookFigures, own_part};
use crate::strategy::{BarIn, Signal, Strategy};
use crate::summary::SymbolSummary;

/// One instrument at work.
pub(super) struct Desk {
    pub(super) symbol: String,
    pub(super) contract: Contract,
    pub(super) strategy: Box<dyn Strategy>,
    pub(super) book: Option<Book>,
    /// What the Gateway holds beyond our own part.
    others: Decimal,
    /// By how much the position differed at the run's start from what our executions of earlier runs explain.
    inherited: Decimal,
    /// By how much the position has moved since then without an execution of ours that we know of.
    gap: Decimal,
    /// Whether an execution came that could not be counted, so that nobody here knows what is held.
    uncounted: bool,
    /// The session's history, until the first live bar tells where it ends.
    history: Option<Vec<BarIn>>,
    bars: u64,
    last_bar: Option<Timestamp>,
    /// The last price and when it came. Gone when the session is: an old price never passes for a fresh one.
    price: Option<(Decimal, Instant)>,
    /// The last price of any session, for valuing only.
    last_price: Option<Decimal>,
    signal: Option<Signal>,
    /// A position for which the Gateway refused an order. The same wish is not tried again.
    declined: Option<Decimal>,
    refused: Option<&'static str>,
}

/// The Gateway's position as it differs from what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Adopted {
    pub(super) own: Decimal,
    pub(super) others: Decimal,
    pub(super) differs: bool,
}

impl Desk {
    pub(super) fn new(instrument: Instrument) -> Self {
        Self {
            contract: Contract::stock(&instrument.symbol),
            symbol: instrument.symbol,
            strategy: instrument.strategy,
            book: None,
            others: Decimal::ZERO,
            inherited: Decimal::ZERO,
            gap: Decimal::ZERO,
            uncounted: false,
            history: None,
            bars: 0,
            last_bar: None,
            price: None,
            last_price: None,
            signal: None,
            declined: None,
            refused: None,
        }
    }

    /// From here on the strategy knows nothing but this history and the live bars that follow it.
    pub(super) fn warm_up(&mut self, contract: Contract, history: Vec<BarIn>) {
        self.contract = contract;
        self.history = Some(history);
        self.last_bar = None;
        self.price = None;
        self.declined = None;
        self.refused = None;
    }

    /// Takes the Gateway's word for what is held. `recorded` is what the journal counts as ours.
    pub(super) fn adopt(&mut self, gateway: Decimal, average_cost: Decimal, recorded: Decimal) -> Adopted {
        let (own, differs) = match &mut self.book {
            None => {
                let own = own_part(gateway, recorded);
                self.inherited = gateway - recorded;
                self.book = Some(Book::opened_with(own, average_cost));
                (own, own != recorded)
            }
            Some(book) => {
                let before = book.position();
                let own = own_part(gateway, before);
                let moved = gateway - before - self.others;
                let differs = !moved.is_zero();
                self.gap += moved;
                if own != before {
                    book.shrink_to(own);
                }
                (own, differs)
            }
        };
        self.others = gateway - own;
        Adopted { own, others: self.others, differs }
    }

    /// Whether our executions explain what the Gateway holds, for an order that an earlier run left or one of this run.
    pub(super) fn explains(&self, gateway: Decimal, from_earlier_run: bool) -> bool {
        let gap = self.gap + gateway - self.position() - self.others;
        let all = self.inherited + gap;
        all.is_zero() || (!from_earlier_run && gap.is_zero())
    }

    /// Whether the position has moved by something that our executions do not explain.
    pub(super) fn is_unexplained(&self) -> bool {
        !self.gap.is_zero() && !(self.inherited + self.gap).is_zero()
    }

    /// An execution came that cannot be counted: what is held is unknown until the next run asks anew.
    pub(super) fn lose_count(&mut self) {
        self.uncounted = true;
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
        self.price = None;
    }

    /// Takes a live price.
    pub(super) fn take_price(&mut self, price: Decimal, now: Instant) {
        self.price = Some((price, now));
        self.last_price = Some(price);
    }

    /// Takes a live bar; what the strategy wants now. Repeated bars are passed over.
    pub(super) fn take_bar(&mut self, bar: &BarIn, now: Instant) -> Option<Signal> {
        if let Some(mut history) = self.history.take() {
            // Live bars were asked for before history, so the two overlap; the last historical one may be half a bar.
            history.retain(|past| past.time < bar.time);
            self.strategy.on_start(&history);
        }
        if self.last_bar.is_some_and(|last| bar.time <= last) {
            return None;
        }
        self.last_bar = Some(bar.time);
        self.bars += 1;
        self.take_price(bar.close, now);
        self.strategy.on_bar(bar)
    }

    /// Remembers what the strategy wants; whether it changed its mind.
    pub(super) fn take_signal(&mut self, signal: &Signal) -> bool {
        let changed = self.signal.as_ref().map(|known| known.target) != Some(signal.target);
        if changed {
            self.declined = None;
            self.refused = None;
        }
        self.signal = Some(signal.clone());
        changed
    }

    /// The order that would lead to what the strategy wants, where nothing is working: side and size.
    pub(super) fn wanted(&self) -> Option<(Side, Decimal, &Signal)> {
        let signal = self.signal.as_ref()?;
        if self.declined == Some(signal.target) {
            return None;
        }
        let missing = signal.target - self.position();
        match () {
            () if missing > Decimal::ZERO => Some((Side::Buy, missing, signal)),
            () if missing < Decimal::ZERO => Some((Side::Sell, -missing, signal)),
            () => None,
        }
    }

    /// The Gateway would not have it: not again until the strategy changes its mind.
    pub(super) fn decline(&mut self) {
        self.declined = self.signal.as_ref().map(|signal| signal.target);
    }

    /// A limit stands in the way; whether that is news.
    pub(super) fn refuse(&mut self, limit: &'static str) -> bool {
        self.refused.replace(limit) != Some(limit)
    }

    /// Nothing stands in the way any more.
    pub(super) fn pass(&mut self) {
        self.refused = None;
    }

    pub(super) fn position(&self) -> Decimal {
        self.book.as_ref().map_or(Decimal::ZERO, Book::position)
    }

    /// Position and money, with what is open valued at the last price of any session.
    pub(super) fn figures(&self) -> BookFigures {
        self.book.as_ref().map_or_else(|| Book::default().figures(None), |book| book.figures(self.last_price))
    }

    /// How old the last price is.
    pub(super) fn price_age(&self, now: Instant) -> Option<std::time::Duration> {
        self.price.map(|(_, came)| now.saturating_duration_since(came))
    }

    pub(super) fn status(&self, now: Instant) -> SymbolStatus {
        SymbolStatus {
            symbol: self.symbol.clone(),
            price: self.price.map(|(price, _)| price),
            price_age: self.price_age(now),
            bar_time: self.last_bar,
            target: self.signal.as_ref().map(|signal| signal.target),
            book: self.figures(),
        }
    }

    pub(super) fn summary(&self) -> SymbolSummary {
        SymbolSummary {
            book: self.figures(),
            last_price: self.last_price,
            fills: self.book.as_ref().map_or(0, Book::fills),
            bars: self.bars,
            halted: self.halted(),
        }
    }
}
