//! ARCHITECTURE.md names every crate under `crates/`.

use super::tree::{Tree, Violation};

const DOCUMENT: &str = "ARCHITECTURE.md";

/// Finds crates that the document leaves out.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(text) = tree.text(DOCUMENT) else {
        return vec![Violation::new(DOCUMENT, 1, "is missing: it has to name every crate")];
    };
    tree.crates()
        .filter(|name| !text.contains(&format!("`{name}`")) && !text.contains(&format!("crates/{name}")))
        .map(|name| Violation::new(DOCUMENT, 1, format!("does not name crates/{name}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_named_in_code_quotes_or_by_its_folder() {
        let manifests = ["crates/a/Cargo.toml", "crates/b/Cargo.toml", "crates/c/Cargo.toml"].map(|path| (path, ""));
        let tree = Tree::new(manifests.into_iter().chain([(DOCUMENT, "`a` does this, see crates/b; c")]));
        assert_eq!(check(&tree), [Violation::new(DOCUMENT, 1, "does not name crates/c")]);
    }

    #[test]
    fn the_document_must_exist() {
        assert_eq!(check(&Tree::new([("a.md", "")])).len(), 1);
    }
}
