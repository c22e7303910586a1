//! `cargo xtask bench`: hands over to the benchmark package with what it needs built and installed.

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{foreign, step};

/// Builds the release binary, installs the foreign clients (rivals in the figures) and runs the benchmarks with `args`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<(), Failure> {
    if !workspace.root().join("bench/Cargo.toml").exists() {
        return Err(Failure::new("this checkout has no benchmark package (bench/Cargo.toml)"));
    }
    step::run("build gatewright (release)", || {
        workspace.cargo(["build", "--release", "--locked", "-p", "gatewright"]).run()
    })?;
    let python = foreign::install(workspace)?;
    let run = ["run", "--release", "--locked", "-p", "gatewright-bench", "--"];
    workspace
        .cargo(run.into_iter().chain(args.iter().map(String::as_str)))
        .env("GATEWRIGHT_BIN", workspace.built_program("release", "gatewright"))
        .env(foreign::PYTHON_VARIABLE, python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .run()
}
