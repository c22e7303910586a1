//! The strategies' part: bars, prices, health, time, and programs.

use std::collections::BTreeMap;

use gatewright_link::LinkError;
use gatewright_link::protocol::{Layer, LayerState};

use super::{Phase, TIMER_EVERY, Trader};
use crate::error::TradeError;
use crate::event::TradeEvent;
use crate::risk::{Quote, SickLayer};
use crate::run::brain::Brain;
use crate::run::clock::Moment;
use crate::run::event::{Action, ProgramNews};
use crate::strategy::program::Hello;
use crate::strategy::{BarIn, HealthIn, Signal, StrategyEvent};

/// The layer whose loss makes everything that the Gateway says of orders old.
const GATEWAY_LINK: &str = "gateway_link";

/// What is known of the layers before anybody has asked.
pub(super) fn nothing_known() -> Vec<SickLayer> {
    unknown("nobody has asked yet")
}

fn unknown(evidence: &str) -> Vec<SickLayer> {
    vec![SickLayer { layer: "session".into(), state: LayerState::Unknown, evidence: evidence.to_owned() }]
}

impl Trader {
    pub(super) fn bar(&mut self, now: Moment, symbol: &str, live: &BarIn) -> Result<(), TradeError> {
        let Some(desk) = self.desks.get_mut(symbol) else { return Ok(()) };
        let (bar, wish) = desk.take_bar(live, now.instant);
        if let Some(bar) = bar {
            self.tell(TradeEvent::Bar { symbol: symbol.to_owned(), bar });
        }
        match wish {
            Some(signal) => self.wish(now, symbol, signal)?,
            None => self.decide(now, symbol)?,
        }
        self.watch_day();
        Ok(())
    }

    pub(super) fn prices(&mut self, now: Moment, symbol: &str, quote: Quote) -> Result<(), TradeError> {
        let wish = self.desks.get_mut(symbol).and_then(|desk| desk.take_quote(quote, now.instant));
        wish.map_or(Ok(()), |signal| self.wish(now, symbol, signal))
    }

    /// Takes a wish, tells it where it is news, and acts on it.
    pub(super) fn wish(&mut self, now: Moment, symbol: &str, signal: Signal) -> Result<(), TradeError> {
        let Some(desk) = self.desks.get_mut(symbol) else { return Ok(()) };
        if desk.take_signal(&signal) {
            self.tell(TradeEvent::Signal { symbol: symbol.to_owned(), signal });
        }
        self.decide(now, symbol)
    }

    pub(super) fn health(
        &mut self,
        now: Moment,
        layers: Result<BTreeMap<String, Layer>, LinkError>,
    ) -> Result<(), TradeError> {
        if matches!(self.phase, Phase::Waiting) {
            // It was asked about a session that is over.
            return Ok(());
        }
        let before = self.broken();
        self.take_layers(layers);
        let broken = self.broken();
        let link = |layers: &[String]| layers.iter().any(|layer| layer == GATEWAY_LINK);
        if link(&before) && !link(&broken) {
            // What happened to orders meanwhile is not always told afterwards.
            self.compare_at = Some(now.instant);
        }
        if before == broken { Ok(()) } else { self.tell_health(now) }
    }

    /// Takes how the layers are, without telling anybody.
    pub(super) fn take_layers(&mut self, layers: Result<BTreeMap<String, Layer>, LinkError>) {
        match layers {
            Ok(layers) => {
                let sick = layers.iter().filter(|(_, layer)| layer.state != LayerState::Yes);
                let sick = sick.map(|(name, layer)| SickLayer {
                    layer: name.clone(),
                    state: layer.state,
                    evidence: layer.evidence.clone(),
                });
                self.sick = sick.collect();
                self.layers = layers;
            }
            Err(error) => self.sick = unknown(&format!("the worker does not say: {error}")),
        }
        let broken = self.broken();
        self.outbox.cut_off(broken.iter().any(|layer| layer == GATEWAY_LINK));
    }

    /// There is no session any more whose layers could be well.
    pub(super) fn no_health(&mut self, why: &str) {
        let lost = Layer { state: LayerState::No, since_ms: Some(0), evidence: why.to_owned() };
        self.layers = BTreeMap::from([("session".to_owned(), lost)]);
        self.sick = nothing_known();
    }

    fn broken(&self) -> Vec<String> {
        self.sick.iter().filter(|sick| sick.state == LayerState::No).map(|sick| sick.layer.clone()).collect()
    }

    /// Tells strategies how the connection is.
    pub(super) fn tell_health(&mut self, now: Moment) -> Result<(), TradeError> {
        let health = HealthIn { ready: matches!(self.phase, Phase::Ready { .. }), broken: self.broken() };
        let wishes: Vec<_> = self
            .desks
            .iter_mut()
            .filter_map(|(symbol, desk)| Some((symbol.clone(), desk.brain.on_health(&health)?)))
            .collect();
        self.tell_program(StrategyEvent::Health { health });
        wishes.into_iter().try_for_each(|(symbol, signal)| self.wish(now, &symbol, signal))
    }

    /// Time has passed: whoever looks is told where everything stands, and strategies the time.
    pub(super) fn tick(&mut self, now: Moment) -> Result<(), TradeError> {
        let is_due = self.timer.is_none_or(|last| now.instant.saturating_duration_since(last) >= TIMER_EVERY);
        if is_due {
            self.timer = Some(now.instant);
            self.look_whether_halted()?;
            let wishes: Vec<_> = self
                .desks
                .iter_mut()
                .filter_map(|(symbol, desk)| Some((symbol.clone(), desk.brain.on_timer(now.wall)?)))
                .collect();
            self.tell_program(StrategyEvent::Timer { now: now.wall });
            wishes.into_iter().try_for_each(|(symbol, signal)| self.wish(now, &symbol, signal))?;
        }
        let status = self.status(now);
        self.tell(TradeEvent::Status(Box::new(status)));
        Ok(())
    }

    pub(super) fn program(&mut self, now: Moment, news: ProgramNews) -> Result<(), TradeError> {
        match news {
            ProgramNews::Wish { symbol, signal } => self.wish(now, &symbol, signal),
            ProgramNews::Up(hello) => {
                self.program_up(&hello);
                Ok(())
            }
            ProgramNews::Down { why, again_in } => {
                self.tell(TradeEvent::StrategyStopped {
                    why,
                    again_in_ms: again_in.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
                });
                let symbols: Vec<String> = self.programmed();
                for symbol in symbols {
                    if let Some(desk) = self.desks.get_mut(&symbol) {
                        desk.brain.set_down(true);
                        desk.forget_signal();
                    }
                    // An order that nobody watches any more does not stay open.
                    self.decide(now, &symbol)?;
                }
                Ok(())
            }
        }
    }

    fn program_up(&mut self, hello: &Hello) {
        self.tell(TradeEvent::StrategyStarted { name: hello.name.clone() });
        for symbol in self.programmed() {
            let Some(desk) = self.desks.get_mut(&symbol) else { continue };
            desk.brain.set_down(false);
            if let Some(start) = desk.start_over() {
                self.actions.push(Action::Consult(start));
            }
        }
        let health = HealthIn { ready: matches!(self.phase, Phase::Ready { .. }), broken: self.broken() };
        self.tell_program(StrategyEvent::Health { health });
    }

    fn programmed(&self) -> Vec<String> {
        let programmed = self.desks.iter().filter(|(_, desk)| matches!(desk.brain, Brain::Program(_)));
        programmed.map(|(symbol, _)| symbol.clone()).collect()
    }

    /// Tells a program, if there is one and it is there, what concerns no single instrument.
    fn tell_program(&mut self, event: StrategyEvent) {
        let listens = self.desks.values().any(|desk| matches!(desk.brain, Brain::Program(_)) && !desk.brain.is_down());
        if listens {
            self.actions.push(Action::Consult(event));
        }
    }

    /// Hands over what the program is to be told of each instrument.
    pub(super) fn consult(&mut self) {
        for desk in self.desks.values_mut() {
            self.actions.extend(desk.brain.take_events().into_iter().map(Action::Consult));
        }
    }
}
