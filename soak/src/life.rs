//! A world and the schedules that it lives through.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use crate::chance::Chance;
use crate::sabotage::Sabotage;
use crate::schedule::Schedule;
use crate::shrink::shrink;
use crate::stage::{Stage, TRACE};
use crate::violation::Violation;

/// Tuesday 2026-03-03, 10:00 in New York: no reset is expected then. Lives begin within the day behind it.
const BEGIN: Timestamp = Timestamp::constant(1_772_550_000, 0);

/// Which life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Decides everything: the same seed, the same life.
    pub seed: u64,
    /// What it consists of.
    pub length: Length,
}

/// How long a life is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many short schedules, one after the other.
    Schedules(u64),
    /// A whole month.
    Month,
}

/// Some of a life's troubles, each by the number of its schedule and its place in it: `3.0,3.2,7.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept(BTreeSet<(u64, usize)>);

impl FromStr for Kept {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = |word: &str| {
            let (number, place) = word.split_once('.').unwrap_or((word, ""));
            Ok((number.parse()?, place.parse()?))
        };
        text.split(',').map(place).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self.0.iter().map(|(number, place)| format!("{number}.{place}")).collect();
        f.write_str(&places.join(","))
    }
}

impl fmt::Display for Life {
    /// As `cargo xtask soak` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--only {}", self.seed)?;
        match self.length {
            Length::Schedules(count) => write!(f, " --schedules {count}"),
            Length::Month => f.write_str(" --month"),
        }
    }
}

/// What a life was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lived {
    /// Schedules.
    pub schedules: u64,
    /// Virtual time.
    pub time: Duration,
    /// Steps; after each it was checked that what recovery tells is so.
    pub steps: u64,
    /// Looks at health, streams, questions, bursts and bounds.
    pub looks: u64,
    /// Orders that were sent; each was looked for among all before, and in the journal.
    pub orders: u64,
    /// What went wrong, by kind.
    pub troubles: BTreeMap<&'static str, u64>,
    /// Frames that were sent to the Gateway; each was counted against the pace.
    pub frames: u64,
    /// Sessions that were opened with it.
    pub sessions: u64,
}

impl std::ops::AddAssign for Lived {
    fn add_assign(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.time += other.time;
        self.steps += other.steps;
        self.looks += other.looks;
        self.orders += other.orders;
        for (kind, count) in other.troubles {
            *self.troubles.entry(kind).or_default() += count;
        }
        self.frames += other.frames;
        self.sessions += other.sessions;
    }
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.time.as_secs_f64() / 86_400.0;
        let Self { schedules, steps, looks, frames, sessions, orders, .. } = self;
        write!(f, "{schedules} schedules, {days:.1} days, {steps} steps, {looks} looks, ")?;
        write!(f, "{sessions} sessions, {frames} frames, {orders} orders")
    }
}

/// How a life is lived through.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Conduct {
    /// So many lines of what happens are kept.
    pub(crate) traced: usize,
    /// What is done wrong on purpose.
    pub(crate) sabotage: Option<Sabotage>,
}

/// When a life begins, and what goes wrong in it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) begin: Timestamp,
    pub(crate) schedules: Vec<Schedule>,
}

impl Plan {
    /// A life's own.
    pub(crate) fn of(life: Life) -> Self {
        let mut chance = Chance::new(life.seed, 0);
        match life.length {
            Length::Schedules(schedules) => {
                let minute = i64::try_from(chance.below(24 * 60)).unwrap_or(0);
                let begin = BEGIN.checked_add(minute.minutes()).unwrap_or(BEGIN);
                let schedules = (1..=schedules).map(|number| Schedule::short(number, &mut chance)).collect();
                Self { begin, schedules }
            }
            Length::Month => Self { begin: BEGIN, schedules: vec![Schedule::month(&mut chance)] },
        }
    }

    /// Only these troubles of it.
    pub(crate) fn only(mut self, kept: &Kept) -> Self {
        for schedule in &mut self.schedules {
            let number = schedule.number;
            schedule.incidents.retain(|incident| kept.0.contains(&(number, incident.place)));
        }
        self.schedules.retain(|schedule| !schedule.incidents.is_empty());
        self
    }

    /// Which troubles it has.
    pub(crate) fn kept(&self) -> Kept {
        let places = |schedule: &Schedule| -> Vec<(u64, usize)> {
            schedule.incidents.iter().map(|incident| (schedule.number, incident.place)).collect()
        };
        Kept(self.schedules.iter().flat_map(places).collect())
    }

    /// How many troubles it has.
    pub(crate) fn troubles(&self) -> usize {
        self.schedules.iter().map(|schedule| schedule.incidents.len()).sum()
    }

    /// The same without one trouble, counted through, and those that make one with it; a schedule without any goes too.
    pub(crate) fn without(&self, mut index: usize) -> Self {
        let mut plan = self.clone();
        for schedule in &mut plan.schedules {
            if let Some(group) = schedule.incidents.get(index).map(|incident| incident.group) {
                schedule.incidents.retain(|incident| incident.group != group);
                break;
            }
            index -= schedule.incidents.len();
        }
        plan.schedules.retain(|schedule| !schedule.incidents.is_empty());
        plan
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schedules: Vec<String> = self.schedules.iter().map(Schedule::to_string).collect();
        f.write_str(&schedules.join("\n"))
    }
}

/// Lives through it. After a violation shorter lives are tried that break the same rule; the shortest is lived through
/// once more, so that what happened last is told too.
///
/// # Errors
///
/// The first violation, after which the life ends.
pub fn live(life: Life) -> Result<Lived, Box<Violation>> {
    told(life, Plan::of(life), Conduct::default())
}

/// The same life with some of its troubles only, as a violation names those that were needed for it.
///
/// # Errors
///
/// As [`live`].
pub fn live_again(life: Life, kept: &Kept) -> Result<Lived, Box<Violation>> {
    told(life, Plan::of(life).only(kept), Conduct::default())
}

/// The same, with something done wrong on purpose, to see that it is noticed.
///
/// # Errors
///
/// As [`live`]; anything else means that nobody has noticed.
pub fn live_wrongly(life: Life, sabotage: Sabotage) -> Result<Lived, Box<Violation>> {
    told(life, Plan::of(life), Conduct { sabotage: Some(sabotage), ..Conduct::default() })
}

/// Both.
///
/// # Errors
///
/// As [`live_wrongly`].
pub fn live_wrongly_again(life: Life, kept: &Kept, sabotage: Sabotage) -> Result<Lived, Box<Violation>> {
    told(life, Plan::of(life).only(kept), Conduct { sabotage: Some(sabotage), ..Conduct::default() })
}

fn told(life: Life, plan: Plan, conduct: Conduct) -> Result<Lived, Box<Violation>> {
    try_out(life, &plan, conduct).map_err(|broken| {
        let first = broken.clone();
        let (shortest, broken) = shrink(life, conduct, plan, broken);
        let traced = Conduct { traced: TRACE, ..conduct };
        let last = try_out(life, &shortest, traced).err().unwrap_or(broken);
        let again = format!("cargo xtask soak {life} --keep {}", shortest.kept());
        Box::new(Violation { shortest: shortest.to_string(), trace: last.trace, again, ..*first })
    })
}

/// Lives through a plan, once.
pub(crate) fn try_out(life: Life, plan: &Plan, conduct: Conduct) -> Result<Lived, Box<Violation>> {
    let mut stage = Stage::new(life, plan.begin, conduct);
    let mut lived = Lived::default();
    for schedule in &plan.schedules {
        stage.play(schedule)?;
        lived.schedules += 1;
        for incident in &schedule.incidents {
            *lived.troubles.entry(incident.trouble.kind()).or_default() += 1;
        }
    }
    lived.time = stage.lived();
    stage.count(&mut lived);
    Ok(lived)
}
