//! Nothing in the tree works on one machine only: no path of ours, no package source but the public ones.

use super::tree::{Tree, Violation};

/// Folders of the machines that this project was written on.
const PATHS: [&str; 2] = ["/work/", "shared/reference"];
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];
const PIP_SOURCES: [&str; 4] = ["--index-url", "--extra-index-url", "--find-links", "-i "];

/// Finds machine paths in any file, and package sources other than crates.io and PyPI.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    // This check has to spell out what it looks for.
    tree.files().filter(|(path, _)| *path != "xtask/src/tidy/machine.rs").flat_map(check_file).collect()
}

fn check_file((path, text): (&str, &str)) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut add = |message: String| found.push(Violation::new(path, index + 1, message));
        for machine_path in PATHS.into_iter().filter(|machine_path| names_path(line, machine_path)) {
            add(format!("names `{machine_path}`, which exists on one machine only"));
        }
        if path == "Cargo.lock" {
            let source = line.strip_prefix("source = ").map(|source| source.trim_matches('"'));
            if source.is_some_and(|source| !CRATES_IO.contains(&source)) {
                add("takes a package from elsewhere than crates.io".to_owned());
            }
        } else if path.ends_with("config.toml") && (line.starts_with("[source") || line.starts_with("[registr")) {
            add("replaces the public package registry".to_owned());
        } else if path.ends_with("requirements.txt") && PIP_SOURCES.iter().any(|option| line.starts_with(option)) {
            add("takes packages from elsewhere than PyPI".to_owned());
        }
    }
    found
}

/// `/work/` in `"/work/x"`, but not in `https://host/net/work/x`.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::new([(path, text)])).len()
    }

    #[test]
    fn machine_paths_are_found_in_any_file() {
        assert_eq!(found("README.md", "see /work/main\n"), 1);
        assert_eq!(found("crates/a/src/lib.rs", "//! see ../shared/reference/x.md\n"), 1);
        assert_eq!(found("README.md", "https://host/net/work/x\n"), 0);
    }

    #[test]
    fn packages_come_from_the_public_registries() {
        let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        assert_eq!(found("Cargo.lock", public), 0);
        assert_eq!(found("Cargo.lock", "source = \"registry+https://crates.example.org/index\"\n"), 1);
        assert_eq!(found(".cargo/config.toml", "[source.crates-io]\n"), 1);
        assert_eq!(found("tests/foreign/requirements.txt", "--index-url https://pypi.example.org\n"), 1);
    }
}
