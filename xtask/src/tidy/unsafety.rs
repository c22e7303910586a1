//! Unsafe code stays in `crates/sys`.

use super::source::lines_with;
use super::tree::{Tree, Violation};

/// Finds the keyword anywhere else, tests included.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.rust()
        .iter()
        .filter(|file| !file.path.starts_with("crates/sys/"))
        .flat_map(|file| {
            lines_with(&file.code, "unsafe")
                .into_iter()
                .map(|line| Violation::new(&file.path, line, "unsafe code belongs into crates/sys"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_is_found_outside_sys_only() {
        let code = "// unsafe in words\n#![deny(unsafe_code)]\nfn f() { unsafe { g() } }\n";
        let found = check(&Tree::new([("crates/a/src/b.rs", code), ("crates/sys/src/b.rs", code)]));
        assert_eq!(found, [Violation::new("crates/a/src/b.rs", 3, "unsafe code belongs into crates/sys")]);
    }
}
