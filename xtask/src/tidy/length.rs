//! Long files say why they are long; the answer is usually to split them by noun.

use super::tree::{Tree, Violation};

/// Past this many lines a file has to give its reason.
const LIMIT: usize = 500;
/// From here on readers get lost whatever the reason; the message says so more loudly.
const FAR_TOO_LONG: usize = 800;
/// The reason stands where a reader meets it first.
const REASON_WITHIN: usize = 30;
const REASON: &str = "// tidy: long file because ";

/// Finds long Rust files without a reason.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.rust()
        .iter()
        .filter_map(|file| {
            let lines = file.text.lines().count();
            if lines <= LIMIT || file.text.lines().take(REASON_WITHIN).any(gives_a_reason) {
                return None;
            }
            let advice = if lines > FAR_TOO_LONG { "split it by noun" } else { "split it by noun, or say why not" };
            let message = format!("has {lines} lines, {LIMIT} is the limit: {advice} (`{REASON}…` near the top)");
            Some(Violation::new(&file.path, 1, message))
        })
        .collect()
}

fn gives_a_reason(line: &str) -> bool {
    line.trim_start().strip_prefix(REASON).is_some_and(|reason| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(first_line: &str, lines: usize) -> usize {
        check(&Tree::new([("a.rs", format!("{first_line}\n{}", "\n".repeat(lines - 1)))])).len()
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        assert_eq!((found("", 500), found("", 501)), (0, 1));
    }

    #[test]
    fn a_reason_excuses_and_an_empty_one_does_not() {
        assert_eq!(found("// tidy: long file because it is one table", 900), 0);
        assert_eq!(found("// tidy: long file because ", 900), 1);
    }

    #[test]
    fn a_reason_far_down_does_not_count() {
        let text = format!("{}{REASON}no one reads this\n{}", "\n".repeat(30), "\n".repeat(500));
        assert_eq!(check(&Tree::new([("a.rs", text)])).len(), 1);
    }
}
