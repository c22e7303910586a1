//! A busy trader of two symbols is killed again and again, at moments that nobody has chosen, and held against the
//! simulator's own books in the end.
//!
//! `GATEWRIGHT_KILLS` asks for more than the suite has time for, `GATEWRIGHT_SEED` for the moments of an earlier run.

use std::hash::{BuildHasher, RandomState};
use std::process::Stdio;
use std::time::Duration;

use gatewright_journal::{IntentRecord, StateKind};

use crate::crash::{Stage, all_done};
use crate::patience;

/// How often it is killed in the suite.
const KILLS: u64 = 10;

/// The shortest and the longest life, in milliseconds: from the worker's start to dozens of orders.
const LIVES: (u64, u64) = (30, 2_000);

/// Crosses as often as there are bars, in two symbols, a minute's bars in a second.
const BUSY: [&str; 5] = ["MSFT", "--fast", "1", "--slow", "2"];

/// So many filled orders are worth comparing.
const BUSY_ORDERS: usize = 20;

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests may ask for more, or for the same again")]
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The next number of a seed's, by xorshift.
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random >> 11
}

#[test]
fn a_busy_trader_that_is_killed_at_random_moments_keeps_the_gateways_books() {
    let seed = asked("GATEWRIGHT_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    let mut random = seed | 1;
    let stage = Stage::new(&[]);
    for kill in 1..=asked("GATEWRIGHT_KILLS").unwrap_or(KILLS) {
        let (shortest, longest) = LIVES;
        let life = shortest + next(&mut random) % (longest - shortest);
        eprintln!("GATEWRIGHT_SEED={seed}: life {kill} ends after {life} ms");
        let mut trader = stage.trader(&BUSY, None, Stdio::null());
        patience::pause(Duration::from_millis(life));
        assert_eq!(trader.try_wait().unwrap(), None, "it lives until it is killed");
        trader.kill().unwrap();
        trader.wait().unwrap();
        patience::until("its worker has gone", || stage.program.processes() == [stage.sim.pid()]);
    }
    let filled = |record: &&IntentRecord| record.state.kind() == StateKind::Filled;
    // However short the lives were: the last one goes on until there is something to compare.
    let busy = |intents: &[IntentRecord]| all_done(intents) && intents.iter().filter(filled).count() > BUSY_ORDERS;
    stage.runs_until(&BUSY, "every order is done", busy);
    stage.assert_books_agree();
}
