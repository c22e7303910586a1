//! Crates use only the crates that the design lets them use.

use super::manifest::{self, DependencyKind};
use super::tree::{Tree, Violation};

/// Which crates a crate may use; nothing else may be used.
const MAY_USE: [(&str, &[&str]); 8] = [
    ("gatewright", &["trade", "proxy", "sim", "sys", "link", "proto", "journal"]),
    ("trade", &["journal", "link", "proto"]),
    ("proxy", &["link", "journal", "proto"]),
    ("sim", &["proto"]),
    ("journal", &["proto"]),
    ("link", &["proto", "sys"]),
    ("sys", &[]),
    ("proto", &[]),
];

/// The crates whose tests run against the simulator.
const TESTED_ON_SIM: [&str; 3] = ["link", "proxy", "trade"];

/// Finds arrows between crates that the table does not have.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.crates().flat_map(|name| check_crate(tree, name)).collect()
}

fn check_crate(tree: &Tree, name: &str) -> Vec<Violation> {
    let path = format!("crates/{name}/Cargo.toml");
    let Some((_, allowed)) = MAY_USE.iter().find(|(user, _)| *user == name) else {
        return vec![Violation::new(&path, 1, "is a crate that the table of allowed dependencies does not know")];
    };
    manifest::dependencies(tree.text(&path).unwrap_or_default())
        .into_iter()
        .filter_map(|dependency| {
            let used = dependency
                .name
                .strip_prefix("gatewright-")
                .or((dependency.name == "gatewright").then_some("gatewright"))?;
            let for_tests = dependency.kind == DependencyKind::Dev && used == "sim" && TESTED_ON_SIM.contains(&name);
            (!allowed.contains(&used) && !for_tests)
                .then(|| Violation::new(&path, dependency.line, format!("`{name}` may not use `{used}`")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, manifest: &str) -> Vec<Violation> {
        check(&Tree::new([(format!("crates/{name}/Cargo.toml"), manifest)]))
    }

    #[test]
    fn allowed_arrows_pass() {
        assert!(
            found("trade", "[dependencies]\ngatewright-link.workspace = true\nserde.workspace = true\n").is_empty()
        );
        assert!(found("link", "[dev-dependencies]\ngatewright-sim.workspace = true\n").is_empty());
    }

    #[test]
    fn other_arrows_are_named_with_their_line() {
        let expected = [Violation::new("crates/link/Cargo.toml", 2, "`link` may not use `trade`")];
        assert_eq!(found("link", "[dependencies]\ngatewright-trade = { workspace = true }\n"), expected);
        assert_eq!(found("link", "[dependencies]\ngatewright-sim.workspace = true\n").len(), 1);
        assert_eq!(found("sim", "[dev-dependencies]\ngatewright-link.workspace = true\n").len(), 1);
        assert_eq!(found("sys", "[target.'cfg(unix)'.dependencies]\ngatewright-proto.workspace = true\n").len(), 1);
    }

    #[test]
    fn an_unknown_crate_has_to_be_added_to_the_table() {
        assert_eq!(found("novel", "").len(), 1);
    }
}
