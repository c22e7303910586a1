//! Project automation: the one command list that people and CI share.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is its product")]

mod bench;
mod ci;
mod docs;
mod failure;
mod foreign;
mod rows;
mod soak;
mod step;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use failure::Failure;
use workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask <command> [arguments]

commands:
  test [ARGS]   every test, with the foreign clients they need installed under target/;
                ARGS go to `cargo test --workspace`
  ci            fmt, clippy, docs, tidy, test: exactly what CI runs, stopping at the first failure
  tidy          check that structure, manifests and documents agree with each other
  bench [ARGS]  build the release binary, then run the benchmarks with ARGS
  docs          write what documents repeat of the code: schemas, tables of the simulator
  soak [ARGS]   simulated lives in a release build: --seeds N, --from SEED, --schedules N, --month
  fmt           format every crate
  help          this text
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((command, rest)) = args.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let outcome = match (command.as_str(), rest) {
        ("help" | "--help" | "-h", _) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        ("test", rest) => Workspace::locate().and_then(|workspace| test::run(&workspace, rest)),
        ("bench", rest) => Workspace::locate().and_then(|workspace| bench::run(&workspace, rest)),
        ("soak", rest) => Workspace::locate().and_then(|workspace| soak::run(&workspace, rest)),
        ("ci", []) => Workspace::locate().and_then(|workspace| ci::run(&workspace)),
        ("tidy", []) => Workspace::locate().and_then(|workspace| tidy::run(&workspace)),
        ("docs", []) => Workspace::locate().and_then(|workspace| docs::run(&workspace)),
        ("fmt", []) => Workspace::locate().and_then(|workspace| workspace.cargo(["fmt", "--all"]).run()),
        ("ci" | "tidy" | "docs" | "fmt", [unexpected, ..]) => {
            Err(Failure::new(format!("`cargo xtask {command}` takes no arguments, but got `{unexpected}`")))
        }
        _ => {
            eprint!("xtask: there is no command `{command}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
