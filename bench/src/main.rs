//! Benchmarks, run by `cargo xtask bench`: medians and ratios, each against a rival or a floor of the same run.

mod connect;
mod figures;
mod floor;
mod footprint;
mod gateway;
mod journal;
mod proxied;
mod rivals;
mod round_trip;
mod scan;
mod simulator;
mod ticks;

use std::io;
use std::process::ExitCode;

/// What the benchmarks need from outside, as `cargo xtask bench` gives it.
struct Tools {
    gatewright: String,
    python: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "this program's two settings come by the environment, from cargo xtask")]
fn tools() -> Option<Tools> {
    let gatewright = std::env::var("GATEWRIGHT_BIN").ok()?;
    Some(Tools { gatewright, python: std::env::var("GATEWRIGHT_FOREIGN_PYTHON").ok() })
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let Some(tools) = tools() else {
        complain("run `cargo xtask bench [NAME…]`: it builds what is measured and says where it is");
        return ExitCode::FAILURE;
    };
    let known = ["connect", "round-trip", "ticks", "scan", "footprint", "proxy", "journal", "simulator"];
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        complain(&format!("no benchmark {unknown}; there are {}", known.join(", ")));
        return ExitCode::FAILURE;
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let mut code = ExitCode::SUCCESS;
    for name in known.into_iter().filter(|name| wanted(name)) {
        let result = match name {
            "connect" => connect::run(&tools),
            "round-trip" => round_trip::run(&tools),
            "ticks" => ticks::run(&tools),
            "scan" => scan::run(),
            "footprint" => footprint::run(&tools),
            "proxy" => proxied::run(&tools),
            "journal" => journal::run(&tools),
            _ => simulator::run(&tools),
        };
        if let Err(error) = result {
            complain(&format!("{name}: {error}"));
            code = ExitCode::FAILURE;
        }
    }
    code
}

#[expect(clippy::print_stderr, reason = "a program's complaint")]
fn complain(text: &str) {
    eprintln!("bench: {text}");
}

/// A runtime as the program itself has it: one thread.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
