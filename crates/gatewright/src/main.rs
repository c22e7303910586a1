//! The `gatewright` program: argv in, an exit code out.
//!
//! - `cli` – the arguments, their help, and which command they call
//! - `command` – one file or folder per command
//! - `config` – `gatewright.toml`, and what holds
//! - `daemon` – what `gatewright up` keeps alive
//! - `guard` – paper by default: what may be connected to
//! - `exit_code`, `diagnosis` – how a command ends, for a script and for a person
//! - `target`, `endpoint`, `sim_child` – the Gateway that is meant, a real one or a simulated one of our own
//! - `environment` – the environment variables, all of them
//! - `fail_point` – dying on purpose, for tests
//! - `output`, `log` – what is said and what is logged
//! - `signal`, `runtime`, `clock` – stopping, waiting, and the time

mod cli;
mod clock;
mod command;
mod config;
mod daemon;
mod diagnosis;
mod endpoint;
mod environment;
mod exit_code;
mod fail_point;
mod guard;
mod log;
mod look;
mod output;
mod runtime;
mod signal;
mod sim_child;
mod target;

fn main() -> std::process::ExitCode {
    cli::run().into()
}
