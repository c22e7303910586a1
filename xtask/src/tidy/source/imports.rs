//! What a file imports: `use a::{b, c::d};` as the paths `a::b` and `a::c::d`.

use super::line_of;

/// Every imported path of blanked code, with the line (from 1) on which its last part stands.
pub(crate) fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("use ") {
        let starts_a_word = code[..start].chars().next_back().is_none_or(|c| c.is_whitespace() || ";{})".contains(c));
        let tree_start = start + "use ".len();
        if let (true, Some(length)) = (starts_a_word, code[tree_start..].find(';')) {
            flatten(code, "", tree_start, tree_start + length, &mut found);
        }
    }
    found
}

/// Adds the paths of the use tree in `code[start..end]`, each behind `prefix`.
fn flatten(code: &str, prefix: &str, start: usize, end: usize, found: &mut Vec<(usize, String)>) {
    let tree = &code[start..end];
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree).trim();
        if !path.is_empty() {
            let offset = start + tree.len() - tree.trim_start().len();
            found.push((line_of(code, offset), format!("{prefix}{}", path.trim_start_matches("::"))));
        }
        return;
    };
    let prefix = format!("{prefix}{}", tree[..open].trim().trim_start_matches("::"));
    let close = tree.rfind('}').unwrap_or(tree.len());
    let (mut depth, mut branch) = (0_usize, open + 1);
    for (at, byte) in tree.bytes().enumerate().take(close).skip(open + 1) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                flatten(code, &prefix, start + branch, start + at, found);
                branch = at + 1;
            }
            _ => {}
        }
    }
    flatten(code, &prefix, start + branch, start + close, found);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<(usize, String)> {
        imports(code)
    }

    #[test]
    fn nested_trees_are_flattened_with_their_lines() {
        let code = "pub use ::std::{fs,\n    net::{TcpStream as T, UdpSocket},\n};\nuse a::b;\n";
        let expected = [(1, "std::fs"), (2, "std::net::TcpStream"), (2, "std::net::UdpSocket"), (4, "a::b")];
        assert_eq!(paths(code), expected.map(|(line, path)| (line, path.to_owned())));
    }

    #[test]
    fn words_that_end_in_use_are_not_imports() {
        assert!(paths("let reuse = pause; misuse x;").is_empty());
    }
}
