//! Whole lives of a trader of two symbols at the simulator's own core, in virtual time: real frames, the worker's session
//! and health machines, faults of the simulator's table, deaths, and in the end the simulator's books against the journal's.
//!
//! It differs from `model`, whose Gateway is a few lines and always knows what it did, in that nothing of the Gateway was
//! written for this test; in turn what a core does in one second of its own takes longer than a whole life there.
//!
//! - `wire` – the simulator's core behind a slow network
//! - `line` – one session, and the worker's part in it
//! - `errand` – questions, each up to its end marker
//! - `life` – the trader, its shell in a few lines, and time
//! - `whims` – what happens to it
//! - `books` – what must hold

mod books;
mod errand;
mod life;
mod line;
mod whims;
mod wire;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::life::{Deceit, Life};
use super::model::live_all;

/// What is traded.
const SYMBOLS: [&str; 2] = ["AAPL", "MSFT"];

/// Lives in the suite. Each has up to forty whims.
const LIVES: u64 = 1_000;

/// The most whims of a life.
const WHIMS: u64 = 40;

fn life(seed: u64) {
    let mut life = Life::new(seed);
    for _ in 0..life.chance.draw(WHIMS) {
        life.step();
        life.check();
    }
    life.settle();
    life.check_end();
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests may ask for more than the suite has time for")]
fn asked() -> Option<u64> {
    std::env::var("GATEWRIGHT_LIVES").ok()?.parse().ok()
}

#[test]
fn whatever_goes_wrong_the_journal_ends_as_the_simulators_books() {
    let lives = asked().unwrap_or(LIVES);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || live_all((0..lives).filter(|seed| seed % threads == thread), life));
        }
    });
}

#[test]
fn lives_at_the_simulator_have_every_whim_fault_and_death_in_them() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..60 {
        let mut life = Life::new(seed);
        for _ in 0..WHIMS {
            life.step();
        }
        seen.extend(life.seen.iter().copied());
    }
    let missing: Vec<_> =
        whims::EVERYTHING.into_iter().chain(whims::fault_names()).filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

/// Lives at a Gateway that deceives in one way; the invariant that notices.
fn noticed(deceit: Deceit) -> String {
    let lives = catch_unwind(AssertUnwindSafe(|| {
        for seed in 0..100 {
            let mut life = Life::new(seed);
            life.deceit = Some(deceit);
            for _ in 0..WHIMS {
                life.step();
                life.check();
            }
            life.settle();
            life.check_end();
        }
    }));
    let broken = lives.expect_err("nobody has noticed");
    broken.downcast_ref::<String>().cloned().unwrap_or_else(|| "?".into())
}

#[test]
fn a_simulator_that_deceives_is_noticed() {
    for (deceit, noticed_by) in [
        (Deceit::ACentMore, &["to the cent"][..]),
        (Deceit::Twice, &["more than one order", "another order lives"]),
        (Deceit::HidesFills, &["not settled", "position", "what was filled"]),
    ] {
        let noticed = noticed(deceit);
        assert!(noticed_by.iter().any(|by| noticed.contains(by)), "{deceit:?}: {noticed}");
    }
}
