//! `cargo xtask test`: every test of the workspace, real foreign clients included, none of them without an end.
//!
//! - `watch` – what a run has said, and whether it hangs (pure)
//! - `guard` – a run under that watch, and its end where it hangs
//! - `started` – the processes of a run

mod guard;
mod started;
mod watch;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{foreign, step};

/// Builds the binary, installs the foreign clients and runs all tests; `extra` goes to `cargo test`.
pub(crate) fn run(workspace: &Workspace, extra: &[String]) -> Result<(), Failure> {
    // The same selection as below, or every dependency whose features differ would be built twice.
    step::run("build", || workspace.cargo(["test", "--workspace", "--locked", "--no-run"]).run())?;
    let mut python = None;
    step::run("foreign clients", || {
        python = Some(foreign::install(workspace)?);
        Ok(())
    })?;
    let python = python.expect("the step before has succeeded");
    step::run("cargo test", || {
        let args = ["test", "--workspace", "--locked"].into_iter().chain(extra.iter().map(String::as_str));
        let tests = workspace
            .cargo(args)
            .env(foreign::PYTHON_VARIABLE, &python)
            // Python would leave __pycache__ folders next to the scripts, outside target/.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        guard::run(tests, watch::Bounds::default())
    })
}
