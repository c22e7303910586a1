//! Open ends in the code have an owner: `TODO(name)`.

use super::source::lines_with;
use super::tree::{Tree, Violation};

const MARKS: [&str; 2] = ["TODO", "FIXME"];

/// Where an open end would be one of the program's; in prose the word is only a word.
const PROGRAM_TEXT: [&str; 6] = [".rs", ".toml", ".py", ".sh", ".yml", ".service"];

/// Finds marks without an owner in the program's text.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    tree.files()
        // This check has to spell out what it looks for.
        .filter(|(path, _)| *path != "xtask/src/tidy/open_ends.rs")
        .filter(|(path, _)| PROGRAM_TEXT.iter().any(|extension| path.ends_with(extension)))
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .filter(|(_, line)| has_orphan(line))
                .map(move |(index, _)| Violation::new(path, index + 1, "an open end needs an owner: `TODO(name)`"))
        })
        .collect()
}

/// Whether any mention is not followed by a name in parentheses.
fn has_orphan(line: &str) -> bool {
    MARKS.iter().any(|mark| {
        let owned = line.split(&format!("{mark}(")).skip(1).filter(|rest| has_name(rest)).count();
        lines_with(line, mark).len() > owned
    })
}

fn has_name(rest: &str) -> bool {
    rest.split_once(')').is_some_and(|(name, _)| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(&Tree::new([("a.rs", text)])).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn marks_need_an_owner() {
        assert_eq!(lines("// TODO(ada): x\n// TODO: y\n// FIXME() z\n# FIXME\n"), [2, 3, 4]);
    }

    #[test]
    fn prose_may_use_the_word() {
        assert!(check(&Tree::new([("CONTRIBUTING.md", "no TODO without an owner")])).is_empty());
    }

    #[test]
    fn words_that_contain_a_mark_pass() {
        assert!(lines("let TODOS = METODO;\n").is_empty());
    }
}
