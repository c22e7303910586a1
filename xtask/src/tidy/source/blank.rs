//! Finds comments, literals and tests, and replaces them by spaces.

use std::ops::Range;

/// Byte ranges of what is not code.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Literals {
    /// Comments, doc comments included.
    pub(super) comments: Vec<Range<usize>>,
    /// What stands between the quotes of strings and characters.
    pub(super) contents: Vec<Range<usize>>,
}

/// Finds every comment and literal of a Rust file.
pub(super) fn scan(text: &str) -> Literals {
    let bytes = text.as_bytes();
    let mut found = Literals::default();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at = if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            found.comments.push(at..end);
            end
        } else if rest.starts_with(b"/*") {
            let end = end_of_block_comment(bytes, at);
            found.comments.push(at..end);
            end
        } else if let Some(hashes) = raw_string_hashes(bytes, at) {
            let start = at + 1 + hashes + 1;
            let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            let end = start + find(&bytes[start..], &close);
            found.contents.push(start..end);
            end + close.len()
        } else if rest[0] == b'"' {
            let end = end_of_quoted(bytes, at + 1, b'"');
            found.contents.push(at + 1..end);
            end + 1
        } else if rest[0] == b'\'' && is_character(&text[at..]) {
            let end = end_of_quoted(bytes, at + 1, b'\'');
            found.contents.push(at + 1..end);
            end + 1
        } else {
            // Every branch above starts at an ASCII byte, so `at` is on a character there; here it may go bytewise.
            at + 1
        };
    }
    found
}

/// The `#`s of a raw string whose `r` stands at `at`.
fn raw_string_hashes(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes[at] != b'r' {
        return None;
    }
    // `r` may be prefixed by b or c, and those by nothing that belongs to a word.
    let prefix = at - usize::from(at > 0 && matches!(bytes[at - 1], b'b' | b'c'));
    if prefix > 0 && (bytes[prefix - 1].is_ascii_alphanumeric() || bytes[prefix - 1] == b'_') {
        return None;
    }
    let hashes = bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
    (bytes.get(at + 1 + hashes) == Some(&b'"')).then_some(hashes)
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_character(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

fn end_of_quoted(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn end_of_block_comment(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn find(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|window| window == needle).unwrap_or(haystack.len())
}

/// The items under `#[cfg(test)]` or `#[cfg(all(test, …))]` in code whose literals are blanked.
pub(super) fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for marker in ["#[cfg(test)]", "#[cfg(all(test"] {
        for (start, _) in code.match_indices(marker) {
            if !items.iter().any(|item| item.contains(&start)) {
                items.push(start..end_of_item(code, start));
            }
        }
    }
    items
}

/// Where the item whose first attribute starts at `start` ends: behind its `;` or behind its closing brace.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (offset, byte) in code.as_bytes()[start..].iter().enumerate() {
        match byte {
            b'[' | b'(' => brackets += 1,
            b']' | b')' => brackets = brackets.saturating_sub(1),
            b'{' => braces += 1,
            b'}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return start + offset + 1;
                }
            }
            b';' if brackets == 0 && braces == 0 => return start + offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// `text` with these ranges replaced by spaces; line breaks stay, so lines and offsets do not move.
pub(super) fn ranges(text: &str, ranges: &[Range<usize>]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges {
        let end = range.end.min(bytes.len());
        for byte in bytes[range.start.min(end)..end].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    }
    String::from_utf8(bytes).expect("ranges start and end at ASCII delimiters, so characters are blanked whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let literals = scan(text);
        ranges(&ranges(text, &literals.comments), &literals.contents)
    }

    #[test]
    fn every_kind_of_literal_is_blanked() {
        assert_eq!(
            code(r##"a("x\"y", 'z', '\'', b"q", r#"a"b"#, br"x") 'l: b"##),
            r##"a("    ", ' ', '  ', b" ", r#"   "#, br" ") 'l: b"##
        );
    }

    #[test]
    fn lifetimes_are_not_characters() {
        assert_eq!(code("fn f<'a>(x: &'a str, y: &'a str) {}"), "fn f<'a>(x: &'a str, y: &'a str) {}");
    }

    #[test]
    fn comments_nest_and_quotes_inside_them_do_not_count() {
        assert_eq!(code("a /* \" /* b */ ' */ c // don't\nd"), "a                   c         \nd");
    }

    #[test]
    fn characters_of_several_bytes_survive_and_vanish_whole() {
        assert_eq!(code("é(\"ü\", '→') // ö"), "é(\"  \", '   ')      ");
    }

    #[test]
    fn unfinished_literals_end_with_the_file() {
        for text in ["\"abc", "/* abc", "r#\"abc", "'\\", "\"\\"] {
            assert_eq!(code(text).len(), text.len());
        }
    }

    #[test]
    fn a_test_item_ends_where_its_item_ends() {
        let text = "#[cfg(test)]\n#[path = \"x\"]\nmod a;\nmod b;\n#[cfg(all(test, unix))] fn f() { {} } fn g() {}";
        let items: Vec<&str> = test_items(&code(text)).into_iter().map(|item| &text[item]).collect();
        assert_eq!(items, ["#[cfg(test)]\n#[path = \"x\"]\nmod a;", "#[cfg(all(test, unix))] fn f() { {} }"]);
    }
}
