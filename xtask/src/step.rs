//! Named steps with their times, so that a reader sees where a run is and what it waited for.

use std::time::Instant;

use crate::failure::Failure;

/// Runs one step, saying its name before and its time after.
pub(crate) fn run(name: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("==> {name}");
    #[expect(clippy::disallowed_methods, reason = "the time that a step takes is printed, nothing depends on it")]
    let started = Instant::now();
    let outcome = work();
    let seconds = started.elapsed().as_secs_f64();
    match &outcome {
        Ok(()) => println!("==> {name}: done in {seconds:.1} s"),
        Err(_) => println!("==> {name}: FAILED after {seconds:.1} s"),
    }
    outcome
}
