//! The data farms, with hysteresis: farms flap for minutes around a reset, and acting on each flap makes storms.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use gatewright_proto::message::{FarmState, listed_farms};

/// Farms that are remembered; a Gateway knows about a dozen.
const MAX_FARMS: usize = 64;

/// A farm is believed to be down when it has been so for this long.
const DOWN_HOLD: Duration = Duration::from_secs(15);

/// A farm is believed to be back when it has been so for this long.
const BACK_HOLD: Duration = Duration::from_secs(5);

/// Each change of mind within this span doubles the next hold.
const MEMORY: Duration = Duration::from_secs(10 * 60);

/// No hold is longer.
const LONGEST_HOLD: Duration = Duration::from_secs(5 * 60);

/// Changes of mind that are remembered; six doublings are more than the longest hold.
const MAX_CHANGES: usize = 6;

/// A farm's state that has settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FarmNews {
    /// It is down for good, or for a while at least.
    Down { farm: String, evidence: String },
    /// It is back.
    Back { farm: String, down_for: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Up,
    Down { since: Instant },
}

#[derive(Debug)]
struct Farm {
    said: FarmState,
    said_at: Instant,
    evidence: String,
    settled: Settled,
    changes: VecDeque<Instant>,
}

/// Every farm that was heard of.
#[derive(Debug, Default)]
pub(super) struct Farms {
    known: BTreeMap<String, Farm>,
}

impl Farms {
    /// The Gateway said how a farm is.
    pub(super) fn handle(&mut self, now: Instant, name: &str, state: FarmState, evidence: &str) {
        if self.known.len() >= MAX_FARMS && !self.known.contains_key(name) {
            return;
        }
        let farm = self.known.entry(name.to_owned()).or_insert_with(|| Farm {
            said: state,
            said_at: now,
            evidence: evidence.to_owned(),
            settled: Settled::Up,
            changes: VecDeque::new(),
        });
        if is_down(farm.said) != is_down(state) {
            farm.said_at = now;
        }
        farm.said = state;
        farm.evidence = evidence.to_owned();
    }

    /// The Gateway listed the farms that are connected (1102). One that was in use and is missing there is still down.
    pub(super) fn handle_listed(&mut self, now: Instant, text: &str) {
        let listed = listed_farms(text);
        if listed.is_empty() {
            return;
        }
        for name in &listed {
            self.handle(now, name, FarmState::Ok, text);
        }
        let missing: Vec<String> = self
            .known
            .iter()
            .filter(|(name, farm)| !listed.contains(&name.as_str()) && farm.said == FarmState::Ok)
            .map(|(name, _)| name.clone())
            .collect();
        for name in missing {
            self.handle(now, &name, FarmState::Broken, &format!("1102 does not list it: {text}"));
        }
    }

    /// Forgets what was said: the Gateway that said it is gone.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// What has settled by now.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Vec<FarmNews> {
        self.known.iter_mut().filter_map(|(name, farm)| farm.settle(now, name)).collect()
    }

    pub(super) fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.known.values().filter_map(Farm::due).min().map(|due| (due, "whether a farm's change lasts"))
    }
}

fn is_down(state: FarmState) -> bool {
    match state {
        FarmState::Broken => true,
        // An inactive farm wakes up on demand, a connecting one is on its way: neither is known to be down.
        FarmState::Ok | FarmState::Inactive | FarmState::Connecting => false,
    }
}

impl Farm {
    /// When what was said last becomes what is believed.
    fn due(&self) -> Option<Instant> {
        let hold = match (self.settled, is_down(self.said)) {
            (Settled::Up, true) => DOWN_HOLD,
            (Settled::Down { .. }, false) if self.said == FarmState::Connecting => return None,
            (Settled::Down { .. }, false) => BACK_HOLD,
            (Settled::Up, false) | (Settled::Down { .. }, true) => return None,
        };
        let recent = self.changes.iter().filter(|change| **change + MEMORY > self.said_at).count();
        let doublings = u32::try_from(recent).unwrap_or(u32::MAX).min(20);
        Some(self.said_at + hold.saturating_mul(1 << doublings).min(LONGEST_HOLD))
    }

    fn settle(&mut self, now: Instant, name: &str) -> Option<FarmNews> {
        if self.due()? > now {
            return None;
        }
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(now);
        let farm = name.to_owned();
        Some(match self.settled {
            Settled::Up => {
                self.settled = Settled::Down { since: self.said_at };
                FarmNews::Down { farm, evidence: self.evidence.clone() }
            }
            Settled::Down { since } => {
                self.settled = Settled::Up;
                FarmNews::Back { farm, down_for: now.saturating_duration_since(since) }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const SECOND: Duration = Duration::from_secs(1);

    /// Runs the farms' own deadlines up to `until`.
    fn run(farms: &mut Farms, until: Instant) -> Vec<FarmNews> {
        let mut news = Vec::new();
        while let Some((due, _)) = farms.poll_timeout()
            && due <= until
        {
            news.extend(farms.handle_timeout(due));
        }
        news
    }

    #[test]
    fn a_short_flap_is_no_news_and_a_long_one_is_told_once_each_way() {
        let now = clock::now();
        let mut farms = Farms::default();
        farms.handle(now, "usfarm", FarmState::Ok, "2104");
        farms.handle(now, "usfarm", FarmState::Broken, "2103");
        farms.handle(now + 14 * SECOND, "usfarm", FarmState::Ok, "2104");
        assert_eq!(run(&mut farms, now + 60 * SECOND), []);
        farms.handle(now + 60 * SECOND, "usfarm", FarmState::Broken, "2103");
        farms.handle(now + 70 * SECOND, "usfarm", FarmState::Broken, "2103");
        let down = run(&mut farms, now + 75 * SECOND);
        assert_eq!(down, [FarmNews::Down { farm: "usfarm".into(), evidence: "2103".into() }]);
        farms.handle(now + 100 * SECOND, "usfarm", FarmState::Ok, "2104");
        let back = run(&mut farms, now + 200 * SECOND);
        assert_eq!(back, [FarmNews::Back { farm: "usfarm".into(), down_for: 50 * SECOND }]);
    }

    #[test]
    fn endless_flapping_makes_a_trickle_of_news() {
        let start = clock::now();
        let mut farms = Farms::default();
        let mut news = 0;
        for minute in 0..60 {
            let now = start + minute * 60 * SECOND;
            farms.handle(now, "usfarm", FarmState::Broken, "2103");
            news += run(&mut farms, now + 30 * SECOND).len();
            farms.handle(now + 30 * SECOND, "usfarm", FarmState::Ok, "2104");
            news += run(&mut farms, now + 60 * SECOND).len();
        }
        assert!(news > 0 && news <= 24, "{news} news in an hour");
    }

    #[test]
    fn a_farm_that_1102_does_not_list_is_down() {
        let now = clock::now();
        let mut farms = Farms::default();
        for (farm, state) in [("usfarm", FarmState::Ok), ("hfarm", FarmState::Ok), ("idle", FarmState::Inactive)] {
            farms.handle(now, farm, state, "before");
        }
        farms.handle_listed(
            now,
            "Connectivity has been restored - data maintained. All data farms are connected: hfarm; apachmds.",
        );
        let news = run(&mut farms, now + 60 * SECOND);
        assert!(matches!(&news[..], [FarmNews::Down { farm, .. }] if farm == "usfarm"), "{news:?}");
        farms.handle_listed(now, "a text without a list says nothing");
        assert_eq!(run(&mut farms, now + 120 * SECOND), []);
    }
}
