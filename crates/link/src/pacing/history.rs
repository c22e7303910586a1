//! The rules for historical requests.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use gatewright_proto::{ClientId, RequestId};

use super::ledger::BarsSpent;
use super::settings::PacingSettings;
use super::sliding_window::SlidingWindow;
use super::traffic::HistoricalRequest;

/// A request that was never answered stops counting as open after this long; it bounds how long others wait for it.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(10 * 60);

/// Two messages may be on their way for times that differ by so much, and the Gateway counts arrivals: added to each of
/// its spans.
const TRANSIT: Duration = Duration::from_millis(250);

const SAME_INSTRUMENT: Duration = Duration::from_secs(2).saturating_add(TRANSIT);

const TEN_MINUTES: Duration = Duration::from_secs(10 * 60).saturating_add(TRANSIT);

/// What was asked for, and what is still open.
#[derive(Debug)]
pub(super) struct History {
    in_ten_minutes: SlidingWindow,
    /// Requests for small bars that a rule may still ask about.
    recent: VecDeque<(Instant, BarsSpent)>,
    open: BTreeMap<(ClientId, RequestId), Instant>,
    max_open: usize,
    identical_after: Duration,
    same_instrument: u32,
}

impl History {
    pub(super) fn new(settings: &PacingSettings) -> Self {
        Self {
            in_ten_minutes: SlidingWindow::new(settings.small_bars_in_ten_minutes, TEN_MINUTES),
            recent: VecDeque::new(),
            open: BTreeMap::new(),
            max_open: settings.open_historical.max(1),
            identical_after: settings.identical_after + TRANSIT,
            same_instrument: settings.same_instrument_in_two_seconds.max(1),
        }
    }

    /// From when on the rules allow a request; `None` for at once.
    pub(super) fn free_from(&self, request: &HistoricalRequest) -> Option<Instant> {
        let open = (self.open.len() >= self.max_open)
            .then(|| self.open.values().min().map(|oldest| *oldest + FORGOTTEN_AFTER))
            .flatten();
        let small = request.small_bars.as_ref().and_then(|small| {
            let small = BarsSpent::from(small);
            let total = self.in_ten_minutes.free_from(small.weight);
            [total, self.identical_free_from(small), self.instrument_free_from(small)].into_iter().flatten().max()
        });
        open.max(small)
    }

    /// A request goes out.
    pub(super) fn spend(&mut self, now: Instant, client_id: ClientId, request: &HistoricalRequest) {
        self.forget(now);
        self.open.insert((client_id, request.request_id), now);
        if let Some(small) = &request.small_bars {
            self.spend_bars(now, small.into());
        }
    }

    /// A request for small bars went out then, whoever sent it.
    pub(super) fn spend_bars(&mut self, at: Instant, bars: BarsSpent) {
        self.in_ten_minutes.spend(at, bars.weight);
        self.recent.push_back((at, bars));
    }

    pub(super) fn forget(&mut self, now: Instant) {
        self.open.retain(|_, since| *since + FORGOTTEN_AFTER > now);
        let longest = self.identical_after.max(SAME_INSTRUMENT) + Duration::from_millis(1);
        while self.recent.front().is_some_and(|(at, _)| *at + longest <= now) {
            self.recent.pop_front();
        }
        // Frees what has left the ten minutes; whether there is room for one more is not the question here.
        let _ = self.in_ten_minutes.is_free(now, 1);
    }

    pub(super) fn ended(&mut self, client_id: ClientId, request_id: RequestId) {
        self.open.remove(&(client_id, request_id));
    }

    pub(super) fn gone(&mut self, client_id: ClientId) {
        self.open.retain(|(owner, _), _| *owner != client_id);
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn used(&self, now: Instant) -> u32 {
        self.in_ten_minutes.used(now)
    }

    fn identical_free_from(&self, small: BarsSpent) -> Option<Instant> {
        let same = self.recent.iter().rev().find(|(_, recent)| recent.identity == small.identity);
        same.map(|(at, _)| *at + self.identical_after + Duration::from_millis(1))
    }

    fn instrument_free_from(&self, small: BarsSpent) -> Option<Instant> {
        let mut window = SlidingWindow::new(self.same_instrument, SAME_INSTRUMENT);
        for (at, recent) in self.recent.iter().filter(|(_, recent)| recent.instrument == small.instrument) {
            window.spend(*at, recent.weight);
        }
        window.free_from(small.weight)
    }
}
