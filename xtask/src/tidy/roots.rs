//! `lib.rs` and `mod.rs` say what is where; they hold no logic.

use super::source::line_of;
use super::tree::{Tree, Violation};

/// Finds functions with bodies in module roots.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let roots = tree.rust().iter().filter(|file| {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        matches!(name, "lib.rs" | "mod.rs")
    });
    roots
        .flat_map(|file| {
            functions_with_bodies(&file.product).into_iter().map(|line| {
                Violation::new(&file.path, line, "move this function into a module named after its subject")
            })
        })
        .collect()
}

fn functions_with_bodies(code: &str) -> Vec<usize> {
    code.match_indices("fn ")
        .filter(|(at, _)| code[..*at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_'))
        .filter(|(at, _)| code[*at..].find(['{', ';']).is_some_and(|end| code[at + end..].starts_with('{')))
        .map(|(at, _)| line_of(code, at))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(&Tree::new([(path, text)])).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn functions_in_roots_are_found() {
        assert_eq!(lines("crates/a/src/lib.rs", "mod b;\npub fn f(x: u8) -> u8 {\n    x\n}\n"), [2]);
        assert_eq!(lines("crates/a/src/b/mod.rs", "impl A {\n    fn f() {}\n}\n"), [2]);
    }

    #[test]
    fn declarations_tests_and_other_files_pass() {
        assert!(lines("crates/a/src/lib.rs", "pub trait T {\n    fn f(&self);\n}\n").is_empty());
        assert!(lines("crates/a/src/lib.rs", "#[cfg(test)]\nmod tests {\n    fn f() {}\n}\n").is_empty());
        assert!(lines("crates/a/src/b.rs", "fn f() {}\n").is_empty());
    }
}
