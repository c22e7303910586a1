//! Modules are named after a thing of the product, so that a reader finds code by the product's words.

use std::collections::BTreeSet;

use super::source::lines_with;
use super::tree::{Tree, Violation};

const BANNED: [&str; 6] = ["utils", "helpers", "common", "misc", "types", "imp"];

/// Finds files, folders and inline modules with names that say nothing.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut folders = BTreeSet::new();
    for file in tree.rust() {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        if BANNED.contains(&name.trim_end_matches(".rs")) {
            found.push(violation(&file.path, 1));
        }
        // A folder with a banned name is one fault, not one for each of its files.
        if folder.split('/').any(|part| BANNED.contains(&part)) && folders.insert(folder) {
            found.push(violation(&file.path, 1));
        }
        for name in BANNED {
            let inline = lines_with(&file.code, &format!("mod {name} {{"));
            found.extend(inline.into_iter().map(|line| violation(&file.path, line)));
        }
    }
    found
}

fn violation(path: &str, line: usize) -> Violation {
    Violation::new(path, line, format!("name the thing instead of {}", BANNED.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found_as_files_folders_and_modules() {
        let tree = Tree::new([
            ("crates/a/src/utils.rs", ""),
            ("crates/a/src/common/x.rs", ""),
            ("crates/a/src/common/y.rs", ""),
            ("crates/a/src/inline.rs", "\nmod types {\n}\n"),
        ]);
        let places: Vec<(String, usize)> = check(&tree).into_iter().map(|found| (found.path, found.line)).collect();
        let expected = [("crates/a/src/common/x.rs", 1), ("crates/a/src/inline.rs", 2), ("crates/a/src/utils.rs", 1)];
        assert_eq!(places, expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn names_that_only_contain_one_pass() {
        assert!(check(&Tree::new([("crates/a/src/import.rs", "mod types_of_order {}")])).is_empty());
    }
}
