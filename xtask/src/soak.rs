//! `cargo xtask soak`: many simulated lives in a release build, with progress.

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Builds the soak package and lives through what `args` ask for; a seed that breaks an invariant is told with how to
/// run just that one.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<(), Failure> {
    let run = ["run", "--release", "--locked", "-p", "gatewright-soak", "--"];
    workspace.cargo(run.into_iter().chain(args.iter().map(String::as_str))).run()
}
