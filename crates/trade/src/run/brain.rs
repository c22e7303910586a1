//! Who decides about one instrument: a strategy of ours, or a program that is told and answers later. Pure.

use std::collections::VecDeque;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::settings::Decider;
use crate::risk::Quote;
use crate::strategy::{BarIn, FillIn, HealthIn, Signal, Start, Strategy, StrategyEvent};

/// How many bars are kept for a program that has to be started again: what it may ask for at most, see
/// [`crate::strategy::program`].
const KEPT: usize = 1_440;

/// Who decides about one instrument.
pub(super) enum Brain {
    /// Answers at once.
    Own(Box<dyn Strategy>),
    /// Answers later.
    Program(Box<Told>),
}

/// What a program has been told of one instrument, and is to be told.
pub(super) struct Told {
    name: String,
    warm_up_bars: usize,
    recent: VecDeque<BarIn>,
    events: Vec<StrategyEvent>,
    /// Why it is talked to no more, if so.
    down: bool,
}

impl Brain {
    pub(super) fn new(decider: Decider) -> Self {
        match decider {
            Decider::Own(strategy) => Self::Own(strategy),
            Decider::Program(hello) => Self::Program(Box::new(Told {
                name: hello.name,
                warm_up_bars: hello.warm_up_bars,
                recent: VecDeque::new(),
                events: Vec::new(),
                down: false,
            })),
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Own(strategy) => strategy.name(),
            Self::Program(told) => &told.name,
        }
    }

    pub(super) fn warm_up_bars(&self) -> usize {
        match self {
            Self::Own(strategy) => strategy.warm_up_bars(),
            Self::Program(told) => told.warm_up_bars,
        }
    }

    /// Whether there is nobody to decide.
    pub(super) fn is_down(&self) -> bool {
        match self {
            Self::Own(_) => false,
            Self::Program(told) => told.down,
        }
    }

    /// The program has gone, or is back.
    pub(super) fn set_down(&mut self, down: bool) {
        match self {
            Self::Own(_) => {}
            Self::Program(told) => {
                told.down = down;
                told.events.clear();
            }
        }
    }

    /// What the program is to be told, taken out.
    pub(super) fn take_events(&mut self) -> Vec<StrategyEvent> {
        match self {
            Self::Own(_) => Vec::new(),
            Self::Program(told) => std::mem::take(&mut told.events),
        }
    }

    pub(super) fn on_start(&mut self, symbol: &str, history: Vec<BarIn>, position: Decimal) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_start(&Start { symbol, history: &history, position }),
            Self::Program(told) => {
                told.recent = history.into();
                let start = told.start(symbol, position);
                told.tell(start)
            }
        }
    }

    /// The start that a program is to be told again after it came back; `None` for a strategy that never went away.
    pub(super) fn start_again(&self, symbol: &str, position: Decimal) -> Option<StrategyEvent> {
        match self {
            Self::Own(_) => None,
            Self::Program(told) => Some(told.start(symbol, position)),
        }
    }

    pub(super) fn on_bar(&mut self, symbol: &str, bar: &BarIn) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_bar(bar),
            Self::Program(told) => {
                told.recent.push_back(*bar);
                if told.recent.len() > KEPT {
                    told.recent.pop_front();
                }
                told.tell(StrategyEvent::Bar { symbol: symbol.to_owned(), bar: *bar })
            }
        }
    }

    pub(super) fn on_tick(&mut self, symbol: &str, quote: &Quote) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_tick(quote),
            Self::Program(told) => told.tell(StrategyEvent::Tick { symbol: symbol.to_owned(), quote: *quote }),
        }
    }

    pub(super) fn on_fill(&mut self, symbol: &str, fill: &FillIn) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_fill(fill),
            Self::Program(told) => told.tell(StrategyEvent::Fill { symbol: symbol.to_owned(), fill: *fill }),
        }
    }

    /// A program is told of health and time once, and not for each instrument: see the trader.
    pub(super) fn on_health(&mut self, health: &HealthIn) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_health(health),
            Self::Program(_) => None,
        }
    }

    pub(super) fn on_timer(&mut self, now: Timestamp) -> Option<Signal> {
        match self {
            Self::Own(strategy) => strategy.on_timer(now),
            Self::Program(_) => None,
        }
    }
}

impl Told {
    fn start(&self, symbol: &str, position: Decimal) -> StrategyEvent {
        // No more than it needs: the rest would only make the line long.
        let skipped = self.recent.len().saturating_sub(self.warm_up_bars);
        let history = self.recent.iter().skip(skipped).copied().collect();
        StrategyEvent::Start { symbol: symbol.to_owned(), history, position }
    }

    fn tell(&mut self, event: StrategyEvent) -> Option<Signal> {
        if !self.down {
            self.events.push(event);
        }
        None
    }
}
