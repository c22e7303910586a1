//! CHANGELOG.md has an Unreleased section, so that a change has somewhere to be told.

use super::tree::{Tree, Violation};

const DOCUMENT: &str = "CHANGELOG.md";

/// Finds a changelog that is missing or has no Unreleased heading.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let message = match tree.text(DOCUMENT) {
        None => "is missing",
        Some(text) if text.lines().any(|line| line.starts_with("## ") && line.contains("Unreleased")) => return vec![],
        Some(_) => "has no `## Unreleased` section",
    };
    vec![Violation::new(DOCUMENT, 1, message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_heading_counts() {
        assert!(check(&Tree::new([(DOCUMENT, "# Changes\n\n## [Unreleased]\n")])).is_empty());
        assert_eq!(check(&Tree::new([(DOCUMENT, "Unreleased things\n")])).len(), 1);
        assert_eq!(check(&Tree::new([("README.md", "## Unreleased")])).len(), 1);
    }
}
