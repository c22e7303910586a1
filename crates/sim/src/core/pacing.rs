//! Limits: messages a second, market-data lines, historical requests.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_proto::message::historical::HistoricalDataRequest;

use super::action::ConnId;
use super::bar_request::{BarSize, bar_size, count_and_unit};
use super::instant::SimInstant;
use super::trouble::Recent;
use super::world::World;
use crate::scenario::{Deed, Verdict};

/// Of the rate, from which share on the warning comes: the warning that was seen counts 44 of 50 (ib_insync#443).
const WARN_AT_PERCENT: usize = 88;

/// No identical historical request within this (IBKR documentation).
const IDENTICAL: Duration = Duration::from_secs(15);

/// Fewer than [`MAX_ALIKE`] requests for the same contract, exchange and tick type within this (IBKR documentation).
const ALIKE: Duration = Duration::from_secs(2);

/// As many are too many.
const MAX_ALIKE: usize = 6;

/// At most [`MAX_IN_LONG`] requests within this (IBKR documentation).
const LONG: Duration = Duration::from_secs(600);

/// See [`LONG`].
const MAX_IN_LONG: usize = 60;

/// How many kinds of requests are remembered: no more than can be asked for in [`LONG`] count.
const MAX_KEYS: usize = 1_024;

/// Bars of up to so many seconds are limited; for longer ones the hard limits are lifted (IBKR documentation).
const SMALL_BAR: i64 = 30;

/// The requests of which only so many may be open at the same time: bars and head timestamps (ib_insync#544).
const HISTORICAL: [i32; 2] = [20, 87];

/// Durations up to so many seconds, and the smallest bars in seconds that they allow (IBKR documentation).
const SMALLEST_BARS: [(i64, i64); 9] = [
    (1_800, 1),
    (3_600, 5),
    (14_400, 10),
    (28_800, 30),
    (86_400, 60),
    (2 * 86_400, 120),
    (7 * 86_400, 180),
    (31 * 86_400, 1_800),
    // The shortest day has 23 hours.
    (i64::MAX, 82_800),
];

/// What every pacing error begins with.
const HMDS: &str = "Historical Market Data Service error message:";

/// What was asked for lately.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    messages: Recent,
    warned: Option<SimInstant>,
    strikes: BTreeMap<ConnId, u32>,
    historical: Recent,
    identical: BTreeMap<String, SimInstant>,
    alike: BTreeMap<String, Recent>,
}

impl World {
    /// The message rate, of all clients together.
    pub(super) fn rate_verdict(&mut self, id: ConnId) -> Verdict {
        let (now, second) = (self.now, self.wire(Duration::from_secs(1)));
        let most = usize::try_from(self.parameters().max_rate).unwrap_or(usize::MAX).max(1);
        let strikes_allowed = self.parameters().rate_strikes;
        let pacing = &mut self.trouble.pacing;
        let count = pacing.messages.since(before(now, second)) + 1;
        if count > most {
            let strikes = pacing.strikes.entry(id).or_default();
            *strikes += 1;
            let last = *strikes > strikes_allowed;
            let text = format!("Max rate of messages per second has been exceeded:max={most} rec={count} ({strikes})");
            let mut deeds = vec![Deed::Drop, Deed::Error { code: 100, text }];
            if last {
                pacing.strikes.remove(&id);
                deeds.push(Deed::Close);
            }
            return Verdict::Do(deeds);
        }
        pacing.messages.add(now);
        let near = count * 100 >= most * WARN_AT_PERCENT;
        if near && pacing.warned.is_none_or(|warned| now >= warned + second) {
            pacing.warned = Some(now);
            let text = format!("Warning: Approaching max rate of {most} messages per second ({count})");
            self.tell(id, gatewright_proto::RequestId::NONE, 0, &text);
        }
        Verdict::Pass
    }

    /// The number of streams, of all clients together.
    pub(super) fn lines_verdict(&mut self, snapshot: bool) -> Verdict {
        let lines: usize = self.sessions().map(|(_, session)| session.ticks.len()).sum();
        let most = usize::try_from(self.parameters().max_lines).unwrap_or(usize::MAX);
        if snapshot || lines < most {
            return Verdict::Pass;
        }
        let text = "Max number of tickers has been reached.".to_owned();
        Verdict::Do(vec![Deed::Drop, Deed::Error { code: 101, text }])
    }

    /// Historical requests of small bars.
    pub(super) fn history_verdict(&mut self, id: ConnId, request: &HistoricalDataRequest) -> Verdict {
        let open = self.open_verdict();
        if matches!(open, Verdict::Do(_)) {
            return open;
        }
        let Some(shortest) = bar_size(&request.bar_size).map(BarSize::shortest) else { return Verdict::Pass };
        if duration(&request.duration).is_some_and(|seconds| shortest < smallest_bar(seconds)) {
            return refused(162, format!("{HMDS}Time length exceed max."));
        }
        if shortest > SMALL_BAR {
            return open;
        }
        let now = self.now;
        let contract = &request.contract;
        let series = format!(
            "{}/{}/{}/{}/{}",
            contract.con_id, contract.symbol, contract.sec_type, contract.exchange, request.what_to_show
        );
        let exact =
            format!("{series}/{}/{}/{}/{}", request.end_date_time, request.bar_size, request.duration, request.use_rth);
        // Requests for bid and ask count twice.
        let weight = if request.what_to_show == "BID_ASK" { 2 } else { 1 };
        let pacing = &mut self.trouble.pacing;
        pacing.tidy(now);
        let in_long = pacing.historical.since(before(now, LONG));
        let alike = pacing.alike.get_mut(&series).map_or(0, |recent| recent.since(before(now, ALIKE)));
        let again = pacing.identical.get(&exact).is_some_and(|last| now < *last + IDENTICAL);
        let too_many = in_long + weight > MAX_IN_LONG || alike + weight >= MAX_ALIKE;
        if again || too_many || pacing.alike.len() >= MAX_KEYS {
            tracing::debug!(conn = id.0, again, in_long, alike, "pacing violation");
            return refused(162, format!("{HMDS}Historical data request pacing violation"));
        }
        for _ in 0..weight {
            pacing.historical.add(now);
            pacing.alike.entry(series.clone()).or_default().add(now);
        }
        pacing.identical.insert(exact, now);
        open
    }

    /// The number of historical requests that are open, of all clients together; and how long each takes.
    pub(super) fn open_verdict(&self) -> Verdict {
        let updated: usize = self.sessions().map(|(_, session)| session.live_bars.len()).sum();
        let most = usize::try_from(self.parameters().max_historical).unwrap_or(usize::MAX);
        if updated + self.trouble.requests_aside(&HISTORICAL) >= most {
            let cause = format!("Only {most} simultaneous API historical data requests allowed.");
            return refused(322, format!("Error processing request.-'bQ' : cause - {cause}"));
        }
        let takes = self.parameters().history_takes.get();
        if takes.is_zero() { Verdict::Pass } else { Verdict::Delay(takes) }
    }
}

fn refused(code: i32, text: String) -> Verdict {
    Verdict::Do(vec![Deed::Drop, Deed::Error { code, text }])
}

/// The seconds of a duration such as `2 D`.
fn duration(text: &str) -> Option<i64> {
    let (count, unit) = count_and_unit(text)?;
    let seconds = match unit {
        "S" => 1,
        "D" => 86_400,
        "W" => 7 * 86_400,
        "M" => 31 * 86_400,
        "Y" => 366 * 86_400,
        _ => return None,
    };
    count.checked_mul(seconds)
}

fn smallest_bar(seconds: i64) -> i64 {
    SMALLEST_BARS.iter().find(|(up_to, _)| seconds <= *up_to).map_or(1, |(_, bar)| *bar)
}

impl Pacing {
    /// Forgets a connection that has ended.
    pub(super) fn forget(&mut self, id: ConnId) {
        self.strikes.remove(&id);
    }

    fn tidy(&mut self, now: SimInstant) {
        self.identical.retain(|_, last| now < *last + IDENTICAL);
        self.alike.retain(|_, recent| recent.since(before(now, ALIKE)) > 0);
    }
}

fn before(now: SimInstant, span: Duration) -> SimInstant {
    SimInstant::from_micros(now.as_micros().saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
}
