//! Whole lives of a trader at a Gateway that loses words, sessions and orders: whims, fates and deaths drawn from a seed, in
//! virtual time, with every invariant looked at after every step.
//!
//! - `gateway` – a Gateway in a few lines, that always knows what it really did
//! - `fate` – what becomes of an order that is sent, and of a cancel
//! - `invariant` – what must hold, each shown to be able to fail
//! - `world` – the trader, its shell in a few lines, and what happens to them

mod fate;
mod gateway;
pub(super) mod invariant;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::world::World;

/// Lives in the suite. Each is a trader's life of up to sixty whims.
const LIVES: u64 = 3_000;

/// Lives one after the other, and says which seed a broken one had.
pub(super) fn live_all(seeds: impl Iterator<Item = u64>, life: impl Fn(u64)) {
    for seed in seeds {
        if let Err(broken) = catch_unwind(AssertUnwindSafe(|| life(seed))) {
            let text = broken.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| broken.downcast_ref::<&str>().copied()).unwrap_or("?");
            panic!("the life of seed {seed}: {text}");
        }
    }
}

fn life(seed: u64) {
    let mut world = World::new(seed);
    for _ in 0..world.draw(60) {
        world.step();
        world.check();
    }
    world.settle();
    world.check_end();
}

#[test]
fn whatever_is_lost_the_books_end_as_the_gateways() {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || live_all((0..LIVES).filter(|seed| seed % threads == thread), life));
        }
    });
}

#[test]
fn lives_have_every_whim_fate_and_death_in_them() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let mut world = World::new(seed);
        for _ in 0..60 {
            world.step();
        }
        seen.extend(world.seen.iter().copied());
    }
    let missing: Vec<_> = fate::EVERYTHING.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

/// A world whose Gateway deceives in one way; the invariant that notices.
fn noticed(deceit: gateway::Deceit) -> String {
    let lives = catch_unwind(AssertUnwindSafe(|| {
        for seed in 0..200 {
            let mut world = World::new(seed);
            world.gateway.deceit = Some(deceit);
            for _ in 0..60 {
                world.step();
                world.check();
            }
            world.settle();
            world.check_end();
        }
    }));
    let broken = lives.expect_err("nobody has noticed");
    broken.downcast_ref::<String>().cloned().unwrap_or_else(|| "?".into())
}

#[test]
fn a_gateway_that_deceives_is_noticed() {
    use gateway::Deceit;
    for (deceit, noticed_by) in [
        (Deceit::ACentMore, &["to the cent"][..]),
        (Deceit::Twice, &["more than one order", "another order lives"]),
        (Deceit::HidesFills, &["not settled", "position"]),
    ] {
        let noticed = noticed(deceit);
        assert!(noticed_by.iter().any(|by| noticed.contains(by)), "{deceit:?}: {noticed}");
    }
}
