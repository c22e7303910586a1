//! The longer run, by `cargo xtask soak`: many lives, one after the other, until one breaks an invariant.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use gatewright_soak::{Kept, Length, Life, Lived, live, live_again};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(5);

const USAGE: &str = "\
usage: cargo xtask soak [--seeds N] [--from SEED] [--schedules N | --month]
       cargo xtask soak --only SEED [--schedules N | --month] [--keep PLACES]

  --seeds N       how many lives (default 1000)
  --from SEED     the first seed (default 0)
  --only SEED     just this life
  --keep PLACES   only these of its troubles, as a violation names them: 3.0,3.2,7.1
  --schedules N   how many short schedules each life has (default 16)
  --month         each life is a month instead
";

/// What is asked for.
struct Plan {
    seeds: u64,
    from: u64,
    length: Length,
    kept: Option<Kept>,
}

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "a program whose output is its product")]
fn main() -> ExitCode {
    let Some(plan) = plan(std::env::args().skip(1)) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let began = now();
    let mut told = began;
    let mut total = Lived::default();
    for (number, seed) in (1..=plan.seeds).zip(plan.from..) {
        let life = Life { seed, length: plan.length };
        let lived = match &plan.kept {
            Some(kept) => live_again(life, kept),
            None => live(life),
        };
        match lived {
            Ok(lived) => total += lived,
            Err(violation) => {
                eprintln!("{violation}");
                eprintln!("again, the whole life: cargo xtask soak {life}");
                return ExitCode::FAILURE;
            }
        }
        if told.elapsed() >= TELL {
            told = now();
            println!("{number} of {} lives (seed {seed}): {total}, {:.0} s", plan.seeds, began.elapsed().as_secs_f64());
        }
    }
    println!("{} lives without a violation: {total}, in {:.1} s", plan.seeds, began.elapsed().as_secs_f64());
    println!("what went wrong in them:");
    for (kind, count) in &total.troubles {
        println!("{count:9}  {kind}");
    }
    ExitCode::SUCCESS
}

fn plan(mut words: impl Iterator<Item = String>) -> Option<Plan> {
    let mut plan = Plan { seeds: 1000, from: 0, length: Length::Schedules(16), kept: None };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--month" => plan.length = Length::Month,
            "--seeds" => plan.seeds = words.next()?.parse().ok()?,
            "--from" => plan.from = words.next()?.parse().ok()?,
            "--only" => (plan.seeds, plan.from) = (1, words.next()?.parse().ok()?),
            "--keep" => plan.kept = Some(words.next()?.parse().ok()?),
            "--schedules" => plan.length = Length::Schedules(words.next()?.parse().ok()?),
            _ => return None,
        }
    }
    // Places are those of one life.
    (plan.kept.is_none() || plan.seeds == 1).then_some(plan)
}

#[expect(clippy::disallowed_methods, reason = "progress is told by the clock of the person who waits")]
fn now() -> Instant {
    Instant::now()
}
