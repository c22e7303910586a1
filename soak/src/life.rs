//! A world and the schedules that it lives through.

use std::fmt;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};

use crate::chance::Chance;
use crate::schedule::Schedule;
use crate::stage::Stage;
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

/// What a life was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lived {
    /// Schedules.
    pub schedules: u64,
    /// Virtual time.
    pub time: Duration,
    /// Steps; after each the invariants were checked.
    pub steps: u64,
    /// Frames that were sent to the Gateway.
    pub frames: u64,
    /// Sessions that were opened with it.
    pub sessions: u64,
}

impl std::ops::AddAssign for Lived {
    fn add_assign(&mut self, other: Self) {
        self.schedules += other.schedules;
        self.time += other.time;
        self.steps += other.steps;
        self.frames += other.frames;
        self.sessions += other.sessions;
    }
}

impl fmt::Display for Lived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.time.as_secs_f64() / 86_400.0;
        let Self { schedules, steps, frames, sessions, .. } = self;
        write!(f, "{schedules} schedules, {days:.1} days, {steps} steps, {sessions} sessions, {frames} frames")
    }
}

/// Lives through it. After a violation it is lived through again, so that what happened last is told too.
///
/// # Errors
///
/// The first violation, after which the life ends.
pub fn live(life: Life) -> Result<Lived, Box<Violation>> {
    run(life, false).or_else(|unseen| run(life, true).and(Err(unseen)))
}

fn run(life: Life, traced: bool) -> Result<Lived, Box<Violation>> {
    let mut chance = Chance::new(life.seed, 0);
    let mut lived = Lived::default();
    let stage = match life.length {
        Length::Schedules(schedules) => {
            let minute = i64::try_from(chance.below(24 * 60)).unwrap_or(0);
            let begin = BEGIN.checked_add(minute.minutes()).unwrap_or(BEGIN);
            let mut stage = Stage::new(life, begin, traced);
            for number in 1..=schedules {
                stage.play(&Schedule::short(number, &mut chance))?;
            }
            lived.schedules = schedules;
            stage
        }
        Length::Month => {
            let mut stage = Stage::new(life, BEGIN, traced);
            stage.play(&Schedule::month(&mut chance))?;
            lived.schedules = 1;
            stage
        }
    };
    (lived.frames, lived.sessions) = stage.counted();
    (lived.time, lived.steps) = (stage.lived(), stage.steps);
    Ok(lived)
}
