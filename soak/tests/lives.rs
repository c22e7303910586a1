//! Lives in the ordinary suite: short schedules by the hundred on each of two threads.
//!
//! A seed that breaks an invariant is to become a test of its own here, with what it was.

use gatewright_soak::{Length, Life, Lived, live};

/// Schedules of one life.
const SCHEDULES: u64 = 32;

fn all(seeds: std::ops::Range<u64>) {
    let mut total = Lived::default();
    for seed in seeds {
        match live(Life { seed, length: Length::Schedules(SCHEDULES) }) {
            Ok(lived) => total += lived,
            Err(violation) => panic!("{violation}"),
        }
    }
    assert!(total.sessions > total.schedules, "a life without sessions proves nothing: {total}");
}

#[test]
fn whatever_goes_wrong_everything_is_well_again() {
    all(0..6);
}

#[test]
fn whatever_else_goes_wrong_everything_is_well_again() {
    all(1000..1006);
}
