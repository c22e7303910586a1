//! Whether a subscription gets what it should, judged by its farm, its market's hours and its own rate.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Gaps between data that make a rate.
const ENOUGH_GAPS: u32 = 5;

/// A stream is silent when nothing came for so many of its mean gaps…
const MANY_GAPS: u32 = 20;

/// …and for so many of its longest ones…
const LONGEST_GAPS: u32 = 3;

/// …but never sooner than this…
const SHORTEST_SILENCE: Duration = Duration::from_secs(30);

/// …nor later.
const LONGEST_SILENCE: Duration = Duration::from_secs(15 * 60);

/// Streams that are watched; ten times the market data lines of an account.
const MAX_STREAMS: usize = 1_000;

/// What is known of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Data comes as often as it should.
    Fresh,
    /// It does not, though its market is open; asking again has not helped, or its farm is down.
    Stale,
    /// Silence says nothing: the market is closed or its hours are not known, or the stream has no rate yet.
    Unknown,
}

/// Whether a subscription's market is open, as far as whoever subscribed knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    /// It trades.
    Open,
    /// It does not.
    Closed,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// What follows from a judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreshnessEvent {
    /// Silent for too long: subscribe again, once.
    AskAgain {
        /// The subscription.
        subscription: u64,
        /// For how long nothing came.
        silent: Duration,
    },
    /// Silent still: its data is old.
    Stale {
        /// The subscription.
        subscription: u64,
        /// For how long nothing came.
        silent: Duration,
    },
    /// Data comes again, after it was asked again for or told to be stale.
    Fresh {
        /// The subscription.
        subscription: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Watching,
    AskedAgain,
    Stale,
}

#[derive(Debug)]
struct Stream {
    market: Market,
    farm: Option<String>,
    farm_down: bool,
    last: Option<Instant>,
    /// From when on silence counts: the last data, the opening, the farm's return, or being asked again.
    counts_from: Instant,
    gaps: u32,
    mean: Duration,
    longest: Duration,
    phase: Phase,
}

/// Watches every subscription of one session or of many.
#[derive(Debug, Default)]
pub struct FreshnessWatch {
    streams: BTreeMap<u64, Stream>,
    events: VecDeque<FreshnessEvent>,
}

impl FreshnessWatch {
    /// A subscription begins. `farm`: where its data comes from, if that is known.
    pub fn handle_started(&mut self, now: Instant, subscription: u64, market: Market, farm: Option<String>) {
        if self.streams.len() >= MAX_STREAMS {
            return;
        }
        let stream = Stream {
            market,
            farm,
            farm_down: false,
            last: None,
            counts_from: now,
            gaps: 0,
            mean: Duration::ZERO,
            longest: Duration::ZERO,
            phase: Phase::Watching,
        };
        self.streams.insert(subscription, stream);
    }

    /// Data came.
    pub fn handle_data(&mut self, now: Instant, subscription: u64) {
        let Some(stream) = self.streams.get_mut(&subscription) else {
            return;
        };
        // A gap over a closed market, a broken farm or a replayed subscription is not the stream's own.
        if let Some(last) = stream.last.filter(|last| *last >= stream.counts_from) {
            stream.learn(now.saturating_duration_since(last));
        }
        stream.last = Some(now);
        stream.counts_from = now;
        if std::mem::replace(&mut stream.phase, Phase::Watching) != Phase::Watching {
            self.events.push_back(FreshnessEvent::Fresh { subscription });
        }
    }

    /// The market opened or closed, or its hours became known.
    pub fn handle_market(&mut self, now: Instant, subscription: u64, market: Market) {
        if let Some(stream) = self.streams.get_mut(&subscription)
            && stream.market != market
        {
            stream.market = market;
            stream.counts_from = now;
        }
    }

    /// A farm is down, and what hangs on it is silent for that reason.
    pub fn handle_farm_down(&mut self, farm: &str) {
        for stream in self.on(farm) {
            stream.farm_down = true;
        }
    }

    /// A farm is back. What hangs on it has its time to speak again, and is asked again if it does not.
    pub fn handle_farm_back(&mut self, now: Instant, farm: &str) {
        for stream in self.on(farm) {
            stream.farm_down = false;
            stream.counts_from = now;
            if stream.phase == Phase::AskedAgain {
                stream.phase = Phase::Watching;
            }
        }
    }

    /// A subscription has ended.
    pub fn handle_ended(&mut self, subscription: u64) {
        self.streams.remove(&subscription);
    }

    /// The time of [`FreshnessWatch::poll_timeout`] has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        for (subscription, stream) in &mut self.streams {
            let subscription = *subscription;
            if stream.due().is_none_or(|due| due > now) {
                continue;
            }
            let silent = now.saturating_duration_since(stream.last.unwrap_or(stream.counts_from));
            stream.counts_from = now;
            match stream.phase {
                Phase::Watching => {
                    stream.phase = Phase::AskedAgain;
                    self.events.push_back(FreshnessEvent::AskAgain { subscription, silent });
                }
                Phase::AskedAgain => {
                    stream.phase = Phase::Stale;
                    self.events.push_back(FreshnessEvent::Stale { subscription, silent });
                }
                Phase::Stale => {}
            }
        }
    }

    /// What a subscription is now.
    pub fn freshness(&self, now: Instant, subscription: u64) -> Freshness {
        let Some(stream) = self.streams.get(&subscription) else {
            return Freshness::Unknown;
        };
        let silent = stream.last.map(|last| now.saturating_duration_since(last));
        match (stream.phase, silent) {
            (Phase::Stale, _) => Freshness::Stale,
            _ if stream.farm_down => Freshness::Stale,
            (Phase::Watching | Phase::AskedAgain, Some(silent)) if silent <= stream.patience() => Freshness::Fresh,
            (Phase::Watching | Phase::AskedAgain, _) => Freshness::Unknown,
        }
    }

    /// When the next judgement is due.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.streams.values().filter_map(Stream::due).min().map(|due| (due, "whether a subscription is silent"))
    }

    /// The next thing that follows.
    pub fn poll_event(&mut self) -> Option<FreshnessEvent> {
        self.events.pop_front()
    }

    fn on(&mut self, farm: &str) -> impl Iterator<Item = &mut Stream> {
        self.streams.values_mut().filter(move |stream| stream.farm.as_deref() == Some(farm))
    }
}

impl Stream {
    /// When silence has lasted too long; `None` while silence says nothing.
    fn due(&self) -> Option<Instant> {
        let says = self.market == Market::Open && !self.farm_down && self.gaps >= ENOUGH_GAPS;
        (says && self.phase != Phase::Stale).then(|| self.counts_from + self.patience())
    }

    fn patience(&self) -> Duration {
        let own = (self.mean * MANY_GAPS).max(self.longest * LONGEST_GAPS);
        own.clamp(SHORTEST_SILENCE, LONGEST_SILENCE)
    }

    /// The mean moves by an eighth of each gap, and the longest gap fades as slowly.
    fn learn(&mut self, gap: Duration) {
        let gap = gap.min(LONGEST_SILENCE);
        self.mean = if self.gaps == 0 { gap } else { (self.mean * 7 + gap) / 8 };
        self.longest = gap.max(self.longest - self.longest / 64);
        self.gaps = self.gaps.saturating_add(1);
    }
}
