//! The longer run, by `cargo xtask soak`: many lives, one after the other, until one breaks an invariant.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use gatewright_soak::{Length, Life, Lived, live};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(5);

const USAGE: &str = "\
usage: cargo xtask soak [--seeds N] [--from SEED] [--schedules N | --month]

  --seeds N       how many lives (default 1000)
  --from SEED     the first seed (default 0); with --seeds 1 just this one
  --schedules N   how many short schedules each life has (default 16)
  --month         each life is a month instead
";

struct Plan {
    seeds: u64,
    from: u64,
    length: Length,
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
    for seed in plan.from..plan.from.saturating_add(plan.seeds) {
        match live(Life { seed, length: plan.length }) {
            Ok(lived) => total += lived,
            Err(violation) => {
                eprintln!("{violation}");
                let length = match plan.length {
                    Length::Schedules(count) => format!("--schedules {count}"),
                    Length::Month => "--month".into(),
                };
                eprintln!("again: cargo xtask soak --seeds 1 --from {seed} {length}");
                return ExitCode::FAILURE;
            }
        }
        if told.elapsed() >= TELL {
            told = now();
            println!("seed {seed}: {total}, {:.0} s", began.elapsed().as_secs_f64());
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
    let mut plan = Plan { seeds: 1000, from: 0, length: Length::Schedules(16) };
    while let Some(word) = words.next() {
        if word == "--month" {
            plan.length = Length::Month;
            continue;
        }
        let number = words.next()?.parse().ok()?;
        match word.as_str() {
            "--seeds" => plan.seeds = number,
            "--from" => plan.from = number,
            "--schedules" => plan.length = Length::Schedules(number),
            _ => return None,
        }
    }
    Some(plan)
}

#[expect(clippy::disallowed_methods, reason = "progress is told by the clock of the person who waits")]
fn now() -> Instant {
    Instant::now()
}
