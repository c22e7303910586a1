//! Dying on purpose at a step of an order's way, for tests. A released binary does not: see
//! [`crate::environment::FAIL_POINT`].

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use gatewright_trade::{Step, Watch};
use rustix::process::{Signal, getpid, kill_process};

/// Where this process is to end, as by SIGKILL: `STEP`, or `STEP:N` for the Nth time that the step is reached. With `!` at
/// its end there is a panic on the thread that decides instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailPoint {
    step: Step,
    nth: u32,
    ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Kill,
    Panic,
}

impl FailPoint {
    /// A watch that ends this process there. Nothing of it is flushed, closed or told.
    pub(crate) fn watch(self) -> Watch {
        let reached = AtomicU32::new(0);
        Watch::new(move |step| {
            if step == self.step && reached.fetch_add(1, Ordering::Relaxed) + 1 == self.nth {
                match self.ending {
                    // Nobody outlives it; should the system refuse, the test that waits for our end says so.
                    Ending::Kill => drop(kill_process(getpid(), Signal::KILL)),
                    Ending::Panic => panic!("this is the panic that was asked for"),
                }
            }
        })
    }
}

impl FromStr for FailPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, ending) = text.strip_suffix('!').map_or((text, Ending::Kill), |text| (text, Ending::Panic));
        let (name, nth) = text.split_once(':').unwrap_or((text, "1"));
        let step = Step::ALL.into_iter().find(|step| step.name() == name);
        let names = || format!("`{name}` is none of {}", Step::ALL.map(Step::name).join(", "));
        let nth = nth.parse().map_err(|_| format!("`{nth}` is no count"))?;
        Ok(Self { step: step.ok_or_else(names)?, nth, ending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fail_point_is_a_step_and_how_often_it_is_reached_before() {
        let (kill, panic) = (Ending::Kill, Ending::Panic);
        assert_eq!("before-fill".parse(), Ok(FailPoint { step: Step::BeforeFill, nth: 1, ending: kill }));
        assert_eq!("settling:3".parse(), Ok(FailPoint { step: Step::Settling, nth: 3, ending: kill }));
        assert_eq!("after-fill:2!".parse(), Ok(FailPoint { step: Step::AfterFill, nth: 2, ending: panic }));
        assert!("nowhere".parse::<FailPoint>().unwrap_err().contains("after-intent"));
        assert!("settling:often".parse::<FailPoint>().is_err());
    }
}
