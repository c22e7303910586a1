//! What is on the screen, made of what the trader tells and of keys. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_trade::{OrderLine, StateKind, Status, TradeEvent};

use crate::command::trade::line;
use crate::output::Paint;

/// How many events are kept; more than the tallest terminal shows.
const EVENTS: usize = 200;

/// How many orders that are done are kept to be shown below those that are not.
const DONE: usize = 20;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To stop in order, as by Ctrl-C.
    Stop,
    /// To halt trading, as by `gatewright halt`.
    Halt,
}

/// A key, as far as it means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    /// Ctrl-C, which is no signal while the terminal is ours.
    Interrupt,
    Other,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Happened {
    /// Since the run began.
    pub(super) at: Duration,
    /// In words, on one line or more.
    pub(super) text: String,
}

/// Everything that is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) title: String,
    pub(super) account: Option<String>,
    /// Since the run began.
    pub(super) elapsed: Duration,
    pub(super) status: Option<Status>,
    /// The newest last.
    pub(super) events: VecDeque<Happened>,
    /// Orders that are done, the newest first.
    pub(super) done: VecDeque<OrderLine>,
    /// Whether a halt is to be confirmed.
    pub(super) asks_to_halt: bool,
    pub(super) stopping: bool,
}

impl Model {
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            account: None,
            elapsed: Duration::ZERO,
            status: None,
            events: VecDeque::new(),
            done: VecDeque::new(),
            asks_to_halt: false,
            stopping: false,
        }
    }

    /// Takes what the trader tells.
    pub(super) fn take(&mut self, event: &TradeEvent, at: Duration) {
        self.elapsed = at;
        if let TradeEvent::Status(status) = event {
            self.status = Some(Status::clone(status));
            return;
        }
        if let TradeEvent::Connected { account, .. } = event {
            self.account = Some(account.to_string());
        }
        if let TradeEvent::Stopping { .. } = event {
            self.stopping = true;
        }
        if let TradeEvent::OrderMoved { order, .. } | TradeEvent::Fill { order, .. } = event
            && !order.state.is_open()
        {
            self.finish(order);
        }
        if let Some(text) = line::event(event, Paint::new(false)) {
            self.say(&text, at);
        }
    }

    /// Takes a note that is no event of the trader's.
    pub(super) fn say(&mut self, text: &str, at: Duration) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(Happened { at, text: text.to_owned() });
    }

    fn finish(&mut self, order: &OrderLine) {
        self.done.retain(|known| known.order_ref != order.order_ref);
        self.done.push_front(order.clone());
        self.done.truncate(DONE);
    }

    /// Takes a key; what it asks for. A halt is asked for twice, since the key is next to others.
    pub(super) fn key(&mut self, key: Key) -> Option<Wish> {
        let asked = std::mem::take(&mut self.asks_to_halt);
        match key {
            Key::Char('y' | 'Y') if asked => Some(Wish::Halt),
            Key::Char('h' | 'H') if !asked && !self.is_halted() => {
                self.asks_to_halt = true;
                None
            }
            Key::Char('q' | 'Q') | Key::Interrupt => {
                self.stopping = true;
                Some(Wish::Stop)
            }
            Key::Char(_) | Key::Other => None,
        }
    }

    /// Whether trading is halted as far as the trader knows.
    pub(super) fn is_halted(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.risk.halted.is_some())
    }

    /// Whether orders are in doubt.
    pub(super) fn doubts(&self) -> usize {
        self.status.as_ref().map_or(0, |status| status.in_doubt)
    }
}

/// A state in words.
pub(super) fn state_words(state: StateKind) -> String {
    state.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use gatewright_trade::Side;
    use rust_decimal::Decimal;

    use super::*;

    fn moved(order_ref: &str, state: StateKind) -> TradeEvent {
        let order = OrderLine {
            order_ref: order_ref.into(),
            order_id: None,
            symbol: "AAPL".into(),
            side: Side::Buy,
            quantity: Decimal::TEN,
            state,
        };
        TradeEvent::OrderMoved { order, from: StateKind::Sent, evidence: "a test".into() }
    }

    #[test]
    fn a_halt_is_asked_for_twice_and_a_stop_once() {
        let mut model = Model::new("");
        assert_eq!(model.key(Key::Char('h')), None);
        assert_eq!(model.key(Key::Char('x')), None, "any other key takes it back");
        assert_eq!(model.key(Key::Char('y')), None);
        model.key(Key::Char('h'));
        assert_eq!(model.key(Key::Char('y')), Some(Wish::Halt));
        assert_eq!(model.key(Key::Interrupt), Some(Wish::Stop));
        assert!(model.stopping);
    }

    #[test]
    fn orders_that_are_done_are_kept_once_each_the_newest_first_and_events_are_bounded() {
        let mut model = Model::new("");
        for number in 0..EVENTS + 5 {
            model.take(&moved(&number.to_string(), StateKind::Cancelled), Duration::ZERO);
        }
        model.take(&moved("200", StateKind::Cancelled), Duration::ZERO);
        model.take(&moved("900", StateKind::Acknowledged), Duration::ZERO);
        assert_eq!((model.done.len(), model.events.len()), (DONE, EVENTS));
        assert_eq!((model.done[0].order_ref.as_str(), model.done[1].order_ref.as_str()), ("200", "204"));
    }
}
