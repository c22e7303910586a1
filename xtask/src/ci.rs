//! `cargo xtask ci`: what has to pass before a change is merged.

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{step, test, tidy};

/// Runs every check, cheapest verdict first, and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    step::run("fmt", || workspace.cargo(["fmt", "--all", "--check"]).run())?;
    step::run("clippy", || {
        workspace.cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]).run()
    })?;
    step::run("doc", || {
        workspace
            .cargo(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
            .env("RUSTDOCFLAGS", "-Dwarnings")
            .run()
    })?;
    step::run("tidy", || tidy::run(workspace))?;
    step::run("test", || test::run(workspace, &[]))
}
