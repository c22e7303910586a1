//! Lives in the ordinary suite: short schedules by the thousand, and whole months.
//!
//! A seed that breaks an invariant is to become a test of its own here, with what it was.

use std::time::Duration;

use gatewright_soak::{Length, Life, Lived, live};

/// Schedules of one life; four tests with sixteen lives each make 2048.
const SCHEDULES: u64 = 32;

/// Four Sundays and more than twenty nights.
const A_MONTH: Duration = Duration::from_secs(28 * 86_400);

fn lived(seed: u64, length: Length) -> Lived {
    live(Life { seed, length }).unwrap_or_else(|violation| panic!("{violation}"))
}

fn all(seeds: std::ops::Range<u64>) {
    let mut total = Lived::default();
    for seed in seeds {
        total += lived(seed, Length::Schedules(SCHEDULES));
    }
    assert!(total.sessions > total.schedules, "a life without sessions proves nothing: {total}");
}

fn month(seed: u64) {
    let lived = lived(seed, Length::Month);
    assert!(lived.time > A_MONTH && lived.sessions > 30, "each night ends its sessions: {lived}");
}

#[test]
fn whatever_goes_wrong_everything_is_well_again() {
    all(0..16);
}

#[test]
fn whatever_else_goes_wrong_everything_is_well_again() {
    all(1000..1016);
}

#[test]
fn whatever_goes_wrong_in_other_orders_everything_is_well_again() {
    all(2000..2016);
}

#[test]
fn whatever_goes_wrong_together_everything_is_well_again() {
    all(3000..3016);
}

#[test]
fn a_month_of_kept_sessions_is_lived_through() {
    month(2);
}

#[test]
fn a_month_of_programs_behind_the_proxy_is_lived_through() {
    month(7);
}
