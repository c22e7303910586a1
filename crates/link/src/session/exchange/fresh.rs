//! Whether the streams of a session get what they should: judged by their own rate, asked again once, then reported.

use std::collections::BTreeMap;
use std::time::Instant;

use super::call::Output;
use super::core::Exchange;
use crate::health::{Freshness, FreshnessEvent, FreshnessWatch, Market};
use crate::protocol::{Event, FreshnessReport};

/// The watch over a session's streams, and what their programs know of their markets.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    watch: FreshnessWatch,
    markets: BTreeMap<u64, Market>,
    /// The last stream that data came for, and when: data comes in runs, and a run counts once.
    last: Option<(u64, Instant)>,
}

impl Fresh {
    pub(super) fn started(&mut self, now: Instant, subscription: u64, market: Market) {
        self.markets.insert(subscription, market);
        self.watch.handle_started(now, subscription, market, None);
    }

    pub(super) fn ended(&mut self, subscription: u64) {
        self.markets.remove(&subscription);
        self.watch.handle_ended(subscription);
    }

    pub(super) fn data(&mut self, now: Instant, subscription: u64) {
        if self.last.replace((subscription, now)) != Some((subscription, now)) {
            self.watch.handle_data(now, subscription);
        }
    }

    /// No data can come at present, so that silence says nothing.
    pub(super) fn pause(&mut self, now: Instant) {
        for subscription in self.markets.keys() {
            self.watch.handle_market(now, *subscription, Market::Closed);
        }
    }

    /// Data can come again, and has its time to.
    pub(super) fn go_on(&mut self, now: Instant) {
        for (subscription, market) in &self.markets {
            self.watch.handle_market(now, *subscription, *market);
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.watch.handle_timeout(now);
    }

    pub(super) fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.watch.poll_timeout()
    }
}

impl Exchange {
    /// Data came for a stream, if there is such a one.
    pub(super) fn saw_data(&mut self, now: Instant, subscription: Option<u64>) {
        self.late += u64::from(subscription.is_none());
        if let Some(subscription) = subscription {
            self.fresh.data(now, subscription);
        }
    }

    /// What follows from silence, and from its end.
    pub(super) fn tell_streams(&mut self) {
        while let Some(event) = self.fresh.watch.poll_event() {
            let (subscription, freshness, silent) = match event {
                FreshnessEvent::AskAgain { subscription, silent } => {
                    tracing::info!(subscription, ?silent, "a stream is silent, and asked for again");
                    self.renew_stream(subscription);
                    continue;
                }
                FreshnessEvent::Stale { subscription, silent } => (subscription, Freshness::Stale, Some(silent)),
                FreshnessEvent::Fresh { subscription } => (subscription, Freshness::Fresh, None),
            };
            let silent_ms = silent.map(|silent| u64::try_from(silent.as_millis()).unwrap_or(u64::MAX));
            let report = FreshnessReport { subscription, freshness, silent_ms };
            self.outputs.push_back(Output::Event(Event::Freshness(report)));
        }
    }

    /// Writes what each stream is into the layers.
    pub(super) fn note_streams(&mut self, now: Instant) {
        for subscription in self.fresh.markets.keys() {
            let freshness = self.fresh.watch.freshness(now, *subscription);
            let evidence = match freshness {
                Freshness::Fresh => "data comes at its own rate",
                Freshness::Stale => "nothing came for far longer than usual, and asking again has not helped",
                Freshness::Unknown => "silence says nothing: the market's hours are not known, or there is no rate yet",
            };
            self.board.handle_stream(now, &subscription.to_string(), freshness, evidence);
        }
    }
}
