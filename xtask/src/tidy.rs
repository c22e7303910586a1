//! `cargo xtask tidy`: fails when structure, manifests and documents drift from the rules of CONTRIBUTING.md.
//!
//! Each module but the first two is one check: a pure function from the tree to the violations it finds.
//!
//! - [`tree`]: the files, and what a violation is
//! - [`source`]: Rust text without its comments, strings and tests
//! - [`architecture`]: ARCHITECTURE.md names every crate
//! - [`changelog`]: there is an Unreleased section
//! - [`connecting`]: only `link` connects to a Gateway, nothing probes its port
//! - [`direction`]: crates use only the crates that the design lets them use
//! - [`generated`]: schemas and the simulator's tables are what the product prints
//! - [`length`]: long files say why
//! - [`machine`]: no path or package source of one machine
//! - [`manifest`]: versions and features only in the root manifest
//! - [`naming`]: modules are named after a thing
//! - [`open_ends`]: they have an owner
//! - [`purity`]: sans-I/O modules mention no I/O
//! - [`roots`]: `lib.rs` and `mod.rs` hold no logic
//! - [`socket_tools`]: sockets are read from the kernel, never from `lsof`
//! - [`unsafety`]: unsafe code stays in `sys`

mod architecture;
mod changelog;
mod connecting;
mod direction;
mod generated;
mod length;
mod machine;
mod manifest;
mod naming;
mod open_ends;
mod purity;
mod roots;
mod socket_tools;
mod source;
mod tree;
mod unsafety;

use crate::failure::Failure;
use crate::workspace::Workspace;
use tree::{Tree, Violation};

type Check = fn(&Tree) -> Vec<Violation>;

const CHECKS: [(&str, Check); 13] = [
    ("architecture", architecture::check),
    ("changelog", changelog::check),
    ("connecting", connecting::check),
    ("direction", direction::check),
    ("length", length::check),
    ("machine", machine::check),
    ("manifest", manifest::check),
    ("naming", naming::check),
    ("open-ends", open_ends::check),
    ("purity", purity::check),
    ("roots", roots::check),
    ("socket-tools", socket_tools::check),
    ("unsafety", unsafety::check),
];

/// Runs every check, prints every violation and fails if there is one.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let tree = Tree::load(workspace)?;
    let mut found = 0;
    for (name, check) in CHECKS {
        found += report(name, &check(&tree));
    }
    // The one check that has to run the product; kept last because it may have to build it.
    found += report("generated", &generated::check(workspace)?);
    match found {
        0 => {
            println!("tidy: {} files, {} checks, nothing found", tree.len(), CHECKS.len() + 1);
            Ok(())
        }
        1 => Err(Failure::new("tidy found 1 violation")),
        n => Err(Failure::new(format!("tidy found {n} violations"))),
    }
}

fn report(check: &str, violations: &[Violation]) -> usize {
    for violation in violations {
        println!("{violation} [{check}]");
    }
    violations.len()
}
