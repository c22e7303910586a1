//! A rule of a file, with what it has counted.

use std::time::Duration;

use gatewright_proto::ClientId;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::file::{Deed, RuleText, Trigger};
use super::rule::{Passing, Rule, Traffic, Verdict};
use crate::core::SimInstant;

/// A rule of a file. Its chances come from a stream of their own, so that rules do not disturb each other.
#[derive(Debug)]
pub(crate) struct Script {
    rule: RuleText,
    from: SimInstant,
    seen: u32,
    done: u32,
    rng: ChaCha8Rng,
}

impl Script {
    /// The rule at `index` of a scenario, from the first moment of the simulation and with the seed.
    pub(crate) fn new(rule: RuleText, index: usize, start: SimInstant, seed: u64, wall_scale: u32) -> Self {
        let scale = if rule.when.clock == super::Clock::Wall { wall_scale } else { 1 };
        let from = start + rule.when.after.map_or(Duration::ZERO, |span| span.get().saturating_mul(scale));
        let stream = u64::try_from(index).unwrap_or(u64::MAX).wrapping_add(1);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { rule, from, seen: 0, done: 0, rng }
    }

    /// When it acts first, if it is time that triggers it.
    pub(crate) fn first(&self) -> Option<SimInstant> {
        let when = &self.rule.when;
        if when.on_messages() { None } else { Some(self.from) }
    }

    /// How far apart it acts, if again and again.
    pub(crate) fn every(&self, wall_scale: u32) -> Option<Duration> {
        let scale = if self.rule.when.clock == super::Clock::Wall { wall_scale } else { 1 };
        self.rule.when.every.map(|span| span.get().saturating_mul(scale))
    }

    /// What it does at its time.
    pub(crate) fn on_time(&mut self) -> Vec<Deed> {
        if self.may_act() { self.rule.deeds.clone() } else { Vec::new() }
    }

    /// Whether it can never act again.
    pub(crate) fn is_spent(&self) -> bool {
        self.rule.when.times.is_some_and(|times| self.done >= times)
    }

    fn may_act(&mut self) -> bool {
        if self.is_spent() || !self.chance() {
            return false;
        }
        self.done = self.done.saturating_add(1);
        true
    }

    fn chance(&mut self) -> bool {
        let Some(probability) = self.rule.when.probability else { return true };
        // 32 bits of chance: 1.0 is always, 0.0 never.
        f64::from(self.rng.next_u32()) < probability * 4_294_967_296.0
    }

    fn matches(&self, passing: &Passing<'_>) -> bool {
        let Trigger { request, answer, client, .. } = &self.rule.when;
        let kind = match passing.traffic {
            Traffic::Request(message) => request.is_some_and(|kind| kind.get() == message.id()),
            Traffic::Answer(message) => answer.is_some_and(|kind| kind.get() == message.id()),
        };
        kind && passing.now >= self.from && client.is_none_or(|client| passing.client == Some(ClientId::new(client)))
    }
}

impl Rule for Script {
    fn on_message(&mut self, passing: &Passing<'_>) -> Verdict {
        if !self.matches(passing) {
            return Verdict::Pass;
        }
        self.seen = self.seen.saturating_add(1);
        if self.rule.when.nth.is_some_and(|nth| nth != self.seen) || !self.may_act() {
            return Verdict::Pass;
        }
        Verdict::Do(self.rule.deeds.clone())
    }
}
